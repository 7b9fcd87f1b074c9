"""What each side says of a file: pyx12, and the conformance check.

Many files go through the check in one read, as interchanges of one file. That changes nothing but the numbers of
segments and interchanges, which are put right again: an interchange ends where the next ISA begins, whatever is wrong
inside it, and a control number of its own keeps it from being taken for a repeat. Files that have no 837P, a GE too
many or an indented segment are read by themselves. A test compares it with files read
one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from billing.errors import InputError
from billing.formats.x12.claims837 import read_837
from tests.formats.x12.conformance.pieces import GUIDE, Piece, written
from tests.formats.x12.conformance.pyx12_oracle import Row, judge

REFUSED = "refused"
_NUMBER = re.compile(r"\d{8}[0-9A]")
_LEVEL = {"isa": "I", "gs": "G", "st": "T", "seg": "S", "ele": "E"}
_COLUMNS = {"interchange_error": "I", "group_error": "G", "set_error": "T", "element_error": "E", "segment_error": "S"}


class Said(NamedTuple):
    """One error, as either side says it.

    Attributes:
        position: Number of the segment in its file, from 1.
        unit: Interchange, group and set of the file, each from 1; 0: outside any.
        code: `S3`, `E7`, `T4`, `G5`, `I021`: IK304, IK403, IK502, AK905 or TA105; others are the oracle's own.
        segment_id: The segment; of a missing one, its own id.
        loop: Loop of the guide; empty: envelope.
        element: From 1; 0: the segment.
        component: From 1; 0: the whole.
        severity: Ours: reject, review or note; empty: pyx12's.
        cause: Ours: its word; pyx12's: what it writes.
    """

    position: int
    unit: tuple[int, int, int]
    code: str
    segment_id: str
    loop: str
    element: int
    component: int
    severity: str = ""
    cause: str = ""

    @property
    def place(self) -> tuple[int, str, int, int]:
        """Where it is."""
        return self.position, self.segment_id, self.element, self.component

    def __str__(self) -> str:
        """Write it on one line."""
        where = f"{self.segment_id}{self.element or '':02}" if self.element else self.segment_id
        where += f"-{self.component}" if self.component else ""
        return f"{self.code} {where} of {self.loop or '-'} at {self.position} {self.severity} {self.cause}".strip()


def said_by_pyx12(text: str) -> list[Said]:
    """What pyx12 says of one file, each error once."""
    return list(dict.fromkeys(_of_row(row) for row in judge(text).rows))


def _of_row(row: Row) -> Said:
    code = row.code if len(row.code) > 2 and row.code.isalpha() else f"{_LEVEL[row.level]}{row.code}"
    return Said(row.position, row.transaction, code, row.segment_id, row.loop, row.element, row.component, "", row.text)


def said_by_us(files: Sequence[Sequence[Piece]]) -> list[list[Said]]:
    """What the check says of each file; all of them are read at once but those that others could change."""
    together = [pieces for pieces in files if _may_be_interchange(pieces)]
    read = iter(_said_of_interchanges(together))
    return [next(read) if _may_be_interchange(pieces) else said_by_us_of_one(written(pieces)) for pieces in files]


def _may_be_interchange(pieces: Sequence[Piece]) -> bool:
    """A file may be judged beside others: it has groups and sets, each an 837P, and changes how no other one is read.

    The reader refuses a file in which no set is an 837P, a GE whose own GS is missing closes one left open before, and
    one indented segment makes all blanks around segments padding.
    """
    heads = {"GS": (1, "HC", 8, GUIDE), "ST": (1, "837", 3, GUIDE)}
    if not heads.keys() <= {piece.id for piece in pieces} or any(piece.id.startswith(" ") for piece in pieces):
        return False
    is_open = False
    for piece in pieces:
        if piece.id in heads:
            one, first, other, second = heads[piece.id]
            if [piece.parts[at] if at < len(piece.parts) else "" for at in (one, other)] != [first, second]:
                return False
        if piece.id == "GE" and not is_open:
            return False
        is_open = piece.id == "GS" or (is_open and piece.id not in ("GE", "ISA"))
    return True


def _said_of_interchanges(files: Sequence[Sequence[Piece]]) -> list[list[Said]]:
    if not files:
        return []
    rows = _rows_of("".join(written(list(_renumbered(pieces, at))) for at, pieces in enumerate(files, 1)))
    answers: list[list[Said]] = [[] for _ in files]
    owners, first = [], []
    offset = interchanges = 0
    for number, pieces in enumerate(files):
        first.append((offset, interchanges))
        inside = sum(piece.id == "ISA" for piece in pieces)
        owners += [number] * inside
        offset, interchanges = offset + len(pieces), interchanges + inside
    for row in rows:
        number = owners[row["interchange"] - 1]
        offset, interchanges = first[number]
        said = _of_ours(row)
        position = min(said.position - offset, len(files[number]))
        unit = (said.unit[0] - interchanges, *said.unit[1:])
        answers[number].append(said._replace(position=position, unit=unit))
    return [list(dict.fromkeys(answer)) for answer in answers]


def said_by_us_of_one(text: str) -> list[Said]:
    """What the check says of one file by itself; `refused`: the reader refuses it before."""
    last = text.count("~")
    try:
        rows = _rows_of(text)
    except InputError:
        return [Said(last, (0, 0, 0), REFUSED, "", "", 0, 0, "reject", "no_837p")]
    return [said._replace(position=min(said.position, last)) for said in map(_of_ours, rows)]


def _rows_of(text: str) -> list[dict[str, Any]]:
    return read_837(text.encode(), "mutants").syntax_errors.to_dicts()


def _of_ours(row: dict[str, Any]) -> Said:
    code = next((letter + row[column] for column, letter in _COLUMNS.items() if row[column]), "")
    unit = (row["interchange"] or 0, row["group"] or 0, row["transaction"] or 0)
    return Said(row["position"], unit, code, row["segment_id"] or "", row["loop"] or "", row["element"] or 0,
                row["component"] or 0, row["severity"], row["cause"])  # fmt: skip


def _renumbered(pieces: Sequence[Piece], file: int) -> Iterator[Piece]:
    """Give the interchanges of a file control numbers that no other file has, pairs still being pairs."""
    for piece in pieces:
        at = {"ISA": 13, "IEA": 2}.get(piece.id)
        if at and at < len(piece.parts) and _NUMBER.fullmatch(piece.parts[at]):
            number = piece.parts[at]
            parts = list(piece.parts)
            parts[at] = f"{file:06d}{number[6:]}"
            yield Piece(parts, piece.node)
        else:
            yield piece
