"""Which rows are one claim, and what a claim is called that has no id of its own."""

from __future__ import annotations

import hashlib

import polars as pl

from billing.formats.tables.column_map import Claims

MOST_LINES = 50
"""Service lines that a professional claim may have (837P, 2400 LX)."""

_TOGETHER = ("member_id", "billing_npi", "payer_id", "frequency_code", "original_claim_id")
"""Claims differ where these do, whatever their id says."""

_OF_A_ROW = ("service_date", "procedure_code", "start_time", "worker", "rendering_npi")
"""What tells a visit from another, for ids that stay the same when other rows are taken out of a log."""

_ID = 10  # hexadecimal digits of a made-up id: with the day before them, at most 20 characters, as payers return them
_WEEK = {"monday": 0, "sunday": 1, "saturday": 2}


def number_claims(rows: pl.DataFrame, claims: Claims) -> pl.DataFrame:
    """Add `claim`, the number of each row's claim from 0 in order of first rows, and `claim_id` where there is none.

    Args:
        rows: One row per visit, in order; with `claim_id` where rows are grouped by it.
        claims: How rows become claims.

    Returns:
        The rows sorted by claim, each claim's in order of the sheet. A row without a date is a claim by itself.
    """
    keys = _keys(rows, claims)
    # Every part is marked, so that absent and empty differ, and no two keys read alike.
    key = pl.concat_str([pl.col(name).cast(pl.String).fill_null("\x1e") for name in keys.columns], separator="\x1f")
    texts = keys.select(key).to_series()
    first = texts.to_frame("key").unique("key", keep="first", maintain_order=True).with_row_index("claim")
    numbers = texts.to_frame("key").join(first, on="key", how="left", maintain_order="left").get_column("claim")
    numbered = rows.with_columns(claim=numbers).sort("claim", "row")
    if claims.by == "claim_id":
        return numbered
    return numbered.with_columns(_made_up(numbered, first.get_column("key"), claims))


def _keys(rows: pl.DataFrame, claims: Claims) -> pl.DataFrame:
    together = rows.select(name for name in _TOGETHER if name in rows.columns)
    if claims.by == "claim_id":
        return together.insert_column(0, rows.get_column("claim_id"))
    if claims.by == "row":
        what = together.with_columns(rows.select(name for name in _OF_A_ROW if name in rows.columns))
        again = what.select(pl.int_range(pl.len()).over(what.columns)).to_series()
        return what.with_columns(again.alias("again"))
    period = rows.select(_period(claims).alias("period")).to_series()
    alone = rows.select(pl.when(pl.col("service_date").is_null()).then("row").alias("alone")).to_series()
    keys = together.with_columns(period, alone)
    part = keys.select(pl.int_range(pl.len()).over(keys.columns) // MOST_LINES).to_series()
    return keys.with_columns(part.alias("part"))


def _period(claims: Claims) -> pl.Expr:
    """Return the first day of the period that a visit falls into."""
    day = pl.col("service_date")
    if claims.per == "month":
        return day.dt.truncate("1mo")
    if claims.per == "week":
        back = _WEEK[claims.week_starts or "monday"]
        return (day.dt.offset_by(f"{back}d")).dt.truncate("1w").dt.offset_by(f"-{back}d")
    return day


def _made_up(rows: pl.DataFrame, keys: pl.Series, claims: Claims) -> pl.Series:
    """Make an id of each claim's key: the same visits of the same member have the same one in every run.

    It tells the first day and nothing of the member.

    Args:
        rows: One row per visit, sorted by `claim`.
        keys: The key of each claim, in order of its number.
        claims: How rows become claims.
    """
    # Polars' own hash may change with its version; a claim's id may not.
    made = [hashlib.sha256(key.encode()).hexdigest()[:_ID].upper() for key in keys.to_list()]
    days = rows.group_by("claim", maintain_order=True).agg(pl.col("service_date").min()).get_column("service_date")
    ids = claims.prefix + days.dt.strftime("%y%m%d").fill_null("000000") + "-" + pl.Series(made, dtype=pl.String)
    return ids.gather(rows.get_column("claim")).alias("claim_id")
