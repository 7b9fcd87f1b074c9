"""Periods agree with python-dateutil on every date."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from billing import periods

DATES = st.dates(date(1999, 1, 1), date(2060, 12, 31))


def value(expression: pl.Expr) -> date | None:
    found: date | None = pl.select(expression).item()
    return found


def day(text: str | None) -> pl.Expr:
    return pl.lit(date.fromisoformat(text) if text else None, pl.Date)


@given(DATES, st.integers(-240, 240))
def test_months_later_is_what_dateutil_says(first: date, months: int) -> None:
    assert value(periods.months_later(pl.lit(first), months)) == first + relativedelta(months=months)


@given(DATES, st.sampled_from(periods.WEEKDAYS))
def test_a_week_starts_on_its_weekday_at_most_six_days_before(first: date, week_starts: periods.Weekday) -> None:
    start = value(periods.period_start(pl.lit(first), "week", week_starts=week_starts))
    back = (first.weekday() - periods.WEEKDAYS.index(week_starts)) % 7
    assert start == first - timedelta(days=back)


@given(DATES, st.integers(1, 12), st.integers(1, 28))
def test_a_fiscal_year_starts_on_its_day_not_after_the_date_and_less_than_a_year_before(
    first: date, month: int, start_day: int
) -> None:
    start = value(periods.period_start(pl.lit(first), "state_fiscal_year", year_begins=f"{month:02}-{start_day:02}"))
    assert start is not None
    assert (start.month, start.day) == (month, start_day)
    assert start <= first < start + relativedelta(years=1)


@given(DATES)
def test_month_quarter_and_year_start_where_dateutil_puts_them(first: date) -> None:
    of = pl.lit(first)
    assert value(periods.period_start(of, "day")) == first
    assert value(periods.period_start(of, "month")) == first + relativedelta(day=1)
    assert value(periods.period_start(of, "quarter")) == first + relativedelta(
        month=(first.month - 1) // 3 * 3 + 1, day=1
    )
    assert value(periods.period_start(of, "calendar_year")) == first + relativedelta(month=1, day=1)


@given(DATES, st.integers(1, 400))
def test_a_rolling_window_of_days_holds_that_many_days(last: date, length: int) -> None:
    edge = value(periods.rolling_edge(pl.lit(last), "rolling_days", length))
    assert edge is not None
    assert (last - edge).days == length


@given(DATES, st.integers(1, 60))
def test_a_rolling_window_of_months_is_open_at_the_date_months_before(last: date, length: int) -> None:
    assert value(periods.rolling_edge(pl.lit(last), "rolling_months", length)) == last - relativedelta(months=length)


@pytest.mark.parametrize(
    ("given_day", "months", "expected"),
    [("2024-02-29", 12, "2025-02-28"), ("2024-01-31", 1, "2024-02-29"), ("2026-03-31", -1, "2026-02-28"), ("2023-02-28", 12, "2024-02-28")],
)  # fmt: skip
def test_months_saturate_at_the_end_of_a_shorter_month(given_day: str, months: int, expected: str) -> None:
    assert value(periods.months_later(day(given_day), months)) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("given_day", "expected"), [("2026-06-30", "2025-07-01"), ("2026-07-01", "2026-07-01"), ("2026-12-31", "2026-07-01")]
)  # fmt: skip
def test_the_last_of_june_belongs_to_the_year_before_the_first_of_july(given_day: str, expected: str) -> None:
    assert value(periods.period_start(day(given_day), "state_fiscal_year", year_begins="07-01")) == date.fromisoformat(
        expected
    )


@pytest.mark.parametrize("per", periods.CALENDAR_PERIODS)
def test_no_date_has_no_period(per: periods.CalendarPeriod) -> None:
    assert value(periods.period_start(day(None), per, week_starts="monday", year_begins="07-01")) is None


def test_a_week_without_its_first_weekday_is_refused() -> None:
    with pytest.raises(ValueError, match="a week needs the weekday it starts on"):
        periods.period_start(day("2026-05-05"), "week")


def test_a_fiscal_year_without_its_first_day_is_refused() -> None:
    with pytest.raises(ValueError, match="a fiscal year needs the month and day it begins on"):
        periods.period_start(day("2026-05-05"), "state_fiscal_year")
