"""Limits in hours and in two measures, per episode of care, and what a plan of care lifts."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.references import References, read_references
from billing.rules import unit_limits
from tests.rules.windows import a_fact, judged, line, rows, severities, unchecked_lines

HOURS: dict[str, Any] = {"at_most": "4", "measure": "hours", "per": "day"}
BOTH: dict[str, Any] = {"at_most": "16", "measure": "units", "per": "day", "also": {"at_most": "4", "measure": "hours"}}
PER_EPISODE: dict[str, Any] = {
    "at_most": "24", "measure": "units", "per": "episode", "episode": {"file": "orders", "kind": "plan_of_care"},
}  # fmt: skip


def judge(lines: list[dict[str, Any]], entry: dict[str, Any], references: References | None = None) -> pl.DataFrame:
    return judged(unit_limits, a_fact(unit_limits, **entry), lines, references)


def found(
    lines: list[dict[str, Any]], entry: dict[str, Any], references: References | None = None
) -> list[tuple[str, str]]:
    return severities(judge(lines, entry, references))


def orders(*rows_of_file: dict[str, Any]) -> References:
    shaped = [
        {"member_id": "M1", "kind": "plan_of_care", "program": None, "ended": None, **row} for row in rows_of_file
    ]
    return read_references(orders=pl.DataFrame(shaped, schema_overrides={"program": pl.String, "ended": pl.String}))


def unchecked(lines: list[dict[str, Any]], entry: dict[str, Any], references: References | None = None) -> list[int]:
    return unchecked_lines(unit_limits, a_fact(unit_limits, **entry), rows(lines), references)


# ------------------------------------------------------------------------------------------------------- hours


def test_hours_are_counted_by_the_minute_and_told_in_hours() -> None:
    assert found([line("C1", units="16", unit_minutes=15)], HOURS) == []
    [verdict] = judge([line("C1", units="17", unit_minutes=15)], HOURS).to_dicts()
    assert (verdict["message"], verdict["found"], verdict["allowed"], verdict["remedy"]) == (
        "4.25 hours on 2026-05-05; the limit is 4 per member per day, so 4 of these 4.25 are within it.",
        "4.25", "4 hours per member per day",
        "Bill 4 hours and hold 0.25; check the units against the record of the service.",
    )  # fmt: skip


def test_a_part_of_an_hour_past_the_limit_is_past_it() -> None:
    timed = [line("C1", units="1", start_time="09:00", end_time="11:30"), line("C2", units="1", start_time="13:00",
             end_time="14:31")]  # fmt: skip
    assert found(timed, HOURS) == [("C2 line 1", "reject")]
    assert found([timed[0], line("C2", units="1", start_time="13:00", end_time="14:30")], HOURS) == []


def test_one_hour_is_told_as_one() -> None:
    lines = [line("C1", units="8"), line("C2", units="2")]
    assert judge(lines, HOURS)["message"].to_list() == [
        (
            "4 hours on 2026-05-05 in claim C1, plus 1 here, makes 5; the limit is 4 per member per day, "
            "so this one is past it."
        )
    ]
    assert judge([line("C1", units="4")], {**HOURS, "at_most": "1"})["message"].to_list() == [
        "2 hours on 2026-05-05; the limit is 1 per member per day, so 1 of these 2 is within it."
    ]


def test_hours_without_times_and_unit_length_are_not_counted() -> None:
    lines = [line("C1", units="99", unit_minutes=None), line("C2", units="1", unit_minutes=15)]
    assert (found(lines, HOURS), unchecked(lines, HOURS)) == ([], [0])
    assert unit_limits.unchecked_needs(a_fact(unit_limits, **HOURS)) == "start_time and end_time"


def test_hours_without_units_are_those_of_the_times_else_unknown() -> None:
    lines = [line("C1", units=None, start_time="09:00", end_time="13:01"), line("C2", "2026-05-06", units=None)]
    assert judge(lines, HOURS).select("where", "verdict").rows() == [("C1 line 1", "fail"), ("C2 line 1", "unknown")]


# ------------------------------------------------------------------------------------------------ two measures


def test_a_limit_stated_in_two_measures_is_one_rule_told_once() -> None:
    assert found([line("C1", units="16", unit_minutes=15)], BOTH) == []
    [verdict] = judge([line("C1", units="17", unit_minutes=15)], BOTH).to_dicts()
    assert verdict["message"] == (
        "17 units on 2026-05-05; the limit is 16 per member per day, so 16 of these 17 are within it."
    )


def test_the_second_measure_holds_where_the_first_does_not_see_it() -> None:
    [verdict] = judge([line("C1", units="16", start_time="09:00", end_time="13:01")], BOTH).to_dicts()
    assert verdict["message"] == (
        "4.02 hours on 2026-05-05; the limit is 4 per member per day, so 4 of these 4.02 are within it."
    )
    assert found([line("C1", units="16", start_time="09:00", end_time="13:00")], BOTH) == []
    assert found([line("C1", units="17", start_time="09:00", end_time="10:00")], BOTH) == [("C1 line 1", "reject")]


def test_of_two_verdicts_on_one_line_the_surest_is_told() -> None:
    late = {"start_time": "09:00", "end_time": "13:01"}
    lines = [line("C1", units=None, **late), line("C2", "2026-05-06", units=None)]
    assert judge(lines, BOTH).select("where", "verdict", "column").rows() == [
        ("C1 line 1", "fail", "units"), ("C2 line 1", "unknown", "units"),
    ]  # fmt: skip
    # By units a range may fit; by its hours it cannot.
    ranged = line("C3", "2026-05-05", units="17", service_end_date="2026-05-06", unit_minutes=60)
    assert judge([ranged], BOTH).select("where", "at_most", "found").rows() == [("C3 line 1", None, "17")]


def test_a_limit_that_its_units_count_needs_no_times() -> None:
    lines = [line("C1", units="17", unit_minutes=None)]
    assert (found(lines, BOTH), unchecked(lines, BOTH)) == ([("C1 line 1", "reject")], [])
    both_in_time = {**HOURS, "also": {"at_most": "240", "measure": "minutes"}}
    assert unchecked(lines, both_in_time) == [0]
    of_worker = {**BOTH, "of": "worker"}
    assert unchecked(lines, of_worker) == [0]
    assert unit_limits.unchecked_needs(a_fact(unit_limits, **of_worker)) == "worker"


# ------------------------------------------------------------------------------------------------ plan of care

TWELVE: dict[str, Any] = {"at_most": "12", "measure": "units", "per": "lifetime", "lifted_by": "plan_of_care"}
OVER = [line("C1", units="12"), line("C2", "2026-05-06", units="1")]


def test_without_the_orders_file_it_is_not_known_whether_a_plan_lifts_the_limit() -> None:
    [verdict] = judge(OVER, TWELVE).to_dicts()
    assert (verdict["where"], verdict["verdict"], verdict["at_most"], verdict["capped_by"]) == (
        "C2 line 1", "unknown", "review", ["a plan of care lifts this limit, and the orders file was not given"],
    )  # fmt: skip
    assert verdict["remedy"] == "Hold this line; if a plan of care holds this day, add it to the orders file."


@pytest.mark.parametrize(
    ("order", "is_held"),
    [
        ({"date": "2026-05-06"}, False),
        ({"date": "2026-05-07"}, True),
        ({"date": "2026-01-01", "ended": "2026-05-06"}, False),
        ({"date": "2026-01-01", "ended": "2026-05-05"}, True),
        ({"date": "2026-01-01", "program": "xx-chw"}, False),
        ({"date": "2026-01-01", "program": "another"}, True),
        ({"date": "2026-01-01", "kind": "recommendation"}, True),
    ],
)
def test_a_plan_of_care_that_holds_the_day_lifts_the_limit(order: dict[str, Any], is_held: bool) -> None:
    held = [("C2 line 1", "reject")] if is_held else []
    assert found(OVER, TWELVE, orders(order)) == held


def test_a_plan_of_care_must_hold_every_day_of_a_range() -> None:
    lines = [line("C1", units="13", service_end_date="2026-05-07")]
    assert found(lines, TWELVE, orders({"date": "2026-05-05", "ended": "2026-05-07"})) == []
    assert found(lines, TWELVE, orders({"date": "2026-05-05", "ended": "2026-05-06"})) == [("C1 line 1", "reject")]


def test_a_member_the_orders_file_does_not_list_is_looked_at() -> None:
    verdicts = judge(OVER, TWELVE, orders({"date": "2026-01-01", "member_id": "M9"}))
    assert verdicts.select("verdict", "at_most", "capped_by").rows() == [
        ("unknown", "review", ["a plan of care lifts this limit, and the orders file does not list this member"])
    ]


# ---------------------------------------------------------------------------------------------------- episodes


def test_units_are_counted_for_each_episode_by_itself() -> None:
    plans = orders({"date": "2026-01-01", "ended": "2026-05-05"}, {"date": "2026-05-06"}, {"date": "2026-01-01",
                   "kind": "referral"})  # fmt: skip
    lines = [line("C1", "2026-05-05", units="24"), line("C2", "2026-05-06", units="24")]
    assert found(lines, PER_EPISODE, plans) == []
    [verdict] = judge([*lines, line("C3", "2026-05-07", units="1")], PER_EPISODE, plans).to_dicts()
    assert (verdict["where"], verdict["message"], verdict["allowed"], verdict["cause"]) == (
        "C3 line 1",
        ("24 units in the episode from 2026-05-06 in claim C2, plus 1 here, makes 25; the limit is 24 per member per "
        "episode of care, so this one is past it."),
        "24 units per member per episode of care", "units_over_period_limit",
    )  # fmt: skip


def test_of_two_episodes_that_hold_a_day_the_last_to_begin_is_meant() -> None:
    plans = orders({"date": "2026-01-01"}, {"date": "2026-05-06"})
    assert found([line("C1", units="24"), line("C2", "2026-05-06", units="24")], PER_EPISODE, plans) == []


def test_each_fiscal_year_of_an_episode_counts_anew_when_the_entry_says_so() -> None:
    entry = {**PER_EPISODE, "year_begins": "07-01"}
    lines = [line("C1", "2026-06-30", units="24"), line("C2", "2026-07-01", units="24")]
    plans = orders({"date": "2026-01-01"})
    assert (found(lines, entry, plans), found(lines, PER_EPISODE, plans)) == ([], [("C2 line 1", "reject")])
    [verdict] = judge([line("C1", "2026-07-01", units="25")], entry, plans).to_dicts()
    assert verdict["message"].startswith("25 units in the episode from 2026-01-01, in the fiscal year from 2026-07-01;")


def test_a_line_outside_every_episode_is_looked_at_when_it_could_matter() -> None:
    plans = orders({"date": "2026-05-06"}, {"date": "2026-05-01", "program": "another"})
    assert found([line("C1", units="24")], PER_EPISODE, plans) == []
    lines = [line("H1", "2026-05-05", units="9", is_history=True, status="paid"), line("C1", units="25")]
    [verdict] = judge(lines, PER_EPISODE, plans).to_dicts()
    assert (verdict["where"], verdict["verdict"], verdict["at_most"], verdict["message"], verdict["remedy"]) == (
        "C1 line 1", "unknown", "review",
        ("The orders file has no plan of care of this member that holds 2026-05-05, so the units of its episode cannot be "
        "counted."),
        "Look up the plan of care this day belongs to, and bring the orders file up to date.",
    )  # fmt: skip
    assert verdict["capped_by"] == ["the episode of care is not known"]


def test_without_the_file_of_the_episodes_the_limit_is_not_checked() -> None:
    lines = [line("C1", units="99"), line("H1", units="9", is_history=True, status="paid")]
    assert (found(lines, PER_EPISODE), unchecked(lines, PER_EPISODE)) == ([], [0])
    assert unit_limits.unchecked_needs(a_fact(unit_limits, **PER_EPISODE)) == "orders"
    assert unchecked(lines, PER_EPISODE, orders({"date": "2026-05-01"})) == []


@pytest.mark.parametrize(
    ("episode", "file"),
    [
        ({"file": "enrollments", "kind": "act"}, {"enrollments": {"member_id": "M1", "kind": "act"}}),
        ({"file": "authorizations"}, {"authorizations": {"member_id": "M1", "number": "A1"}}),
    ],
)
def test_an_episode_may_be_an_enrollment_or_an_authorization(episode: dict[str, str], file: dict[str, Any]) -> None:
    [(name, row)] = file.items()
    spans = [
        {**row, "effective": "2026-01-01", "ended": "2026-05-05"},
        {**row, "effective": "2026-05-06", "ended": None},
    ]
    references = read_references(**{name: pl.DataFrame(spans)})
    lines = [line("C1", units="24"), line("C2", "2026-05-06", units="24"), line("C3", "2026-05-07", units="1")]
    assert found(lines, {**PER_EPISODE, "episode": episode}, references) == [("C3 line 1", "reject")]


# -------------------------------------------------------------------------------------- windows and authorizations


def test_authorized_units_may_be_counted_over_a_window() -> None:
    entry: dict[str, Any] = {
        "at_most": "270", "measure": "units", "per": "rolling_days", "length": 90, "lifted_by": "prior_authorization",
    }  # fmt: skip
    lines = [line("C1", "2026-01-01", units="200"), line("C2", "2026-03-31", units="70"), line("C3", "2026-03-31",
             units="1")]  # fmt: skip
    assert found(lines, entry) == [("C3 line 1", "reject")]
    assert found([*lines[:2], line("C3", "2026-04-01", units="200")], entry) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"per": "episode"}, "a limit per episode needs episode"),
        ({"per": "day", "episode": {"file": "authorizations"}}, "episode means nothing for a limit per day"),
        ({"per": "day", "year_begins": "07-01"}, "year_begins means nothing for a limit per day"),
        ({"per": "episode", "episode": {"file": "orders"}}, "an episode by the orders file needs kind"),
        ({"per": "episode", "episode": {"file": "authorizations", "kind": "x"}},
         "an episode by the authorizations file has no kind"),
        ({"per": "episode", "of": "worker", "episode": {"file": "authorizations"}},
         "an episode is a member's, not a worker's"),
        ({"per": "day", "also": {"at_most": "4", "measure": "units"}},
         "also states the limit in another measure than the entry's own"),
    ],
)  # fmt: skip
def test_a_limit_that_makes_no_sense_is_an_error(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        unit_limits.Entry.model_validate({"id": "a", "source": "s1", "at_most": "1", "measure": "units", **values})


@pytest.mark.parametrize(
    ("entry", "columns"),
    [
        ({}, ()),
        ({"when": {"modifiers_any": ["HQ"]}}, (("history", "modifiers"),)),
        ({"measure": "amount"}, (("history", "charge"),)),
        ({"measure": "visits"}, (("history", "rendering_npi"),)),
        ({"of": "member_and_provider"}, (("history", "billing_npi"),)),
        ({"lifted_by": "prior_authorization"}, (("authorizations", "units"),)),
    ],
)
def test_a_limit_names_the_optional_columns_it_counts_with(
    entry: dict[str, Any], columns: tuple[tuple[str, str], ...]
) -> None:
    assert unit_limits.reads(a_fact(unit_limits, **{**HOURS, "measure": "units", **entry})) == columns
