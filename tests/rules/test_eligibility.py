"""Coverage by the members file."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from billing.references import References, read_references
from billing.rules import eligibility
from tests.rules.windows import a_fact, judged, line, severities

FACT = a_fact(eligibility, program="national")


def spans(*rows: tuple[str, str, str | None, str | None]) -> References:
    return read_references(
        members=pl.DataFrame(list(rows), schema=["member_id", "effective", "ended", "program"], orient="row")
    )


def covered(*ranges: tuple[str, str | None]) -> References:
    return spans(*(("M1", first, last, None) for first, last in ranges))


def ranged(first: str, last: str, **values: Any) -> dict[str, Any]:
    return line("C1", first, service_end_date=last, **values)


@pytest.mark.parametrize("day", ["2026-05-01", "2026-05-31"])
def test_the_first_and_the_last_day_of_a_span_are_covered(day: str) -> None:
    assert judged(eligibility, FACT, [line("C1", day)], covered(("2026-05-01", "2026-05-31"))).is_empty()


@pytest.mark.parametrize("day", ["2026-04-30", "2026-06-01"])
def test_the_day_before_and_the_day_after_are_rejected_with_the_nearest_span(day: str) -> None:
    verdicts = judged(
        eligibility, FACT, [line("C1", day)], covered(("2020-01-01", "2020-12-31"), ("2026-05-01", "2026-05-31"))
    )
    assert severities(verdicts) == [("C1 line 1", "reject")]
    assert verdicts.select("cause", "message", "found", "allowed", "column", "remedy").row(0) == (
        "member_not_eligible",
        f"{day} lies outside the coverage in the members file; the nearest runs from 2026-05-01 to 2026-05-31.",
        day, "2026-05-01 to 2026-05-31", "service_date",
        "Check eligibility for this day with the payer; hold the line until it shows coverage.",
    )  # fmt: skip


def test_an_open_span_has_no_last_day() -> None:
    assert judged(eligibility, FACT, [line("C1", "2040-01-01")], covered(("2026-05-01", None))).is_empty()
    verdicts = judged(eligibility, FACT, [line("C1", "2026-04-30")], covered(("2026-05-01", None)))
    assert verdicts["message"].to_list() == [
        "2026-04-30 lies outside the coverage in the members file; the nearest runs from 2026-05-01 on."
    ]


def test_a_range_that_is_covered_in_part_is_rejected_as_such() -> None:
    verdicts = judged(eligibility, FACT, [ranged("2026-05-30", "2026-06-01")], covered(("2026-05-01", "2026-05-31")))
    assert severities(verdicts) == [("C1 line 1", "reject")]
    assert verdicts["cause"].to_list() == ["eligibility_span"]
    assert verdicts["remedy"].to_list() == [
        "Bill the covered days on a line of their own, and check eligibility for the others."
    ]
    assert verdicts["message"].to_list() == [
        (
            "2026-05-30 to 2026-06-01 lies only partly in the coverage in the members file; "
            "the nearest runs from 2026-05-01 to 2026-05-31."
        )
    ]


@pytest.mark.parametrize(("second", "is_covered"), [("2026-06-01", True), ("2026-05-15", True), ("2026-06-02", False)])
def test_spans_that_follow_each_other_are_one(second: str, is_covered: bool) -> None:
    references = covered((second, "2026-06-30"), ("2026-05-01", "2026-05-31"))
    assert judged(eligibility, FACT, [ranged("2026-05-30", "2026-06-03")], references).is_empty() is is_covered


def test_a_short_span_inside_a_long_one_does_not_cut_it() -> None:
    references = covered(("2026-01-01", "2026-12-31"), ("2026-02-01", "2026-02-10"), ("2027-01-01", None))
    assert judged(eligibility, FACT, [ranged("2026-06-01", "2027-01-05")], references).is_empty()


def test_a_span_of_another_program_does_not_count() -> None:
    references = spans(("M1", "2026-01-01", None, "yy-peer"))
    verdicts = judged(eligibility, FACT, [line("C1")], references)
    assert verdicts["message"].to_list() == [
        "2026-05-05 lies outside the coverage in the members file; there is none for this program."
    ]
    assert severities(verdicts) == [("C1 line 1", "reject")]
    assert verdicts["allowed"].to_list() == ["a day with coverage"]
    assert judged(eligibility, FACT, [line("C1", program="yy-peer")], references).is_empty()
    assert severities(judged(eligibility, FACT, [line("C1", program=None)], references)) == [("C1 line 1", "reject")]


def test_a_member_who_is_not_in_the_file_is_one_review_of_the_claim() -> None:
    verdicts = judged(
        eligibility,
        FACT,
        [line("C1", member_id="M9"), line("C1", "2026-05-06", member_id="M9")],
        covered(("2026-01-01", None)),
    )
    assert verdicts.select("where", "line_key", "cause", "verdict", "at_most", "capped_by", "column").rows() == [
        ("C1", None, "member_not_found", "unknown", "review", ["the members file does not list this member"],
         "member_id"),
    ]  # fmt: skip


def test_every_line_outside_is_reported_and_the_others_are_not() -> None:
    lines = [line("C1", "2026-05-05"), line("C1", "2026-06-05"), line("C1", "2026-06-06")]
    assert severities(judged(eligibility, FACT, lines, covered(("2026-05-01", "2026-05-31")))) == [
        ("C1 line 2", "reject"), ("C1 line 3", "reject"),
    ]  # fmt: skip


def test_voids_and_lines_without_member_or_date_are_left_to_others() -> None:
    lines = [line("C1", "2026-06-05", frequency_code="8"), line("C2", None), line("C3", member_id=None)]
    assert judged(eligibility, FACT, lines, covered(("2026-05-01", "2026-05-31"))).is_empty()


def test_no_message_holds_the_member() -> None:
    found = judged(eligibility, FACT, [line("C1", "2026-06-05", member_id="M1"), line("C2", member_id="M9")],
                   covered(("2026-05-01", "2026-05-31")))  # fmt: skip
    assert not found.select(pl.concat_str("message", "remedy", "found", "allowed").str.contains("M1|M9").any()).item()
