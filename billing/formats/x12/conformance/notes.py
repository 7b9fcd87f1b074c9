"""The guide's notes on which elements of a segment go together."""

from __future__ import annotations

from typing import NamedTuple

from billing.formats.x12.conformance.guide import Segment

_ONE_ENOUGH = frozenset("REL")


class Note(NamedTuple):
    """A syntax note.

    Attributes:
        kind: P all or none, R at least one, E at most one, C with the first all others, L with the first one other.
        elements: The elements it is about.
    """

    kind: str
    elements: tuple[int, ...]


def active_notes(segment: Segment) -> tuple[Note, ...]:
    """Return the notes that usage does not settle already.

    An element that the guide leaves empty cannot be asked for, and one that it requires is missed by itself.
    """
    usage = {element.number: element.usage for element in segment.elements}
    return tuple(note for text in segment.notes if (note := _active(text, usage)) is not None)


def _active(text: str, usage: dict[int, str]) -> Note | None:
    kind, numbers = text[0], [int(text[at : at + 2]) for at in range(1, len(text) - 1, 2)]
    used = [number for number in numbers if usage.get(number, "N") != "N"]
    if kind in "CL" and numbers[0] not in used:
        return None
    if kind in "PC" and len(used) < len(numbers):
        return None
    required = [number for number in used if usage[number] == "R"]
    asked = used[1:] if kind in "CL" else used
    settled = {
        "P": len(required) == len(used),
        "R": bool(required),
        "E": len(used) < 2,
        "C": all(number in required for number in asked),
        "L": not asked or any(number in required for number in asked),
    }
    return None if settled.get(kind, True) else Note(kind, tuple(used))
