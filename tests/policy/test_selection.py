"""Which programs a run judges by."""

from __future__ import annotations

import re

import pytest

from billing.errors import CodeSetError, UsageError
from billing.policy import loading
from tests.policy.conftest import Shelf, a_program

COMPLETE = (
    "complete it in a file of your own, named <id>.yaml, that says `program: <id>`, `extends: xx-part`, `status: "
    "in_force` and `services:` with their sources; give its folder with --codesets and its id with --program"
)


@pytest.fixture
def states(shelf: Shelf) -> Shelf:
    shelf.put("states/xx/xx-chw.yaml", a_program("xx-chw"))
    shelf.put("states/xx/xx-old.yaml", a_program("xx-old", status="historical"))
    shelf.put("states/xx/xx-plan.yaml", a_program("xx-plan", status="proposed"))
    shelf.put(
        "states/xx/xx-part.yaml", a_program("xx-part", status="incomplete", more="notes: [No rates were found.]\n")
    )
    shelf.put("states/yy/yy-peer.yaml", a_program("yy-peer"))
    shelf.put("states/zz/zz-plan.yaml", a_program("zz-plan", status="proposed"))
    return shelf


@pytest.mark.parametrize(
    ("programs", "of_states", "selected", "chosen"),
    [
        (None, None, ["xx-chw", "yy-peer"], False),
        ([], [], ["xx-chw", "yy-peer"], False),
        (["yy-peer"], None, ["yy-peer"], True),
        ("yy-peer", None, ["yy-peer"], True),
        (["xx-plan"], None, ["xx-plan"], True),
        (["xx-old"], None, ["xx-old"], True),
        (None, ["XX"], ["xx-chw", "xx-old"], True),
        (None, ["xx"], ["xx-chw", "xx-old"], True),
        (["xx-plan"], ["XX"], ["xx-chw", "xx-old", "xx-plan"], True),
        (["yy-peer", "yy-peer", "xx-chw"], ["YY"], ["xx-chw", "yy-peer"], True),
    ],
)
@pytest.mark.usefixtures("states")
def test_programs_and_states_select_their_union(
    programs: list[str] | None, of_states: list[str] | None, selected: list[str], chosen: bool
) -> None:
    codesets = loading.load_codesets(programs, of_states)
    assert ([program.id for program in codesets.programs], codesets.chosen) == (selected, chosen)


@pytest.mark.parametrize(
    ("programs", "of_states", "message"),
    [
        (["xx-chv"], [], "xx-chv: no program has this id\n  fix: did you mean 'xx-chw'?"),
        (["nothing"], [], "nothing: no program has this id\n  fix: `cleanclaim rules` lists the programs"),
        (["national"], [], "national: these rules hold on every claim\n  fix: name a program, or none"),
        (["xx-part"], [], f"xx-part: is incomplete; missing: No rates were found\n  fix: {COMPLETE}"),
        (
            [],
            ["ZZ"],
            "ZZ: no program of this state is in force; there is zz-plan (proposed)\n  fix: name a program by id",
        ),
        ([], ["Quebec"], "QUEBEC: a state is written as its two letters\n  fix: the states are XX, YY, ZZ"),
        ([], ["QQ"], "QQ: no program of this state is known\n  fix: the states are XX, YY, ZZ"),
    ],
)
@pytest.mark.usefixtures("states")
def test_what_cannot_be_selected_is_said_with_the_way_out(
    programs: list[str], of_states: list[str], message: str
) -> None:
    with pytest.raises(UsageError) as raised:
        loading.load_codesets(programs, of_states)
    assert str(raised.value) == message


def test_an_incomplete_program_without_notes_tells_what_its_file_leaves_out(shelf: Shelf) -> None:
    shelf.put("states/xx/xx-part.yaml", """\
        program: xx-part
        state: XX
        name: A made-up program
        status: incomplete
        sources: {page: {title: A page, publisher: X, form: page, read_on: 2026-11-22, official: true}}
        """)  # fmt: skip
    with pytest.raises(UsageError) as raised:
        loading.load_codesets(["xx-part"])
    lacks = "a sourced procedure code, its first day, its rules"
    assert str(raised.value) == f"xx-part: is incomplete; missing: {lacks}\n  fix: {COMPLETE}"


TEMPLATE = """\
    program: xx-part
    state: XX
    name: A made-up program
    effective: 2024-01-01
    status: incomplete
    places: [{id: home, source: page}]
    notes: [No code was read., The fee schedule is behind a login.]
    sources: {page: {title: A page, publisher: X, form: page, read_on: 2026-11-22, official: true}}
    """


def test_a_template_without_services_tells_that_a_code_is_missing_and_its_notes(shelf: Shelf) -> None:
    shelf.put("states/xx/xx-part.yaml", TEMPLATE)
    with pytest.raises(UsageError) as raised:
        loading.load_codesets(["xx-part"])
    assert str(raised.value) == (
        "xx-part: is incomplete; missing: a sourced procedure code\n"
        f"  notes: No code was read; The fee schedule is behind a login\n  fix: {COMPLETE}"
    )


SERVICES = 'services: [{id: one, procedure: "98960", source: page}]'


def test_an_overlay_completes_a_template(shelf: Shelf) -> None:
    shelf.put("states/xx/xx-part.yaml", TEMPLATE)
    shelf.put_local("xx-plan.yaml", f"program: xx-plan\nextends: xx-part\nstatus: in_force\n{SERVICES}\n")
    [program] = loading.load_codesets(["xx-plan"], folders=[shelf.local]).programs
    assert [fact.path for fact in program.facts if fact.kind in {"places", "covered_services"}] == [
        "xx-part.places.home", "xx-plan.services.one",
    ]  # fmt: skip
    assert (program.status, program.bases, {fact.services for fact in program.facts}) == (
        "in_force", ("xx-part",), {None, ("one",)},
    )  # fmt: skip


def test_an_overlay_that_brings_services_says_itself_that_nothing_is_missing(shelf: Shelf) -> None:
    shelf.put("states/xx/xx-part.yaml", re.sub(r"notes: \[.*\]", "notes: []", TEMPLATE))
    path = shelf.put_local("xx-plan.yaml", f"program: xx-plan\nextends: xx-part\n{SERVICES}\n")
    with pytest.raises(UsageError) as raised:
        loading.load_codesets(["xx-plan"], folders=[shelf.local])
    assert str(raised.value) == (
        "xx-plan: is incomplete; missing: its file does not say\n"
        f"  fix: when nothing is missing any more, write `status: in_force` into {path}"
    )


def test_an_overlay_that_is_in_force_without_any_service_is_an_error(shelf: Shelf) -> None:
    shelf.put("states/xx/xx-part.yaml", TEMPLATE)
    path = shelf.put_local("xx-plan.yaml", "program: xx-plan\nextends: xx-part\nstatus: in_force\n")
    with pytest.raises(CodeSetError) as raised:
        loading.load_codesets(folders=[shelf.local])
    assert str(raised.value) == (
        f"{path}:3:9: services: no layer of this program has any, and its status is in_force\n"
        "  fix: add `services:`, or write `status: incomplete`"
    )


@pytest.mark.usefixtures("states")
def test_historical_and_proposed_programs_are_capped() -> None:
    codesets = loading.load_codesets(["xx-chw", "xx-old", "xx-plan"])
    assert [{fact.caps for fact in program.facts if not fact.assumed} for program in codesets.programs] == [
        {()},
        {("its program is historical, not known to be current",)},
        {("its program is proposed, not in force",)},
    ]
