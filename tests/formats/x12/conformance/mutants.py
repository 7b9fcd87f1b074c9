"""Broken files by number: the same number gives the same bytes, on every machine and in every order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from tests.formats.x12.conformance import mutate_elements, mutate_envelopes, mutate_segments
from tests.formats.x12.conformance.mutation import KINDS, Place, recount
from tests.formats.x12.conformance.seeds import Piece, seeds, written

BY_MODULE = {
    module.__name__: tuple(name for name, kind in KINDS.items() if kind.mutate.__module__ == module.__name__)
    for module in (mutate_segments, mutate_elements, mutate_envelopes)
}
TWO_DEFECTS = "two_defects"  # one of a segment or an element, and then one of an element


@dataclass(frozen=True, slots=True)
class Mutant:
    """One broken file.

    Attributes:
        number: Which one.
        kind: Name of what is wrong, of `KINDS`, or `two_defects`.
        seed: The valid file it was made of.
        places: Where it was broken.
        pieces: Its segments.
    """

    number: int
    kind: str
    seed: str
    places: tuple[Place, ...]
    pieces: Sequence[Piece]

    @property
    def text(self) -> str:
        """The file."""
        return written(self.pieces)


def mutant(number: int) -> Mutant:
    """Break a valid file, as its number says."""
    names = (*KINDS, TWO_DEFECTS)
    name = names[number % len(names)]
    for attempt in count():
        chance = random.Random(f"{number} {attempt}")  # noqa: S311 - a seeded draw, no secret
        seed = chance.choice(seeds())
        pieces = seed.copies()
        wanted = [name] if name != TWO_DEFECTS else _two(chance)
        places = [_apply(each, pieces, chance) for each in wanted]
        if None not in places:
            return Mutant(number, name, seed.name, tuple(place for place in places if place), pieces)
    raise AssertionError(name)


def _two(chance: random.Random) -> list[str]:
    """Draw two kinds; the second, of an element, has its places whatever the first did."""
    of_element = BY_MODULE[mutate_elements.__name__]
    return [chance.choice([*BY_MODULE[mutate_segments.__name__], *of_element]), chance.choice(of_element)]


def _apply(name: str, pieces: list[Piece], chance: random.Random) -> Place | None:
    kind = KINDS[name]
    place = kind.mutate(pieces, chance)
    if place is not None and kind.is_counted:
        recount(pieces)
    return place
