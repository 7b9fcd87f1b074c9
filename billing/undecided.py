"""Lines on which it cannot be said whether a window kind's conditions hold: what is answered, and what is looked at.

What is counted is judged twice: without these lines, and with them. What only the second finds is `unknown`.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.conditions import Conditions, absent, holds, how_to_decide, narrowing, open_question
from billing.rules import KINDS
from billing.rules._kind import Context
from billing.verdicts import Answers, declared, scope_of, shaped


def note_undecided(rows: pl.DataFrame, fact: Fact, number: int, answers: Answers) -> None:
    """Answer for the lines on which it cannot be said whether the fact's conditions hold.

    A value that the claim should carry makes them `unknown`. For want of a file they are not checked. What neither
    has to say (a pregnancy) is looked at in `only_possible`.
    """
    conditions = narrowing(fact.entry)
    if conditions is None:
        return
    kind = KINDS[fact.kind]
    undecided = scope_of(fact, on_voids=getattr(kind, "ON_VOIDS", False)).holds() & holds(conditions).is_null()
    if "is_history" in rows.columns:
        undecided = undecided & ~pl.col("is_history")
    lines = rows.filter(undecided)
    if lines.is_empty():
        return
    for given, words in conditions.uses():
        answers.note_unchecked(lines.filter(pl.col(given).is_null()).get_column("claim_key"), number, words)
    missing = _missing(conditions)
    words = f"{fact.path} cannot be decided: a value its conditions need is missing or makes no sense."
    unknown = lines.filter(_claim_lacks(conditions)).select(
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
    if len(unknown):
        answers.verdicts.append(shaped(unknown))


def _missing(conditions: Conditions) -> pl.Expr:
    """Name the column of a claim for want of which conditions cannot be decided; null when it is none."""
    return pl.coalesce(*(absent(column) for column in conditions.needs()), pl.lit(None, pl.String))


def _claim_lacks(conditions: Conditions) -> pl.Expr:
    """Tell on which undecided rows it is the claim that lacks a value, or has one that makes no sense."""
    others = pl.any_horizontal(pl.lit(value=False), *(pl.col(name).is_null() for name in conditions.unsaid()))
    return _missing(conditions).is_not_null() | ~others


def context_with_undecided(rows: pl.DataFrame, fact: Fact, context: Context) -> Context | None:
    """Return what a check may look at when lines count on which the fact's conditions cannot be decided; null: none."""
    conditions, kind = narrowing(fact.entry), KINDS[fact.kind]
    if conditions is None or not set(declared(kind, "REFERENCES", fact, ())).issubset(context.references.present):
        return None
    beside = kind.also_sees(fact) if hasattr(kind, "also_sees") else ()
    under = scope_of(fact, on_voids=getattr(kind, "ON_VOIDS", False), beside=beside).holds()
    undecided = holds(conditions).is_null()
    if not rows.select((under & undecided).any()).item():
        return None
    wider = rows.filter(under & holds(conditions).fill_null(value=True))
    return replace(context, rows=wider.lazy(), all_rows=context.rows)


def only_possible(possible: pl.DataFrame, found: pl.DataFrame | None, rows: pl.DataFrame, fact: Fact) -> pl.DataFrame:
    """Keep what a check finds only when undecided lines count: unknown, unless the line itself was answered for."""
    conditions = narrowing(fact.entry)
    assert conditions is not None, "asked only of facts with conditions"  # noqa: S101
    answered = rows.filter(holds(conditions).is_null(), _claim_lacks(conditions) | _is_unchecked(conditions))
    more = possible.join(answered.select("line_key"), on="line_key", how="anti", nulls_equal=True)
    if found is not None:
        more = more.join(found, on=["claim_key", "line_key", "cause"], how="anti", nulls_equal=True)
    said = pl.concat_str("message", pl.lit(f" {open_question(fact.entry)}"))
    remedy = pl.concat_str(pl.lit(f"{how_to_decide(conditions)} "), "remedy")
    return more.with_columns(verdict=pl.lit("unknown"), message=said, remedy=remedy)


def _is_unchecked(conditions: Conditions) -> pl.Expr:
    return pl.any_horizontal(pl.lit(value=False), *(pl.col(given).is_null() for given, _ in conditions.uses()))
