"""Numbers of what the server keeps for this process and that nobody here holds any more."""

import collections

from . import wire

# Numbers in one message.
_LIMIT = 100_000


class Releases:
    """Notes numbers, from any thread and from within `__del__`, until they are told with the next message."""

    def __init__(self):
        self._numbers = collections.deque()
        self.add = self._numbers.append

    def __bool__(self):
        return bool(self._numbers)

    def take(self):
        """Messages with all of them, each within the server's limit, as bytes."""
        numbers = []
        try:
            while self._numbers:
                numbers.append(self._numbers.popleft())
        except IndexError:
            # Another thread has taken the last one.
            pass
        return b"".join(
            wire.encoded_plain((wire.RELEASE, 0, numbers[at:at + _LIMIT]))
            for at in range(0, len(numbers), _LIMIT))
