"""Dates and times as people write them in a log. The order of month and day is told by the map, never guessed."""

from __future__ import annotations

from datetime import date

import polars as pl

from billing.formats.tables.column_map import DateOrder
from billing.formats.tables.readings import Read, matches, noted

IN_NUMBERS = r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4}|[0-9]{2})$"
_TIME_BEHIND = r"(?:[T ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:\s*[AaPp]\.?[Mm]\.?)?)$"
_WEEKDAY = r"(?i)^(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)[a-z]*\.?,?\s+"
_YEAR_FIRST = r"^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})$"
_EIGHT_DIGITS = r"^((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})$"
_MONTH_NAME = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_MONTH_AMID = rf"(?i)^([0-9]{{1,2}})(?:st|nd|rd|th)?[-/. ]*{_MONTH_NAME}[-/., ]*([0-9]{{4}}|[0-9]{{2}})$"
_MONTH_FIRST = rf"(?i)^{_MONTH_NAME}[-/. ]*([0-9]{{1,2}})(?:st|nd|rd|th)?(?:,\s*|[-/. ]+)([0-9]{{4}}|[0-9]{{2}})$"
_SERIAL = r"^[0-9]{5}(?:\.[0-9]+)?$"
_MONTHS = {name: f"{number:02d}" for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
_DAY_ZERO = date(1899, 12, 30)
_ORDERS: dict[DateOrder, tuple[int, int, int]] = {
    "month-day-year": (3, 1, 2), "day-month-year": (3, 2, 1), "year-month-day": (0, 0, 0),
}  # fmt: skip
_CENTURY = 100
_OF_SERVICES = 2000
"""A year of two digits in the date of a service lies in this century: no log is older."""

_CLOCK = r"(?i)^([0-9]{1,2})(?:[:.h]([0-9]{2})(?::([0-9]{2}))?)?\s*([ap])?\.?m?\.?$"
_DAY_BEFORE = r"^[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}[T ]+"  # a moment of a day stands where a time is meant
_ARMY = r"^([0-9]{2})([0-9]{2})$"
_PART_OF_DAY = r"^0?\.[0-9]{2,}$"


def needs_order(texts: pl.Series) -> pl.Series:
    """Tell which cells are dates in numbers whose year stands last: month and day can only be told by the map."""
    return matches(_day_alone(texts), IN_NUMBERS)


def read_dates(texts: pl.Series, *, order: DateOrder | None, years_from: int | None, of_person: bool) -> Read:
    """Read dates.

    Args:
        texts: One cell per row.
        order: Order of month and day in dates whose year stands last; null: no such date is read.
        years_from: First year that a year of two digits may mean; null: not said.
        of_person: True for births and deaths, where two digits do not say the century.

    Returns:
        Dates; null where a cell holds none.
    """
    days = _day_alone(texts)
    first_year = years_from or (None if of_person else _OF_SERVICES)
    found = _assembled(days, _YEAR_FIRST, (1, 2, 3), first_year)
    found = found.fill_null(_assembled(days, _EIGHT_DIGITS, (1, 2, 3), first_year)) if found.null_count() else found
    left = found.is_null() & days.is_not_null()
    if left.any():
        if order is not None and order != "year-month-day":
            found = found.fill_null(_assembled(days, IN_NUMBERS, _ORDERS[order], first_year))
        left = found.is_null() & days.is_not_null()
    if not left.any():
        return Read(found)
    found = found.fill_null(_assembled(days, _MONTH_AMID, (3, 2, 1), first_year))
    found = found.fill_null(_assembled(days, _MONTH_FIRST, (3, 1, 2), first_year))
    is_serial = matches(days, _SERIAL) & found.is_null()
    if not is_serial.any():
        return Read(found)
    counted = days.set(~is_serial, None).str.extract(r"^([0-9]+)", 1).cast(pl.Int32)
    serials = pl.select(pl.lit(_DAY_ZERO) + pl.duration(days=pl.lit(counted))).to_series()
    words = "stood as a serial number of days; read as the date it counts to"
    issues = noted(is_serial, "dates_that_stood_as_serial_numbers", words, "Format the column as dates.")
    return Read(found.fill_null(serials), issues)


def _day_alone(texts: pl.Series) -> pl.Series:
    """Take away the time of day behind a date, and the day of the week before it."""
    days = texts
    if matches(texts, r"[: ]").any():
        days = days.str.replace(_TIME_BEHIND, "").str.replace(_WEEKDAY, "")
    return days


def _assembled(days: pl.Series, pattern: str, order: tuple[int, int, int], first_year: int | None) -> pl.Series:
    """Put year, month and day together from the groups of a pattern; null where it does not fit."""
    parts = days.str.extract_groups(pattern)
    year, month, day = (parts.struct.field(str(number)) for number in order)
    month = month.str.to_lowercase().replace(_MONTHS)
    written = _full_year(year, first_year) + "-" + month.str.zfill(2) + "-" + day.str.zfill(2)
    return written.str.to_date("%Y-%m-%d", strict=False)


def _full_year(year: pl.Series, first_year: int | None) -> pl.Series:
    is_short = year.str.len_chars() == 2  # noqa: PLR2004 two digits
    if not is_short.any():
        return year
    if first_year is None:
        return year.set(is_short.fill_null(value=False), None)
    short = year.cast(pl.Int32, strict=False)
    full = first_year + (short - first_year) % _CENTURY
    return pl.select(pl.when(is_short).then(full.cast(pl.String)).otherwise(year)).to_series()


def read_times(texts: pl.Series) -> Read:
    """Read times of day: `9:00`, `9:00 AM`, `1:30p`, `0930`; without AM or PM they count from midnight.

    A time that a workbook stored as a part of the day (0.375) is written out, and that is noted.
    """
    texts = texts.str.replace(_DAY_BEFORE, "")
    clock = texts.str.extract_groups(_CLOCK)
    hours, minutes, seconds, half = (clock.struct.field(str(number)) for number in range(1, 5))
    army = texts.str.extract_groups(_ARMY)
    is_bare = matches(texts, r"^[0-9]{1,2}$")  # a 9 alone may be an hour, or anything
    hour = hours.cast(pl.Int32, strict=False).set(is_bare, None)
    is_afternoon = (half.str.to_lowercase() == "p").fill_null(value=False)
    is_half = half.is_not_null()
    hour = pl.select(
        pl.when(is_half & ((hour < 1) | (hour > 12))).then(None)  # noqa: PLR2004 hours of half a day
        .when(is_half).then(hour % 12 + pl.when(is_afternoon).then(12).otherwise(0))
        .otherwise(hour)
    ).to_series()  # fmt: skip
    written = hour.cast(pl.String).str.zfill(2) + ":" + minutes.fill_null("00") + ":" + seconds.fill_null("00")
    written = written.fill_null(army.struct.field("1") + ":" + army.struct.field("2") + ":00")
    found = written.str.to_time("%H:%M:%S", strict=False)
    is_part = matches(texts, _PART_OF_DAY)
    if not is_part.any():
        return Read(found)
    minutes_of_day = (texts.set(~is_part, None).cast(pl.Float64) * 24 * 60).round().cast(pl.Int64)
    parts = (minutes_of_day * 60_000_000_000).cast(pl.Time)
    words = "stood as a part of the day; read as the time it is"
    issues = noted(is_part, "times_that_stood_as_numbers", words, "Format the column as times.")
    return Read(found.fill_null(parts), issues)
