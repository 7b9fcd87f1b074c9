"""One program file: its keys, its entries and their sources, each with its place. Strict: what is unknown is an error.

This is the file by itself. What it says together with the files below it is `billing/policy/layers.py`' business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath
from types import ModuleType
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from billing.errors import did_you_mean
from billing.policy.codesets import NATIONAL, Status
from billing.policy.problems import Problem
from billing.policy.schema import Code, EntryId, PolicyEntry, PolicyModel, Service, Source
from billing.policy.translating import model_problems
from billing.policy.yaml_tree import Path, Tree, read_tree, scalars

SERVICES, SOURCES = "services", "sources"
CODE_KEYS = frozenset(
    {
        "procedure",
        "modifiers",
        "also_allowed",
        "modifiers_any",
        "modifiers_none",
        "place_of_service",
        "codes",
        "payers",
        "places",
        "needs_codes",
        "excluded_codes",
        "excluded_places",
        "taxonomies",
        "required_taxonomies",
        "excluded_taxonomies",
        "diagnoses_any",
        "frequency_code",
    }
)
"""Keys whose values are codes: always in quotes, also where YAML would read a text (`HQ` today, `NO` tomorrow)."""

Model = TypeVar("Model", bound=BaseModel)

_DATE_KEYS = frozenset({"effective", "ended", "read_on", "holidays", "next_release"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_PUBLISHED = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?\Z")
_WHOLE_PROGRAM_KEYS = ("state", "name", "status", SERVICES, SOURCES)
MAY_LACK_SERVICES = ("incomplete", "proposed")


class ProgramKeys(PolicyModel):
    """What a program file says about the program itself.

    Attributes:
        program: Its id, which is also the file's name.
        state: Two letters; null for rules on every claim.
        workforce: Whose services they are: community_health_worker, peer_support, ...
        name: In our own words.
        effective: First date of service, inclusive.
        ended: Last date of service, inclusive.
        status: proposed, in_force, historical or incomplete.
        payers: Payer ids (837P 2010BB NM109) whose claims belong to it; empty: not known.
        extends: Id of the program this file is an overlay on; its own id: a change to that program.
        rendering_is: Whose NPI stands as the rendering provider, when a source says so.
        notes: What a reader should know: what is missing, what the format cannot say.
    """

    program: EntryId
    state: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    workforce: str | None = None
    name: str = ""
    effective: date | None = None
    ended: date | None = None
    status: Status | None = None
    payers: tuple[Code, ...] = ()
    extends: EntryId | None = None
    rendering_is: Literal["worker", "supervisor", "agency"] | None = None
    notes: tuple[str, ...] = ()


class Ending(PolicyModel):
    """An overlay's last day for an entry of the program it extends.

    Attributes:
        id: Id of the entry or service.
        ended: Last date of service it applies to, inclusive.
    """

    id: EntryId
    ended: date


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One entry or service as one file states it.

    Attributes:
        block: Kind, or `services`.
        entry: What it says.
        path: Its place in the file.
        file: The file.
        owner: Program id that its path begins with; an overlay's replacement keeps the base's.
        replaces: What stood in its place in the layers below.
    """

    block: str
    entry: PolicyEntry | Service | Ending
    path: Path
    file: ProgramFile
    owner: str
    replaces: tuple[Item, ...] = ()

    @property
    def id(self) -> str:
        """Return the entry's id."""
        return self.entry.id

    @property
    def line(self) -> int:
        """Return the entry's line in its file, from 1."""
        return self.file.tree.marks[self.path].line


@dataclass(slots=True, eq=False)
class ProgramFile:
    """One file that was read.

    Attributes:
        shown: Its name as the user knows it.
        layer: national, state, payer or folder.
        rank: 0 for shipped files, then the user's folders in the order given.
        tree: Its values and places.
        keys: What it says about the program; null when that could not be read.
        items: Its services and entries, in the order of the file.
        sources: Its sources by id.
        problems: What is wrong with it.
    """

    shown: str
    layer: str
    tree: Tree
    rank: int = 0
    keys: ProgramKeys | None = None
    items: list[Item] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def named(self, block: str) -> set[str]:
        """Return the ids written in a block, also of entries that have other problems."""
        value = self.tree.get((block,))
        if isinstance(value, dict):
            return set(value)
        entries = value if isinstance(value, list) else []
        return {entry["id"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)}


def read_program_file(shown: str, layer: str, data: bytes, kinds: Mapping[str, ModuleType]) -> ProgramFile:
    """Read one file, and collect what is wrong with it by itself."""
    tree = read_tree(shown, data)
    file = ProgramFile(shown, layer, tree, problems=tree.problems)
    if tree.value is None:
        return file
    if not isinstance(tree.value, dict):
        file.problems.append(tree.problem((), "is not a program", "begin with `program: <id>`"))
        return file
    file.problems += scalar_problems(tree)
    file.problems += _unknown_keys(tree, kinds)
    _read_keys(file)
    _read_sources(file)
    for block in tree.value:
        if block == SERVICES:
            _read_block(file, block, Service)
        elif block in kinds and hasattr(kinds[block], "Entry"):
            _read_block(file, block, kinds[block].Entry)
    return file


def scalar_problems(tree: Tree) -> Iterator[Problem]:
    """Find codes without quotes, scalars that YAML readers read differently, and dates that are none."""
    for path, mark in scalars(tree):
        key = next((part for part in reversed(path) if isinstance(part, str)), "")
        text = mark.text or ""
        if mark.is_plain and key in CODE_KEYS and tree.get(path) is not None:
            yield tree.problem(path, f'{key}: codes are text: write "{text}" in quotes')
        elif mark.unclear:
            yield tree.problem(path, f"{key}: {mark.unclear[0]}", mark.unclear[1])
        elif key in _DATE_KEYS and tree.get(path) is not None and not _is_date(text):
            yield tree.problem(path, f"{key}: '{text}' is not a date", "write a date as 2026-12-31")
        elif key == "dated" and tree.get(path) is not None and not _PUBLISHED.match(text):
            yield tree.problem(path, f"{key}: '{text}' is not a date", "write 2026-12-31, 2026-12 or 2026")


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.match(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _unknown_keys(tree: Tree, kinds: Mapping[str, ModuleType]) -> Iterator[Problem]:
    known = [*ProgramKeys.model_fields, SERVICES, SOURCES, *(kind for kind in kinds if hasattr(kinds[kind], "Entry"))]
    for key in tree.value:
        if key in known:
            continue
        if key in kinds:
            yield tree.problem((key,), f"{key}: this kind has no entries of its own", "remove the block", at_key=True)
        else:
            fix = did_you_mean(key, known) or "`cleanclaim codeset schema` lists the keys of a program file"
            yield tree.problem((key,), f"{key}: no rule kind has this name", fix, at_key=True)


def _read_keys(file: ProgramFile) -> None:
    tree = file.tree
    given = {key: value for key, value in tree.value.items() if key in ProgramKeys.model_fields}
    keys = _model(file, ProgramKeys, _readable(given), ())
    if keys is None:
        return
    file.keys = keys
    stem = PurePath(file.shown).stem
    if keys.program != stem:
        words = f"program: the id is '{keys.program}' but the file is named '{stem}'"
        file.problems.append(tree.problem(("program",), words, f"write `program: {stem}`, or rename the file"))
    if keys.program == NATIONAL:
        if SERVICES in tree.value:
            file.problems.append(
                tree.problem((SERVICES,), "services: rules on every claim name no services", at_key=True)
            )
    elif keys.extends is None:
        file.problems += _missing_keys(tree, keys)


def _missing_keys(tree: Tree, keys: ProgramKeys) -> Iterator[Problem]:
    for key in _WHOLE_PROGRAM_KEYS:
        needed = key != SERVICES or keys.status not in MAY_LACK_SERVICES
        if needed and not tree.value.get(key):
            yield tree.problem((), f"{key}: is missing", f"add `{key}:`, or `extends:` when this file is an overlay")


def _read_sources(file: ProgramFile) -> None:
    sources = file.tree.value.get(SOURCES)
    if sources is None:
        return
    if not isinstance(sources, dict):
        file.problems.append(file.tree.problem((SOURCES,), "sources: a map is expected", "write `<id>: {title: ...}`"))
        return
    for name, value in sources.items():
        written = file.tree.marks.get((SOURCES, name, "dated"))
        if isinstance(value, dict) and written is not None and value["dated"] is not None:
            value = {**value, "dated": written.text}  # noqa: PLW2901 a year without quotes is still a text
        source = _model(file, Source, value, (SOURCES, name))
        if source is not None:
            file.sources[name] = source


def _read_block(file: ProgramFile, block: str, model: type[BaseModel]) -> None:
    entries = file.tree.value[block]
    if not isinstance(entries, list):
        fix = "write a list, each entry beginning with `- id:`"
        file.problems.append(file.tree.problem((block,), f"{block}: a list of entries is expected", fix))
        return
    is_overlay = file.tree.value.get("extends") is not None
    for position, value in enumerate(entries):
        path = (block, position)
        only_ends = is_overlay and isinstance(value, dict) and set(value) == set(Ending.model_fields)
        entry: Any = _model(file, Ending if only_ends else model, value, path)
        if entry is not None:
            file.items.append(Item(block, entry, path, file, file.tree.value.get("program") or ""))


def _model(file: ProgramFile, model: type[Model], value: object, path: Path) -> Model | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        file.problems += model_problems(error, model, file.tree, path)
        return None


def _readable(value: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is written but empty, so that `payers:` means the same as no `payers` at all."""
    return {key: item for key, item in value.items() if item is not None or key == "program"}
