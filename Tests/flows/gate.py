"""Holding a flow until the test goes on."""

import errno
import os


class Gate:
    """A step that runs `wait`, a Python expression, blocks its thread in a system call until `open`."""

    def __init__(self, folder):
        self._path = os.path.join(folder, "gate")
        self._open_path = os.path.join(folder, "open")
        self.is_open = False
        os.mkfifo(self._path)
        self.wait = f"open({self._path!r}).read()"

    def open(self):
        """Lets all go on that wait, and that come later."""
        self.is_open = True
        os.link(self._path, self._path + ".old")
        with open(self._open_path, "w"):
            pass
        os.rename(self._open_path, self._path)
        try:
            os.close(os.open(self._path + ".old", os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            # Nobody waits.
            if error.errno != errno.ENXIO:
                raise
