"""The words of commands, and what is read from their replies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def registration(
    script: str | bytes, id: str | None, upgrade: bool, replace_with: str | None, description: str | None,
    requirements: Iterable[str],
) -> list[str | bytes]:
    """RG.PYEXECUTE. Requirements come last, since that word takes all behind it."""
    if isinstance(requirements, (str, bytes)):
        raise TypeError("requirements are several texts, not one")
    words: list[str | bytes] = ["RG.PYEXECUTE", script]
    for option, value in (("ID", id), ("DESCRIPTION", description), ("REPLACE_WITH", replace_with)):
        if value is not None:
            words += [option, value]
    if upgrade:
        words.append("UPGRADE")
    names = list(requirements)
    return [*words, "REQUIREMENTS", *names] if names else words


def registrations(reply: list[Any], id: str) -> list[Any]:
    """The IDs of a session's registrations, from RG.PYDUMPSESSIONS; none if there is no such session."""
    for entry in reply:
        if isinstance(entry, (str, bytes)):
            continue
        pairs = entry.items() if isinstance(entry, dict) else zip(entry[::2], entry[1::2])
        fields = {_text(name): value for name, value in pairs}
        if _text(fields["ID"]) == id:
            return list(fields["registrations"])
    return []


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
