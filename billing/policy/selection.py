"""Which programs a run judges by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from billing.errors import UsageError, did_you_mean
from billing.policy.codesets import NATIONAL, Program

OF_A_STATE = ("in_force", "historical")
"""Statuses of the programs that naming a state selects."""


def select(
    programs: Mapping[str, Program], named: Sequence[str], states: Sequence[str]
) -> tuple[tuple[Program, ...], bool]:
    """Select programs by id and by state.

    Args:
        programs: All programs by id.
        named: Ids of programs; a proposed one is selected by nothing else.
        states: States, two letters in any case.

    Returns:
        The selected programs in order of id, and whether the user chose them: with neither ids nor states these are
        all programs in force, and false.

    Raises:
        UsageError: An id or state is not known, a state has nothing to select, or a named program is incomplete.
    """
    if not named and not states:
        return tuple(program for program in _ordered(programs.values()) if program.status == "in_force"), False
    selected = {program_id: _named(programs, program_id) for program_id in named}
    for state in states:
        selected.update({program.id: program for program in _of_state(programs, state.strip().upper())})
    return _ordered(selected.values()), True


def missing_in(program: Program) -> str:
    """Say what an incomplete program lacks: what its file leaves out, else its own notes."""
    lacks = ", ".join(
        words
        for words, there in (
            ("a sourced procedure code", program.services),
            ("its first day", program.effective),
            ("its rules", program.facts),
        )
        if not there
    )
    return lacks or _notes(program) or "its file does not say"


def _notes(program: Program) -> str:
    return "; ".join(note.rstrip(".") for note in program.notes)


def _incomplete(program: Program) -> str:
    """Say why an incomplete program judges nothing, and how to complete it."""
    lacks, notes = missing_in(program), _notes(program)
    said = f"{program.id}: is incomplete; missing: {lacks}"
    if notes and notes != lacks:
        said += f"\n  notes: {notes}"
    if program.services and program.extends is not None:
        return f"{said}\n  fix: when nothing is missing any more, write `status: in_force` into {program.file}"
    return (
        f"{said}\n  fix: complete it in a file of your own, named <id>.yaml, that says `program: <id>`, `extends: "
        f"{program.id}`, `status: in_force` and `services:` with their sources; give its folder with --codesets and "
        f"its id with --program"
    )


def _named(programs: Mapping[str, Program], program_id: str) -> Program:
    program = programs.get(program_id)
    if program is None:
        if program_id == NATIONAL:
            raise UsageError("national: these rules hold on every claim\n  fix: name a program, or none")
        fix = did_you_mean(program_id, programs) or "`cleanclaim rules` lists the programs"
        raise UsageError(f"{program_id}: no program has this id\n  fix: {fix}")
    if program.status == "incomplete":
        raise UsageError(_incomplete(program))
    return program


def _of_state(programs: Mapping[str, Program], state: str) -> list[Program]:
    here = [program for program in programs.values() if program.state == state]
    chosen = [program for program in here if program.status in OF_A_STATE]
    if chosen:
        return chosen
    if here:
        others = ", ".join(f"{program.id} ({program.status})" for program in _ordered(here))
        raise UsageError(
            f"{state}: no program of this state is in force; there is {others}\n  fix: name a program by id"
        )
    known = ", ".join(sorted({program.state for program in programs.values() if program.state})) or "none"
    problem = "no program of this state is known" if len(state) == 2 else "a state is written as its two letters"  # noqa: PLR2004
    raise UsageError(f"{state}: {problem}\n  fix: the states are {known}")


def _ordered(programs: Iterable[Program]) -> tuple[Program, ...]:
    return tuple(sorted(programs, key=lambda program: program.id))
