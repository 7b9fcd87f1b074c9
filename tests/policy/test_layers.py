"""Overlays and local folders on top of the shipped programs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from billing.errors import CodeSetError
from billing.policy import loading
from billing.policy.codesets import Program
from tests.policy.conftest import BULLETIN, Shelf, a_program

OVERLAY = f"""\
program: xx-plan
extends: xx-chw
payers: ["P1"]
unit_limits:
  - {{id: daily, at_most: 8, per: day, source: notice}}
  - {{id: weekly, at_most: 20, per: week, source: bulletin}}
sources:
  notice: {BULLETIN.replace("A bulletin", "A plan's notice")}
"""


@pytest.fixture
def base(shelf: Shelf) -> Shelf:
    shelf.put("states/xx/xx-chw.yaml", a_program())
    return shelf


def limits(program: Program) -> list[tuple[str, str, str, int]]:
    return [
        (fact.path, str(vars(fact.entry)["at_most"]), Path(fact.file).name, fact.line)
        for fact in program.facts
        if fact.kind == "unit_limits"
    ]


def test_a_payer_overlay_replaces_by_path_adds_and_inherits_the_rest(base: Shelf) -> None:
    base.put("payers/plan/xx-plan.yaml", OVERLAY)
    codesets = loading.load_codesets(states=["XX"])
    below, plan = codesets.programs
    assert (below.id, plan.id) == ("xx-chw", "xx-plan")
    assert (plan.layer, plan.extends, plan.payers, plan.state, plan.name) == (
        "payer", "xx-chw", ("P1",), "XX", "A made-up program",
    )  # fmt: skip
    assert limits(plan) == [
        ("xx-chw.unit_limits.daily", "8", "xx-plan.yaml", 5),
        ("xx-chw.unit_limits.monthly", "24", "xx-chw.yaml", 12),
        ("xx-plan.unit_limits.weekly", "20", "xx-plan.yaml", 6),
    ]
    assert {fact.program for fact in plan.facts} == {"xx-plan"}
    assert plan.services == below.services
    assert limits(below)[0] == ("xx-chw.unit_limits.daily", "4", "xx-chw.yaml", 11)


def test_a_local_file_of_the_same_id_replaces_the_whole_program(base: Shelf) -> None:
    base.put_local("xx-chw.yaml", a_program().replace("at_most: 4", "at_most: 5"))
    program = loading.load_codesets(["xx-chw"], folders=[base.local]).program("xx-chw")
    assert limits(program)[0] == ("xx-chw.unit_limits.daily", "5", "xx-chw.yaml", 11)
    assert (program.layer, program.file) == ("folder", str(base.local / "xx-chw.yaml"))


def test_a_local_file_that_extends_its_own_id_changes_the_program_in_place(base: Shelf) -> None:
    base.put("payers/plan/xx-plan.yaml", OVERLAY)
    base.put_local("states/xx/xx-chw.yaml", f"""\
        program: xx-chw
        extends: xx-chw
        unit_limits:
          - {{id: monthly, at_most: 30, per: month, source: candidate}}
        sources:
          candidate: {BULLETIN}
        """)  # fmt: skip
    codesets = loading.load_codesets(states=["XX"], folders=[base.local])
    changed = ("xx-chw.unit_limits.monthly", "30", "xx-chw.yaml", 4)
    assert [limits(program)[1] for program in codesets.programs] == [changed, changed]


def test_a_later_folder_goes_on_top_of_an_earlier_one(base: Shelf, tmp_path: Path) -> None:
    base.put_local("xx-chw.yaml", a_program().replace("at_most: 4", "at_most: 5"))
    Shelf.write(tmp_path / "later" / "xx-chw.yaml", a_program().replace("at_most: 4", "at_most: 6"))
    program = loading.load_codesets(["xx-chw"], folders=[base.local, tmp_path / "later"]).programs[0]
    assert limits(program)[0][1] == "6"


def test_an_overlay_ends_an_entry_and_puts_a_new_one_beside_it(base: Shelf) -> None:
    base.put_local("xx-chw.yaml", """\
        program: xx-chw
        extends: xx-chw
        services:
          - {id: group, ended: 2026-12-31}
        unit_limits:
          - {id: daily, ended: 2026-12-31}
          - {id: daily, at_most: 6, per: day, effective: 2027-01-01, source: bulletin}
        """)  # fmt: skip
    program = loading.load_codesets(["xx-chw"], folders=[base.local]).programs[0]
    daily = [fact for fact in program.facts if fact.path == "xx-chw.unit_limits.daily"]
    assert [(str(vars(fact.entry)["at_most"]), fact.effective, fact.ended, fact.line) for fact in daily] == [
        ("4", date(2023, 7, 1), date(2026, 12, 31), 6),
        ("6", date(2027, 1, 1), None, 7),
    ]
    assert [(service.id, service.ended) for service in program.services] == [
        ("individual", None),
        ("group", date(2026, 12, 31)),
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"xx-plan.yaml": "program: xx-plan\nextends: xx-chv\n"},
         "xx-plan.yaml:2:10: extends: no program below this file has the id 'xx-chv'\n  fix: did you mean 'xx-chw'?"),
        ({"yy-chw.yaml": "program: yy-chw\nextends: yy-chw\n"},
         "yy-chw.yaml:2:10: extends: no program below this file has the id 'yy-chw'\n  fix: did you mean 'xx-chw'?"),
        ({"a.yaml": "program: a\nextends: b\n", "b.yaml": "program: b\nextends: a\n"},
         "a.yaml:2:10: extends: b extends this program in turn\nb.yaml:2:10: extends: a extends this program in turn"),
        ({"a/xx-new.yaml": a_program("xx-new"), "b/xx-new.yaml": a_program("xx-new")},
         "b/xx-new.yaml:1:10: program: a/xx-new.yaml holds a program of this id too\n  fix: give one of them another id"),
        ({"xx-plan.yaml": "program: xx-plan\nextends: xx-chw\nunit_limits:\n  - {id: dayly, ended: 2026-12-31}\n"},
         ("xx-plan.yaml:4:10: id: xx-chw has no entry 'dayly' in unit_limits that could be ended\n"
         "  fix: did you mean 'daily'?")),
        ({"xx-plan.yaml": "program: xx-plan\nextends: xx-chw\nunit_limits:\n"
                          "  - {id: new, services: [all-of-it], at_most: 1, per: day, source: bulletin}\n"},
         "xx-plan.yaml:4:26: services: no service here has the id 'all-of-it'\n  fix: the services are group, individual"),
    ],
)  # fmt: skip
def test_an_overlay_that_fits_nothing_is_an_error(base: Shelf, files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        base.put_local(name, text)
    with pytest.raises(CodeSetError) as raised:
        loading.load_codesets(folders=[base.local])
    assert str(raised.value).replace(f"{base.local}/", "") == message
