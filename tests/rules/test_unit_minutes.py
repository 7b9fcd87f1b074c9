"""Minutes and the units they earn, under each named rounding rule, per session and per day, both ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.policy.codesets import Fact, Program
from billing.policy.schema import Service
from billing.references import References
from billing.rules import unit_minutes
from billing.rules._kind import Context
from billing.rules._rounding import earned, rounding_text, surely_earned
from tests.rules.harness import a_fact, a_service
from tests.rules.windows import RECEIVED, labels_of, line, rows

VECTORS = [  # minutes, base, full_unit, up_to, midpoint
    (7, 15, 0, 1, 0), (8, 15, 0, 1, 1), (14, 15, 0, 1, 1), (15, 15, 1, 1, 1), (16, 15, 1, 2, 1), (22, 15, 1, 2, 1),
    (23, 15, 1, 2, 2), (30, 15, 2, 2, 2), (37, 15, 2, 3, 2), (38, 15, 2, 3, 3), (60, 15, 4, 4, 4), (15, 30, 0, 1, 0),
    (16, 30, 0, 1, 1), (45, 30, 1, 2, 1), (46, 30, 1, 2, 2), (30, 60, 0, 1, 0), (31, 60, 0, 1, 1), (0, 15, 0, 0, 0),
]  # fmt: skip
MEDICARE = {7: 0, 8: 1, 22: 1, 23: 2, 37: 2, 38: 3, 52: 3, 53: 4, 67: 4, 68: 5, 82: 5, 83: 6, 97: 6}
TENTHS = {2: "0", 3: "0.1", 6: "0.1", 8: "0.1", 9: "0.2", 12: "0.2", 57: "1", 60: "1", 65: "1.1"}


def service(rounding: str | None = "full_unit", **values: Any) -> Fact:
    of = {"unit_minutes": 15, "rounding": rounding, "rounding_scope": "session", **values}
    return a_fact(a_service(**{name: value for name, value in of.items() if value is not None}))


def units(minutes: int | None, fact: Fact, how: Any = earned) -> Decimal | None:
    made = fact.entry
    assert isinstance(made, Service)
    frame = pl.DataFrame({"minutes": [minutes]}, schema={"minutes": pl.Int64})
    found: Decimal | None = frame.select(how(pl.col("minutes"), made)).item()
    return found


@pytest.mark.parametrize(("minutes", "base", "full_unit", "up_to", "midpoint"), VECTORS)
def test_each_rule_makes_its_units_of_the_minutes(
    minutes: int, base: int, full_unit: int, up_to: int, midpoint: int
) -> None:
    assert units(minutes, service("full_unit", unit_minutes=base)) == full_unit
    assert units(minutes, service("up_to", unit_minutes=base)) == up_to
    assert units(minutes, service("midpoint", unit_minutes=base)) == midpoint


@pytest.mark.parametrize(("minutes", "expected"), MEDICARE.items())
def test_the_eight_minute_rule_is_medicares_table(minutes: int, expected: int) -> None:
    assert units(minutes, service("cms_8_single")) == expected


@pytest.mark.parametrize(("minutes", "expected"), TENTHS.items())
def test_tenths_of_an_hour_are_the_nearest_six_minutes(minutes: int, expected: str) -> None:
    assert units(minutes, service("tenth_of_hour", unit_minutes=60)) == Decimal(expected)


def test_one_a_session_and_one_a_day_are_earned_by_any_minutes_above_the_least() -> None:
    for rounding, scope in (("per_session", "session"), ("per_day", "day")):
        fact = service(rounding, unit_minutes=None, rounding_scope=scope, minimum_minutes=60)
        assert [units(minutes, fact) for minutes in (59, 60, 300)] == [0, 1, 1]


def test_fewer_than_the_least_minutes_earn_nothing_under_any_rule() -> None:
    assert [units(minutes, service("up_to", minimum_minutes=8)) for minutes in (7, 8, 15, 16)] == [0, 1, 1, 2]
    alone = service(None, unit_minutes=None, minimum_minutes=8)
    assert [units(minutes, alone) for minutes in (7, 8)] == [0, None]


def test_without_a_rule_only_the_bounds_of_all_rules_are_known() -> None:
    assert [units(minutes, service(None)) for minutes in (1, 15, 16)] == [1, 1, 2]
    assert [units(minutes, service(None), surely_earned) for minutes in (14, 15, 29, 30)] == [0, 1, 1, 2]
    assert units(None, service()) is None


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (service("full_unit"), "in full units of 15 minutes"),
        (service("up_to", unit_minutes=30), "in units of 30 minutes, each one that was begun"),
        (service("midpoint"), "in units of 15 minutes, to the nearest"),
        (service("cms_8_single", minimum_minutes=8), "by the eight-minute rule, none under 8 minutes"),
        (service("cms_8_total", rounding_scope="day"), "by the eight-minute rule over the day's services"),
        (service("tenth_of_hour", unit_minutes=60), "in tenths of an hour"),
        (service("per_session", unit_minutes=None), "one per session"),
        (service("per_day", unit_minutes=None, rounding_scope=None), "one per day"),
        (service(None), "however they are rounded to units of 15 minutes"),
        (service(None, unit_minutes=None, minimum_minutes=8), "none under 8 minutes"),
    ],
)
def test_a_rule_is_put_into_words(fact: Fact, words: str) -> None:
    made = fact.entry
    assert isinstance(made, Service)
    assert rounding_text(made) == words


# ------------------------------------------------------------------------------------------------------- the check


def timed(claim_id: str, times: str | None, of: str | None = "1", **values: Any) -> dict[str, Any]:
    start, end = times.split("-") if times else (None, None)
    made = {"procedure_code": "H0038", "modifiers": [], "worker_npi": "W1", **values}
    return line(claim_id, units=of, start_time=start, end_time=end, **made)


def judged(fact: Fact, *lines: dict[str, Any], beside: tuple[Service, ...] = ()) -> pl.DataFrame:
    frame = rows(lines)
    made = fact.entry
    assert isinstance(made, Service)
    program = Program("xx-chw", "", None, None, "in_force", None, None, (), (made, *beside), (), {})
    own = frame.filter(pl.col("service") == made.id)
    context = Context(own.lazy(), References(), RECEIVED, frame.lazy(), program)
    found = unit_minutes.check(fact, context).collect()
    return found.join(frame.select("line_key", where="label"), on="line_key", how="left").sort("line_key", "cause")


def found(fact: Fact, *lines: dict[str, Any], beside: tuple[Service, ...] = ()) -> list[tuple[str, str, str, str]]:
    """Where, what it is worth, what was found and what is allowed."""
    worth = pl.coalesce(
        pl.when(pl.col("verdict") == "unknown").then(pl.lit("unknown")), pl.col("at_most").cast(pl.String)
    )
    verdicts = judged(fact, *lines, beside=beside)
    return verdicts.select("where", worth.fill_null("reject"), "found", "allowed").rows()


def unchecked(fact: Fact, *lines: dict[str, Any], beside: tuple[Service, ...] = ()) -> list[str]:
    frame = rows(lines)
    program = Program("xx-chw", "", None, None, "in_force", None, None, (), (fact.entry, *beside), (), {})  # type: ignore[arg-type]
    context = Context(frame.lazy(), References(), RECEIVED, frame.lazy(), program)
    return labels_of(unit_minutes.unchecked(fact, context), frame)


FULL = service("full_unit")
BY_DAY = service("full_unit", rounding_scope="day")
EITHER = service("full_unit", rounding_scope=None)
MIDPOINT_EITHER = service("midpoint", rounding_scope=None)
PER_DAY = service("per_day", unit_minutes=None, rounding_scope=None)


def test_as_many_units_as_the_minutes_earn_pass() -> None:
    for fact in (FULL, BY_DAY, EITHER):
        assert found(fact, timed("C1", "09:00-09:45", "3")) == []
        assert found(fact, timed("C1", "09:00-09:59", "3")) == []


def test_one_unit_more_is_rejected_and_the_finding_says_how_many_are_earned() -> None:
    verdicts = judged(FULL, timed("C1", "09:00-09:50", "4", charge="80.00"))
    assert verdicts.select(
        "cause", "column", "message", "remedy", "found", "allowed", "related", "amount_at_risk", "at_most", "capped_by"
    ).row(0) == (
        "units_not_supported_by_time", "units",
        "4 units of H0038 on 2026-05-05 for 50 minutes; earned: 3 units, in full units of 15 minutes.",
        "Bill 3 units on this line: the record of the service supports no more.",
        "4 units", "3 units", [], Decimal("20.00"), None, [],
    )  # fmt: skip


def test_one_unit_fewer_is_a_note_with_what_could_be_billed() -> None:
    verdicts = judged(FULL, timed("C1", "09:00-09:50", "2"))
    assert verdicts.select(
        "cause", "column", "message", "remedy", "found", "allowed", "amount_at_risk", "at_most", "capped_by"
    ).row(0) == (
        "units_fewer_than_minutes", "units",
        "2 units of H0038 on 2026-05-05 for 50 minutes; earned: 3 units, in full units of 15 minutes.",
        "Bill up to 3 units on this line, as far as the program's limits leave room.",
        "2 units", "3 units", Decimal("0.00"), "note", ["fewer units than the minutes earn break no rule"],
    )  # fmt: skip


def test_minutes_that_earn_no_unit_are_not_billed() -> None:
    verdicts = judged(service("midpoint", minimum_minutes=8), timed("C1", "09:00-09:07", "1", charge="20.00"))
    assert verdicts.select("cause", "message", "remedy", "found", "allowed", "amount_at_risk").rows() == [
        ("units_not_supported_by_time",
         "1 unit of H0038 on 2026-05-05 for 7 minutes; earned: no unit, in units of 15 minutes, to the nearest, none under 8 minutes.",
         "Take the line out: a service that earns no unit is not billed.", "1 unit", "no unit", Decimal("20.00")),
    ]  # fmt: skip
    assert found(service("midpoint", minimum_minutes=8), timed("C1", "09:00-09:08", "1")) == []


def test_seconds_are_dropped_before_the_rule_is_applied() -> None:
    assert found(service("midpoint"), timed("C1", "09:00:00-09:07:31")) == [
        ("C1 line 1", "reject", "1 unit", "no unit")
    ]
    assert found(service("midpoint"), timed("C1", "09:00:30-09:08:30")) == []


@pytest.mark.parametrize("times", [None, "10:00-09:00", "09:00-09:00", "23:30-00:30"])
def test_a_line_without_usable_times_is_not_checked_and_that_is_said(times: str | None) -> None:
    for fact in (FULL, BY_DAY, EITHER):
        assert found(fact, timed("C1", times, "9")) == []
        assert unchecked(fact, timed("C1", times, "9"), timed("C2", "09:00-10:00", "4", service_date="2026-05-06")) == [
            "C1 line 1"
        ]
        assert unit_minutes.unchecked_needs(fact) == "start_time and end_time"


def test_one_missing_time_is_enough_not_to_be_checked() -> None:
    half = line("C1", units="9", start_time="09:00", end_time=None, worker_npi="W1")
    assert found(FULL, half) == []
    assert unchecked(FULL, half) == ["C1 line 1"]


def test_the_times_of_a_date_range_are_of_no_one_day() -> None:
    range_ = timed("C1", "09:00-10:00", "9", service_end_date="2026-05-06")
    assert found(FULL, range_) == []
    assert unchecked(FULL, range_) == ["C1 line 1"]


def test_units_sent_as_minutes_are_the_units_rules_business() -> None:
    for fact in (FULL, BY_DAY):
        assert found(fact, timed("C1", "09:00-10:00", "60", unit_basis="MJ")) == []
        assert unchecked(fact, timed("C1", "09:00-10:00", "60", unit_basis="MJ")) == ["C1 line 1"]


def test_missing_units_cannot_be_checked() -> None:
    assert found(FULL, timed("C1", "09:00-10:00", None)) == [
        ("C1 line 1", "unknown", "nothing", "a line with its units")
    ]
    assert found(FULL, timed("C1", None, None)) == []


def test_what_does_not_count_is_left_out() -> None:
    assert found(FULL, timed("C1", "09:00-10:00", "9", counts=False)) == []
    void = timed("C1", None, counts=False), timed("C2", None, counts=False, service_end_date="2026-05-07")
    assert unchecked(FULL, *void) == []
    assert unchecked(BY_DAY, *void, timed("C3", "09:00-10:00")) == []
    assert found(BY_DAY, timed("C1", "09:00-10:00", "4", counts=False), timed("C2", "11:00-11:15", "2")) == [
        ("C2 line 1", "reject", "2 units", "1 unit")
    ]


def test_another_day_of_the_policy_is_not_judged() -> None:
    ended = replace(FULL, ended=date(2026, 5, 4))
    assert found(ended, timed("C1", "09:00-10:00", "9")) == []
    assert found(replace(FULL, ended=date(2026, 5, 5)), timed("C1", "09:00-10:00", "9")) == [
        ("C1 line 1", "reject", "9 units", "4 units")
    ]


# ---------------------------------------------------------------------------------------------- sessions and days


TEN, SEVEN = timed("C1", "09:00-09:10"), timed("C2", "14:00-14:07")


def test_per_session_each_line_is_rounded_by_itself() -> None:
    lines = [{**TEN, "units": "1"}, {**SEVEN, "units": "0"}]
    assert found(FULL, *lines) == [("C1 line 1", "reject", "1 unit", "no unit")]


def test_per_day_the_minutes_are_added_up_first() -> None:
    assert found(BY_DAY, {**TEN, "units": "1"}, {**SEVEN, "units": "0"}) == []
    verdicts = judged(BY_DAY, TEN, {**SEVEN, "charge": "20.00"})
    assert verdicts.select("where", "message", "remedy", "found", "allowed", "related", "amount_at_risk").rows() == [
        ("C2 line 1",
         "2 units of H0038 on 2026-05-05 (1 of them in earlier lines) for 17 minutes; earned: 1 unit, in full units of 15 minutes.",
         "Hold this line: the earlier lines of the day bill all that is earned.", "2 units", "1 unit", ["C1 line 1"],
         Decimal("20.00")),
    ]  # fmt: skip


def test_a_line_of_the_day_that_is_partly_earned_says_what_fits() -> None:
    verdicts = judged(BY_DAY, timed("C1", "09:00-09:15"), timed("C2", "10:00-10:40", "3", charge="60.00"))
    assert verdicts.select("where", "remedy", "found", "allowed", "amount_at_risk").rows() == [
        ("C2 line 1", "Bill 2 units on this line: the record of the service supports no more.", "4 units", "3 units",
         Decimal("20.00")),
    ]  # fmt: skip


def test_the_day_that_bills_too_little_is_noted_once_on_its_last_line() -> None:
    verdicts = judged(BY_DAY, timed("C1", "09:00-09:20"), timed("C2", "10:00-10:25"))
    assert verdicts.select("where", "at_most", "found", "allowed", "message", "remedy").rows() == [
        ("C2 line 1", "note", "2 units", "3 units",
         "2 units of H0038 on 2026-05-05 for 45 minutes; earned: 3 units, in full units of 15 minutes.",
         "Bill up to 2 units on this line, as far as the program's limits leave room."),
    ]  # fmt: skip


def test_minutes_that_two_lines_share_count_once() -> None:
    assert found(BY_DAY, timed("C1", "09:00-10:00", "4"), timed("C2", "09:30-10:30", "4")) == [
        ("C2 line 1", "reject", "8 units", "6 units")
    ]
    within = [timed("C1", "09:00-10:00", "4"), timed("C2", "09:15-09:30", "1"), timed("C3", "09:45-10:15")]
    assert found(BY_DAY, *within) == [("C3 line 1", "reject", "6 units", "5 units")]


def test_another_day_member_or_worker_has_minutes_of_its_own() -> None:
    for other in ({"service_date": "2026-05-06"}, {"member_id": "M2"}, {"worker_npi": "W2"}):
        assert found(BY_DAY, timed("C1", "09:00-10:00", "0"), {**SEVEN, **other}) == [
            ("C1 line 1", "note", "0 units", "4 units"), ("C2 line 1", "reject", "1 unit", "no unit"),
        ]  # fmt: skip


def test_the_days_of_two_members_are_kept_apart_however_their_lines_come() -> None:
    both = [{**SEVEN, "claim_id": name, "member_id": "M2"} for name in ("C3", "C4")]
    both[0] |= {"start_time": "09:05", "end_time": "09:15"}
    expected = [("C2 line 1", "reject", "2 units", "1 unit"), ("C4 line 1", "reject", "2 units", "1 unit")]
    assert found(BY_DAY, TEN, both[0], SEVEN, both[1]) == [expected[0], expected[1]]
    shared = [
        timed("C1", "09:00-10:00", "4"),
        timed("C3", "09:10-09:20", "0", member_id="M2"),
        timed("C2", "09:30-10:30", "4"),
    ]
    assert found(BY_DAY, *shared) == [("C2 line 1", "reject", "8 units", "6 units")]


def test_without_a_worker_the_biller_tells_the_days_apart() -> None:
    first = timed("C1", "09:00-09:10", worker_npi=None)
    assert found(BY_DAY, first, {**SEVEN, "worker_npi": None, "units": "0"}) == []
    assert found(BY_DAY, first, {**SEVEN, "worker_npi": None, "units": "0", "billing_npi": "1999999984"}) == [
        ("C1 line 1", "reject", "1 unit", "no unit")
    ]


def test_a_day_with_a_line_without_times_is_not_checked() -> None:
    for other in (timed("C2", None), timed("C2", None, worker_npi="W2"), timed("C2", None, is_history=True, status="paid"),
                  timed("C2", "09:00-10:00", service_date="2026-05-01", service_end_date="2026-05-03")):  # fmt: skip
        assert found(BY_DAY, timed("C1", "09:00-10:00", "9"), other) == []
        assert "C1 line 1" in unchecked(BY_DAY, timed("C1", "09:00-10:00", "9"), other)
        assert "C2 line 1" not in unchecked(BY_DAY, timed("C1", "09:00-10:00", "9"), {**other, "is_history": True})
    free = timed("C2", None, member_id="M2"), timed("C3", None, service_date="2026-05-06")
    assert found(BY_DAY, timed("C1", "09:00-10:00", "9"), *free) == [("C1 line 1", "reject", "9 units", "4 units")]
    assert unchecked(BY_DAY, timed("C1", "09:00-10:00", "9"), *free) == ["C2 line 1", "C3 line 1"]


def test_a_line_without_a_member_belongs_to_no_day() -> None:
    assert found(BY_DAY, timed("C1", "09:00-10:00", "9", member_id=None)) == [
        ("C1 line 1", "unknown", "nothing", "a line with its units and member id")
    ]
    assert found(FULL, timed("C1", "09:00-10:00", "9", member_id=None)) == [
        ("C1 line 1", "reject", "9 units", "4 units")
    ]


def test_what_is_over_only_with_a_claim_that_is_rejected_anyway_is_reviewed() -> None:
    lines = [timed("C1", "09:00-09:20", "2", stands=False), timed("C2", "10:00-10:20", "1")]
    verdicts = judged(BY_DAY, *lines)
    assert verdicts.select("where", "at_most", "capped_by").rows() == [
        ("C2 line 1", "review", ["fits only while C1 stays out"]),
    ]  # fmt: skip
    assert found(BY_DAY, timed("C1", "09:00-09:20", "2", stands=False), timed("C2", "10:00-10:20", "2")) == [
        ("C2 line 1", "reject", "4 units", "2 units")
    ]


def test_a_rejected_claim_does_not_excuse_itself() -> None:
    own = [timed("C1", "09:00-09:20", "2", stands=False), timed("C1", "10:00-10:20", "1", stands=False)]
    assert found(BY_DAY, *own) == [("C1 line 2", "reject", "3 units", "2 units")]
    assert judged(BY_DAY, own[0], timed("C2", "10:00-10:20", "1", stands=False))["capped_by"].to_list() == [
        ["fits only while C1 stays out"]
    ]


def test_where_no_source_says_which_only_what_both_readings_refuse_is_rejected() -> None:
    assert found(EITHER, TEN, SEVEN) == [
        ("C1 line 1", "review", "1 unit", "no unit"), ("C2 line 1", "reject", "1 unit", "no unit"),
    ]  # fmt: skip
    capped = judged(EITHER, TEN, SEVEN).select("where", "capped_by").rows()
    assert capped[0] == (
        "C1 line 1", ["the source does not say whether the minutes of a session or of the day are rounded"],
    )  # fmt: skip
    assert capped[1] == ("C2 line 1", [])
    eights = [timed("C1", "09:00-09:08"), timed("C2", "10:00-10:08")]
    assert found(MIDPOINT_EITHER, *eights) == [("C2 line 1", "review", "2 units", "1 unit")]


def test_where_no_source_says_which_both_readings_must_leave_units_unbilled_to_be_noted() -> None:
    assert found(EITHER, timed("C1", "09:00-09:10", "0"), timed("C2", "10:00-10:07", "0")) == []
    assert found(MIDPOINT_EITHER, timed("C1", "09:00-09:08", "0"), timed("C2", "10:00-10:08", "1")) == []
    assert found(EITHER, timed("C1", "09:00-09:40", "1"), timed("C2", "10:00-10:15", "1")) == [
        ("C1 line 1", "note", "1 unit", "2 units"),
    ]  # fmt: skip


def test_where_no_source_says_which_a_day_with_untimed_lines_is_reviewed() -> None:
    lines = [timed("C1", "09:00-10:00", "9"), timed("C2", None)]
    assert judged(EITHER, *lines).select("where", "at_most", "capped_by").rows() == [
        ("C1 line 1", "review", ["not all lines of the day have times"]),
    ]  # fmt: skip
    assert unchecked(EITHER, *lines) == ["C2 line 1"]
    assert found(EITHER, timed("C1", "09:00-10:00", "1"), timed("C2", None)) == []


def test_without_a_rounding_rule_only_what_every_rule_refuses_is_found() -> None:
    fact = service(None)
    assert found(fact, timed("C1", "09:00-09:46", "4")) == []
    assert found(fact, timed("C1", "09:00-09:46", "3")) == []
    assert found(fact, timed("C1", "09:00-09:46", "5")) == [("C1 line 1", "reject", "5 units", "at most 4 units")]
    assert found(fact, timed("C1", "09:00-09:46", "2")) == [("C1 line 1", "note", "2 units", "at least 3 units")]
    verdicts = judged(service(None, rounding_scope=None), timed("C1", "09:00-09:46", "5"))
    assert verdicts["message"].to_list() == [
        "5 units of H0038 on 2026-05-05 for 46 minutes; earned: at most 4 units, however they are rounded to units of 15 minutes."
    ]


def test_where_only_the_least_minutes_are_known_nothing_else_is_said() -> None:
    fact = service(None, unit_minutes=None, minimum_minutes=8)
    assert found(fact, timed("C1", "09:00-09:07", "1"), timed("C2", "10:00-10:08", "99")) == [
        ("C1 line 1", "reject", "1 unit", "no unit")
    ]
    by_day = service(None, unit_minutes=None, minimum_minutes=8, rounding_scope="day")
    assert found(by_day, timed("C1", "09:00-09:07", "1"), timed("C2", "10:00-10:05", "99")) == []
    assert found(by_day, timed("C1", "09:00-09:07", "1")) == [("C1 line 1", "reject", "1 unit", "no unit")]
    either = service(None, unit_minutes=None, minimum_minutes=8, rounding_scope=None)
    assert found(either, timed("C1", "09:00-09:07", "1"), timed("C2", "10:00-10:05", "1")) == [
        ("C1 line 1", "review", "1 unit", "no unit"), ("C2 line 1", "review", "1 unit", "no unit"),
    ]  # fmt: skip


# --------------------------------------------------------------------------------------- one a session, one a day


def test_a_session_earns_one() -> None:
    fact = service("per_session", unit_minutes=None, rounding_scope=None)
    assert found(fact, timed("C1", "09:00-12:00"), timed("C2", "13:00-13:10")) == []
    assert found(fact, timed("C1", "09:00-12:00", "2")) == [("C1 line 1", "reject", "2 units", "1 unit")]
    assert found(fact, timed("C1", None, "2")) == []
    assert unchecked(fact, timed("C1", None, "2")) == ["C1 line 1"]


def test_a_day_earns_one_with_times_or_without() -> None:
    assert (
        found(
            PER_DAY, timed("C1", None), timed("C2", None, service_date="2026-05-06"), timed("C3", None, member_id="M2")
        )
        == []
    )
    assert found(PER_DAY, timed("C1", None), timed("C2", "09:00-10:00")) == [
        ("C1 line 1", "reject", "2 units", "1 unit")
    ]
    verdicts = judged(PER_DAY, timed("C1", None, "2", charge="90.00"))
    assert verdicts.select("message", "remedy", "amount_at_risk").rows() == [
        ("2 units of H0038 on 2026-05-05; earned: 1 unit, one per day.",
         "Bill 1 unit on this line: the record of the service supports no more.", Decimal("45.00")),
    ]  # fmt: skip
    assert unchecked(PER_DAY, timed("C1", None)) == []


def test_what_the_history_billed_for_a_day_comes_first() -> None:
    old = timed("H1", None, is_history=True, status="paid")
    assert found(PER_DAY, old, timed("C1", None)) == [("C1 line 1", "reject", "2 units", "1 unit")]
    assert found(PER_DAY, {**old, "units": "2"}) == []


def test_each_day_of_a_range_earns_one() -> None:
    days = {"service_end_date": "2026-05-07"}
    assert found(PER_DAY, timed("C1", None, "3", **days)) == []
    assert found(PER_DAY, timed("C1", None, "4", **days)) == [("C1 line 1", "reject", "4 units", "3 units")]
    assert judged(PER_DAY, timed("C1", None, "4", **days))["message"].to_list() == [
        "4 units of H0038 on 2026-05-05 to 2026-05-07; earned: 3 units, one per day."
    ]


def test_a_day_below_its_least_minutes_earns_nothing_and_one_without_times_is_checked_in_part() -> None:
    fact = service("per_day", unit_minutes=None, rounding_scope=None, minimum_minutes=60)
    assert found(fact, timed("C1", "09:00-10:00")) == []
    assert judged(fact, timed("C1", "09:00-09:59"))["message"].to_list() == [
        "1 unit of H0038 on 2026-05-05 for 59 minutes; earned: no unit, one per day, none under 60 minutes."
    ]
    assert found(fact, timed("C1", "09:00-09:59", "0"), timed("C2", None)) == []
    assert found(fact, timed("C1", None, "2")) == [("C1 line 1", "reject", "2 units", "1 unit")]
    assert unchecked(fact, timed("C1", None)) == ["C1 line 1"]


# ---------------------------------------------------------------------------------- the day's services and a month


OTHER = a_service(id="other", procedure="H2014", unit_minutes=15, rounding="cms_8_total")
TOTAL = service("cms_8_total", rounding_scope=None)


def other(claim_id: str, times: str | None, of: str = "1", **values: Any) -> dict[str, Any]:
    return timed(claim_id, times, of, service="other", procedure_code="H2014", **values)


def test_the_services_of_a_day_share_the_units_that_all_their_minutes_earn() -> None:
    for own, beside, expected in (
        ("2", "1", []), ("3", "0", [("C1 line 1", "reject", "3 units", "2 units")]),
        ("1", "1", [("C1 line 1", "note", "1 unit", "2 units")]),
    ):  # fmt: skip
        lines = [timed("C1", "09:00-09:33", own), other("C2", "10:00-10:07", beside)]
        assert found(TOTAL, *lines, beside=(OTHER,)) == expected
    lines = [timed("C1", "09:00-09:38", "2"), other("C2", "10:00-10:15")]
    assert found(TOTAL, *lines, beside=(OTHER,)) == [("C1 line 1", "note", "2 units", "3 units")]
    beside_own = a_fact(OTHER)
    lines = [timed("C1", "09:00-09:33", "2"), other("C2", "10:00-10:07", "2")]
    assert found(beside_own, *lines, beside=(TOTAL.entry,)) == [("C2 line 1", "reject", "2 units", "1 unit")]  # type: ignore[arg-type]


def test_a_service_alone_on_its_day_is_rounded_by_the_same_table() -> None:
    assert found(TOTAL, timed("C1", "09:00-09:38", "3"), beside=(OTHER,)) == []
    assert found(TOTAL, timed("C1", "09:00-09:37", "3"), beside=(OTHER,)) == [
        ("C1 line 1", "reject", "3 units", "2 units")
    ]


def test_of_equal_rests_either_may_bill_the_last_unit_but_not_both() -> None:
    for own, beside in (("1", "0"), ("0", "1")):
        lines = [timed("C1", "09:00-09:08", own), other("C2", "10:00-10:08", beside)]
        assert found(TOTAL, *lines, beside=(OTHER,)) == []
    lines = [other("C1", "09:00-09:08"), timed("C2", "10:00-10:08")]
    assert found(TOTAL, *lines, beside=(OTHER,)) == [("C2 line 1", "reject", "1 unit", "1 unit")]


def test_a_line_of_a_sharing_service_without_times_leaves_the_day_unchecked() -> None:
    lines = [timed("C1", "09:00-09:15", "9"), other("C2", None), timed("H1", None, is_history=True, status="paid")]
    assert found(TOTAL, *lines, beside=(OTHER,)) == []
    assert unchecked(TOTAL, *lines, beside=(OTHER,)) == ["C1 line 1"]
    assert unchecked(TOTAL, lines[0], beside=(OTHER,)) == []


def test_only_services_of_the_program_that_share_their_minutes_do() -> None:
    lone = timed("C1", "09:00-09:38", "3")
    for values in ({"service": "third"}, {"program": "yy-chw"}):
        assert found(TOTAL, lone, {**other("C2", "10:00-10:14", "3"), **values}, beside=(OTHER,)) == []
        assert found(TOTAL, lone, {**other("C2", None), **values}, beside=(OTHER,)) == []
    assert found(TOTAL, lone, other("C2", "10:00-10:14", "3"), beside=(OTHER,)) != []


def test_missing_units_of_a_sharing_service_are_its_own_matter() -> None:
    lines = [timed("C1", "09:00-09:38", "3"), {**other("C2", "10:00-10:07"), "units": None}]
    assert found(TOTAL, *lines, beside=(OTHER,)) == []


def test_a_unit_of_a_month_is_not_checked_from_claims_and_that_is_said() -> None:
    fact = service("full_unit", unit_minutes=30, rounding_scope="month", minutes_before=60)
    lines = [timed("C1", "09:00-09:30", "9"), timed("H1", None, is_history=True, status="paid")]
    assert rows(lines).select(unit_minutes.concerns(fact)).to_series().any() is False
    assert unchecked(fact, *lines, timed("C2", None, counts=False)) == ["C1 line 1"]
    assert (
        unit_minutes.unchecked_needs(fact) == "the minutes of all contacts of the month, which a claim does not carry"
    )


def test_it_concerns_lines_with_times_and_every_line_of_a_service_per_day() -> None:
    lines = rows([timed("C1", "09:00-10:00"), timed("C2", None)])
    assert lines.select(unit_minutes.concerns(FULL)).to_series().to_list() == [True, False]
    assert lines.select(on=unit_minutes.concerns(PER_DAY), line="line_key")["on"].to_list() == [True, True]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rounding": "full_unit"}, "rounding: full_unit needs unit_minutes"),
        ({"rounding": "per_day", "unit_minutes": 15}, "rounding: per_day has no unit_minutes"),
        ({"rounding": "cms_8_total", "unit_minutes": 30}, "rounding: cms_8_total has unit_minutes: 15"),
        ({"rounding": "tenth_of_hour", "unit_minutes": 15}, "rounding: tenth_of_hour has unit_minutes: 60"),
        ({"rounding": "per_day", "rounding_scope": "session"}, "rounding: per_day is per day; take rounding_scope out"),
        ({"rounding": "per_session", "rounding_scope": "month"}, "rounding: per_session is per session"),
        ({"unit_minutes": 30, "minutes_before": 60}, "minutes_before means nothing without rounding_scope: month"),
    ],
)  # fmt: skip
def test_a_rounding_that_makes_no_sense_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        a_service(**values)
