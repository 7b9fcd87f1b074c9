"""Which scenario files there are, and what they are run against: the shipped ones, or those of a user's folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from billing.errors import UsageError, did_you_mean
from billing.policy.codesets import Program
from billing.policy.loading import Library, load_library, shipped
from billing.policy.problems import Problem, raise_all
from billing.scenarios.completing import completed
from billing.scenarios.files import ENDING, check_rules, read_scenarios
from billing.scenarios.scenario import BY_PAYER, ScenarioFile


@dataclass(frozen=True, slots=True)
class Collected:
    """Scenario files that can be run.

    Attributes:
        library: All programs.
        files: The files, free of problems.
        untested: Programs of the same folders that have services and no scenario file.
    """

    library: Library
    files: tuple[ScenarioFile, ...]
    untested: tuple[Program, ...]


def collect(paths: Sequence[str] = (), programs: Sequence[str] = ()) -> Collected:
    """Read the scenario files of some places.

    Args:
        paths: Scenario files, or folders of code sets; those outside the shipped code sets are laid on top of them.
            None: all shipped scenarios.
        programs: Ids of programs; only their scenarios are read. None: all that are there.

    Raises:
        CodeSetError: A program file or a scenario file has errors.
        UsageError: A path does not exist, holds no scenarios, or a program has none.
    """
    places = [_place(path) for path in paths]
    folders = dict.fromkeys(
        str(place if place.is_dir() else place.parent) for place in places if not _is_shipped(place)
    )
    library = load_library(tuple(folders))
    found = [each for place in places for each in _in_place(place)] if places else list(_below(shipped(), "codesets/"))
    named = _named(list(dict.fromkeys(found)), programs, library)
    files = [_checked(read_scenarios(shown, handle.read_bytes()), library) for shown, handle in named]
    raise_all(problem for file in files for problem in file.problems)
    return Collected(library, tuple(files), _untested(library, files, places, is_narrowed=bool(programs)))


def _place(path: str) -> Path:
    place = Path(path)
    if not place.exists():
        raise UsageError(f"{path}: there is no such file or folder\n  fix: name a folder of code sets, or a *{ENDING}")
    if place.is_file() and not place.name.endswith(ENDING):
        beside = place.with_name(place.name.rsplit(".", 1)[0] + ENDING)
        fix = f"name {beside}" if beside.exists() else f"scenarios are in files named <program>{ENDING}"
        raise UsageError(f"{path}: is no scenario file\n  fix: {fix}")
    return place


def _is_shipped(place: Path) -> bool:
    root = shipped()
    return isinstance(root, Path) and place.resolve().is_relative_to(root.resolve())


def _in_place(place: Path) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = [(str(place), place)] if place.is_file() else []
    if place.is_dir():
        found = list(_below(place, f"{place}/"))
        if not found:
            raise UsageError(f"{place}: holds no scenarios\n  fix: put <program>{ENDING} beside a program file")
    return found


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    """Yield the scenario files below a folder, by name."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            if not (isinstance(entry, Path) and entry.is_symlink()):
                yield from _below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(ENDING):
            yield f"{prefix}{entry.name}", entry


def _named(
    found: Iterable[tuple[str, Traversable]], programs: Sequence[str], library: Library
) -> list[tuple[str, Traversable]]:
    if not programs:
        return list(found)
    by_program = {handle.name.removesuffix(ENDING): (shown, handle) for shown, handle in found}
    for program in programs:
        if program not in by_program:
            known = [each.id for each in library.everything()]
            words = "has no scenarios here" if program in known else "no program has this id"
            fix = did_you_mean(program, by_program) or f"put them into {program}{ENDING}, beside its program file"
            raise UsageError(f"{program}: {words}\n  fix: {fix}")
    return [by_program[program] for program in dict.fromkeys(programs)]


def _checked(file: ScenarioFile, library: Library) -> ScenarioFile:
    """Look for programs and rules that the file names and that are not there."""
    ids = [program.id for program in library.everything()]
    if file.problems:
        return file
    if file.program not in ids:
        file.problems.append(_no_program(file, ("program",), file.program, ids))
        return file
    for scenario in file.scenarios:
        for name in scenario.select:
            if name not in {*ids, BY_PAYER}:
                file.problems.append(_no_program(file, (*scenario.path, "select"), name, [*ids, BY_PAYER]))
    if file.services and library.programs[file.program].services:
        words = f"services: {file.program} has services of its own"
        file.problems.append(file.tree.problem(("services",), words, "take them out", at_key=True))
    check_rules(file, (fact.path for program in completed(library, file).everything() for fact in program.facts))
    return file


def _no_program(file: ScenarioFile, path: tuple[str | int, ...], name: str, known: Iterable[str]) -> Problem:
    fix = did_you_mean(name, known) or "`cleanclaim rules` lists the programs"
    return file.tree.problem(path, f"{path[-1]}: no program has the id '{name}'", fix)


def _untested(
    library: Library, files: Iterable[ScenarioFile], places: Sequence[Path], *, is_narrowed: bool
) -> tuple[Program, ...]:
    """List the programs that should have scenarios."""
    if is_narrowed:
        return ()
    tested = {file.program for file in files}
    folders = [_shown_folder(place) for place in places if place.is_dir()] if places else ["codesets/"]
    return tuple(
        program
        for program in library.everything()
        if program.id not in tested and any(program.file.startswith(folder) for folder in folders)
    )


def _shown_folder(place: Path) -> str:
    """Return how the names of files below a folder begin."""
    root = shipped()
    if isinstance(root, Path) and _is_shipped(place):
        return f"codesets/{place.resolve().relative_to(root.resolve())}/".replace("/./", "/")
    return f"{place}/"
