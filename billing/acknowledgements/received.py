"""Reading acknowledgements: the interchanges of a file, their TA1, and their transaction sets.

Nothing is expected of a file but an ISA that can be read: what is cut short or out of order is read as far as it
goes, and what is no acknowledgement is listed as passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from billing.errors import InputError
from billing.formats.detect import detect
from billing.formats.x12.delimiters import Delimiters, character
from billing.formats.x12.segments import split_segments

_CLAIM_ACKNOWLEDGEMENT = "005010X214"
_LONGEST_CODE = 12
_ENVELOPE = ("ISA", "GS", "SE", "GE", "IEA")


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of an acknowledgement.

    Attributes:
        position: Its number in the file, from 1.
        elements: Its elements, the id first.
        component: The separator of components.
    """

    position: int
    elements: tuple[str, ...]
    component: str

    @property
    def id(self) -> str:
        """The segment's id."""
        return self.elements[0]

    def __getitem__(self, number: int) -> str:
        """Return an element, from 1; empty when it is not there."""
        return self.elements[number].strip() if number < len(self.elements) else ""

    def components(self, number: int) -> list[str]:
        """Return the components of an element; none of one that is not there."""
        return self[number].split(self.component) if self[number] else []


@dataclass(slots=True)
class ReceivedSet:
    """A transaction set.

    Attributes:
        set_id: ST01.
        guide: ST03, else GS08.
        control: ST02.
        position: Number of ST in the file.
        segments: What stands between ST and SE.
        is_whole: It was closed by an SE.
    """

    set_id: str
    guide: str
    control: str
    position: int
    segments: list[Segment] = field(default_factory=list)
    is_whole: bool = False

    @property
    def is_explained(self) -> bool:
        """True for a 999, and for a 277 that acknowledges claims."""
        if self.set_id == "277":
            return not self.guide or self.guide.startswith(_CLAIM_ACKNOWLEDGEMENT)
        return self.set_id == "999"

    @property
    def name(self) -> str:
        """What it says it is, cut to what a code can be."""
        return f"{self.set_id[:_LONGEST_CODE]} {self.guide[:_LONGEST_CODE]}".strip() or "a set without a name"


@dataclass(slots=True)
class ReceivedInterchange:
    """An interchange: its head, the TA1 in it and its transaction sets."""

    head: Segment
    notes: list[Segment] = field(default_factory=list)
    sets: list[ReceivedSet] = field(default_factory=list)


def read_acknowledgement(data: bytes, name: str) -> list[ReceivedInterchange]:
    """Read a file of acknowledgements.

    Args:
        data: The whole file.
        name: Its name, for messages.

    Raises:
        InputError: It is no X12, or holds neither a TA1, a 999 nor a 277CA.
    """
    if detect(data, name) != "837":  # what `detect` calls any X12
        raise InputError(f"{name}: holds claims in JSON, no acknowledgement\n  fix: name the TA1, 999 or 277CA first")
    found = _interchanges(_segments(data, name))
    if not any(each.notes or any(one.is_explained for one in each.sets) for each in found):
        held = list(dict.fromkeys(one.name for each in found for one in each.sets))[:3]
        holds = ", ".join(held) if held else "no transaction set and no TA1"
        hint = "name the acknowledgement first, and the claims file with --original" if "837" in holds else ""
        raise InputError(
            f"{name}: no acknowledgement of claims (TA1, 999 or 277CA) in this file; it holds {holds}\n"
            f"  fix: {hint or 'name the file that the payer or clearinghouse sent back for your claims'}"
        )
    return found


def _segments(data: bytes, name: str) -> Iterator[Segment]:
    try:
        split = split_segments(data, name)
    except InputError:
        raise InputError(
            f"{name}: begins like X12, but its ISA is cut short\n  fix: download the acknowledgement again"
        ) from None
    parts: dict[int, Delimiters] = dict(enumerate(split.delimiters))
    for text, position, region in split.frame.select("text", "position", "region").iter_rows():
        if text:
            marks = parts[region]
            elements = tuple(text.split(character(marks.element)))
            yield Segment(position, elements, character(marks.component))


def _interchanges(segments: Iterable[Segment]) -> list[ReceivedInterchange]:
    """Sort segments into interchanges and sets. Nothing stands before the first ISA: a file begins with it."""
    found: list[ReceivedInterchange] = []
    open_set: ReceivedSet | None = None
    version = ""
    for segment in segments:
        if segment.id == "ISA":
            found.append(ReceivedInterchange(segment))
        elif segment.id == "TA1":
            found[-1].notes.append(segment)
        elif segment.id == "ST":
            open_set = ReceivedSet(segment[1], segment[3] or version, segment[2], segment.position)
            found[-1].sets.append(open_set)
        elif segment.id not in _ENVELOPE and open_set is not None:
            open_set.segments.append(segment)
        if segment.id == "SE" and open_set is not None:
            open_set.is_whole = True
        if segment.id in _ENVELOPE:
            open_set = None
            version = segment[8] if segment.id == "GS" else version
    return found
