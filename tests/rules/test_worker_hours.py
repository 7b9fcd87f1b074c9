"""Hours of one worker over all members, with group sessions counted once."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.references import References
from billing.rules import worker_hours
from billing.rules._kind import Context
from tests.rules.windows import RECEIVED, a_fact, judged, labels_of, line, rows, severities

DAY = a_fact(worker_hours, "national", at_most=4, per="day")
GROUP = {"delivery": "group", "service": "small-group"}


def at(claim_id: str, times: str | None, **values: Any) -> dict[str, Any]:
    """One line of worker W1, each claim with a member of its own name unless said otherwise."""
    start, end = times.split("-") if times else (None, None)
    return line(claim_id, start_time=start, end_time=end, **{"worker_npi": "W1", "member_id": claim_id, **values})


def found(fact: Any, *lines: dict[str, Any]) -> list[tuple[str, str]]:
    return severities(judged(worker_hours, fact, lines))


def unchecked(*lines: dict[str, Any]) -> list[str]:
    frame = rows(lines)
    return labels_of(worker_hours.unchecked(DAY, Context(frame.lazy(), References(), RECEIVED)), frame)


def test_as_many_hours_as_the_day_may_hold_pass_and_a_minute_more_does_not() -> None:
    assert found(DAY, at("C1", "09:00-11:00"), at("C2", "12:00-14:00")) == []
    verdicts = judged(worker_hours, DAY, [at("C1", "09:00-11:00"), at("C2", "12:00-14:01")])
    assert severities(verdicts) == [("C2 line 1", "reject")]
    assert verdicts.select("cause", "column", "message", "remedy", "found", "allowed", "related", "capped_by").row(0) == (
        "worker_hours_exceeded", "start_time",
        "Sessions of the worker on 2026-05-05 add up to 4 hours 1 minute with this one; at most 4 hours.",
        "Compare the worker's sessions with their records: one group session billed as several, or the wrong worker on a line, is the usual cause. Hold this line until they add up.",
        "4 hours 1 minute", "4 hours", ["C1 line 1"], [],
    )  # fmt: skip


def test_the_session_that_goes_over_is_reported_and_so_are_those_behind_it() -> None:
    lines = [at("C3", "14:00-15:00"), at("C1", "09:00-12:00"), at("C2", "12:00-14:00")]
    verdicts = judged(worker_hours, DAY, lines)
    assert verdicts.select("where", "found").rows() == [("C3 line 1", "6 hours"), ("C2 line 1", "5 hours")]


def test_overlapping_sessions_are_added_up_and_seconds_are_not() -> None:
    assert found(DAY, at("C1", "09:00-12:00"), at("C2", "09:00-11:00")) == [("C2 line 1", "reject")]
    assert found(DAY, at("C1", "09:00:00-12:00:59"), at("C2", "12:30:00-13:30:59")) == []


def test_another_day_or_worker_begins_at_zero() -> None:
    free = at("C2", "09:00-12:00", service_date="2026-05-06"), at("C3", "12:00-15:00", worker_npi="W2")
    assert found(DAY, at("C1", "09:00-12:00"), *free) == []


@pytest.mark.parametrize("like", [{"session_id": "S1", **GROUP}, GROUP, {"session_id": "S1", "delivery": None}])
def test_a_group_session_counts_once(like: dict[str, Any]) -> None:
    group = [at(name, "09:00-12:00", **like) for name in ("C1", "C2", "C3")]
    assert found(DAY, *group, at("C4", "12:00-13:00")) == []
    assert found(DAY, *group, at("C4", "12:00-13:01")) == [("C4 line 1", "reject")]


def test_services_for_one_member_are_sessions_of_their_own() -> None:
    lines = [at(name, "09:00-12:00", session_id="S1") for name in ("C1", "C2")]
    assert found(DAY, *lines) == [("C2 line 1", "reject")]


def test_the_break_of_a_session_does_not_count() -> None:
    halves = [at("C1", "09:00-11:00", session_id="S1", **GROUP), at("C2", "13:00-15:00", session_id="S1", **GROUP)]
    assert found(DAY, *halves) == []
    assert found(DAY, *halves, at("C3", "16:00-16:01")) == [("C3 line 1", "reject")]


def test_every_line_of_a_group_session_that_goes_over_is_found() -> None:
    group = [at(name, "12:00-14:00", **GROUP) for name in ("C2", "C3")]
    assert found(DAY, at("C1", "09:00-12:00"), *group) == [("C2 line 1", "reject"), ("C3 line 1", "reject")]


@pytest.mark.parametrize(
    ("entry", "inside", "outside", "words"),
    [
        ({"per": "week", "week_starts": "monday"}, "2026-05-10", "2026-05-11", "in the week from 2026-05-04"),
        ({"per": "month"}, "2026-05-31", "2026-06-01", "in 2026-05"),
        ({"per": "quarter"}, "2026-06-30", "2026-07-01", "in the quarter from 2026-04-01"),
        ({"per": "calendar_year"}, "2026-12-31", "2027-01-01", "in 2026"),
        ({"per": "state_fiscal_year", "year_begins": "07-01"}, "2026-06-30", "2026-07-01", "in the fiscal year from 2025-07-01"),
    ],
)  # fmt: skip
def test_hours_may_be_added_up_over_a_longer_period(
    entry: dict[str, Any], inside: str, outside: str, words: str
) -> None:
    fact = a_fact(worker_hours, at_most="4.5", **entry)
    assert found(fact, at("C1", "09:00-12:00"), at("C2", "09:00-12:00", service_date=outside)) == []
    verdicts = judged(worker_hours, fact, [at("C1", "09:00-12:00"), at("C2", "09:00-12:00", service_date=inside)])
    assert verdicts["message"].to_list() == [
        f"Sessions of the worker {words} add up to 6 hours with this one; at most 4 hours 30 minutes."
    ]


@pytest.mark.parametrize("values", [
    {"start_time": None}, {"end_time": None}, {"start_time": "13:00", "end_time": "09:00"},
    {"service_end_date": "2026-05-06"}, {"service_date": None}, {"worker_npi": None},
])  # fmt: skip
def test_a_line_that_does_not_say_when_or_by_whom_is_not_checked(values: dict[str, Any]) -> None:
    lines = at("C1", "09:00-12:00"), {**at("C2", "09:00-18:00"), **values}
    assert found(DAY, *lines) == []
    assert unchecked(*lines) == ["C2 line 1"]
    assert worker_hours.unchecked_needs(DAY) == "worker, start_time or end_time"
    assert rows(lines).select(worker_hours.concerns(DAY)).to_series().sort().to_list() == [False, True]


def test_what_does_not_count_is_not_added_up() -> None:
    assert found(DAY, at("C1", "09:00-12:00", counts=False), at("C2", "12:00-15:00")) == []
    assert unchecked(at("C1", None, counts=False), at("H1", None, is_history=True, status="paid")) == []


def test_only_days_of_the_entry_are_added_up() -> None:
    fact = a_fact(worker_hours, at_most=4, per="month", effective="2026-05-05")
    before = at("C1", "09:00-12:00", service_date="2026-05-04")
    assert found(fact, before, at("C3", "12:00-15:00")) == []
    assert found(fact, at("C1", "09:00-12:00"), at("C3", "12:00-15:00")) == [("C3 line 1", "reject")]


def test_over_only_with_a_claim_that_is_rejected_anyway_it_is_review() -> None:
    lines = [at("C1", "09:00-12:00", stands=False), at("C2", "12:00-15:00")]
    verdicts = judged(worker_hours, DAY, lines)
    assert severities(verdicts) == [("C2 line 1", "review")]
    assert verdicts["capped_by"].to_list() == [["fits only while C1 stays out"]]
    assert found(DAY, *lines, at("C3", "15:00-17:00")) == [("C2 line 1", "review"), ("C3 line 1", "reject")]


def test_a_claim_that_is_rejected_anyway_does_not_excuse_itself() -> None:
    own = [at("C1", "09:00-12:00", stands=False), at("C1", "12:00-15:00", stands=False)]
    assert found(DAY, *own) == [("C1 line 2", "reject")]
    assert found(DAY, at("C1", "09:00-12:00"), at("C2", "12:00-15:00", stands=False)) == [("C2 line 1", "reject")]


def test_exactly_at_the_limit_without_the_claims_that_are_rejected_anyway_it_is_review() -> None:
    out = at("C1", "09:00-10:00", stands=False)
    assert found(DAY, out, at("C2", "10:00-14:00")) == [("C2 line 1", "review")]
    assert found(DAY, out, at("C2", "10:00-14:01")) == [("C2 line 1", "reject")]


def test_a_session_that_is_over_by_itself_has_no_others_beside_it() -> None:
    verdicts = judged(worker_hours, DAY, [at("C1", "09:00-13:01")])
    assert verdicts.select("where", "related", "capped_by").rows() == [("C1 line 1", [], [])]


def test_only_claims_that_are_rejected_anyway_must_stay_out() -> None:
    lines = [at("C1", "08:00-09:00"), at("C2", "09:00-12:00", stands=False), at("C3", "12:00-15:00")]
    assert judged(worker_hours, DAY, lines)["capped_by"].to_list() == [["fits only while C2 stays out"]]


def test_the_days_of_two_workers_are_added_up_apart_however_they_come() -> None:
    lines = [at("C1", "09:00-11:00"), at("C2", "09:30-11:30", worker_npi="W2"), at("C3", "12:00-15:00"),
             at("C4", "12:30-13:30", worker_npi="W2"), at("C5", None)]  # fmt: skip
    assert found(DAY, *lines) == found(DAY, *reversed(lines)) == [("C3 line 1", "reject")]


def test_a_group_session_stands_when_one_of_its_claims_does() -> None:
    group = [at("C1", "09:00-12:00", stands=False, **GROUP), at("C2", "09:00-12:00", **GROUP)]
    assert found(DAY, *group, at("C3", "12:00-15:00")) == [("C3 line 1", "reject")]


def test_no_more_than_twenty_other_lines_are_named() -> None:
    lines = [at(f"C{number:02}", "09:00-09:30", new_claim=True) for number in range(30)]
    verdicts = judged(worker_hours, DAY, lines)
    assert verdicts.filter(pl.col("where") == "C29 line 1")["related"].to_list() == [
        [f"C{number:02} line 1" for number in range(20)]
    ]
    assert verdicts.filter(pl.col("where") == "C08 line 1")["related"].list.len().to_list() == [20]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"at_most": 40, "per": "week"}, "per: week needs week_starts"),
        ({"at_most": 40, "per": "state_fiscal_year"}, "per: state_fiscal_year needs year_begins"),
        ({"at_most": 24, "per": "day", "week_starts": "monday"}, "week_starts means nothing with per: day"),
        ({"at_most": 24, "per": "month", "year_begins": "07-01"}, "year_begins means nothing with per: month"),
    ],
)
def test_an_entry_has_what_its_period_needs_and_no_more(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        a_fact(worker_hours, **values)
