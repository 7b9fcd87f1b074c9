"""Services that need another one with them or before them."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.policy.codesets import Fact, Program
from billing.references import References
from billing.rules import prerequisites
from billing.rules._kind import Context
from tests.rules.harness import a_service
from tests.rules.windows import RECEIVED, a_fact, line, rows, severities

ONE, TWO = "1234567893", "1999999984"
PROGRAM = Program(
    "xx-chw", "", None, None, "in_force", None, None, (),
    (a_service(id="first", procedure="G0019", modifiers=[]), a_service(id="further", procedure="G0022", modifiers=["U7"])), (), {},
)  # fmt: skip


def addon(claim_id: str, day: str | None = "2026-05-20", **values: Any) -> dict[str, Any]:
    return line(claim_id, day, **{"procedure_code": "G0022", "modifiers": [], "service": "further", **values})


def base(claim_id: str, day: str | None = "2026-05-05", **values: Any) -> dict[str, Any]:
    return line(claim_id, day, **{"procedure_code": "G0019", "modifiers": [], "service": "first", **values})


def visit(claim_id: str, day: str, code: str = "99213", **values: Any) -> dict[str, Any]:
    """A visit that belongs to no program of the run."""
    return line(claim_id, day, **{"procedure_code": code, "modifiers": [], "program": None, "service": None, **values})


def old(made: dict[str, Any]) -> dict[str, Any]:
    return {**made, "is_history": True, "status": "paid"}


def fact(**entry: Any) -> Fact:
    made = {
        "needs_services": ["first"],
        "services": ["further"],
        "within": "same_month",
        "by": "same_billing_provider",
        **entry,
    }
    return a_fact(prerequisites, **{name: value for name, value in made.items() if value is not None})


def judged(of: Fact, *lines: dict[str, Any], history: tuple[str, str] | None = ("2020-01-01", "M1")) -> pl.DataFrame:
    """The verdicts; a history file that begins on a day and lists a member, or none."""
    frame = rows(lines)
    made = None
    if history is not None:
        made = pl.DataFrame({"service_date": [date.fromisoformat(history[0])], "member_id": [history[1]]})
    services = getattr(of.entry, "services", "all")
    own = frame.filter(pl.lit(value=True) if services == "all" else pl.col("service").is_in(services))
    context = Context(own.lazy(), References(history=made), RECEIVED, frame.lazy(), PROGRAM)
    found = prerequisites.check(of, context).collect()
    return found.join(frame.select("line_key", where="label"), on="line_key", how="left").sort("line_key")


def found(
    of: Fact, *lines: dict[str, Any], history: tuple[str, str] | None = ("2020-01-01", "M1")
) -> list[tuple[str, str]]:
    return severities(judged(of, *lines, history=history))


MISSING = [("C1 line 1", "reject")]
MONTH = fact()
VISIT = fact(needs_services=None, needs_codes=["99203-99205", "99213-99215", "99495"], excluded_codes=["99214"], order="before",
             within="months", length=12)  # fmt: skip


def test_an_add_on_with_its_base_in_the_month_passes() -> None:
    assert found(MONTH, base("C1"), addon("C1")) == []
    assert found(MONTH, base("C2", "2026-05-31"), addon("C1", "2026-05-01")) == []


def test_an_add_on_without_its_base_is_rejected_where_the_history_would_show_it() -> None:
    verdicts = judged(MONTH, addon("C1"))
    assert severities(verdicts) == MISSING
    assert verdicts.select("cause", "column", "verdict", "message", "remedy", "found", "allowed", "related", "capped_by").row(0) == (
        "needed_service_missing", "procedure_code", "fail",
        "G0022 on 2026-05-20 without G0019 by the same billing provider in 2026-05.",
        "If G0019 was given, bill it too; else hold this line, which is not payable by itself.",
        "none", "G0019 by the same billing provider in 2026-05", [], [],
    )  # fmt: skip


def test_the_nearest_miss_is_told() -> None:
    assert judged(MONTH, base("C2", "2026-04-30"), base("C3", "2026-03-01"), addon("C1"))["message"].to_list() == [
        "G0022 on 2026-05-20 without G0019 by the same billing provider in 2026-05. The latest is G0019 on 2026-04-30 (C2 line 1)."
    ]
    assert judged(MONTH, old(base("H1", "2026-04-30")), base("C2", "2026-03-01"), addon("C1"))["message"].to_list() == [
        "G0022 on 2026-05-20 without G0019 by the same billing provider in 2026-05. The latest is G0019 on 2026-04-30 (H1 line 1)."
    ]
    assert judged(MONTH, base("C2", billing_npi=TWO), addon("C1"))["message"].to_list() == [
        "G0022 on 2026-05-20 without G0019 by the same billing provider in 2026-05. The latest is G0019 on 2026-05-05 (C2 line 1), by another provider."
    ]


def test_the_base_of_the_history_counts() -> None:
    assert found(MONTH, old(base("H1")), addon("C1")) == []
    assert found(MONTH, old(base("H1", "2026-04-05")), addon("C1")) == MISSING


def test_another_member_or_biller_has_no_base_for_it() -> None:
    assert found(MONTH, base("C2", member_id="M2"), addon("C1")) == MISSING
    assert found(MONTH, base("C2", billing_npi=TWO), addon("C1")) == MISSING
    assert found(fact(by="any"), base("C2", billing_npi=TWO), addon("C1")) == []
    assert judged(fact(by="any"), addon("C1"))["allowed"].to_list() == ["G0019 in 2026-05"]


def test_the_rendering_provider_may_be_the_one_that_must_be_the_same() -> None:
    by = fact(by="same_rendering_provider")
    lines = base("C2", billing_npi=TWO, rendering_npi=ONE), addon("C1", rendering_npi=ONE)
    assert found(by, *lines) == []
    assert found(by, base("C2", rendering_npi=TWO), lines[1]) == MISSING
    assert judged(by, lines[1])["allowed"].to_list() == ["G0019 by the same rendering provider in 2026-05"]
    assert [prerequisites.reads(each) for each in (MONTH, by, fact(by="any"))] == [
        (("history", "billing_npi"),), (("history", "rendering_npi"),), (),
    ]  # fmt: skip


def test_a_base_of_the_history_without_its_provider_is_taken_for_ones_own() -> None:
    assert found(MONTH, old(base("H1", billing_npi=None)), addon("C1")) == []
    assert found(VISIT, old(visit("H1", "2026-05-05", billing_npi=None)), addon("C1")) == []
    assert found(MONTH, old(base("H1", billing_npi=None)), base("C2", billing_npi=TWO), addon("C1")) == []


@pytest.mark.parametrize(
    ("entry", "inside", "outside", "words"),
    [
        ({"within": "same_day"}, "2026-05-20", "2026-05-19", "on 2026-05-20"),
        ({"within": "same_week", "week_starts": "monday"}, "2026-05-24", "2026-05-25", "in the week from 2026-05-18"),
        ({"within": "same_quarter"}, "2026-06-30", "2026-07-01", "in the quarter from 2026-04-01"),
        ({"within": "same_calendar_year"}, "2026-01-01", "2025-12-31", "in 2026"),
        ({"within": "same_state_fiscal_year", "year_begins": "07-01"}, "2025-07-01", "2026-07-01", "in the fiscal year from 2025-07-01"),
        ({"within": "same_month", "order": "before"}, "2026-05-20", "2026-05-21", "in 2026-05 up to it"),
        ({"within": "days", "length": 30, "order": "before"}, "2026-04-21", "2026-04-20", "in the 30 days up to it"),
        ({"within": "days", "length": 1, "order": "before"}, "2026-05-20", "2026-05-19", "in the day up to it"),
        ({"within": "months", "length": 12, "order": "before"}, "2025-05-21", "2025-05-20", "in the 12 months up to it"),
        ({"within": "months", "length": 1, "order": "before"}, "2026-05-20", "2026-05-21", "in the month up to it"),
    ],
)  # fmt: skip
def test_a_base_lies_in_the_window_or_outside_of_it(
    entry: dict[str, Any], inside: str, outside: str, words: str
) -> None:
    assert found(fact(**entry), base("C2", inside), addon("C1")) == []
    verdicts = judged(fact(**entry), base("C2", outside), addon("C1"))
    assert severities(verdicts) == MISSING
    assert verdicts["allowed"].to_list() == [f"G0019 by the same billing provider {words}"]


def test_once_and_for_all_is_enough_before_the_line_or_at_any_time() -> None:
    ever = fact(within="ever", order="before")
    assert found(ever, base("C2", "2001-01-01"), addon("C1")) == []
    assert found(ever, base("C2", "2026-05-20"), addon("C1")) == []
    verdicts = judged(ever, base("C2", "2026-05-21"), addon("C1"))
    assert verdicts.select("where", "message").rows() == [
        ("C1 line 1", "G0022 on 2026-05-20 without G0019 by the same billing provider up to it. The latest is G0019 on 2026-05-21 (C2 line 1)."),
    ]  # fmt: skip
    assert found(fact(within="ever"), base("C2", "2026-05-21"), addon("C1")) == []
    assert judged(fact(within="ever"), addon("C1"))["allowed"].to_list() == ["G0019 by the same billing provider"]


# ------------------------------------------------------------------------------------------------------- by code


@pytest.mark.parametrize(("code", "passes"), [
    ("99203", True), ("99205", True), ("99206", False), ("99202", False), ("99213", True), ("99215", True), ("99214", False),
    ("99495", True), ("99211", False), ("9920", False), ("992031", False),
])  # fmt: skip
def test_a_visit_of_no_program_counts_by_its_code(code: str, passes: bool) -> None:
    assert found(VISIT, visit("C2", "2026-05-01", code), addon("C1")) == ([] if passes else MISSING)


def test_a_visit_of_the_history_counts_and_is_named_when_it_is_too_old() -> None:
    assert found(VISIT, old(visit("H1", "2025-05-21")), addon("C1")) == []
    assert judged(VISIT, old(visit("H1", "2025-05-20")), addon("C1"))["message"].to_list() == [
        "G0022 on 2026-05-20 without 99203-99205, 99213-99215 or 99495 by the same billing provider in the 12 months up to it. The latest is 99213 on 2025-05-20 (H1 line 1)."
    ]


def test_services_and_codes_may_both_do() -> None:
    either = fact(needs_codes=["99213"])
    assert found(either, base("C2"), addon("C1")) == []
    assert found(either, visit("C2", "2026-05-05"), addon("C1")) == []
    assert found(fact(needs_codes=["99213-99213"]), visit("C2", "2026-05-05"), addon("C1")) == []
    assert judged(either, addon("C1"))["allowed"].to_list() == [
        "G0019 or 99213 by the same billing provider in 2026-05"
    ]


def test_a_service_of_another_program_is_not_the_programs_own() -> None:
    assert found(MONTH, base("C2", program="yy-chw"), addon("C1")) == MISSING


def test_a_visit_in_an_excluded_place_does_not_count_and_one_whose_place_is_not_known_does() -> None:
    office = fact(excluded_places=["21", "23"])
    assert found(office, base("C2", place_of_service="21"), addon("C1")) == MISSING
    assert found(office, base("C2", place_of_service="11"), addon("C1")) == []
    assert found(office, base("C2"), addon("C1")) == []


def test_a_base_by_telehealth_counts_unless_it_must_be_in_person() -> None:
    lines = base("C2", modifiers=["95"], place_of_service="10"), addon("C1")
    assert found(MONTH, *lines) == []
    assert found(fact(in_person=True), *lines) == MISSING
    assert found(fact(in_person=True, excluded_codes=["G0019"]), base("C2"), lines[1]) == MISSING


def test_what_must_be_in_person_is_not_by_telehealth_and_may_be_the_line_itself() -> None:
    in_person = fact(services="all", needs_services="all", in_person=True, within="days", length=30, order="before")
    assert found(in_person, addon("C1")) == []
    for far in ({"modifiers": ["95"]}, {"place_of_service": "10"}):
        assert found(in_person, addon("C1", **far)) == MISSING
        assert found(in_person, addon("C1", **far), base("C2", "2026-04-21")) == []
        assert found(in_person, addon("C1", **far), old(base("H1", "2026-04-20"))) == MISSING
    assert judged(in_person, addon("C1", modifiers=["95"]))["allowed"].to_list() == [
        "another service of the program in person by the same billing provider in the 30 days up to it"
    ]


# --------------------------------------------------------------------------------------------- how sure it is


def test_without_the_history_a_missing_base_is_unknown() -> None:
    verdicts = judged(MONTH, addon("C1"), history=None)
    assert verdicts.select("where", "verdict", "at_most", "capped_by", "remedy").rows() == [
        ("C1 line 1", "unknown", "review", ["without the history file only this batch was looked at"],
         "Add the history file that shows G0019, or bill it too if it was given; else hold this line."),
    ]  # fmt: skip
    assert found(MONTH, base("C1"), addon("C1"), history=None) == []


@pytest.mark.parametrize(
    ("of", "history", "why"),
    [
        (MONTH, ("2026-05-01", "M1"), None),
        (MONTH, ("2026-05-02", "M1"), "the history file begins on 2026-05-02, later than the time it could lie in"),
        (MONTH, ("2020-01-01", "M2"), "the history file does not list this member"),
        (VISIT, ("2025-05-21", "M1"), None),
        (VISIT, ("2025-05-22", "M1"), "the history file begins on 2025-05-22, later than the time it could lie in"),
        (fact(within="ever"), ("2001-01-01", "M1"), "the history file begins on 2001-01-01, later than the time it could lie in"),
        (fact(by="any"), ("2020-01-01", "M1"), "another provider may have billed it, whose claims are not in the history file"),
    ],
)  # fmt: skip
def test_a_history_that_cannot_show_it_holds_the_line_for_review(
    of: Fact, history: tuple[str, str], why: str | None
) -> None:
    verdicts = judged(of, addon("C1"), history=history)
    assert verdicts.select("verdict", "at_most", "capped_by").rows() == [
        ("fail", "review" if why else None, [why] if why else [])
    ]


def test_an_empty_history_lists_nobody() -> None:
    empty = pl.DataFrame(schema={"service_date": pl.Date, "member_id": pl.String})
    context = Context(rows([addon("C1")]).lazy(), References(history=empty), RECEIVED)
    assert prerequisites.check(MONTH, context).collect()["capped_by"].to_list() == [
        ["the history file does not list this member"]
    ]


def test_a_base_in_a_claim_that_is_rejected_anyway_is_review() -> None:
    verdicts = judged(MONTH, base("C2", stands=False), addon("C1"))
    assert verdicts.select("where", "verdict", "at_most", "capped_by", "message", "remedy", "related").rows() == [
        ("C1 line 1", "fail", "review", ["counts once C2 is mended"],
         "G0022 on 2026-05-20 without G0019 by the same billing provider in 2026-05. It stands in C2 line 1, whose claim is rejected for another reason.",
         "Mend C2 first, and send this line with it.", ["C2 line 1"]),
    ]  # fmt: skip
    assert found(MONTH, base("C2", stands=False), base("C3"), addon("C1")) == []
    assert judged(MONTH, base("C2", stands=False), addon("C1"), history=None)["verdict"].to_list() == ["fail"]


def test_a_claim_that_is_rejected_anyway_has_its_own_base() -> None:
    assert found(MONTH, base("C1", stands=False), addon("C1", stands=False)) == []
    assert found(VISIT, visit("C1", "2026-05-05", stands=False), addon("C1", stands=False)) == []


def test_what_does_not_count_is_no_base_and_needs_none() -> None:
    assert found(MONTH, base("C2", counts=False), addon("C1")) == MISSING
    assert found(MONTH, addon("C1", counts=False)) == []
    assert found(MONTH, old(addon("H1"))) == []


def test_missing_values_are_unknown() -> None:
    verdicts = judged(MONTH, addon("C1", member_id=None), addon("C2", billing_npi=None), addon("C3", None))
    assert verdicts.select("where", "verdict", "message", "missing").rows() == [
        ("C1 line 1", "unknown", "Without the member id whether the needed service was billed cannot be checked.", "member_id"),
        ("C2 line 1", "unknown", "Without the billing NPI whether the needed service was billed cannot be checked.", "billing_npi"),
    ]  # fmt: skip
    assert found(fact(by="any"), base("C2"), addon("C1", billing_npi=None)) == []
    assert found(MONTH, base("C2", None), addon("C1")) == MISSING
    assert found(MONTH, base("C2", member_id=None), addon("C1")) == MISSING
    assert found(MONTH, base("C2", member_id=None), addon("C1", member_id=None)) == [("C1 line 1", "review")]


def test_a_date_range_has_a_base_in_each_period_that_it_touches() -> None:
    wide = {"service_end_date": "2026-06-02"}
    assert found(MONTH, base("C2", "2026-06-20"), addon("C1", "2026-05-30", **wide)) == []
    assert found(MONTH, base("C2", "2026-05-30", **wide), addon("C1", "2026-06-20")) == []
    assert found(MONTH, base("C2", "2026-05-30", **wide), addon("C1", "2026-07-01")) == MISSING
    days = fact(within="days", length=10, order="before")
    assert (
        found(days, base("C2", "2026-05-01", service_end_date="2026-05-11"), base("C3", "2026-05-02"), addon("C1"))
        == []
    )
    assert found(days, base("C2", "2026-05-01", service_end_date="2026-05-10"), addon("C1")) == MISSING
    assert found(days, base("C2", "2026-05-22"), addon("C1", service_end_date="2026-05-22")) == []
    assert judged(MONTH, addon("C1", service_end_date="2026-05-22"))["message"].to_list() == [
        "G0022 on 2026-05-20 to 2026-05-22 without G0019 by the same billing provider in 2026-05."
    ]


def test_the_bases_of_the_history_come_first_whatever_their_dates() -> None:
    before = fact(order="before")
    assert found(before, old(base("H1", "2026-05-25")), base("C2"), addon("C1")) == []
    days = fact(within="days", length=30, order="before")
    assert found(days, old(base("H1", "2026-05-25")), old(base("H2", "2026-04-01")), base("C2"), addon("C1")) == []
    assert found(days, old(base("H1", "2026-05-25")), old(base("H2", "2026-04-01")), addon("C1")) == MISSING


def test_a_base_of_many_days_reaches_further_than_a_later_one() -> None:
    days = fact(within="days", length=10, order="before")
    long = base("C2", "2026-05-01", service_end_date="2026-05-18")
    others = (
        base("C3", "2026-05-02", member_id="M2"),
        base("C4", "2026-05-03"),
        base("C5", "2026-05-02", billing_npi=TWO),
    )
    assert found(days, long, *others, addon("C1", "2026-05-25")) == []
    assert found(days, *others, addon("C1", "2026-05-25")) == MISSING


def test_a_line_of_many_days_before_a_line_of_one_confuses_neither() -> None:
    days = fact(within="days", length=30, order="before")
    lines = (
        addon("C1", "2026-05-01", service_end_date="2026-05-30"),
        addon("C2", "2026-05-10"),
        addon("C3", "2026-05-02"),
    )
    assert found(days, *lines, base("C4", "2026-05-20")) == [("C2 line 1", "reject"), ("C3 line 1", "reject")]
    assert found(days, *lines, base("C4", "2026-05-05")) == [("C3 line 1", "reject")]


def test_only_days_of_the_entry_need_a_base() -> None:
    assert found(fact(ended="2026-05-19"), addon("C1")) == []
    assert found(fact(ended="2026-05-20"), addon("C1")) == MISSING


def test_a_base_before_the_entry_began_counts() -> None:
    assert found(fact(effective="2026-05-20"), base("C2", "2026-05-01"), addon("C1")) == []


def test_every_line_without_a_base_is_found_in_whatever_order_they_come() -> None:
    lines = [addon(f"C{number}", f"2026-{number:02}-20") for number in range(1, 10)]
    lines += [base(f"B{number}", f"2026-{number:02}-05") for number in (2, 4, 6, 8)]
    expected = [(f"C{number} line 1", "reject") for number in (1, 3, 5, 7, 9)]
    assert sorted(found(MONTH, *lines)) == sorted(found(MONTH, *reversed(lines))) == expected


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"needs_services": None}, "name what is needed"),
        ({"within": "days"}, "within: days needs length"),
        ({"within": "months", "length": 3}, "write order: before"),
        ({"within": "same_month", "length": 3}, "length means nothing with within: same_month"),
        ({"within": "same_week"}, "within: same_week needs week_starts"),
        ({"within": "same_state_fiscal_year"}, "within: same_state_fiscal_year needs year_begins"),
        ({"within": "ever", "week_starts": "monday"}, "week_starts means nothing with within: ever"),
        ({"needs_codes": ["9920"]}, "neither a code nor a range"),
        ({"needs_codes": ["99205-99203"]}, "neither a code nor a range"),
        ({"excluded_codes": ["99211-"]}, "neither a code nor a range"),
        ({"needs_services": ["further"]}, "a service is not its own prerequisite"),
        ({"services": "all"}, "a service is not its own prerequisite"),
        ({"needs_services": "all"}, "a service is not its own prerequisite"),
    ],
)  # fmt: skip
def test_an_entry_that_makes_no_sense_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        fact(**values)
