"""Runs the Python side: `python -m redisai_flows FD SIDE`.

Both are descriptors of sockets that are connected to the server: a stream for messages, and one of whole
messages for descriptors of shared memory.
"""

import os
import signal
import socket
import sys
import threading

from . import wire

# How long a thread that computes keeps others waiting, in seconds.
_SWITCH_INTERVAL = 0.0005
# Of each thread, in bytes; what is used of it is real, the rest is not.
_STACK_SIZE = 8 * 1024 * 1024


def _socket(descriptor):
    """The socket of a descriptor; a child of a flow must not speak to the server."""
    os.set_inheritable(descriptor, False)
    made = socket.socket(fileno=descriptor)
    os.register_at_fork(after_in_child=made.close)
    return made


def main():
    connection, side = (_socket(int(word)) for word in sys.argv[1:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.setswitchinterval(_SWITCH_INTERVAL)
    threading.stack_size(_STACK_SIZE)
    sys.argv[1:] = []
    wire.check_format()
    from .service import Service
    failure = Service(connection, side).run()
    if failure is not None:
        print(f"flows: the Python process ends: {failure!r}", file=sys.stderr, flush=True)
    sys.stdout.flush()
    # Threads of flows may never end; nobody waits for them.
    os._exit(0 if failure is None else 1)


if __name__ == "__main__":
    main()
