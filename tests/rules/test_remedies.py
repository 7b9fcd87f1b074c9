"""What would make a line pass: which modifier, which code, which authorization; never what happened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from billing.policy.codesets import Fact
from billing.policy.schema import Service
from billing.references import read_references
from billing.rules import covered_services, group_size, modifiers, prior_authorization
from billing.rules._authorization_hints import authorization_hints
from tests.rules import windows
from tests.rules.harness import a_claim, a_fact, a_line, a_service, an_entry, placed, said

SIZES = (
    a_service(id="one", group_size={"min": 1, "max": 1}),
    a_service(id="few", procedure="98961", group_size={"min": 2, "max": 4}),
    a_service(id="many", procedure="98962", group_size={"min": 5, "max": 8}),
    a_service(id="old", procedure="98969", group_size={"min": 5, "max": 8}, ended="2026-05-04"),
    a_service(id="next", procedure="98970", group_size={"min": 5}, effective="2026-05-05"),
    a_service(id="unsized", procedure="98971"),
)


def remedies(kind: Any, fact: Fact, *lines: dict[str, Any], **placing: Any) -> list[str]:
    return [remedy for _, remedy in said(kind, fact, placed(a_claim(*lines), **placing))]


def of_program(service: Service, *services: Service) -> Fact:
    return replace(a_fact(service, effective=service.effective, ended=service.ended), program_services=services)


# ----------------------------------------------------------------------------------------------------- group size


@pytest.mark.parametrize(
    ("members", "remedy"),
    [
        (1, "Check the attendance record; if it shows 1 member, bill 98960 U7."),
        (6, "Check the attendance record; if it shows 6 members, bill 98962 U7 or 98970 U7."),
        (9, "Check the attendance record; if it shows 9 members, bill 98970 U7."),
    ],
)
def test_the_service_whose_size_fits_is_named(members: int, remedy: str) -> None:
    assert remedies(group_size, of_program(SIZES[1], *SIZES), a_line(group_size=members)) == [remedy]


def test_where_no_service_fits_a_group_that_is_said() -> None:
    line = a_line(group_size=9, service_date="2026-05-04")
    none = ["Check the attendance record; no other service of the program is known to be for 9 members."]
    assert remedies(group_size, of_program(SIZES[1], *SIZES), line) == none
    assert remedies(group_size, of_program(SIZES[1]), line) == none


# ------------------------------------------------------------------------------------------------ codes and dates


def test_what_the_program_had_on_the_day_is_named_for_a_retired_service() -> None:
    old = a_service(id="old", modifiers=["U4"], ended="2026-05-04")
    services = (old, a_service(id="new", effective="2026-05-05"), a_service(id="hq", modifiers=["HQ"]),
                a_service(id="late", modifiers=["HE"], effective="2026-05-06"), a_service(id="x", procedure="98961"))  # fmt: skip
    assert remedies(covered_services, of_program(old, *services), a_line(modifiers=["U4"])) == [
        "If the date is right, compare the visit with what the program had on that day: 98960 U7 or 98960 HQ."
    ]
    assert remedies(covered_services, of_program(old, old, services[3]), a_line(modifiers=["U4"])) == [
        "Check the date; on that day the program had no service of this code."
    ]


def test_of_equally_near_services_all_are_named() -> None:
    assert remedies(covered_services, an_entry(covered_services), how="unclear") == [
        "Add the modifiers of the service that was given: 98960 U7 or 98960 U8."
    ]


# ------------------------------------------------------------------------------------------------------ modifiers

IF_SO = " if the service and the worker are what it stands for; else bill the code of what was given."


def test_the_missing_modifier_is_named() -> None:
    fact = a_fact(a_service(modifiers=["U7", "HQ"]))
    assert remedies(modifiers, fact, a_line(modifiers=["HQ"]), how="nearest") == [f"Add U7{IF_SO}"]
    entry = an_entry(modifiers, required=["U7", "HE"], any_of=["95", "GT"])
    assert remedies(modifiers, entry, a_line(modifiers=["U7"])) == [f"Add HE, and 95 or GT{IF_SO}"]
    assert remedies(modifiers, entry, a_line(modifiers=["95"])) == [f"Add U7, HE{IF_SO}"]
    assert remedies(modifiers, entry, a_line(modifiers=["U7", "HE"])) == [f"Add 95 or GT{IF_SO}"]


@pytest.mark.parametrize(("also", "named"), [([], "none"), (["GT", "95"], "GT or 95")])
def test_an_odd_modifier_is_told_what_may_stand_there(also: list[str], named: str) -> None:
    fact = a_fact(a_service(also_allowed=also))
    assert remedies(modifiers, fact, a_line(modifiers=["U7", "XX"])) == [
        f"Compare XX with the program's list; beside 98960 U7 it names {named}."
    ]


# --------------------------------------------------------------------------------------------------- authorizations

FITTING = {"number": "AUTH00001234", "member_id": "M1", "procedure_code": "98960", "modifiers": "U7",
           "effective": "2026-01-01", "ended": "2026-06-30", "billing_npi": "1234567893", "program": "xx-chw"}  # fmt: skip
NEAREST = "No authorization of this member on file fits; the nearest, ending in 1234"
ASK = "Ask the payer for one that fits, or hold the line."


def file_of(*rows_of_file: dict[str, Any]) -> pl.DataFrame:
    frame = pl.DataFrame(rows_of_file, schema=dict.fromkeys(FITTING, pl.String))
    read = read_references(authorizations=frame).authorizations
    assert read is not None
    return read


def hint(*rows_of_file: dict[str, Any], **line: Any) -> list[str]:
    lines = windows.rows([windows.line("C1", **line)])
    return authorization_hints(lines, file_of(*rows_of_file))["authorization_hint"].to_list()


def test_the_authorization_that_fits_is_named_by_its_end_and_dates() -> None:
    assert hint(FITTING) == [
        "An authorization on file fits this line, ending in 1234 (2026-01-01 to 2026-06-30): write its number on the claim."
    ]
    open_and_short = {**FITTING, "number": "A1", "ended": None}
    assert hint(open_and_short) == [
        "An authorization on file fits this line, a short number (2026-01-01 on): write its number on the claim."
    ]


def test_what_a_file_leaves_empty_fits_every_line() -> None:
    bare = {"number": "AUTH00001234", "member_id": "M1", "effective": "2026-05-05", "ended": "2026-05-05"}
    assert hint(bare)[0].startswith("An authorization on file fits this line")


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({"ended": "2026-05-04"}, " (2026-01-01 to 2026-05-04), does not hold every day of the line"),
        ({"effective": "2026-05-06"}, " (2026-05-06 to 2026-06-30), does not hold every day of the line"),
        ({"procedure_code": "98961"}, " (2026-01-01 to 2026-06-30), is for 98961"),
        ({"modifiers": "U7:HQ"}, " (2026-01-01 to 2026-06-30), is for lines with U7 HQ"),
        ({"billing_npi": "1111111112"}, " (2026-01-01 to 2026-06-30), is for another biller"),
        ({"program": "another"}, " (2026-01-01 to 2026-06-30), is for another"),
        ({"ended": "2026-05-04", "procedure_code": "98961"},
         " (2026-01-01 to 2026-05-04), does not hold every day of the line and is for 98961"),
    ],
)  # fmt: skip
def test_what_the_nearest_authorization_lacks_is_said(change: dict[str, str], lacks: str) -> None:
    further = {**FITTING, "number": "AUTH00009999", "procedure_code": "99999", "ended": "2026-01-02", "program": "zz",
               "billing_npi": "1111111112", "modifiers": "XX"}  # fmt: skip
    assert hint({**FITTING, **change}, further) == [f"{NEAREST}{lacks}. {ASK}"]


def test_of_two_that_fit_the_later_is_named_and_a_range_needs_all_its_days() -> None:
    later = {**FITTING, "number": "AUTH00005678", "effective": "2026-05-05"}
    assert "ending in 5678" in hint(FITTING, later)[0]
    assert hint(FITTING, service_end_date="2026-07-01")[0].startswith(NEAREST)


def test_a_member_without_any_authorization_is_told_so() -> None:
    none = "The authorizations file has none of this member. Ask the payer for one, or hold the line."
    assert hint({**FITTING, "member_id": "M9"}) == [none]
    assert hint() == [none]


def test_a_line_without_a_member_has_no_hint() -> None:
    assert hint(FITTING, member_id=None) == []


def test_a_number_that_does_not_fit_is_told_which_one_does() -> None:
    other = {**FITTING, "number": "WRONG0000001", "procedure_code": "98961"}
    lines = [windows.line("C1", prior_authorization="WRONG0000001")]
    fact = windows.a_fact(prior_authorization)
    given = read_references(authorizations=pl.DataFrame([FITTING, other]))
    [verdict] = windows.judged(prior_authorization, fact, lines, given).to_dicts()
    assert verdict["remedy"] == (
        "Check the number against the payer's letter. An authorization on file fits this line, ending in 1234 (2026-01-01 "
        "to 2026-06-30): write its number on the claim."
    )
    lines = [windows.line("C1", prior_authorization="NOBODY000001", member_id=None)]
    [verdict] = windows.judged(prior_authorization, fact, lines, given).to_dicts()
    assert verdict["remedy"] == (
        f"Check the number against the payer's letter, or add it to the authorizations file. {ASK}"
    )


def test_a_missing_number_is_told_by_the_file_what_to_write() -> None:
    fact = an_entry(prior_authorization)
    assert prior_authorization.row_facts(fact) == ("authorization_hint",)
    assert prior_authorization.row_facts(an_entry(prior_authorization, required=False)) == ()
    rows = placed(a_claim()).with_columns(authorization_hint=pl.lit("Write A."))
    assert [remedy for _, remedy in said(prior_authorization, fact, rows)] == ["Write A."]
    assert remedies(prior_authorization, fact) == [
        "Write the number of the authorization on the claim; without one, hold the line."
    ]
