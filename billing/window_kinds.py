"""Ask the window kinds: pipelines over many rows, those of all programs collected together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import ModuleType

import polars as pl

from billing.findings import SEVERITY
from billing.policy.codesets import Fact, Program
from billing.policy.conditions import holds, narrowing
from billing.rules import KINDS
from billing.rules._kind import Context
from billing.undecided import context_with_undecided, note_undecided, only_possible
from billing.verdicts import Answers, declared, falls_under, row_caps_of, shaped

MANY_ROWS = 5_000
"""From this many rows on, a check finds its suspects by few columns first."""
TOO_MANY_ROWS = 2_000_000
"""From this many rows of all programs on, checks are asked one after the other."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One fact of a window kind, with the rows it is about made ready.

    Attributes:
        place: Number of the fact in its program.
        fact: The fact.
        kind: Its rule kind.
        under: The rows its check must see; never null.
        concerned: Of the batch's lines among them, those it could say anything about; never null.
    """

    place: int
    fact: Fact
    kind: ModuleType
    under: pl.Expr
    concerned: pl.Expr


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
    asked: list[tuple[int, Fact, pl.DataFrame, pl.LazyFrame]] = []
    lacking: list[tuple[int, str, pl.DataFrame, pl.LazyFrame]] = []
    wider: list[tuple[int, Fact, pl.DataFrame, pl.LazyFrame]] = []
    for first, program, rows in parts:
        facts = _asked_of(program, stage)
        masks = _masks(rows, facts)
        for at, item in enumerate(facts):
            fact, kind, number = item.fact, item.kind, first + item.place
            beside = replace(context, program=program, facts=of_kind[fact.kind])
            under, ours = masks[2 * at], masks[2 * at + 1]
            own, can_check = _own_context(rows, item, number, beside, answers, under=under, ours=ours)
            note_undecided(rows, fact, number, answers)
            if own is not None and hasattr(kind, "unchecked"):
                lacking.append((number, _lacking(kind, fact), rows, _own_unchecked(kind, fact, own)))
            if own is not None and can_check:
                asked.append((number, fact, rows, kind.check(fact, own)))
            if (more := context_with_undecided(rows, fact, beside)) is not None:
                wider.append((number, fact, rows, kind.check(fact, more)))
    plans = [plan for *_, plan in (*lacking, *asked, *wider)]
    collected = iter(_collected(plans, sum(len(rows) for _, _, rows in parts)))
    for (number, needs, rows, _), lines in zip(lacking, collected, strict=False):
        answers.note_unchecked(_claims_of(lines.get_column("line_key"), rows), number, needs)
    surely = {number: found for (number, *_), found in zip(asked, collected, strict=False)}
    for number, fact, rows, _ in asked:
        _gather(surely[number], rows, fact, number, answers)
    for (number, fact, rows, _), possible in zip(wider, collected, strict=True):
        _gather(only_possible(possible, surely.get(number), rows, fact), rows, fact, number, answers)


def _collected(plans: list[pl.LazyFrame], rows: int) -> Iterable[pl.DataFrame]:
    """Collect plans together, or one after the other where what all of them need at once would not fit in memory."""
    if rows > TOO_MANY_ROWS:
        return [plan.collect() for plan in plans]
    return pl.collect_all(plans) if plans else []


def _asked_of(program: Program, stage: int) -> tuple[_Asked, ...]:
    """Return a program's facts of the window kinds of a stage; made once, since facts never change."""
    memo, name = program.memo, f"window kinds of stage {stage}"
    if name not in memo:
        memo[name] = tuple(
            _Asked(place, fact, kind, _window_rows(fact, kind), _concerned(fact, kind))
            for place, fact in enumerate(program.facts)
            if hasattr(kind := KINDS[fact.kind], "check") and declared(kind, "STAGE", fact, 2) == stage
        )
    made: tuple[_Asked, ...] = memo[name]
    return made


def _masks(rows: pl.DataFrame, asked: Iterable[_Asked]) -> list[pl.Series]:
    """Return, for each fact, the rows its check must see, and those of them it is asked about: one query for all."""
    is_line = ~pl.col("is_history") if "is_history" in rows.columns else pl.lit(value=True)
    masks = [mask for item in asked for mask in (item.under, item.under & item.concerned & is_line)]
    named = (mask.alias(str(at)) for at, mask in enumerate(masks))
    return rows.lazy().select("line_key", *named).collect().get_columns()[1:]


def _claims_of(lines: pl.Series, rows: pl.DataFrame) -> pl.Series:
    """Return the claim of each line."""
    if lines.is_empty():
        return rows.get_column("claim_key").clear()
    is_here = rows.get_column("line_key").is_in(lines.implode())
    return rows.get_column("claim_key").filter(is_here)


def _gather(found: pl.DataFrame, rows: pl.DataFrame, fact: Fact, number: int, answers: Answers) -> None:
    if len(found):
        caps = row_caps_of(fact, KINDS[fact.kind])
        answers.verdicts.append(_with_row_caps(found.with_columns(fact=pl.lit(number)), rows, caps))


def _by_kind(programs: Iterable[Program]) -> dict[str, tuple[Fact, ...]]:
    """Gather the facts of several programs by their kind."""
    gathered: dict[str, list[Fact]] = {}
    for program in programs:
        for fact in program.facts:
            gathered.setdefault(fact.kind, []).append(fact)
    return {kind: tuple(facts) for kind, facts in gathered.items()}


def _own_context(
    rows: pl.DataFrame,
    item: _Asked,
    number: int,
    context: Context,
    answers: Answers,
    *,
    under: pl.Series,
    ours: pl.Series,
) -> tuple[Context | None, bool]:
    """Return what a fact's check may look at, and whether it can be checked.

    Returns:
        The context, None when the fact has no lines; false when it lacks the file it needs, or there is nothing
        that it could say anything about.
    """
    fact, kind = item.fact, item.kind
    absent = [name for name in declared(kind, "REFERENCES", fact, ()) if name not in context.references.present]
    if absent:
        answers.note_unchecked(rows.get_column("claim_key").filter(ours), number, " and ".join(absent))
    else:
        answers.looked_at[number] = max(answers.looked_at.get(number, 0), int(ours.sum()))
    if not under.any():
        return None, False
    # Left lazy: a check reads a few of the columns, and only those are filtered.
    own_rows = rows.lazy() if under.all() else rows.lazy().filter(item.under)
    own = replace(context, rows=own_rows, all_rows=context.rows, has_many_rows=len(rows) > MANY_ROWS)
    if absent or ours.sum() < getattr(kind, "AT_LEAST", 1):
        return own, False
    lacking = [name for name in declared(kind, "PARTLY", fact, ()) if name not in context.references.present]
    for name, column in kind.reads(fact) if hasattr(kind, "reads") else ():
        if name in context.references.present and not context.references.has(name, column):
            lacking.append(f"{column} column of the {name} file")
    if lacking:
        claim_keys = rows.get_column("claim_key").filter(ours)
        for needs in lacking:
            answers.note_unchecked(claim_keys, number, needs, partly=True)
    return own, True


def _concerned(fact: Fact, kind: ModuleType) -> pl.Expr:
    """Tell which rows a fact could say anything about."""
    return kind.concerns(fact).fill_null(value=False) if hasattr(kind, "concerns") else pl.lit(value=True)


def _lacking(kind: ModuleType, fact: Fact) -> str:
    """Name what the lines lack that a kind itself says it could not check."""
    return kind.unchecked_needs(fact) if hasattr(kind, "unchecked_needs") else "worker"


def _window_rows(fact: Fact, kind: ModuleType) -> pl.Expr:
    """Tell which rows a window kind must see: the fact's own, and those of services it compares them with."""
    beside = kind.also_sees(fact) if hasattr(kind, "also_sees") else ()
    under = falls_under(fact, on_voids=getattr(kind, "ON_VOIDS", False), beside=beside)
    conditions = narrowing(fact.entry)
    return under if conditions is None else under & holds(conditions).fill_null(value=False)


def _own_unchecked(kind: ModuleType, fact: Fact, context: Context) -> pl.LazyFrame:
    """Return the lines that a kind itself says it could not check."""
    lacking = kind.unchecked(fact, context)
    return context.rows.filter(lacking).select("line_key") if isinstance(lacking, pl.Expr) else lacking


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
