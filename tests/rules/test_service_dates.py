from __future__ import annotations

from typing import Any

import pytest

from billing.rules import service_dates
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed


@pytest.mark.parametrize(
    "line",
    [
        {"service_date": "2026-11-22"}, {"service_date": "1990-01-31"}, {"service_date": None},
        {"service_date": "2026-11-21", "service_end_date": "2026-11-22"},
    ],
)  # fmt: skip
def test_a_service_from_the_birth_to_the_received_date_passes(line: dict[str, Any]) -> None:
    assert judge(service_dates, an_entry(service_dates), placed(a_claim(a_line(**line)))) == []


@pytest.mark.parametrize(
    ("line", "cause", "message", "found"),
    [
        ({"service_date": "2026-11-23"}, "future_date",
         "Service on 2026-11-23, after the received date 2026-11-22.", "2026-11-23"),
        ({"service_date": "2026-11-22", "service_end_date": "2026-11-23"}, "future_date",
         "Service on 2026-11-22 to 2026-11-23, after the received date 2026-11-22.", "2026-11-22 to 2026-11-23"),
        ({"service_date": "2026-11-21", "service_end_date": "2026-11-20"}, "date_invalid",
         "The service ends on 2026-11-20, before its first day 2026-11-21.", "2026-11-20"),
        ({"service_date": "1990-01-30"}, "dob_after_service",
         "Service on 1990-01-30, before the birth of the member that the claim gives.", "1990-01-30"),
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_true_is_a_finding(line: dict[str, Any], cause: str, message: str, found: str) -> None:
    rows = placed(a_claim(a_line(**line)))
    assert judge(service_dates, an_entry(service_dates), rows) == [Found(1, cause, "fail", message, found, None)]


def test_the_claims_own_received_date_beats_the_runs() -> None:
    rows = placed(a_claim(a_line(service_date="2026-05-05"), received_date="2026-05-04"))
    assert [item.cause for item in judge(service_dates, an_entry(service_dates), rows)] == ["future_date"]


@pytest.mark.parametrize(("last", "causes"), [("2026-05-05", []), ("2026-05-06", ["service_after_death"])])
def test_the_day_of_death_is_the_last_that_may_be_billed(last: str, causes: list[str]) -> None:
    member = {"id": "00123456789", "birth_date": "1990-01-31", "death_date": "2026-05-05"}
    rows = placed(a_claim(a_line(service_date="2026-05-05", service_end_date=last), member=member))
    assert [item.cause for item in judge(service_dates, an_entry(service_dates), rows)] == causes


def test_dates_that_cannot_be_read_are_quoted_once_for_their_line_or_claim() -> None:
    malformed = [
        {"line_number": 1, "column": "service_date", "text": "20261345"},
        {"line_number": 1, "column": "service_end_date", "text": "x"},
        {"column": "member_birth_date", "text": "19xx"}, {"column": "member_death_date", "text": "?"},
    ]  # fmt: skip
    rows = placed(a_claim(a_line(service_date=None), a_line(line_number=2), member={"id": "1"}, malformed=malformed))
    assert judge(service_dates, an_entry(service_dates), rows) == [
        Found(1, "date_invalid", "fail", "The service date 20261345 is not a date. The last day x is not a date.",
              "20261345", None),
        Found(None, "birth_date_invalid", "fail", "The member's birth date cannot be read as a date.", "19xx", None),
        Found(None, "death_date_invalid", "fail", "The member's death date cannot be read as a date.", "?", None),
    ]  # fmt: skip


def test_a_last_day_that_cannot_be_read_is_quoted_by_itself() -> None:
    malformed = [{"line_number": 1, "column": "service_end_date", "text": "x"}]
    found = judge(service_dates, an_entry(service_dates), placed(a_claim(malformed=malformed)))
    assert found == [Found(1, "date_invalid", "fail", "The last day x is not a date.", "x", None)]


@pytest.mark.parametrize(
    ("against", "causes"),
    [("itself", ["date_invalid"]), ("received_date", ["future_date"]), ("birth_date", ["dob_after_service"]),
     ("death_date", ["service_after_death"])],
)  # fmt: skip
def test_an_entry_compares_what_its_source_speaks_of(against: str, causes: list[str]) -> None:
    member = {"id": "1", "birth_date": "2028-01-01", "death_date": "2026-01-01"}
    line = a_line(service_date="2027-05-05", service_end_date="2027-05-04")
    entry = an_entry(service_dates, against=[against])
    assert [item.cause for item in judge(service_dates, entry, placed(a_claim(line, member=member)))] == causes
