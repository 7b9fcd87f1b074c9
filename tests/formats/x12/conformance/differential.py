"""Both sides of the differential test: what the check and pyx12 say of the same broken files, and where they differ.

    python -m tests.formats.x12.conformance.differential --first 0 --mutants 20000

Many files go through the check in one read, as interchanges of one file. That changes nothing but the numbers of
segments and interchanges, which are put right again: an interchange ends where the next ISA begins, whatever is wrong
inside it, and a control number of its own keeps it from being taken for a repeat. A test compares it with files read
one by one.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from billing.formats.x12.claims837 import read_837
from tests.formats.x12.conformance.mutants import Mutant, broken, mutant
from tests.formats.x12.conformance.pyx12_oracle import Row, judge
from tests.formats.x12.conformance.seeds import Piece, written

TABLE = Path(__file__).with_name("disagreements.yaml")
FILES_PER_READ = 250
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


# ------------------------------------------------------------------------------------------------------- two sides


def said_by_pyx12(text: str) -> list[Said]:
    """What pyx12 says of one file, each error once."""
    return list(dict.fromkeys(_of_row(row) for row in judge(text).rows))


def _of_row(row: Row) -> Said:
    code = row.code if len(row.code) > 2 and row.code.isalpha() else f"{_LEVEL[row.level]}{row.code}"
    return Said(row.position, row.transaction, code, row.segment_id, row.loop, row.element, row.component, "", row.text)


def said_by_us(files: Sequence[Sequence[Piece]]) -> list[list[Said]]:
    """What the check says of each file, all of them read at once."""
    rows = _rows_of("".join(written(_renumbered(pieces, at)) for at, pieces in enumerate(files, 1)))
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
    """What the check says of one file by itself."""
    last = text.count("~")
    return [said._replace(position=min(said.position, last)) for said in map(_of_ours, _rows_of(text))]


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


# ------------------------------------------------------------------------------------------------------ the table


@dataclass(frozen=True, slots=True)
class Entry:
    """One way in which the two may differ.

    Attributes:
        name: Its word.
        example: A broken file that hits it, by its name.
        how: `same`: two words for one thing at one place; `pyx12`: only pyx12 says it; `cleanclaim`: only the check
            says it; `softer`: both say it, and the check does not refuse for it.
        because: The reason, for the page.
        pyx12: What pyx12's error must be: `code`, `segment`, `element`, `says` (patterns).
        cleanclaim: What ours must be: `code`, `segment`, `element`, `cause`, `severity` (patterns).
        mutants: Kinds of defect it may be hit by; empty: any.
        near: `same` only: the positions may differ by up to this many segments.
        when: Name of a condition of `CONDITIONS`; empty: none.
    """

    name: str
    how: str
    because: str
    example: str
    pyx12: dict[str, re.Pattern[str]] = field(default_factory=dict)
    cleanclaim: dict[str, re.Pattern[str]] = field(default_factory=dict)
    mutants: frozenset[str] = frozenset()
    near: int = 0
    when: str = ""


@cache
def table() -> tuple[Entry, ...]:
    """Read the documented disagreements."""
    entries = yaml.safe_load(TABLE.read_text("utf-8"))["disagreements"]
    return tuple(_entry(dict(each)) for each in entries)


def _entry(said: dict[str, Any]) -> Entry:
    for side in ("pyx12", "cleanclaim"):
        said[side] = {name: re.compile(str(pattern)) for name, pattern in said.get(side, {}).items()}
    said["because"] = " ".join(said["because"].split())
    return Entry(**{**said, "mutants": frozenset(said.get("mutants", ()))})


def _fits(said: Said, wanted: dict[str, re.Pattern[str]]) -> bool:
    values = {"code": said.code, "segment": said.segment_id, "element": _element(said), "says": said.cause,
              "cause": said.cause, "severity": said.severity, "loop": said.loop}  # fmt: skip
    for name, pattern in wanted.items():
        if name == "says":
            if not pattern.search(values[name]):
                return False
        elif not pattern.fullmatch(values[name]):
            return False
    return True


def _element(said: Said) -> str:
    return f"{said.element:02}" + (f"-{said.component}" if said.component else "") if said.element else ""


# --------------------------------------------------------------------------------------------------- the comparison


@dataclass(slots=True)
class Case:
    """One file and what both say of it.

    Attributes:
        kind: What is wrong with it.
        pieces: The file.
        theirs: pyx12's errors.
        ours: The check's errors.
    """

    kind: str
    pieces: Sequence[Piece]
    theirs: list[Said]
    ours: list[Said]


@dataclass(slots=True)
class Difference:
    """What is left over of a case when all the entries of the table have been looked at, and the entries it hit."""

    theirs: list[Said]
    ours: list[Said]
    softer: list[Said]
    hit: list[str]

    @property
    def is_explained(self) -> bool:
        """Nothing is left over."""
        return not (self.theirs or self.ours or self.softer)


def compare(case: Case) -> Difference:
    """Put the errors of both sides beside each other, and find those that the table does not know."""
    theirs, ours, pairs = _same_place_and_code(case.theirs, case.ours)
    hit: list[str] = []
    entries = [entry for entry in table() if not entry.mutants or case.kind in entry.mutants]
    for entry in (entry for entry in entries if entry.how == "same"):
        for said in list(theirs):
            mine = _counterpart(entry, case, said, case.ours)
            if mine is not None:
                hit.append(entry.name)
                pairs.append((said, mine))
                theirs.remove(said)
                ours = [other for other in ours if other is not mine]
    for entry in entries:
        if entry.how == "pyx12":
            explained = [said for said in theirs if _fits(said, entry.pyx12) and _holds(entry, case, said)]
            theirs = [said for said in theirs if said not in explained]
        elif entry.how == "cleanclaim":
            explained = [said for said in ours if _fits(said, entry.cleanclaim) and _holds(entry, case, said)]
            ours = [said for said in ours if said not in explained]
        else:
            continue
        hit += [entry.name] * len(explained)
    softer = _softer(case, pairs, entries, hit)
    return Difference(theirs, ours, softer, hit)


def _same_place_and_code(theirs: Sequence[Said], ours: Sequence[Said]
                         ) -> tuple[list[Said], list[Said], list[tuple[Said, Said]]]:  # fmt: skip
    """Take away what both say with the same code at the same place."""
    left: dict[Any, Said] = {(said.place, said.code): said for said in ours}
    pairs = [(said, left[said.place, said.code]) for said in theirs if (said.place, said.code) in left]
    known = {(said.place, said.code) for said, _ in pairs}
    return ([said for said in theirs if (said.place, said.code) not in known],
            [said for said in ours if (said.place, said.code) not in known], pairs)  # fmt: skip


def _counterpart(entry: Entry, case: Case, said: Said, ours: Sequence[Said]) -> Said | None:
    """Our error that an entry takes for the same as one of pyx12's."""
    if not _fits(said, entry.pyx12) or not _holds(entry, case, said):
        return None
    beside = (other for other in ours if abs(other.position - said.position) <= entry.near)
    return next((other for other in beside if _fits(other, entry.cleanclaim)), None)


def _softer(case: Case, pairs: Iterable[tuple[Said, Said]], entries: Sequence[Entry], hit: list[str]) -> list[Said]:
    """Errors of both that the check does not refuse for, where the table does not say why."""
    left = []
    for _, mine in pairs:
        if mine.severity == "reject":
            continue
        entry = next((each for each in entries if each.how == "softer" and _fits(mine, each.cleanclaim)
                      and _holds(each, case, mine)), None)  # fmt: skip
        if entry is None:
            left.append(mine)
        else:
            hit.append(entry.name)
    return left


def _holds(entry: Entry, case: Case, said: Said) -> bool:
    return not entry.when or CONDITIONS[entry.when](case, said)


def _is_lost_in_front(case: Case, said: Said) -> bool:
    """pyx12 knew no place for an earlier segment of the set, of which the check has an error too."""
    ours = {other.position for other in case.ours}
    return any(other.code in _LOST and other.position < said.position and other.unit == said.unit
               and other.position in ours for other in case.theirs)  # fmt: skip


_LOST = ("S1", "SHL1", "SHL2", "crash")


def _is_unread(case: Case, said: Said) -> bool:
    """pyx12 knows no place for that very segment, and so looks at none of its elements."""
    return any(other.code in ("S1", "crash") and other.position == said.position for other in case.theirs)


def _is_said_there(case: Case, said: Said) -> bool:
    """The check has an error at the same segment."""
    return any(other.position == said.position for other in case.ours)


def _is_said_before(case: Case, said: Said) -> bool:
    """pyx12 says the same of an earlier segment of the set."""
    return any(other.position < said.position and other[1:7] == said[1:7] for other in case.theirs)


def _begins_again(case: Case, said: Said) -> bool:
    """The segment opens a loop that the segment in front has opened already."""
    at = said.position - 1
    return at > 0 and case.pieces[at].id == case.pieces[at - 1].id


def _comes_later(case: Case, said: Said) -> bool:
    """What is missing comes behind, within the set: a segment that may be it."""
    codes = {"S3": said.segment_id}
    behind = case.pieces[said.position - 1 :]
    end = next((at for at, piece in enumerate(behind) if piece.id == "SE"), len(behind))
    return any(piece.id == codes.get(said.code) and _is_of_loop(piece, said.loop) for piece in behind[:end])


def _is_of_loop(piece: Piece, loop: str) -> bool:
    return piece.node is not None and piece.loop == loop


CONDITIONS = {
    "it comes later": _comes_later,
    "the loop begins again at once": _begins_again,
    "pyx12 lost its place in front": _is_lost_in_front,
    "pyx12 has no place for the segment": _is_unread,
    "the check has an error there": _is_said_there,
    "pyx12 says it before": _is_said_before,
}
"""Conditions that an entry may name."""


# --------------------------------------------------------------------------------------------------------- by hand


def cases(mutants: Iterable[Mutant]) -> Iterator[tuple[Mutant, Case]]:
    """Let both judge broken files."""
    rest = iter(mutants)
    while made := list(islice(rest, FILES_PER_READ)):
        answers = said_by_us([each.pieces for each in made])
        for each, ours in zip(made, answers, strict=True):
            yield each, Case(each.kind, each.pieces, said_by_pyx12(each.text), ours)


def main() -> None:
    """Compare any number of files and print what the table does not explain, by kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--mutants", type=int, default=5000, help="how many")
    parser.add_argument("--kind", help="only this kind of defect")
    parser.add_argument("--show", type=int, default=3, help="how many of each difference to print")
    options = parser.parse_args()
    start = time.process_time()
    found: dict[str, list[tuple[Mutant, Difference]]] = defaultdict(list)
    hits: dict[str, list[str]] = defaultdict(list)
    numbers = range(options.first, options.first + options.mutants)
    made = (broken(options.kind, number) if options.kind else mutant(number) for number in numbers)
    for each, case in cases(made):
        difference = compare(case)
        for name in set(difference.hit):
            hits[name].append(each.name)
        if not difference.is_explained:
            found[each.kind].append((each, difference))
    for kind, examples in found.items():
        print(f"\n== {kind}: {len(examples)} files differ")
        for each, difference in examples[: options.show]:
            _show(each, difference)
    print(f"\n{len(numbers)} files, {sum(map(len, found.values()))} differ; {time.process_time() - start:.0f} CPU seconds")
    for entry in table():
        print(f"{len(hits[entry.name]):7}  {entry.how:10} {entry.name:50} {(hits[entry.name] or ['-'])[0]}")


def _show(each: Mutant, difference: Difference) -> None:
    print(f"-- {each.name} of {each.seed}, broken at {', '.join(map(str, each.places))}")
    sides = (("pyx12", difference.theirs), ("ours", difference.ours), ("softer", difference.softer))
    for side, errors in sides:
        for said in errors[:4]:
            text = each.pieces[said.position - 1].text if 0 < said.position <= len(each.pieces) else ""
            print(f"   {side:7}{said}   | {text}")


if __name__ == "__main__":
    main()
