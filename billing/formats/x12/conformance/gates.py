"""Patterns of what may stand in a segment: a text that matches needs no further look.

A gate may let less through than the guide does (a date on 29 February, an amount of many digits): what it stops is
looked at in detail. It must never let more through.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from billing.formats.x12.conformance.characters import literal, other_than, text_class
from billing.formats.x12.conformance.guide import BY_FORMAT, Element, Segment, load_guide
from billing.formats.x12.conformance.notes import Note, active_notes
from billing.formats.x12.delimiters import Delimiters, character

# Every day of a year but 29 February.
_OF_YEAR = (
    "(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)|02(?:0[1-9]|1[0-9]|2[0-8]))"
)
_DAY = f"(?:18|19|20)[0-9][0-9]{_OF_YEAR}"
_SHORT_DAY = f"[0-9][0-9]{_OF_YEAR}"
_MINUTE = "(?:[01][0-9]|2[0-3])[0-5][0-9]"
_TIME = f"{_MINUTE}(?:[0-5][0-9](?:[0-9]{{2}})?)?"
_NOTHING = r"[^\x00-\x{10FFFF}]"  # stops every value, so that it is looked at in detail
_FORMATS = {"D8": _DAY, "RD8": f"{_DAY}-{_DAY}"}
FORMAT = "1250"
"""Data element that names the format of the one behind it."""

MAY_BE_BLANK = frozenset({"I02", "I04"})
PADDED = frozenset({"I06", "I07"})
"""Data elements of the header of an interchange that are filled up with blanks: ISA02 and ISA04, ISA06 and ISA08."""

NOT_JUDGED = frozenset({"pos", "remark_code"})
"""Outside lists that change too often for a copy: places of service have a rule of their own, with dates."""

_MOST_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Signs:
    """What parts the values of a file, and which characters they may have.

    Attributes:
        element: Pattern of the element separator.
        component: Pattern of the component separator.
        other: Class of all characters but the element separator.
        text: Class of the characters of text.
        ending: The same without the blank.
    """

    element: str
    component: str
    other: str
    text: str
    ending: str


@dataclass(frozen=True, slots=True)
class Gate:
    """The patterns of a layout.

    Attributes:
        matches: What every text must match.
        clashes: What none may match, for the notes on which elements go together; null: there are no such notes.
        mark: What no text may end in.
    """

    matches: str
    clashes: str | None
    mark: str

    def stops(self) -> pl.Expr:
        """Tell the texts of a column `text` that need a closer look."""
        text = pl.col("text")
        stopped = ~text.str.contains(self.matches) | text.str.ends_with(self.mark)
        return stopped if self.clashes is None else stopped | text.str.contains(self.clashes)


@lru_cache(maxsize=2048)
def gate(layout: int, delimiters: Delimiters, repetition: str) -> Gate:
    """Make the gate of a layout."""
    segment = load_guide().layouts[layout]
    mark = character(delimiters.element)
    signs = Signs(
        literal(mark),
        literal(character(delimiters.component)),
        other_than(mark),
        text_class(delimiters, repetition),
        text_class(delimiters, repetition, without=" "),
    )
    matches = f"^{segment.segment_id}{_elements(segment, signs)}$"
    clashes = "|".join(_clash(pattern, signs.element, other_than(mark)) for pattern in _clashing(active_notes(segment)))
    return Gate(matches, f"^{segment.segment_id}(?:{clashes})" if clashes else None, mark)


def _elements(segment: Segment, signs: Signs) -> str:
    """Return the pattern of a segment's elements behind its id."""
    slots = []
    elements = list(segment.elements)
    while elements:
        element = elements.pop(0)
        if element.data_element == FORMAT and elements and elements[0].data_type == BY_FORMAT:
            partner = elements.pop(0)
            slots.append((_formatted(element, signs), element.usage == "R" and partner.usage == "R", signs.element))
        else:
            slots.append((_value(element, signs), element.usage == "R", ""))
    return _nested(slots, signs.element)


def _nested(slots: list[tuple[str, bool, str]], mark: str) -> str:
    """Put slots behind each other: what no required one follows may be left out with all that follows it.

    Args:
        slots: The pattern of each, whether it is required, and what stands for it when it is empty.
        mark: Pattern of what stands in front of each.
    """
    tail, must = "", False
    for value, required, empty in reversed(slots):
        here = value if required else f"(?:{value}|{empty})" if value else empty
        must = must or required
        tail = f"{mark}{here}{tail}" if must else f"(?:{mark}{here}{tail})?"
    return tail


def _formatted(element: Element, signs: Signs) -> str:
    """Return the pattern of a date format and its date."""
    options = [f"{code}{signs.element}{_FORMATS[code]}" for code in element.codes if code in _FORMATS]
    return f"(?:{'|'.join(options)})" if options and element.usage != "N" else ""


def _value(element: Element, signs: Signs) -> str:
    """Return the pattern of a filled element; empty when it may not be filled."""
    if element.usage == "N":
        return ""
    if element.components:
        slots = [(_value(part, signs), part.usage == "R", "") for part in element.components]
        first, *others = slots
        rest = _nested(others, signs.component)
        return f"{first[0] if first[1] else f'(?:{first[0]})?'}{rest}"
    if element.codes:
        known = set(element.codes)
        if element.listed and element.listed not in NOT_JUDGED:
            known |= load_guide().lists[element.listed]
        return f"(?:{'|'.join(re.escape(code) for code in sorted(known))})"
    if element.pattern:
        return element.pattern
    if element.listed and element.listed not in NOT_JUDGED:
        return f"(?:{'|'.join(sorted(load_guide().lists[element.listed]))})"
    return _typed(element, signs)


def _typed(element: Element, signs: Signs) -> str:
    """Return the pattern of a value without codes of its own."""
    shortest, longest = element.shortest, element.longest
    if element.data_type in {"AN", "ID"}:
        return _text(element, signs)
    whole = max(longest - _MOST_DECIMALS, 1)
    of_type = {
        "R": rf"-?[0-9]{{{min(shortest, whole)},{whole}}}(?:\.[0-9]{{1,{_MOST_DECIMALS}}})?",
        "N0": f"-?[0-9]{{{shortest},{longest}}}",
        "DT": {6: _SHORT_DAY, 8: _DAY}.get(longest, _NOTHING),
        "TM": _MINUTE if longest == len("HHMM") else _TIME,
        "B": signs.other,
    }
    return of_type.get(element.data_type, _NOTHING)


def _text(element: Element, signs: Signs) -> str:
    shortest, longest = element.shortest, element.longest
    if element.data_element in MAY_BE_BLANK:
        return f"{signs.text}{{{longest}}}"
    if element.data_element in PADDED:
        return f"{signs.ending}{signs.text}{{{longest - 1}}}"
    return f"{signs.text}{{{shortest - 1},{longest - 1}}}{signs.ending}"


# ------------------------------------------------------------------------------------------------ which go together


def _clashing(notes: tuple[Note, ...]) -> Iterator[Mapping[int, bool]]:
    """Yield what breaks notes: which elements are filled and which are empty."""
    for note in notes:
        first, *rest = note.elements
        match note.kind:
            case "P":
                for one, other in itertools.permutations(note.elements, 2):
                    yield {one: True, other: False}
            case "R":
                yield dict.fromkeys(note.elements, False)
            case "E":
                for one, other in itertools.combinations(note.elements, 2):
                    yield {one: True, other: True}
            case "C":
                for other in rest:
                    yield {first: True, other: False}
            case "L":
                yield {first: True, **dict.fromkeys(rest, False)}


def _clash(filled: Mapping[int, bool], mark: str, other: str) -> str:
    """Return the pattern of a segment of which some elements are filled and others empty or left out."""
    last_filled = max((number for number, is_filled in filled.items() if is_filled), default=0)
    tail = f"(?:{mark}|$)"
    for number in range(max(filled), 0, -1):
        value = {True: f"{other}+", False: "", None: f"{other}*"}[filled.get(number)]
        tail = f"{mark}{value}{tail}" if number <= last_filled else f"(?:{mark}{value}{tail}|$)"
    return tail
