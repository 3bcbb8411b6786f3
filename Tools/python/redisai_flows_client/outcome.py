"""What all shards have answered."""

from __future__ import annotations

import dataclasses
from typing import Any


class ShardsError(Exception):
    """Some shards failed; the text names each with its error. `outcome` has what the others answered."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        texts = "; ".join(
            f"{shard}: {type(error).__name__}: {error}" for shard, error in outcome.errors.items())
        super().__init__(f"{len(outcome.errors)} of {outcome.count} shards failed: {texts}")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One call on all primaries. Shards are named `host:port`, or by the path of a unix socket.

    `results`: the replies of those that succeeded. `errors`: the exceptions of redis-py of all others; after
    a lost connection it is unknown whether the shard has done what it was asked for.
    """

    results: dict[str, Any]
    errors: dict[str, Exception]

    @property
    def count(self) -> int:
        """Of all shards that were asked."""
        return len(self.results) + len(self.errors)

    @property
    def succeeded(self) -> bool:
        return not self.errors

    def raise_for_errors(self) -> Outcome:
        """Itself. Raises `ShardsError` if a shard has failed."""
        if self.errors:
            raise ShardsError(self)
        return self

    def values(self) -> list[Any]:
        """The replies of all shards. Raises `ShardsError` if one has failed."""
        return list(self.raise_for_errors().results.values())
