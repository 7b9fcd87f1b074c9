"""Services that exclude each other on one day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.rules import same_day
from tests.rules.windows import a_fact, judged, line, rows, severities

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


def test_the_first_line_that_stands_is_the_one_that_is_named() -> None:
    lines = [line("C1", stands=False), line("C2", modifiers=["U7", "95"]), line("C3"), small("C4")]
    verdicts = judged(same_day, ALL, lines)
    assert severities(verdicts) == [("C4 line 1", "reject")]
    assert verdicts["related"].to_list() == [["C2 line 1"]]


def test_of_several_that_are_rejected_anyway_the_first_must_stay_out() -> None:
    lines = [line("C1", stands=False), line("C2", stands=False, modifiers=["U7", "95"]), small("C3")]
    verdicts = judged(same_day, ALL, lines)
    assert verdicts.select("where", "capped_by", "related", "found").rows() == [
        ("C3 line 1", ["fits only while C1 stays out"], ["C1 line 1"], "98961 U7 and 98960 U7"),
    ]  # fmt: skip


def test_a_range_that_stands_before_a_rejected_line_is_what_makes_the_day_uncertain() -> None:
    range_ = line("C1", "2026-05-04", service_end_date="2026-05-05")
    verdicts = judged(same_day, ALL, [range_, line("C2", stands=False), small("C3")])
    assert verdicts.select("where", "capped_by", "related").rows() == [
        ("C3 line 1", ["which days of a date range had a service is not known"], ["C1 line 1"]),
    ]  # fmt: skip


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


def test_a_line_without_member_service_or_date_stands_beside_nothing() -> None:
    assert found(line("C1", member_id=None), small("C2", member_id=None)) == []
    assert found(line("C1", service=None), small("C2")) == []
    assert found(line("C1", None), line("C2", None, procedure_code="98961", service="small-group")) == []


def test_the_day_before_an_entry_starts_is_free() -> None:
    fact = a_fact(same_day, not_with="all", effective="2026-05-05")
    lines = [line("C1", "2026-05-04"), small("C2", "2026-05-04"), line("C3"), small("C4")]
    assert severities(judged(same_day, fact, lines)) == [("C4 line 1", "reject")]


LINES = st.lists(
    st.fixed_dictionaries({
        "member_id": st.sampled_from(["M1", "M1", "M1", "M2"]), "offset": st.integers(0, 1), "length": st.sampled_from([0, 0, 0, 1]),
        "service": st.sampled_from(["individual", "individual", "small-group", "large-group"]), "stands": st.booleans(),
        "is_history": st.sampled_from([False, False, True]),
    }),
    min_size=1, max_size=8,
)  # fmt: skip


def expected(frame: pl.DataFrame) -> list[tuple[str, str, list[str], list[str]]]:
    """The same rule as one loop: where, reject or review, which line is named, and why it is held only for review."""
    lines = frame.sort("order").to_dicts()
    verdicts = []
    for own in lines:
        is_range = own["last_date"] > own["service_date"]
        conflicts: list[Any] = []
        for offset in range((own["last_date"] - own["service_date"]).days + 1):
            day = own["service_date"] + timedelta(days=offset)
            there = [other for other in lines if other["member_id"] == own["member_id"]
                     and other["service_date"] <= day <= other["last_date"]]  # fmt: skip
            for service in {other["service"] for other in there} - {own["service"]}:
                first, *_ = same = [other for other in there if other["service"] == service]
                sure = [o for o in same if o["stands"] and o["last_date"] == o["service_date"] and not is_range]
                if sure and sure[0]["order"] < own["order"]:
                    conflicts.append((0, day, first["order"], "reject", sure[0]["label"], []))
                elif first["order"] < own["order"]:
                    out = f"fits only while {first['claim_id']} stays out"
                    why = "which days of a date range had a service is not known" if first["stands"] else out
                    conflicts.append((1, day, first["order"], "review", first["label"], [why]))
        if conflicts and not own["is_history"]:
            *_, worth, label, why_review = min(conflicts)
            verdicts.append((own["label"], worth, [label], why_review))
    return sorted(verdicts)


@settings(max_examples=150, deadline=None)
@given(LINES)
def test_conflicts_of_a_day_agree_with_a_plain_loop(drawn: list[dict[str, Any]]) -> None:
    lines = []
    for number, item in enumerate(drawn):
        first = date(2026, 5, 4) + timedelta(days=item["offset"])
        last = first + timedelta(days=item["length"])
        of_line = {name: item[name] for name in ("member_id", "service", "is_history")}
        lines.append(line(f"C{number}", str(first), service_end_date=str(last), **of_line,
                          stands=item["stands"] or item["is_history"], status="paid" if item["is_history"] else None))  # fmt: skip
    verdicts = judged(same_day, ALL, lines)
    worth = [worth for _, worth in severities(verdicts)]
    got = zip(verdicts["where"], worth, verdicts["related"].to_list(), verdicts["capped_by"].to_list(), strict=True)
    assert sorted(got) == expected(rows(lines))
