"""How a mutator looks: a name, a place, and what it does to the pieces of a valid file.

A mutator breaks its pieces in place and says where, or returns None when the file has no such place. Unless it says
that counts or numbers are what it breaks, they are put right again afterwards, so that a file has the one defect.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.formats.x12.conformance.pieces import Piece, codes_of, measure

ENVELOPE = ("ISA", "GS", "ST", "SE", "GE", "IEA")


class Place(NamedTuple):
    """Where a file was broken.

    Attributes:
        position: Number of the segment in the broken file, from 1.
        segment_id: The segment.
        element: From 1; 0: the segment.
        component: From 1; 0: the whole.
    """

    position: int
    segment_id: str
    element: int = 0
    component: int = 0


Mutate = Callable[[list[Piece], random.Random], Place | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of defect.

    Attributes:
        name: What is wrong, in words with underscores.
        mutate: Breaks pieces.
        is_counted: Counts and numbers are put right afterwards.
    """

    name: str
    mutate: Mutate
    is_counted: bool = True


KINDS: dict[str, Kind] = {}
"""Every kind of defect by its name, in the order in which they are written."""


def kind(mutate: Mutate) -> Mutate:
    """Register a mutator under its own name."""
    name = mutate.__name__
    KINDS[name] = Kind(name, mutate)
    return mutate


def uncounted(mutate: Mutate) -> Mutate:
    """Register a mutator whose counts and numbers stay as it leaves them."""
    name = mutate.__name__
    KINDS[name] = Kind(name, mutate, is_counted=False)
    return mutate


# --------------------------------------------------------------------------------------------- places to break


class Field(NamedTuple):
    """An element or component that a segment may have: which piece, where, its node of the map, what stands there."""

    at: int
    element: int
    component: int
    node: Any
    value: str

    @property
    def place(self) -> Place:
        """The same place, without the piece's id."""
        return Place(self.at + 1, "", self.element, self.component)


def body(pieces: Sequence[Piece]) -> list[int]:
    """Where the segments stand that are no envelope."""
    return [at for at, piece in enumerate(pieces) if piece.id not in ENVELOPE]


def fields(pieces: Sequence[Piece], *, components: bool = True) -> Iterator[Field]:
    """Every element and component the map knows of the segments in the sets, given or not, qualifiers left out."""
    for at in body(pieces):
        piece = pieces[at]
        key = qualifier(piece.node)
        for number, node in enumerate(piece.node.children, 1):
            value = piece.parts[number] if number < len(piece.parts) else ""
            if (number, 0) != key and not (node.is_composite() and key == (number, 1) and node.get_child_count() == 1):
                yield Field(at, number, 0, node, value)
            if node.is_composite() and components and value:
                parts = value.split(":")
                for inner, part in enumerate(node.children, 1):
                    if (number, inner) != key:
                        yield Field(at, number, inner, part, parts[inner - 1] if inner <= len(parts) else "")


def qualifier(node: Any) -> tuple[int, int] | None:
    """Element and component that pyx12 tells segments of one id apart by; None: none."""
    found = node._resolve_unique_key_field(node.id, with_qual=False)
    return None if found is None else (found[1], found[2] or 0)


def put(pieces: Sequence[Piece], field: Field, value: str) -> Place:
    """Write a value into a field, and say where."""
    piece = pieces[field.at]
    piece.parts += [""] * (field.element + 1 - len(piece.parts))
    if field.component:
        parts = piece.parts[field.element].split(":")
        parts += [""] * (field.component - len(parts))
        parts[field.component - 1] = value
        piece.parts[field.element] = ":".join(parts).rstrip(":")
    else:
        piece.parts[field.element] = value
    while len(piece.parts) > 1 and not piece.parts[-1]:
        piece.parts.pop()
    return field.place._replace(segment_id=piece.id)


def loops(pieces: Sequence[Piece]) -> list[tuple[int, int, Any]]:
    """Every loop of the sets: its first piece, the one behind its last, and its node."""
    found = []
    for at in body(pieces):
        loop = pieces[at].node.parent
        if pieces[at].node is loop.get_first_seg() and loop.id[:1].isdigit():
            end = next(n for n in range(at + 1, len(pieces)) if n == len(pieces) - 1 or not _within(pieces[n], loop)
                       or pieces[n].node is pieces[at].node)  # fmt: skip
            found.append((at, end, loop))
    return found


def _within(piece: Piece, loop: Any) -> bool:
    node = piece.node
    while node is not None and not node.is_map_root():
        if node is loop:
            return True
        node = node.parent
    return False


def choose(chance: random.Random, found: Sequence[Any]) -> Any:
    """Draw one of what was found; None: nothing was."""
    return chance.choice(found) if found else None


def draw_field(pieces: Sequence[Piece], chance: random.Random, fits: Callable[[Field], bool]) -> Field | None:
    """Draw one of the fields that fit; None: none does."""
    found: Field | None = choose(chance, [field for field in fields(pieces) if fits(field)])
    return found


def change(pieces: list[Piece], chance: random.Random, fits: Callable[[Field], bool],
            value: Callable[[Field], str]) -> Place | None:  # fmt: skip
    """Give one of the fields that fit another value, and say where."""
    field = draw_field(pieces, chance, fits)
    return None if field is None else put(pieces, field, value(field))


def is_simple(field: Field) -> bool:
    """Say whether a field is given and no composite."""
    return bool(field.value) and not field.node.is_composite()


def type_of(field: Field) -> str:
    """Return the data type of a field; empty: a composite."""
    return "" if field.node.is_composite() else measure(field.node)[0]


def is_coded(field: Field) -> bool:
    """Say whether a field is given and takes the codes of a list only."""
    return is_simple(field) and bool(codes_of(field.node))


# --------------------------------------------------------------------------------------------- counts put right


def recount(pieces: Sequence[Piece]) -> None:
    """Write the counts of all trailers anew, and number the levels and lines as they stand."""
    counts = dict.fromkeys(("segments", "sets", "groups"), 0)
    numbers: dict[str, str] = {}
    level = line = 0
    for piece in pieces:
        counts["segments"] += 1
        if piece.id == "ISA":
            counts["groups"] = 0
        elif piece.id == "GS":
            counts["groups"] += 1
            counts["sets"] = 0
        elif piece.id == "ST":
            counts["sets"] += 1
            counts["segments"] = 1
            numbers, level = {}, 0
        elif piece.id == "HL" and len(piece.parts) > 3:
            level += 1
            piece.parts[2] = numbers.get(piece.parts[2], piece.parts[2])
            numbers[piece.parts[1]] = piece.parts[1] = str(level)
        elif piece.id == "CLM":
            line = 0
        elif piece.id == "LX" and len(piece.parts) > 1:
            line += 1
            piece.parts[1] = str(line)
        _close(piece, counts)


def _close(piece: Piece, counts: dict[str, int]) -> None:
    counted = {"SE": "segments", "GE": "sets", "IEA": "groups"}.get(piece.id)
    if counted and len(piece.parts) > 1:
        piece.parts[1] = str(counts[counted])
