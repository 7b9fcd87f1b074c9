"""`cleanclaim codes`: what a biller must put on the line for a procedure code."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from billing.cli.codes import codes
from billing.errors import UsageError
from tests.toy import NATIONAL, PROGRAM, shelve

pytestmark = pytest.mark.usefixtures("toy")

CODE = """\
H0038, service on 2026-03-01

xx-peer  A made-up peer program
  dates of service: 2024-01-01 on; payer ids PAYER1

  H0038 HE           one member [1]
    modifiers        HE needed; 95 or 93 may be added; any other that does more
                     than inform is held for review
    unit             A unit of H0038 HE is 15 minutes; how minutes are rounded
                     is not sourced. [2?]
    rate             $12.00 a unit [2?]

  H0038 HE HQ        a group [1]
    modifiers        HE and HQ needed; HE in place 1; HQ in place 2; any other
                     that does more than inform is refused
    session          H0038 HE HQ: 2 to 8 members in a session. [1]
    dates            each day on a line of its own

  H0038 U4           one member in the older program [1]
                     It ended on 2023-12-31. Instead: H0038 HE.

  limits             At most 16 units per member per day, both services
                     together. [1]
                     At most 400 units per member per fiscal year, the year
                     beginning on July 1. An authorization lifts the limit: its
                     own units then count. Only for H0038 HE. Only for members
                     under 21, at place of service 02 or 10. [1?]
  age of the member  The member is 18 or older. On trial: it decides nothing.
                     [2?]
  filing deadline    The claim is received within 6 months of the end of the
                     month of service. [3]
  rendering provider On the claim it is the worker.
  later              From 2026-07-01: At most 40 units per member per week, the
                     week beginning on Sunday, all three services together. [1]
  no rule on         combinations, place of service, telehealth, diagnoses,
                     authorization, order, plan of care, worker, supervision,
                     biller
  not checked        1 note; `cleanclaim explain xx-peer` shows them.

  [1] Bulletin 7 (2023-12-01), official
      https://example.org/7
  [2] A blog (2024), not official
      https://example.org/blog
  [3] Statute 12, official
  Marked ?: a claim that breaks it is held for review, not rejected; `cleanclaim
  explain` says why.

The rules on every claim come on top: `cleanclaim rules national`.
"""

OLD = """\
H0038, service on 2023-03-01

xx-peer  A made-up peer program
  dates of service: 2024-01-01 on; payer ids PAYER1

  H0038 U4           one member in the older program [1]
    modifiers        U4 needed; any other that does more than inform is held for
                     review

  H0038 HE           one member [1]
                     Not yet: it begins on 2024-01-01.

  H0038 HE HQ        a group [1]
                     Not yet: it begins on 2024-01-01.

  rendering provider On the claim it is the worker.
  later              From 2026-07-01: At most 40 units per member per week, the
                     week beginning on Sunday, all three services together. [1]
                     From 2024-01-01: The member is 18 or older. On trial: it
                     decides nothing. [2?]
                     From 2024-01-01: The claim is received within 6 months of
                     the end of the month of service. [3]
  no rule on         combinations, place of service, telehealth, diagnoses,
                     authorization, order, plan of care, worker, supervision,
                     biller
  not checked        1 note; `cleanclaim explain xx-peer` shows them.

  [1] Bulletin 7 (2023-12-01), official
      https://example.org/7
  [2] A blog (2024), not official
      https://example.org/blog
  [3] Statute 12, official
  Marked ?: a claim that breaks it is held for review, not rejected; `cleanclaim
  explain` says why.

The rules on every claim come on top: `cleanclaim rules national`.
"""

COMING = """\
H2015, service on 2026-03-01

xx-peer  A made-up peer program
  dates of service: 2024-01-01 on; payer ids PAYER1

  H2015              one member or a group [1]
                     Not yet: it begins on 2027-01-01.

  [1] Bulletin 7 (2023-12-01), official
      https://example.org/7

The rules on every claim come on top: `cleanclaim rules national`.
"""

KANSAS = """\
98961 in KS, service on 2026-03-01

ks-chw  Kansas Medicaid community health worker services
  dates of service: 2023-07-01 on

  98961 U7           two to four members [1]
    modifiers        U7 needed; any other that does more than inform is held for
                     review
    session          98961 U7: 2 to 4 members in a session. [2?]
    unit             A unit of 98961 U7 is 30 minutes; how minutes are rounded
                     is not sourced. [1]

  limits             At most 4 units per member per day, all three codes
                     together. [1]
                     At most 24 units per member per month, all three codes
                     together. [1?]
  worker             The worker is certified as a community health worker on
                     every day of the line, and works for the agency that bills.
                     [1]
  biller             The billing provider is not of type RHC, FQHC or IHC. [1]
  filing deadline    The claim is received within 12 months of the date of
                     service. After Medicare's decision: 30 days. [3]
  rendering provider On the claim it is the supervisor.
  no rule on         rates, combinations, place of service, telehealth,
                     diagnoses, age of the member, authorization, order, plan of
                     care, supervision
  not checked        5 notes; `cleanclaim explain ks-chw` shows them.

  [1] KMAP bulletin 23175, community health workers (2023-06-29), official
      https://sunflowerhealthplan.com/newsroom/kmap-23175.html
  [2] CHW billing questions and answers, official
      https://www.dhcs.ca.gov/vi/provgovpart/Pages/CHW-Billing-FAQ.aspx
  [3] K.S.A. 39-708a, official
      https://statutes.laws.com/kansas/chapter39/article7/statutes_16507
  Marked ?: a claim that breaks it is held for review, not rejected; `cleanclaim
  explain` says why.

The rules on every claim come on top: `cleanclaim rules national`.
"""


BULLETIN = {"title": "Bulletin 7", "publisher": "A state", "dated": "2023-12-01", "official": True,
            "url": "https://example.org/7"}  # fmt: skip
BLOG = {
    "title": "A blog",
    "publisher": "Someone",
    "dated": "2024",
    "official": False,
    "url": "https://example.org/blog",
}


def run(*words: str) -> Result:
    return CliRunner().invoke(codes, words, standalone_mode=False)


def as_json(*words: str) -> Any:
    return json.loads(run(*words, "--format", "json").output)


def test_a_code_is_told_as_a_biller_needs_it() -> None:
    result = run("h0038", "--on", "2026-03-01")
    assert (result.output, result.return_value) == (CODE, 0)


def test_before_a_program_began_its_older_service_is_told() -> None:
    assert run("H0038", "--on", "2023-03-01").output == OLD


def test_a_code_that_begins_later_cannot_be_billed_and_says_when() -> None:
    result = run("H2015", "--on", "2026-03-01")
    assert (result.output, result.return_value) == (COMING, 1)


def test_a_shipped_program_is_told_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("COLUMNS", "80")
    result = run("98961", "--state", "KS", "--on", "2026-03-01")
    assert (result.output, result.return_value) == (KANSAS, 0)


@pytest.mark.parametrize(("on", "rate"), [("2025-12-31", "$11.50 a unit [1]"), ("2026-01-01", "$12.00 a unit [2?]")])
def test_the_rate_is_that_of_the_date(on: str, rate: str) -> None:
    assert f"    rate             {rate}\n" in run("H0038", "--on", on).output


@pytest.mark.parametrize(("on", "says"), [("2026-06-30", True), ("2026-07-01", False)])
def test_what_begins_after_the_date_is_told_as_later(on: str, says: bool) -> None:
    output = run("H0038", "--on", on).output
    assert ("  later " in output) is says
    assert "At most 40 units per member per week" in output


def test_without_a_date_it_is_today() -> None:
    before, output, after = time.strftime("%Y-%m-%d"), run("H0038").output, time.strftime("%Y-%m-%d")
    assert output.splitlines()[0] in {f"H0038, service on {day}" for day in (before, after)}


def test_of_a_code_in_several_programs_an_overview_is_told(toy: Path) -> None:
    other = (
        PROGRAM.replace("xx-peer", "yy-older")
        .replace("state: KS", "state: MO")
        .replace("status: in_force", "status: historical")
    )
    proposed = (
        PROGRAM.replace("xx-peer", "yy-proposed").replace("state: KS", "state: MO").replace("in_force", "proposed")
    )
    nowhere = (
        PROGRAM.replace("xx-peer", "zz-every")
        .replace("state: KS", "state: US")
        .replace('procedure: "H0038"', 'procedure: "G0140"')
    )
    for name, text in (("yy-older", other), ("yy-proposed", proposed), ("zz-every", nowhere)):
        (toy / "states" / "xx" / f"{name}.yaml").write_text(text, encoding="utf-8")
    assert (
        run("H0038", "--on", "2026-03-01").output
        == """\
H0038, service on 2026-03-01
3 programs know this code; 2 take it on this date.

KS  xx-peer      H0038 HE      one member; a unit is 15 minutes
                 H0038 HE HQ   a group
MO  yy-older     H0038 HE      one member; a unit is 15 minutes; historical, not
                               known to be current
                 H0038 HE HQ   a group; historical, not known to be current
    yy-proposed  H0038 HE      one member; a unit is 15 minutes; proposed, not
                               in force
                 H0038 HE HQ   a group; proposed, not in force

Add --state ST for modifiers, limits, places, papers, deadline and sources.
"""
    )
    assert run("H2015", "--on", "2026-03-01").output.splitlines()[3:5] == [
        "KS  xx-peer      H2015         one member or a group; not on this date",
        "                               (2027-01-01 on)",
    ]


def test_a_code_that_only_other_states_know_says_so(toy: Path) -> None:
    other = PROGRAM.replace("xx-peer", "yy-peer").replace("state: KS", "state: MO").replace("H2015", "T1016")
    (toy / "states" / "xx" / "yy-peer.yaml").write_text(other, encoding="utf-8")
    result = run("T1016", "--state", "ks", "--on", "2027-03-01")
    assert (result.output, result.return_value) == (
        """\
T1016 in KS, service on 2027-03-01

No program of KS knows T1016. Programs of other states do: yy-peer (MO).
""",
        1,
    )
    assert as_json("T1016", "--state", "KS", "--on", "2027-03-01") == {
        "schema_version": 1, "code": "T1016", "on": "2027-03-01", "state": "KS", "billable": False, "programs": [],
        "elsewhere": [{"program": "yy-peer", "state": "MO"}],
    }  # fmt: skip


def test_a_program_that_is_proposed_takes_no_code(toy: Path) -> None:
    (toy / "states" / "xx" / "xx-peer.yaml").write_text(PROGRAM.replace("in_force", "proposed"), encoding="utf-8")
    result = run("H0038", "--on", "2026-03-01")
    assert (
        result.output.splitlines()[3] == "  proposed, not in force; dates of service: 2024-01-01 on; payer ids PAYER1"
    )
    assert result.return_value == 1


@pytest.mark.parametrize(
    ("changes", "instead"),
    [
        ({}, "Instead: H0038 HE."),
        ({"effective: 2024-01-01\nstatus": "effective: 2022-01-01\nstatus"}, "Instead: H0038 HE and H0038 HE HQ."),
        ({'procedure: "H0038"\n': 'procedure: "H0039"\n', "effective: 2024-01-01\nstatus": "effective: 2022-01-01\nstatus"},
         "No service took its place."),
        ({'procedure: "H0038"\n    modifiers: ["HE"]': 'procedure: "H0039"\n    modifiers: ["HE"]', "delivery: individual,": "delivery: group,"},
         "Instead: H0038 HE HQ."),
        ({"delivery: individual,": "delivery: individual_or_group,"}, "Instead: H0038 HE and H0038 HE HQ."),
    ],
)  # fmt: skip
def test_a_retired_service_names_what_took_its_place(toy: Path, changes: dict[str, str], instead: str) -> None:
    text = PROGRAM
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (toy / "states" / "xx" / "xx-peer.yaml").write_text(text, encoding="utf-8")
    assert f"It ended on 2023-12-31. {instead}" in run("H0038", "--on", "2026-03-01").output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("H0083",), "H0083: no program knows this code\n  fix: did you mean H0038?"),
        (("H2051",), "H2051: no program knows this code\n  fix: did you mean H2015?"),
        (("99999",), "99999: no program knows this code\n  fix: the codes are H0038, H2015"),
        (("H0038", "--on", "March"), "--on March: is not a date\n  fix: write a date as 2026-12-31"),
        (("H0038", "--state", "ZZ"), "--state ZZ: no program of this state is known\n  fix: the states are KS"),
    ],
)
def test_what_cannot_be_answered_says_what_to_write(words: tuple[str, ...], message: str) -> None:
    error = run(*words).exception
    assert isinstance(error, UsageError)
    assert str(error) == message


def test_without_any_service_there_is_no_code_to_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = shelve(tmp_path / "empty")
    monkeypatch.setattr("billing.policy.loading.shipped", lambda: empty)
    assert str(run("H0038").exception) == "H0038: no program knows this code\n  fix: no program has services"
    assert NATIONAL


def test_a_folder_of_ones_own_is_looked_up_too(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    overlay = """\
program: xx-peer
extends: xx-peer
unit_limits:
  - {id: daily, services: [individual, group], at_most: 8, measure: units, per: day, source: bulletin}
"""
    (own / "xx-peer.yaml").write_text(overlay, encoding="utf-8")
    assert "At most 8 units per member per day" in run("H0038", "--on", "2026-03-01", "--codesets", str(own)).output


def test_as_json_a_program_holds_services_rules_and_what_is_not_said() -> None:
    data = as_json("H0038", "--on", "2026-03-01")
    [program] = data.pop("programs")
    services, rules, later = program.pop("services"), program.pop("rules"), program.pop("later")
    assert data == {
        "schema_version": 1, "code": "H0038", "on": "2026-03-01", "state": None, "billable": True, "elsewhere": [],
    }  # fmt: skip
    assert program == {
        "program": "xx-peer", "name": "A made-up peer program", "state": "KS", "workforce": "peer_support",
        "status": "in_force", "effective": "2024-01-01", "ended": None, "rendering_is": "worker",
        "no_rule_on": ["combinations", "place of service", "telehealth", "diagnoses", "authorization", "order",
                       "plan of care", "worker", "supervision", "biller"],
        "notes": ["Supervision is documented. Not checked."],
    }  # fmt: skip
    assert [service["service"] for service in services] == ["individual", "group", "older"]
    asked = services[0].pop("rules")
    assert services[0] == {
        "service": "individual", "path": "xx-peer.services.individual", "procedure": "H0038", "modifiers": ["HE"],
        "also_allowed": ["95", "93"], "other_modifiers": "review", "modifier_positions": {}, "name": "one member",
        "delivery": "individual", "unit_minutes": 15, "group_size": None, "date_ranges": "allowed",
        "rate": {"amount": "12.00", "amounts": {}, "effective": "2026-01-01", "ended": None, "source": BLOG},
        "effective": "2024-01-01", "ended": None, "in_force": True, "instead": [], "source": BULLETIN,
    }  # fmt: skip
    assert [(rule["kind"], rule["severity"]) for rule in asked] == [
        ("covered_services", "reject"), ("modifiers", "reject"), ("rates", "note"), ("unit_minutes", "review"),
    ]  # fmt: skip
    assert asked[3] == {
        "rule": "xx-peer.services.individual", "kind": "unit_minutes", "topic": "length of a unit",
        "what": "A unit of H0038 HE is 15 minutes; how minutes are rounded is not sourced.", "services": ["individual"],
        "effective": "2024-01-01", "ended": None, "severity": "review",
        "capped_by": ["its source is unofficial", "its source is an article"], "shadow": False, "readings": [],
        "source": BLOG,
    }  # fmt: skip
    assert services[1]["modifier_positions"] == {"HE": 1, "HQ": 2}
    assert services[1]["group_size"] == {"min": 2, "max": 8}
    assert (services[2]["in_force"], services[2]["instead"], services[2]["ended"]) == (
        False,
        ["individual"],
        "2023-12-31",
    )
    assert [rule["rule"] for rule in rules] == [
        "xx-peer.unit_limits.daily", "xx-peer.unit_limits.yearly", "xx-peer.ages.adults", "xx-peer.timely_filing.six-months",
    ]  # fmt: skip
    assert rules[1] == {
        "rule": "xx-peer.unit_limits.yearly", "kind": "unit_limits", "topic": "limits",
        "what": ("At most 400 units per member per fiscal year, the year beginning on July 1. An authorization lifts the "
                 "limit: its own units then count. Only for H0038 HE. Only for members under 21, at place of service 02 "
                 "or 10."),
        "services": ["individual"], "effective": "2024-01-01", "ended": None, "severity": "review",
        "capped_by": ["it rests on a reading: a year is the state's fiscal year"], "shadow": False,
        "readings": ["a year is the state's fiscal year"], "source": BULLETIN,
    }  # fmt: skip
    assert [rule["rule"] for rule in later] == ["xx-peer.unit_limits.weekly"]
