"""Read claim JSON: JSON Lines, and for convenience a JSON list of claims or claims written one behind the other.

One line (or item of the list) is one claim. A line that is no claim is unreadable and takes nothing else with it.
The lines are kept as bytes, so that a file with some of the claims carries them exactly as they came.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from billing.batch import FILE_FINDING_SCHEMA, Batch
from billing.claims import Claim
from billing.errors import InputError
from billing.formats.claim_json import NotJsonError, Refusal, decode, has_claim_fields, parse_claim
from billing.formats.records import Read

UTF8_MARK = b"\xef\xbb\xbf"
LONGEST_LINE = 16 * 2**20
"""Bytes of the longest line that is read as a claim; a claim of 50 lines with all its fields has some 30,000."""

_FIRST = re.compile(rb"\S")
_BETWEEN = re.compile(r"[ \t\r\n,]*")
_FIX = "send the 837P file itself, or JSON Lines: one claim in braces per line"


@dataclass(frozen=True, slots=True)
class _Piece:
    """One record of the input.

    Attributes:
        number: Its line in JSON Lines, else its place in the list, from 1.
        start: First byte.
        stop: First byte behind it, line end included.
        value: The JSON value, or why there is none.
    """

    number: int
    start: int
    stop: int
    value: object


@dataclass(frozen=True)
class JsonlSource:
    """One JSON input that can give its claims back (`billing.batch.Source`).

    Attributes:
        name: The input's name.
        data: Its bytes.
        spans: First byte and first byte behind of each claim, in order of their keys.
        lost: The same of each part that could not be read.
        first_claim_key: Key of the first claim.
        form: lines, list, or objects (one behind the other).
        is_whole: False when its end is missing, so that it cannot be handed back unchanged.
    """

    name: str
    data: bytes
    spans: tuple[tuple[int, int], ...]
    lost: tuple[tuple[int, int], ...]
    first_claim_key: int
    form: str
    is_whole: bool = True

    @property
    def suffix(self) -> str:
        """`.jsonl`, or `.json` for a list."""
        return ".json" if self.form == "list" else ".jsonl"

    @cached_property
    def sha256(self) -> str:
        """Hash of the input's bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def subset(self, claim_keys: pl.Series, *, control_number: int | None = None) -> bytes:  # noqa: ARG002 JSON has none
        """Return these claims as they came, in input order.

        Args:
            claim_keys: Keys of the claims to keep; keys of other inputs are passed over.
            control_number: Passed over: claim JSON has no interchanges.

        Returns:
            The input unchanged when it holds nothing else; no bytes when none of its claims is kept.
        """
        numbers = sorted({key - self.first_claim_key for key in claim_keys.to_list()})
        numbers = [number for number in numbers if 0 <= number < len(self.spans)]
        if not numbers:
            return b""
        if len(numbers) == len(self.spans) and not self.lost and self.is_whole:
            return self.data
        mark = UTF8_MARK if self.data.startswith(UTF8_MARK) else b""
        kept = [self.data[start:stop] for start, stop in (self.spans[number] for number in numbers)]
        if self.form == "list":
            return mark + b"[" + b",\n".join(kept) + b"]\n"
        return mark + b"".join(kept if self.form == "lines" else [part + b"\n" for part in kept])

    def interchanges(self, claim_keys: pl.Series) -> int | None:  # noqa: ARG002 the same for all of them
        """Return null: claim JSON has no interchanges."""
        return None

    def positions(self, places: pl.DataFrame) -> pl.DataFrame:
        """Return the places as they are: a claim is one line, and a position says which."""
        return places

    def unreadable(self) -> bytes:
        """Return what could not be read as a claim, one part per line."""
        parts = [self.data[start:stop] for start, stop in self.lost]
        return b"".join(part if part.endswith((b"\n", b"\r")) else part + b"\n" for part in parts)


def read_jsonl(data: bytes, name: str, *, first_claim_key: int = 0, first_line_key: int = 0) -> Batch:
    """Read claims in JSON.

    Args:
        data: The whole file: JSON Lines, a JSON list of claims, or one claim.
        name: Its name, for the `input` column and for messages.
        first_claim_key: Key of its first claim.
        first_line_key: Key of its first line.

    Returns:
        Its claims, and what could not be read. `position` is the line, or the number in the list, from 1.

    Raises:
        InputError: Nothing in it is meant to be a claim.
    """
    pieces, form, is_whole = _pieces(data)
    read = Read(name, first_claim_key=first_claim_key, first_line_key=first_line_key)
    spans: list[tuple[int, int]] = []
    lost: list[tuple[int, int]] = []
    strangers: list[object] = []
    is_claims_file = False
    for piece in pieces:
        if not is_claims_file and not (is_claims_file := has_claim_fields(piece.value)):
            strangers.append(piece.value)
        outcome = piece.value if isinstance(piece.value, Refusal) else parse_claim(piece.value)
        read.add(outcome, piece.number, "line" if form == "lines" else "claim")
        (spans if isinstance(outcome, Claim) else lost).append((piece.start, piece.stop))
    if strangers and not is_claims_file:
        raise InputError(f"{name}: {_no_claims(strangers)}\n  fix: {_FIX}")
    source = JsonlSource(name, data, tuple(spans), tuple(lost), first_claim_key, form, is_whole)
    return read.batch(sources=(source,), file_findings=None if is_whole else _cut_short(name))


def _no_claims(values: list[object]) -> str:
    """Say what a file without anything like a claim holds instead."""
    if any(isinstance(value, dict) and "resourceType" in value for value in values):
        return "this holds FHIR resources, which are another format: --input-format fhir"
    if any(isinstance(value, dict) for value in values):
        return "this is JSON, but nothing in it has a field of a claim (claim_id, charge, lines, ...)"
    first = values[0]
    why = f"; {first.reason}" if isinstance(first, Refusal) else ""
    return f"no line of it is a claim in JSON{why}"


def _cut_short(name: str) -> pl.DataFrame:
    row = {
        "input": name, "position": None, "claim_key": None, "cause": "file_cut_short", "severity": "review", "x12": "",
        "message": "the list of claims has no closing bracket: the file may have been cut short",
        "remedy": "count the claims against your own list, and export the file again",
        "found": "end of file", "allowed": "]",
    }  # fmt: skip
    return pl.DataFrame([row], schema=FILE_FINDING_SCHEMA)


# ------------------------------------------------------------------------------------------------ bytes to records


def _pieces(data: bytes) -> tuple[Iterable[_Piece], str, bool]:
    """Cut the input into records: (records, form, whether its end is there).

    A file is read as lines unless its first line is no complete JSON value and reading on gives more claims.
    """
    start = len(UTF8_MARK) if data.startswith(UTF8_MARK) else 0
    first = _FIRST.search(data, start)
    is_list = first is not None and first.group() == b"["
    lines = _lines(data, start)
    if not is_list:
        head = next(lines, None)
        if head is None:
            return [], "lines", True
        if not isinstance(head.value, Refusal) or head.stop - head.start > LONGEST_LINE:
            return itertools.chain([head], lines), "lines", True
        lines = _lines(data, start)
    items, is_whole = _items(data, start, is_list=is_list)
    form = "list" if is_list else "objects"
    if _good(items) == len(items) or (is_list and _good(items)):
        return items, form, is_whole
    by_line = list(lines)
    return (by_line, "lines", True) if _good(by_line) >= _good(items) else (items, form, is_whole)


def _good(pieces: list[_Piece]) -> int:
    """Count the records that may be claims: objects, good or bad."""
    return sum(isinstance(piece.value, dict) or has_claim_fields(piece.value) for piece in pieces)


def _lines(data: bytes, start: int) -> Iterator[_Piece]:
    """Yield one record per line that is not blank; old Macintosh files part their lines by carriage returns."""
    line_end = b"\n" if b"\n" in data or b"\r" not in data else b"\r"
    number, stop = 0, start
    while stop < len(data):
        start, stop = stop, (data.find(line_end, stop) + 1) or len(data)
        number += 1
        raw = data[start:stop]
        if raw and not raw.isspace():
            yield _Piece(number, start, stop, _line_value(raw))


def _line_value(raw: bytes) -> object:
    if len(raw) > LONGEST_LINE:
        return Refusal(f"the line is {len(raw) // 2**20} MB long; a claim has at most {LONGEST_LINE // 2**20}")
    try:
        return decode(raw.rstrip(b"\r\n").decode("utf-8"))[0]
    except UnicodeDecodeError as error:
        return Refusal(f"byte {error.start + 1} of the line is not UTF-8 text")
    except NotJsonError as error:
        return Refusal(f"the line is no complete JSON ({error})")


def _items(data: bytes, start: int, *, is_list: bool) -> tuple[list[_Piece], bool]:
    """Cut a list, or objects written one behind the other, into records; also whether a list has its end."""
    text = data[start:].decode("utf-8", "surrogateescape")
    pieces: list[_Piece] = []
    at = text.index("[") + 1 if is_list else 0
    byte = start + _size(text[:at])
    while True:
        begin = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # the pattern matches anywhere
        byte += _size(text[at:begin])
        if begin == len(text):
            return pieces, not is_list
        if is_list and text[begin] == "]":
            break
        try:
            value, at = decode(text, begin)
        except NotJsonError as error:
            value, at = _rest(text, error, len(pieces) + 1), len(text)
        size = _size(text[begin:at])
        pieces.append(_Piece(len(pieces) + 1, byte, byte + size, value))
        byte += size
        if isinstance(value, Refusal):
            return pieces, True
    behind = text[begin + 1 :]
    if behind.strip():
        refusal = Refusal("there is more text behind the end of the list")
        pieces.append(_Piece(len(pieces) + 1, byte + 1, len(data), refusal))
    return pieces, True


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def _rest(text: str, error: NotJsonError, number: int) -> Refusal:
    where = "" if error.at is None else f" in line {text.count(chr(10), 0, error.at) + 1}"
    return Refusal(f"claim {number} is no complete JSON{where} ({error}); nothing behind it can be read")
