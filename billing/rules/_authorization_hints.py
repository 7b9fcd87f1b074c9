"""Which of a member's authorizations fits a line, and what the nearest lacks when none does.

Numbers are shown by their last four digits, and only when they are long enough for these to say little.
"""

from __future__ import annotations

import polars as pl

from billing.rules._authorizations import FITS, renamed
from billing.rules._words import date_text, sentence

SHOWN = 4
SHORTEST_SHOWN = 8
_COMPARED = ("dates", "code", "modifiers", "provider", "program")
_LINE = ("line_key", "member_id", "billing_npi", "program", "procedure_code", "modifiers", "service_date", "last_date")


def authorization_hints(lines: pl.DataFrame, authorizations: pl.DataFrame) -> pl.DataFrame:
    """Say of each line which authorization of its member fits, else what the nearest lacks.

    Args:
        lines: One row per line, with the columns of `billing/rows.py`.
        authorizations: The authorizations file.

    Returns:
        One row per line with a member: `line_key`, `authorization_hint` (one or two sentences).
    """
    lines = lines.select(_LINE).filter(pl.col("member_id").is_not_null())
    lacks = pl.sum_horizontal((~FITS[name].fill_null(value=False)).cast(pl.Int32) for name in _COMPARED)
    nearest = (
        lines.join(renamed(authorizations), left_on="member_id", right_on="for_member", how="inner")
        .with_columns(lacks=lacks)
        .sort("line_key", "lacks", "authorized_from", "authorization", descending=[False, False, True, True])
        .unique("line_key", keep="first", maintain_order=True)
    )
    fits = sentence("An authorization on file fits this line, ", _named(), ": write its number on the claim.")
    none_fits = sentence("No authorization of this member on file fits; the nearest, ", _named(), ", ", _lacking(),
                         ". Ask the payer for one that fits, or hold the line.")  # fmt: skip
    said = nearest.select("line_key", authorization_hint=pl.when(pl.col("lacks") == 0).then(fits).otherwise(none_fits))
    none = pl.lit("The authorizations file has none of this member. Ask the payer for one, or hold the line.")
    return lines.select("line_key").join(said, on="line_key", how="left", maintain_order="left").with_columns(
        pl.col("authorization_hint").fill_null(none)
    )  # fmt: skip


def _named() -> pl.Expr:
    """Name an authorization by the end of its number and its dates: `ending in 1234 (2026-01-01 to 2026-06-30)`."""
    number = pl.col("number")
    is_long = number.str.len_chars() >= SHORTEST_SHOWN
    ending = pl.when(is_long).then(sentence("ending in ", number.str.tail(SHOWN))).otherwise(pl.lit("a short number"))
    first, last = date_text(pl.col("authorized_from")), date_text(pl.col("authorized_to"))
    dates = pl.when(last.is_null()).then(sentence(first, " on")).otherwise(sentence(first, " to ", last))
    return sentence(ending, " (", dates, ")")


def _lacking() -> pl.Expr:
    """Say what keeps an authorization from fitting: `does not hold every day of the line and is for 98961`."""
    words = {
        "dates": pl.lit("does not hold every day of the line"),
        "code": sentence("is for ", pl.col("for_code")),
        "modifiers": sentence("is for lines with ", pl.col("for_modifiers").list.join(" ")),
        "provider": pl.lit("is for another biller"),
        "program": sentence("is for ", pl.col("for_program")),
    }
    parts = [pl.when(~FITS[name].fill_null(value=False)).then(words[name]) for name in _COMPARED]
    return pl.concat_list(parts).list.drop_nulls().list.join(" and ")
