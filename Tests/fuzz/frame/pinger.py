"""Another client, in a process of its own: how long does its PING wait, and how much memory is used?

Given a unix socket and a server's process, it prints a line of JSON for each PING that waited longer than
all before or longer than LONG_SECONDS, and ends when the server does. All times are of the monotonic clock.

    waited: from the PING to its answer, in seconds
    blocked: the same without the time for which the kernel had put the server or this process off, because
        other programs used the processors: how long the server itself did something else
"""

import json
import pathlib
import socket
import sys
import time

LONG_SECONDS = 0.1
PAUSE_SECONDS = 0.002
LARGEST_BYTES = 6 << 30
PAGE = 4096


def put_off(task):
    """Seconds for which the kernel let a thread wait for a processor."""
    return int((task / "schedstat").read_text().split()[1]) / 1e9


def memory(process):
    """Bytes of memory that a process uses."""
    return int((process / "statm").read_text().split()[1]) * PAGE


def report(**fields):
    print(json.dumps(fields), flush=True)


def main(path, identifier):
    process = pathlib.Path("/proc") / identifier
    server, own = process / "task" / identifier, pathlib.Path("/proc/self")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    worst = 0
    while True:
        before = put_off(server) + put_off(own)
        start = time.monotonic()
        connection.sendall(b"PING\r\n")
        if not connection.recv(64):
            return
        waited = time.monotonic() - start
        # What the server did just after its answer may count too; never below nothing.
        blocked = max(waited - (put_off(server) + put_off(own) - before), 0)
        if blocked > min(worst, LONG_SECONDS):
            worst = max(worst, blocked)
            report(start=start, waited=waited, blocked=blocked)
        used = memory(process)
        if used > LARGEST_BYTES:
            report(start=start, memory=used)
            time.sleep(1)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError, IndexError):
        # The server has ended, and with it all that could be read of it.
        sys.exit(0)
