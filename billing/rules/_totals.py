"""Running totals over a subject and a period: how much was there before each line, at least and at most.

A line of one day adds what it has to one period. The units of a date range may fall on any of its days, so a range
that touches several periods surely adds nothing to any one of them, and may add everything to each. `sure` and
`possible` keep the two apart; for lines of one day they are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from billing.periods import CalendarPeriod, RollingPeriod, Weekday, period_start, rolling_edge

TOTAL = pl.Decimal(38, 3)
ZERO = pl.lit(Decimal(0), TOTAL)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Periods of the calendar."""

    per: CalendarPeriod
    week_starts: Weekday | None = None
    year_begins: str | None = None

    def start(self, day: pl.Expr) -> pl.Expr:
        """First day of the period that holds `day`."""
        return period_start(day, self.per, week_starts=self.week_starts, year_begins=self.year_begins)


@dataclass(frozen=True, slots=True)
class Rolling:
    """Windows that end on the line's last day."""

    per: RollingPeriod
    length: int


def pieces(lines: pl.DataFrame, calendar: Calendar | None) -> pl.DataFrame:
    """Lay each line into the periods that its days touch.

    Args:
        lines: One row per line, as `measured` leaves them.
        calendar: The periods; null: one period without end, or whatever else the keys say.

    Returns:
        One row per line and period: the line's columns, `period` (first day), `periods` (how many the line touches);
        what it surely adds is zero where it touches several.
    """
    if calendar is None:
        return lines.with_columns(period=pl.lit(None, pl.Date), periods=1)
    first, last = calendar.start(pl.col("service_date")), calendar.start(pl.col("last_date"))
    is_wide = last > first
    narrow = lines.filter(~is_wide).with_columns(period=first, periods=1)
    days = pl.date_ranges("service_date", "last_date")
    period = days.list.eval(calendar.start(pl.element())).list.unique(maintain_order=True)
    wide = lines.filter(is_wide).with_columns(period=period, sure=ZERO, sure_standing=ZERO)
    wide = wide.with_columns(periods=pl.col("period").list.len().cast(pl.Int32)).explode("period")
    return pl.concat([narrow, wide.select(narrow.columns)])


def before_in_period(parts: pl.DataFrame, keys: Sequence[str], limit: pl.Expr) -> pl.DataFrame:
    """Add up what comes before each line in its period.

    Args:
        parts: One row per line and period, from `pieces`.
        keys: Columns of the subject and period.
        limit: Periods whose total stays at or below this are left out: nothing in them can be over it.

    Returns:
        The rows of the other periods, sorted by `keys` and `order`, with `at` (row number), `from_row` (row number of
        the first that may count towards it) and what comes before it: `before_standing` and `before` at least, without
        and with the claims that are rejected anyway, `before_possible` at most.
    """
    return _running(parts, keys, limit, ["order"]).rename({"start": "from_row"})


def before_in_window(lines: pl.DataFrame, keys: Sequence[str], limit: pl.Expr, rolling: Rolling) -> pl.DataFrame:
    """Add up what comes before each line in the window that ends on its last day.

    The units of a date range may fall on its first day, so at most there is what the window of any of its days holds.
    A range that is longer than the window surely has nothing in it.

    Args:
        lines: One row per line, as `measured` leaves them.
        keys: Columns of the subject.
        limit: Subjects whose total stays at or below this are left out.
        rolling: The windows.

    Returns:
        As `before_in_period`, with `period` the last day before the window, sorted by `keys`, `last_date` and `order`.
    """
    edge, first_edge = (rolling_edge(pl.col(day), rolling.per, rolling.length) for day in ("last_date", "service_date"))
    fits = pl.col("service_date") > edge
    surely = (pl.when(fits).then(name).otherwise(ZERO).alias(name) for name in ("least", "sure", "sure_standing"))
    lines = lines.with_columns(*surely, period=edge, first_edge=first_edge, periods=1)
    running = _running(lines, keys, limit, ["last_date", "order"])
    # What is out of the window: for the least, all that began by its edge; for the most, all that ended by it.
    began = running.sort("start", "service_date").select(
        "start",
        began_on="service_date",
        out_standing=pl.col("sure_standing").cum_sum().over("start"),
        out=pl.col("sure").cum_sum().over("start"),
    )
    ended = running.select(
        "start",
        ended_on="last_date",
        out_possible=pl.col("before_possible") + pl.col("possible"),
        rows_out=pl.col("at") + 1 - pl.col("start"),
    )
    return (
        running.join_asof(began, left_on="period", right_on="began_on", by="start", check_sortedness=False)
        .sort("start", "first_edge")
        .join_asof(ended, left_on="first_edge", right_on="ended_on", by="start", check_sortedness=False)
        .sort("at")
        .with_columns(
            before_standing=pl.col("before_standing") - pl.col("out_standing").fill_null(ZERO),
            before=pl.col("before") - pl.col("out").fill_null(ZERO),
            before_possible=pl.col("before_possible") - pl.col("out_possible").fill_null(ZERO),
            from_row=pl.col("start") + pl.col("rows_out").fill_null(0),
        )
    )


def _running(rows: pl.DataFrame, keys: Sequence[str], limit: pl.Expr, by: Sequence[str]) -> pl.DataFrame:
    """Sort once and take running sums minus the sum at each group's start; `start` is that row's number."""
    # A range keeps all its periods: the room in one is room for the units of another.
    may_be_over = (pl.col("possible").sum().over(keys) > limit) | (pl.col("periods") > 1)
    rows = rows.filter(may_be_over).sort(*keys, *by).with_row_index("at")
    is_start = pl.any_horizontal(pl.col(key).ne_missing(pl.col(key).shift()) for key in keys) | (pl.col("at") == 0)
    rows = rows.with_columns(
        start=pl.when(is_start).then("at").forward_fill(),
        before_standing=pl.col("sure_standing").cum_sum() - pl.col("sure_standing"),
        before=pl.col("sure").cum_sum() - pl.col("sure"),
        before_possible=pl.col("possible").cum_sum() - pl.col("possible"),
    )
    totals = ("before_standing", "before", "before_possible")
    return rows.with_columns(
        pl.col(name) - pl.when(pl.col("at") == pl.col("start")).then(name).forward_fill() for name in totals
    )
