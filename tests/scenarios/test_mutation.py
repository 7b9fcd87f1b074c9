from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from billing.scenarios.collecting import collect
from billing.scenarios.mutants import mutants
from billing.scenarios.testing import Remark, Report, report_on
from tests.scenarios.conftest import PROGRAM, SCENARIOS

EVERY_CHANGE = [
    "effective 2026-01-01 -> 2025-12-31",
    "effective 2026-01-01 -> 2026-01-02",
    "services.visit off",
    "unit_limits.daily off",
    "unit_limits.daily at_most 4 -> 3",
    "unit_limits.daily at_most 4 -> 5",
    "unit_limits.daily measure units -> minutes",
    "unit_limits.daily per day -> month",
]


def mutated(place: Path, program: str = "xx-visits") -> Report:
    collected = collect([str(place)], [program])
    return report_on(collected.files[0], collected.library, mutation=True)


def unnoticed(place: Path, program: str = "xx-visits") -> list[str]:
    return [survivor.rule for survivor in mutated(place, program).survivors]


def changes_of(program: str, folder: Callable[..., Path]) -> list[str]:
    library = collect([str(folder(program=program))]).library
    return [mutant.change for mutant in mutants(library.merged["xx-visits"], library.lists)]


def test_scenarios_on_both_sides_of_every_edge_notice_every_change(folder: Callable[..., Path]) -> None:
    report = mutated(folder())
    assert (report.changes, report.survivors, report.stale) == (len(EVERY_CHANGE), [], [])
    assert report.is_clean


def test_every_fact_of_a_program_is_changed(folder: Callable[..., Path]) -> None:
    assert changes_of(PROGRAM, folder) == EVERY_CHANGE


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("x5]", "x6]", ["unit_limits.daily at_most 4 -> 5"]),
        ("C1 98960 x4 2026-05-05", "C1 98960 x3 2026-05-05", []),
        (
            "C1 98960 x4 2026-05-05, C2 98960 x4",
            "C1 98960 x3 2026-05-05, C2 98960 x3",
            ["unit_limits.daily at_most 4 -> 3"],
        ),
        (", C2 98960 x4 2026-05-06", "", ["unit_limits.daily per day -> month"]),
        ("C1 98960 2026-01-01", "C1 98960 2026-01-02", ["effective 2026-01-01 -> 2026-01-02"]),
        ("2025-12-31", "2025-12-30", ["effective 2026-01-01 -> 2025-12-31"]),
    ],
)
def test_an_edge_without_a_case_is_reported(
    old: str, new: str, changes: list[str], folder: Callable[..., Path]
) -> None:
    assert unnoticed(folder(SCENARIOS.replace(old, new))) == changes


def test_a_change_is_reported_with_its_place_and_the_case_that_would_notice_it(folder: Callable[..., Path]) -> None:
    place = folder(SCENARIOS.replace("x5]", "x6]"))
    assert mutated(place).survivors == [
        Remark(f"{place}/xx-visits.yaml:11", "unit_limits.daily at_most 4 -> 5", "cases at 4 and at 5")
    ]


def test_a_rule_that_no_case_needs_is_reported_whole(folder: Callable[..., Path]) -> None:
    program = PROGRAM.replace(
        "\nsources:", "\nworkers:\n  - {id: certified, worker_types: [chw, peer], source: s1}\n\nsources:"
    )
    assert unnoticed(folder(program=program)) == [
        "workers.certified off", "workers.certified worker_types without chw", "workers.certified worker_types without peer",
    ]  # fmt: skip


def test_a_change_that_cannot_matter_is_excused_by_its_words_or_their_beginning(folder: Callable[..., Path]) -> None:
    scenarios = SCENARIOS.replace("x5]", "x6]").replace("2025-12-31", "2025-12-30")
    excuses = """\
cannot_matter:
  - {change: "unit_limits.daily at_most 4 -> 5", because: a test says so}
  - {change: effective 2026-01-01, because: a test says so}
"""
    assert mutated(folder(scenarios + excuses)).is_clean


def test_an_excuse_that_excuses_nothing_is_reported(folder: Callable[..., Path]) -> None:
    excuses = """\
cannot_matter:
  - {change: "unit_limits.daily at_most 4 -> 5", because: a case notices it by now}
  - {change: "unit_limits.daily at_most 4 -> 6", because: nobody makes it}
"""
    place = folder(SCENARIOS + excuses)
    assert mutated(place).stale == [
        Remark(f"{place}/xx-visits.scenarios.yaml:15", "unit_limits.daily at_most 4 -> 5", "a scenario notices it"),
        Remark(f"{place}/xx-visits.scenarios.yaml:16", "unit_limits.daily at_most 4 -> 6", "there is no such change"),
    ]


def test_facts_are_not_changed_while_a_scenario_fails(folder: Callable[..., Path]) -> None:
    report = mutated(folder(SCENARIOS.replace("reject C1 line 1", "review C1 line 1")))
    assert (report.changes, len(report.failures), report.is_clean) == (None, 1, False)


def test_words_that_a_case_asks_for_notice_a_change_too(folder: Callable[..., Path]) -> None:
    program = PROGRAM.replace("effective: 2026-01-01\n", "")
    scenarios = """\
program: xx-visits
scenarios:
  - {it: six, claims: [C1 98960 x6], expect: [{unit_limits.daily reject C1 line 1: the limit is 4}]}
"""
    assert "unit_limits.daily at_most 4 -> 5" not in unnoticed(folder(scenarios, program))
    assert "unit_limits.daily at_most 4 -> 5" in unnoticed(
        folder(scenarios.replace(": the limit is 4", ": 6 units"), program)
    )


# --------------------------------------------------------------------------------------------- what decides severity


@pytest.mark.parametrize(
    ("entry", "source", "changes"),
    [
        ("assumed: read so", "", ["unit_limits.daily assumed -> none"]),
        ("assumed: read so", "official: false", []),
        ("assumed_pooled: read so", "", ["unit_limits.daily assumed_pooled -> none"]),
        ("assumed_pooled: read so", "official: false", []),
        (
            "severity: review",
            "",
            ["unit_limits.daily severity review -> note", "unit_limits.daily severity review -> reject"],
        ),
        ("severity: review", "official: false", ["unit_limits.daily severity review -> note"]),
        ("shadow: true", "", ["unit_limits.daily shadow true -> false"]),
    ],
)
def test_only_what_can_change_a_severity_is_changed(
    entry: str, source: str, changes: list[str], folder: Callable[..., Path]
) -> None:
    program = PROGRAM.replace("per: day,", f"per: day, {entry},").replace("official: true", source or "official: true")
    assert [change for change in changes_of(program, folder) if change not in EVERY_CHANGE] == changes


# ------------------------------------------------------------------------------------------------- what no file says


def test_services_that_could_not_be_told_apart_are_no_change(folder: Callable[..., Path]) -> None:
    program = PROGRAM.replace(
        "source: s1}\n\nunit",
        'source: s1}\n  - {id: other, procedure: "98960", modifiers: ["U7", "U8"], source: s1}\n\nunit',
        1,
    )
    found = [change for change in changes_of(program, folder) if change.startswith("services.other")]
    assert found == ["services.other off", "services.other modifiers without U7", "services.other modifiers without U8"]
    found = [
        change for change in changes_of(program.replace(', "U8"', ""), folder) if change.startswith("services.other")
    ]
    assert found == ["services.other off"]


def test_whose_claims_they_are_is_a_fact_of_the_program(folder: Callable[..., Path]) -> None:
    program = PROGRAM.replace(
        "status: in_force", 'status: in_force\npayers: ["77777", "88888"]\nrendering_is: supervisor'
    )
    assert [change for change in changes_of(program, folder) if change not in EVERY_CHANGE] == [
        "payers without 77777", "payers without 88888", "rendering_is supervisor -> worker",
    ]  # fmt: skip


def test_who_renders_is_noticed_by_a_line_that_names_no_worker(folder: Callable[..., Path]) -> None:
    workers = "workers:\n  - {id: certified, worker_types: [chw, peer], source: s1}\n\nsources:"
    program = PROGRAM.replace("sources:", workers).replace("in_force", "in_force\nrendering_is: supervisor")
    case = "  - {it: the supervisor needs no certificate, claims: [C1 98960], workers: [W2 chw 2026-01-01..]}\n"
    assert "rendering_is supervisor -> worker" in unnoticed(folder(program=program))
    assert "rendering_is supervisor -> worker" not in unnoticed(folder(SCENARIOS + case, program))


def test_of_an_overlay_only_its_own_facts_are_changed(folder: Callable[..., Path]) -> None:
    place = folder()
    plan = "program: xx-plan\nextends: xx-visits\nunit_limits:\n  - {id: daily, ended: 2026-06-30}\n"
    (place / "xx-plan.yaml").write_text(plan)
    case = "  - it: the plan pays no less on the last day\n    received: 2026-07-31\n    claims: [C1 98960 x5 2026-06-30, C2 98960 x5 2026-07-01]\n    expect: [xx-visits.unit_limits.daily reject C1 line 1]\n"
    (place / "xx-plan.scenarios.yaml").write_text(f"program: xx-plan\nscenarios:\n{case}")
    report = mutated(place, "xx-plan")
    assert (report.failures, report.changes, report.survivors) == ([], 3, [])
    library = collect([str(place)]).library
    assert [mutant.change for mutant in mutants(library.merged["xx-plan"], library.lists)] == [
        "unit_limits.daily off", "unit_limits.daily ended 2026-06-30 -> 2026-06-29", "unit_limits.daily ended 2026-06-30 -> 2026-07-01",
    ]  # fmt: skip
