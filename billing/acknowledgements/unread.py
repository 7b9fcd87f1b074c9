"""What could not be read as a claim, said in a 999 where the check against the guide has not said it already."""

from __future__ import annotations

import polars as pl

from billing.acknowledgements.enclosing import SET
from billing.acknowledgements.envelopes import Envelope
from billing.formats.x12.delimiters import character
from billing.formats.x12.segments import without_padding
from billing.formats.x12.written import WrittenRegion
from billing.syntax_errors import SYNTAX_ERROR_SCHEMA

_UNKNOWN, _UNEXPECTED, _HAS_ERRORS = "1", "2", "8"  # of IK304
_SET_UNKNOWN, _HAS_SEGMENT_ERRORS = "1", "5"  # of IK502
_ABOVE_CLAIMS = ("2000A", "2000B", "2000C")  # loops whose break leaves a claim without its place


def with_unreadable(
    errors: pl.DataFrame, region: WrittenRegion, envelope: Envelope, unreadable: pl.DataFrame
) -> pl.DataFrame:
    """Add an error for each part that could not be read and in which no error rejects anything.

    A transaction that is no 837P, or without a single claim that can be read, is refused as a whole; else a receiver
    would refuse the claim alone.

    Args:
        errors: The input's syntax errors.
        region: A region of it.
        envelope: The region's envelope.
        unreadable: The region's rows of `unreadable`.

    Returns:
        The same rows and those added, in order of their positions.
    """
    if unreadable.is_empty():
        return errors
    parts = _placed(region, envelope, unreadable)
    is_foreign = pl.col("loop") == "ST"
    alone = parts.filter(_rejecting(parts, errors) == 0).filter(~is_foreign)
    of_parts = alone.select(
        "input",
        "transaction",
        position="first",
        interchange="interchange_number",
        group="group_number",
        set_position="set_position",
        unit=pl.lit("claim"),
        loop="loop",
        segment_id=_segment_ids(region, alone.get_column("first_row")),
        segment_error=pl.when(pl.lit(region.ids[alone.get_column("first_row")] == 0))
        .then(pl.lit(_UNKNOWN))
        .when(pl.col("loop").is_in(_ABOVE_CLAIMS))
        .then(pl.lit(_UNEXPECTED))
        .otherwise(pl.lit(_HAS_ERRORS)),
    )
    sets = parts.filter(~pl.col("has_claims")).group_by(*SET, maintain_order=True).agg(
        pl.col("input", "transaction_number", "interchange_number", "group_number").first(),
        position=pl.col("first").first(),
        set_error=pl.when(is_foreign.all()).then(pl.lit(_SET_UNKNOWN)).otherwise(pl.lit(_HAS_SEGMENT_ERRORS)),
    ).select(
        "input", "position", "set_error", transaction="transaction_number", interchange="interchange_number",
        group="group_number", unit=pl.lit("transaction"),
    )  # fmt: skip
    of_parts = of_parts.with_columns(transaction=alone.get_column("transaction_number"))
    added = pl.concat([pl.DataFrame(schema=SYNTAX_ERROR_SCHEMA), of_parts, sets], how="diagonal_relaxed")
    added = added.with_columns(severity=pl.lit("reject"), is_private=pl.lit(value=True))
    return pl.concat([errors, added.cast(pl.Schema(SYNTAX_ERROR_SCHEMA))]).sort("position", maintain_order=True)


def _placed(region: WrittenRegion, envelope: Envelope, unreadable: pl.DataFrame) -> pl.DataFrame:
    """Put each part in its transaction: its numbers, its place counted from ST, and whether that set has claims.

    What stands outside a transaction is left out, because a 999 has no place for it.
    """
    scopes = region.scopes.select("first_row", "claim_key", *SET)
    first_row = region.unreadable.get_column("first_row")
    at = scopes.get_column("first_row").search_sorted(first_row, side="right") - 1
    with_claims = scopes.filter(pl.col("claim_key").is_not_null()).select(SET).unique().with_columns(has_claims=True)
    sets = envelope.transactions.select(*SET, "transaction_number", set_row="first_row")
    parts = unreadable.select("input", "first", "last", "loop").hstack([first_row]).hstack(scopes.select(SET)[at])
    return (
        parts.join(sets, on=SET, maintain_order="left")
        .join(envelope.groups.select("interchange", "group", "group_number"), on=["interchange", "group"],
              how="left", maintain_order="left")
        .join(envelope.interchanges.select("interchange", "interchange_number"), on="interchange",
              how="left", maintain_order="left")
        .join(with_claims, on=SET, how="left", maintain_order="left")
        .with_columns(
            has_claims=pl.col("has_claims").fill_null(value=False),
            set_position=pl.col("first_row") - pl.col("set_row") + 1,
        )
    )  # fmt: skip


def _rejecting(parts: pl.DataFrame, errors: pl.DataFrame) -> pl.Series:
    """Count the errors within each part that are enough to reject something."""
    positions = errors.filter(pl.col("severity") == "reject").get_column("position").drop_nulls().sort()
    first, last = parts.get_column("first"), parts.get_column("last")
    return positions.search_sorted(last, side="right") - positions.search_sorted(first, side="left")


def _segment_ids(region: WrittenRegion, rows: pl.Series) -> pl.Series:
    text = without_padding(region.raw(rows))
    return text.str.split(character(region.delimiters.element)).list.get(0).str.slice(0, 3).alias("segment_id")
