"""Runs the Python side: `python -m redisai_flows FD SIDE`.

Both are descriptors of sockets that are connected to the server: a stream for messages, and one of whole
messages for descriptors of shared memory.

This file is read by Pythons that cannot run the rest, the older ones too, and says so.
"""

import sys

# The status with which a Python ends that cannot serve; the server does not start it again.
_UNSUITABLE = 78
# How long a thread that computes keeps others waiting, in seconds.
_SWITCH_INTERVAL = 0.0005
# Of each thread, in bytes; what is used of it is real, the rest is not.
_STACK_SIZE = 8 * 1024 * 1024


def _refuse(why):
    sys.stderr.write("flows: this Python cannot run them: %s\n" % (why,))
    sys.stderr.flush()
    sys.exit(_UNSUITABLE)


def _check_version():
    if sys.version_info < (3, 11):
        _refuse("%s is Python %s, and 3.11 is the oldest that can" % (sys.executable, sys.version.split()[0]))
    import sysconfig
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        _refuse("%s has no global lock (free-threaded); take one that has it" % (sys.executable,))


def _service():
    """The class that serves, if all that it needs is there."""
    try:
        from .service import Service
    except Exception as error:
        _refuse("%s: %s" % (type(error).__name__, error))
    return Service


def _socket(descriptor):
    """The socket of a descriptor; a child of a flow must not speak to the server."""
    import os
    import socket
    os.set_inheritable(descriptor, False)
    made = socket.socket(fileno=descriptor)
    os.register_at_fork(after_in_child=made.close)
    return made


def main():
    _check_version()
    make_service = _service()
    import os
    import signal
    import threading
    connection, side = (_socket(int(word)) for word in sys.argv[1:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.setswitchinterval(_SWITCH_INTERVAL)
    threading.stack_size(_STACK_SIZE)
    sys.argv[1:] = []
    failure = make_service(connection, side).run()
    if failure is not None:
        sys.stderr.write("flows: the Python process ends: %r\n" % (failure,))
        sys.stderr.flush()
    sys.stdout.flush()
    # Threads of flows may never end; nobody waits for them.
    os._exit(0 if failure is None else 1)


if __name__ == "__main__":
    main()
