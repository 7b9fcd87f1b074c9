"""When a service was given: the times of a line, and which lines are one session."""

from __future__ import annotations

import polars as pl

_IS_ONE_DAY = (pl.col("last_date") == pl.col("service_date")).fill_null(value=False)


def session_minutes() -> pl.Expr:
    """Return the whole minutes between a line's start and end, seconds dropped; Int64.

    Null where a time is lacking, where the end does not lie behind the start (what runs past midnight is a line for
    each day), and for a date range, whose times are of no one day.
    """
    length = pl.col("end_time").cast(pl.Duration) - pl.col("start_time").cast(pl.Duration)
    return pl.when(_IS_ONE_DAY & (length > pl.duration())).then(length.dt.total_minutes())


def is_timed() -> pl.Expr:
    """Tell whether a line says when it was given; never null."""
    return session_minutes().is_not_null()
