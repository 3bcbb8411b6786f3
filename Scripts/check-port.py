"""Says before anything is built or started whether the port for `make run` is free: check-port.py PORT."""

import errno
import socket
import sys


def main(word: str) -> int:
    if not word.isdigit() or not 1 <= int(word) <= 65535:
        print(f"PORT={word} is not a port: give a number from 1 to 65535", file=sys.stderr)
        return 1
    port = int(word)
    with socket.socket() as probe:
        # As redis-server does it: connections of a server that just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            print(explanation(port, error), file=sys.stderr)
            return 1
    return 0


def explanation(port: int, error: OSError) -> str:
    if error.errno != errno.EADDRINUSE:
        return f"Port {port} cannot be used: {error.strerror}. Choose another: make run PORT=16379"
    advice = f"Choose another port: make run PORT={6380 if port != 6380 else 6381}"
    if not answers_as_redis(port):
        return f"Port {port} is in use by another program. {advice}"
    return (
        f"Port {port} is in use by a Redis server that runs already. {advice}\n"
        "Or end that server first. If it is the system's own service: sudo systemctl stop redis-server"
    )


def answers_as_redis(port: int) -> bool:
    """Whether the owner of the port answers PING as Redis does, with or without a password set."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith((b"+PONG", b"-NOAUTH", b"-DENIED", b"-LOADING"))
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
