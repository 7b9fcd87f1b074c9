"""The values that a claim handed over as an object may hold: money, units, dates and times, each read strictly."""

from __future__ import annotations

import contextlib
import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator

from billing.claim_columns import MONEY_TEXT, UNITS_TEXT


def _exact(value: object, pattern: str, what: str) -> object:
    """Refuse binary floats and texts that a Decimal would accept but a biller would not (`9e2`, `92.005`)."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError(f"{what} is a text such as '92.00' or a whole number, never a binary float")
    if not re.fullmatch(pattern, text := str(value)):
        raise ValueError(f"{what} is digits with at most {2 if pattern is MONEY_TEXT else 3} decimals")
    return Decimal(text)


Money = Annotated[Decimal, BeforeValidator(lambda value: _exact(value, MONEY_TEXT, "money"))]
Units = Annotated[Decimal, BeforeValidator(lambda value: _exact(value, UNITS_TEXT, "units"))]


def _day(value: object) -> object:
    """Take ISO dates only: a bare number would be read as seconds since 1970, and a time of day dropped."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError("a date is a day of the calendar, written 2026-05-31")


def _clock_time(value: object) -> object:
    """Take times of a day only: a bare number would be read as seconds since midnight, and a zone dropped."""
    if isinstance(value, time) and value.tzinfo is None:
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?", value):
        with contextlib.suppress(ValueError):
            return time.fromisoformat(value)
    raise ValueError("a time is written 09:00 or 17:30:00")


Day = Annotated[date, BeforeValidator(_day)]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]
