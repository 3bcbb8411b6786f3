"""A case: what some connections send to a server, and its form as a file."""

import dataclasses
import json
import pathlib


@dataclasses.dataclass
class Stream:
    """What one connection sends, all of it without waiting for replies."""

    commands: list
    protocol: int = 2


@dataclasses.dataclass
class Case:
    """Streams that are sent at the same time to a server that holds nothing.

    `note` says in a few words what is tried, for whoever reads a finding.
    """

    kind: str
    seed: int
    number: int
    streams: list
    note: str = ""

    @property
    def name(self):
        return f"{self.kind}-{self.seed}-{self.number}"

    @property
    def command_count(self):
        return sum(len(stream.commands) for stream in self.streams)

    def save(self, path):
        """Writes a file with a line for each command; each word is text in which a character is a byte."""
        head = {"kind": self.kind, "seed": self.seed, "number": self.number, "note": self.note}
        lines = [json.dumps(head)]
        for index, stream in enumerate(self.streams):
            for command in stream.commands:
                words = [as_bytes(word).decode("latin-1") for word in command]
                lines.append(json.dumps([index, stream.protocol, *words]))
        path.write_text("\n".join(lines) + "\n")

    @staticmethod
    def load(path):
        """The case in a file that `save` wrote."""
        head, *lines = pathlib.Path(path).read_text().splitlines()
        streams = {}
        for line in lines:
            index, protocol, *words = json.loads(line)
            stream = streams.setdefault(index, Stream([], protocol))
            stream.commands.append([word.encode("latin-1") for word in words])
        return Case(streams=list(streams.values()), **json.loads(head))


def as_bytes(word):
    return word if isinstance(word, bytes) else str(word).encode()
