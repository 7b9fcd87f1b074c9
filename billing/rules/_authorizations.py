"""Which authorizations fit a line, and how much of them is used."""

from __future__ import annotations

import polars as pl

from billing.rules._spans import agrees
from billing.rules._words import sentence, units_text

FITS = {
    "number": agrees("prior_authorization", "number"),  # here it is the line that may leave it empty
    "program": agrees("for_program", "program"),
    "provider": agrees("for_npi", "billing_npi"),
    "code": agrees("for_code", "procedure_code"),
    "modifiers": pl.col("for_modifiers").list.set_difference(pl.col("modifiers")).list.len().fill_null(0) == 0,
    "dates": (pl.col("authorized_from") <= pl.col("service_date"))
    & (pl.col("authorized_to").is_null() | (pl.col("authorized_to") >= pl.col("last_date"))),
}
"""What must agree between a line and an authorization beside it; what the file leaves empty fits every line."""

_LINE = ("line_key", "claim_key", "order", "stands", "member_id", "prior_authorization", "program", "billing_npi",
         "procedure_code", "modifiers", "service_date", "last_date", "units")  # fmt: skip


def renamed(authorizations: pl.DataFrame) -> pl.DataFrame:
    """Give the columns of the authorizations file names that can stand beside a line's.

    Returns:
        One row per authorization and code, `authorization` its row in the file.
    """
    return authorizations.with_row_index("authorization").select(
        "authorization", "number", for_member="member_id", for_program="program", for_npi="billing_npi",
        for_code="procedure_code", for_modifiers="modifiers", authorized_from="effective", authorized_to="ended",
        authorized="units",
    )  # fmt: skip


def usage(lines: pl.DataFrame, authorizations: pl.DataFrame) -> pl.DataFrame:
    """Add up the units used of every authorization, line by line.

    Args:
        lines: One row per line that counts, history among them.
        authorizations: The authorizations file.

    Returns:
        One row per line that an authorization fits: `line_key`, `has_room` (some fitting one covers the line and what
        came before it), `authorized` and `used` of the roomiest (units; `authorized` null: not limited).
    """
    fits = (
        lines.select(_LINE)
        .join(renamed(authorizations), left_on="member_id", right_on="for_member", how="inner")
        .filter(pl.all_horizontal(FITS.values()))
        .sort("authorization", "order")
    )
    units = pl.max_horizontal(pl.col("units").fill_null(0), pl.lit(0).cast(pl.Decimal(18, 3)))
    standing = pl.when("stands").then(units).otherwise(0).cast(pl.Decimal(38, 3))
    used = standing.cum_sum().over("authorization") - standing + units
    return (
        fits.with_columns(used=used)
        .with_columns(left=pl.col("authorized") - pl.col("used"))
        .sort("line_key", "left", descending=[False, True], nulls_last=False)
        .group_by("line_key", maintain_order=True)
        .agg(
            has_room=(pl.col("left").is_null() | (pl.col("left") >= 0)).any(),
            authorized=pl.col("authorized").first(),
            used=pl.col("used").first(),
        )
    )


def exhausted_text() -> pl.Expr:
    """Write how much of an authorization is used: over rows with `used` and `authorized`."""
    return sentence(
        units_text(pl.col("used")),
        pl.when(pl.col("used") == 1).then(pl.lit(" unit")).otherwise(pl.lit(" units")),
        " used of its authorization, this line included; it covers ",
        units_text(pl.col("authorized")),
        ".",
    )
