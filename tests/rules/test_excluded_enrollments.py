"""Whole spans of enrollments that exclude a service."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.references import References, read_references
from billing.rules import excluded_enrollments
from tests.rules.windows import a_fact, judged, line, severities

FACT = a_fact(excluded_enrollments, kinds=["residential", "inpatient"])
SPAN = {"member_id": "M1", "kind": "residential", "effective": "2026-05-01", "ended": "2026-05-31"}
OTHER, STAY = "enrollment_excludes_service", "inpatient_overlap"


def file(*spans: dict[str, Any]) -> References:
    given = [{**SPAN, **span} for span in spans]
    return read_references(enrollments=pl.DataFrame(given, schema_overrides=dict.fromkeys(SPAN, pl.String)))


def visit(day: str | None = "2026-05-05", end: str | None = None, **values: Any) -> dict[str, Any]:
    return line("C1", day, service_end_date=end, **values)


def causes(references: References, *lines: dict[str, Any]) -> list[tuple[str, str]]:
    found = judged(excluded_enrollments, FACT, lines or [visit()], references)
    return list(zip(found["cause"].to_list(), [worth for _, worth in severities(found)], strict=True))


@pytest.mark.parametrize(("day", "found"), [
    ("2026-04-30", []), ("2026-05-01", [(OTHER, "reject")]), ("2026-05-15", [(OTHER, "reject")]),
    ("2026-05-31", [(OTHER, "reject")]), ("2026-06-01", []),
])  # fmt: skip
def test_the_first_and_last_day_of_an_enrollment_and_all_between_exclude(
    day: str, found: list[tuple[str, str]]
) -> None:
    assert causes(file({}), visit(day)) == found


@pytest.mark.parametrize(("first", "last", "found"), [
    ("2026-04-29", "2026-04-30", []), ("2026-04-30", "2026-05-01", ["review"]), ("2026-05-01", "2026-05-31", ["reject"]),
    ("2026-05-31", "2026-06-01", ["review"]), ("2026-04-30", "2026-06-01", ["review"]), ("2026-06-01", "2026-06-02", []),
])  # fmt: skip
def test_a_range_is_rejected_only_when_all_its_days_lie_in_enrollments(first: str, last: str, found: list[str]) -> None:
    assert causes(file({}), visit(first, last)) == [(OTHER, each) for each in found]


def test_enrollments_that_follow_each_other_are_one() -> None:
    spans = file({}, {"kind": "inpatient", "effective": "2026-06-01", "ended": None})
    found = judged(excluded_enrollments, FACT, [visit("2026-05-31", "2026-06-01")], spans)
    assert severities(found) == [("C1 line 1", "reject")]
    assert found["message"].item() == (
        "2026-05-31 to 2026-06-01 lies in an enrollment of kind inpatient and residential, 2026-05-01 on; the service is not "
        "paid during it."
    )


def test_a_finding_tells_kind_and_dates_and_what_to_do() -> None:
    found = judged(excluded_enrollments, FACT, [visit(), visit("2026-05-31", "2026-06-01")], file({}))
    assert found.select("message", "remedy", "found", "allowed", "column", "capped_by").rows() == [
        ("2026-05-05 lies in an enrollment of kind residential, 2026-05-01 to 2026-05-31; the service is not paid during it.",
         "Check the dates of the enrollment; if they are right, take the line out.", "2026-05-05",
         "no day in an enrollment of kind residential or inpatient", "service_date", []),
        (("2026-05-31 to 2026-06-01 lies partly in an enrollment of kind residential, 2026-05-01 to 2026-05-31; the service is "
          "not paid during it."),
         "Bill the days outside the enrollment on a line of their own, and take the others out.", "2026-05-31 to 2026-06-01",
         "no day in an enrollment of kind residential or inpatient", "service_date",
         ["which days of the range had a service is not known"]),
    ]  # fmt: skip


def test_an_inpatient_stay_has_its_own_cause_unless_another_kind_excludes_too() -> None:
    assert causes(file({"kind": "inpatient"})) == [(STAY, "reject")]
    assert causes(file({"kind": "inpatient"}, {})) == [(OTHER, "reject")]


def test_kinds_of_the_file_are_compared_without_regard_to_case() -> None:
    assert causes(file({"kind": "Residential"})) == [(OTHER, "reject")]
    assert causes(file({"kind": "act"})) == []


def test_an_open_enrollment_has_no_end() -> None:
    assert causes(file({"ended": None}), visit("2030-01-01")) == [(OTHER, "reject")]


def test_a_member_who_is_not_in_the_file_is_enrolled_nowhere() -> None:
    assert causes(file({"member_id": "M2"})) == []
    assert causes(file({}), visit(member_id="M2")) == []


def test_voids_and_lines_without_a_date_are_left_out() -> None:
    assert causes(file({}), visit(frequency_code="8")) == []
    assert causes(file({}), visit(None)) == []


def test_every_line_in_the_enrollment_is_reported_once() -> None:
    found = judged(excluded_enrollments, FACT, [visit(), visit("2026-05-06"), line("C2", "2026-05-07")], file({}, {}))
    assert severities(found) == [("C1 line 1", "reject"), ("C1 line 2", "reject"), ("C2 line 1", "reject")]


@pytest.mark.parametrize("kinds", [[], ["Residential"], ["in patient"]])
def test_an_entry_names_kinds_as_words_in_small_letters(kinds: list[str]) -> None:
    with pytest.raises(ValidationError, match="kinds"):
        excluded_enrollments.Entry.model_validate({"id": "rule", "source": "s1", "kinds": kinds})
