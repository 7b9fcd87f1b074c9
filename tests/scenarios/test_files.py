from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import billing
from billing.scenarios.collecting import collect
from tests.scenarios.conftest import SCENARIOS

BROKEN = [
    ("scenarios:", "scenaros:", "2:1: scenaros: no key here has this name\n  fix: did you mean 'scenarios'?"),
    ("    claims: [C1 98960 U9]", "    claim: [C1 98960 U9]", "7:5: claim: no key here has this name\n  fix: did you mean 'claims'?"),
    ("program: xx-visits", "program: xx-visit", "1:10: program: 'xx-visit' is not what the file is named for\n  fix: write `program: xx-visits`, or rename the file"),
    ("    claims: [C1 98960 U9]\n", "", "6:5: claims: is missing\n  fix: write at least one claim: `[C1 98960 x4]`"),
    ("it: the fifth is rejected", "it: four units on a day pass, and a new day begins at zero", "11:9: it: a scenario of this name stands in line 9\n  fix: say what tells them apart"),
    ("it: the fifth is rejected", "it:", "11:5: it: is missing\n  fix: name the case by a sentence"),
    ("C1 98960 x5", "{C1: 98960 x5, membr: M2}", "12:14: membr: a claim has no field of this name\n  fix: did you mean 'member'?"),
    ("C1 98960 x5", "{C1: 98960 x5, authorization: 7}", "12:14: cannot be read as a claim: prior_authorization must be a text: write it in quotes"),
    ("C1 98960 x5", "{C1: 98960 x5, place: 02}", '12:36: codes are text: write "02" in quotes'),
    ("C1 98960 x5", "7", "12:14: is no claim\n  fix: write `C1 98960 x4`, or `{C1: 98960 x4, member: M2}`"),
    ("unit_limits.daily reject C1 line 1", "unit_limits.daly reject C1 line 1", "13:14: unit_limits.daly: no rule has this path\n  fix: did you mean 'unit_limits.daily'?"),
    ("unit_limits.daily reject C1 line 1", "unit_limits.daily rejected C1 line 1", "13:14: 'rejected' is no severity\n  fix: did you mean 'reject'?"),
    ("unit_limits.daily reject C1 line 1", "unit_limits.daily reject C2 line 1", "13:14: the scenario has no claim C2\n  fix: its claims are C1"),
    ("unit_limits.daily reject C1 line 1", "unit_limits.daily reject C1 line 2", "13:14: claim C1 has no line 2"),
    ("unit_limits.daily reject C1 line 1", "unit_limits.daily C1", "13:14: 'unit_limits.daily C1' is no finding\n  fix: write `unit_limits.daily reject C1 line 1`, or without the line for the whole claim"),
    ("    claims: [C1 98960 x5]", "    claims: [C1 98960 x5]\n    workers: [W1 2026-01-01..]", "13:15: the row of the workers file lacks effective\n  fix: a row is `W1 chw 2026-01-01..2026-12-31 agency_npi=B1`"),
    ("    claims: [C1 98960 x5]", "    claims: [C1 98960 x5]\n    workers: [W1 chief 2026-01-01..]", "13:15: worker_type is none of the values it may have; write one of chw, peer, recovery_peer, family_peer, youth_peer"),
    ("    claims: [C1 98960 x5]", "    claims: [C1 98960 x5]\n    received: 2026-13-01", "13:15: received: '2026-13-01' is no date\n  fix: write 2026-12-31"),
    ("    claims: [C1 98960 x5]", "    claims: [C1 98960 x5]\n    select: [xx-visit]", "13:13: select: no program has the id 'xx-visit'\n  fix: did you mean 'xx-visits'?"),
    ("    claims: [C1 98960 x5]", "    claims: C1 98960 x5", "12:13: claims: a list is expected\n  fix: write the items in brackets"),
    ("program: xx-visits", "program: xx-visits\ncannot_matter: [unit_limits.daily off]", "2:17: a change and its reason are expected\n  fix: write `{change: <as --mutate words it>, because: <why no claim could tell>}`"),
    ("program: xx-visits", "program: xx-visits\ndefaults: [place]", "2:11: defaults: a map is expected\n  fix: write {key: value}"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), BROKEN)
def test_what_is_wrong_in_a_file_is_said_with_its_place(
    old: str, new: str, told: str, folder: Callable[..., Path]
) -> None:
    assert old in SCENARIOS
    place = folder(SCENARIOS.replace(old, new))
    with pytest.raises(billing.CodeSetError) as raised:
        collect([str(place)])
    assert str(raised.value).replace(f"{place}/xx-visits.scenarios.yaml:", "").partition("\n" + str(place))[0] == told


def test_every_problem_of_every_file_is_told_at_once(folder: Callable[..., Path]) -> None:
    place = folder(SCENARIOS.replace("98960 U9", "98960 u9").replace("reject C1", "refuse C1"))
    with pytest.raises(billing.CodeSetError) as raised:
        collect([str(place)])
    assert [line.split(":")[1] for line in str(raised.value).splitlines() if "  fix" not in line] == ["7", "13"]


def test_scenarios_of_a_program_that_is_not_there_are_refused(folder: Callable[..., Path]) -> None:
    place = folder()
    (place / "xx-visit.scenarios.yaml").write_text(SCENARIOS.replace("xx-visits", "xx-visit"))
    with pytest.raises(
        billing.CodeSetError, match=r"program: no program has the id 'xx-visit'\n  fix: did you mean 'xx-visits'\?"
    ):
        collect([str(place)])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere", "nowhere: there is no such file or folder"),
        ("xx-visits.yaml", r"xx-visits.yaml: is no scenario file\n  fix: name .*xx-visits.scenarios.yaml"),
        ("empty", "empty: holds no scenarios"),
    ],
)
def test_a_place_without_scenarios_is_refused(name: str, told: str, folder: Callable[..., Path]) -> None:
    place = folder()
    (place / "empty").mkdir()
    (place / "empty" / "xx-other.yaml").write_text(
        (place / "xx-visits.yaml").read_text().replace("xx-visits", "xx-other")
    )
    with pytest.raises(billing.UsageError, match=told):
        collect([str(place / name)])


def test_a_program_is_named_by_its_id(folder: Callable[..., Path]) -> None:
    place = folder()
    assert [file.program for file in collect([str(place)], ["xx-visits"]).files] == ["xx-visits"]
    with pytest.raises(
        billing.UsageError, match=r"xx-visit: no program has this id\n  fix: did you mean 'xx-visits'\?"
    ):
        collect([str(place)], ["xx-visit"])
    with pytest.raises(billing.UsageError, match="national: has no scenarios here"):
        collect([str(place)], ["national"])


def test_a_file_named_twice_is_run_once(folder: Callable[..., Path]) -> None:
    place = folder() / "xx-visits.scenarios.yaml"
    assert len(collect([str(place), str(place)]).files) == 1
