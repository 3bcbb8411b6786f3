"""The steps of a flow, made ready once for all of its executions."""

from .steps import Collect, Step


class Plan:
    """What executions of a flow share. `steps` are those that it has named and those of its action."""

    def __init__(self, steps):
        # What RG.GETEXECUTION shows: (type, name) of each.
        self.shown = [(step.type, step.name.encode("utf-8", "replace")) for step in steps]
        # Gathering records that are all here changes nothing.
        self.steps = [step for step in steps if not isinstance(step, Collect)]
        # For each step its function, if it does nothing but to call that; else None.
        self.plain = tuple(step.function if step.is_plain and not step.settles else None
                           for step in self.steps)
        # Indices of steps that bring records at the end.
        self.keepers = [index for index, step in enumerate(self.steps)
                        if type(step).finish is not Step.finish]
        # From this step on no code of the flow runs.
        self.builtin_from = len(self.steps)
        while self.builtin_from and self.steps[self.builtin_from - 1].is_builtin:
            self.builtin_from -= 1
        self._is_stateless = all(type(step).new_state is Step.new_state for step in self.steps)
        self._no_states = (None,) * len(self.steps)

    def new_states(self):
        """What an execution begins with, one for each step."""
        return self._no_states if self._is_stateless else [step.new_state() for step in self.steps]

    def keeper_from(self, floor):
        """The index of the first step from `floor` on that brings records at the end, or None."""
        for index in self.keepers:
            if index >= floor:
                return index
        return None
