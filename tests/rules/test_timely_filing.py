from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.rules import timely_filing
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed


@pytest.mark.parametrize(
    ("service", "time", "last_day"),
    [
        ("2024-02-29", {"within": 12, "unit": "months"}, "2025-02-28"),
        ("2026-01-31", {"within": 1, "unit": "months"}, "2026-02-28"),
        ("2025-10-01", {"within": 365, "unit": "days"}, "2026-10-01"),
        ("2024-02-28", {"within": 365, "unit": "days"}, "2025-02-27"),
        ("2026-02-10", {"within": 6, "unit": "months", "from": "service_month_end"}, "2026-08-31"),
        ("2025-08-31", {"within": 6, "unit": "months", "from": "service_month_end"}, "2026-02-28"),
        ("2026-02-10", {"within": 90, "unit": "days", "from": "service_month_end"}, "2026-05-29"),
    ],
)
def test_the_last_day_counts_in_days_or_calendar_months(service: str, time: dict[str, Any], last_day: str) -> None:
    entry = timely_filing.Entry.model_validate({"id": "claims", "source": "s1", **time})
    days = pl.DataFrame({"service_date": [date.fromisoformat(service), None]})
    found = days.select(timely_filing.deadline(entry)).to_series().to_list()
    assert found == [date.fromisoformat(last_day), None]


def test_the_last_day_is_in_time_and_the_next_is_late() -> None:
    lines = (a_line(service_date="2025-11-22"), a_line(line_number=2, service_date="2025-11-21"))
    found = judge(timely_filing, an_entry(timely_filing, within=12, unit="months"), placed(a_claim(*lines)))
    message = "Received 2026-11-22; the last day for 2025-11-21 was 2026-11-21."
    assert found == [Found(2, "timely_filing", "fail", message, "2026-11-22", None)]


@pytest.mark.parametrize(("claim", "at_most"), [
    ({"delay_reason": "9"}, "review"), ({"frequency_code": "7"}, "review"),
    ({"delay_reason": "9", "frequency_code": "7"}, "review"), ({"frequency_code": None}, None),
])  # fmt: skip
def test_a_reason_for_the_delay_or_a_correction_is_looked_at(claim: dict[str, Any], at_most: str | None) -> None:
    found = judge(timely_filing, an_entry(timely_filing, within=1, unit="days"), placed(a_claim(**claim)))
    assert [item.at_most for item in found] == [at_most]


def test_a_void_has_no_filing_time_and_without_a_date_it_is_unknown() -> None:
    entry = an_entry(timely_filing, within=1, unit="days")
    assert judge(timely_filing, entry, placed(a_claim(frequency_code="8"))) == []
    assert [item.verdict for item in judge(timely_filing, entry, placed(a_claim(a_line(service_date=None))))] == [
        "unknown"
    ]


def test_the_remedy_names_the_exceptions_the_source_lists() -> None:
    fact = an_entry(timely_filing, within=1, unit="days", exceptions="Medicare decided first.")
    remedies = {check.remedy for check in timely_filing.checks(fact)}
    assert remedies == {
        "If an exception fits, send its reason and proof with the claim. Exceptions: Medicare decided first."
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"from": ["service_date", "payment"]}, "a time from a payment or denial counts from that alone"),
        ({"from": []}, "an empty list names nothing"),
        ({"for": []}, "an empty list names nothing"),
        ({"holidays": ["2026-12-25"], "holidays_source": "s1"}, "holidays move a last day only with rolls"),
        ({"rolls": "next_business_day", "holidays": ["2026-12-25"]}, "holidays and holidays_source go together"),
        ({"rolls": "next_business_day", "holidays_source": "s1"}, "holidays and holidays_source go together"),
        ({"extensions": [{"after": "denial"}]}, "an extension needs its length: within: 30, unit: days"),
        ({"extensions": [{"after": "denial", "within": 30}]}, "within and unit go together"),
        ({"extensions": [{"after": "denial", "within": 30, "unit": "days", "payer": "medicare"}]},
         "payer means nothing after denial"),
    ],
)  # fmt: skip
def test_a_time_that_makes_no_sense_is_an_error(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        timely_filing.Entry.model_validate({"id": "a", "source": "s1", "within": 1, "unit": "days", **values})


def test_the_remedy_names_what_gives_more_time() -> None:
    extensions = [
        {"after": "denial", "within": 30, "unit": "days"},
        {"after": "payment", "within": 1, "unit": "months"},
    ]
    fact = an_entry(timely_filing, within=1, unit="days", extensions=extensions)
    exceptions = "the payer denied the service before; the payer paid the service before."
    assert {check.remedy for check in timely_filing.checks(fact)} == {
        f"If an exception fits, send its reason and proof with the claim. Exceptions: {exceptions}"
    }
    assert timely_filing.row_facts(fact) == (
        "denied_on", "is_denial_undated", "is_history_dated", "paid_on", "is_payment_undated",
    )  # fmt: skip


def test_a_time_that_counts_from_something_else_gives_no_day_by_the_service_date() -> None:
    entry = timely_filing.Entry.model_validate(
        {"id": "a", "source": "s1", "within": 1, "unit": "days", "from": "payment"}
    )
    days = pl.DataFrame({"service_date": [date(2026, 5, 5)]})
    assert days.select(timely_filing.deadline(entry)).to_series().to_list() == [None]
