"""Reading a column map: strict, every problem with file, line, column and the nearest right name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from billing.errors import ColumnMapError, did_you_mean
from billing.formats.tables.column_map import ColumnMap
from billing.formats.tables.constants import constant
from billing.formats.tables.fields import CLAIM_CHARGE, FIELDS, LISTS
from billing.policy.problems import Problem, one_per_place
from billing.policy.translating import model_problems
from billing.policy.yaml_tree import MAX_BYTES, Mark, Tree, read_tree, scalars, too_large
from billing.policy.yaml_tree import Path as Place

USUAL_SPLITS: dict[tuple[str, ...], str] = {
    ("member_last_name", "member_first_name"): r"\s*,\s*",
    ("subscriber_last_name", "subscriber_first_name"): r"\s*,\s*",
    ("procedure_code", "modifiers"): r"[\s:,/(-]+",
    ("start_time", "end_time"): r"\s*(?:[-\u2013\u2014]|\bto\b)\s*",
    ("service_date", "service_end_date"): r"\s+(?:-|to)\s+|\s*[\u2013\u2014]\s*|\bto\b",
}
"""What stands between values that are often written in one cell; a regular expression."""

FILL_IN = "FILL IN"
"""What a guessed map has where a value is still to be put in."""

GivenMap = ColumnMap | Mapping[str, Any] | str | PathLike[str]


def read_column_map(given: GivenMap) -> tuple[ColumnMap, str]:
    """Read a map.

    Args:
        given: Path of a YAML file, a dict in its shape, or a `ColumnMap`.

    Returns:
        The map, and what messages call it.

    Raises:
        ColumnMapError: It cannot be opened, or has errors; all of them are in its text.
    """
    if isinstance(given, ColumnMap):
        return given, "column_map"
    if isinstance(given, Mapping):
        return check_map(given, "column_map"), "column_map"
    path = Path(given)
    content = _content(path)
    if not content.strip():
        _raise([Problem(path.name, 0, 0, "is empty", "make one with: cleanclaim map guess FILE --out MAP")])
    tree = read_tree(path.name, content)
    if tree.value is None:
        _raise(tree.problems)
    return _map_of(tree), path.name


def check_map(given: Mapping[str, Any], name: str) -> ColumnMap:
    """Check a map that is no file.

    Raises:
        ColumnMapError: It has errors.
    """
    return _map_of(Tree(name, value=dict(given), marks={(): Mark(0, 0)}))


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            _raise([too_large(path.name, path.stat().st_size)])
        return path.read_bytes()
    except FileNotFoundError:
        raise ColumnMapError(f"{path}: there is no such file\n  fix: {_other_names(path)}") from None
    except (OSError, ValueError):
        raise ColumnMapError(f"{path}: the map cannot be opened\n  fix: check the path and who may read it") from None


def _other_names(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return "check the folder"
    return did_you_mean(path.name, names) or "make one with: cleanclaim map guess FILE --out MAP"


def _map_of(tree: Tree) -> ColumnMap:
    if not isinstance(tree.value, dict):
        _raise([tree.problem((), "is no column map", "begin with `columns:`")])
    problems = [
        *tree.problems,
        *(
            tree.problem(path, f"{_key(path)}: is not filled in yet", "put the value in, or take the line out")
            for path, mark in scalars(tree)
            if mark.text == FILL_IN
        ),
        *(
            tree.problem(path, f"{_key(path)}: {mark.unclear[0]}", mark.unclear[1])
            for path, mark in scalars(tree)
            if mark.unclear
        ),
    ]
    try:
        found = ColumnMap.model_validate(tree.value)
    except ValidationError as error:
        _raise([*problems, *model_problems(error, ColumnMap, tree, ())])
    problems += [*_names(found, tree), *_together(found, tree)]
    _raise(problems)
    return found


def _key(path: Place) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "the file")


def _names(found: ColumnMap, tree: Tree) -> Iterator[Problem]:
    """Find names that none of our columns has."""
    for header, reading in found.columns.items():
        for name in reading.to:
            if name not in FIELDS:
                yield _unknown(tree, ("columns", header, "to"), name)
    for number, joined in enumerate(found.join):
        for name in joined.to:
            if name not in FIELDS:
                yield _unknown(tree, ("join", number, "to"), name)
    for name, text in found.constants.items():
        if name not in FIELDS:
            yield _unknown(tree, ("constants", name), name, at_key=True)
        elif constant(name, text).has_nulls():
            yield tree.problem(("constants", name), f"{name}: the value cannot be read", f"write {_example(name)}")
    yield from _worker_types(found, tree)


def _worker_types(found: ColumnMap, tree: Tree) -> Iterator[Problem]:
    """Find types of workers of which the map says nothing."""
    for worker, about in found.workers.items():
        if about.type is not None and about.taxonomy is None and about.type not in found.worker_types:
            words = f"type: nothing is said of the type {about.type}"
            yield tree.problem(
                ("workers", worker, "type"), words, f'add `worker_types: {{{about.type}: {{taxonomy: "..."}}}}`'
            )


def _example(name: str) -> str:
    dtype = FIELDS[name].dtype
    return (
        "a date as 2026-05-31" if dtype == pl.Date else "a number as 92.00" if dtype.is_decimal() else "a usable value"
    )


def _unknown(tree: Tree, path: Place, name: str, *, at_key: bool = False) -> Problem:
    near = did_you_mean(name.lower().replace(" ", "_"), FIELDS)
    fix = near or "`cleanclaim map fields` lists the names"
    return tree.problem(path, f"no column of a claim has the name '{name}'", fix, at_key=at_key)


def _together(found: ColumnMap, tree: Tree) -> Iterator[Problem]:
    """Find what a map lacks, or says twice."""
    targets = Counter(found.targets())
    given = {*targets, *found.constants}
    for name, times in targets.items():
        if times > 1 and name not in LISTS:
            yield _at_second(tree, found, name)
        if name in found.constants:
            words = f"{name}: a column of the log and a constant both give it"
            yield tree.problem(("constants", name), words, "keep one of them", at_key=True)
    yield from _splits(found, tree)
    yield from _meanings(found, tree)
    yield from _claims(found, tree, given)
    missing = [name for name in ("member_id", "procedure_code", "service_date") if name not in given]
    missing += ["charge"] if "charge" not in given and found.charges is None else []
    if missing:
        fix = f"add a column `...: {missing[0]}`"
        if missing[-1] == "charge":
            fix += '; charges may be worked out, `charges: {per_unit: {"H0038": "16.25"}}`'
        yield tree.problem(("columns",), f"columns: none gives {', '.join(missing)}", fix, at_key=True)
    if found.charges is not None and "units" not in given:
        yield tree.problem(
            ("charges",), "charges: a charge per unit needs units", "add a column `...: units`", at_key=True
        )


def _at_second(tree: Tree, found: ColumnMap, name: str) -> Problem:
    second = [header for header, reading in found.columns.items() if name in reading.to][1:]
    path: Place = ("columns", second[0]) if second else ("join",)
    return tree.problem(
        path, f"{name}: two columns give it", "keep one of them, or join them under `join:`", at_key=True
    )


def _meanings(found: ColumnMap, tree: Tree) -> Iterator[Problem]:
    """Find words whose meaning is not filled in yet."""
    for header, reading in found.columns.items():
        for word, meaning in reading.values.items():
            if not meaning.strip():
                words = f"values: what '{word}' stands for is not filled in"
                yield tree.problem(("columns", header, "values", word), words, "write the code, or take the line out")


def _splits(found: ColumnMap, tree: Tree) -> Iterator[Problem]:
    readings = [(("columns", header), reading) for header, reading in found.columns.items()]
    readings += [(("join", str(number)), reading) for number, reading in enumerate(found.join)]
    for path, reading in readings:
        if len(reading.to) > 1 and reading.split is None and reading.to not in USUAL_SPLITS:
            words = f"to: what stands between {' and '.join(reading.to)} is not said"
            yield tree.problem((*path, "to"), words, 'add `split: ","`, or what stands between them')


def _claims(found: ColumnMap, tree: Tree, given: set[str]) -> Iterator[Problem]:
    claims = found.claims
    if claims is None:
        if "claim_id" not in given:
            fix = "add `claims: {by: member, per: day}`, or a column `...: claim_id`"
            yield tree.problem((), "claims: how rows become claims is not said, and no column gives claim_id", fix)
        return
    if claims.by == "claim_id" and "claim_id" not in given:
        words = "by: no column gives claim_id"
        yield tree.problem(("claims", "by"), words, "map it, or write `{by: member, per: day}`")
    if (claims.by == "member") != (claims.per is not None):
        fix = "write `{by: member, per: day}`, or week or month"
        yield tree.problem(("claims",), "claims: per goes with by: member, and only with it", fix)
    if (claims.per == "week") != (claims.week_starts is not None):
        fix = "write `{by: member, per: week, week_starts: sunday}`"
        yield tree.problem(("claims",), "claims: week_starts goes with per: week, and only with it", fix)
    if claims.by == "member" and CLAIM_CHARGE in given:
        words = f"{CLAIM_CHARGE}: a claim's total means nothing where rows have no claim id"
        yield tree.problem(("columns",), words, "take it out", at_key=True)


def _raise(problems: list[Problem]) -> None:
    """Raise all problems as one error; return when there are none.

    Raises:
        ColumnMapError: There is at least one.
    """
    if found := one_per_place(problems):
        raise ColumnMapError("\n".join(str(problem) for problem in found))
