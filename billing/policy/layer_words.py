"""Which layer won where several speak of an entry, and what it replaced, in words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from billing.policy.codesets import Fact, Program, Replaced
from billing.policy.schema import PolicyModel

_NAMES = {"national": "national", "state": "state program", "payer": "payer overlay", "folder": "local folder"}


def layer_in_words(fact: Fact, program: Program) -> Iterator[str]:
    """Say which layer states an entry, and what it replaced: old values, new values, and where each stands."""
    name = _NAMES[fact.layer]
    if fact.replaced:
        yield from _replacing(name, fact.entry, f"{fact.file}:{fact.line}", fact.replaced)
    elif program.extends is None:
        yield f"{name}; no other layer speaks of it"
    elif fact.file == program.file:
        yield f"{name}; {program.file} adds it to {program.extends}"
    else:
        yield f"{name}, as {program.extends} has it; {program.file} leaves it unchanged"


def _replacing(name: str, entry: PolicyModel, place: str, below: tuple[Replaced, ...]) -> Iterator[str]:
    for old in below:
        old_place = f"{old.file}:{old.line}"
        yield f"{name}; {place} replaces {old_place} ({_NAMES[old.layer]})"
        yield from (f"  {change}" for change in _changes(old.entry, entry))
        if old.replaced:
            yield from _replacing(f"before, {_NAMES[old.layer]}", old.entry, old_place, old.replaced)


def _changes(old: PolicyModel, new: PolicyModel) -> Iterator[str]:
    """Say what differs between two entries, key by key: `at_most: 4 -> 8`."""
    before, after = (_stated(entry) for entry in (old, new))
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    for key in changed:
        yield f"{key}: {_text(before.get(key))} -> {_text(after.get(key))}"
    if not changed:
        yield "it says the same"


def _stated(entry: PolicyModel) -> dict[str, Any]:
    return entry.model_dump(by_alias=True)


def _text(value: object) -> str:
    """Write a value as a program file would."""
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_text(item)}' for key, item in value.items() if item not in (None, ()))}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_text, value))}]"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
