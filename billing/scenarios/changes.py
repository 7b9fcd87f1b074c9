"""One value changed at a time: every number and date by one, every list by an item, every word to another.

Walks models by the types of their fields, so that a new rule kind needs nothing here. What is no fact of policy (names,
notes, where a fact was read) stays as it is.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from billing.policy.yaml_tree import Path

NOT_FACTS = frozenset({"id", "name", "title", "note", "notes", "source", "exceptions", "delivery", "procedure"})
"""Fields whose value decides nothing: names, words for people, and the code a service is known by.

How a service is delivered tells services apart for people; what a session must look like is its `group_size`. Another
procedure code would be another service, which every case shows."""
NOT_FACTS_ENDING = ("_source",)
READINGS = ("assumed", "assumed_pooled")
"""Fields that say how ambiguous words were read. Only their presence decides anything."""
PERMITS = "allowed"
"""The word of a fact that says the same as nothing: what no source was read for is not refused either."""
NONE, OFF = "none", "off"

_ONE_DAY = timedelta(days=1)
_MONTH_DAY = re.compile(r"\d\d-\d\d")
_RANGE = re.compile(r"([A-Z0-9.]*?)(\d+)-([A-Z0-9.]*?)(\d+)")
_LEAP_YEAR = 2024


@dataclass(frozen=True, slots=True)
class Change:
    """A value that differs in one place.

    Attributes:
        path: Where in the value; empty: the value itself.
        words: What is changed, in words that follow the place: `4 -> 5`, `without U7`, `off`.
        value: The changed value.
        hint: The scenario that would notice it.
    """

    path: Path
    words: str
    value: Any
    hint: str

    def below(self, step: str | int, value: object) -> Change:
        """Return the same change seen from one level further up."""
        return Change((step, *self.path), self.words, value, self.hint)


def changes(model: BaseModel, services: Sequence[str] = ()) -> Iterator[Change]:
    """Yield every valid copy of a model that differs in one of the facts it states.

    Args:
        model: An entry, a service, or a part of one.
        services: Ids of the program's services, for lists of them.
    """
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if name not in model.model_fields_set or value is None or name in NOT_FACTS or name.endswith(NOT_FACTS_ENDING):
            continue
        for one_of in _of_field(name, value, info, services):
            copies = ((change, _valid(model, name, change.value)) for change in one_of)
            change, copy = next(((change, copy) for change, copy in copies if copy is not None), (None, None))
            if change is not None:
                yield change.below(info.alias or name, copy)


def _of_field(name: str, value: object, info: FieldInfo, services: Sequence[str]) -> Iterator[Sequence[Change]]:
    """Yield the changes of one field, each with others to try in its place when no file could say it."""
    options = _options(info.annotation)
    if name in READINGS:
        yield [Change((), f"-> {NONE}", None, "a case whose severity this reading keeps at review")]
    elif options == ("all",):
        yield from ([change] for change in _of_services(value, services))
    elif isinstance(value, str) and value in options:
        yield from _other_words(value, options)
    else:
        yield from ([change] for change in of_value(value, services))
    if info.default is None and isinstance(value, (BaseModel, str)) and name not in READINGS and value != PERMITS:
        words = f"{value} -> {NONE}" if isinstance(value, str) else f"-> {NONE}"
        yield [Change((), words, None, "a case that differs when this is not said")]


def of_value(value: Any, services: Sequence[str] = ()) -> Iterator[Change]:  # noqa: ANN401 of any type
    """Yield the changes of a value by its type; a text has some only as a day of the year or a range of codes."""
    if isinstance(value, bool):
        yield Change((), f"{_text(value)} -> {_text(not value)}", not value, "a case that only one of the two finds")
    elif isinstance(value, (int, Decimal)):
        yield from _neighbours(value, _next_number)
    elif isinstance(value, date):
        yield from _neighbours(value, lambda day, step: day + step * _ONE_DAY)
    elif isinstance(value, str) and _MONTH_DAY.fullmatch(value):
        yield from _neighbours(value, _next_month_day)
    elif isinstance(value, str) and _RANGE.fullmatch(value):
        yield from _range_ends(value)
    elif isinstance(value, (tuple, list)):
        yield from _of_list(value, services)
    elif isinstance(value, Mapping):
        yield from _of_map(value, services)
    elif isinstance(value, BaseModel):
        yield from changes(value, services)


def _neighbours(value: Any, step: Callable[[Any, int], Any]) -> Iterator[Change]:  # noqa: ANN401 number, day, text
    for by in (-1, 1):
        new = step(value, by)
        yield Change((), f"{_text(value)} -> {_text(new)}", new, f"cases at {_text(value)} and at {_text(new)}")


def _next_number(value: int | Decimal, by: int) -> int | Decimal:
    """Return the next number with as many decimals: 4 and 5, 11.97 and 11.98."""
    if isinstance(value, int):
        return value + by
    exponent = value.as_tuple().exponent
    return value + by * Decimal(1).scaleb(min(0, exponent if isinstance(exponent, int) else 0))


def _next_month_day(value: str, by: int) -> str:
    month, day = map(int, value.split("-"))
    return (date(_LEAP_YEAR, month, day) + by * _ONE_DAY).strftime("%m-%d")


def _range_ends(value: str) -> Iterator[Change]:
    """Move either end of a range of codes by one: `F10-F19` to `F09-F19`, `F11-F19`, `F10-F18`, `F10-F20`."""
    match = _RANGE.fullmatch(value)
    assert match is not None  # noqa: S101 asked only of ranges
    low_head, low, high_head, high = match.groups()
    for by_low, by_high in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        ends = int(low) + by_low, int(high) + by_high
        new = f"{low_head}{max(ends[0], 0):0{len(low)}d}-{high_head}{max(ends[1], 0):0{len(high)}d}"
        at = (low_head, low, by_low) if by_low else (high_head, high, by_high)
        edge = f"{at[0]}{max(int(at[1]) + at[2], 0):0{len(at[1])}d}"
        if min(ends) >= 0 and new != value:
            hint = f"cases with {at[0]}{at[1]} and with {edge}, or codes below them"
            yield Change((), f"{value} -> {new}", new, hint)


def _other_words(value: str, options: Sequence[str]) -> Iterator[list[Change]]:
    """Take another of the words a field may have: the nearest on either side, further ones where these cannot stand."""
    at = options.index(value)
    for words in (options[at + 1 :], options[:at][::-1]):
        yield [Change((), f"{value} -> {new}", new, f"a case that tells {value} from {new}") for new in words]


def _of_list(value: Sequence[Any], services: Sequence[str]) -> Iterator[Change]:
    for number, item in enumerate(value):
        rest = (*value[:number], *value[number + 1 :])
        if isinstance(item, BaseModel):
            yield Change((number,), OFF, rest, "a case that only this item decides")
        else:
            yield Change((number,), f"without {_text(item)}", rest, f"a case with {_text(item)}")
        if isinstance(item, (str, int)) and not _RANGE.fullmatch(str(item)):
            continue  # a code, not a number
        for change in of_value(item, services):
            yield change.below(number, (*value[:number], change.value, *value[number + 1 :]))


def _of_map(value: Mapping[str, Any], services: Sequence[str]) -> Iterator[Change]:
    for key, item in value.items():
        rest = {name: other for name, other in value.items() if name != key}
        yield Change((key,), f"without {key}", rest, f"a case with {key}")
        for change in of_value(item, services):
            yield change.below(key, {**value, key: change.value})


def _of_services(value: object, services: Sequence[str]) -> Iterator[Change]:
    """Narrow `all` to the first service, a list by one, and widen a list to all."""
    if value == "all":
        if len(services) > 1:
            yield Change((), f"all -> {services[0]}", (services[0],), f"a case with another service than {services[0]}")
        return
    named = tuple(typing.cast("Sequence[str]", value))
    for number, name in enumerate(named):
        rest = (*named[:number], *named[number + 1 :])
        if rest:
            yield Change((number,), f"without {name}", rest, f"a case with the service {name}")
    others = [name for name in services if name not in named]
    if others:
        yield Change((), "-> all", "all", f"a case with the service {others[0]} that this rule lets pass")


def _valid(model: BaseModel, name: str, value: object) -> BaseModel | None:
    """Return a copy with another value; None when no file could say so."""
    given = {key: getattr(model, key) for key in model.model_fields_set if key != name}
    if value is not None:
        given[name] = value
    written = {type(model).model_fields[key].alias or key: _plain(item) for key, item in given.items()}
    try:
        return type(model).model_validate(written)
    except ValidationError:
        return None


def _plain(value: object) -> object:
    """Return a value as a file writes it: models as maps of what they state."""
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, exclude_unset=True)
    if isinstance(value, (tuple, list)):
        return tuple(_plain(item) for item in value)
    return value


def _options(annotation: object) -> tuple[str, ...]:
    """Return the words that an annotation allows, in order."""
    if get_origin(annotation) is Literal:
        return tuple(word for word in get_args(annotation) if isinstance(word, str))
    if get_origin(annotation) in {typing.Union, types.UnionType, typing.Annotated}:
        return tuple(word for inner in get_args(annotation) for word in _options(inner))
    return ()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
