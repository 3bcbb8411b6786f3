"""What keys hold, known here until the server says otherwise, so that flows need not ask each time.

The server says so (`wire.INVALIDATE`) when a value has left its key. Messages come in their order: whoever
hears of that change through the server has this process know of it before. What is known is asked for anew
after a second, all the same: so the server sees that the key is used, and looks at the rights of the user.

Nothing here waits. What the server says may come on another thread at any moment: each answer stands together
with what becomes false then, in one tuple.
"""

from time import monotonic

# What the server has.
_SLOT_COUNT = 1024
# For so many seconds an answer is believed.
_LIFETIME = 1.0
# Of one kind in one session.
_KEY_LIMIT = 1000
# A key is asked for so often before its answer is kept: each time its value changes without having been asked
# for again, twice as often.
_LEAST_PATIENCE = 1
_MOST_PATIENCE = 64


class _Slot:
    """Answers that the server can say to be true no longer: all of them at once, and once."""

    __slots__ = ("is_true", "keys")

    def __init__(self):
        self.is_true = True
        # A set: keys whose answers were kept.
        self.keys = {}


class Tracking:
    """Which answers of the server are still true. One for the process."""

    def __init__(self):
        self.slots = [_Slot() for _ in range(_SLOT_COUNT)]
        # Counts what the server has said.
        self.said = 0

    def invalidate(self, slot):
        """The server has said it of a slot, or of all: -1. On the reader's thread."""
        self.said += 1
        for number in range(_SLOT_COUNT) if slot < 0 else (slot,):
            gone, self.slots[number] = self.slots[number], _Slot()
            gone.is_true = False
            for key in list(gone.keys):
                key.forget()


class _Key:
    """A key of one session, and what is known of it."""

    __slots__ = ("known", "was_used", "patience", "left")

    def __init__(self):
        # (answer, slot, until when), or None.
        self.known = None
        self.was_used = False
        self.patience = self.left = _LEAST_PATIENCE

    def forget(self):
        """What was known is true no longer."""
        if self.known is None:
            return
        self.known = None
        self.patience = _LEAST_PATIENCE if self.was_used else min(2 * self.patience, _MOST_PATIENCE)
        self.left = self.patience


class TrackedKeys:
    """What the keys of a session hold, of one kind: models, say."""

    def __init__(self, service, operation, make):
        """
        - operation: of the server, which is given a key and whether it shall say when what it answers is true
          no longer. It answers None if the key holds nothing of the kind, else a value and a slot or None.
        - make(value): what `find` is to bring.
        """
        self._tracking = service.tracking
        self._channel = service.channel
        self._operation = operation
        self._make = make
        self._keys = {}
        self._is_over = False

    def find(self, who, name):
        """What the key with this name, a `str`, holds, in the name of `who`; None if that is nothing."""
        key = self._keys.get(name)
        # Read once, since it may be another one soon.
        known = None if key is None else key.known
        if known is not None:
            answer, slot, until = known
            if slot.is_true and monotonic() < until:
                key.was_used = True
                return answer
        return self._ask(who, name, key or self._new(name))

    def end(self):
        """Keeps nothing any more."""
        self._is_over = True
        self._clear()

    def _new(self, name):
        if len(self._keys) >= _KEY_LIMIT:
            self._clear()
        key = self._keys[name] = _Key()
        return key

    def _ask(self, who, name, key):
        said = self._tracking.said
        is_tracked = key.left == 0
        if not is_tracked:
            key.left -= 1

        def take(given):
            if given is None:
                return None
            value, number = given
            answer = self._make(value)
            if number is not None:
                self._keep(key, answer, number, said)
            return answer
        return self._channel.ask(
            take, who.is_sync or who.is_atomic, who.number, self._operation,
            name.encode("utf-8", "surrogateescape"), is_tracked)

    def _keep(self, key, answer, number, said):
        slot = self._tracking.slots[number]
        # It may have said it after it gave the answer, of a slot before this one.
        if said != self._tracking.said or self._is_over:
            return
        _drop(key)
        key.was_used = False
        key.known = (answer, slot, monotonic() + _LIFETIME)
        slot.keys[key] = None
        if not slot.is_true or self._is_over:
            # Meanwhile; nobody believes it, but nobody would let go of it either.
            _drop(key)

    def _clear(self):
        keys, self._keys = self._keys, {}
        for key in list(keys.values()):
            _drop(key)


def _drop(key):
    known, key.known = key.known, None
    if known is not None:
        known[1].keys.pop(key, None)
