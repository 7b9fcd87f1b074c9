"""Day, week, month, quarter, year, state fiscal year and rolling windows: one definition each.

Every function takes and returns Polars expressions over dates (`pl.Date`); a null date gives a null. Periods are
named by their first day, so two dates are in one period exactly when the period's first day is the same.

Months saturate: 31 March minus one month is the last day of February, 2024-02-29 plus 12 months is 2025-02-28.
Where days and months of a year begin comes from the policy file, never from here.
"""

from __future__ import annotations

from typing import Literal, get_args

import polars as pl

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
CalendarPeriod = Literal["day", "week", "month", "quarter", "calendar_year", "state_fiscal_year"]
RollingPeriod = Literal["rolling_days", "rolling_months"]

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
CALENDAR_PERIODS: tuple[CalendarPeriod, ...] = get_args(CalendarPeriod)
MONTH_DAY = r"^(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$"
"""A month and day that every year has, `07-01`."""


def period_start(
    day: pl.Expr, per: CalendarPeriod, *, week_starts: Weekday | None = None, year_begins: str | None = None
) -> pl.Expr:
    """First day of the calendar period that holds `day`.

    Args:
        day: Dates; null stays null.
        per: Kind of period.
        week_starts: First day of the week; needed for `week`.
        year_begins: Month and day a fiscal year begins on, `07-01`; needed for `state_fiscal_year`.

    Returns:
        Date expression.

    Raises:
        ValueError: `week_starts` or `year_begins` is needed and was not given.
    """
    if per == "day":
        return day
    if per == "week":
        return week_start(day, week_starts)
    if per == "state_fiscal_year":
        return fiscal_year_start(day, year_begins)
    return day.dt.truncate({"month": "1mo", "quarter": "1q", "calendar_year": "1y"}[per])


def week_start(day: pl.Expr, week_starts: Weekday | None) -> pl.Expr:
    """First day of the week that holds `day`, for weeks that begin on `week_starts`."""
    if week_starts is None:
        raise ValueError("a week needs the weekday it starts on")
    days_in = (day.dt.weekday().cast(pl.Int32) - 1 - WEEKDAYS.index(week_starts)) % 7
    return day - pl.duration(days=days_in)


def fiscal_year_start(day: pl.Expr, year_begins: str | None) -> pl.Expr:
    """First day of the fiscal year that holds `day`, for years that begin on the month and day `year_begins`."""
    if year_begins is None:
        raise ValueError("a fiscal year needs the month and day it begins on")
    month, first_day = (int(part) for part in year_begins.split("-"))
    this_year = pl.date(day.dt.year(), month, first_day)
    return (
        pl.when(day >= this_year)
        .then(this_year)
        .when(day < this_year)
        .then(pl.date(day.dt.year() - 1, month, first_day))
    )


def months_later(day: pl.Expr, months: int) -> pl.Expr:
    """The same day of the month `months` later, or the last day of a shorter month; negative goes back."""
    return day.dt.offset_by(f"{months}mo")


def days_later(day: pl.Expr, days: int) -> pl.Expr:
    """The date `days` later; negative goes back."""
    return day + pl.duration(days=days)


def rolling_edge(day: pl.Expr, per: RollingPeriod, length: int) -> pl.Expr:
    """The last date before the rolling window that ends on `day`.

    The window holds the dates after this edge up to and including `day`: a window of 7 days ending on the 10th holds
    the 4th to the 10th, and its edge is the 3rd.

    Args:
        day: Last day of the window.
        per: `rolling_days` or `rolling_months`.
        length: How many of them, 1 or more.
    """
    return days_later(day, -length) if per == "rolling_days" else months_later(day, -length)


def completed_years(birth: pl.Expr, on: pl.Expr) -> pl.Expr:
    """Years of age completed on a date.

    A year is completed on the birthday itself; who is born on 29 February completes it on 1 March where the year has
    no 29 February.

    Args:
        birth: Birth dates.
        on: Dates to tell the age on.

    Returns:
        Int32 expression; null where a date is missing, or where `on` lies before the birth.
    """
    birthday = birth.dt.month().cast(pl.Int32) * 100 + birth.dt.day()
    today = on.dt.month().cast(pl.Int32) * 100 + on.dt.day()
    years = on.dt.year() - birth.dt.year() - (today < birthday).cast(pl.Int32)
    return pl.when(on >= birth).then(years)
