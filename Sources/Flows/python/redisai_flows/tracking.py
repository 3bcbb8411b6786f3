"""What keys hold, known here until the server says otherwise, so that flows need not ask each time.

The server says so (`wire.INVALIDATE`) when a value may have left its key, and once a second of all keys: so
it sees that a key is used, looks at the rights of the user, and gets back what nobody uses. Its messages come
in their order: nobody who gets a trigger, an event or an answer from it believes what was so before.

Nothing here waits. The server may say it at any moment, on another thread: an answer stands together with
what becomes false then, in one tuple.
"""

# Keys of one kind in one session.
_KEY_LIMIT = 1000
# A key is asked for so often before its answer is kept: each time its value changes without having been asked
# for again, twice as often.
_LEAST_PATIENCE = 1
_MOST_PATIENCE = 64


class _Slot:
    """Answers that the server can say to be true no longer: all of them at once, and once."""

    __slots__ = ("is_true", "born", "keys")

    def __init__(self):
        self.is_true = True
        # What `Tracking.said` was at some moment after all could see this slot; None before.
        self.born = None
        # Those whose answers were kept.
        self.keys = []


class Tracking:
    """Which answers of the server are still true. One for the process."""

    def __init__(self):
        self._slots = {}
        # Counts what the server has said.
        self.said = 0

    def slot(self, number):
        """The slot with a number of the server's, as it is now."""
        slot = self._slots.get(number) or self._slots.setdefault(number, _Slot())
        if slot.born is None:
            slot.born = self.said
        return slot

    def invalidate(self, number):
        """The server has said it of a slot, or of all: -1.

        On the reader's thread, which may have little stack left: no function of Python is called.
        """
        self.said += 1
        for gone in [number] if number >= 0 else list(self._slots):
            slot = self._slots.pop(gone, None)
            if slot is None:
                continue
            slot.is_true = False
            for key in slot.keys:
                key.known = None
                key.patience = _LEAST_PATIENCE if key.was_used else min(2 * key.patience, _MOST_PATIENCE)
                key.left = key.patience


class _Key:
    """A key of one session, and what is known of it."""

    __slots__ = ("known", "was_used", "patience", "left")

    def __init__(self):
        # (answer, slot), or None.
        self.known = None
        self.was_used = False
        self.patience = self.left = _LEAST_PATIENCE


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

    def find(self, who, name):
        """What the key with this name, a `str`, holds, in the name of `who`; None if that is nothing."""
        key = self._keys.get(name)
        # Read once, since it may be another one soon.
        known = None if key is None else key.known
        if known is not None:
            answer, slot = known
            if slot.is_true:
                key.was_used = True
                return answer
        return self._ask(who, name, key or self._new(name))

    def _new(self, name):
        if len(self._keys) >= _KEY_LIMIT:
            # What is known of them goes with their slots, within a second.
            self._keys = {}
        key = self._keys[name] = _Key()
        return key

    def _ask(self, who, name, key):
        said = self._tracking.said
        is_tracked = key.left <= 0
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
        slot = self._tracking.slot(number)
        # If that one was made since the question, the answer may belong to the slot before it.
        if slot.born > said or key.known is not None:
            return
        key.was_used = False
        slot.keys.append(key)
        key.known = (answer, slot)
        if not slot.is_true:
            # It was said meanwhile; nobody believes the answer, but nobody would let go of it either.
            key.known = None
