"""Valid 837P files to break: small ones drawn from the guide's own map, and shapes as senders write them.

A drawn file has what the guide requires, and a slice of what it allows: over all of them every situational loop and
segment of the map stands in a file at least once. Each segment keeps the node of the map it was drawn from, so that
whoever breaks it knows what is required, how long and which codes. People and numbers are made up.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.formats.x12.conformance.pyx12_oracle import guide_map, loop_of, walked

SAMPLES = Path(__file__).resolve().parents[4] / "claims_samples"
DRAWN = 48
GUIDE = "005010X222A1"
"""What GS08 and ST03 of an 837P say."""
_DAYS = ("20260105", "20260217", "20260331", "20260530", "20240229")
_WORDS = ("SAMPLE", "EXAMPLE", "MOCKWELL", "A1", "DRAFT 7", "B-2/C", "X(1)", "O'NEIL")
_MOST_SEGMENTS = 60


@dataclass(slots=True)
class Piece:
    """One segment: its id and elements, and the node of the map it belongs to; components are joined with `:`."""

    parts: list[str]
    node: Any = None

    @property
    def id(self) -> str:
        """The segment's id."""
        return self.parts[0]

    @property
    def text(self) -> str:
        """The segment as it is written, without its terminator."""
        return "*".join(self.parts)

    @property
    def loop(self) -> str:
        """The loop of the guide; empty: envelope or header."""
        return loop_of(self.node)

    def copy(self) -> Piece:
        """Return a piece that can be broken without breaking this one."""
        return Piece(list(self.parts), self.node)


@dataclass(frozen=True, slots=True)
class Seed:
    """One valid file, as pieces."""

    name: str
    pieces: tuple[Piece, ...] = field(repr=False)

    def copies(self) -> list[Piece]:
        """Return pieces to break."""
        return [piece.copy() for piece in self.pieces]


def written(pieces: Sequence[Piece]) -> str:
    """Write pieces as a file."""
    return "".join(f"{piece.text}~\n" for piece in pieces)


@cache
def seeds() -> tuple[Seed, ...]:
    """Every valid file there is to break."""
    drawn = [Seed(f"drawn-{number}", tuple(_Draw(number).file())) for number in range(DRAWN)]
    return (*drawn, *_shapes())


# ------------------------------------------------------------------------------------------ files as senders write them


def _shapes() -> Iterator[Seed]:
    """Cut small files out of the samples, and put several envelopes into one."""
    for path in (*sorted(SAMPLES.glob("*_clean.837")), *(SAMPLES / f"shapes/{name}.837" for name in
                 ("cob", "dependents_2000c", "ranges_and_line_workers", "two_agencies"))):  # fmt: skip
        text = path.read_text("utf-8").replace("\n", "")
        yield Seed(path.stem, tuple(_located(_cut(text.split("~")[:-1]))))
    yield Seed("several envelopes", tuple(_located(_several_envelopes())))


def _cut(segments: list[str]) -> list[str]:
    """Keep the first set, its last whole claims left out so that it stays small, and close it again."""
    end = next(at for at, segment in enumerate(segments) if segment.startswith("SE*"))
    starts = [at for at, segment in enumerate(segments[:end]) if segment.startswith(("HL*", "CLM*"))]
    behind_a_claim = starts[next(at for at, start in enumerate(starts) if segments[start].startswith("CLM*")) + 1 :]
    end = max((at for at in (*behind_a_claim, end) if at <= _MOST_SEGMENTS), default=end)
    return _closed(segments[:2], [segments[2:end]])


def _closed(head: Sequence[str], sets: Sequence[Sequence[str]]) -> list[str]:
    """Close an interchange of one group."""
    group, interchange = head[1].split("*")[6], head[0].split("*")[13]
    inside = [line for body in sets for line in (*body, f"SE*{len(body) + 1}*{body[0].split('*')[2]}")]
    return [*head, *inside, f"GE*{len(sets)}*{group}", f"IEA*1*{interchange}"]


def _several_envelopes() -> list[str]:
    """Two interchanges; the first with two groups, its first group with two sets."""
    plain = written(seed_of_number(0)).replace("\n", "").split("~")[:-1]
    body = plain[2:-3]
    second = [line.replace("ST*837*0001", "ST*837*0002") for line in body]
    head = plain[:2]
    one = _closed(head, [body, second])[:-1]
    group = [head[1].replace("*1*X*", "*2*X*"), *_closed([head[0], head[1].replace("*1*X*", "*2*X*")], [body])[2:-1]]
    other = _closed([head[0].replace("000000001", "000000002"), head[1]], [body])
    return [*one, *group, "IEA*2*000000001", *other]


def seed_of_number(number: int) -> list[Piece]:
    """Draw one file anew."""
    return _Draw(number).file()


def _located(segments: list[str]) -> Iterator[Piece]:
    """Find the node of each segment."""
    text = "".join(f"{segment}~\n" for segment in segments)
    for segment, node in zip(segments, walked(text), strict=True):
        yield Piece(segment.split("*"), node)


# ---------------------------------------------------------------------------------------------- files drawn from the map


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
        day = self.chance.choice(_DAYS)
        return {"RD8": f"{day}-20260601", "D6": day[2:], "TM": "0930", "DT": f"{day}0930"}.get(form, day)

    def _value(self, element: Any) -> str:
        return value_of(element, self.chance)


def value_of(element: Any, chance: random.Random) -> str:
    """Draw a value that an element of the map allows."""
    kind, least, most = measure(element)
    codes = codes_of(element)
    if codes:
        return chance.choice(codes)
    if element.res:
        return "480000000"
    if kind == "R" or kind.startswith("N"):
        whole = chance.choice(["1", "12", "80"])[: max(1, most)]
        return whole.zfill(least) if kind != "R" else chance.choice([whole, f"{whole}.5"])
    if kind in ("DT", "D8", "RD8"):
        return chance.choice(_DAYS)
    if kind == "TM":
        return "0930"
    word = chance.choice(_WORDS)
    word = (word if len(word) >= least else word.ljust(least, "9"))[:most].rstrip()
    return word if len(word) >= least else "9" * least


def measure(element: Any) -> tuple[str, int, int]:
    """Return an element's data type, least and greatest length."""
    data = guide_map().data_elements.get_by_elem_num(element.data_ele)
    return str(data["data_type"]), int(data["min_len"]), int(data["max_len"])


@cache
def _listed(name: str) -> list[str]:
    return sorted(filter(None, guide_map().ext_codes.codes[name]["codes"]))


def codes_of(element: Any) -> list[str]:
    """Return the codes that an element allows; none: it takes any."""
    codes = [code for code in element.valid_codes if code and not _is_certificate(element, code)]
    return codes or (_listed(element.external_codes) if element.external_codes else [])


def _is_certificate(element: Any, code: str) -> bool:
    return element.id == "PWK01" and code == "CT" and element.parent.parent.id == "2400"


def all_segments() -> list[str]:
    """The path of every segment of a set that a seed may hold."""
    return [node.get_path() for node in _below(_set_loop()) if node.is_segment() and not _is_line_certificate(node)]
