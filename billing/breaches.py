"""Breaches of an implementation guide that no rule has told already.

A value that is missing or wrong is reported once: where a rule that looks at single values found the same claim or
line and place, the breach stays among the syntax errors and makes no second finding.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from billing.claims import CLAIM_COLUMNS, LINE_COLUMNS
from billing.policy.codesets import Fact

_KINDS = frozenset({
    "required_fields", "npi", "procedure_codes", "modifier_codes", "diagnosis_codes", "diagnosis_pointers",
    "place_codes", "service_dates", "charges", "units", "claim_frequency", "member_id", "taxonomy_codes",
})  # fmt: skip
"""Kinds that look at single values on every claim."""

_SAME_LOOP = {"2010CA": "2010BA", "2000C": "2000B", "2420A": "2310B", "2420C": "2310C", "2420D": "2310D",
              "2420F": "2310A"}  # fmt: skip
_SAME_VALUE = {"NM108": "NM109", "REF01": "REF02", "PRV01": "PRV03", "PRV02": "PRV03", "DTP01": "DTP03",
               "DTP02": "DTP03", "DMG01": "DMG02", "SV101-1": "SV101-2", "SV101-4": "SV101-3", "SV101-5": "SV101-3",
               "SV101-6": "SV101-3"}  # fmt: skip
"""A qualifier or format belongs to the value behind it, and the modifiers are one column."""


def untold(breaches: pl.DataFrame, verdicts: pl.DataFrame, facts: Sequence[Fact]) -> pl.DataFrame:
    """Leave out the breaches that a rule has told.

    Args:
        breaches: One row per breach (`BREACH_SCHEMA`).
        verdicts: One row per verdict (`RAW_SCHEMA`).
        facts: All facts of the run.

    Returns:
        The breaches that are left, in their order.
    """
    breaches = breaches.with_columns(_place(pl.col("x12"))).with_columns(_segment(), number=pl.int_range(pl.len()))
    told = _told(verdicts, facts)
    on_claim = told.select("claim_key", "place", "segment", told_line="line_key")
    exact = breaches.join(on_claim, on=["claim_key", "place"])
    # A whole segment that is missing lacks each of its values, and a column may stand for a whole segment.
    is_whole = (pl.col("place") == pl.col("segment")) | (pl.col("place_right") == pl.col("segment"))
    whole = breaches.join(on_claim, on=["claim_key", "segment"]).filter(is_whole)
    same_line = (
        pl.col("line_key").is_null() | pl.col("told_line").is_null() | (pl.col("line_key") == pl.col("told_line"))
    )
    said = pl.concat([each.filter(same_line).select("number") for each in (exact, whole)])
    left = breaches.filter(~pl.col("number").is_in(said.get_column("number").unique().implode()))
    # A qualifier that is missing with its value is missed with it.
    once = pl.struct("claim_key", "line_key", "input", "position", "place", "cause")
    left = left.filter(pl.col("claim_key").is_null() | once.is_last_distinct())
    return left.drop("place", "segment", "number")


def _told(verdicts: pl.DataFrame, facts: Sequence[Fact]) -> pl.DataFrame:
    """Return claim, line and place of what the rules about single values say is missing or wrong."""
    numbers = [number for number, fact in enumerate(facts) if fact.kind in _KINDS]
    mine = verdicts.filter(pl.col("fact").is_in(numbers)).select(
        "claim_key", "line_key", column=pl.coalesce("missing", "column")
    )
    named = [(column.name, column.x12) for column in (*CLAIM_COLUMNS, *LINE_COLUMNS) if column.x12]
    places = pl.DataFrame(named, schema=["column", "x12"], orient="row").unique(maintain_order=True)
    return mine.join(places, on="column").with_columns(_place(pl.col("x12"))).with_columns(_segment())


def _place(x12: pl.Expr) -> pl.Expr:
    """Name a place so that the same value has the same name, whichever loop or element of it is meant."""
    parts = x12.str.splitn(" ", 2).struct
    loop, name = parts.field("field_0"), parts.field("field_1").fill_null("")
    name = name.str.replace(r"\*.*$", "02").replace(_SAME_VALUE)
    return pl.concat_str(loop.replace(_SAME_LOOP), name, separator=" ").alias("place")


def _segment() -> pl.Expr:
    """Cut the element off a place."""
    return (
        pl.col("place")
        .str.extract(r"^(\w+ (?:[A-Z]+[0-9]??|[A-Z][A-Z0-9]{1,2}?))(?:[0-9]{2}(?:-[0-9]+)?)?$")
        .alias("segment")
    )
