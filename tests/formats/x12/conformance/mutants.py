"""Broken files by kind and number: the same ones give the same bytes, on every machine and in every order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from tests.formats.x12.conformance import mutate_elements, mutate_envelopes, mutate_segments, mutate_values
from tests.formats.x12.conformance.mutation import KINDS, Place, recount
from tests.formats.x12.conformance.pieces import Piece, written
from tests.formats.x12.conformance.seeds import seeds

BY_MODULE = {
    module.__name__: tuple(name for name, kind in KINDS.items() if kind.mutate.__module__ == module.__name__)
    for module in (mutate_segments, mutate_elements, mutate_values, mutate_envelopes)
}
TWO_DEFECTS = "two_defects"  # one of a segment or an element, and then one of an element


@dataclass(frozen=True, slots=True)
class Mutant:
    """One broken file.

    Attributes:
        kind: Name of what is wrong, of `KINDS`, or `two_defects`.
        nth: Which one of its kind, from 0.
        seed: The valid file it was made of.
        places: Where it was broken.
        pieces: Its segments.
    """

    kind: str
    nth: int
    seed: str
    places: tuple[Place, ...]
    pieces: Sequence[Piece]

    @property
    def name(self) -> str:
        """What `named` finds it by."""
        return f"{self.kind} {self.nth}"

    @property
    def text(self) -> str:
        """The file."""
        return written(self.pieces)


def mutant(number: int) -> Mutant:
    """Break a valid file; numbers in a row go through the kinds of defect in turn."""
    names = (*KINDS, TWO_DEFECTS)
    return broken(names[number % len(names)], number // len(names))


def named(name: str) -> Mutant:
    """Break a valid file again, by what `Mutant.name` says."""
    kind, nth = name.split()
    return broken(kind, int(nth))


def broken(kind: str, nth: int) -> Mutant:
    """Break a valid file in one way."""
    for attempt in count():
        chance = random.Random(f"{kind} {nth} {attempt}")  # noqa: S311 - a seeded draw, no secret
        seed = chance.choice(seeds())
        pieces = seed.copies()
        places = [_apply(each, pieces, chance) for each in (_two(chance) if kind == TWO_DEFECTS else [kind])]
        if None not in places:
            return Mutant(kind, nth, seed.name, tuple(place for place in places if place), pieces)
    raise AssertionError(kind)


def _two(chance: random.Random) -> list[str]:
    """Draw two kinds; the second, of an element, has its places whatever the first did."""
    of_element = [*BY_MODULE[mutate_elements.__name__], *BY_MODULE[mutate_values.__name__]]
    return [chance.choice([*BY_MODULE[mutate_segments.__name__], *of_element]), chance.choice(of_element)]


def _apply(name: str, pieces: list[Piece], chance: random.Random) -> Place | None:
    kind = KINDS[name]
    place = kind.mutate(pieces, chance)
    if place is not None and kind.is_counted:
        recount(pieces)
    return place
