"""Counts whole replies in what comes from a server, and checks their form."""

ONE_LINE, TEXT, LIST, MAP = b"+-:_#,(", b"$!=", b"*~>", b"%"


class WrongReply(Exception):
    """Bytes that are no reply of the protocol."""


class Replies:
    """The replies that have come on one connection."""

    def __init__(self):
        self.count = 0
        self.last = b""
        self.pending = bytearray()
        self.position = 0
        self.open = []
        self.start = 0

    def feed(self, content):
        """Takes what came and counts the replies that are complete by now."""
        self.pending += content
        while self.step():
            pass
        if self.start:
            del self.pending[:self.start]
            self.position -= self.start
            self.start = 0

    def step(self):
        """Goes beyond one line, with the text behind it; False if it has not come as a whole."""
        end = self.pending.find(b"\r\n", self.position)
        if end < 0:
            return False
        kind = self.pending[self.position]
        following = end + 2
        inside = 0
        if kind in TEXT:
            size = self.number(end)
            following += size + 2 if size >= 0 else 0
            if following > len(self.pending):
                return False
            if size >= 0 and self.pending[following - 2:following] != b"\r\n":
                raise WrongReply("a text is not as long as it says")
        elif kind in LIST:
            inside = max(self.number(end), 0)
        elif kind in MAP:
            inside = 2 * self.number(end)
        elif kind not in ONE_LINE:
            raise WrongReply(f"unknown kind of reply: {bytes(self.pending[self.position:end])[:40]!r}")
        self.position = following
        self.close(inside)
        return True

    def number(self, end):
        try:
            return int(self.pending[self.position + 1:end])
        except ValueError as error:
            raise WrongReply(str(error)) from error

    def close(self, inside):
        """Ends what ends with this line: nothing if more must come inside it."""
        if inside:
            self.open.append(inside)
            return
        while self.open:
            self.open[-1] -= 1
            if self.open[-1]:
                return
            self.open.pop()
        self.count += 1
        self.last = bytes(self.pending[self.start:self.position])
        self.start = self.position
