"""Diagnoses looked up in a made-up list of two years."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from billing.policy.codesets import Fact
from billing.references import References
from billing.rules import diagnosis_codes
from billing.rules._kind import Context
from tests.rules.code_lists import an_edition, with_lists
from tests.rules.harness import RECEIVED, a_claim, a_line, an_entry, placed
from tests.rules.windows import unchecked_lines

OLD = [("F32", 0), ("F320", 1), ("G35", 1), ("Z59", 0), ("Z598", 1)]
NEW = [
    ("F32", 0), ("F320", 1), ("F32A", 1), ("G35", 0), ("G35A", 1), ("G35B", 0), ("G35B1", 1), ("G35B2", 1), ("G35C", 1),
    ("G35D", 1), ("G35E", 1), ("G35F", 1), ("QA0", 0), ("QA01", 1), ("Z59", 0), ("Z590", 1), ("Z591", 1), ("Z592", 1), ("Z593", 1),
    ("Z594", 1), ("Z595", 1),
]  # fmt: skip
YEARS = (
    an_edition("diagnoses", OLD, edition="Y25", first="2024-10-01", last="2025-09-30"),
    an_edition("diagnoses", NEW, edition="Y26", first="2025-10-01", last="2026-09-30"),
)
HEADING = "G35 is a heading with more exact codes below it, and not billed on 2025-10-01 (DIAGNOSES Y26)."
IN_TWO = "the claim's days lie in two editions of the list, or partly in none, and one alone speaks against the code"


def a_fact(*editions: Any, **entry: Any) -> Fact:
    return with_lists(an_entry(diagnosis_codes, list="diagnoses-list", **entry), *(editions or YEARS))


def told(*claims: Any, fact: Fact | None = None) -> list[tuple[Any, ...]]:
    """What is found: claim, cause, message, and `review` where it is at most that."""
    fact = fact or a_fact()
    rows = placed(*claims)
    found = diagnosis_codes.check(fact, Context(rows.lazy(), References(), RECEIVED)).collect()
    named = found.join(rows.unique("claim_key").select("claim_key", "claim_id"), on="claim_key")
    return named.sort("claim_key", "cause").select("claim_id", "cause", "message", "at_most").rows()


def advice(*diagnoses: str, day: str = "2026-05-05") -> list[str]:
    context = Context(placed(of_day(day, *diagnoses)).lazy(), References(), RECEIVED)
    return diagnosis_codes.check(a_fact(), context).collect().get_column("remedy").to_list()


def of_day(day: str | None, *diagnoses: str, end: str | None = None, **claim: Any) -> Any:
    return a_claim(a_line(service_date=day, service_end_date=end), diagnoses=diagnoses, **claim)


@pytest.mark.parametrize("diagnosis", ["F320", "F32A", "G35B1", "QA01", "Z590"])
def test_a_billable_code_passes(diagnosis: str) -> None:
    assert told(of_day("2026-05-05", diagnosis)) == []


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2025-09-30", [("C1", "dx_invalid", "Z590 is no code on 2025-09-30 (DIAGNOSES Y25).", None)]),
        ("2025-10-01", []),
        ("2026-09-30", []),
    ],
)
def test_a_new_code_is_one_from_the_first_day_of_its_edition(day: str, found: list[Any]) -> None:
    assert told(of_day(day, "Z590")) == found


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2024-10-01", []),
        ("2025-09-30", []),
        ("2025-10-01", [("C1", "dx_not_specific", HEADING, None)]),
    ],
)  # fmt: skip
def test_a_code_that_was_split_is_billable_to_the_last_day_of_its_edition(day: str, found: list[Any]) -> None:
    assert told(of_day(day, "G35")) == found


def test_a_heading_names_the_codes_below_it_and_how_many_more_there_are() -> None:
    assert advice("G35") == [
        "Send the code below it that the record of the visit holds. G35: G35A, G35B1, G35B2, G35C, G35D, G35E and 1 more."
    ]
    assert advice("Z59") == [
        "Send the code below it that the record of the visit holds. Z59: Z590, Z591, Z592, Z593, Z594, Z595."
    ]


def test_the_headings_of_a_claim_are_one_finding_and_the_unknown_codes_another() -> None:
    assert told(of_day("2026-05-05", "F32", "Z999", "F320", "G35", "Z998")) == [
        ("C1", "dx_invalid", "Z999, Z998 are no codes on 2026-05-05 (DIAGNOSES Y26).", None),
        ("C1", "dx_not_specific",
         "F32, G35 are headings with more exact codes below them, and not billed on 2026-05-05 (DIAGNOSES Y26).", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("diagnosis", "words"),
    [
        ("Z598", "Z598: a code from 2024-10-01 to 2025-09-30 (DIAGNOSES Y25)."),
        ("F32011", "F32011: F320 is the longest part of it that is a code."),
        ("F329", "F329: the codes of F32 are F320, F32A."),
        ("Z5999", "Z5999: the codes of Z59 are Z590, Z591, Z592, Z593, Z594, Z595."),
        ("A00", "A00: no code begins like it."),
        ("Z99", "Z99: no code begins like it."),
    ],
)
def test_an_unknown_code_is_told_what_comes_nearest(diagnosis: str, words: str) -> None:
    assert advice(diagnosis) == [f"Compare with the record of the visit. {words}"]


def test_every_claim_with_the_code_is_told_once_whatever_its_lines() -> None:
    lines = [a_line(service_date="2026-05-05"), a_line(service_date="2026-05-06", line_number=2)]
    claims = [a_claim(*lines, claim_id=claim_id, diagnoses=["F320", "F32"]) for claim_id in ("C1", "C2")]
    words = (
        "F32 is a heading with more exact codes below it, and not billed on 2026-05-05 to 2026-05-06 (DIAGNOSES Y26)."
    )
    fine = of_day("2026-05-05", "F320", claim_id="C3")
    assert told(*claims, fine) == [("C1", "dx_not_specific", words, None), ("C2", "dx_not_specific", words, None)]


@pytest.mark.parametrize(
    ("diagnosis", "at_most"), [("F32", None), ("G35", "review"), ("Z590", "review"), ("F320", "passes")]
)
def test_a_claim_over_two_editions_is_rejected_only_where_both_speak_against_the_code(
    diagnosis: str, at_most: str | None
) -> None:
    lines = [a_line(service_date="2025-10-01"), a_line(service_date="2025-09-30", line_number=2)]
    found = told(a_claim(*lines, diagnoses=[diagnosis]))
    assert [item[3] for item in found] == ([] if at_most == "passes" else [at_most])


@pytest.mark.parametrize(
    ("first", "last", "at_most"),
    [
        ("2026-09-30", "2026-10-01", "review"),
        ("2024-09-30", "2024-10-01", "review"),
        ("2026-10-01", None, "not looked up"),
    ],
)
def test_a_claim_partly_in_no_edition_is_held_for_review(first: str, last: str | None, at_most: str) -> None:
    inside = of_day("2026-05-05", "F320", claim_id="C2")  # so that there is something to look up
    found = told(of_day(first, "F32", end=last), inside)
    assert [item[3] for item in found] == ([] if at_most == "not looked up" else [at_most])


def test_why_a_claim_over_two_editions_is_held_is_said() -> None:
    context = Context(placed(of_day("2025-09-30", "G35", end="2025-10-01")).lazy(), References(), RECEIVED)
    assert diagnosis_codes.check(a_fact(), context).collect().get_column("capped_by").to_list() == [[IN_TWO]]


def test_an_unofficial_list_rejects_nothing() -> None:
    unofficial = an_edition("diagnoses", NEW, edition="Y26", first="2025-10-01", last="2026-09-30", official=False)
    context = Context(placed(of_day("2026-05-05", "F32")).lazy(), References(), RECEIVED)
    found = diagnosis_codes.check(a_fact(unofficial), context).collect()
    assert found.select("at_most", "capped_by").rows() == [
        ("review", ["of the list DIAGNOSES Y26, its source is unofficial"])
    ]


@pytest.mark.parametrize("diagnosis", ["f32", "F3", "F3.2", "F320000A", ""])
def test_what_is_no_code_by_its_shape_is_not_looked_up(diagnosis: str) -> None:
    assert told(of_day("2026-05-05", diagnosis, "F320")) == []


def test_the_codes_of_a_void_are_not_looked_up() -> None:
    assert told(of_day("2026-05-05", "F32", frequency_code="8")) == []


def test_a_claim_without_a_day_is_not_looked_up() -> None:
    assert told(of_day(None, "F32"), of_day("2026-05-05", "F320", claim_id="C2")) == []


def asked(expression: pl.Expr, *claims: Any) -> list[bool]:
    return placed(*claims).select(expression).to_series().to_list()


def test_a_line_is_not_checked_when_a_day_of_it_lies_in_no_edition() -> None:
    claims = [
        of_day("2024-09-30", "F32"), of_day("2024-10-01", "F32"), of_day("2026-09-30", "F32"), of_day("2026-10-01", "F32"),
        of_day("2026-09-30", "F32", end="2026-10-01"), of_day(None, "F32"), of_day("2026-10-01"),
    ]  # fmt: skip
    fact = a_fact()
    assert unchecked_lines(diagnosis_codes, fact, placed(*claims)) == [0, 3, 4]
    assert asked(diagnosis_codes.concerns(fact), *claims) == [False, True, True, False, False, False, False]
    assert diagnosis_codes.unchecked_needs(fact) == "diagnoses-list list"


def test_an_entry_looks_at_the_shape_or_at_a_list_never_at_both() -> None:
    shape = an_entry(diagnosis_codes)
    assert (diagnosis_codes.stage(shape), diagnosis_codes.stage(a_fact())) == (0, 1)
    assert list(diagnosis_codes.checks(a_fact())) == []
