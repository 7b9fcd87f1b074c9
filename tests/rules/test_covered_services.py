from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

import billing
from billing.claims import claims_to_frames
from billing.placing import place
from billing.policy.codesets import Fact
from billing.rows import join_rows
from billing.rules import covered_services
from tests.rules.harness import RECEIVED, Found, a_claim, a_fact, a_line, a_service, an_entry, judge, placed, said

MAY = (date(2026, 5, 1), date(2026, 5, 31))


def in_may(**values: Any) -> Fact:
    return a_fact(a_service(**values), effective=MAY[0], ended=MAY[1])


@pytest.mark.parametrize(("first", "last"), [("2026-05-01", None), ("2026-05-31", None), ("2026-05-01", "2026-05-31")])
def test_the_first_and_the_last_day_of_a_service_may_be_billed(first: str, last: str | None) -> None:
    rows = placed(a_claim(a_line(service_date=first, service_end_date=last)))
    assert judge(covered_services, in_may(), rows) == []


@pytest.mark.parametrize(
    ("first", "last", "message", "at_most"),
    [
        ("2026-04-30", None, "98960 U7 may be billed from 2026-05-01. This service is dated 2026-04-30.", None),
        ("2026-06-01", None, "98960 U7 was retired on 2026-05-31. This service is dated 2026-06-01.", None),
        ("2026-04-30", "2026-05-01",
         "98960 U7 may be billed from 2026-05-01. This service is dated 2026-04-30 to 2026-05-01.", "review"),
        ("2026-05-31", "2026-06-01",
         "98960 U7 was retired on 2026-05-31. This service is dated 2026-05-31 to 2026-06-01.", "review"),
    ],
)  # fmt: skip
def test_a_day_outside_a_services_dates_is_a_finding_and_a_range_across_them_a_review(
    first: str, last: str | None, message: str, at_most: str | None
) -> None:
    rows = placed(a_claim(a_line(service_date=first, service_end_date=last)))
    days = f"{first} to {last}" if last else first
    expected = [Found(1, "procedure_not_valid_on_date", "fail", message, days, at_most)]
    assert judge(covered_services, in_may(), rows) == expected


@pytest.mark.parametrize(("effective", "ended"), [(MAY[0], None), (None, MAY[1])])
def test_a_service_may_have_one_end_only(effective: date | None, ended: date | None) -> None:
    days = ["2026-04-30", "2026-06-01"]
    rows = placed(a_claim(*(a_line(line_number=number, service_date=day) for number, day in enumerate(days, 1))))
    found = judge(covered_services, a_fact(a_service(), effective=effective, ended=ended), rows)
    assert [item.line for item in found] == [1 if effective else 2]


def test_a_service_without_dates_is_always_in_time() -> None:
    assert judge(covered_services, a_fact(a_service()), placed(a_claim())) == []


def test_without_a_date_it_is_unknown_whether_a_service_is_in_time() -> None:
    found = judge(covered_services, in_may(), placed(a_claim(a_line(service_date=None))))
    assert [(item.cause, item.verdict) for item in found] == [("procedure_not_valid_on_date", "unknown")]


@pytest.mark.parametrize("how", ["tied", "unclear"])
def test_a_line_that_is_tied_or_unclear_is_not_judged_by_a_service(how: str) -> None:
    lines = (
        a_line(service_date="2026-06-01", service_end_date="2026-06-02"),
        a_line(line_number=2, service_date="2026-05-31", service_end_date="2026-06-01"),
    )
    assert judge(covered_services, in_may(date_ranges="refused"), placed(a_claim(*lines), how=how)) == []


def test_without_a_date_a_range_is_no_second_question() -> None:
    found = judge(covered_services, in_may(date_ranges="refused"), placed(a_claim(a_line(service_date=None))))
    assert [item.cause for item in found] == ["procedure_not_valid_on_date"]


@pytest.mark.parametrize(("last", "messages"), [
    (None, []), ("2026-05-05", []),
    ("2026-05-06", ["98960 over 2026-05-05 to 2026-05-06; the program takes one day a line."]),
])  # fmt: skip
def test_a_program_that_refuses_ranges_takes_one_day_a_line(last: str | None, messages: list[str]) -> None:
    rows = placed(a_claim(a_line(service_end_date=last)))
    found = judge(covered_services, in_may(date_ranges="refused"), rows)
    assert [item.message for item in found] == messages
    assert {item.found for item in found} <= {"2026-05-05 to 2026-05-06"}
    assert judge(covered_services, in_may(), rows) == []


@pytest.mark.parametrize(
    ("placing", "cause", "message", "found"),
    [
        ({"program": None, "service": None, "how": "other"}, "not_covered_code",
         "No program of this run covers 98960.", "98960"),
        ({"how": "tied", "tied": "a-chw and b-chw"}, "program_not_clear",
         "98960 U7 fits a-chw and b-chw; name one with --program.", "a-chw and b-chw"),
        ({"how": "unclear"}, "missing_modifier",
         "98960 U7 is no service of the program; more than one of its services is equally near.", "98960 U7"),
    ],
)  # fmt: skip
def test_a_line_of_no_program_or_of_several_is_looked_at(
    placing: dict[str, Any], cause: str, message: str, found: str
) -> None:
    rows = placed(a_claim(), **placing)
    expected = [Found(1, cause, "fail", message, found, "review")]
    assert judge(covered_services, an_entry(covered_services), rows) == expected


@pytest.mark.parametrize("how", ["exact", "nearest"])
def test_a_line_that_has_a_service_is_nothing_to_the_rule_on_other_codes(how: str) -> None:
    assert judge(covered_services, an_entry(covered_services), placed(a_claim(), how=how)) == []


def test_a_line_without_a_code_is_left_to_required_fields() -> None:
    rows = placed(a_claim(a_line(procedure_code=None)), program=None, service=None, how="other")
    assert judge(covered_services, an_entry(covered_services), rows) == []


@pytest.mark.parametrize(
    ("knowing", "remedy"),
    [
        (
            "a-chw, b-chw and 3 more",
            "it is a code of a-chw, b-chw and 3 more. If it was of such a program, name that with --program.",
        ),
        (None, "no program of the code sets has it."),
    ],
)
def test_a_code_of_no_selected_program_is_told_which_others_know_it(knowing: str | None, remedy: str) -> None:
    rows = placed(a_claim(), program=None, service=None, how="other", tied=knowing)
    told = [remedy for _, remedy in said(covered_services, an_entry(covered_services), rows)]
    assert told == [f"Compare the code with the record of the visit; {remedy}"]


@pytest.mark.parametrize(
    ("knowing", "named"),
    [
        ([], None),
        (["a"], "a"),
        (["a", "b", "c", "d", "e", "f"], "a, b, c, d, e, f"),
        (["a", "b", "c", "d", "e", "f", "g"], "a, b, c, d, e, f and 1 more"),
    ],
)
def test_a_line_with_a_code_of_no_selected_program_keeps_who_knows_it(knowing: list[str], named: str | None) -> None:
    codesets = replace(billing.load_codesets(programs=["ks-chw"]), known_codes={"T1999": tuple(knowing)}, memo={})
    rows = join_rows(*claims_to_frames([a_claim(a_line(procedure_code="T1999"))]), RECEIVED)
    assert place(rows, codesets).select("program", "placed", "tied_programs").rows() == [(None, "other", named)]
