"""Ask the window kinds: pipelines over many rows, those of all programs collected together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from types import ModuleType

import polars as pl

from billing.findings import SEVERITY
from billing.policy.codesets import Fact, Program
from billing.policy.conditions import holds, narrowing
from billing.rules import KINDS
from billing.rules._kind import Context
from billing.undecided import context_with_undecided, note_undecided, only_possible
from billing.verdicts import Answers, Scope, declared, row_caps_of, scope_of, shaped, sorts_of

MANY_ROWS = 5_000
"""From this many rows on, a check finds its suspects by few columns first."""
TOO_MANY_ROWS = 2_000_000
"""From this many rows of all programs on, checks are asked one after the other."""


_AS_IT_IS = pl.QueryOptFlags.none()


@dataclass(frozen=True, slots=True)
class _Asked:
    """One fact of a window kind, with the rows it is about made ready.

    Attributes:
        place: Number of the fact in its program.
        fact: The fact.
        kind: Its rule kind.
        scope: The rows the fact is about, before its conditions, and those of services it compares them with.
        narrowed: Of these, those that its conditions surely hold for; null: it has no conditions.
        concerned: Of the batch's lines among them, those it could say anything about; null: all of them.
        under: The rows its check must see, of all rows; never null.
    """

    place: int
    fact: Fact
    kind: ModuleType
    scope: Scope
    narrowed: pl.Expr | None
    concerned: pl.Expr | None
    under: pl.Expr


@dataclass(frozen=True, slots=True)
class _Case:
    """A fact before the rows of its program.

    Attributes:
        item: The fact.
        number: Its number in the run.
        program: Its program.
        rows: One row per line.
        under: The rows its check must see.
        ours: Those of them that are lines of the batch which it could say anything about.
    """

    item: _Asked
    number: int
    program: Program
    rows: pl.DataFrame
    under: pl.Series
    ours: pl.Series


def ask_window_kinds(
    parts: Iterable[tuple[int, Program, pl.DataFrame]], context: Context, answers: Answers, *, stage: int
) -> None:
    """Run the window kinds of one stage and collect them together.

    Args:
        parts: For each program the number of its first fact in the run, the program, and its rows: one per line,
            history lines among them.
        context: The references, the received date, and all rows of the stage, of which each fact is shown its own.
        answers: Gathers what they say.
        stage: 1 or 2.
    """
    parts = list(parts)
    of_kind = _by_kind(program for _, program, _ in parts)
    asked: list[tuple[_Case, pl.LazyFrame]] = []
    lacking: list[tuple[_Case, pl.Expr | pl.LazyFrame]] = []
    wider: list[tuple[_Case, pl.LazyFrame]] = []
    for case in _cases(parts, stage, context, answers):
        fact, kind, rows = case.item.fact, case.item.kind, case.rows
        beside = replace(context, program=case.program, facts=of_kind[fact.kind])
        own, can_check = _own_context(case, beside, answers)
        note_undecided(rows, fact, case.number, answers)
        if own is not None and hasattr(kind, "unchecked") and (lines := kind.unchecked(fact, own)) is not None:
            lacking.append((case, lines))
        if own is not None and can_check and not _is_clear(case):
            asked.append((case, kind.check(fact, own)))
        if (more := context_with_undecided(rows, fact, beside)) is not None:
            wider.append((case, kind.check(fact, more)))
    most = sum(len(rows) for *_, rows in parts)
    _note_lacking(lacking, answers)
    collected = iter(_collected([plan for _, plan in (*asked, *wider)], most))
    surely = {case.number: found for (case, _), found in zip(asked, collected, strict=False)}
    for case, _ in asked:
        _gather(surely[case.number], case, answers)
    for (case, _), possible in zip(wider, collected, strict=True):
        _gather(only_possible(possible, surely.get(case.number), case.rows, case.item.fact), case, answers)


def _asked_of(program: Program, stage: int) -> tuple[_Asked, ...]:
    """Return a program's facts of the window kinds of a stage; made once, since facts never change."""
    memo, name = program.memo, f"window kinds of stage {stage}"
    if name not in memo:
        memo[name] = tuple(
            _asked(place, fact, kind)
            for place, fact in enumerate(program.facts)
            if hasattr(kind := KINDS[fact.kind], "check") and declared(kind, "STAGE", fact, 2) == stage
        )
    made: tuple[_Asked, ...] = memo[name]
    return made


def _is_clear(case: _Case) -> bool:
    """Tell whether a kind says of few rows, at a glance, that its check would find nothing."""
    kind = case.item.kind
    if len(case.rows) > MANY_ROWS or not hasattr(kind, "is_clear"):
        return False
    rows = case.rows if case.under.all() else case.rows.filter(case.under)
    return bool(kind.is_clear(case.item.fact, rows))


def _asked(place: int, fact: Fact, kind: ModuleType) -> _Asked:
    scope, narrowed = _scope(fact, kind), _narrowed(fact)
    holds = scope.holds()
    under = holds if narrowed is None else holds & narrowed
    return _Asked(place, fact, kind, scope, narrowed, _concerned(fact, kind), under)


def _cases(
    parts: Sequence[tuple[int, Program, pl.DataFrame]], stage: int, context: Context, answers: Answers
) -> Iterator[_Case]:
    """Put each fact before its rows, those of programs with the same rows by one query.

    A fact that is about none of few rows is noted, and left out.
    """
    while parts:
        rows = parts[0][2]
        sorts = sorts_of(rows)
        asked: list[tuple[_Asked, int, Program, bool]] = []
        for first, program, own in parts:
            for item in _asked_of(program, stage) if own is rows else ():
                whole = item.scope.of_all(sorts)
                if whole is not False:
                    asked.append((item, first + item.place, program, whole is True))
                elif set(declared(item.kind, "REFERENCES", item.fact, ())).issubset(context.references.present):
                    answers.looked_at.setdefault(first + item.place, 0)
        yield from _masked(rows, asked)
        parts = [part for part in parts if part[2] is not rows]


def _masked(rows: pl.DataFrame, asked: Iterable[tuple[_Asked, int, Program, bool]]) -> Iterator[_Case]:
    """Ask by one query which rows facts are about; of a fact whose scope holds all of them, no more than it must."""
    has_history = "is_history" in rows.columns and bool(rows.get_column("is_history").any())
    masks: list[pl.Expr] = []

    def place_of(parts: Iterable[pl.Expr | None]) -> int | None:
        given = [part for part in parts if part is not None]
        if not given:
            return None
        masks.append(reduce(and_, given))
        return len(masks) - 1

    places: list[tuple[int | None, int | None]] = []
    for item, _, _, holds_all in asked:
        under = item.narrowed if holds_all else item.under
        narrower = [item.concerned, ~pl.col("is_history") if has_history else None]
        first = place_of([under])
        is_narrower = any(part is not None for part in narrower)
        places.append((first, place_of([under, *narrower]) if is_narrower else first))
    told = rows.select("line_key", *(mask.alias(str(at)) for at, mask in enumerate(masks))).get_columns()[1:]
    every = pl.repeat(value=True, n=len(rows), dtype=pl.Boolean, eager=True)
    for (item, number, program, _), at in zip(asked, places, strict=True):
        under_mask, ours = (every if place is None else told[place] for place in at)
        yield _Case(item, number, program, rows, under_mask, ours)


def _collected(plans: list[pl.LazyFrame], rows: int) -> list[pl.DataFrame]:
    """Collect plans, together where all they need at once fits in memory.

    Args:
        plans: The plans.
        rows: How many rows they look at; for few, to make a plan better costs more than it saves.
    """
    if not plans:
        return []
    if rows > TOO_MANY_ROWS:
        return [plan.collect() for plan in plans]
    if rows > MANY_ROWS:
        return pl.collect_all(plans)
    return [plan.collect(engine="in-memory", optimizations=_AS_IT_IS) for plan in plans]


def _note_lacking(lacking: Iterable[tuple[_Case, pl.Expr | pl.LazyFrame]], answers: Answers) -> None:
    """Remember the claims of the lines that kinds say they could not check."""
    by_row = [(case, lines) for case, lines in lacking if isinstance(lines, pl.Expr)]
    by_plan = [(case, lines) for case, lines in lacking if isinstance(lines, pl.LazyFrame)]
    for case, mask in _told(by_row):
        _note(case, case.rows.get_column("claim_key").filter(mask & case.under), answers)
    collected = _collected([plan for _, plan in by_plan], max((len(case.rows) for case, _ in by_plan), default=0))
    for (case, _), lines in zip(by_plan, collected, strict=True):
        _note(case, _claims_of(lines.get_column("line_key"), case.rows), answers)


def _told(by_row: list[tuple[_Case, pl.Expr]]) -> Iterator[tuple[_Case, pl.Series]]:
    """Answer conditions on single rows, those over the same rows by one query."""
    while by_row:
        rows = by_row[0][0].rows
        alike = [(case, asks) for case, asks in by_row if case.rows is rows]
        told = rows.select(
            "line_key", *(asks.fill_null(value=False).alias(str(at)) for at, (_, asks) in enumerate(alike))
        )
        yield from zip((case for case, _ in alike), told.get_columns()[1:], strict=True)
        by_row = [(case, asks) for case, asks in by_row if case.rows is not rows]


def _note(case: _Case, claim_keys: pl.Series, answers: Answers) -> None:
    kind, fact = case.item.kind, case.item.fact
    # What the lines lack, when a kind itself says which it could not check.
    needs = kind.unchecked_needs(fact) if hasattr(kind, "unchecked_needs") else "worker"
    answers.note_unchecked(claim_keys, case.number, needs)


def _claims_of(lines: pl.Series, rows: pl.DataFrame) -> pl.Series:
    """Return the claim of each line."""
    if lines.is_empty():
        return rows.get_column("claim_key").clear()
    is_here = rows.get_column("line_key").is_in(lines.implode())
    return rows.get_column("claim_key").filter(is_here)


def _gather(found: pl.DataFrame, case: _Case, answers: Answers) -> None:
    if len(found):
        caps = row_caps_of(case.item.fact, case.item.kind)
        answers.verdicts.append(_with_row_caps(found.with_columns(fact=pl.lit(case.number)), case.rows, caps))


def _by_kind(programs: Iterable[Program]) -> dict[str, tuple[Fact, ...]]:
    """Gather the facts of several programs by their kind."""
    gathered: dict[str, list[Fact]] = {}
    for program in programs:
        for fact in program.facts:
            gathered.setdefault(fact.kind, []).append(fact)
    return {kind: tuple(facts) for kind, facts in gathered.items()}


def _own_context(case: _Case, context: Context, answers: Answers) -> tuple[Context | None, bool]:
    """Return what a fact's check may look at, and whether it can be checked.

    Returns:
        The context, None when the fact has no lines; false when it lacks the file it needs, or there is nothing
        that it could say anything about.
    """
    fact, kind, rows, number = case.item.fact, case.item.kind, case.rows, case.number
    absent = [name for name in declared(kind, "REFERENCES", fact, ()) if name not in context.references.present]
    if absent:
        answers.note_unchecked(rows.get_column("claim_key").filter(case.ours), number, " and ".join(absent))
    else:
        answers.looked_at[number] = max(answers.looked_at.get(number, 0), int(case.ours.sum()))
    if not case.under.any():
        return None, False
    # Left lazy: a check reads a few of the columns, and only those are filtered.
    own_rows = rows.lazy() if case.under.all() else rows.lazy().filter(case.item.under)
    own = replace(context, rows=own_rows, all_rows=context.rows, has_many_rows=len(rows) > MANY_ROWS)
    if absent or case.ours.sum() < getattr(kind, "AT_LEAST", 1):
        return own, False
    lacking = [name for name in declared(kind, "PARTLY", fact, ()) if name not in context.references.present]
    for name, column in kind.reads(fact) if hasattr(kind, "reads") else ():
        if name in context.references.present and not context.references.has(name, column):
            lacking.append(f"{column} column of the {name} file")
    if lacking:
        claim_keys = rows.get_column("claim_key").filter(case.ours)
        for needs in lacking:
            answers.note_unchecked(claim_keys, number, needs, partly=True)
    return own, True


def _scope(fact: Fact, kind: ModuleType) -> Scope:
    """Say which rows a kind must see, before conditions: the fact's own, and of services it compares them with."""
    beside = kind.also_sees(fact) if hasattr(kind, "also_sees") else ()
    return scope_of(fact, on_voids=getattr(kind, "ON_VOIDS", False), beside=beside)


def _narrowed(fact: Fact) -> pl.Expr | None:
    conditions = narrowing(fact.entry)
    return None if conditions is None else holds(conditions).fill_null(value=False)


def _concerned(fact: Fact, kind: ModuleType) -> pl.Expr | None:
    """Tell which rows a fact could say anything about; null: all."""
    return kind.concerns(fact).fill_null(value=False) if hasattr(kind, "concerns") else None


def _with_row_caps(found: pl.DataFrame, rows: pl.DataFrame, caps: list[tuple[pl.Expr, str]]) -> pl.DataFrame:
    """Lower the verdicts of rows that were judged by the nearest service, or whose dates run past the rule's."""
    found = shaped(found)
    for condition, words in caps:
        lowered = rows.lazy().filter(condition).select("line_key").collect().to_series()
        if lowered.is_empty():
            continue
        here = pl.col("line_key").is_in(lowered.implode())
        found = found.with_columns(
            at_most=pl.when(here & (pl.col("at_most").is_null() | (pl.col("at_most") == "reject")))
            .then(pl.lit("review").cast(SEVERITY))
            .otherwise("at_most"),
            capped_by=pl.when(here).then(pl.concat_list("capped_by", pl.lit([words]))).otherwise("capped_by"),
        )
    return found
