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


def test_a_twin_that_stands_behind_it_does_not_reject_a_line() -> None:
    assert found(line("C1", stands=False), line("C2", stands=False), line("C3"), line("C4", stands=False)) == [
        ("C2 line 1", "review"), ("C3 line 1", "review"), ("C4 line 1", "reject"),
    ]  # fmt: skip


def test_a_claim_number_used_twice_is_a_review_of_the_later_claim() -> None:
    verdicts = judged(duplicates, FACT, [line("C1"), line("C1", "2026-05-09", new_claim=True)])
    assert verdicts.select("claim_key", "line_key", "where", "cause", "at_most").rows() == [
        (1, None, "C1", "suspect_duplicate", "review")
    ]


def test_a_replacement_may_carry_the_number_of_its_original() -> None:
    assert found(line("C1"), line("C1", "2026-05-09", frequency_code="7", original_claim_id="X", new_claim=True)) == []


def test_lines_that_lack_what_is_compared_are_no_duplicates() -> None:
    assert found(line("C1", member_id=None), line("C2", member_id=None)) == []


def test_lines_of_two_claims_with_one_number_are_no_duplicates_for_want_of_a_member() -> None:
    verdicts = judged(duplicates, FACT, [line("C1", member_id=None), line("C1", member_id=None, new_claim=True)])
    assert verdicts.select("line_key", "cause", "message", "column", "capped_by", "related").rows() == [
        (None, "suspect_duplicate", "The claim's number stands on an earlier claim of this batch too.", "claim_id",
         ["a claim number alone does not make a duplicate"], []),
    ]  # fmt: skip


def test_a_number_that_the_history_knows_is_not_used_twice_in_the_batch() -> None:
    assert found(line("C1"), old("C1", service_date="2026-05-09")) == []


def test_a_claim_without_a_frequency_code_is_an_original() -> None:
    assert found(line("C1", frequency_code=None), line("C2", frequency_code=None)) == [("C2 line 1", "reject")]


def test_what_the_history_holds_twice_is_not_this_batchs_finding() -> None:
    assert found(old("H1"), old("H2"), old("H3", units="9")) == []


def test_the_fact_of_another_time_does_not_look_at_the_line() -> None:
    fact = a_fact(duplicates, program="national", effective="2026-05-06")
    assert judged(duplicates, fact, [line("C1"), line("C2")]).is_empty()


def test_lines_whose_units_are_both_unknown_are_a_suspicion() -> None:
    assert found(line("C1", units=None), line("C2", units=None)) == [("C2 line 1", "review")]


def test_a_twin_of_a_rejected_claim_is_named_with_the_claim_that_must_stay_out() -> None:
    verdicts = judged(duplicates, FACT, [line("C1", stands=False), line("C2", stands=False)])
    assert verdicts.select("cause", "at_most", "capped_by", "message", "related", "column").rows() == [
        ("exact_duplicate", "review", ["fits only while C1 stays out"],
         "98960 U7 on 2026-05-05 is billed in C1 line 1 with the same units and providers.", ["C1 line 1"],
         "procedure_code"),
    ]  # fmt: skip


def test_every_service_has_its_own_first_line() -> None:
    other: dict[str, Any] = {"procedure_code": "98961"}
    lines = [line("A"), line("B", **other), line("B", **other), line("C"), old("H", procedure_code="98962"),
             line("D", stands=False, units="2"), line("E", units="2"), line("F", procedure_code="98962")]  # fmt: skip
    verdicts = judged(duplicates, FACT, lines)
    assert list(zip(severities(verdicts), verdicts["related"].to_list(), verdicts["message"].to_list(), strict=True)) == [
        (("B line 2", "review"), ["B line 1"],
         "98961 U7 on 2026-05-05 is billed in B line 1 too; both lines are of one claim."),
        (("C line 1", "reject"), ["A line 1"],
         "98960 U7 on 2026-05-05 is billed in A line 1 with the same units and providers."),
        (("D line 1", "review"), ["A line 1"],
         "98960 U7 on 2026-05-05 is billed in A line 1 too; units or rendering provider differ."),
        (("E line 1", "review"), ["D line 1"],
         "98960 U7 on 2026-05-05 is billed in D line 1 with the same units and providers."),
        (("F line 1", "reject"), ["H line 1"],
         "98962 U7 on 2026-05-05 is billed in H line 1 of the history file with the same units and providers."),
    ]  # fmt: skip


LINES = st.lists(
    st.fixed_dictionaries({
        "claim": st.integers(0, 3), "procedure_code": st.sampled_from(["98960", "98961"]),
        "units": st.sampled_from(["1", "2", None]), "rendering_npi": st.sampled_from([None, "1"]),
        "day": st.sampled_from(["2026-05-05", "2026-05-04"]),
    }),
    max_size=10,
)  # fmt: skip
OF_CLAIMS = st.lists(
    st.fixed_dictionaries({
        "member_id": st.sampled_from(["M1", "M1", "M2"]), "stands": st.booleans(),
        "is_history": st.sampled_from([False, False, True]),
    }),
    min_size=4, max_size=4,
)  # fmt: skip


def expected(lines: list[dict[str, Any]]) -> list[tuple[str, str, str, list[str], list[str]]]:
    """The same rule as one loop: where, cause, worth, which line is named, and why it is held only for review."""
    verdicts: list[tuple[str, str, str, list[str], list[str]]] = []
    in_order = sorted(lines, key=lambda item: not item["is_history"])
    for at, item in enumerate(in_order):
        same = [each for each in in_order[:at] if all(each[name] == item[name] for name in ("key", "member_id"))]
        exact = [
            each for each in same if item["units"] and each["where"].split()[0] != item["where"].split()[0]
            and (each["units"], each["rendering_npi"]) == (item["units"], item["rendering_npi"])
        ]  # fmt: skip
        standing = [each for each in exact if each["stands"]]
        if item["is_history"] or not same:
            continue
        if standing:
            verdicts.append((item["where"], "exact_duplicate", "reject", [standing[0]["where"]], []))
        elif exact:
            why = f"fits only while {exact[0]['where'].split()[0]} stays out"
            verdicts.append((item["where"], "exact_duplicate", "review", [exact[0]["where"]], [why]))
        else:
            is_own = same[0]["where"].split()[0] == item["where"].split()[0]
            why = "both lines are of one claim" if is_own else "units or rendering provider differ"
            verdicts.append((item["where"], "suspect_duplicate", "review", [same[0]["where"]], [why]))
    return sorted(verdicts)


@settings(max_examples=150, deadline=None)
@given(LINES, OF_CLAIMS)
def test_duplicates_agree_with_a_plain_loop(drawn: list[dict[str, Any]], claims: list[dict[str, Any]]) -> None:
    drawn.sort(key=lambda item: item["claim"])
    lines, plain, numbers = [], [], dict.fromkeys(range(4), 0)
    for item in drawn:
        claim, of_claim = item["claim"], claims[item["claim"]]  # a claim stands as a whole, and is of one member
        of_claim = {**of_claim, "stands": of_claim["stands"] or of_claim["is_history"]}
        numbers[claim] += 1
        own = {name: item[name] for name in ("procedure_code", "rendering_npi")}
        status = "paid" if of_claim["is_history"] else None
        lines.append(line(f"C{claim}", item["day"], item["units"], **of_claim, **own, status=status))
        plain.append({**item, **of_claim, "key": (item["procedure_code"], item["day"]),
                      "where": f"C{claim} line {numbers[claim]}"})  # fmt: skip
    if lines:
        verdicts = judged(duplicates, FACT, lines)
        worth = [worth for _, worth in severities(verdicts)]
        got = zip(*(verdicts[name].to_list() for name in ("where", "cause")), worth,
                  *(verdicts[name].to_list() for name in ("related", "capped_by")), strict=True)  # fmt: skip
        assert sorted(got) == expected(plain)
