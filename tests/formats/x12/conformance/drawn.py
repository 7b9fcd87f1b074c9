"""Valid 837P files drawn from the guide's own map: what it requires, and a slice of what it allows.

Over all of them every situational loop and segment of the map stands in a file at least once. People and numbers are
made up.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from tests.formats.x12.conformance.pieces import DAYS, GUIDE, Piece, value_of
from tests.formats.x12.conformance.pyx12_oracle import guide_map

DRAWN = 48
"""How many there are."""


def drawn(number: int) -> list[Piece]:
    """Draw one file."""
    return _Draw(number).file()


def all_segments() -> list[str]:
    """The path of every segment of a set that a seed may hold."""
    return [node.get_path() for node in _below(_set_loop()) if node.is_segment() and not _is_line_certificate(node)]


@cache
def _situational(*, of_patient: bool) -> list[Any]:
    """Every loop and segment that may be left out, in a file whose patients are subscribers or have a loop of theirs."""
    nodes = [node for node in _below(_set_loop()) if node.usage == "S" and node.id not in ("DETAIL", "2000C", "2300")]
    return [node for node in nodes if ("/2000C" in node.get_path()) == of_patient and not _is_line_certificate(node)]


def _is_line_certificate(node: Any) -> bool:
    """PWK*CT of a line has codes of its own, and pyx12 judges it by those of the line's other PWK."""
    return bool(node.id == "PWK" and node.parent.id == "2400" and node.children[0].valid_codes == ["CT"])


def _set_loop() -> Any:
    return guide_map().getnodebypath("/ISA_LOOP/GS_LOOP/ST_LOOP")


def _below(node: Any) -> Iterator[Any]:
    for child in node.childIterator():
        yield child
        if child.is_loop():
            yield from _below(child)


class _Draw:
    """One drawing: number `n` takes every `DRAWN`-th of what is situational, and a little more at random."""

    def __init__(self, number: int) -> None:
        self.chance = random.Random(f"seed {number}")  # noqa: S311 - a seeded draw, no secret
        self.number = number
        self.wanted: set[str] = set()
        self.has_patient = number % 2 == 1
        for node in _situational(of_patient=self.has_patient)[number // 2 :: DRAWN // 2]:
            while not node.is_map_root():
                self.wanted.add(node.get_path())
                node = node.parent  # noqa: PLW2901 - climbs to the root
        self.levels: list[int] = []
        self.level = 0
        self.line = 0

    def file(self) -> list[Piece]:
        """Draw an interchange of one group and one set."""
        head = guide_map("x12.control.00501.xml")
        isa = (
            "ISA*00*          *00*          *ZZ*SAMPLESENDER   *ZZ*SAMPLEPAYER    *260601*1200*^*00501*000000001*0*T*:"
        )
        pieces = [
            Piece(isa.split("*"), head.getnodebypath("/ISA_LOOP/ISA")),
            Piece(f"GS*HC*SENDER*PAYER*20260601*1200*1*X*{GUIDE}".split("*"),
                  guide_map().getnodebypath("/ISA_LOOP/GS_LOOP/GS")),
        ]  # fmt: skip
        inside = list(self._loop(_set_loop()))
        inside[-1].parts = ["SE", str(len(inside)), "0001"]
        return [
            *pieces, *inside,
            Piece(["GE", "1", "1"], guide_map().getnodebypath("/ISA_LOOP/GS_LOOP/GE")),
            Piece(["IEA", "1", "000000001"], guide_map().getnodebypath("/ISA_LOOP/IEA")),
        ]  # fmt: skip

    def _loop(self, loop: Any) -> Iterator[Piece]:
        for node in loop.childIterator():
            if node.usage == "N" or not self._is_taken(node):
                continue
            for _ in range(self._times(node)):
                yield from self._loop(node) if node.is_loop() else [self._segment(node)]

    def _is_taken(self, node: Any) -> bool:
        path = node.get_path()
        if node.id == "2000C":
            return self.has_patient
        if node.id == "2300" and node.parent.id == "2000B":
            return not self.has_patient
        if _is_line_certificate(node):
            return False
        if node.usage == "R" or node.id == "DETAIL" or path in self.wanted:
            return True
        return self.chance.random() < 0.02

    def _times(self, node: Any) -> int:
        most = node.get_max_repeat()
        return 2 if most > 1 and self.chance.random() < 0.15 and node.id not in ("2000A", "2000B", "2000C") else 1

    # ------------------------------------------------------------------------------------------------ one segment

    def _segment(self, node: Any) -> Piece:
        values = [self._child(child, node.id) for child in node.children]
        for _ in range(4):
            if not self._mend(node, values):
                break
        if not any(values):
            at = next(at for at, child in enumerate(node.children) if child.usage == "S")
            values[at] = self._given(node.children[at], node.id)
            self._mend(node, values)
        while values and not values[-1]:
            values.pop()
        piece = Piece([str(node.id), *values], node)
        self._number(piece)
        return piece

    def _child(self, child: Any, segment_id: str) -> str:
        if child.usage == "N" or (child.usage == "S" and self.chance.random() > 0.35):
            return ""
        return self._given(child, segment_id)

    def _given(self, child: Any, segment_id: str) -> str:
        """A value for an element that is given."""
        if not child.is_composite():
            return self._value(child)
        values = [self._child(part, segment_id) for part in child.children]
        if child.usage == "S" and not any(values):
            values = [self._value(part) if part.usage != "N" and part.seq == 1 else value
                      for part, value in zip(child.children, values, strict=True)]  # fmt: skip
        if any(values) and not values[0] and child.children[0].usage == "R":
            values[0] = self._value(child.children[0])
        return ":".join(values).rstrip(":")

    def _mend(self, node: Any, values: list[str]) -> bool:
        """Make the values keep the segment's syntax notes; returns whether one was broken."""
        changed = False
        for kind, *places in node.syntax:
            given = [at for at in places if values[at - 1]]
            if kind == "E" and len(given) > 1:
                for at in given[1:]:
                    values[at - 1] = ""
            elif kind == "R" and not given:
                self._fill(node, values, places[:1] if node.children[places[0] - 1].usage != "N" else places[1:2])
            elif kind == "P" and given and len(given) < len(places):
                self._fill(node, values, places)
            elif kind == "C" and places[0] in given and len(given) < len(places):
                self._fill(node, values, places[1:])
            elif kind == "L" and places[0] in given and len(given) < 2:
                self._fill(node, values, places[1:2])
            else:
                continue
            changed = True
        return changed

    def _fill(self, node: Any, values: list[str], places: Sequence[int]) -> None:
        """Give what is missing at these places, or take them all away where one of them is not used."""
        children = [node.children[at - 1] for at in places]
        if any(child.usage == "N" for child in children):
            for at in places:
                values[at - 1] = ""
            return
        for at, child in zip(places, children, strict=True):
            values[at - 1] = values[at - 1] or self._given(child, node.id)

    def _number(self, piece: Piece) -> None:
        """Put right what depends on the segments around: levels, line numbers, dates and their formats."""
        parts = piece.parts
        if piece.id == "HL":
            self._hierarchy(parts)
        elif piece.id == "CLM":
            self.line = 0
        elif piece.id == "LX":
            self.line += 1
            parts[1] = str(self.line)
        elif piece.id == "ST":
            parts[1:] = ["837", "0001", GUIDE]
        for at, child in enumerate(piece.node.children, 1):
            if not child.is_composite() and child.data_ele == "1251" and at < len(parts) and parts[at]:
                parts[at] = self._day(parts[at - 1])

    def _hierarchy(self, parts: list[str]) -> None:
        self.level += 1
        depth = {"20": 0, "22": 1, "23": 2}[parts[3]]
        del self.levels[depth:]
        parent = str(self.levels[-1]) if self.levels else ""
        self.levels.append(self.level)
        has_child = depth == 0 or (depth == 1 and self.has_patient)
        parts[1:] = [str(self.level), parent, parts[3], "1" if has_child else "0"]

    # ------------------------------------------------------------------------------------------------ one value

    def _day(self, form: str) -> str:
        day = self.chance.choice(DAYS)
        return {"RD8": f"{day}-20260601", "D6": day[2:], "TM": "0930", "DT": f"{day}0930"}.get(form, day)

    def _value(self, element: Any) -> str:
        return value_of(element, self.chance)
