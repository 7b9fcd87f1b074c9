from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from billing.engine import judge
from billing.scenarios.collecting import collect
from billing.scenarios.running import found_by_scenario, make_groups, run
from billing.scenarios.testing import FailureReport, report_on
from tests.scenarios.conftest import PROGRAM, SCENARIOS


def failures(place: Path) -> list[FailureReport]:
    collected = collect([str(place)])
    return report_on(collected.files[0], collected.library).failures


def test_scenarios_that_hold_have_no_failures(folder: Callable[..., Path]) -> None:
    assert failures(folder()) == []


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("x5]", "x4]", ("not found: unit_limits.daily reject C1 line 1",)),
        (
            "C1 98960 x5",
            "C1 98960 x5 2026-01-02..2026-01-01",
            (
                "not expected: national.service_dates.readable reject C1 line 1",
                "  The service ends on 2026-01-01, before its first day 2026-01-02.",
            ),
        ),
        (
            "unit_limits.daily reject C1",
            "unit_limits.daily review C1",
            (
                "not expected: unit_limits.daily reject C1 line 1",
                "  5 units on 2026-05-05; the limit is 4 per member per day, so 4 of these 5 are within it.",
                "not found: unit_limits.daily review C1 line 1",
            ),
        ),
    ],
)
def test_a_scenario_that_does_not_hold_says_how(
    old: str, new: str, lines: tuple[str, ...], folder: Callable[..., Path]
) -> None:
    place = folder(SCENARIOS.replace(old, new))
    assert failures(place) == [FailureReport("the fifth is rejected", f"{place}/xx-visits.scenarios.yaml:11", lines)]


def test_words_that_a_finding_must_say_are_looked_for(folder: Callable[..., Path]) -> None:
    expected = "[{unit_limits.daily reject C1 line 1: [4 of these 5, units_over_daily_limit, of these 6]}]"
    [failure] = failures(folder(SCENARIOS.replace("[unit_limits.daily reject C1 line 1]", expected)))
    assert failure.lines[0] == "not said: 'of these 6' by unit_limits.daily reject C1 line 1"
    assert "4 of these 5 are within it" in failure.lines[1]


def test_what_was_not_checked_and_what_is_paid_may_be_expected(folder: Callable[..., Path]) -> None:
    more = "    not_checked: [unit_limits.daily history partly 1, national.eligibility.covered workers 1]\n    pays: {C1: null}\n"
    [failure] = failures(folder(SCENARIOS + more))
    assert [line.partition("; listed are ")[0] for line in failure.lines] == [
        "not listed as not checked: national.eligibility.covered workers 1"
    ]
    [failure] = failures(folder(SCENARIOS + '    pays: {C1: "20.00"}\n'))
    assert failure.lines == ("the payment expected for C1 is unknown, not 20.00",)


def test_a_shadow_rule_is_expected_as_one(folder: Callable[..., Path]) -> None:
    program = PROGRAM.replace("per: day,", "per: day, shadow: true,")
    assert len(failures(folder(program=program))) == 1
    assert failures(folder(SCENARIOS.replace("reject C1 line 1", "reject C1 line 1 shadow"), program)) == []


def test_without_a_named_program_the_payer_decides(folder: Callable[..., Path]) -> None:
    program = PROGRAM.replace("status: in_force", 'status: in_force\npayers: ["77777"]')
    more = """\
  - it: the payer's claims belong to it, another payer's to no program
    claims: [{C1: 98960 x5, payer: "77777"}, {C2: 98960 x5, member: M2, payer: "88888"}]
    select: by_payer
    expect: [unit_limits.daily reject C1 line 1, national.covered_services.other-services review C2 line 1]
"""
    assert failures(folder(SCENARIOS + more, program)) == []
    [failure] = failures(folder(SCENARIOS + more))
    assert failure.lines == ("no program could be chosen: no program lists the payer ids of this batch",)


def test_scenarios_that_give_the_same_files_share_a_batch(folder: Callable[..., Path]) -> None:
    more = "".join(
        f"  - {{it: case {number}, claims: [C1 98960], workers: [W1 chw 2026-01-01..]{extra}}}\n"
        for number, extra in enumerate(["", "", ", not_checked: []", ", received: 2026-07-01"])
    ) + '  - {it: literal, claims: [{C1: 98960, biller: "1999999984"}]}\n'  # fmt: skip
    collected = collect([str(folder(SCENARIOS + more))])
    groups = [sorted(group.scenarios) for group in make_groups(collected.files[0], collected.library)]
    assert groups == [[1, 2, 3, 4], [5, 6, 8], [7], [9]]


@pytest.mark.parametrize("program", ["ks-chw", "az-chw", "nc-pss"])
def test_a_scenario_finds_the_same_alone_as_among_others(program: str) -> None:
    collected = collect(programs=[program])
    [file] = collected.files
    together = [found for group in run(file, collected.library).groups for found in _found(group)]
    every = file.scenarios
    alone = []
    for scenario in every:
        file.scenarios = [scenario]
        [group] = make_groups(file, collected.library)
        group.judgement = judge(group.batch, group.codesets, group.references, received=file.received)
        alone += _found(group)
    assert sorted(together) == sorted(alone)


def _found(group: object) -> list[tuple[int, str, str, str]]:
    found = found_by_scenario(group, group.judgement.findings)  # type: ignore[attr-defined,arg-type]
    return list(
        itertools.chain.from_iterable(
            ((number, each.rule, each.key, each.said) for each in items) for number, items in found.items()
        )
    )
