"""Ask the window kinds: pipelines over many rows, those of all programs collected together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType

import polars as pl

from billing.findings import SEVERITY
from billing.policy.codesets import Fact, Program
from billing.policy.conditions import holds, narrowing
from billing.rules import KINDS
from billing.rules._kind import Context
from billing.undecided import context_with_undecided, note_undecided, only_possible
from billing.verdicts import Answers, declared, falls_under, row_caps_of, shaped


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
    plans: list[pl.LazyFrame] = []
    asked: list[tuple[int, Fact, pl.DataFrame]] = []
    lacking: list[tuple[int, str]] = []
    wider: list[tuple[int, Fact, pl.DataFrame, pl.LazyFrame]] = []
    for first, program, rows in parts:
        of_program = replace(context, program=program)
        for place, fact in enumerate(program.facts):
            kind = KINDS[fact.kind]
            if hasattr(kind, "check") and declared(kind, "STAGE", fact, 2) == stage:
                beside = replace(of_program, facts=of_kind[fact.kind])
                own, can_check = _own_context(rows, fact, first + place, beside, answers)
                note_undecided(rows, fact, first + place, answers)
                if own is not None and hasattr(kind, "unchecked"):
                    lacking.append((first + place, _lacking(kind, fact)))
                    plans.insert(len(lacking) - 1, _own_unchecked(kind, fact, own))
                if own is not None and can_check:
                    plans.append(kind.check(fact, own))
                    asked.append((first + place, fact, rows))
                if (more := context_with_undecided(rows, fact, beside)) is not None:
                    wider.append((first + place, fact, rows, kind.check(fact, more)))
    collected = pl.collect_all([*plans, *(plan for *_, plan in wider)]) if plans or wider else []
    for (number, needs), keys in zip(lacking, collected, strict=False):
        answers.note_unchecked(keys.to_series(), number, needs)
    surely = dict(zip((number for number, _, _ in asked), collected[len(lacking) : len(plans)], strict=True))
    for number, fact, rows in asked:
        _gather(surely[number], rows, fact, number, answers)
    for (number, fact, rows, _), possible in zip(wider, collected[len(plans) :], strict=True):
        _gather(only_possible(possible, surely.get(number), rows, fact), rows, fact, number, answers)


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
    rows: pl.DataFrame, fact: Fact, number: int, context: Context, answers: Answers
) -> tuple[Context | None, bool]:
    """Return what a fact's check may look at, and whether it can be checked.

    Returns:
        The context, None when the fact has no lines; false when it lacks the file it needs, or there is nothing
        that it could say anything about.
    """
    kind = KINDS[fact.kind]
    concerned = kind.concerns(fact).fill_null(value=False) if hasattr(kind, "concerns") else pl.lit(value=True)
    is_ours = concerned & ~pl.col("is_history") if "is_history" in rows.columns else concerned
    under, ours = rows.select(under=_window_rows(fact, kind), ours=is_ours).get_columns()
    claim_keys = rows.get_column("claim_key").filter(under & ours)
    absent = [name for name in declared(kind, "REFERENCES", fact, ()) if name not in context.references.present]
    if absent:
        answers.note_unchecked(claim_keys, number, " and ".join(absent))
    else:
        answers.looked_at[number] = max(answers.looked_at.get(number, 0), len(claim_keys))
    if not under.any():
        return None, False
    # Left lazy: a check reads a few of the columns, and only those are filtered.
    own_rows = rows.lazy() if under.all() else rows.lazy().filter(_window_rows(fact, kind))
    own = replace(context, rows=own_rows, all_rows=context.rows)
    if absent or len(claim_keys) < getattr(kind, "AT_LEAST", 1):
        return own, False
    for name in declared(kind, "PARTLY", fact, ()):
        if name not in context.references.present:
            answers.note_unchecked(claim_keys, number, name, partly=True)
    for name, column in kind.reads(fact) if hasattr(kind, "reads") else ():
        if name in context.references.present and not context.references.has(name, column):
            answers.note_unchecked(claim_keys, number, f"{column} column of the {name} file", partly=True)
    return own, True


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
    """Return the claim of each line that a kind itself says it could not check."""
    lacking = kind.unchecked(fact, context)
    if isinstance(lacking, pl.Expr):
        return context.rows.filter(lacking).select("claim_key")
    return context.rows.join(lacking, on="line_key", how="semi").select("claim_key")


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
