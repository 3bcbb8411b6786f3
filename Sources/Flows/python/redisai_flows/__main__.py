"""Runs the Python side: `python -m redisai_flows FD`, where FD is a connected socket that the server has made."""

import os
import signal
import socket
import sys

from . import wire

# How long a thread that computes keeps others waiting, in seconds.
_SWITCH_INTERVAL = 0.0005


def main():
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    connection = socket.socket(fileno=descriptor)
    # A child of a flow must not speak to the server.
    os.register_at_fork(after_in_child=connection.close)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.setswitchinterval(_SWITCH_INTERVAL)
    sys.argv[1:] = []
    wire.check_format()
    from .service import Service
    failure = Service(connection).run()
    if failure is not None:
        print(f"flows: the Python process ends: {failure!r}", file=sys.stderr, flush=True)
    sys.stdout.flush()
    # Threads of flows may never end; nobody waits for them.
    os._exit(0 if failure is None else 1)


if __name__ == "__main__":
    main()
