"""Questions to the server."""

from .beds import Bed
from .errors import GearsError
from .values import text


class Call:
    """A question to the server, whose answer somebody wants."""

    failed = False
    value = None
    is_done = False
    # Called by the reader instead of waking a thread; it must not wait.
    on_done = None
    # Whether the server's thread waits for who asks.
    is_held = False
    # Ident of the thread that sleeps, or is about to, until it is answered.
    thread = None
    _bed = None

    def result(self):
        """The answer; raises `GearsError` with the server's text if it is an error."""
        if self.failed:
            raise GearsError(str(text(self.value)))
        return self.value

    def make_bed(self):
        """Before `sleep`; whoever may call `wake` sees it only then."""
        if self._bed is None:
            self._bed = Bed()

    def sleep(self):
        self._bed.sleep()

    def wake(self):
        self._bed.wake()
