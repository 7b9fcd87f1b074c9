"""Walking one unit of a claim file along the guide: which place each segment takes, and what is missing or too much.

A unit is walked once per distinct row of tokens, so this is plain Python. It goes on behind an error as a person
would: a segment in the wrong place is taken for what it is, a wrong qualifier is an error of its element, and what
follows a name that does not belong here belongs to that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from billing.formats.x12.conformance.guide import Loop, Segment

OTHER = "?"
"""Qualifier of a token whose qualifier no place of its segment knows."""

_AHEAD = 50  # segments: where the right one may come that a wrong qualifier seems to be
_OF_A_NAME = frozenset({"N2", "N3", "N4", "REF", "PER", "DMG", "PRV"})


class Token(NamedTuple):
    """What a segment is to the walk: its id, empty when the guide knows none such, and its qualifier."""

    segment_id: str
    qualifier: str


class Slip(NamedTuple):
    """An error of the walk.

    Attributes:
        offset: Which segment of the unit shows it, from 0; the number of segments when what follows the unit does.
        cause: Word for it.
        segment: The place it is about; null when the segment belongs to none.
        loop: Id of the loop it is about.
        times: How often it may come; null where that is not the matter.
    """

    offset: int
    cause: str
    segment: Segment | None
    loop: str
    times: str | None = None


@dataclass(slots=True, eq=False)
class _Frame:
    """One loop that is open, how often each of its children came, and which were reported missing."""

    loop: Loop
    position: int = 0
    counts: dict[int, int] = field(default_factory=dict)
    missed: dict[int, Slip] = field(default_factory=dict)

    def ahead(self) -> Iterator[tuple[int, Segment | Loop]]:
        for number, child in enumerate(self.loop.children):
            if child.position >= self.position:
                yield number, child

    def behind(self) -> Iterator[tuple[int, Segment | Loop]]:
        for number, child in enumerate(self.loop.children):
            if child.position < self.position:
                yield number, child


class Walk(NamedTuple):
    """What walking a unit gave: the place of each segment, null where it has none, and the errors in order."""

    places: list[Segment | None]
    slips: list[Slip]


def walk(unit: Loop, grammar: Sequence[Segment], tokens: Sequence[Token]) -> Walk:
    """Walk a unit.

    Args:
        unit: The loop it is.
        grammar: Every place in it.
        tokens: Its segments; the first one begins the loop.
    """
    walker = _Walker(unit, grammar, tokens)
    taken = [walker.step(offset, token) for offset, token in enumerate(tokens)]
    return Walk(taken, walker.finish(len(tokens)))


class _Walker:
    def __init__(self, unit: Loop, grammar: Sequence[Segment], tokens: Sequence[Token]) -> None:
        self.stack = [_Frame(unit)]
        self.grammar = grammar
        self.tokens = tokens
        self.slips: list[Slip] = []
        self.is_orphan = False

    def step(self, offset: int, token: Token) -> Segment | None:
        """Find the place of one segment."""
        found = self._find(offset, token)
        if found is not None:
            self.is_orphan = False
            depth, number, is_behind = found
            return self._take(offset, depth, number, is_behind=is_behind)
        if self.is_orphan and token.segment_id in _OF_A_NAME:
            return None
        elsewhere = [place for place in self.grammar if _matches(place, token)]
        if len(elsewhere) == 1:
            self.slips.append(Slip(offset, "segment_misplaced", elsewhere[0], elsewhere[0].loop))
            return elsewhere[0]
        self.is_orphan = token.segment_id == "NM1"
        cause = "segment_unexpected" if token.segment_id else "segment_unknown"
        self.slips.append(Slip(offset, cause, None, self.stack[-1].loop.loop))
        return None

    def finish(self, end: int) -> list[Slip]:
        """Close what is open; returns all errors in order."""
        while self.stack:
            self._close(end)
        return sorted(self.slips, key=lambda slip: slip.offset)

    def _find(self, offset: int, token: Token) -> tuple[int, int, bool] | None:
        """Return depth in the stack, number of the child there, and whether its turn has passed; null: no place."""
        top_down = range(len(self.stack) - 1, -1, -1)
        for depth in top_down:
            for number, child in self.stack[depth].ahead():
                # The segment that began a loop begins it again.
                if _matches(_first(child), token) and (number or not depth):
                    return depth, number, False
        if self.is_orphan and token.segment_id in _OF_A_NAME:
            return None
        if token.qualifier == OTHER:
            return self._by_id(offset, token, top_down)
        for depth in top_down:
            for number, child in self.stack[depth].behind():
                if _matches(_first(child), token):
                    return depth, number, True
        return None

    def _by_id(self, offset: int, token: Token, top_down: Iterable[int]) -> tuple[int, int, bool] | None:
        """Take a segment with a qualifier nobody knows for the one of its id that is missing, or the only one."""
        coming = self.tokens[offset + 1 : offset + _AHEAD]
        for depth in top_down:
            frame = self.stack[depth]
            alike = [
                (number, child)
                for number, child in frame.ahead()
                if _first(child).segment_id == token.segment_id
                and not any(_matches(_first(child), later) for later in coming)
            ]
            due = [number for number, child in alike if child.usage == "R" and not frame.counts.get(number)]
            if due:
                return depth, due[0], False
            if len(alike) == 1 and isinstance(alike[0][1], Segment):
                return depth, alike[0][0], False
        return None

    def _take(self, offset: int, depth: int, number: int, *, is_behind: bool) -> Segment:
        """Let a segment take the place of a child of an open loop."""
        while len(self.stack) - 1 > depth:
            self._close(offset)
        frame = self.stack[depth]
        child = frame.loop.children[number]
        place = _first(child)
        if is_behind:
            self._found_late(frame, number)
            self.slips.append(Slip(offset, "segment_misplaced", place, place.loop))
        else:
            self._report_missing(frame, child.position, offset)
            frame.position = child.position
        frame.counts[number] = frame.counts.get(number, 0) + 1
        if isinstance(child, Loop):
            if frame.counts[number] > child.most:
                self.slips.append(Slip(offset, "loop_repeated", place, child.loop, str(child.most)))
            self.stack.append(_Frame(child, place.position, {0: 1}))
        elif frame.counts[number] > child.most:
            self.slips.append(Slip(offset, "segment_repeated", place, place.loop, str(child.most)))
        elif child.usage == "N":
            self.slips.append(Slip(offset, "segment_not_used", place, place.loop))
        return place

    def _close(self, offset: int) -> None:
        frame = self.stack.pop()
        self._report_missing(frame, None, offset)

    def _report_missing(self, frame: _Frame, before: int | None, offset: int) -> None:
        """Report what is required in front of a position, or anywhere, and did not come; each of them once."""
        for number, child in frame.ahead():
            is_due = before is None or child.position < before
            if child.usage == "R" and is_due and not frame.counts.get(number):
                place = _first(child)
                cause = "loop_missing" if isinstance(child, Loop) else "segment_missing"
                slip = Slip(offset, cause, place, place.loop)
                self.slips.append(slip)
                frame.missed[number] = slip

    def _found_late(self, frame: _Frame, number: int) -> None:
        """Take back that a child is missing: it came, though late."""
        late = frame.missed.pop(number, None)
        if late is not None:
            self.slips.remove(late)


def _first(child: Segment | Loop) -> Segment:
    return child if isinstance(child, Segment) else child.first


def _matches(place: Segment, token: Token) -> bool:
    if place.segment_id != token.segment_id:
        return False
    return place.key is None or token.qualifier in place.qualifiers
