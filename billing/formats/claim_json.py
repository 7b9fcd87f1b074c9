"""One claim in JSON to a `Claim`, or to the reason why it cannot be one.

A claim is refused only where its identity, its shape or its money cannot be established: an unknown field, a
missing `claim_id`, a charge that is a binary float. A date, a time or a number of units that cannot be read does
not refuse it: the value becomes null and its text is kept in `Claim.malformed`, so that a rule can quote it.

Reasons name fields and say what belongs there. They never repeat a value.
"""

from __future__ import annotations

import itertools
import json
import re
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl
from pydantic import BaseModel, TypeAdapter, ValidationError

from billing.claims import CLAIM_COLUMNS, LINE_COLUMNS, UNITS, Claim, Column, MalformedValue, Money
from billing.errors import did_you_mean

_MOST_REASONS = 3
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_INTEGER = 18
_READ_OR_KEPT = (pl.Date, pl.Time, pl.Boolean, pl.UInt32, UNITS, pl.List(pl.UInt32))
_MONEY: TypeAdapter[Decimal] = TypeAdapter(Money)

_WORDS = {
    "missing": "is missing",
    "model_type": "must be an object in braces",
    "tuple_type": "must be a list in brackets",
    "string_type": "must be a text: write it in quotes",
    "string_too_short": "is empty",
    "too_short": "needs at least one item",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one record is no claim.

    Attributes:
        reason: In words, without any value.
        charge: The claim's charge, USD; null when that too could not be read.
    """

    reason: str
    charge: Decimal | None = None


class NotJsonError(ValueError):
    """A text that is no JSON; its message says why, without the text.

    Attributes:
        at: Character where it went wrong, from 0; null when that is not known.
    """

    def __init__(self, words: str, at: int | None = None) -> None:
        super().__init__(words)
        self.at = at


@dataclass(frozen=True, slots=True)
class _Number:
    """A JSON number that is no exact whole number (92.10, 1e3, NaN, a hundred digits): refused as money and as text."""

    text: str


@dataclass(frozen=True, slots=True)
class _Repeated:
    """A JSON object that gives one field twice."""

    field: str


@dataclass(frozen=True, slots=True)
class _HalfCharacter:
    """A text with half of a character pair (a lone surrogate), or a byte that is not UTF-8."""


def _whole_number(text: str) -> object:
    return int(text) if len(text) <= _LONGEST_INTEGER else _Number(text)


def _object(pairs: list[tuple[str, Any]]) -> object:
    """Make a JSON object of its pairs: absent, null and blank are the same, and a field is given once."""
    if len(dict(pairs)) != len(pairs):
        keys = [key for key, _ in pairs]
        return _Repeated(next(key for key in keys if keys.count(key) > 1))
    return {key: _whole_text(value) for key, value in pairs if not _is_blank(value)}


def _is_blank(value: object) -> bool:
    """Tell whether a value says nothing; the blank end of a list is cut off on the way."""
    if isinstance(value, str):
        return not value or value.isspace()
    if isinstance(value, list):
        while value and (value[-1] is None or value[-1] == ""):
            value.pop()
        return False
    return value is None


def _whole_text(value: object) -> object:
    """Return a value as it is, but a text that no file can hold as a mark that is refused wherever a text belongs."""
    if isinstance(value, str) and not value.isascii():
        return _HalfCharacter() if _SURROGATE.search(value) else value
    return [_whole_text(item) for item in value] if isinstance(value, list) else value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_Number, parse_int=_whole_number, parse_constant=_Number
)


def decode(text: str, start: int | None = None) -> tuple[object, int]:
    """Read a JSON value.

    Args:
        text: The JSON.
        start: Where the value begins, when more may follow it; null: the text is one value and nothing else.

    Returns:
        The value, and where it ends.

    Raises:
        NotJsonError: There is no complete JSON value.
    """
    try:
        return (_DECODER.decode(text), len(text)) if start is None else _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        words = re.sub(r"( starting)? at$|: $", "", error.msg[:1].lower() + error.msg[1:])
        raise NotJsonError(f"{words}, character {error.colno}", error.pos) from None
    except RecursionError:
        raise NotJsonError("its brackets are nested too deep") from None


def plain(record: object) -> object:
    """Copy a record that a program handed over as dicts and lists, with blanks left out as in JSON text."""
    if isinstance(record, dict):
        return _object([(str(key), plain(value)) for key, value in record.items()])
    if isinstance(record, (list, tuple)):
        return [plain(item) for item in record]
    return _Number(repr(record)) if isinstance(record, float) else record


def has_claim_fields(record: object) -> bool:
    """Tell whether a JSON value is meant to be a claim: an object with at least one field of one."""
    return isinstance(record, _Repeated) or (
        isinstance(record, dict) and not Claim.model_fields.keys().isdisjoint(record)
    )


def parse_claim(record: object) -> Claim | Refusal:
    """Make a claim of a record that `decode` or `plain` returned; the record may be changed.

    Returns:
        The claim, with what could not be read in `malformed`; or why it is none.
    """
    if isinstance(record, _Repeated):
        return Refusal(f"{_shown(record.field)} is given twice")
    if not isinstance(record, dict):
        return Refusal("this is no claim: a claim is one JSON object in braces")
    try:
        return Claim.model_validate(record)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    kept, reasons = _take_out(record, errors)
    if reasons:
        more = len(reasons) - _MOST_REASONS
        text = "; ".join(reasons[:_MOST_REASONS]) + (f"; and {more} more" if more > 0 else "")
        return Refusal(text, _charge(record))
    claim = Claim.model_validate(record)
    malformed = (
        MalformedValue(line_number=None if line is None else claim.lines[line].line_number, column=column, text=text)
        for line, column, text in kept
    )
    return claim.model_copy(update={"malformed": (*claim.malformed, *malformed)})


def _charge(record: dict[str, Any]) -> Decimal | None:
    try:
        return _MONEY.validate_python(record.get("charge"))
    except ValidationError:
        return None


# ------------------------------------------------------------------------------------- values kept as their text


def _paths(columns: Iterable[Column]) -> dict[tuple[str, ...], str]:
    """Map the JSON path of every column whose bad values are kept as text to the column's name."""
    return {
        tuple(column.path.split(".")): column.name
        for column in columns
        if column.path and column.dtype in _READ_OR_KEPT
    }


_CLAIM_PATHS = _paths(CLAIM_COLUMNS) | {("other_payers", "decided_on"): "other_payers"}
_LINE_PATHS = _paths(LINE_COLUMNS)


def _take_out(record: dict[str, Any], errors: Iterable[Any]) -> tuple[list[tuple[int | None, str, str]], list[str]]:
    """Take values that cannot be read out of the record.

    Returns:
        What was taken out, as (index of the line or None, column, text); and the reasons of all other errors.
    """
    kept: list[tuple[int | None, str, str]] = []
    reasons: list[str] = []
    for error in errors:
        loc = error["loc"]
        if error["type"] == "too_short" and error["input"]:  # pydantic counts the lines without errors only
            continue
        line = loc[1] if loc[0] == "lines" and len(loc) > 2 else None  # noqa: PLR2004  lines, index, field
        column = None if error["type"] == "missing" else _column(loc, line)
        if column is None:
            reasons.append(_reason(error))
            continue
        *holders, field = loc[:3] if line is not None else loc
        holder: Any = record
        for part in holders:
            holder = holder[part]
        if field not in holder:  # the same value was found wrong twice: two bad pointers of one list
            continue
        text = _as_sent(holder.pop(field))
        if text is None:
            reasons.append(_reason(error))
            continue
        if field == "line_number":
            holder[field] = _free_number(record["lines"], loc[1])
        kept.append((line, column, text))
    return kept, reasons


def _column(loc: tuple[str | int, ...], line: int | None) -> str | None:
    names = tuple(part for part in loc if isinstance(part, str))
    return _CLAIM_PATHS.get(names) if line is None else _LINE_PATHS.get(names[1:])


def _as_sent(value: object) -> str | None:
    """Return the text of a value as the 837P would carry it; None for what has no such text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        texts = [_as_sent(item) or "" for item in value]
        return ":".join(texts)
    if isinstance(value, _Number):
        return value.text
    if isinstance(value, (str, int, Decimal)):
        return str(value)
    return None


def _free_number(lines: list[Any], index: int) -> int:
    """Number a line whose own number cannot be read by its place, or by the first free number."""
    taken = {str(line.get("line_number")) for line in lines if isinstance(line, dict)}
    return next(number for number in itertools.chain((index + 1,), itertools.count(1)) if str(number) not in taken)


# ------------------------------------------------------------------------------------------------------- reasons


def _reason(error: Any) -> str:  # noqa: ANN401  pydantic's error details
    kind, loc, value = error["type"], error["loc"], error["input"]
    if isinstance(value, _Repeated):
        return f"{_place(loc)} gives {_shown(value.field)} twice"
    if isinstance(value, _HalfCharacter):
        return f"{_place(loc)} holds a character that is not Unicode text"
    if kind == "extra_forbidden":
        return f"{_place(loc[:-1], (_shown(loc[-1]),))}: {_unknown(loc)}"
    if kind == "value_error":
        return f"{_place(loc)}: {error['ctx']['error']}"
    if kind.startswith(("int", "greater", "less")):
        return f"{_place(loc)} must be a whole number from 0 to 4294967295"
    return f"{_place(loc)} {_WORDS.get(kind, 'cannot be read')}"


def _unknown(loc: tuple[str | int, ...]) -> str:
    """Say that no field has this name, and which one may be meant."""
    name, at = str(loc[-1]), tuple(part for part in loc[:-1] if isinstance(part, str))
    if near := did_you_mean(name, _MODELS[at].model_fields):
        return f"no field has this name; {near}"
    homes = [path for path, model in _MODELS.items() if name in model.model_fields]
    if len(homes) == 1:
        return f"the field belongs into {'.'.join(homes[0]) or 'the claim itself'}"
    return "no field has this name"


def _place(loc: tuple[str | int, ...], names: tuple[str, ...] = ()) -> str:
    """Say where: `service line 2, rendering_provider.npi`, `modifiers item 3`."""
    parts = [*loc]
    start = ""
    if len(parts) > 1 and parts[0] == "lines":
        start, parts = f"service line {int(parts[1]) + 1}", parts[2:]
    words = ""
    for part in (*parts, *names):
        words += f" item {part + 1}" if isinstance(part, int) else f"{'.' if words else ''}{part}"
    return ", ".join(text for text in (start, words) if text)


def _shown(name: object) -> str:
    """Return a field name that may be shown: one that looks like a name, not like a value."""
    return (
        str(name) if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}", str(name)) else "a field that is not a plain word"
    )


def _models(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], type[BaseModel]]]:
    """Yield the model of every object in the claim JSON with the names that lead to it."""
    yield path, model
    for name, field in model.model_fields.items():
        for part in (field.annotation, *typing.get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _models(part, (*path, name))


_MODELS = dict(_models(Claim))
