"""Which programs a run judges by."""

from __future__ import annotations

import pytest

from billing.errors import UsageError
from billing.policy import loading
from tests.policy.conftest import Shelf, a_program


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
        (["xx-part"], [], "xx-part: is incomplete; missing: No rates were found"),
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
    with pytest.raises(UsageError, match=r"^xx-part: is incomplete; missing: its services, its first day, its rules$"):
        loading.load_codesets(["xx-part"])


@pytest.mark.usefixtures("states")
def test_historical_and_proposed_programs_are_capped() -> None:
    codesets = loading.load_codesets(["xx-chw", "xx-old", "xx-plan"])
    assert [{fact.caps for fact in program.facts if not fact.assumed} for program in codesets.programs] == [
        {()},
        {("its program is historical, not known to be current",)},
        {("its program is proposed, not in force",)},
    ]
