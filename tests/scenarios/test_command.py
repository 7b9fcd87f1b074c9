from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from billing.cli import main
from billing.scenarios.collecting import collect
from billing.scenarios.testing import reports
from tests.scenarios.conftest import SCENARIOS

PEER = 'program: xx-peers\nstate: XX\nname: Peers\nstatus: in_force\nservices:\n  - {id: visit, procedure: "H0038", source: s1}\nsources:\n  s1: {title: A, publisher: B, form: statute, url: x, read_on: 2026-11-22, official: true}\n'


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["test", *arguments])


def test_scenarios_that_hold_end_with_0(folder: Callable[..., Path]) -> None:
    done = call(str(folder()))
    assert (done.exit_code, done.stdout) == (0, "4 scenarios of 1 program: all as expected\n")


def test_the_shipped_scenarios_are_run_without_a_path() -> None:
    done = call("--program", "ks-chw", "--program", "nj-sud-peer")
    assert done.exit_code == 0
    assert done.stdout.endswith(" scenarios of 2 programs: all as expected\n")


def test_a_shipped_file_is_named_by_its_path() -> None:
    done = call("codesets/states/ks/ks-chw.scenarios.yaml")
    assert (done.exit_code, done.stdout.split(" of ")[1]) == (0, "1 program: all as expected\n")


def test_a_scenario_that_fails_ends_with_1(folder: Callable[..., Path]) -> None:
    place = folder(SCENARIOS.replace("x5]", "x4]"))
    done = call(str(place))
    assert done.exit_code == 1
    assert (
        done.stdout
        == f"""\
{place}/xx-visits.scenarios.yaml:11: the fifth is rejected
  not found: unit_limits.daily reject C1 line 1
4 scenarios of 1 program: 1 scenario not as expected
"""
    )


def test_coverage_and_changed_facts_without_a_gap_end_with_0(folder: Callable[..., Path]) -> None:
    done = call(str(folder()), "--coverage", "--mutate")
    assert done.exit_code == 0
    assert (
        done.stdout
        == """\
4 scenarios of 1 program: all as expected
coverage: every rule fires and passes
8 changes of facts: every one is noticed, or cannot matter
"""
    )


def test_what_no_scenario_shows_ends_with_1(folder: Callable[..., Path]) -> None:
    scenarios = SCENARIOS.replace("x5]", "x4]").replace("    expect: [unit_limits.daily reject C1 line 1]\n", "")
    place = folder(scenarios + 'cannot_matter: [{change: "unit_limits.daily at_most 9", because: of a mistake}]\n')
    done = call(str(place), "--coverage", "--mutate")
    assert done.exit_code == 1
    assert (
        done.stdout
        == f"""\
{place}/xx-visits.yaml:11: xx-visits: unit_limits.daily lacks a case that fires
{place}/xx-visits.yaml:11: xx-visits: no scenario notices: unit_limits.daily off
  try: a case that this rule alone finds
{place}/xx-visits.yaml:11: xx-visits: no scenario notices: unit_limits.daily at_most 4 -> 5
  try: cases at 4 and at 5
{place}/xx-visits.yaml:11: xx-visits: no scenario notices: unit_limits.daily measure units -> minutes
  try: a case that tells units from minutes
{place}/xx-visits.scenarios.yaml:13: xx-visits: cannot_matter: unit_limits.daily at_most 9: there is no such change
4 scenarios of 1 program: all as expected
coverage: 1 rule to show
8 changes of facts: 3 not noticed
"""
    )


def test_facts_are_not_changed_where_scenarios_fail_and_that_is_said(folder: Callable[..., Path]) -> None:
    done = call(str(folder(SCENARIOS.replace("x5]", "x4]"))), "--mutate")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1] == "facts not changed, since scenarios fail: xx-visits"


def test_a_file_with_errors_ends_with_2(folder: Callable[..., Path]) -> None:
    done = call(str(folder(SCENARIOS.replace("x5]", "y5]"))))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith(
        "'y5' is no part of a line\n  fix: a line is `98960 U7 x4 2026-05-05 09:00-10:00 @12 $46.00 worker=W2`\n"
    )


def test_the_same_as_json(folder: Callable[..., Path]) -> None:
    place = folder(SCENARIOS.replace("x5]", "x6]"))
    done = call(str(place), "--coverage", "--mutate", "--format", "json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {
        "files": [
            {
                "file": f"{place}/xx-visits.scenarios.yaml", "program": "xx-visits", "scenarios": 4, "failures": [],
                "uncovered": [], "changes": 8, "stale": [],
                "survivors": [{"place": f"{place}/xx-visits.yaml:11", "rule": "unit_limits.daily at_most 4 -> 5", "words": "cases at 4 and at 5"}],
            }
        ],
        "without_scenarios": [],
    }  # fmt: skip


def test_programs_of_the_folder_without_scenarios_are_listed_where_gaps_are_asked_for(
    folder: Callable[..., Path],
) -> None:
    place = folder()
    (place / "xx-peers.yaml").write_text(PEER)
    (place / "xx-template.yaml").write_text(PEER.replace("xx-peers", "xx-template").replace("in_force", "incomplete"))
    assert call(str(place)).exit_code == 0
    done = call(str(place), "--coverage")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == f"{place}/xx-peers.yaml: xx-peers: has no scenarios"


def test_several_programs_are_mutated_at_once_and_reported_in_order(folder: Callable[..., Path]) -> None:
    place = folder()
    (place / "xx-peers.yaml").write_text(PEER)
    (place / "xx-peers.scenarios.yaml").write_text(
        "program: xx-peers\nscenarios:\n  - {it: a visit, claims: [C1 H0038]}\n"
    )
    collected = collect([str(place)])
    found = list(reports([str(place)], collected, coverage=True, mutation=True, processes=2))
    assert [(report.program, report.changes, report.is_clean) for report in found] == [
        ("xx-peers", 1, False), ("xx-visits", 8, True),
    ]  # fmt: skip


@pytest.mark.parametrize("option", ["--coverge", "--mutated"])
def test_an_option_that_is_not_there_ends_with_2(option: str) -> None:
    assert call(option).exit_code == 2
