"""Programs in which one fact is changed: of an entry or a service, of the program as a whole, or a rule taken out.

What a fact's source is worth decides the severity of its findings, so that the reading it rests on is taken away where
that would let it reject. What no file could say (two services that cannot be told apart) is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from billing.policy.checking import merged_problems
from billing.policy.code_lists import CodeLists
from billing.policy.codesets import Fact, Program
from billing.policy.facts import program_of
from billing.policy.layers import Merged
from billing.policy.program_file import SERVICES, Item
from billing.policy.schema import PolicyEntry, Service
from billing.policy.yaml_tree import Path
from billing.rules import KINDS
from billing.scenarios.changes import NONE, OFF, READINGS, Change, changes, of_value

READ_BY_ALL = frozenset(
    {
        "modifiers",
        "effective",
        "ended",
        "unit_minutes",
        "rounding",
        "rounding_scope",
        "minimum_minutes",
        "minutes_before",
    }
)
"""Facts of a service that decide which lines belong to it, or that rules about others measure with."""
PROGRAM_FACTS = ("effective", "ended", "payers", "rendering_is")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program in which one fact is changed.

    Attributes:
        change: `unit_limits.daily at_most 4 -> 5`.
        place: Where the fact is written, `file:line`.
        hint: The scenario that would notice it.
        block: Kind of the only rules whose findings can differ, or `services` for rules about services.
        rule: Path of the changed entry or service; empty for the program as a whole.
        moves_lines: True: lines may belong to another service or none, so that any rule's findings can differ.
        program: The changed program.
    """

    change: str
    place: str
    hint: str
    block: str
    rule: str
    moves_lines: bool
    program: Program


def mutants(merged: Merged, lists: CodeLists) -> Iterator[Mutant]:
    """Yield every program that differs in one fact of the highest layer's file and could still be loaded.

    Args:
        merged: The program after all layers, free of problems.
        lists: The code lists that its entries may name.
    """
    for words, path, changed, hint in _program_changes(merged):
        place = _place(merged.file.tree.marks, path, merged.file.shown)
        yield Mutant(words, place, hint, SERVICES, "", moves_lines=True, program=program_of(changed, KINDS, lists))
    for number, item in enumerate(merged.items):
        if item.file is merged.file and isinstance(item.entry, (PolicyEntry, Service)):
            yield from _item_mutants(merged, number, item, lists)


def _item_mutants(merged: Merged, number: int, item: Item, lists: CodeLists) -> Iterator[Mutant]:
    base = program_of(merged, KINDS, lists)
    services = [other.id for other in merged.items if other.block == SERVICES]
    name = f"{item.block}.{item.id}"
    off = Change((), OFF, None, "a case that this rule alone finds")
    written = item.file.tree.get(item.path)
    for change in (off, *changes(item.entry, services)):
        if change.path and change.path[0] not in written:
            continue  # an overlay that only ends an entry says nothing else of it
        items = [*merged.items[:number], *merged.items[number + 1 :]]
        if change.value is not None:
            items.insert(number, replace(item, entry=change.value))
        changed = replace(merged, items=items)
        if any(True for _ in merged_problems(changed)):
            continue  # a file that nobody could load
        program = program_of(changed, KINDS, lists)
        if _decides_severity(change) and not _lets_more_reject(base, program, item):
            continue
        place = _place(item.file.tree.marks, (*item.path, *change.path), item.file.shown)
        words = " ".join(filter(None, (name, _where(change), change.words)))
        moves_lines = item.block == SERVICES and (not change.path or change.path[0] in READ_BY_ALL)
        yield Mutant(words, place, change.hint, item.block, f"{item.owner}.{name}", moves_lines, program)


def _decides_severity(change: Change) -> bool:
    return bool(change.path) and change.path[-1] in {*READINGS, "severity"}


def _lets_more_reject(base: Program, changed: Program, item: Item) -> bool:
    """Tell whether some finding of an entry would have another severity."""

    def worth(program: Program) -> list[tuple[str, bool]]:
        own = (fact for fact in program.facts if (fact.file, fact.line) == (item.file.shown, item.line))
        return [(_severity(fact), bool(getattr(fact.entry, "assumed_pooled", None)) and not fact.caps) for fact in own]

    return worth(base) != worth(changed)


def _severity(fact: Fact) -> str:
    return "review" if fact.caps and fact.severity == "reject" else fact.severity


def _program_changes(merged: Merged) -> Iterator[tuple[str, Path, Merged, str]]:
    """Yield the changes of what a file says of its program as a whole."""
    stated = [name for name in PROGRAM_FACTS if name in merged.file.tree.value]
    for name in stated:
        value = getattr(merged.keys, name)
        if name == "rendering_is":
            new = None if value == "worker" else "worker"  # nothing but the worker is looked up
            found = [
                Change((), f"{value} -> {new or NONE}", new, "a case that looks up who gave the service, or does not")
            ]
        else:
            found = list(of_value(value))
        for change in found:
            keys = merged.keys.model_copy(update={name: change.value})
            changed = replace(merged, keys=keys)
            if not any(True for _ in merged_problems(changed)):
                yield f"{name} {change.words}", (name, *change.path), changed, change.hint


def _where(change: Change) -> str:
    """Write the place of a change as `rates[1].amount`, items counted from 1; a value in a list is named by itself."""
    path = change.path
    if path and isinstance(path[-1], int) and change.words != OFF:
        path = path[:-1]
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f"{'.' if text else ''}{step}"
    return text


def _place(marks: Mapping[Path, Any], path: Path, shown: str) -> str:
    while path and path not in marks:
        path = path[:-1]
    return f"{shown}:{marks[path].line}" if path in marks else shown
