"""Services that exclude each other on one day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from billing.rules import same_day
from tests.rules.windows import a_fact, judged, line, severities

ALL = a_fact(same_day, not_with="all")


def small(claim_id: str, day: str = "2026-05-05", **values: Any) -> dict[str, Any]:
    return line(claim_id, day, procedure_code="98961", service="small-group", **values)


def found(*lines: dict[str, Any]) -> list[tuple[str, str]]:
    return severities(judged(same_day, ALL, lines))


def test_a_second_service_on_one_day_is_rejected_and_names_the_first() -> None:
    verdicts = judged(same_day, ALL, [line("C1"), small("C2")])
    assert severities(verdicts) == [("C2 line 1", "reject")]
    assert verdicts.select("cause", "message", "found", "allowed", "related", "column").row(0) == (
        "same_day_conflict",
        "98961 U7 on 2026-05-05 stands beside 98960 U7 (C1 line 1); the program pays only one of them on one day.",
        "98961 U7 and 98960 U7", "one of them on one day", ["C1 line 1"], "procedure_code",
    )  # fmt: skip


def test_the_same_service_twice_is_not_its_business() -> None:
    assert found(line("C1"), line("C2")) == []


def test_the_next_day_and_another_member_are_free() -> None:
    assert found(line("C1"), small("C2", "2026-05-06"), small("C3", member_id="M2")) == []


def test_another_biller_is_not_free() -> None:
    assert found(line("C1"), small("C2", billing_npi="1111111112")) == [("C2 line 1", "reject")]


def test_start_time_decides_who_is_later_and_history_is_first() -> None:
    assert found(line("C1", start_time="15:00"), small("C2", start_time="09:00")) == [("C1 line 1", "reject")]
    assert found(line("C1"), small("H1", is_history=True, status="paid")) == [("C1 line 1", "reject")]


def test_what_does_not_count_is_in_nobodys_way() -> None:
    assert found(line("C1", counts=False), small("C2")) == []


def test_beside_a_claim_that_is_rejected_anyway_it_is_review() -> None:
    verdicts = judged(same_day, ALL, [line("C12", stands=False), small("C13")])
    assert severities(verdicts) == [("C13 line 1", "review")]
    assert verdicts["capped_by"].to_list() == [["fits only while C12 stays out"]]


def test_a_date_range_makes_the_day_uncertain() -> None:
    verdicts = judged(same_day, ALL, [line("C1", "2026-05-04", service_end_date="2026-05-06"), small("C2")])
    assert severities(verdicts) == [("C2 line 1", "review")]
    assert verdicts["capped_by"].to_list() == [["which days of a date range had a service is not known"]]
    assert found(line("C1", "2026-05-04", service_end_date="2026-05-06"), small("C2", "2026-05-07")) == []
    assert found(line("C1"), small("C2", "2026-05-04"), small("C3", "2026-05-05", service_end_date="2026-05-06")) == [
        ("C3 line 1", "review")
    ]


def test_only_named_services_exclude_each_other_whichever_comes_first() -> None:
    fact = replace(a_fact(same_day, services=["individual"], not_with=["small-group"]), services=("individual",))
    large = line("C3", procedure_code="98962", service="large-group")
    assert same_day.also_sees(fact) == ("small-group",)
    assert same_day.also_sees(ALL) == ()
    assert severities(judged(same_day, fact, [line("C1"), small("C2"), large])) == [("C2 line 1", "reject")]
    assert severities(judged(same_day, fact, [small("C2"), line("C1")])) == [("C1 line 1", "reject")]
    assert severities(judged(same_day, fact, [small("C2"), large])) == []


def test_a_line_with_several_conflicts_is_reported_once() -> None:
    large = line("C3", procedure_code="98962", service="large-group")
    verdicts = judged(same_day, ALL, [line("C1"), small("C2"), large])
    assert verdicts.filter(pl.col("where") == "C3 line 1")["related"].to_list() == [["C1 line 1"]]
