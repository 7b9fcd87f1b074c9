"""What is no error in a program file but should be mended: sources nobody cites, numbers nobody can look up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from billing.policy.problems import Problem
from billing.policy.program_file import SOURCES, Item, ProgramFile
from billing.policy.schema import PolicyEntry

_NO_ADDRESS = frozenset({"practice"})
"""Forms of sources that have no address: common practice stands nowhere."""


def lint(files: Iterable[ProgramFile], among: Iterable[ProgramFile]) -> list[Problem]:
    """Find what should be mended.

    Args:
        files: The files to look at, free of errors.
        among: All files that were loaded with them; an overlay's base is among these.

    Returns:
        Problems in order of place.
    """
    everything = list(among)
    found: list[Problem] = []
    for file in files:
        found += _never_cited(file, everything)
        found += _numbers_without_address(file)
    return sorted(found)


def _never_cited(file: ProgramFile, everything: Iterable[ProgramFile]) -> Iterator[Problem]:
    cited = set(_cited(file.tree.value))
    if file.keys is not None and file.keys.extends is not None:
        for base in everything:
            if base.keys is not None and base.keys.program == file.keys.extends:
                cited |= set(_cited(base.tree.value))
    for name in file.sources:
        if name not in cited:
            words = f"{name}: no entry cites this source"
            yield file.tree.problem((SOURCES, name), words, "cite it, or take it out", at_key=True)


def _cited(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and (key == "source" or key.endswith("_source")):
                yield inner
            else:
                yield from _cited(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _cited(inner)


def _numbers_without_address(file: ProgramFile) -> Iterator[Problem]:
    for item in file.items:
        source = file.sources.get(getattr(item.entry, "source", ""))
        if source is None or source.url or source.note or source.form in _NO_ADDRESS:
            continue
        for name in _numbers(item):
            words = f"{name}: a number whose source has no address"
            yield file.tree.problem(
                (*item.path, name),
                words,
                "give the source its `url`, or say in its `note` where it was read",
                at_key=True,
            )


def _numbers(item: Item) -> Iterator[str]:
    for name in item.entry.model_fields_set:
        value = getattr(item.entry, name)
        is_own = name not in PolicyEntry.model_fields
        if is_own and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            yield name
