"""Program files as plain values that remember their places.

Built from the events of PyYAML's C parser in one pass, without recursion: a file nested 100,000 deep ends the
process when it is composed into nodes. Scalars follow a closed grammar: what different YAML readers would read
differently (`010`, `no`, `1:30`) is a problem here, dates stay text, decimals are Decimal, keys are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

import yaml

from billing.policy.problems import Problem

Path = tuple[str | int, ...]
MAX_BYTES = 1_000_000
MAX_DEPTH = 20
_TOO_DEEP, _FLATTER = f"lists and maps are nested more than {MAX_DEPTH} deep", "write it flatter"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)\Z")
_DECIMAL_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+\Z")
_LEADING_ZERO = re.compile(r"0[0-9]+\Z")
_MAY_BE_NO_TEXT = frozenset("-+.0123456789~<=yYnNtTfFoO")  # first characters of what YAML 1.1 reads as something else
_TAG = "tag:yaml.org,2002:"
_IS_TEXT = ("str", "timestamp", "merge", "value")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands and how it was written.

    Attributes:
        line: Line of the value, from 1.
        column: Column of the value, from 1.
        key: Line and column of its key; null for items of a list.
        text: A scalar as it was written; null for lists and maps.
        is_plain: True for a scalar without quotes.
        unclear: Problem and fix when readers of YAML disagree about the scalar.
    """

    line: int
    column: int
    key: tuple[int, int] | None = None
    text: str | None = None
    is_plain: bool = False
    unclear: tuple[str, str] | None = None


@dataclass(slots=True)
class Tree:
    """One file's values and the place of each.

    Attributes:
        file: File as the user knows it.
        value: Plain lists, dicts and scalars; null when the file could not be read.
        marks: Path of keys and positions to the place of the value.
        problems: What was wrong with the file as YAML.
    """

    file: str
    value: Any = None
    marks: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Path, words: str, fix: str = "", *, at_key: bool = False) -> Problem:
        """Describe a problem at a value, or at its key; the nearest place above it when it has none."""
        while path and path not in self.marks:
            path = path[:-1]
        mark = self.marks.get(path, Mark(1, 1))
        line, column = mark.key if at_key and mark.key else (mark.line, mark.column)
        return Problem(self.file, line, column, words, fix)

    def get(self, path: Path) -> Any:  # noqa: ANN401 a file may hold anything there
        """Return the value at a path, null when there is none."""
        value = self.value
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def read_tree(file: str, data: bytes) -> Tree:
    """Read one YAML document. Problems are collected in the tree; one that stops the reading leaves `value` null."""
    tree = Tree(file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        tree.problems.append(Problem(file, line, column, "is not UTF-8 text", "save the file as UTF-8"))
        return tree
    builder = _Builder(tree, text)
    try:
        builder.run()
    except yaml.YAMLError as error:
        tree.problems.append(_unreadable(file, text, error))
        tree.value = None
    return tree


def too_large(file: str, size: int) -> Problem:
    """Describe a file that is too large to be a program file."""
    return Problem(
        file, 0, 0, f"has {size:,} bytes; a program file has at most {MAX_BYTES:,}", "name program files only"
    )


def scalars(tree: Tree) -> Iterator[tuple[Path, Mark]]:
    """Yield the path and place of every scalar, in the order of the file."""
    return ((path, mark) for path, mark in tree.marks.items() if mark.text is not None)


def _unreadable(file: str, text: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        position = getattr(error, "position", 0)
        line, column = text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
        return Problem(file, line, column, "holds a character that no text file holds", "remove it")
    why = getattr(error, "problem", None) or "the structure breaks off"
    if "nesting depth" in why:  # the parser looks ahead, and newer ones stop by themselves
        return Problem(file, mark.line + 1, mark.column + 1, _TOO_DEEP, _FLATTER)
    fix = "indent with spaces, close every quote and bracket, and put texts with ': ' or ' #' in quotes"
    return Problem(file, mark.line + 1, mark.column + 1, f"cannot be read as YAML: {why}", fix)


class _StopReadingError(Exception):
    """The file is refused as a whole; why is in the tree's problems."""


@dataclass(slots=True)
class _Open:
    """A list or map that is being read. A null path: its values are thrown away (below a duplicate key)."""

    path: Path | None
    items: list[Any] | dict[str, Any]
    key: str | None = None
    key_place: tuple[int, int] | None = None
    is_discarding: bool = False


class _Builder:
    """Turns events into values, marks and problems."""

    def __init__(self, tree: Tree, text: str) -> None:
        self.tree = tree
        self.loader = _Loader(text)
        self.open: list[_Open] = []
        self.has_document = False

    def run(self) -> None:
        try:
            while (event := self.loader.get_event()) is not None:
                self.take(event)
        except _StopReadingError:
            self.tree.value = None
        finally:
            self.loader.dispose()
        if not self.tree.problems and self.tree.value is None:
            self.tree.problems.append(Problem(self.tree.file, 1, 1, "is empty", "write `program:` and what follows it"))

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            if self.has_document:
                self.refuse(event, "a second document begins here", "write one program per file")
            self.has_document = True
        elif isinstance(event, yaml.NodeEvent):
            self.refuse_tricks(event)
            self.take_node(event)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self.open.pop()

    def refuse_tricks(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            self.refuse(
                event, "anchors and aliases are not used in program files", "write the value out where it belongs"
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.refuse(event, f"tags such as {tag.replace(_TAG, '!!')} are not used", "write the value without it")
        if len(self.open) > MAX_DEPTH:
            self.refuse(event, _TOO_DEEP, _FLATTER)

    def refuse(self, event: yaml.Event, words: str, fix: str) -> NoReturn:
        self.tree.problems.append(Problem(self.tree.file, *_start(event), words, fix))
        raise _StopReadingError

    def take_node(self, event: yaml.NodeEvent) -> None:
        top = self.open[-1] if self.open else None
        place = _start(event)
        if top is not None and isinstance(top.items, dict) and top.key is None:
            self.take_key(top, event, place)
        elif isinstance(event, yaml.ScalarEvent):
            is_plain = event.implicit[0]
            value, unclear = self.plain(event.value) if is_plain else (event.value, None)
            self.put(top, value, Mark(*place, None, event.value, is_plain, unclear))
        else:
            items: list[Any] | dict[str, Any] = [] if isinstance(event, yaml.SequenceStartEvent) else {}
            self.open.append(_Open(self.put(top, items, Mark(*place)), items))

    def take_key(self, top: _Open, event: yaml.NodeEvent, place: tuple[int, int]) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self.refuse(event, "a key is a text, not a list or map", "write `key: value`")
        top.key, top.key_place, top.is_discarding = event.value, place, event.value in top.items
        if top.is_discarding and top.path is not None:
            first = self.tree.marks[(*top.path, event.value)].key or (0, 0)
            words = f"{event.value}: this key stands twice, first in line {first[0]}"
            self.tree.problems.append(Problem(self.tree.file, *place, words, "keep one of them"))

    def put(self, top: _Open | None, value: object, mark: Mark) -> Path | None:
        """Put a value where it belongs, and return its path; null when it is thrown away."""
        path: Path | None = ()
        if top is None:
            self.tree.value = value
        elif isinstance(top.items, list):
            path = None if top.path is None else (*top.path, len(top.items))
            top.items.append(value)
        else:
            key, top.key = top.key or "", None
            path = None if top.path is None or top.is_discarding else (*top.path, key)
            top.items.setdefault(key, value)
            mark = Mark(mark.line, mark.column, top.key_place, mark.text, mark.is_plain, mark.unclear)
        if path is not None:
            self.tree.marks[path] = mark
        return path

    def plain(self, text: str) -> tuple[object, tuple[str, str] | None]:
        """Read a scalar without quotes: the value, and why it is unclear."""
        kind = "str"
        if not text or text[0] in _MAY_BE_NO_TEXT:
            kind = self.loader.resolve(yaml.ScalarNode, text, (True, False)).removeprefix(_TAG)
        if kind in _IS_TEXT:
            return text, None
        if kind == "null":
            return None, None
        if kind == "bool":
            return (text == "true", None) if text in {"true", "false"} else (text, _unclear(text, "true or false"))
        return _number(text)


def _number(text: str) -> tuple[object, tuple[str, str] | None]:
    if _WHOLE_NUMBER.match(text):
        return int(text), None
    if _DECIMAL_NUMBER.match(text):
        return Decimal(text), None
    if _LEADING_ZERO.match(text):
        return text, (f'codes are text: write "{text}" in quotes', "")
    return text, _unclear(text, "a number in plain digits")


def _unclear(text: str, what: str) -> tuple[str, str]:
    return f"readers of YAML disagree about {text}", f'write {what}; for a text write "{text}"'


def _start(event: yaml.Event) -> tuple[int, int]:
    """Return line and column of an event, from 1."""
    mark = event.start_mark
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
