"""What the server has told of its settings, and of its place in a cluster."""


class Settings:
    """Values by the names that the server uses; those that are not known here belong to the user."""

    def __init__(self):
        self._values = {}

    def update(self, values):
        self._values.update(values)

    def get(self, name, default=None):
        return self._values.get(name, default)

    @property
    def has_traceback(self):
        """Whether errors of callbacks show where they were raised."""
        return self._values.get("PythonAttemptTraceback", 1) != 0

    @property
    def threads_per_session(self):
        return max(1, int(self._values.get("ExecutionThreads", 3)))

    @property
    def node_id(self):
        """The server's name in its cluster, or None outside of one."""
        return self._values.get("nodeId")
