"""Conditions over rows, in words, and the age they rest on."""

from __future__ import annotations

from calendar import isleap
from datetime import date

import polars as pl
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from billing.periods import completed_years
from billing.policy.conditions import Conditions, holds, how_to_decide, in_words, narrowing, open_question
from billing.policy.schema import PolicyEntry

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
        "diagnoses": [["F1020", "Z590"], ["F20"], [], ["Z590"]],
        "is_pregnant": [True, False, None, True],
        "sex": ["F", "M", None, "F"],
        "payer_id": ["P1", "P2", None, "P1"],
        "frequency_code": ["1", "7", None, "1"],
        "benefit_plans": [["A", "B"], ["C"], None, ["C"]],
        "counties": [["Lane"], ["Linn"], None, ["Lane"]],
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
        (Conditions(pregnant=True), [True, False, None, True], "for members who are pregnant"),
        (Conditions(pregnant=False), [False, True, None, False], "for members who are not pregnant"),
        (Conditions(sex="F"), [True, False, None, True], "for members who are female"),
        (Conditions(sex="M"), [False, True, None, False], "for members who are male"),
        (Conditions(diagnoses_any=("F10-F19", "Z59.0")), [True, False, None, True],
         "with a diagnosis in F10-F19 or Z59.0"),
        (Conditions(payers=("P1",)), [True, False, None, True], "billed to payer P1"),
        (Conditions(frequency_code=("1",)), [True, False, True, True], "on claims of frequency 1"),
        (Conditions(benefit_plans=("A", "C")), [True, True, None, True], "for members in benefit plan A or C"),
        (Conditions(counties=("Lane",)), [True, False, None, True], "for members of county Lane"),
        (Conditions(none=(Conditions(pregnant=True), Conditions(place_of_service=("11",)))),
         [False, False, None, False], "not for members who are pregnant, not at place of service 11"),
        (Conditions(any=(Conditions(sex="M"),)), [False, True, None, False], "for members who are male"),
    ],
)  # fmt: skip
def test_conditions_hold_fail_or_cannot_be_decided(
    conditions: Conditions, expected: list[bool | None], words: str
) -> None:
    found = ROWS.with_columns(holds=holds(conditions)).get_column("holds").to_list()
    assert (found, in_words(conditions)) == (expected, words)


def test_an_entry_holds_when_its_when_does_and_its_unless_does_not() -> None:
    entry = PolicyEntry(id="a", source="s", when=Conditions(sex="F"), unless=Conditions(pregnant=True))
    narrowed = narrowing(entry)
    assert narrowed is not None
    held = ROWS.with_columns(holds=holds(narrowed)).get_column("holds").to_list()
    assert held == [False, False, None, False]
    assert open_question(entry) == (
        "Whether the rule applies is not known: it holds for members who are female, and it does not hold for members "
        "who are pregnant."
    )
    assert narrowing(PolicyEntry(id="a", source="s")) is None
    assert narrowing(PolicyEntry(id="a", source="s", when=Conditions(sex="F"))) == Conditions(sex="F")


def test_conditions_name_what_they_read_need_and_use_wherever_it_stands() -> None:
    conditions = Conditions(
        age_under=21, payers=("P1",), any=(Conditions(diagnoses_any=("F10",)), Conditions(counties=("Lane",))),
        none=(Conditions(none=(Conditions(pregnant=True, sex="F", place_of_service=("12",)),)),),
    )  # fmt: skip
    assert conditions.needs() == ("member_birth_date", "service_date", "payer_id", "diagnoses", "place_of_service")
    assert conditions.uses() == (("is_county_given", "county column of the members file"),)
    assert conditions.reads() == ("diagnoses", "counties", "is_county_given", "is_pregnant", "sex")
    assert conditions.unsaid() == ("counties", "is_pregnant", "sex")
    assert how_to_decide(conditions) == (
        "If the member is or was pregnant on the day, say so on the claim or in the members file. Fill in the member's "
        "sex, on the claim or in the members file. Look up the member's county, and fill in the county column of the "
        "members file."
    )


def test_ages_that_leave_nobody_are_an_error() -> None:
    with pytest.raises(ValidationError, match="nobody is of that age: age_at_least is not below age_under"):
        Conditions(age_at_least=21, age_under=21)
