"""The process that pings a server during the cases."""

import json
import os
import pathlib
import subprocess
import sys

PINGER = pathlib.Path(__file__).parent / "pinger.py"


class Watch:
    """Pings one server until it ends."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            [sys.executable, str(PINGER), str(server.socket_path), str(server.process.pid)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.rest = b""

    def reports(self):
        """What the process has said since the last time, without waiting."""
        *lines, self.rest = (self.rest + (self.process.stdout.read() or b"")).split(b"\n")
        return [json.loads(line) for line in lines]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
