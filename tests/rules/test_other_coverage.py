"""Other coverage: billed first, its decision on the claim, and services that go to Medicaid directly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.policy.codesets import Fact
from billing.references import References, read_references
from billing.rules import other_coverage
from billing.rules._kind import Context
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed, said
from tests.rules.windows import RECEIVED, a_fact, judged, line, rows, severities

FACT = a_fact(other_coverage, program="national")
SPAN = {"member_id": "M1", "effective": "2026-05-01", "ended": "2026-05-31", "payer_id": "P9", "payer_name": "BLUE PLAN",
        "kind": "commercial"}  # fmt: skip
PAID = {"id": "P9", "name": "BLUE PLAN", "paid": "0.00", "decided_on": "2026-05-20"}


def file(*spans: dict[str, Any], without: str = "") -> References:
    given = pl.DataFrame([{**SPAN, **span} for span in spans], schema_overrides=dict.fromkeys(SPAN, pl.String))
    return read_references(other_coverage=given.drop(without) if without else given)


def visit(day: str | None = "2026-05-05", end: str | None = None, **values: Any) -> dict[str, Any]:
    return line(**{"claim_id": "C1", "day": day, "service_end_date": end, **values})


def worth(references: References, *lines: dict[str, Any], fact: Fact = FACT) -> list[tuple[str, str]]:
    found = judged(other_coverage, fact, lines or [visit()], references)
    assert set(found["cause"]) <= {"tpl_not_billed"}
    return severities(found)


def beside(bypass: Fact, references: References, *lines: dict[str, Any]) -> list[tuple[str, str]]:
    """What the national rule finds beside a program's list of services that go to Medicaid directly."""
    frame = rows(lines or [visit()])
    context = Context(frame.lazy(), references, RECEIVED, facts=(FACT, bypass))
    found = (
        other_coverage.check(FACT, context)
        .collect()
        .join(frame.unique("claim_key").select("claim_key", where="claim_id"), on="claim_key")
    )
    return sorted(severities(found))


REJECT, REVIEW = [("C1", "reject")], [("C1", "review")]


@pytest.mark.parametrize(
    ("day", "found"), [("2026-04-30", []), ("2026-05-01", REJECT), ("2026-05-31", REJECT), ("2026-06-01", [])]
)
def test_coverage_counts_on_its_first_and_last_day(day: str, found: list[tuple[str, str]]) -> None:
    assert worth(file({}), visit(day)) == found


@pytest.mark.parametrize(("first", "last", "found"), [
    ("2026-04-29", "2026-04-30", []), ("2026-04-30", "2026-05-01", REVIEW), ("2026-05-01", "2026-05-31", REJECT),
    ("2026-05-31", "2026-06-01", REVIEW), ("2026-06-01", "2026-06-02", []),
])  # fmt: skip
def test_a_range_that_lies_only_partly_in_the_coverage_is_reviewed(
    first: str, last: str, found: list[tuple[str, str]]
) -> None:
    assert worth(file({}), visit(first, last)) == found


def test_coverage_without_an_end_and_spans_that_meet() -> None:
    assert worth(file({"ended": None}), visit("2030-01-01")) == REJECT
    assert worth(file({}, {"effective": "2026-06-01", "ended": None}), visit("2026-05-31", "2026-06-01")) == REJECT


def test_another_payer_on_the_claim_is_enough_whichever_it_is() -> None:
    assert worth(file({}), visit(other_payers=[PAID])) == []
    assert worth(file({}), visit(other_payers=[{"id": "P5"}])) == []


def test_a_member_who_is_not_in_the_file_has_no_other_coverage() -> None:
    assert worth(file({"member_id": "M2"})) == []


def test_a_claim_is_told_once_with_the_payer_the_dates_and_what_to_do() -> None:
    spans = file({"payer_name": "AID PLAN", "ended": None}, {"effective": "2026-01-01", "ended": "2026-05-05"})
    found = judged(
        other_coverage, FACT, [visit("2026-05-05"), visit("2026-05-04"), visit("2026-06-01", claim_id="C2")], spans
    )
    assert found.select("where", "line_key", "cause", "column", "message", "remedy", "found", "allowed").rows() == [
        ("C1", None, "tpl_not_billed", "other_payers",
         ("The member has other coverage on 2026-05-05, from AID PLAN and BLUE PLAN, 2026-01-01 on; no other payer stands on "
          "the claim."),
         ("Bill AID PLAN and BLUE PLAN first and send the decision with the claim, also a denial; if the coverage has ended, "
          "bring the file up to date."),
         "no other payer", "the decision of AID PLAN and BLUE PLAN"),
        ("C2", None, "tpl_not_billed", "other_payers",
         "The member has other coverage on 2026-06-01, from AID PLAN, 2026-05-01 on; no other payer stands on the claim.",
         ("Bill AID PLAN first and send the decision with the claim, also a denial; if the coverage has ended, bring the file "
          "up to date."),
         "no other payer", "the decision of AID PLAN"),
    ]  # fmt: skip


@pytest.mark.parametrize(("names", "shown"), [
    ({"payer_name": None}, "P9"), ({"payer_name": None, "payer_id": None}, "the other payer"), ({}, "BLUE PLAN"),
])  # fmt: skip
def test_the_payer_is_named_as_the_file_names_it(names: dict[str, Any], shown: str) -> None:
    found = judged(other_coverage, FACT, [visit()], file(names))
    assert found["allowed"].to_list() == [f"the decision of {shown}"]


def test_of_several_lines_the_one_that_lies_wholly_in_the_coverage_is_told() -> None:
    found = judged(
        other_coverage, FACT, [visit("2026-04-30", "2026-05-01"), visit("2026-05-02"), visit("2026-05-03")], file({})
    )
    assert severities(found) == REJECT
    assert found["message"].item().startswith("The member has other coverage on 2026-05-02, ")
    assert found["capped_by"].to_list() == [[]]
    partly = judged(other_coverage, FACT, [visit("2026-04-30", "2026-05-01")], file({}))
    assert partly["capped_by"].to_list() == [["which days of the range had a service is not known"]]


@pytest.mark.parametrize(("kind", "found"), [("medicare", REJECT), ("commercial", []), (None, REVIEW)])
def test_an_entry_may_be_about_one_kind_of_coverage(kind: str | None, found: list[tuple[str, str]]) -> None:
    medicare = a_fact(other_coverage, kinds=["medicare"])
    assert worth(file({"kind": kind}), fact=medicare) == found
    assert worth(file({"kind": kind}, without="kind"), fact=medicare) == []
    assert other_coverage.reads(medicare) == (("other_coverage", "kind"),)
    assert other_coverage.reads(FACT) == ()


def test_coverage_of_an_unknown_kind_is_told_as_such() -> None:
    found = judged(other_coverage, a_fact(other_coverage, kinds=["medicare"]), [visit()], file({"kind": None}))
    assert found["capped_by"].to_list() == [["the file does not say of which kind the coverage is"]]


def test_voids_and_lines_without_a_date_are_left_out() -> None:
    assert worth(file({}), visit(frequency_code="8")) == []
    assert worth(file({}), visit(None)) == []


# ---------------------------------------------------------------------------------- services that go to Medicaid directly


@pytest.mark.parametrize(("values", "found"), [
    ({}, []), ({"service": "group"}, REJECT), ({"program": "yy-peer"}, REJECT), ({"program": None, "service": None}, REJECT),
])  # fmt: skip
def test_a_programs_list_takes_its_services_out(values: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert beside(a_fact(other_coverage, bypass=["individual"]), file({}), visit(**values)) == found


def test_another_line_of_the_claim_still_needs_the_other_payer() -> None:
    bypass = a_fact(other_coverage, bypass=["individual"])
    assert beside(bypass, file({}), visit(), visit(service="group")) == REJECT
    assert beside(bypass, file({}), visit(), visit(claim_id="C2", service="group")) == [("C2", "reject")]


@pytest.mark.parametrize(("day", "end", "found"), [
    ("2026-05-09", None, REJECT), ("2026-05-10", None, []), ("2026-05-20", None, []), ("2026-05-21", None, REJECT),
    ("2026-05-09", "2026-05-10", REJECT), ("2026-05-20", "2026-05-21", REJECT), ("2026-05-10", "2026-05-20", []),
])  # fmt: skip
def test_a_list_counts_between_its_dates(day: str, end: str | None, found: list[tuple[str, str]]) -> None:
    bypass = replace(
        a_fact(other_coverage, bypass=["individual"]), effective=date(2026, 5, 10), ended=date(2026, 5, 20)
    )
    assert beside(bypass, file({}), visit(day, end)) == found


def test_a_list_may_have_no_first_or_no_last_day() -> None:
    bypass = a_fact(other_coverage, bypass=["individual"])
    for open_end in (replace(bypass, effective=date(2026, 5, 5)), replace(bypass, ended=date(2026, 5, 5))):
        assert beside(open_end, file({}), visit("2026-05-05")) == []
    assert beside(replace(bypass, effective=date(2026, 5, 6)), file({}), visit("2026-05-05")) == REJECT
    assert beside(replace(bypass, ended=date(2026, 5, 4)), file({}), visit("2026-05-05")) == REJECT


@pytest.mark.parametrize(("kind", "found"), [("commercial", []), ("medicare", REJECT), (None, REVIEW)])
def test_a_list_may_be_about_one_kind_of_coverage(kind: str | None, found: list[tuple[str, str]]) -> None:
    bypass = a_fact(other_coverage, bypass=["individual"], kinds=["commercial"])
    assert beside(bypass, file({"kind": kind}), visit()) == found
    assert beside(bypass, file({"kind": kind}), visit(service="group")) == REJECT


def test_a_list_may_have_conditions_and_one_that_is_not_decided_takes_nothing_out() -> None:
    at_home = a_fact(other_coverage, bypass=["individual"], when={"place_of_service": ["12"]})
    assert beside(at_home, file({}), visit()) == REJECT


def test_a_list_in_shadow_takes_nothing_out() -> None:
    assert beside(a_fact(other_coverage, bypass=["individual"], shadow=True), file({}), visit()) == REJECT


def test_a_list_checks_nothing_by_itself() -> None:
    bypass = a_fact(other_coverage, bypass=["individual"])
    assert list(other_coverage.checks(bypass)) == []
    assert other_coverage.references(bypass) == ()
    assert other_coverage.references(FACT) == ("other_coverage",)
    frame = rows([visit(), visit(claim_id="C2", member_id=None)])
    assert frame.select(other_coverage.concerns(bypass)).to_series().to_list() == [False, False]
    assert frame.select(other_coverage.concerns(FACT)).to_series().to_list() == [True, False]


# --------------------------------------------------------------------------------------------- what stands on the claim


def found_on(*payers: dict[str, Any]) -> list[Found]:
    claim = a_claim(a_line(), a_line(line_number=2), other_payers=list(payers))
    return judge(other_coverage, an_entry(other_coverage), placed(claim))


def test_only_claims_with_another_payer_are_looked_at() -> None:
    (check,) = other_coverage.checks(an_entry(other_coverage))
    assert check.applies is not None
    frame = placed(a_claim(), a_claim(other_payers=[PAID]))
    assert frame.select(check.applies).to_series().to_list() == [False, True]


def test_a_payer_on_the_claim_stands_there_with_what_it_paid() -> None:
    assert found_on() == found_on(PAID) == found_on({"paid": "12.00"}) == []


@pytest.mark.parametrize("others", [[], [PAID]])
def test_a_payer_without_an_amount_is_told_once_per_claim(others: list[dict[str, Any]]) -> None:
    words = "Another payer stands on the claim without what it paid."
    assert found_on(*others, {**PAID, "paid": None}) == [
        Found(None, "tpl_data_incomplete", "fail", words, "no amount", None)
    ]
    frame = placed(a_claim(other_payers=[{"id": "P9"}]))
    ((told, remedy),) = said(other_coverage, an_entry(other_coverage), frame)
    assert tuple(told)[:4] == ("tpl_data_incomplete", "other_payers", "an amount of each other payer", None)
    assert remedy == "Send what the other payer paid, 0.00 where it denied the claim."


def test_a_list_names_the_services_itself() -> None:
    with pytest.raises(ValidationError, match="bypass names the services itself; remove services"):
        other_coverage.Entry.model_validate({"id": "rule", "source": "s1", "bypass": ["a"], "services": ["b"]})
