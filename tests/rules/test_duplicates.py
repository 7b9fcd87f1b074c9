"""Duplicates: what is the same, what only looks it, and who is reported."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.rules import duplicates
from tests.rules.windows import a_fact, judged, line, severities

FACT = a_fact(duplicates, program="national")


def found(*lines: dict[str, Any]) -> list[tuple[str, str]]:
    return severities(judged(duplicates, FACT, lines))


def old(claim_id: str, status: str = "paid", **values: Any) -> dict[str, Any]:
    return line(claim_id, is_history=True, status=status, **values)


def test_the_later_of_two_same_lines_is_rejected_and_names_the_first() -> None:
    verdicts = judged(duplicates, FACT, [line("C12", units="2"), line("C17", units="2"), line("C18", units="2")])
    assert severities(verdicts) == [("C17 line 1", "reject"), ("C18 line 1", "reject")]
    assert verdicts.select("cause", "message", "related", "found", "allowed").row(0) == (
        "exact_duplicate", "98960 U7 on 2026-05-05 is billed in C12 line 1 with the same units and providers.", ["C12 line 1"],
        "98960 U7 on 2026-05-05 a second time", "once",
    )  # fmt: skip


def test_input_order_decides_not_the_start_time() -> None:
    assert found(line("C1", start_time="15:00"), line("C2", start_time="09:00")) == [("C2 line 1", "reject")]


@pytest.mark.parametrize(
    "values",
    [{"member_id": "M2"}, {"billing_npi": "1111111112"}, {"procedure_code": "98961"}, {"modifiers": ["U7", "HQ"]}, {"modifiers": []}],
)  # fmt: skip
def test_another_member_biller_code_or_modifier_is_another_service(values: dict[str, Any]) -> None:
    assert found(line("C1"), line("C2", **values)) == []


def test_another_day_or_another_last_day_is_another_service() -> None:
    assert found(line("C1"), line("C2", "2026-05-06"), line("C3", service_end_date="2026-05-06")) == []


def test_the_order_of_modifiers_does_not_matter() -> None:
    assert found(line("C1", modifiers=["U7", "HQ"]), line("C2", modifiers=["HQ", "U7"])) == [("C2 line 1", "reject")]


@pytest.mark.parametrize("values", [{"units": "2"}, {"units": None}, {"rendering_npi": "1000000004"}])
def test_other_units_or_another_rendering_provider_is_review(values: dict[str, Any]) -> None:
    verdicts = judged(duplicates, FACT, [line("C1"), line("C2", **values)])
    assert severities(verdicts) == [("C2 line 1", "review")]
    assert verdicts.select("cause", "message").row(0) == (
        "suspect_duplicate", "98960 U7 on 2026-05-05 is billed in C1 line 1 too; units or rendering provider differ."
    )  # fmt: skip


def test_two_lines_of_one_claim_are_review() -> None:
    verdicts = judged(duplicates, FACT, [line("C1"), line("C1")])
    assert severities(verdicts) == [("C1 line 2", "review")]
    assert verdicts["message"].to_list() == [
        "98960 U7 on 2026-05-05 is billed in C1 line 1 too; both lines are of one claim."
    ]


@pytest.mark.parametrize("status", ["paid", "accepted"])
def test_a_twin_in_the_history_of_another_claim_is_rejected(status: str) -> None:
    verdicts = judged(duplicates, FACT, [line("C1"), old("H1", status)])
    assert severities(verdicts) == [("C1 line 1", "reject")]
    assert verdicts["message"].to_list() == [
        "98960 U7 on 2026-05-05 is billed in H1 line 1 of the history file with the same units and providers."
    ]


def test_the_same_submission_when_it_is_paid_is_a_duplicate() -> None:
    assert found(line("C1"), old("C1")) == [("C1 line 1", "reject")]


def test_what_does_not_count_is_no_twin() -> None:
    assert found(line("C1"), old("H1", counts=False)) == []
    assert found(line("C1", counts=False), line("C2")) == []


@pytest.mark.parametrize("code", ["7", "8"])
def test_voids_and_replacements_are_left_out(code: str) -> None:
    assert found(line("C1"), line("C2", frequency_code=code, original_claim_id="X")) == []


def test_a_twin_of_a_claim_that_is_rejected_anyway_is_review() -> None:
    verdicts = judged(duplicates, FACT, [line("C12", stands=False), line("C13")])
    assert severities(verdicts) == [("C13 line 1", "review")]
    assert verdicts["capped_by"].to_list() == [["fits only while C12 stays out"]]
    assert found(line("C12", stands=False), line("C13"), line("C14")) == [
        ("C13 line 1", "review"),
        ("C14 line 1", "reject"),
    ]


def test_a_claim_number_used_twice_is_a_review_of_the_later_claim() -> None:
    verdicts = judged(duplicates, FACT, [line("C1"), line("C1", "2026-05-09", new_claim=True)])
    assert verdicts.select("claim_key", "line_key", "where", "cause", "at_most").rows() == [
        (1, None, "C1", "suspect_duplicate", "review")
    ]


def test_a_replacement_may_carry_the_number_of_its_original() -> None:
    assert found(line("C1"), line("C1", "2026-05-09", frequency_code="7", original_claim_id="X", new_claim=True)) == []


def test_lines_that_lack_what_is_compared_are_no_duplicates() -> None:
    assert found(line("C1", member_id=None), line("C2", member_id=None)) == []


SAME = ["member_id", "rendering_npi", "units"]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({
            "claim": st.integers(0, 3), "member_id": st.sampled_from(["M1", "M2"]), "units": st.sampled_from(["1", "2"]),
            "rendering_npi": st.sampled_from([None, "1"]), "stands": st.booleans(),
        }),
        max_size=8,
    )
)  # fmt: skip
def test_duplicates_agree_with_a_plain_loop(drawn: list[dict[str, Any]]) -> None:
    drawn.sort(key=lambda item: item["claim"])
    stands = {item["claim"]: item["stands"] for item in drawn}  # a claim stands as a whole, and is of one member
    members = {item["claim"]: item["member_id"] for item in drawn}
    drawn = [{**item, "member_id": members[item["claim"]]} for item in drawn]
    lines = [
        line(f"C{item['claim']}", **{name: item[name] for name in SAME}, stands=stands[item["claim"]]) for item in drawn
    ]
    expected = []
    for at, item in enumerate(drawn):
        near = [other for other in drawn[:at] if other["member_id"] == item["member_id"]]
        exact = [o for o in near if all(o[name] == item[name] for name in SAME) and o["claim"] != item["claim"]]
        worth = "reject" if any(stands[other["claim"]] for other in exact) else "review" if near else None
        number = 1 + sum(other["claim"] == item["claim"] for other in drawn[:at])
        if worth:
            expected.append((f"C{item['claim']} line {number}", worth))
    if lines:
        assert found(*lines) == expected
