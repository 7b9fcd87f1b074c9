"""Limits: what counts, who goes over, and how sure that is."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from billing.references import References, read_references
from billing.rules import unit_limits
from tests.rules.windows import a_fact, judged, line, rows, severities, unchecked_lines

CAUSES = {"day": "units_over_daily_limit", "lifetime": "lifetime_limit", "authorization": "authorization_exhausted"}
DAILY: dict[str, Any] = {"at_most": "4", "measure": "units", "per": "day"}


def found(lines: list[dict[str, Any]], references: References | None = None, **entry: Any) -> list[tuple[str, str]]:
    return severities(judged(unit_limits, a_fact(unit_limits, **{**DAILY, **entry}), lines, references))


def one(lines: list[dict[str, Any]], references: References | None = None, **entry: Any) -> dict[str, Any]:
    rows_found = judged(unit_limits, a_fact(unit_limits, **{**DAILY, **entry}), lines, references)
    assert rows_found.height == 1
    return rows_found.row(0, named=True)


def test_exactly_at_the_limit_passes() -> None:
    assert found([line("C1", units="3"), line("C2", units="1")]) == []


def test_the_fifth_unit_on_one_day_is_over_the_limit_and_says_so() -> None:
    verdict = one([line("C17", units="3"), line("C18", units="2")])
    assert {name: verdict[name] for name in verdict if name not in {"claim_key", "line_key", "of", "remedy"}} == {
        "cause": "units_over_daily_limit", "verdict": "fail", "at_most": None, "capped_by": [], "column": "units",
        "message": "3 units on 2026-05-05 in claim C17, plus 2 here, makes 5; the limit is 4 per member per day, "
        "so 1 of these 2 is within it.",
        "found": "5", "allowed": "4 units per member per day", "related": ["C17 line 1"],
        "amount_at_risk": Decimal("46.00"), "missing": None, "where": "C18 line 1",
    }  # fmt: skip
    assert verdict["remedy"] == "Bill 1 unit and hold 1, or check whether the earlier lines are the same service."


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line("C1", units="5")], "5 units on 2026-05-05; the limit is 4 per member per day, so 4 of these 5 are within it."),
        ([line("C1", units="4"), line("C2", units="1")],
         "4 units on 2026-05-05 in claim C1, plus 1 here, makes 5; the limit is 4 per member per day, so this one is past it."),
        ([line("C1", units="4"), line("C2", units="2")],
         ("4 units on 2026-05-05 in claim C1, plus 2 here, makes 6; the limit is 4 per member per day, "
          "so none of these 2 is within it.")),
        ([line("C1", units="1"), line("C1", units="4.5")],
         ("1 unit on 2026-05-05 in this claim, plus 4.5 here, makes 5.5; the limit is 4 per member per day, "
          "so 3 of these 4.5 are within it.")),
        ([line("C1", units="1"), line("C2", units="1"), line("C3", units="3")],
         ("2 units on 2026-05-05 in claims C1 and C2, plus 3 here, makes 5; the limit is 4 per member per day, "
          "so 2 of these 3 are within it.")),
        ([line("C1", units="2"), line("C1", units="1"), line("C2", units="2")],
         ("3 units on 2026-05-05 in claim C1, plus 2 here, makes 5; the limit is 4 per member per day, "
          "so 1 of these 2 is within it.")),
        ([line("C1", units="1"), line("C2", units="1"), line("C2", units="3")],
         ("2 units on 2026-05-05 in claim C1 and this claim, plus 3 here, makes 5; the limit is 4 per member per day, "
          "so 2 of these 3 are within it.")),
        ([line("C1", units="1"), line("C2", units="1"), line("C3", units="1"), line("C4", units="2")],
         ("3 units on 2026-05-05 in 3 lines before it, plus 2 here, makes 5; the limit is 4 per member per day, "
          "so 1 of these 2 is within it.")),
    ],
)  # fmt: skip
def test_the_arithmetic_is_in_the_message(lines: list[dict[str, Any]], message: str) -> None:
    assert one(lines)["message"] == message


@pytest.mark.parametrize(
    ("entry", "day", "words"),
    [
        ({"per": "week", "week_starts": "sunday"}, "2026-05-05", "5 units in the week from 2026-05-03; the limit is 4 per member per week"),
        ({"per": "month"}, "2026-05-05", "5 units in 2026-05; the limit is 4 per member per month"),
        ({"per": "quarter"}, "2026-05-05", "5 units in the quarter from 2026-04-01; the limit is 4 per member per quarter"),
        ({"per": "calendar_year"}, "2026-05-05", "5 units in 2026; the limit is 4 per member per calendar year"),
        ({"per": "state_fiscal_year", "year_begins": "07-01"}, "2026-05-05",
         "5 units in the fiscal year from 2025-07-01; the limit is 4 per member per fiscal year"),
        ({"per": "rolling_days", "length": 90}, "2026-05-05",
         "5 units from 2026-02-05 to 2026-05-05; the limit is 4 per member in any 90 days"),
        ({"per": "rolling_months", "length": 1}, "2026-03-31",
         "5 units from 2026-03-01 to 2026-03-31; the limit is 4 per member in any 1 month"),
        ({"per": "lifetime"}, "2026-05-05", "5 units so far; the limit is 4 per member in a lifetime"),
        ({"per": "authorization"}, "2026-05-05", "5 units under its authorization; the limit is 4 per member per authorization"),
        ({"of": "member_and_provider"}, "2026-05-05",
         "5 units on 2026-05-05; the limit is 4 per member and billing provider per day"),
    ],
)  # fmt: skip
def test_every_period_has_its_words(entry: dict[str, Any], day: str, words: str) -> None:
    verdict = one([line("C1", day, units="5", prior_authorization="A1")], **entry)
    assert verdict["message"] == f"{words}, so 4 of these 5 are within it."
    assert verdict["allowed"] == f"4 units {words.partition('the limit is 4 ')[2]}"
    assert verdict["cause"] == CAUSES.get(entry.get("per", "day"), "units_over_period_limit")
    assert verdict["remedy"] == "Bill 4 units and hold 1; check the units against the record of the service."


def test_the_next_day_and_another_member_start_at_zero() -> None:
    lines = [line("C1", units="4"), line("C2", "2026-05-06", units="4"), line("C3", units="4", member_id="M2")]
    assert found(lines) == []


def test_two_codes_share_one_limit_unless_each_is_counted_by_itself() -> None:
    lines = [line("C1", units="3"), line("C2", units="3", procedure_code="98961", service="small-group")]
    assert found(lines) == [("C2 line 1", "reject")]
    assert found(lines, each=True) == []


def test_a_line_over_the_limit_still_counts_for_those_behind_it() -> None:
    assert found([line("C1", units="5"), line("C2", units="1")]) == [("C1 line 1", "reject"), ("C2 line 1", "reject")]


def test_a_line_without_units_of_its_own_to_add_is_never_over() -> None:
    assert found([line("C1", units="5"), line("C2", units="0"), line("C3", units="-1")]) == [("C1 line 1", "reject")]


def test_order_is_date_then_start_time_then_input() -> None:
    lines = [
        line("C1", units="2"),
        line("C2", units="3", start_time="14:00"),
        line("C3", units="2", start_time="09:00"),
    ]
    assert found(lines) == [("C1 line 1", "reject"), ("C2 line 1", "reject")]


def test_history_comes_first_and_never_gets_a_finding_itself() -> None:
    lines = [line("C1", units="2"), line("H1", "2026-05-20", units="5", is_history=True, status="paid")]
    assert found(lines, per="month") == [("C1 line 1", "reject")]
    assert one(lines, per="month")["related"] == ["H1 line 1"]


def test_what_does_not_count_is_neither_added_nor_reported() -> None:
    assert found([line("C1", units="9", counts=False), line("C2", units="4")]) == []


def test_the_day_before_an_entry_starts_and_the_day_after_it_ends_are_free() -> None:
    lines = [line("C1", "2026-04-30", units="9"), line("C2", "2026-05-01", units="5"), line("C3", "2026-05-31", units="5"),
             line("C4", "2026-06-01", units="9")]  # fmt: skip
    assert found(lines, effective="2026-05-01", ended="2026-05-31") == [
        ("C2 line 1", "reject"),
        ("C3 line 1", "reject"),
    ]


def test_unknown_units_are_unknown_for_their_line_and_zero_for_others() -> None:
    verdicts = judged(unit_limits, a_fact(unit_limits, **DAILY), [line("C1", units=None), line("C2", units="4")])
    assert verdicts.select("where", "cause", "verdict", "message", "missing", "allowed").rows() == [
        ("C1 line 1", "units_over_daily_limit", "unknown", "Without the units the limit cannot be checked.", "units",
         "a line with its member id and units"),
    ]  # fmt: skip
    assert found([line("C1", units=None)], authorized("1"), **LIFTED) == [("C1 line 1", "review")]


def test_what_the_history_lacks_is_nobodys_finding() -> None:
    old: dict[str, Any] = {"is_history": True, "status": "paid"}
    assert found([line("H1", units=None, **old), line("H2", member_id=None, **old), line("C1", units="4")]) == []


def test_a_line_that_is_not_checked_is_not_unknown_too() -> None:
    minutes: dict[str, Any] = {"measure": "minutes", "at_most": "120"}
    assert found([line("C1", units=None, unit_minutes=None)], **minutes) == []
    assert found([line("C1", units=None)], of="worker") == []


def test_times_without_a_member_are_unknown_for_want_of_the_member() -> None:
    timed = line("C1", units=None, start_time="09:00", end_time="11:00", member_id=None)
    verdict = one([timed], measure="minutes", at_most="120", of="member_and_provider")
    assert verdict["message"] == "Without the member id the limit cannot be checked."


def test_a_line_without_a_member_is_unknown() -> None:
    assert (
        one([line("C1", units="9", member_id=None)])["message"] == "Without the member id the limit cannot be checked."
    )


def test_over_only_with_claims_that_are_rejected_anyway_is_review() -> None:
    verdict = one([line("C12", units="3", stands=False), line("C13", units="2")])
    assert (verdict["at_most"], verdict["capped_by"]) == ("review", ["fits only while C12 stays out"])
    assert verdict["related"] == ["C12 line 1"]
    assert (verdict["found"], verdict["amount_at_risk"]) == ("5", Decimal("46.00"))


def test_over_even_without_rejected_claims_is_reject_and_names_only_what_stands() -> None:
    lines = [line("C12", units="3", stands=False), line("C13", units="3"), line("C14", units="2")]
    verdicts = judged(unit_limits, a_fact(unit_limits, **DAILY), lines)
    assert severities(verdicts) == [("C13 line 1", "review"), ("C14 line 1", "reject")]
    assert verdicts.row(1, named=True)["related"] == ["C13 line 1"]
    assert verdicts.row(1, named=True)["found"] == "5"


def test_two_and_three_claims_that_stay_out_are_put_into_words() -> None:
    out = [line(f"C{number}", units="1", stands=False) for number in range(1, 4)]
    assert one([*out[:2], line("C9", units="3")])["capped_by"] == ["fits only while C1 and C2 stay out"]
    assert one([*out, line("C9", units="3")])["capped_by"] == ["fits only while C1 and 2 more stay out"]


# ------------------------------------------------------------------------------------------------- date ranges


def ranged(claim_id: str, first: str, last: str, units: str, **values: Any) -> dict[str, Any]:
    return line(claim_id, first, units=units, service_end_date=last, **values)


def test_a_range_is_rejected_only_when_every_split_over_its_days_breaks_the_limit() -> None:
    assert found([ranged("C1", "2026-05-04", "2026-05-05", "8")]) == [("C1 line 1", "review")]
    assert found([ranged("C1", "2026-05-04", "2026-05-05", "8.5")]) == [("C1 line 1", "reject")]
    assert found([ranged("C1", "2026-05-04", "2026-05-05", "4")]) == []


def test_units_of_earlier_lines_leave_less_room_for_a_range() -> None:
    lines = [line("C1", "2026-05-04", units="3"), ranged("C2", "2026-05-04", "2026-05-05", "5")]
    assert found(lines) == [("C2 line 1", "review")]
    lines = [line("C1", "2026-05-04", units="3"), ranged("C2", "2026-05-04", "2026-05-05", "6")]
    assert found(lines) == [("C2 line 1", "reject")]


def test_the_room_of_a_day_that_could_take_it_all_counts_and_the_fullest_day_is_named() -> None:
    old = line("C1", "2026-05-05", units="3", is_history=True, status="paid")
    verdict = one([old, ranged("C2", "2026-05-04", "2026-05-05", "4")])
    assert (verdict["where"], verdict["at_most"], verdict["found"]) == ("C2 line 1", "review", "7")
    assert (verdict["related"], verdict["amount_at_risk"]) == (["C1 line 1"], Decimal("69.00"))


def test_a_range_before_a_line_makes_it_doubtful_not_wrong() -> None:
    lines = [ranged("C1", "2026-05-04", "2026-05-05", "4"), line("C2", "2026-05-05", units="1")]
    verdict = one(lines)
    assert (verdict["where"], verdict["at_most"]) == ("C2 line 1", "review")
    assert (verdict["found"], verdict["amount_at_risk"]) == ("5", Decimal("92.00"))
    assert verdict["message"] == (
        "4 units on 2026-05-05 in claim C1, plus 1 here, makes 5; the limit is 4 per member per day, "
        "so this one is past it."
    )
    assert verdict["capped_by"] == ["how the units of a date range fall on its days is not known"]


def test_a_range_within_one_month_is_a_plain_line_for_a_monthly_limit() -> None:
    verdict = one([ranged("C1", "2026-05-04", "2026-05-08", "5")], per="month")
    assert (verdict["at_most"], verdict["message"]) == (
        None, "5 units in 2026-05; the limit is 4 per member per month, so 4 of these 5 are within it.",
    )  # fmt: skip


def test_a_range_over_two_months_may_use_the_room_of_both() -> None:
    assert found([ranged("C1", "2026-05-31", "2026-06-01", "8")], per="month") == [("C1 line 1", "review")]
    assert found([ranged("C1", "2026-05-31", "2026-06-01", "9")], per="month") == [("C1 line 1", "reject")]


def test_every_month_a_range_touches_gives_its_room_once() -> None:
    assert found([ranged("C1", "2026-05-30", "2026-06-02", "8")], per="month") == [("C1 line 1", "review")]
    assert found([ranged("C1", "2026-05-30", "2026-06-02", "9")], per="month") == [("C1 line 1", "reject")]


def test_a_range_belongs_to_a_lifetime_like_any_line() -> None:
    lines = [ranged("C1", "2025-12-30", "2026-01-02", "4"), ranged("C2", "2026-05-30", "2026-06-02", "1")]
    assert found(lines, per="lifetime") == [("C2 line 1", "reject")]


def test_a_range_that_crosses_the_first_or_last_day_of_a_limit_surely_adds_nothing_to_later_lines() -> None:
    entry: dict[str, Any] = {"per": "month", "effective": "2026-05-05", "ended": "2026-05-20"}
    later = line("C2", "2026-05-20", units="1")
    assert found([ranged("C1", "2026-05-05", "2026-05-06", "4"), later], **entry) == [("C2 line 1", "reject")]
    assert found([ranged("C1", "2026-05-04", "2026-05-05", "4"), later], **entry) == [("C2 line 1", "review")]
    over = [ranged("C1", "2026-05-19", "2026-05-20", "4"), later]
    assert found(over, **entry) == [("C2 line 1", "reject")]
    over = [ranged("C1", "2026-05-19", "2026-05-21", "4"), later]
    assert found(over, **entry) == [("C2 line 1", "review")]


def test_a_range_in_a_rolling_window_may_fall_on_any_of_its_days() -> None:
    entry: dict[str, Any] = {"per": "rolling_days", "length": 3}
    range_ = ranged("C2", "2026-05-06", "2026-05-07", "2")
    assert found([line("C1", "2026-05-03", units="3"), range_], **entry) == []
    assert found([line("C1", "2026-05-04", units="3"), range_], **entry) == [("C2 line 1", "review")]
    assert found([line("C1", "2026-05-05", units="3"), range_], **entry) == [("C2 line 1", "reject")]


def test_of_a_range_the_day_with_the_least_room_is_the_one_named() -> None:
    old = line("H1", "2026-05-06", units="4", is_history=True, status="paid")
    said = one([old, line("C1", "2026-05-05", units="3"), ranged("C2", "2026-05-05", "2026-05-06", "5")])
    assert (said["where"], said["found"]) == ("C2 line 1", "9")


def test_days_of_a_rolling_window_count_once_however_many_lines_they_have() -> None:
    entry: dict[str, Any] = {"measure": "days", "at_most": "2", "per": "rolling_days", "length": 7}
    lines = [line("C1", "2026-05-05"), line("C2", "2026-05-05"), line("C3", "2026-05-06"), line("C4", "2026-05-07")]
    assert found(lines, **entry) == [("C4 line 1", "reject")]
    assert found([*lines[:3], line("C5", "2026-05-12")], **entry) == []


def test_a_range_longer_than_the_rolling_window_is_never_sure() -> None:
    entry: dict[str, Any] = {"per": "rolling_days", "length": 3}
    assert found([ranged("C1", "2026-05-04", "2026-05-06", "5")], **entry) == [("C1 line 1", "reject")]
    assert found([ranged("C1", "2026-05-04", "2026-05-07", "5")], **entry) == [("C1 line 1", "review")]
    assert found([ranged("C1", "2026-05-04", "2026-05-07", "4")], **entry) == []


def test_a_range_that_ends_behind_a_line_leaves_that_line_alone() -> None:
    long_range = ranged("C1", "2026-05-04", "2026-05-09", "3")
    lines = [long_range, line("C2", "2026-05-07", units="5")]
    assert found(lines, per="rolling_days", length=3) == [("C1 line 1", "review"), ("C2 line 1", "reject")]


def test_a_range_puts_its_doubt_into_words() -> None:
    sure, maybe = (one([ranged("C1", "2026-05-04", "2026-05-05", units)]) for units in ("9", "5"))
    assert sure["message"] == (
        "9 units over 2026-05-04 to 2026-05-05 break the limit of 4 per member per day however they fall on these days."
    )
    assert maybe["message"] == (
        "5 units over 2026-05-04 to 2026-05-05 may break the limit of 4 per member per day: "
        "the claim does not say how many fall on which day."
    )
    assert sure["amount_at_risk"] == Decimal("10.22")
    assert sure["remedy"].startswith("Bill each day on its own line")


# ------------------------------------------------------------------------------------------ measures and periods


def test_minutes_come_from_times_else_from_units_of_sourced_length() -> None:
    entry: dict[str, Any] = {"measure": "minutes", "at_most": "120"}
    timed = line("C1", units="9", start_time="09:00", end_time="11:00")
    assert found([timed], **entry) == []
    assert found([timed, line("C2", units="1")], **entry) == [("C2 line 1", "reject")]
    assert found([line("C1", units="4")], **entry) == []
    assert found([line("C1", units="4.1")], **entry) == [("C1 line 1", "reject")]
    assert found([line("C1", units="121", unit_basis="MJ")], **entry) == [("C1 line 1", "reject")]


def test_minutes_without_times_and_without_a_sourced_length_are_not_checked() -> None:
    fact = a_fact(unit_limits, at_most="120", measure="minutes", per="day")
    lines = [line("C1", units="9", unit_minutes=None), line("C2", units=None), line("C3", units="1")]
    assert unchecked_lines(unit_limits, fact, rows(lines)) == [0]
    assert severities(judged(unit_limits, fact, lines)) == [("C2 line 1", "review")]


def test_days_are_distinct_dates_and_a_second_line_of_a_good_day_is_fine() -> None:
    entry: dict[str, Any] = {"measure": "days", "at_most": "2", "per": "month"}
    lines = [line("C1", "2026-05-05"), line("C2", "2026-05-05"), line("C3", "2026-05-06")]
    assert found(lines, **entry) == []
    over = [*lines, line("C4", "2026-05-07"), line("C5", "2026-05-07")]
    assert found(over, **entry) == [("C4 line 1", "reject"), ("C5 line 1", "reject")]


def test_a_line_on_a_day_that_history_has_adds_no_day() -> None:
    old = [line(f"H{day}", f"2026-05-{day:02}", is_history=True, status="paid") for day in (1, 2, 3)]
    entry: dict[str, Any] = {"measure": "days", "at_most": "2", "per": "month"}
    assert found([*old, line("C1", "2026-05-01")], **entry) == []
    assert found([*old, line("C1", "2026-05-03")], **entry) == [("C1 line 1", "reject")]


def test_days_of_a_range_are_never_sure() -> None:
    entry: dict[str, Any] = {"measure": "days", "at_most": "2", "per": "month"}
    assert found([ranged("C1", "2026-05-04", "2026-05-05", "1")], **entry) == []
    assert found([ranged("C1", "2026-05-04", "2026-05-08", "9")], **entry) == [("C1 line 1", "review")]


def test_visits_are_distinct_date_start_time_and_rendering_provider() -> None:
    entry: dict[str, Any] = {"measure": "visits", "at_most": "1", "per": "day"}
    morning = line("C1", start_time="09:00", rendering_npi="1")
    assert found([morning, line("C2", start_time="09:00", rendering_npi="1")], **entry) == []
    assert found([morning, line("C2", start_time="09:00", rendering_npi="2")], **entry) == [("C2 line 1", "reject")]
    assert found([morning, line("C2", start_time="10:00", rendering_npi="1")], **entry) == [("C2 line 1", "reject")]


def test_every_line_of_a_visit_too_many_says_the_same() -> None:
    lines = [line("C1", start_time="09:00"), line("C2", start_time="10:00"), line("C3", start_time="10:00")]
    verdicts = judged(unit_limits, a_fact(unit_limits, measure="visits", at_most="1", per="day"), lines)
    assert verdicts.select("where", "found", "allowed", "column").rows() == [
        ("C2 line 1", "2", "1 visit per member per day", "service_date"),
        ("C3 line 1", "2", "1 visit per member per day", "service_date"),
    ]  # fmt: skip


def test_without_times_there_is_one_visit_per_date() -> None:
    entry: dict[str, Any] = {"measure": "visits", "at_most": "1", "per": "day"}
    assert found([line("C1", rendering_npi="1"), line("C2", rendering_npi="2")], **entry) == []
    assert found([line("C1", start_time="09:00"), line("C2")], **entry) == []


def test_an_amount_is_dollars() -> None:
    verdict = one(
        [line("C1", charge="92.00"), line("C2", charge="92.00")], measure="amount", at_most="150", per="month"
    )
    assert verdict["message"] == (
        "$92.00 in 2026-05 in claim C1, plus $92.00 here, makes $184.00; the limit is $150.00 per member per month, "
        "so $58.00 of these $92.00 is within it."
    )
    assert verdict["allowed"] == "$150.00 per member per month"
    assert verdict["column"] == "charge"
    assert verdict["amount_at_risk"] == Decimal("34.00")


def test_the_share_over_the_limit_is_rounded_half_up_to_the_cent() -> None:
    assert one([line("C1", units="8", charge="0.01")])["amount_at_risk"] == Decimal("0.01")
    assert one([line("C1", units="6", charge="100.00")])["amount_at_risk"] == Decimal("33.33")


def test_a_rolling_window_of_months_is_open_at_the_far_end() -> None:
    entry: dict[str, Any] = {"per": "rolling_months", "length": 12}
    assert found([line("C1", "2025-05-05", units="4"), line("C2", "2026-05-05", units="4")], **entry) == []
    assert found([line("C1", "2025-05-06", units="4"), line("C2", "2026-05-05", units="1")], **entry) == [
        ("C2 line 1", "reject")
    ]


def test_a_window_that_ends_on_the_last_of_february_saturates() -> None:
    entry: dict[str, Any] = {"per": "rolling_months", "length": 1}
    assert found([line("C1", "2026-02-28", units="4"), line("C2", "2026-03-31", units="4")], **entry) == []
    assert found([line("C1", "2026-03-01", units="4"), line("C2", "2026-03-31", units="1")], **entry) == [
        ("C2 line 1", "reject")
    ]


def test_history_after_a_line_is_not_in_the_window_that_ends_on_it() -> None:
    lines = [line("C1", units="1"), line("H1", "2026-05-06", units="4", is_history=True, status="paid")]
    assert found(lines, per="rolling_days", length=7) == []


def test_what_left_the_window_counts_neither_with_claims_that_stand_nor_with_those_that_do_not() -> None:
    lines = [
        line("C1", "2026-05-01", units="4"), line("C2", "2026-05-08", units="3", stands=False),
        line("C3", "2026-05-09", units="2"),
    ]  # fmt: skip
    assert found(lines, per="rolling_days", length=7) == [("C3 line 1", "review")]


def test_related_lines_of_a_rolling_window_are_those_inside_it() -> None:
    lines = [
        line("C1", "2026-05-01", units="4"),
        line("C2", "2026-05-08", units="3"),
        line("C3", "2026-05-09", units="2"),
    ]
    assert one(lines, per="rolling_days", length=7)["related"] == ["C2 line 1"]


def test_at_most_twenty_related_lines_are_named() -> None:
    lines = [line(f"C{number}", units="1") for number in range(25)]
    verdict = one([*lines, line("C99", units="1")], at_most="25")
    assert verdict["related"] == [f"C{number} line 1" for number in range(20)]
    assert verdict["message"].startswith("25 units on 2026-05-05 in 20 or more lines before it, plus 1 here, makes 26;")


def test_a_line_without_a_date_is_left_to_required_fields() -> None:
    assert found([line("C1", None, units="9")]) == []
    assert found([line("C1", None, units="9"), line("C2", units="4")], per="lifetime") == []


def test_a_worker_is_never_the_biller_and_lines_without_one_are_not_checked() -> None:
    fact = a_fact(unit_limits, **DAILY, of="worker")
    lines = [
        line("H1", units="9", is_history=True, status="paid"),
        line("V1", units="9", counts=False),
        line("C1", units="9"),
        line("C2", units="3", worker_npi="1", member_id="M1"),
        line("C3", units="2", worker_npi="1", member_id="M2"),
    ]
    assert severities(judged(unit_limits, fact, lines)) == [("C3 line 1", "reject")]
    assert unchecked_lines(unit_limits, fact, rows(lines)) == [2]
    assert unit_limits.unchecked_needs(fact) == "worker"


@pytest.mark.parametrize(
    ("of", "needs"), [("member", "start_time and end_time"), ("worker", "worker, start_time or end_time")]
)
def test_what_minutes_need_is_named(of: str, needs: str) -> None:
    assert unit_limits.unchecked_needs(a_fact(unit_limits, at_most="1", measure="minutes", per="day", of=of)) == needs


def test_a_limit_of_units_per_member_leaves_no_line_unchecked() -> None:
    assert unchecked_lines(unit_limits, a_fact(unit_limits, **DAILY), rows([line("C1")])) == []


def test_another_biller_has_a_limit_of_its_own_only_when_the_entry_says_so() -> None:
    lines = [line("C1", units="4"), line("C2", units="4", billing_npi="1111111112")]
    assert found(lines) == [("C2 line 1", "reject")]
    assert found(lines, of="member_and_provider") == []
    others = [line("C1", units="4"), line("C2", units="4", member_id="M2")]
    assert found(others, of="member_and_provider") == []


# -------------------------------------------------------------------------------------- readings and what lifts


def test_a_pooled_reading_caps_at_review_unless_one_code_alone_breaks_the_limit() -> None:
    entry: dict[str, Any] = {"assumed_pooled": "the bulletin does not say whether the codes share the limit"}
    mixed = [line("C1", units="3"), line("C2", units="2", procedure_code="98961")]
    verdict = one(mixed, **entry)
    assert (verdict["at_most"], verdict["capped_by"]) == ("review", [entry["assumed_pooled"]])
    assert found([line("C1", units="3"), line("C2", units="2")], **entry) == [("C2 line 1", "reject")]
    assert found([*mixed, line("C3", units="2")], **entry) == [("C2 line 1", "review"), ("C3 line 1", "reject")]


def test_one_code_that_breaks_the_limit_only_with_rejected_claims_does_not_settle_the_reading() -> None:
    lines = [line("C1", units="3", procedure_code="98961"), line("C2", units="2", stands=False), line("C3", units="3")]
    verdicts = judged(unit_limits, a_fact(unit_limits, **DAILY, assumed_pooled="read so"), lines)
    assert verdicts.select("where", "at_most", "capped_by").rows() == [
        ("C2 line 1", "review", ["read so"]), ("C3 line 1", "review", ["read so"]),
    ]  # fmt: skip


def test_documentation_lifts_a_limit_to_review() -> None:
    verdict = one([line("C1", units="5")], lifted_by="documentation")
    assert (verdict["at_most"], verdict["capped_by"]) == ("review", ["documentation lifts this limit"])
    assert verdict["remedy"].startswith("Attach the documentation")


def authorized(units: str | None, **values: Any) -> References:
    row = {
        "number": "A1",
        "member_id": "M1",
        "effective": "2026-01-01",
        "ended": "2026-12-31",
        "units": units,
        **values,
    }
    return read_references(authorizations=pl.DataFrame([row], schema_overrides={"units": pl.String}))


LIFTED: dict[str, Any] = {"lifted_by": "prior_authorization"}


def test_without_a_number_the_limit_holds() -> None:
    assert found([line("C1", units="5")], **LIFTED) == [("C1 line 1", "reject")]


def test_a_number_without_the_file_is_unknown() -> None:
    verdict = one([line("C1", units="5", prior_authorization="A1")], **LIFTED)
    assert (verdict["verdict"], verdict["at_most"]) == ("unknown", "review")
    assert verdict["capped_by"] == [
        "an authorization is numbered on the claim, and the authorizations file was not given"
    ]


def test_an_authorization_lifts_only_a_limit_that_says_so() -> None:
    assert found([line("C1", units="5", prior_authorization="A1")], authorized("10")) == [("C1 line 1", "reject")]


def test_what_other_services_used_of_an_authorization_is_used() -> None:
    lines = [line("C1", units="4"), line("C2", units="6", procedure_code="98961", service="small-group")]
    assert found(lines, authorized("10"), **LIFTED, each=True) == []
    assert one(lines, authorized("9"), **LIFTED, each=True)["found"] == "10"


@pytest.mark.parametrize("number", ["A1", None])
def test_a_fitting_authorization_on_file_is_the_limit(number: str | None) -> None:
    lines = [
        line("C1", "2026-05-04", units="4", prior_authorization=number),
        line("C2", units="6", prior_authorization=number),
    ]
    assert found(lines, authorized("10"), **LIFTED) == []
    assert found(lines, authorized(None), **LIFTED) == []
    verdict = one(lines, authorized("9"), **LIFTED)
    assert (verdict["where"], verdict["cause"], verdict["column"]) == ("C2 line 1", "authorization_exhausted", "units")
    assert (verdict["found"], verdict["allowed"]) == ("10", "9 units in all")
    assert verdict["message"] == "10 units used of its authorization, this line included; it covers 9."
    assert verdict["amount_at_risk"] == Decimal("15.33")


@pytest.mark.parametrize(
    "values",
    [{"number": "A2"}, {"member_id": "M2"}, {"ended": "2026-05-04"}, {"effective": "2026-05-06"}, {"procedure_code": "98961"},
     {"modifiers": "U7:HQ"}, {"billing_npi": "1111111112"}, {"program": "yy-chw"}],
)  # fmt: skip
def test_an_authorization_that_does_not_fit_lifts_nothing(values: dict[str, Any]) -> None:
    lines = [line("C1", units="5", prior_authorization="A1")]
    verdict = one(lines, authorized("99", **values), **LIFTED)
    assert (verdict["cause"], verdict["verdict"], verdict["at_most"]) == ("units_over_daily_limit", "fail", None)


def test_an_authorization_that_says_all_a_line_says_fits() -> None:
    values = {"procedure_code": "98960", "modifiers": "U7", "billing_npi": "1234567893", "program": "xx-chw"}
    assert found([line("C1", units="5", prior_authorization="A1")], authorized("5", **values), **LIFTED) == []


# --------------------------------------------------------------------------------------------------- the entry


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"per": "week"}, "a limit per week needs week_starts"),
        ({"per": "rolling_days"}, "a limit per rolling_days needs length"),
        ({"per": "state_fiscal_year"}, "a limit per state_fiscal_year needs year_begins"),
        ({"per": "day", "length": 3}, "length means nothing for a limit per day"),
    ],
)
def test_an_entry_says_what_its_period_needs_and_no_more(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(message)):
        unit_limits.Entry.model_validate({"id": "rule", "source": "s1", **DAILY, **entry})


@pytest.mark.parametrize(
    ("entry", "is_fine"),
    [
        ({"at_most": "0"}, True), ({"at_most": "-1"}, False), ({"at_most": "10000000"}, True),
        ({"at_most": "10000001"}, False), ({"per": "rolling_days", "length": 1}, True),
        ({"per": "rolling_days", "length": 0}, False),
    ],
)  # fmt: skip
def test_a_limit_and_a_window_have_a_size(entry: dict[str, Any], is_fine: bool) -> None:
    values = {"id": "rule", "source": "s1", **DAILY, **entry}
    if is_fine:
        assert unit_limits.Entry.model_validate(values).measure == "units"
    else:
        with pytest.raises(ValidationError):
            unit_limits.Entry.model_validate(values)


# -------------------------------------------------------------------------------------------------- the oracle

PERIODS = st.sampled_from(
    [{"per": "day"}, {"per": "week", "week_starts": "sunday"}, {"per": "month"}, {"per": "rolling_days", "length": 3},
     {"per": "rolling_months", "length": 1}, {"per": "lifetime"}]
)  # fmt: skip
LINES = st.lists(
    st.fixed_dictionaries({
        "member_id": st.sampled_from(["M1", "M2"]), "offset": st.integers(0, 40), "units": st.integers(0, 4),
        "stands": st.sampled_from([True, True, False]), "is_history": st.sampled_from([False, False, True]),
        "counts": st.sampled_from([True, True, True, False]),
    }),
    max_size=14,
)  # fmt: skip


def expected(frame: pl.DataFrame, entry: unit_limits.Entry) -> dict[str, tuple[str, Decimal, list[str]]]:
    """The same rule as one loop over lines of single days: where, what it is worth, what was found, and why."""
    before: dict[str, list[dict[str, Any]]] = defaultdict(list)
    verdicts: dict[str, tuple[str, Decimal, list[str]]] = {}
    by = ["service_date", "order"] if entry.per.startswith("rolling") else ["order"]
    for row in frame.filter("counts").sort(by).iter_rows(named=True):
        own_day = row["service_date"]
        same = [other for other in before[row["member_id"]] if shares(entry, other["service_date"], own_day)]
        before[row["member_id"]].append(row)
        if row["is_history"]:
            continue
        for worth, counted in (("reject", [other for other in same if other["stands"]]), ("review", same)):
            total = sum((other["units"] for other in counted), Decimal(0))
            if row["units"] > max(entry.at_most - total, Decimal(0)):
                verdicts[row["label"]] = (worth, total + row["units"], [o["label"] for o in counted if o["units"]][:20])
                break
    return verdicts


def shares(entry: unit_limits.Entry, other: date, day: date) -> bool:
    if entry.per == "rolling_days":
        return day - timedelta(days=entry.length or 0) < other <= day
    if entry.per == "rolling_months":
        return day - relativedelta(months=entry.length or 0) < other <= day
    week = [(each - timedelta(days=(each.weekday() + 1) % 7)) for each in (other, day)]
    return {"day": other == day, "month": other.replace(day=1) == day.replace(day=1), "week": week[0] == week[1]}.get(
        entry.per, True
    )


@settings(max_examples=150, deadline=None)
@given(LINES, PERIODS, st.integers(0, 12))
def test_limits_agree_with_a_plain_loop(drawn: list[dict[str, Any]], period: dict[str, Any], at_most: int) -> None:
    lines = [
        line(f"C{number}", str(date(2026, 1, 20) + timedelta(days=item["offset"])), units=str(item["units"]), member_id=item["member_id"],
             stands=item["stands"] or item["is_history"], is_history=item["is_history"], counts=item["counts"],
             status="paid" if item["is_history"] else None)
        for number, item in enumerate(drawn)
    ]  # fmt: skip
    if not lines:
        return
    fact = a_fact(unit_limits, at_most=str(at_most), measure="units", **period)
    verdicts = judged(unit_limits, fact, lines)
    got = {
        row["where"]: (row["at_most"] or "reject", Decimal(row["found"]), row["related"])
        for row in verdicts.iter_rows(named=True)
    }
    assert isinstance(fact.entry, unit_limits.Entry)
    assert got == expected(rows(lines), fact.entry)


RANGES = st.lists(
    st.fixed_dictionaries({
        "member_id": st.sampled_from(["M1", "M2"]), "offset": st.integers(0, 12), "length": st.sampled_from([0, 0, 1, 5]),
        "units": st.integers(0, 4), "stands": st.booleans(), "is_history": st.sampled_from([False, False, True]),
    }),
    min_size=1, max_size=10,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(RANGES, st.integers(0, 8))
def test_date_ranges_in_rolling_windows_agree_with_a_plain_loop(drawn: list[dict[str, Any]], at_most: int) -> None:
    """At least: what must lie in the window that ends on the last day. At most: what may share a window with a day."""
    first = date(2026, 5, 4)
    lines = [
        ranged(f"C{number}", str(first + timedelta(days=item["offset"])),
               str(first + timedelta(days=item["offset"] + item["length"])), str(item["units"]),
               member_id=item["member_id"], stands=item["stands"] or item["is_history"], is_history=item["is_history"],
               status="paid" if item["is_history"] else None)
        for number, item in enumerate(drawn)
    ]  # fmt: skip
    before: dict[str, list[dict[str, Any]]] = defaultdict(list)
    plain: dict[str, str] = {}
    for row in rows(lines).sort("last_date", "order").iter_rows(named=True):
        earlier = before[row["member_id"]]
        edge, first_edge = row["last_date"] - timedelta(days=3), row["service_date"] - timedelta(days=3)
        surely = sum(each["units"] for each in earlier if each["stands"] and each["service_date"] > edge)
        maybe = sum(each["units"] for each in earlier if each["last_date"] > first_edge)
        least = row["units"] if row["service_date"] > edge else 0
        if not row["is_history"] and row["units"] > max(at_most - maybe, 0):
            plain[row["label"]] = "reject" if least > max(at_most - surely, 0) else "review"
        earlier.append(row)
    assert dict(found(lines, at_most=str(at_most), per="rolling_days", length=3)) == plain


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 6)), min_size=1, max_size=4),
    st.integers(1, 5),
)
def test_a_range_is_judged_as_trying_every_split_would(drawn: list[tuple[int, int, int]], at_most: int) -> None:
    """One range after lines of single days: reject exactly when no split fits, review exactly when some does not."""
    singles = [(offset, units) for offset, _, units in drawn[:-1]]
    start, length, units = drawn[-1][0], drawn[-1][1] + 1, drawn[-1][2]
    day = date(2026, 5, 4)
    lines = [line(f"C{number}", str(day + timedelta(days=offset)), units=str(own), is_history=True, status="paid")
             for number, (offset, own) in enumerate(singles)]  # fmt: skip
    lines.append(
        line(
            "R",
            str(day + timedelta(days=start)),
            units=str(units),
            service_end_date=str(day + timedelta(days=start + length)),
        )
    )
    used: dict[int, int] = defaultdict(int)
    for offset, own in singles:
        used[offset] += own
    outcomes = [
        all(part == 0 or used[start + index] + part <= at_most for index, part in enumerate(split))
        for split in splits(units, length + 1)
    ]
    worth = "reject" if not any(outcomes) else "review" if not all(outcomes) else None
    assert found(lines, at_most=str(at_most)) == ([("R line 1", worth)] if worth else [])


def splits(units: int, days: int) -> list[tuple[int, ...]]:
    if days == 1:
        return [(units,)]
    return [(first, *rest) for first in range(units + 1) for rest in splits(units - first, days - 1)]


@pytest.mark.parametrize(
    ("lines", "entry", "is_clear"),
    [
        ([line("C1", units="3"), line("C2", units="1")], DAILY, True),
        ([line("C1", units="3"), line("C2", units="1.001")], DAILY, False),
        ([line("C1", units="4"), line("H1", units="0", is_history=True)], DAILY, True),
        ([line("C1", units="1"), line("C2", units=None)], DAILY, False),
        ([line("C1", units="1"), line("C2", units="-1")], DAILY, False),
        ([line("C1", units="1", member_id=None)], DAILY, False),
        ([line("C1", units="1", billing_npi=None)], DAILY, True),
        ([line("C1", units="1", billing_npi=None)], {**DAILY, "of": "member_and_provider"}, False),
        ([line("C1", units="1")], {**DAILY, "lifted_by": "prior_authorization"}, False),
        ([line("C1", units="1")], {**DAILY, "measure": "days"}, False),
        ([line("C1", units="1")], {**DAILY, "per": "authorization"}, False),
    ],
)
def test_few_rows_are_clear_when_all_their_units_together_are_within_the_limit(
    lines: list[dict[str, Any]], entry: dict[str, Any], is_clear: bool
) -> None:
    assert unit_limits.is_clear(a_fact(unit_limits, **entry), rows(lines)) is is_clear
