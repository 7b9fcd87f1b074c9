"""Loading code sets: the shipped program files, a user's folders on top, checked, merged and remembered.

Of a user's folders every file is read and checked, selected or not, so that an error never waits for the day its
program is used. Of the shipped files, which their own tests check, a run that names its programs reads those alone.
The work is done once per process for the same files; a file whose size or time changed is read again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files as package_files
from importlib.resources.abc import Traversable
from os import PathLike
from pathlib import Path, PurePath

from billing.errors import UsageError
from billing.policy.checking import merged_problems, unknown_lists
from billing.policy.code_lists import CodeLists, put_together
from billing.policy.codesets import NATIONAL, CodeSets, Program
from billing.policy.facts import program_of
from billing.policy.layers import Layers, Merged
from billing.policy.list_files import FOLDER, MANIFEST_SUFFIXES, ROWS_SUFFIXES, ListFile, read_manifests
from billing.policy.problems import Problem, raise_all
from billing.policy.program_file import ProgramFile, read_program_file
from billing.policy.selection import select
from billing.policy.yaml_tree import MAX_BYTES, Tree, too_large
from billing.rules import KINDS
from billing.version import __version__

MAX_FILES = 2_000
"""A folder with more program files than this is taken for a mistake."""

_PROGRAM_SUFFIXES = (".yaml", ".yml")
_NOT_PROGRAMS = (".scenarios.yaml", ".scenarios.yml")
_LAYER_OF = {"national": "national", "states": "state", "payers": "payer"}
_REMEMBERED = 8
_REMEMBERED_CODES = 1024
_IN_QUOTES = re.compile(rb"[\"']([0-9A-Za-z]{3,8})[\"']")
_EXTENDING = b""


@dataclass(frozen=True, slots=True)
class Library:
    """All programs of the shipped files and a user's folders, of every status.

    Attributes:
        programs: Program id to program, in order of id; `national` is not among them.
        national: The rules on every claim.
        lists: The code lists; their rows are not read yet.
        files: The files as they were read, in the order they were hashed.
        sha256: Hash over their names and contents.
        merged: What each program was made of, `national` among them: its entries with their places.
    """

    programs: Mapping[str, Program]
    national: Program
    lists: CodeLists
    files: tuple[ProgramFile, ...]
    sha256: str
    merged: Mapping[str, Merged]

    def known_codes(self) -> dict[str, tuple[str, ...]]:
        """Return each procedure code with the ids of the programs that know it, in order."""
        knowing: dict[str, list[str]] = {}
        for program in self.programs.values():
            for code in {service.procedure for service in program.services}:
                knowing.setdefault(code, []).append(program.id)
        return {code: tuple(knowing[code]) for code in sorted(knowing)}

    def everything(self) -> tuple[Program, ...]:
        """Return `national` and then every program."""
        return (self.national, *self.programs.values())


def load_codesets(
    programs: Sequence[str] | None = None,
    states: Sequence[str] | None = None,
    folders: Sequence[str | PathLike[str]] = (),
) -> CodeSets:
    """Load the code sets of a run.

    Args:
        programs: Ids of programs, of any status but `incomplete`.
        states: States, two letters; each stands for its programs that are in force or historical.
        folders: Folders with a user's own program files: whole programs, which replace shipped ones of the same id,
            or overlays (`extends:`). A folder `lists` in it holds code lists, which stand beside or in place of the
            shipped ones. A later folder goes on top of an earlier one.

    Returns:
        The union of the named programs and states. With neither, all programs in force, to be chosen per claim by
        payer id (`chosen` is false).

    Raises:
        CodeSetError: A file has errors; all of them are in its text, with file, line and column.
        UsageError: A program, state or folder does not exist, or a named program is incomplete.
    """
    named, of_states = _listed(programs), _listed(states)
    library = load_library(folders) if folders or of_states or not named else _library_of(named)
    selected, chosen = select(library.programs, named, of_states)
    return CodeSets(
        programs=selected,
        national=library.national,
        lists=library.lists,
        known_codes=_KnownCodes(tuple(folders)),
        version=__version__,
        sha256=library.sha256,
        chosen=chosen,
    )


def list_programs(folders: Sequence[str | PathLike[str]] = ()) -> tuple[Program, ...]:
    """Return every program of every status, in order of id, `national` not among them.

    Raises:
        CodeSetError: A file has errors.
        UsageError: A folder does not exist.
    """
    return tuple(load_library(folders).programs.values())


def load_library(folders: Sequence[str | PathLike[str]] = ()) -> Library:
    """Load the shipped files and a user's folders.

    Raises:
        CodeSetError: A file has errors.
        UsageError: A folder does not exist, or holds neither a program file nor a code list.
    """
    found = list(_shipped_files())
    lists = _shipped_lists()
    for rank, folder in enumerate(folders, 1):
        own_lists = list(_list_files(Path(folder), rank, str(Path(folder))))
        found += _in_folder(folder, rank, may_be_empty=bool(own_lists))
        lists += own_lists
    return _library(tuple(found), tuple(lists))


def _library_of(names: Sequence[str]) -> Library:
    """Load these shipped programs and what they go on top of; every shipped program when one of them is not there.

    The shipped files are the same in every run, and their tests read them all: a run need not read a hundred of them
    again to judge by one. Of a user's own folders every file is read and checked.
    """
    found, lists = tuple(_shipped_files()), tuple(_shipped_lists())
    stems = {entry.stem for entry in found}
    return _library(found, lists, frozenset(names) if stems.issuperset(names) else None)


@dataclass(frozen=True, slots=True, eq=False)
class _KnownCodes(Mapping[str, tuple[str, ...]]):
    """Each procedure code with the programs that know it: files are read for it, so only when it is asked.

    Attributes:
        folders: A user's own folders.
    """

    folders: tuple[str | PathLike[str], ...] = ()

    def __getitem__(self, code: str) -> tuple[str, ...]:
        if self.folders:
            return load_library(self.folders).known_codes()[code]
        if knowing := _knowing(code, str(shipped())):
            return knowing
        raise KeyError(code)

    def __iter__(self) -> Iterator[str]:
        return iter(load_library(self.folders).known_codes())

    def __len__(self) -> int:
        return len(load_library(self.folders).known_codes())


@lru_cache(maxsize=_REMEMBERED_CODES)
def _knowing(code: str, place: str) -> tuple[str, ...]:
    """Return the shipped programs that know a code; empty: none. Only files that hold it in quotes are made sense of.

    To make sense of all of them would take longer than to judge a small batch.

    Args:
        code: A procedure code, or what stands in place of one.
        place: Where the shipped files lie.
    """
    naming = _quoted(place)
    names = naming.get(code.encode("utf-8", "replace"), ())
    return _library_of((*names, *naming.get(_EXTENDING, ()))).known_codes().get(code, ()) if names else ()


@lru_cache(maxsize=1)
def _quoted(_place: str) -> dict[bytes, tuple[str, ...]]:
    """Return short texts in quotes with the shipped files that hold them; under `_EXTENDING` files on top of others.

    Args:
        _place: Where the shipped files lie: what was read is remembered for one place.
    """
    naming: dict[bytes, dict[str, None]] = {}
    for entry in _shipped_files():
        content = entry.handle.read_bytes()
        for text in {*_IN_QUOTES.findall(content), *([_EXTENDING] if b"extends:" in content else [])}:
            naming.setdefault(text, {})[entry.stem] = None
    return {text: tuple(stems) for text, stems in naming.items()}


def shipped() -> Traversable:
    """Return the folder of the shipped code sets, also in an installed package."""
    return package_files("codesets")


@dataclass(frozen=True, slots=True)
class _Found:
    """A file to read; what makes two of them the same is all but the handle."""

    layer: str
    rank: int  # 0 for shipped files, then the folders in the order given
    relative: str
    shown: str
    place: str  # absolute path
    size: int
    changed: int  # nanoseconds; 0 inside a zip archive, whose files do not change
    handle: Traversable = field(compare=False)

    @property
    def stem(self) -> str:
        """The file's name without its ending: the id of the program it holds."""
        return PurePath(self.relative).stem


def _shipped_files() -> Iterator[_Found]:
    for relative, handle in _program_files(shipped(), ""):
        layer = _LAYER_OF.get(relative.split("/", 1)[0])
        if layer is not None:
            yield _found(layer, 0, relative, f"codesets/{relative}", handle)


def _shipped_lists() -> list[ListFile]:
    return list(_list_files(shipped() / NATIONAL, 0, f"codesets/{NATIONAL}"))


def _list_files(folder: Traversable, rank: int, shown: str) -> Iterator[ListFile]:
    """Yield the files of the folder `lists` in a folder, by name."""
    lists = folder / FOLDER
    if not lists.is_dir():
        return
    for entry in sorted(lists.iterdir(), key=lambda entry: entry.name):
        if entry.is_file() and entry.name.endswith((*MANIFEST_SUFFIXES, *ROWS_SUFFIXES)):
            place, size, changed = _stamp(entry)
            yield ListFile(f"{shown}/{FOLDER}", entry.name, rank, place, size, changed, entry)


def _in_folder(folder: str | PathLike[str], rank: int, *, may_be_empty: bool) -> list[_Found]:
    path = Path(folder)
    if not path.is_dir():
        raise UsageError(f"{path}: is not a folder\n  fix: name a folder that holds program files")
    found = []
    for relative, handle in _program_files(path, ""):
        found.append(_found("folder", rank, relative, str(path / relative), handle))
        if len(found) > MAX_FILES:
            raise UsageError(f"{path}: holds more than {MAX_FILES:,} YAML files\n  fix: name the folder of code sets")
    if not found and not may_be_empty:
        raise UsageError(f"{path}: holds no program file\n  fix: put program files there, named <program>.yaml")
    return found


def _found(layer: str, rank: int, relative: str, shown: str, handle: Traversable) -> _Found:
    return _Found(layer, rank, relative, shown, *_stamp(handle), handle)


def _stamp(handle: Traversable) -> tuple[str, int, int]:
    """Return where a file is, its size and when it changed; the last two are 0 inside a zip archive."""
    if not isinstance(handle, Path):
        return str(handle), 0, 0
    status = handle.stat()
    return str(handle.absolute()), status.st_size, status.st_mtime_ns


def _program_files(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    """Yield program files below a folder, by name; hidden and linked folders, code lists and scenarios are left out."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name = entry.name
        if name.startswith((".", "_")):
            continue
        if entry.is_dir():
            is_of_lists = name == FOLDER and prefix in {"", f"{NATIONAL}/"}
            if not is_of_lists and not (isinstance(entry, Path) and entry.is_symlink()):
                yield from _program_files(entry, f"{prefix}{name}/")
        elif _is_program_file(name, prefix):
            yield f"{prefix}{name}", entry


def _is_program_file(name: str, prefix: str) -> bool:
    if not name.endswith(_PROGRAM_SUFFIXES) or name.endswith(_NOT_PROGRAMS):
        return False
    # Beside the rules on every claim lie lists that are no programs.
    return not prefix.endswith("national/") or name.rsplit(".", 1)[0] == NATIONAL


@lru_cache(maxsize=_REMEMBERED)
def _library(
    found: tuple[_Found, ...], list_files: tuple[ListFile, ...], names: frozenset[str] | None = None
) -> Library:
    """Make a library of files; of the programs `names` and what they go on top of, or of all."""
    digest = hashlib.sha256()
    contents: dict[_Found, bytes | Problem] = {}
    for entry in sorted(found, key=lambda entry: (entry.rank, entry.relative)):
        contents[entry] = content = _content(entry)
        data = content if isinstance(content, bytes) else b""
        digest.update(f"{entry.rank}/{entry.relative}\0{len(data)}\0".encode() + data)
    files = list(_parsed(contents, names).values())
    layers = Layers.of(_in_layer_order(files))
    merged = layers.merged()
    problems = [problem for file in files for problem in file.problems] + layers.problems
    editions, list_problems, list_digest = read_manifests(list_files)
    lists, more_problems = put_together(editions)
    problems += list_problems + more_problems
    digest.update(list_digest.encode())
    for program in merged.values():
        problems += merged_problems(program)
        problems += [] if list_problems else unknown_lists(program, lists, KINDS)
    if NATIONAL not in layers.stacks and not problems:
        problems.append(Problem("codesets/national/national.yaml", 0, 0, "is missing", "install cleanclaim again"))
    raise_all(problems)
    programs = {name: program_of(program, KINDS, lists) for name, program in merged.items()}
    return Library(
        programs={name: program for name, program in programs.items() if name != NATIONAL},
        national=programs[NATIONAL],
        lists=lists,
        files=tuple(files),
        sha256=digest.hexdigest(),
        merged=merged,
    )


def _in_layer_order(files: Sequence[ProgramFile]) -> list[ProgramFile]:
    order = ["national", "state", "payer", "folder"]
    return sorted(files, key=lambda file: order.index(file.layer))


def _parsed(contents: Mapping[_Found, bytes | Problem], names: frozenset[str] | None) -> dict[_Found, ProgramFile]:
    """Parse files, in their order: those of `names`, of what these extend and of every claim; null: all."""
    if names is None:
        return {entry: _parse(entry, content) for entry, content in contents.items()}
    parsed: dict[_Found, ProgramFile] = {}
    waiting = {NATIONAL, *names}
    while waiting:
        parsed |= {entry: _parse(entry, content) for entry, content in contents.items() if entry.stem in waiting}
        bases = {file.keys.extends for file in parsed.values() if file.keys is not None and file.keys.extends}
        waiting = bases - {entry.stem for entry in parsed}
    return {entry: parsed[entry] for entry in contents if entry in parsed}


def _content(entry: _Found) -> bytes | Problem:
    """Return the bytes of a file; one that is too large or cannot be opened is a problem of its own."""
    if entry.size > MAX_BYTES:  # not even opened
        return too_large(entry.shown, entry.size)
    try:
        return entry.handle.read_bytes()
    except OSError as error:
        return Problem(entry.shown, 0, 0, f"cannot be read: {error.strerror or 'it cannot be opened'}")


def _parse(entry: _Found, content: bytes | Problem) -> ProgramFile:
    """Read what a file says."""
    if isinstance(content, Problem):
        return ProgramFile(entry.shown, entry.layer, Tree(entry.shown, problems=[content]), problems=[content])
    file = read_program_file(entry.shown, entry.layer, content, KINDS)
    file.rank = entry.rank
    return file


def _listed(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return names as a tuple; a single text is one name, not its letters."""
    return (names,) if isinstance(names, str) else tuple(names or ())
