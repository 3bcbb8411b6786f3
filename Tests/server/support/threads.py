"""The threads of a server, as the system sees them."""

import pathlib


def status_of_threads(server):
    """The status files of the server's threads, by number: names and values."""
    found = {}
    for folder in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir():
        try:
            text = (folder / "status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # It has ended meanwhile, as those that load models do.
        lines = (line.partition(":") for line in text.splitlines())
        found[int(folder.name)] = {name: content.strip() for name, _, content in lines}
    return found


def wakes(status):
    """How often a thread has begun to wait or was interrupted, and so how often it has run."""
    return int(status["voluntary_ctxt_switches"]) + int(status["nonvoluntary_ctxt_switches"])
