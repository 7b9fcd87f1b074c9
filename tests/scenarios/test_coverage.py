from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from billing.scenarios.collecting import collect
from billing.scenarios.coverage import FIRES, PASSES, gaps
from billing.scenarios.running import run
from tests.scenarios.conftest import PROGRAM, SCENARIOS

VERSIONS = PROGRAM.replace(
    "- {id: daily, at_most: 4, measure: units, per: day, source: s1}",
    "- {id: daily, at_most: 4, measure: units, per: day, ended: 2026-03-31, source: s1}\n"
    "  - {id: daily, at_most: 4, measure: units, per: day, effective: 2026-04-01, source: s1}",
)


def lacking(place: Path) -> list[tuple[str, str, int, tuple[str, ...]]]:
    collected = collect([str(place)])
    return [
        (gap.rule, gap.kind, int(gap.place.rsplit(":", 1)[1]), gap.lacks)
        for gap in gaps(run(collected.files[0], collected.library))
    ]


def test_a_rule_that_fires_and_passes_is_covered(folder: Callable[..., Path]) -> None:
    assert lacking(folder()) == []


def test_a_rule_that_never_fires_is_not(folder: Callable[..., Path]) -> None:
    scenarios = SCENARIOS.replace("x5]", "x4]").replace("    expect: [unit_limits.daily reject C1 line 1]\n", "")
    assert lacking(folder(scenarios)) == [("unit_limits.daily", "unit_limits", 11, (FIRES,))]


def test_a_rule_that_fires_on_every_line_it_sees_is_not(folder: Callable[..., Path]) -> None:
    scenarios = "program: xx-visits\nscenarios:\n  - {it: the fifth, claims: [C1 98960 U9 x5], expect: [unit_limits.daily reject C1 line 1, services.visit review C1 line 1]}\n"
    assert lacking(folder(scenarios)) == [
        ("services.visit", "services", 8, (PASSES,)),
        ("unit_limits.daily", "unit_limits", 11, (PASSES,)),
    ]


def test_a_rule_that_sees_no_line_lacks_both(folder: Callable[..., Path]) -> None:
    program = PROGRAM.replace(
        "\nsources:", "\nworkers:\n  - {id: certified, worker_types: [chw], source: s1}\n\nsources:"
    )
    assert lacking(folder(program=program)) == [("workers.certified", "workers", 14, (FIRES, PASSES))]


def test_each_version_of_a_rule_is_shown_by_itself(folder: Callable[..., Path]) -> None:
    assert lacking(folder(program=VERSIONS)) == [("unit_limits.daily", "unit_limits", 11, (FIRES,))]


def test_an_overlay_shows_what_it_says_itself(folder: Callable[..., Path]) -> None:
    place = folder()
    plan = PROGRAM[PROGRAM.index("\nunit_limits") :].replace("daily", "monthly").replace("per: day", "per: month")
    (place / "xx-plan.yaml").write_text(f"program: xx-plan\nextends: xx-visits\n{plan}")
    (place / "xx-plan.scenarios.yaml").write_text(
        "program: xx-plan\nscenarios:\n  - {it: a visit, claims: [C1 98960]}\n"
    )
    collected = collect([str(place)], ["xx-plan"])
    assert [(gap.rule, gap.lacks) for gap in gaps(run(collected.files[0], collected.library))] == [
        ("unit_limits.monthly", (FIRES,))
    ]


def test_a_rule_whose_taking_out_cannot_matter_need_not_be_shown(folder: Callable[..., Path]) -> None:
    scenarios = SCENARIOS.replace("x5]", "x4]").replace("    expect: [unit_limits.daily reject C1 line 1]\n", "")
    excuse = "cannot_matter: [{change: unit_limits.daily off, because: a test says so}]\n"
    assert lacking(folder(scenarios + excuse)) == []
