"""FHIR in JSON: a text to resources, each with the place where it stands, so that it can be written again unchanged.

Numbers stay the text they were written as; money is never a binary float. A resource that is broken inside takes
down nothing but itself, as long as its brackets close.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from billing.formats.fhir.checking import Node, Twice, Uncountable, UnreadableError, type_of

_BLANK = re.compile(r"[ \t\r\n]*")
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def _object(pairs: list[tuple[str, Any]]) -> Node | Twice:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    return Twice(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=str, parse_int=str, parse_constant=lambda _: Uncountable()
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One resource of a text.

    Attributes:
        start: Its first character.
        stop: The first one behind it.
        value: The resource, or why there is none.
    """

    start: int
    stop: int
    value: Node | UnreadableError


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a Bundle.

    Attributes:
        start: Its first character.
        stop: The first one behind it.
        value: What it holds, or why it cannot be read; null: a claim, which is read again when it is needed, since a
            large Bundle would take ten times its size in memory.
    """

    start: int
    stop: int
    value: Node | UnreadableError | None


def value_at(text: str, start: int) -> Piece:
    """Read the JSON value that begins at a character.

    Returns:
        The value; when it is broken, why, and where its brackets close.

    Raises:
        UnreadableError: It is broken, and its end cannot be found.
    """
    try:
        value, stop = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        words = re.sub(r"( starting)? at$|: $", "", error.msg[:1].lower() + error.msg[1:])
        return _broken(text, start, f"this is no complete JSON ({words})")
    except RecursionError:
        return _broken(text, start, "its brackets are nested too deep")
    return Piece(start, stop, _resource(value))


def _broken(text: str, start: int, words: str) -> Piece:
    problem = UnreadableError(words)
    stop = _end_of_brackets(text, start)
    if stop is None:
        raise problem
    return Piece(start, stop, problem)


def _resource(value: object) -> Node | UnreadableError:
    if isinstance(value, dict):
        return value
    if isinstance(value, Twice):
        return UnreadableError(f"{value.field} is given twice")
    return UnreadableError("this is no resource: a resource is one JSON object in braces")


def _end_of_brackets(text: str, start: int) -> int | None:
    depth = 0
    for found in _STRUCTURE.finditer(text, start):
        mark = found.group()
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
            if depth <= 0:
                return found.end()
    return None


def skip_blanks(text: str, at: int) -> int:
    """Return the first character from `at` on that is not blank."""
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]  # the pattern matches anywhere


@dataclass
class BundleText:
    """A Bundle as text: its elements and its entries, each with its place.

    Attributes:
        members: Element, its first character (of the name), and the first one behind its value.
        values: Element to value, without `entry`.
        entries: The entries, in order.
        cut: Where it breaks off, and why; null: its end is there.
    """

    members: list[tuple[str, int, int]] = field(default_factory=list)
    values: Node = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    cut: tuple[int, UnreadableError] | None = None


def bundle_at(text: str, start: int) -> tuple[BundleText, int]:
    """Take a Bundle apart without losing sight of where its entries stand.

    Args:
        text: The text.
        start: Its opening brace.

    Returns:
        The Bundle, as far as it can be read, and the first character behind it.
    """
    bundle = BundleText()
    at = skip_blanks(text, start + 1)
    try:
        while text[at : at + 1] != "}":
            name, begin, at = _name_at(text, at)
            if name in {each for each, _, _ in bundle.members}:
                raise UnreadableError(f"{Twice(name).field} is given twice", "Bundle")  # noqa: TRY301 it ends the Bundle
            if name == "entry" and text[at : at + 1] == "[":
                bundle.members.append((name, begin, at))
                for piece in _entries_at(text, at):
                    bundle.entries.append(_entry_of(piece))
                    at = piece.stop
                at = skip_blanks(text, at if bundle.entries else at + 1) + 1
                bundle.members[-1] = (name, begin, at)
            else:
                bundle.values[name], stop = _member_at(text, at)
                bundle.members.append((name, begin, stop))
                at = stop
            at = _next(text, at, "}")
    except UnreadableError as error:
        bundle.cut = (at, error)
        return bundle, len(text)
    return bundle, at + 1


def _entry_of(piece: Piece) -> Entry:
    resource = piece.value.get("resource") if isinstance(piece.value, dict) else None
    is_claim = isinstance(resource, dict) and type_of(resource) == "Claim"
    return Entry(piece.start, piece.stop, None if is_claim else piece.value)


def _name_at(text: str, at: int) -> tuple[str, int, int]:
    """Return a name, where it begins, and where its value does."""
    try:
        name, stop = _DECODER.raw_decode(text, at)
    except (json.JSONDecodeError, RecursionError):
        name, stop = None, at
    colon = skip_blanks(text, stop)
    if not isinstance(name, str) or text[colon : colon + 1] != ":":
        raise UnreadableError("this is no complete JSON", "Bundle")
    return name, at, skip_blanks(text, colon + 1)


def _member_at(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except (json.JSONDecodeError, RecursionError):
        raise UnreadableError("this is no complete JSON", "Bundle") from None


def _entries_at(text: str, at: int) -> Iterator[Piece]:
    at = skip_blanks(text, at + 1)
    number = 0
    while text[at : at + 1] != "]":
        try:
            piece = value_at(text, at)
        except UnreadableError as error:
            error.path.insert(0, f"Bundle.entry[{number}]")
            raise
        yield piece
        number += 1
        at = _next(text, piece.stop, "]")


def _next(text: str, at: int, closing: str) -> int:
    """Step over a comma to what follows; before a closing bracket there is none."""
    at = skip_blanks(text, at)
    if text[at : at + 1] == closing:
        return at
    following = skip_blanks(text, at + 1)
    if text[at : at + 1] != "," or text[following : following + 1] == closing:
        raise UnreadableError("this is no complete JSON", "Bundle")
    return following


def lines_of(data: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """Yield (number, first byte, first byte behind) of every line that is not blank."""
    number, stop = 0, start
    while stop < len(data):
        start, stop = stop, (data.find(b"\n", stop) + 1) or len(data)
        number += 1
        if not data[start:stop].isspace():
            yield number, start, stop
