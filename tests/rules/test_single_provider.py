"""Services that one provider alone may bill for a member in a period: the first one in wins."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from billing.rules import single_provider
from tests.rules.windows import a_fact, judged, line, severities

ONE, TWO = "1234567893", "1999999984"
MONTHLY = a_fact(single_provider, per="month", of="billing_provider")


def by(claim_id: str, npi: str | None, day: str | None = "2026-05-05", **values: Any) -> dict[str, Any]:
    return line(claim_id, day, billing_npi=npi, **values)


def found(*lines: dict[str, Any], fact: Any = MONTHLY) -> list[tuple[str, str]]:
    return severities(judged(single_provider, fact, lines))


def test_a_second_biller_in_the_month_is_rejected_and_the_first_is_named() -> None:
    verdicts = judged(single_provider, MONTHLY, [by("C1", ONE), by("C2", TWO, "2026-05-31")])
    assert severities(verdicts) == [("C2 line 1", "reject")]
    assert verdicts.select("cause", "column", "message", "remedy", "found", "allowed", "related", "capped_by").row(0) == (
        "another_provider_first", "billing_npi",
        "98960 U7 in 2026-05; another billing provider was first (C1 line 1), and the program pays one billing provider for a member per month.",
        "Settle with the other billing provider whose it is; take this line out if it is the other's.",
        TWO, ONE, ["C1 line 1"], [],
    )  # fmt: skip


def test_the_first_one_may_go_on_and_everyone_else_may_not() -> None:
    lines = [
        by("C1", ONE),
        by("C2", TWO, "2026-05-06"),
        by("C3", ONE, "2026-05-07"),
        by("C4", "1558598797", "2026-05-08"),
    ]
    assert found(*lines) == [("C2 line 1", "reject"), ("C4 line 1", "reject")]


def test_the_next_month_and_another_member_begin_anew() -> None:
    assert found(by("C1", ONE, "2026-05-31"), by("C2", TWO, "2026-06-01"), by("C3", TWO, member_id="M2")) == []


def test_history_comes_first_then_the_date_then_the_order_of_the_input() -> None:
    old = by("H1", TWO, "2026-05-20", is_history=True, status="paid")
    assert found(by("C1", ONE), old) == [("C1 line 1", "reject")]
    assert found(by("H2", ONE, "2026-05-21", is_history=True, status="paid"), old) == []
    assert found(by("C1", ONE, "2026-05-06"), by("C2", TWO)) == [("C1 line 1", "reject")]
    assert found(by("C1", ONE), by("C2", TWO)) == [("C2 line 1", "reject")]


def test_all_services_of_the_entry_share_the_period() -> None:
    assert found(by("C1", ONE), by("C2", TWO, service="other", procedure_code="98961")) == [("C2 line 1", "reject")]


@pytest.mark.parametrize(
    ("entry", "inside", "outside", "words"),
    [
        ({"per": "day"}, "2026-05-05", "2026-05-06", "on 2026-05-05; another billing provider was first (C1 line 1), and the program pays one billing provider for a member per day."),
        ({"per": "week", "week_starts": "monday"}, "2026-05-10", "2026-05-11", "in the week from 2026-05-04; another billing provider was first (C1 line 1), and the program pays one billing provider for a member per week."),
        ({"per": "calendar_year"}, "2026-12-31", "2027-01-01", "in 2026; another billing provider was first (C1 line 1), and the program pays one billing provider for a member per calendar year."),
        ({"per": "state_fiscal_year", "year_begins": "07-01"}, "2026-06-30", "2026-07-01", "in the fiscal year from 2025-07-01; another billing provider was first (C1 line 1), and the program pays one billing provider for a member per fiscal year."),
        ({"per": "lifetime"}, "2036-05-05", None, "so far; another billing provider was first (C1 line 1), and the program pays one billing provider for a member in a lifetime."),
    ],
)  # fmt: skip
def test_other_periods(entry: dict[str, Any], inside: str, outside: str | None, words: str) -> None:
    fact = a_fact(single_provider, of="billing_provider", **entry)
    verdicts = judged(single_provider, fact, [by("C1", ONE), by("C2", TWO, inside)])
    assert verdicts.select("where", "message").rows() == [("C2 line 1", f"98960 U7 {words}")]
    assert outside is None or found(by("C1", ONE), by("C2", TWO, outside), fact=fact) == []


def test_the_rendering_provider_may_be_the_one_that_is_compared() -> None:
    fact = a_fact(single_provider, per="month", of="rendering_provider")
    assert found(by("C1", ONE, rendering_npi=ONE), by("C2", TWO, rendering_npi=ONE), fact=fact) == []
    verdicts = judged(single_provider, fact, [by("C1", ONE, rendering_npi=ONE), by("C2", ONE, rendering_npi=TWO)])
    assert verdicts.select("where", "column", "found", "allowed").rows() == [("C2 line 1", "rendering_npi", TWO, ONE)]
    assert [single_provider.reads(each) for each in (MONTHLY, fact)] == [
        (("history", "billing_npi"),),
        (("history", "rendering_npi"),),
    ]


def test_what_does_not_count_is_nobodys_first() -> None:
    assert found(by("C1", ONE, counts=False), by("C2", TWO)) == []


def test_behind_a_claim_that_is_rejected_anyway_it_is_review() -> None:
    verdicts = judged(single_provider, MONTHLY, [by("C1", ONE, stands=False), by("C2", TWO)])
    assert severities(verdicts) == [("C2 line 1", "review")]
    assert verdicts["capped_by"].to_list() == [["fits only while C1 stays out"]]


def test_behind_one_that_stands_too_it_is_rejected_and_that_one_is_named() -> None:
    lines = [by("C1", ONE, stands=False), by("C2", "1558598797", "2026-05-06"), by("C3", TWO, "2026-05-07")]
    verdicts = judged(single_provider, MONTHLY, lines)
    assert severities(verdicts) == [("C2 line 1", "review"), ("C3 line 1", "reject")]
    assert verdicts["related"].to_list() == [["C1 line 1"], ["C2 line 1"]]
    same = [by("C1", ONE, stands=False), by("C2", TWO, "2026-05-06"), by("C3", TWO, "2026-05-07")]
    assert found(*same) == [("C2 line 1", "review"), ("C3 line 1", "review")]
    assert found(by("C1", ONE, stands=False), by("C2", TWO, stands=False)) == [("C2 line 1", "review")]
    later = [by("C1", ONE, stands=False), by("C2", TWO, "2026-05-06", stands=False), by("C3", ONE, "2026-05-07")]
    assert found(*later) == [("C2 line 1", "review")]


def test_a_date_range_that_reaches_into_a_second_period_is_reviewed_on_either_side() -> None:
    wide = {"service_end_date": "2026-06-02"}
    verdicts = judged(single_provider, MONTHLY, [by("C1", ONE, "2026-05-30", **wide), by("C2", TWO, "2026-06-10")])
    assert severities(verdicts) == [("C2 line 1", "review")]
    assert verdicts["capped_by"].to_list() == [["which days of a date range had a service is not known"]]
    assert found(by("C1", ONE), by("C2", TWO, "2026-05-30", **wide)) == [("C2 line 1", "review")]
    assert found(by("C1", ONE, "2026-06-01"), by("H1", TWO, "2026-05-30", is_history=True, status="paid", **wide)) == [
        ("C1 line 1", "review")
    ]
    narrow = {"service_end_date": "2026-05-20"}
    assert found(by("C1", ONE), by("C2", TWO, "2026-05-10", **narrow)) == [("C2 line 1", "reject")]


def test_a_range_with_two_conflicts_is_reported_once_for_the_earlier_period() -> None:
    paid = {"is_history": True, "status": "paid"}
    old = [by("H2", ONE, "2026-06-01", **paid), by("H1", ONE, "2026-05-01", **paid)]
    verdicts = judged(single_provider, MONTHLY, [*old, by("C3", TWO, "2026-05-30", service_end_date="2026-06-02")])
    assert verdicts.select("where", "related").rows() == [("C3 line 1", ["H1 line 1"])]


def test_missing_values_are_unknown_and_compare_with_nobody() -> None:
    verdicts = judged(single_provider, MONTHLY, [by("C1", None), by("C2", TWO), by("C3", ONE, member_id=None)])
    assert verdicts.select("where", "verdict", "message", "missing").rows() == [
        ("C1 line 1", "unknown", "Without the billing NPI who bills the period cannot be checked.", "billing_npi"),
        ("C3 line 1", "unknown", "Without the member id who bills the period cannot be checked.", "member_id"),
    ]  # fmt: skip
    old = by("H1", None, is_history=True, status="paid")
    assert found(old, by("C1", ONE)) == []
    assert found(old, by("C1", ONE), by("C2", TWO)) == [("C2 line 1", "reject")]
    assert found(by("C1", ONE), by("C2", TWO, None), by("C3", ONE, None)) == []
    fact = a_fact(single_provider, per="month", of="rendering_provider")
    assert judged(single_provider, fact, [by("C1", ONE)])["message"].to_list() == [
        "Without the rendering NPI who bills the period cannot be checked."
    ]


def test_only_days_of_the_entry_are_compared() -> None:
    fact = a_fact(single_provider, per="month", of="billing_provider", effective="2026-05-05")
    assert found(by("C1", ONE, "2026-05-04"), by("C2", TWO), fact=fact) == []
    assert found(by("C1", ONE), by("C2", TWO), fact=fact) == [("C2 line 1", "reject")]


def test_the_order_of_the_lines_in_the_frame_does_not_matter() -> None:
    lines = [by(f"C{number}", ONE if number % 2 else TWO, f"2026-05-{number:02}") for number in range(1, 9)]
    forwards, backwards = found(*lines), found(*reversed(lines))
    assert sorted(forwards) == sorted(backwards) == [(f"C{number} line 1", "reject") for number in (2, 4, 6, 8)]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"per": "week"}, "per: week needs week_starts"),
        ({"per": "lifetime", "week_starts": "monday"}, "week_starts means nothing with per: lifetime"),
    ],
)
def test_an_entry_has_what_its_period_needs_and_no_more(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        a_fact(single_provider, of="billing_provider", **values)
