"""Ask the window kinds: pipelines over many rows, those of all programs collected together."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

import polars as pl

from billing.findings import SEVERITY
from billing.policy.codesets import Fact, Program
from billing.policy.conditions import holds
from billing.rules import KINDS
from billing.rules._kind import Context
from billing.verdicts import Answers, falls_under, row_caps_of, shaped


def ask_window_kinds(
    parts: Iterable[tuple[int, Program, pl.DataFrame]], context: Context, answers: Answers, *, stage: int
) -> None:
    """Run the window kinds of one stage and collect them together.

    Args:
        parts: For each program the number of its first fact in the run, the program, and its rows: one per line,
            history lines among them.
        context: The references and the received date; its rows are replaced per fact.
        answers: Gathers what they say.
        stage: 1 or 2.
    """
    plans: list[pl.LazyFrame] = []
    asked: list[tuple[int, Fact, pl.DataFrame]] = []
    lacking: list[tuple[int, str]] = []
    for first, program, rows in parts:
        for place, fact in enumerate(program.facts):
            kind = KINDS[fact.kind]
            if hasattr(kind, "check") and _stage(kind, fact) == stage:
                own, can_check = _own_context(rows, fact, first + place, context, answers)
                _note_undecided(rows, fact, first + place, answers)
                if own is not None and hasattr(kind, "unchecked"):
                    lacking.append((first + place, _lacking(kind, fact)))
                    plans.insert(len(lacking) - 1, _own_unchecked(kind, fact, own))
                if own is not None and can_check:
                    plans.append(kind.check(fact, own))
                    asked.append((first + place, fact, rows))
    collected = pl.collect_all(plans) if plans else []
    for (number, needs), keys in zip(lacking, collected, strict=False):
        answers.note_unchecked(keys.to_series(), number, needs)
    for (number, fact, rows), found in zip(asked, collected[len(lacking) :], strict=True):
        if len(found):
            caps = row_caps_of(fact, KINDS[fact.kind])
            answers.verdicts.append(_with_row_caps(found.with_columns(fact=pl.lit(number)), rows, caps))


def _stage(kind: ModuleType, fact: Fact) -> int:
    stage: int = kind.stage(fact) if hasattr(kind, "stage") else getattr(kind, "STAGE", 2)
    return stage


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
    absent = [name for name in getattr(kind, "REFERENCES", ()) if name not in context.references.present]
    if absent:
        answers.note_unchecked(claim_keys, number, " and ".join(absent))
    else:
        answers.looked_at[number] = max(answers.looked_at.get(number, 0), len(claim_keys))
    if not under.any():
        return None, False
    own_rows = rows if under.all() else rows.filter(under)
    own = Context(own_rows.lazy(), context.references, context.received)
    if absent or claim_keys.is_empty():
        return own, False
    for name in partly_needed(kind, fact):
        if name not in context.references.present:
            answers.note_unchecked(claim_keys, number, name, partly=True)
    for name, column in kind.reads(fact) if hasattr(kind, "reads") else ():
        if name in context.references.present and not context.references.has(name, column):
            answers.note_unchecked(claim_keys, number, f"{column} column of the {name} file", partly=True)
    return own, True


def _note_undecided(rows: pl.DataFrame, fact: Fact, number: int, answers: Answers) -> None:
    """Answer `unknown` for the lines on which it cannot be said whether the fact's conditions hold."""
    when = getattr(fact.entry, "when", None)
    if when is None:
        return
    kind = KINDS[fact.kind]
    open_question = falls_under(fact, on_voids=getattr(kind, "ON_VOIDS", False)) & holds(when).is_null()
    if "is_history" in rows.columns:
        open_question = open_question & ~pl.col("is_history")
    lines = rows.filter(open_question)
    if lines.is_empty():
        return
    missing = pl.coalesce(
        *(pl.when(pl.col(column).is_null()).then(pl.lit(column)) for column in when.needs()), pl.lit(None, pl.String)
    )
    words = f"{fact.path} cannot be decided: a value its conditions need is missing or makes no sense."
    undecided = lines.select(
        "claim_key",
        "line_key",
        cause=pl.lit("required_value_missing"),
        verdict=pl.lit("unknown"),
        column=pl.coalesce(missing, pl.lit("service_date")),
        message=pl.lit(words),
        remedy=pl.lit("Add or mend the value, or check the rule by hand."),
        found=pl.lit("nothing"),
        allowed=pl.lit("a value that decides the rule's conditions"),
        missing=missing,
        fact=pl.lit(number),
    )
    answers.verdicts.append(shaped(undecided))


def _lacking(kind: ModuleType, fact: Fact) -> str:
    """Name what the lines lack that a kind itself says it could not check."""
    return kind.unchecked_needs(fact) if hasattr(kind, "unchecked_needs") else "worker"


def partly_needed(kind: ModuleType, fact: Fact) -> tuple[str, ...]:
    """Return the references without which a fact is only partly checked."""
    needed = getattr(kind, "PARTLY", ())
    return needed(fact) if callable(needed) else needed


def _window_rows(fact: Fact, kind: ModuleType) -> pl.Expr:
    """Tell which rows a window kind must see: the fact's own, and those of services it compares them with."""
    beside = kind.also_sees(fact) if hasattr(kind, "also_sees") else ()
    under = falls_under(fact, on_voids=getattr(kind, "ON_VOIDS", False), beside=beside)
    when = getattr(fact.entry, "when", None)
    return under if when is None else under & holds(when).fill_null(value=False)


def _own_unchecked(kind: ModuleType, fact: Fact, context: Context) -> pl.LazyFrame:
    """Return the claim of each line that a kind itself says it could not check."""
    keys = kind.unchecked(fact, context)
    return context.rows.join(keys, on="line_key", how="semi").select("claim_key")


def _with_row_caps(found: pl.DataFrame, rows: pl.DataFrame, caps: list[tuple[pl.Expr, str]]) -> pl.DataFrame:
    """Lower the verdicts of rows that were judged by the nearest service, or whose dates run past the rule's."""
    found = shaped(found)
    for condition, words in caps:
        lowered = rows.filter(condition).get_column("line_key")
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
