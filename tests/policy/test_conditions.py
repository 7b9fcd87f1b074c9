"""Conditions over rows, in words, and the age they rest on."""

from __future__ import annotations

from calendar import isleap
from datetime import date

import polars as pl
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import example, given
from hypothesis import strategies as st

from billing.periods import completed_years
from billing.policy.conditions import Conditions, holds, in_words

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


def age(birth: date | None, on: date | None) -> int | None:
    frame = pl.DataFrame({"birth": [birth], "on": [on]}, schema={"birth": pl.Date, "on": pl.Date})
    years: int | None = frame.select(completed_years(pl.col("birth"), pl.col("on"))).item()
    return years


@given(DAYS, DAYS)
@example(date(2000, 2, 29), date(2021, 2, 28))
@example(date(2000, 2, 29), date(2024, 2, 29))
def test_completed_years_agree_with_dateutil_but_for_29_february(one: date, other: date) -> None:
    birth, on = sorted((one, other))
    years = relativedelta(on, birth).years
    # dateutil lets who is born on 29 February complete a year on the 28th; here it is 1 March.
    if (birth.month, birth.day, on.month, on.day) == (2, 29, 2, 28) and not isleap(on.year) and on > birth:
        years -= 1
    assert age(birth, on) == years


@pytest.mark.parametrize(
    ("birth", "on", "years"),
    [
        (date(2005, 5, 5), date(2026, 5, 4), 20),
        (date(2005, 5, 5), date(2026, 5, 5), 21),
        (date(2004, 2, 29), date(2025, 2, 28), 20),
        (date(2004, 2, 29), date(2025, 3, 1), 21),
        (date(2004, 2, 29), date(2024, 2, 28), 19),
        (date(2004, 2, 29), date(2024, 2, 29), 20),
        (date(2026, 5, 5), date(2026, 5, 5), 0),
        (date(2026, 5, 6), date(2026, 5, 5), None),
        (None, date(2026, 5, 5), None),
        (date(2026, 5, 5), None, None),
    ],
)
def test_a_year_is_completed_on_the_birthday(birth: date | None, on: date | None, years: int | None) -> None:
    assert age(birth, on) == years


ROWS = pl.DataFrame(
    {
        "member_birth_date": [date(2005, 5, 6), date(2005, 5, 5), None, None],
        "service_date": [date(2026, 5, 5)] * 4,
        "place_of_service": ["02", "11", "02", None],
        "modifiers": [["U7", "95"], [], ["HQ"], ["95"]],
    }
)


@pytest.mark.parametrize(
    ("conditions", "expected", "words"),
    [
        (Conditions(), [True, True, True, True], ""),
        (Conditions(age_under=21), [True, False, None, None], "for members under 21"),
        (Conditions(age_at_least=21), [False, True, None, None], "for members of 21 years or more"),
        (Conditions(age_at_least=20, age_under=21), [True, False, None, None],
         "for members from 20 years until the day before they turn 21"),
        (Conditions(place_of_service=("02", "10")), [True, False, True, None], "at place of service 02 or 10"),
        (Conditions(modifiers_any=("95", "HQ")), [True, False, True, True], "with modifier 95 or HQ"),
        (Conditions(modifiers_none=("95", "GT", "HQ")), [False, True, False, False],
         "without modifier 95, GT or HQ"),
        (Conditions(age_under=21, modifiers_any=("95",)), [True, False, False, None],
         "for members under 21, with modifier 95"),
        (Conditions(any=(Conditions(age_under=21), Conditions(place_of_service=("02",)))), [True, False, True, None],
         "(for members under 21) or (at place of service 02)"),
    ],
)  # fmt: skip
def test_conditions_hold_fail_or_cannot_be_decided(
    conditions: Conditions, expected: list[bool | None], words: str
) -> None:
    found = ROWS.with_columns(holds=holds(conditions)).get_column("holds").to_list()
    assert (found, in_words(conditions)) == (expected, words)
