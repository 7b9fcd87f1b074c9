"""What entries with a period share: what it needs, which one a day lies in, and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, cast

import polars as pl
from pydantic import BaseModel

from billing.periods import CalendarPeriod, Weekday, period_start
from billing.rules._words import date_text, sentence

WEEK_AND_YEAR = {"week": "week_starts", "state_fiscal_year": "year_begins"}
"""Period to the key without which its first day is not known."""


class Periodic(Protocol):
    """An entry with a calendar period."""

    @property
    def per(self) -> CalendarPeriod | str: ...
    @property
    def week_starts(self) -> Weekday | None: ...
    @property
    def year_begins(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar period of an entry that names it otherwise than by `per`."""

    per: CalendarPeriod | Literal["lifetime"]
    week_starts: Weekday | None = None
    year_begins: str | None = None


def period_of(entry: Periodic, day: pl.Expr) -> pl.Expr:
    """Return the first day of the entry's period that holds a day; of a lifetime, null."""
    if entry.per == "lifetime":
        return pl.lit(None, pl.Date)
    per = cast("CalendarPeriod", entry.per)
    return period_start(day, per, week_starts=entry.week_starts, year_begins=entry.year_begins)


def in_period_text(entry: Periodic, first: pl.Expr) -> pl.Expr:
    """Write the period that begins on a day: `on 2026-05-05`, `in 2026-05`, `in the week from 2026-05-04`."""
    if entry.per == "lifetime":
        return pl.lit("so far")
    if entry.per == "day":
        return sentence("on ", date_text(first))
    if entry.per in {"month", "calendar_year"}:
        return sentence("in ", first.dt.to_string("%Y-%m" if entry.per == "month" else "%Y"))
    name = {"state_fiscal_year": "fiscal year"}.get(entry.per, entry.per)
    return sentence(f"in the {name} from ", date_text(first))


def laid_out(rows: pl.DataFrame, entry: Periodic) -> pl.DataFrame:
    """Lay each row into the periods that its days touch.

    Args:
        rows: One row per line, with `service_date` and `last_date`.
        entry: Says which periods.

    Returns:
        One row per line and period: its columns, `period` (first day; null for a lifetime) and `is_wide`, whether the
        line touches several.
    """
    if entry.per == "lifetime":
        return rows.with_columns(period=pl.lit(None, pl.Date), is_wide=pl.lit(value=False))
    days = pl.date_ranges("service_date", "last_date").list.eval(period_of(entry, pl.element()))
    periods = days.list.unique(maintain_order=True)
    return rows.with_columns(period=periods, is_wide=periods.list.len() > 1).explode("period")


def complete_period(entry: BaseModel, key: str, needs: Mapping[str, str] = WEEK_AND_YEAR) -> None:
    """Refuse an entry whose period lacks what it needs, or has what means nothing for it.

    Args:
        entry: The entry.
        key: Its key that names the period, `per`.
        needs: Period to the key it needs.

    Raises:
        ValueError: In words for a program file.
    """
    period = getattr(entry, key)
    for name in dict.fromkeys(needs.values()):
        is_needed, is_given = needs.get(period) == name, getattr(entry, name) is not None
        if is_needed and not is_given:
            raise ValueError(f"{key}: {period} needs {name}")
        if is_given and not is_needed:
            raise ValueError(f"{name} means nothing with {key}: {period}")
