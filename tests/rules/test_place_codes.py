from __future__ import annotations

from typing import Any

import pytest

from billing.policy.codesets import Fact
from billing.rules import place_codes
from tests.rules.code_lists import an_edition, with_lists
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed

FIRST, LAST = "2022-01-01", "2022-12-31"


def an_in_use(*dated: tuple[str, str | None, str | None]) -> Fact:
    """The codes 02 and 12 on every day, and others on theirs."""
    rows = [
        (code, None, None, _day(first), _day(last))
        for code, first, last in (("02", None, None), ("12", None, None), *dated)
    ]
    return with_lists(an_entry(place_codes, list="places-list"), an_edition("places", rows))


def _day(text: str | None) -> Any:
    from datetime import date  # noqa: PLC0415 - beside its only use

    return date.fromisoformat(text) if text else None


def test_a_place_that_is_no_code_is_told_once_for_the_claim_and_for_each_line_of_its_own() -> None:
    lines = (a_line(), a_line(line_number=2, place_of_service="12"), a_line(line_number=3, place_of_service="77"))
    found = judge(place_codes, an_in_use(), placed(a_claim(*lines, place_of_service="2")))
    assert found == [
        Found(None, "pos_invalid", "fail", "Place of service 2 is not a code in use.", "2", None),
        Found(3, "pos_invalid", "fail", "Place of service 77 is not a code in use.", "77", None),
    ]


@pytest.mark.parametrize("place", ["02", "12", None, ""])
def test_a_place_in_use_or_an_absent_one_passes(place: str | None) -> None:
    assert judge(place_codes, an_in_use(), placed(a_claim(place_of_service=place))) == []


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2021-12-31", None, "from 2022-01-01 to 2022-12-31; the service is dated 2021-12-31."),
        ("2022-01-01", None, None),
        ("2022-12-31", None, None),
        ("2023-01-01", None, "from 2022-01-01 to 2022-12-31; the service is dated 2023-01-01."),
        ("2021-12-31", "2022-01-01", "from 2022-01-01 to 2022-12-31; the service is dated 2021-12-31 to 2022-01-01."),
        ("2022-12-31", "2023-01-01", "from 2022-01-01 to 2022-12-31; the service is dated 2022-12-31 to 2023-01-01."),
        (None, None, None),
    ],
)
def test_a_code_is_in_use_on_every_day_of_the_line(first: str | None, last: str | None, words: str | None) -> None:
    line = a_line(service_date=first, service_end_date=last)
    message = f"Place of service 10 is in use {words}"
    expected = [Found(None, "pos_invalid", "fail", message, "10", None)] if words else []
    assert judge(place_codes, an_in_use(("10", FIRST, LAST)), placed(a_claim(line, place_of_service="10"))) == expected


def test_a_line_of_its_own_place_is_judged_by_its_own_day() -> None:
    lines = (a_line(service_date=FIRST), a_line(line_number=2, service_date="2021-12-31", place_of_service="10"))
    found = judge(place_codes, an_in_use(("10", FIRST, None)), placed(a_claim(*lines, place_of_service="12")))
    message = "Place of service 10 is in use from 2022-01-01; the service is dated 2021-12-31."
    assert found == [Found(2, "pos_invalid", "fail", message, "10", None)]


@pytest.mark.parametrize(
    ("day", "passes"), [("2019-12-31", True), ("2020-01-01", False), ("2021-12-31", False), ("2022-01-01", True)]
)
def test_a_code_that_was_taken_back_and_given_out_again_is_in_use_in_both_times(day: str, passes: bool) -> None:
    entry = an_in_use(("58", None, "2019-12-31"), ("58", "2022-01-01", None))
    found = judge(place_codes, entry, placed(a_claim(a_line(service_date=day), place_of_service="58")))
    assert (found == []) is passes
    assert [item.message for item in found] in (
        [], [f"Place of service 58 is in use to 2019-12-31 and from 2022-01-01; the service is dated {day}."],
    )  # fmt: skip


def test_the_newest_edition_of_the_highest_folder_is_the_one_that_counts() -> None:
    own = an_edition("places", [("88", None, None, None, None)], edition="2027")
    entry = with_lists(an_entry(place_codes, list="places-list"), own)
    assert judge(place_codes, entry, placed(a_claim(place_of_service="88"))) == []
    assert [item.found for item in judge(place_codes, entry, placed(a_claim(place_of_service="12")))] == ["12"]
