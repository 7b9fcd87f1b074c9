"""Which lines have another one in their window: of the same member, and of the same provider where that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import polars as pl

from billing.periods import CalendarPeriod, RollingPeriod, rolling_edge
from billing.rules._periods import Period
from billing.rules._runs import begins_group, latest_day
from billing.rules._windows import Frame

if TYPE_CHECKING:
    from billing.rules.prerequisites import Entry


def calendar_of(entry: Entry) -> Period:
    """Return the calendar period in which a line is looked for; a lifetime where it is looked for at all times."""
    if not entry.within.startswith("same_"):
        return Period("lifetime")
    return Period(cast("CalendarPeriod", entry.within.removeprefix("same_")), entry.week_starts, entry.year_begins)


def edge_of(entry: Entry) -> pl.Expr:
    """Return the last date before the window of days or months that ends on a line's day."""
    per: RollingPeriod = "rolling_days" if entry.within == "days" else "rolling_months"
    return rolling_edge(pl.col("service_date"), per, entry.length or 1)


def covered(lines: Frame, bases: Frame, entry: Entry, keys: Sequence[str]) -> Frame:
    """Find the lines that have a base in their window.

    Args:
        lines: One row per line and period: `line_key`, `service_date`, `last_date`, `period` and the keys.
        bases: One row per base and period: the same, with `order`, `label` and `claim_id`. One whose provider is null
            (not known, or not asked for) is taken for anybody's.
        entry: Says where the base lies.
        keys: Columns that a line and its base share, `provider` among them.

    Returns:
        One row per line that has one: `line_key`, and `base_label` and `base_claim_id` of one of them.
    """
    is_known, others = pl.col("provider").is_not_null(), [key for key in keys if key != "provider"]
    both = [
        _matched(lines, bases.filter(is_known), entry, keys),
        _matched(lines, bases.filter(~is_known), entry, others),
    ]
    return pl.concat(both).unique("line_key", keep="first", maintain_order=True)


def _matched(lines: Frame, bases: Frame, entry: Entry, keys: Sequence[str]) -> Frame:
    told = {"base_day": "service_date", "base_label": "label", "base_claim_id": "claim_id"}
    if entry.length is not None:
        latest = bases.sort(*keys, "service_date", "order").select(
            *keys, **told, base_order="order", reaches=latest_day(pl.col("last_date"), begins_group(keys))
        )
        found = lines.sort("last_date").join_asof(
            latest.sort("base_day", "base_order"),
            left_on="last_date",
            right_on="base_day",
            by=keys,
            strategy="backward",
            check_sortedness=False,
        )
        found = found.filter(pl.col("reaches") > edge_of(entry))
    else:
        at = [*keys, "period"]
        firsts = (
            bases.sort("service_date", "order")
            .group_by(at, maintain_order=True)
            .agg(**{name: pl.col(of).first() for name, of in told.items()})
        )
        found = lines.join(firsts, on=at, how="inner", nulls_equal=True)
        if entry.order == "before":
            found = found.filter(pl.col("base_day") <= pl.col("last_date"))
    return found.sort("line_key").unique("line_key", keep="first", maintain_order=True).select(
        "line_key", "base_label", "base_claim_id"
    )  # fmt: skip
