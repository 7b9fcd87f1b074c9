"""What can be wrong in a program only once its layers are together: references, dates, duplicates, ties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations
from types import ModuleType
from typing import Any

from billing.errors import did_you_mean
from billing.policy.code_lists import CodeLists
from billing.policy.codesets import NATIONAL
from billing.policy.layers import Merged
from billing.policy.problems import Problem
from billing.policy.program_file import MAY_LACK_SERVICES, SERVICES, SOURCES, Ending, Item, ProgramKeys
from billing.policy.schema import Service
from billing.policy.yaml_tree import Path

SERVICE_LIST_KEYS = frozenset({"services", "not_with", "bypass", "needs_services"})
"""Keys of entries whose value is `all` or a list of service ids."""

Span = tuple[date | None, date | None]


def merged_problems(program: Merged) -> Iterator[Problem]:
    """Yield what is wrong with one program after all layers."""
    yield from _program_dates(program)
    yield from _services_after_layers(program)
    for item in program.items:
        if item.file is program.file:
            yield from _references(program, item, item.path, item.file.tree.get(item.path))
        if not _ended_before(program.keys.ended, program.keys.effective):
            yield from _item_dates(program.keys, item)
    yield from _versions(program)
    yield from _ties(program)


def unknown_lists(program: Merged, lists: CodeLists, kinds: Mapping[str, ModuleType]) -> Iterator[Problem]:
    """Find entries that name a code list which does not exist, or holds something else than their kind looks up."""
    for item in program.items:
        name, holds = getattr(item.entry, "list", None), getattr(kinds.get(item.block), "LIST_HOLDS", None)
        if name is None or holds is None:
            continue
        fitting = [each.id for each in lists.values() if each.about.holds == holds]
        if name not in fitting:
            words = f"list: {name} holds no {holds}" if name in lists else f"list: no code list has the id '{name}'"
            fix = did_you_mean(name, fitting) or f"the lists for this are {', '.join(fitting) or 'none'}"
            yield _at(item, "list", words, fix)


def span_of(entry: Any, keys: ProgramKeys) -> Span:  # noqa: ANN401 entries of all kinds, services and endings
    """Return the first and last day of an entry: its own, else the program's.

    An entry that ended before the program began does not inherit the program's first day: its own is not known.
    """
    ended = entry.ended if entry.ended is not None else keys.ended
    effective = entry.effective
    if effective is None and not _ended_before(entry.ended, keys.effective):
        effective = keys.effective
    return effective, ended


def _ended_before(ended: date | None, effective: date | None) -> bool:
    return ended is not None and effective is not None and ended < effective


def _program_dates(program: Merged) -> Iterator[Problem]:
    keys = program.keys
    if _ended_before(keys.ended, keys.effective):
        words = f"ended: {keys.ended} lies before effective, {keys.effective}"
        yield program.file.tree.problem(("ended",), words, "both are dates of service, the first and the last")


def _services_after_layers(program: Merged) -> Iterator[Problem]:
    """Find an overlay that calls a program whole although no layer gives it a service."""
    keys = program.keys
    may_lack = keys.status in MAY_LACK_SERVICES or program.id == NATIONAL
    if keys.extends is not None and not may_lack and not program.known.get(SERVICES):
        words = f"services: no layer of this program has any, and its status is {keys.status or 'in_force'}"
        yield program.file.tree.problem(("status",), words, "add `services:`, or write `status: incomplete`")


def _item_dates(keys: ProgramKeys, item: Item) -> Iterator[Problem]:
    effective, ended = span_of(item.entry, keys)
    if _ended_before(ended, effective):
        fix = "both are dates of service, the first and the last"
        if item.entry.ended:
            yield _at(item, "ended", f"ended: {ended} lies before effective, {effective}", fix)
        else:
            yield _at(item, "effective", f"effective: {effective} lies after the program's ended, {ended}", fix)
    if isinstance(item.entry, Service):
        yield from _rate_dates(item, item.entry)


def _rate_dates(item: Item, service: Service) -> Iterator[Problem]:
    tree, path = item.file.tree, (*item.path, "rates")
    if path not in tree.marks:
        return
    for position, rate in enumerate(service.rates):
        if _ended_before(rate.ended, rate.effective):
            words = f"ended: {rate.ended} lies before effective, {rate.effective}"
            yield tree.problem((*path, position, "ended"), words)
    for (_, first), (position, second) in combinations(enumerate(service.rates), 2):
        if overlap((first.effective, first.ended), (second.effective, second.ended)):
            words = f"rates: the dates of two rates overlap, from {first.effective} and from {second.effective}"
            yield tree.problem((*path, position), words, "end the earlier rate the day before")


def _references(program: Merged, item: Item, path: Path, value: object) -> Iterator[Problem]:
    """Look for source ids and service ids anywhere in an entry."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "source" or key.endswith("_source"):
                yield from _source(program, item, (*path, key), inner)
            elif key in SERVICE_LIST_KEYS and item.block != SERVICES:
                yield from _service_list(program, item, (*path, key), inner)
            else:
                yield from _references(program, item, (*path, key), inner)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _references(program, item, (*path, position), inner)


def _source(program: Merged, item: Item, path: Path, name: object) -> Iterator[Problem]:
    known = program.known.get(SOURCES, set())
    if isinstance(name, str) and name not in known:
        fix = did_you_mean(name, known) or f"add `{name}:` under `sources:`"
        yield item.file.tree.problem(path, f"{path[-1]}: no source here has the id '{name}'", fix)


def _service_list(program: Merged, item: Item, path: Path, names: object) -> Iterator[Problem]:
    tree, key, known = item.file.tree, path[-1], program.known.get(SERVICES, set())
    if not isinstance(names, list):
        return
    if not names:
        yield tree.problem(path, f"{key}: names no service", "write all, or a list of service ids")
    for position, name in enumerate(names):
        if isinstance(name, str) and name not in known:
            fix = did_you_mean(name, known) or f"the services are {', '.join(sorted(known)) or 'none'}"
            yield tree.problem((*path, position), f"{key}: no service here has the id '{name}'", fix)


def _versions(program: Merged) -> Iterator[Problem]:
    """Find entries of one id whose dates overlap: at most one of them may be in force on a day."""
    for first, second in _pairs(program.items, lambda item: (item.block, item.id)):
        spans = span_of(first.entry, program.keys), span_of(second.entry, program.keys)
        if not overlap(*spans):
            continue
        if all(item.entry.ended is None and _first_day(item) is None for item in (first, second)):
            words = f"id: '{second.id}' stands twice in {second.block}, first in line {first.line}"
            yield _at(second, "id", words, "give it another id, or give both their dates")
        else:
            words = f"id: the dates of '{second.id}' overlap those in line {first.line} ({in_words(spans[0])})"
            yield _at(second, "id", words, "end the earlier entry the day before this one begins")


def _first_day(item: Item) -> date | None:
    return None if isinstance(item.entry, Ending) else item.entry.effective


def _ties(program: Merged) -> Iterator[Problem]:
    """Find services that a line could belong to equally well."""
    services = [item for item in program.items if isinstance(item.entry, Service)]
    for first, second in _pairs(services, _identity):
        if first.id != second.id and overlap(span_of(first.entry, program.keys), span_of(second.entry, program.keys)):
            words = f"id: '{second.id}' and '{first.id}' (line {first.line}) have the same procedure and modifiers"
            fix = "tell them apart by a modifier or by dates, or make them one service (delivery: individual_or_group)"
            yield _at(second, "id", words, fix)


def _identity(item: Item) -> tuple[str, frozenset[str]]:
    service = item.entry
    assert isinstance(service, Service)  # noqa: S101 only services are compared
    return service.procedure, frozenset(service.modifiers)


def _pairs(items: Iterable[Item], key: Any) -> Iterator[tuple[Item, Item]]:  # noqa: ANN401 any hashable key
    groups: dict[Any, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    for group in groups.values():
        yield from combinations(group, 2)


def overlap(first: Span, second: Span) -> bool:
    """Tell whether two spans share a day; a null is an open end."""
    return not (_ended_before(first[1], second[0]) or _ended_before(second[1], first[0]))


def in_words(span: Span) -> str:
    """Put a span into words: `2023-07-01 on`, `until 2019-10-31`, `2019-11-01 to 2023-12-31`, `always`."""
    effective, ended = span
    if effective and ended:
        return f"{effective} to {ended}"
    if effective:
        return f"{effective} on"
    return f"until {ended}" if ended else "always"


def _at(item: Item, key: str, words: str, fix: str) -> Problem:
    return item.file.tree.problem((*item.path, key), words, fix)
