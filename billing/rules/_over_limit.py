"""Which lines go over a limit: what comes before each of them, how much of it fits, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from billing.rules._limit_words import RELATED_SHOWN
from billing.rules._measures import threshold
from billing.rules._totals import ZERO, Calendar, Rolling, before_in_period, before_in_window, pieces

if TYPE_CHECKING:
    from billing.rules.unit_limits import Entry

_TOTALS = ("before_standing", "before", "before_possible")
_SITTINGS = ("days", "visits")


def over_limit(known: pl.DataFrame, entry: Entry, keys: list[str]) -> pl.DataFrame:
    """Find the batch's lines that surely or possibly go over the limit.

    Args:
        known: One row per line that belongs to somebody's total, as `measured` leaves it.
        entry: The limit.
        keys: Columns of whose total it is.

    Returns:
        One row per line with `said` (what comes before it), `own`, `within`, `is_sure` (every split of its days breaks
        the limit, without the claims that are rejected anyway), `fits_without` (over only with those), `breaks_alone`
        (over also when each code counts by itself), `related`, `other_claims` and `out_claims`.
    """
    parts, over = _judged(known, entry, keys)
    breaks_alone = pl.lit(value=True)
    if entry.assumed_pooled:
        _, alone = _judged(known, entry, [*keys, "procedure_code"])
        over = over.join(alone.filter("is_sure").select("line_key", alone="is_sure"), on="line_key", how="left")
        breaks_alone = pl.col("alone").is_not_null()
    return _with_related(over.with_columns(breaks_alone=breaks_alone), parts)


def _judged(known: pl.DataFrame, entry: Entry, keys: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compare each line with the limit: all rows of the totals, and one row per line that may be over it."""
    limit = threshold(entry)
    groups = keys
    if entry.per == "rolling_days" or entry.per == "rolling_months":  # noqa: PLR1714 narrows the type
        parts = before_in_window(known, keys, limit, Rolling(entry.per, entry.length or 1))
    else:
        groups = [*keys, "period"]
        parts = before_in_period(pieces(known, _calendar(entry)), groups, limit)
    if entry.measure in _SITTINGS:
        # Later lines of a day or visit add nothing to it: they stand where its first line stands.
        of_first = dict(zip(_TOTALS, ("sitting_standing", "sitting", "sitting"), strict=True))
        parts = parts.with_columns(pl.col(name).min().over(*groups, sitting) for name, sitting in of_first.items())
    room = [pl.max_horizontal(limit - pl.col(name), ZERO).alias(name.replace("before", "room")) for name in _TOTALS]
    may_be_over = pl.col("most") > pl.col("room_possible")
    over = (
        parts.with_columns(room)
        .filter(may_be_over | (pl.col("periods") > 1), ~pl.col("is_history"))
        .with_columns(pl.col("room_standing", "room").sum().over("line_key"))
        .filter(may_be_over)
        .sort("line_key", "room_possible", "period")  # of a range, the day with the least room is the one named
        .unique("line_key", keep="first", maintain_order=True)
    )
    is_sure, is_over = pl.col("least") > pl.col("room_standing"), pl.col("least") > pl.col("room")
    room_said = pl.when(is_sure).then("room_standing").when(is_over).then("room").otherwise("room_possible")
    return parts, over.with_columns(
        is_sure=is_sure,
        fits_without=~is_sure & is_over,
        said=pl.when(is_sure).then("before_standing").when(is_over).then("before").otherwise("before_possible"),
        within=pl.min_horizontal(room_said, "own"),
    )


def _calendar(entry: Entry) -> Calendar | None:
    """Return the periods of the calendar that a limit is for; None: what its keys say is one period without end."""
    match entry.per:
        case "episode":
            return Calendar("state_fiscal_year", None, entry.year_begins) if entry.year_begins else None
        case "day" | "week" | "month" | "quarter" | "calendar_year" | "state_fiscal_year":
            return Calendar(entry.per, entry.week_starts, entry.year_begins)
        case _:
            return None


def _with_related(over: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Name the lines that count towards each line over the limit: they stand in one run of rows before it."""
    rows = parts.filter(pl.col("possible") > 0).select(
        "at", before_label="label", before_claim="claim_id", before_key="claim_key", before_stands="stands",
        is_old="is_history",
    )  # fmt: skip
    end = pl.min_horizontal("at", pl.col("from_row") + RELATED_SHOWN)
    is_own = ~pl.col("is_old") & (pl.col("before_key") == pl.col("claim_key"))
    before = (
        over.select("line_key", "claim_key", "is_sure", at=pl.int_ranges("from_row", end, dtype=pl.get_index_type()))
        .explode("at")
        .join(rows, on="at", how="inner", maintain_order="left")
        .filter(pl.col("before_stands") | ~pl.col("is_sure"))
        .with_columns(name=pl.when(is_own).then(pl.lit("this claim")).otherwise("before_claim"))
        .group_by("line_key", maintain_order=True)
        .agg(
            related=pl.col("before_label"),
            other_claims=pl.col("name").unique(maintain_order=True),
            out_claims=pl.col("before_claim").filter(~pl.col("before_stands")).unique(maintain_order=True),
        )
    )
    return over.join(before, on="line_key", how="left", maintain_order="left").with_columns(
        pl.col("related", "other_claims", "out_claims").fill_null([])
    )
