"""Rows whose identity or money cannot be established, each with its reason, and the rows of the same claims."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from billing.claims import UNREADABLE_SCHEMA
from billing.formats.tables.column_map import Claims
from billing.formats.tables.sheet import Sheet
from billing.formats.tables.values import Values

REASON_SCHEMA = {"row": pl.UInt32, "reason": pl.String, "has_identity": pl.Boolean}
_WORDS = {"claim_id": "the claim id", "member_id": "the member's id", "charge": "the charge", "units": "the units"}


def reasons(rows: pl.DataFrame, values: Values, sheet: Sheet, claims: Claims, charge_per_unit: bool) -> pl.DataFrame:
    """Say which rows cannot be lines of a claim, and why.

    Args:
        rows: One row per visit, with everything that the map adds.
        values: What was read of the log.
        sheet: The sheet.
        claims: How rows become claims.
        charge_per_unit: True when the map says what a unit costs.

    Returns:
        One row per such row, in order (`REASON_SCHEMA`); `has_identity`: it is known which claim it belongs to.
    """
    found = [pl.DataFrame(schema=REASON_SCHEMA)]
    too_long = rows.select("row").filter(pl.col("row").is_in(list(sheet.too_long)))
    words = "the row has more cells than the header; a comma in a text without quotes would do that"
    found.append(too_long.with_columns(reason=pl.lit(words), has_identity=pl.lit(value=False)))
    for name in _identity(claims):
        missing = rows.select("row").filter(rows.get_column(name).is_null() if name in rows.columns else True)
        found.append(_with_words(missing, name, values, sheet).with_columns(has_identity=pl.lit(value=False)))
    missing = rows.select("row").filter(rows.get_column("charge").is_null())
    if charge_per_unit and len(missing):
        reason = pl.lit(
            "the charge cannot be worked out: the units cannot be read, or the map's `charges:` lacks the code"
        )
        worded = missing.with_columns(reason=reason)
    else:
        worded = _with_words(missing, "charge", values, sheet)
    found.append(worded.with_columns(has_identity=pl.lit(value=True)))
    return (
        pl.concat(part.select(list(REASON_SCHEMA)) for part in found)
        .unique("row", keep="first", maintain_order=True)
        .sort("row")
    )


def _identity(claims: Claims) -> Iterator[str]:
    if claims.by == "claim_id":
        yield "claim_id"
    if claims.by == "member":
        yield "member_id"


def _with_words(missing: pl.DataFrame, name: str, values: Values, sheet: Sheet) -> pl.DataFrame:
    """Word why a value is missing: it cannot be read, or its cell is empty."""
    if missing.is_empty():
        return missing.with_columns(reason=pl.lit(None, pl.String))
    cell = sheet.within_row(values.origins[name][0]) if name in values.origins else pl.lit("the row")
    issues = values.issues.filter((pl.col("field") == name) & ~pl.col("is_note")).unique("row", keep="first")
    why = issues.select("row", why="words")
    if name in values.bad_amounts:
        why = pl.concat([why, values.bad_amounts[name]]).unique("row", keep="first")
    worded = missing.join(why, on="row", how="left", maintain_order="left")
    subject = pl.lit(f"{_WORDS[name]} in ")
    return worded.select("row", reason=pl.concat_str(subject, cell, pl.lit(" "), pl.col("why").fill_null("is missing")))


def with_their_claims(rows: pl.DataFrame, bad: pl.DataFrame) -> pl.DataFrame:
    """Add the other rows of claims that lack a row: a part of a claim is not the claim.

    Args:
        rows: One row per visit whose claim is known, with `claim`.
        bad: The rows that cannot be read (`REASON_SCHEMA`).

    Returns:
        `row` and `reason` of every row that goes into no claim, in order.
    """
    broken = rows.join(bad, on="row", how="semi").group_by("claim").agg(first=pl.col("row").min())
    others = rows.select("row", "claim").join(broken, on="claim", maintain_order="left").join(bad, on="row", how="anti")
    words = pl.format("row {} of the same claim cannot be read, so none of the claim is", "first")
    more = others.select("row", reason=words)
    return pl.concat([bad.select("row", "reason"), more]).sort("row")


def unreadable_frame(lost: pl.DataFrame, rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Lay rows out as parts that could not be read (`UNREADABLE_SCHEMA`), with the charge where that is known."""
    charges = rows.select("row", "charge")
    return (
        lost.join(charges, on="row", how="left", maintain_order="left")
        .select(input=pl.lit(name), first="row", last="row", loop=pl.lit("row"), reason="reason", charge="charge")
        .cast(pl.Schema(UNREADABLE_SCHEMA))
    )
