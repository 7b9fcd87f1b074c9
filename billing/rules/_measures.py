"""What a line adds to a limit: units, minutes, visits, days or dollars."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from billing.periods import CALENDAR_PERIODS, period_start
from billing.rules._totals import TOTAL, ZERO

if TYPE_CHECKING:
    from billing.rules.unit_limits import Entry

ONE = pl.lit(1, TOTAL)
TIME = ("minutes", "hours")
"""Measures that are counted in minutes."""
HOUR = 60
"""Minutes of an hour."""
_IS_RANGE = pl.col("last_date") > pl.col("service_date")


def in_counted(entry: Entry) -> Decimal:
    """Return the limit in what is counted: hours in minutes, all others in what they measure."""
    return entry.at_most * HOUR if entry.measure == "hours" else entry.at_most


def threshold(entry: Entry) -> pl.Expr:
    """Return the limit in what is counted, as an expression to compare totals with."""
    return pl.lit(in_counted(entry), TOTAL)


def may_be_over(entry: Entry, keys: list[str], *, whole_subject: bool) -> pl.Expr:
    """Tell which lines belong to a subject and period whose whole total is over the limit; never false for one that is.

    In whole thousandths and by a hash of the keys, which is five times as fast as exact sums: what passes is added up
    exactly afterwards. Where two subjects share a hash, both are looked at.

    Args:
        entry: The limit.
        keys: Columns of the subject.
        whole_subject: True: the subject's lines of other periods matter too.
    """
    limit = int(in_counted(entry) * 1000)
    span = (pl.col("last_date") - pl.col("service_date")).dt.total_days() + 1
    own = _amounts().get(entry.measure, span)
    weight = pl.min_horizontal((own * 1000).cast(pl.Int64, strict=False).fill_null(0), pl.lit(limit + 1, pl.Int64))
    weight = pl.max_horizontal(weight, pl.lit(0, pl.Int64))
    subject = pl.struct(*keys).hash() if len(keys) > 1 else pl.col(keys[0]).hash()
    if whole_subject or entry.per not in CALENDAR_PERIODS:
        return weight.sum().over(subject) > limit
    period = period_start(
        pl.col("service_date"), entry.per, week_starts=entry.week_starts, year_begins=entry.year_begins
    )
    within = weight.sum().over(pl.struct(*keys, period.alias("period")).hash()) > limit
    return within | subject.is_in(subject.filter(_IS_RANGE).implode())  # a range's units may fall into several periods


def is_countable(entry: Entry) -> pl.Expr:
    """Tell which lines have what the limit is about: a worker, times or a unit length."""
    has_worker = pl.col("worker_npi").is_not_null() if entry.of == "worker" else pl.lit(value=True)
    if entry.measure not in TIME:
        return has_worker
    is_minutes = (pl.col("unit_basis") == "MJ").fill_null(value=False)
    return has_worker & (_timed().is_not_null() | is_minutes | pl.col("unit_minutes").is_not_null())


def measured(lines: pl.DataFrame, entry: Entry, subject: list[str]) -> pl.DataFrame:
    """Add what each line brings, in what the entry measures.

    Args:
        lines: One row per line that counts.
        entry: The limit.
        subject: Columns of whose total it is.

    Returns:
        The same rows with `own` (what the line is about; null: unknown), `least` and `most` (what it is compared by,
        zero when unknown), `sure`, `sure_standing` and `possible` (what it adds to the total for lines behind it, the
        second for lines of claims that stand), and `is_countable`.
    """
    lines = lines.with_columns(is_countable=is_countable(entry))
    if entry.measure in {"days", "visits"}:
        return _sittings(lines, entry, subject)
    own = _amounts()[entry.measure]
    # What is unknown counts as zero for other lines, and so does a negative number: a failure stays a failure.
    amount = pl.max_horizontal(own.cast(TOTAL), ZERO)
    return lines.with_columns(own=own.cast(TOTAL), least=amount).with_columns(
        most="least", sure="least", possible="least", sure_standing=pl.when("stands").then("least").otherwise(ZERO)
    )


def surely_within(lines: pl.DataFrame, effective: date | None, ended: date | None) -> pl.DataFrame:
    """Let a date range that crosses the first or last day of the limit surely add nothing to what is behind it."""
    parts = []
    if effective is not None:
        parts.append(pl.col("service_date") < effective)
    if ended is not None:
        parts.append(pl.col("last_date") > ended)
    if not parts:
        return lines
    crosses = pl.any_horizontal(parts)
    return lines.with_columns(
        pl.when(crosses).then(ZERO).otherwise(name).alias(name) for name in ("sure", "sure_standing")
    )


@cache
def _amounts() -> dict[str, pl.Expr]:
    """What a line brings to the measures that are added up; minutes for hours."""
    return {"units": pl.col("units"), "amount": pl.col("charge"), "minutes": _minutes(), "hours": _minutes()}


@cache
def _timed() -> pl.Expr:
    """Minutes between start and end; null where a time is lacking or the end is not behind the start."""
    minutes = (pl.col("end_time").cast(pl.Duration) - pl.col("start_time").cast(pl.Duration)).dt.total_minutes()
    return pl.when(minutes > 0).then(minutes)


@cache
def _minutes() -> pl.Expr:
    """Minutes from times, else from units sent as minutes, else from units where a unit length is sourced."""
    from_units = pl.col("units").cast(TOTAL) * pl.col("unit_minutes").cast(TOTAL)
    sent = pl.when(pl.col("unit_basis") == "MJ").then(pl.col("units").cast(TOTAL)).otherwise(from_units)
    return pl.coalesce(_timed().cast(TOTAL), sent.cast(TOTAL))


def _sittings(lines: pl.DataFrame, entry: Entry, subject: list[str]) -> pl.DataFrame:
    """Count each day, or each visit, at the first line of it.

    A visit is a date, start time and rendering provider. A line without a time may be the same visit as any other of
    its date, so it is counted as the first of them. A date range surely adds nothing: its days may all be others' days.
    """
    span = (pl.col("last_date") - pl.col("service_date")).dt.total_days() + 1
    # A range is a sitting of its own, numbered below zero; the others by date, then by visit.
    lines = lines.with_columns(
        sitting=_sitting(entry, subject, pl.lit(value=True)),
        sitting_standing=_sitting(entry, subject, pl.col("stands")),
    ).with_columns(
        pl.when(_IS_RANGE).then(-1 - pl.col("order").cast(pl.Int64)).otherwise(pl.col(name)).alias(name)
        for name in ("sitting", "sitting_standing")
    )
    order = pl.col("order")
    is_first = order == order.min().over(*subject, "sitting")
    is_first_standing = order == order.filter("stands").min().over(*subject, "sitting_standing")
    once = pl.when(is_first & ~_IS_RANGE).then(ONE).otherwise(ZERO)
    return lines.with_columns(
        own=pl.when(_IS_RANGE).then(span.cast(TOTAL)).otherwise(ONE),
        least=pl.when(_IS_RANGE).then(ZERO).otherwise(ONE),
        sure=once,
        sure_standing=pl.when(is_first_standing & ~_IS_RANGE).then(ONE).otherwise(ZERO),
        possible=pl.when(_IS_RANGE).then(span.cast(TOTAL)).otherwise(once),
    ).with_columns(most="own")


def _sitting(entry: Entry, subject: list[str], among: pl.Expr) -> pl.Expr:
    """Number the day, or the visit, of a line of one day; the same number is the same sitting of one subject."""
    day = pl.col("service_date").to_physical().cast(pl.Int64)
    if entry.measure == "days":
        return day
    visit = ("service_date", "start_time", "rendering_npi")
    is_timed = among & pl.col("start_time").is_not_null()
    first = pl.when(is_timed).then(pl.col("order").filter(is_timed).min().over(*subject, *visit))
    number = first.rank("dense").over(*subject, "service_date").fill_null(1)
    return day * 10_000 + number.cast(pl.Int64)
