"""Plans of care by the orders file: before the first service, for each service, past an amount, renewed in time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.policy.codesets import Fact
from billing.references import References, read_references
from billing.rules import plans_of_care
from tests.rules.windows import a_fact, judged, line, rows, severities, unchecked_lines

FIRST = a_fact(plans_of_care, by="first_service")
EACH = a_fact(plans_of_care, by="each_service")
RENEWED = a_fact(plans_of_care, renewed_every=90, unit="days")
PLAN = {"member_id": "M1", "kind": "plan_of_care", "date": "2026-05-01", "ended": None, "ordering_npi": "D1",
        "program": None}  # fmt: skip
NO_PLAN = {"date": "2030-01-01"}
MISSING = "plan_of_care_missing"


def file(*given: dict[str, Any], **others: Any) -> References:
    made = pl.DataFrame([{**PLAN, **values} for values in given], schema_overrides=dict.fromkeys(PLAN, pl.String))
    return read_references(orders=made, **others)


def gate(**entry: Any) -> Fact:
    return a_fact(plans_of_care, **{"after": "12", "measure": "units", "per": "lifetime", **entry})


def visit(day: str | None = "2026-05-05", units: str | None = "1", **values: Any) -> dict[str, Any]:
    return line(**{"claim_id": "C1", "day": day, "units": units, **values})


def past(day: str, units: str = "1", **values: Any) -> dict[str, Any]:
    return line(**{"claim_id": "H1", "day": day, "units": units, "is_history": True, "status": "paid", **values})


def worth(fact: Fact, references: References, *lines: dict[str, Any]) -> list[tuple[str, str]]:
    found = judged(plans_of_care, fact, lines or [visit()], references)
    assert set(found["cause"]) <= {MISSING}
    return severities(found)


# ------------------------------------------------------------------------------------------------ a plan on the day


@pytest.mark.parametrize(
    ("day", "found"), [("2026-04-30", [("C1 line 1", "reject")]), ("2026-05-01", []), ("2030-01-01", [])]
)
def test_a_plan_is_dated_on_or_before_the_day(day: str, found: list[tuple[str, str]]) -> None:
    assert worth(FIRST, file({}), visit(day)) == found
    assert worth(EACH, file({}), visit(day)) == found


def test_a_range_begins_with_a_plan() -> None:
    assert worth(FIRST, file({}), visit("2026-04-30", service_end_date="2026-05-01")) == [("C1 line 1", "reject")]
    assert worth(FIRST, file({}), visit("2026-05-01", service_end_date="2026-05-02")) == []


@pytest.mark.parametrize(("day", "found"), [("2026-05-20", []), ("2026-05-21", [("C1 line 1", "reject")])])
def test_a_plan_that_was_ended_is_in_force_no_longer_but_was_there_first(
    day: str, found: list[tuple[str, str]]
) -> None:
    assert worth(EACH, file({"ended": "2026-05-20"}), visit(day)) == found
    assert worth(FIRST, file({"ended": "2026-05-20"}), visit(day)) == []


def test_other_papers_are_no_plan() -> None:
    assert worth(EACH, file({"kind": "recommendation"})) == [("C1 line 1", "reject")]


def test_a_day_without_a_plan_is_told_with_the_nearest() -> None:
    found = judged(plans_of_care, FIRST, [visit("2026-04-30")], file({}))
    assert found.select("cause", "message", "remedy", "found", "allowed", "column").row(0) == (
        MISSING, "The nearest plan of care in the orders file holds for 2026-05-01 on; 2026-04-30 is not in it.",
        "If there is a plan of care for the day, add it to the orders file; without one, hold the line.",
        "2026-04-30", "2026-05-01 on", "service_date",
    )  # fmt: skip


def test_a_member_who_is_not_in_the_file_is_reviewed() -> None:
    found = judged(plans_of_care, EACH, [visit(member_id="M2")], file({}))
    assert found.select("cause", "verdict", "message").rows() == [
        (MISSING, "unknown", "The orders file does not list this claim's member, so no plan of care is known."),
    ]  # fmt: skip


@pytest.mark.parametrize(("day", "found"), [("2026-07-30", []), ("2026-07-31", [("C1 line 1", "reject")])])
def test_a_plan_that_is_renewed_holds_until_the_ninetieth_day_after_its_date(
    day: str, found: list[tuple[str, str]]
) -> None:
    assert worth(RENEWED, file({}), visit(day)) == found
    assert worth(a_fact(plans_of_care, by="each_service", renewed_every=90, unit="days"), file({}), visit(day)) == found
    assert worth(RENEWED, file({}, {"date": "2026-07-30"}), visit(day)) == []


@pytest.mark.parametrize(("day", "found"), [("2026-11-01", []), ("2026-11-02", [("C1 line 1", "reject")])])
def test_a_plan_is_renewed_in_calendar_months_too(day: str, found: list[tuple[str, str]]) -> None:
    assert worth(a_fact(plans_of_care, renewed_every=6, unit="months"), file({}), visit(day)) == found


@pytest.mark.parametrize("fact", [FIRST, EACH, gate(after="0")])
def test_voids_history_and_lines_without_member_or_date_are_left_out(fact: Fact) -> None:
    for values in ({"frequency_code": "8", "counts": False}, {"member_id": None}):
        assert worth(fact, file(NO_PLAN), visit("2026-04-30", **values)) == []
    assert worth(fact, file({"member_id": "M9"}), visit(None)) == []


def test_a_line_outside_the_entrys_dates_is_left_out() -> None:
    for entry in ({"by": "each_service"}, {"after": "0", "measure": "units", "per": "lifetime"}):
        later = a_fact(plans_of_care, effective="2026-05-01", **entry)
        assert worth(later, file(NO_PLAN), visit("2026-04-30")) == []
        assert worth(later, file(NO_PLAN), visit("2026-05-01")) == [("C1 line 1", "reject")]


# -------------------------------------------------------------------------------------------------- past an amount


@pytest.mark.parametrize(
    ("units", "found"),
    [("11", []), ("12", []), ("12.001", [("C1 line 1", "reject")]), ("13", [("C1 line 1", "reject")])],
)
def test_past_the_amount_a_plan_is_needed(units: str, found: list[tuple[str, str]]) -> None:
    assert worth(gate(), file(NO_PLAN), visit(units=units)) == found
    assert worth(gate(), file({}), visit(units=units)) == []


def test_the_history_counts_first_and_gets_no_findings() -> None:
    lines = [past("2026-01-05", "14"), visit(units="1")]
    assert worth(gate(), file(NO_PLAN), *lines) == [("C1 line 1", "reject")]
    assert worth(gate(), file({}), *lines) == []
    assert worth(gate(), file(NO_PLAN), past("2026-01-05", "11"), visit(units="1")) == []


def test_what_is_past_the_amount_is_told_with_the_share_that_is_not() -> None:
    found = judged(plans_of_care, gate(), [past("2026-01-05", "10"), visit(units="5", charge="100.00")], file(NO_PLAN))
    assert found.select("message", "remedy", "related", "amount_at_risk", "at_most").row(0) == (
        ("15 units so far; past 12 per member in a lifetime a plan of care is needed. The nearest plan of care in the orders "
         "file holds for 2030-01-01 on; 2026-05-05 is not in it."),
        "If there is a plan of care for the day, add it to the orders file; without one, bill 2 units and hold 3.",
        ["H1 line 1"], Decimal("60.00"), None,
    )  # fmt: skip


def test_where_nothing_fits_the_whole_line_is_held() -> None:
    found = judged(plans_of_care, gate(), [past("2026-01-05", "12"), visit(units="2", charge="100.00")], file(NO_PLAN))
    assert found.select("remedy", "amount_at_risk").row(0) == (
        "If there is a plan of care for the day, add it to the orders file; without one, hold the line.", Decimal("100.00"),
    )  # fmt: skip


def test_another_member_begins_at_nothing_and_a_period_begins_anew() -> None:
    assert worth(gate(), file(NO_PLAN), visit(units="12"), visit(units="12", claim_id="C2", member_id="M2")) == []
    by_month = gate(per="month")
    assert worth(by_month, file(NO_PLAN), visit("2026-05-31", "12"), visit("2026-06-01", "12")) == []
    assert worth(by_month, file(NO_PLAN), visit("2026-05-30", "12"), visit("2026-05-31", "1")) == [
        ("C1 line 2", "reject")
    ]


def test_a_rolling_window_and_weeks_and_fiscal_years_are_counted_as_limits_are() -> None:
    for entry in (
        {"per": "rolling_days", "length": 7},
        {"per": "week", "week_starts": "monday"},
        {"per": "state_fiscal_year", "year_begins": "07-01"},
    ):
        assert worth(gate(**entry), file(NO_PLAN), visit("2026-05-04", "12"), visit("2026-05-10", "1")) == [
            ("C1 line 2", "reject")
        ]


def test_visits_are_counted_as_limits_do() -> None:
    days = [visit(f"2026-05-0{day}", "9") for day in (4, 5, 6, 7)]
    assert worth(gate(after="3", measure="visits"), file(NO_PLAN), *days) == [("C1 line 4", "reject")]
    assert worth(gate(after="3", measure="days"), file(NO_PLAN), *days[:3], days[2]) == []
    found = judged(plans_of_care, gate(after="3", measure="visits"), days, file(NO_PLAN))
    assert (
        found["message"]
        .item()
        .startswith("4 visits so far; past 3 per member in a lifetime a plan of care is needed. ")
    )
    assert found["remedy"].item().endswith("; without one, hold the line.")


def test_minutes_come_from_times_and_without_them_a_line_is_not_checked_and_that_is_said() -> None:
    hour = gate(after="60", measure="minutes")
    timed = {"start_time": "09:00", "end_time": "10:01", "unit_minutes": None}
    assert worth(hour, file(NO_PLAN), visit(**timed)) == [("C1 line 1", "reject")]
    frame = rows(
        [
            visit(**timed),
            visit(unit_minutes=None),
            past("2026-01-05", unit_minutes=None),
            visit(unit_minutes=None, counts=False),
        ]
    )
    assert [unchecked_lines(plans_of_care, fact, frame, file({})) for fact in (hour, gate())] == [[1], []]
    assert plans_of_care.unchecked_needs(hour) == "start_time and end_time"


def test_a_range_is_rejected_only_when_every_spreading_is_past_the_amount() -> None:
    by_day = gate(after="2", per="day")
    range_of_days = {"day": "2026-05-04", "service_end_date": "2026-05-05"}
    assert worth(by_day, file(NO_PLAN), visit(units="5", **range_of_days)) == [("C1 line 1", "reject")]
    found = judged(plans_of_care, by_day, [visit(units="4", **range_of_days)], file(NO_PLAN))
    assert severities(found) == [("C1 line 1", "review")]
    assert found["capped_by"].to_list() == [["how the units of a date range fall on its days is not known"]]
    assert worth(by_day, file(NO_PLAN), visit(units="2", **range_of_days)) == []


def test_a_range_across_the_entrys_first_day_surely_adds_nothing_to_what_is_behind_it() -> None:
    later = gate(effective="2026-05-01")
    lines = [visit("2026-04-30", "12", service_end_date="2026-05-01"), visit("2026-05-02", "1")]
    assert worth(later, file(NO_PLAN), *lines) == [("C1 line 2", "review")]


def test_what_is_past_the_amount_only_with_rejected_claims_is_reviewed() -> None:
    found = judged(
        plans_of_care, gate(), [visit("2026-05-04", "12", claim_id="C0", stands=False), visit()], file(NO_PLAN)
    )
    assert severities(found) == [("C1 line 1", "review")]
    assert found["capped_by"].to_list() == [["fits only while C0 stays out"]]


def test_a_member_who_is_not_in_the_file_is_reviewed_past_the_amount_only() -> None:
    found = judged(
        plans_of_care, gate(), [visit(units="12", member_id="M2"), visit("2026-05-06", "1", member_id="M2")], file({})
    )
    assert found.select("where", "verdict", "related").rows() == [("C1", "unknown", ["C1 line 1"])]
    assert found["message"].item() == (
        "13 units so far; past 12 per member in a lifetime a plan of care is needed. The orders file does not list this claim's "
        "member, so no plan of care is known."
    )


def test_a_plan_past_the_amount_must_hold_on_the_day() -> None:
    renewed = gate(renewed_every=6, unit="months")
    assert worth(renewed, file({}), visit("2026-11-01", "13")) == []
    assert worth(renewed, file({}), visit("2026-11-02", "13")) == [("C1 line 1", "reject")]
    assert worth(gate(), file({"ended": "2026-05-04"}), visit(units="13")) == [("C1 line 1", "reject")]


# --------------------------------------------------------------------------------------------- who signed, what is asked


@pytest.mark.parametrize(
    "fact",
    [a_fact(plans_of_care, by="each_service", signed_by=["physician"]), gate(after="0", signed_by=["physician"])],
)
def test_who_signed_is_of_one_of_the_types(fact: Fact) -> None:
    doctor = pl.DataFrame({"npi": ["D1"], "effective": ["2026-01-01"], "provider_type": ["physician"]})
    clinic = doctor.with_columns(provider_type=pl.lit("clinic"))
    assert worth(fact, file({}, providers=doctor)) == []
    found = judged(plans_of_care, fact, [visit()], file({}, providers=clinic))
    assert severities(found) == [("C1 line 1", "reject")]
    assert found["cause"].to_list() == ["ordering_provider_not_eligible"]
    assert found["message"].item().endswith("The plan of care that holds on 2026-05-05 is not signed by physician.")
    assert plans_of_care.reads(fact) == (("orders", "ordering_npi"), ("providers", "provider_type"))


def test_what_an_entry_needs_depends_on_what_it_says() -> None:
    assert [plans_of_care.stage(fact) for fact in (FIRST, RENEWED, gate())] == [1, 1, 2]
    assert [plans_of_care.partly(fact) for fact in (FIRST, gate(), gate(signed_by=["nurse"]), a_fact(plans_of_care, by="each_service", signed_by=["nurse"]))] == [
        (), ("history",), ("history", "providers"), ("providers",)]  # fmt: skip
    assert plans_of_care.reads(FIRST) == ()
    frame = rows([visit(), visit(claim_id="C2", member_id=None)])
    assert frame.select(plans_of_care.concerns(FIRST)).to_series().to_list() == [True, False]


@pytest.mark.parametrize(("entry", "words"), [
    ({}, "say when a plan is needed: by, after or renewed_every"),
    ({"by": "each_service", "after": 3, "measure": "units", "per": "day"}, "write by or after, not both"),
    ({"by": "first_service", "renewed_every": 90, "unit": "days"}, "write by: each_service"),
    ({"renewed_every": 90}, "renewed_every needs its unit"), ({"by": "each_service", "unit": "days"}, "unit needs renewed_every"),
    ({"by": "each_service", "per": "day"}, "mean nothing without after"), ({"after": 3}, "after needs measure and per"),
    ({"after": 3, "measure": "units"}, "after needs measure and per"), ({"after": 3, "per": "day"}, "after needs measure and per"),
    ({"after": 3, "measure": "units", "per": "week"}, "an amount per week needs week_starts"),
    ({"after": 3, "measure": "units", "per": "day", "length": 3}, "an amount per day has no length"),
])  # fmt: skip
def test_an_entry_is_one_rule(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        plans_of_care.Entry.model_validate({"id": "rule", "source": "s1", **entry})
