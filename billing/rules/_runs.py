"""Running sums and maxima within groups of sorted rows, as one pass over the whole frame.

A window function that is asked of each group by itself costs time per group, of which a large batch has hundreds of
thousands. Here the rows stand sorted by group, and one sum or maximum runs over all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

MICROSECOND = 1_000  # nanoseconds
_DAY = 86_400_000_000 + 1  # more microseconds than a time of day may have
_DAYS = 10_000_000  # more days than lie between any two dates


def begins_group(keys: Iterable[str]) -> pl.Expr:
    """Tell which rows are the first of their group; rows are sorted by the keys."""
    is_new = (pl.col(key).ne_missing(pl.col(key).shift()) for key in keys)
    return pl.any_horizontal(pl.int_range(pl.len()) == 0, *is_new)


def sum_before(value: pl.Expr, first: pl.Expr) -> pl.Expr:
    """Add up what the earlier rows of the group have.

    Args:
        value: What is added up; no nulls.
        first: Which rows begin a group.
    """
    before = value.cum_sum() - value
    return before - pl.when(first).then(before).forward_fill()


def latest_before(time: pl.Expr, first: pl.Expr) -> pl.Expr:
    """Return the latest time of day that an earlier row of the group has; null where none has one.

    Args:
        time: Microseconds since midnight, above zero; null: the row has none.
        first: Which rows begin a group.
    """
    # Each group's times lie behind those of the group before it, so that one maximum runs over all of them.
    group = first.cast(pl.Int64).cum_sum() * _DAY
    latest = (group + time).fill_null(0).cum_max().shift() - group
    return pl.when(latest > 0).then(latest)


def latest_day(day: pl.Expr, first: pl.Expr) -> pl.Expr:
    """Return the latest date that the row, or an earlier one of its group, has.

    Args:
        day: Dates; no nulls.
        first: Which rows begin a group.
    """
    group = first.cast(pl.Int64).cum_sum() * _DAYS
    return ((group + day.to_physical().cast(pl.Int64)).cum_max() - group).cast(pl.Int32).cast(pl.Date)
