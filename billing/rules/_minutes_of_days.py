"""What the minutes of a member's day with one worker earn, and which of the day's lines bill more than that.

The minutes of the day's lines are put together, those that two lines share only once. The first line of the day has
the first claim on the units they earn: history first, then start time and place in the input.
"""

from __future__ import annotations

import polars as pl

from billing.policy.schema import Service
from billing.rules._rounding import earned, surely_earned
from billing.rules._runs import begins_group, latest_before, sum_before
from billing.rules._sessions import END, START
from billing.rules._totals import TOTAL, ZERO

DAY = ["member_id", "who", "service_date", "sitting"]
"""One member's day with one worker, or one biller where the worker is not known; a date range is a day of its own."""

_MINUTE = 60_000_000  # microseconds


def with_days(lines: pl.DataFrame, service: Service) -> pl.DataFrame:
    """Add what the day of each line earns, and how far the line goes beyond it.

    Args:
        lines: One row per line of the service (for `cms_8_total`: of all services it is added up over) with `own`, its
            units, `is_whole`, whether all minutes of its day are known, and the columns of `DAY`.
        service: How minutes become units.

    Returns:
        The same lines with `day_minutes` (of the service), `day_units` (billed for it), `before` (of these, by earlier
        lines), `day_earned`, `day_surely`, `excess` (units of the line beyond what the day earns, zero when none), and
        `is_last` (of the service on that day in the batch).
    """
    of_service, own = [*DAY, "service"], pl.col("own")
    reached = latest_before(END, begins_group(DAY)).fill_null(0)
    fresh = pl.max_horizontal(END - pl.max_horizontal(START, reached), 0) // _MINUTE
    days = lines.sort(*DAY, "order").with_columns(fresh=fresh).sort(*of_service, "order")
    in_batch = pl.when(~pl.col("is_history")).then("order")
    days = days.with_columns(
        day_minutes=pl.col("fresh").sum().over(of_service),
        day_units=own.sum().over(of_service),
        before=sum_before(own, begins_group(of_service)),
        is_last=pl.col("order") == in_batch.max().over(of_service),
    )
    if service.rounding == "cms_8_total":
        return _over_all_services(days)
    minutes = pl.when("is_whole").then("day_minutes")  # of what is timed in part, only a lower bound is known
    days = days.with_columns(day_earned=earned(minutes, service), day_surely=surely_earned(minutes, service))
    if service.rounding == "per_day":  # of a range, each day earns its one
        span = ((pl.col("last_date") - pl.col("service_date")).dt.total_days() + 1).cast(TOTAL)
        is_range = pl.col("last_date") > pl.col("service_date")
        days = days.with_columns(
            pl.when(is_range).then(span).otherwise(name).alias(name) for name in ("day_earned", "day_surely")
        )
    return days.with_columns(excess=_beyond(pl.col("before"), own, pl.col("day_earned")))


def _beyond(before: pl.Expr, own: pl.Expr, most: pl.Expr) -> pl.Expr:
    """Return how many of a line's units lie beyond the most its group may have; zero when none, null when not known."""
    return pl.when(most.is_not_null()).then(pl.max_horizontal(pl.min_horizontal(before + own - most, own), ZERO))


def _over_all_services(days: pl.DataFrame) -> pl.DataFrame:
    """Share the units that all minutes of a day earn: each service its full units, then the largest rests one each.

    Services with the same rest have the same right to the last unit: either may bill it, but not both.
    """
    rest, unit = pl.col("rest"), 15
    services = days.group_by(*DAY, "service", maintain_order=True).agg(pl.col("day_minutes").first())
    minutes = pl.col("day_minutes")
    services = services.with_columns(
        full=minutes // unit, rest=minutes % unit, all_minutes=minutes.sum().over(DAY)
    ).with_columns(total=pl.col("all_minutes") // unit + (pl.col("all_minutes") % unit * 2 > unit).cast(pl.Int64))
    left = pl.col("total") - pl.col("full").sum().over(DAY)
    services = services.with_columns(
        day_earned=pl.col("full") + (rest.rank("min", descending=True).over(DAY) <= left).cast(pl.Int64),
        day_surely=pl.col("full") + (rest.rank("max", descending=True).over(DAY) <= left).cast(pl.Int64),
    )
    days = days.join(
        services.select(*DAY, "service", pl.col("day_earned", "day_surely", "total").cast(TOTAL)),
        on=[*DAY, "service"], how="left", nulls_equal=True, maintain_order="left",
    )  # fmt: skip
    own = pl.col("own")
    days = days.with_columns(excess=_beyond(pl.col("before"), own, pl.col("day_earned")))
    kept = own - pl.col("excess")
    days = days.sort(*DAY, "order").with_columns(before_kept=sum_before(kept, begins_group(DAY)))
    return days.with_columns(excess=pl.col("excess") + _beyond(pl.col("before_kept"), kept, pl.col("total")))
