"""pyx12 as an oracle: what its validator says of an 837P file, as rows, with its maps read once per process.

`judge` drives pyx12's own reader, walker and map nodes in the order of `pyx12.x12n_document.x12n_document`, and keeps
for each error the place that this function only writes to its log. Where pyx12 itself falls over, that is a row too.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import pyx12.errors
import pyx12.map_if
import pyx12.map_index
import pyx12.map_walker
import pyx12.params
import pyx12.x12file

CRASH = "crash"
_GROUP_MAP = "837.5010.X222.A1.xml"
_CLOSED = {"SE": 2, "GE": 1, "IEA": 0}  # levels of the envelope that stay open
_NOT_USED = "marked as Not Used"


class Row(NamedTuple):
    """One error of pyx12.

    Attributes:
        position: Number of the segment in the file, from 1; for what is missing, the segment that shows it.
        transaction: Which interchange, group and set of the file, each from 1; 0: outside any.
        level: `isa`, `gs`, `st`, `seg` or `ele`: whose acknowledgement code it is.
        code: TA105, AK905, IK502, IK304 or IK403, by `level`; HL1, HL2, LX and SEG1 are pyx12's own.
        segment_id: The segment; of a missing one, its own id.
        loop: Loop of the guide; empty: envelope.
        element: From 1; 0: the segment.
        component: From 1; 0: the whole.
        text: What pyx12 writes.
    """

    position: int
    transaction: tuple[int, int, int]
    level: str
    code: str
    segment_id: str
    loop: str
    element: int
    component: int
    text: str


@dataclass(slots=True)
class Judgement:
    """What pyx12 says of one file: is it valid, and every error in the order it was noticed.

    Some errors of a segment are only logged: pyx12 has no place to keep them before the first set begins and on the
    segments of the envelope, so that a file with no others is valid to it.
    """

    is_valid: bool
    rows: list[Row] = field(default_factory=list)


@cache
def parameters() -> Any:
    """The parameters of every run: pyx12's defaults."""
    return pyx12.params.params()


@cache
def guide_map(name: str = _GROUP_MAP) -> Any:
    """One of pyx12's maps, read once."""
    return pyx12.map_if.load_map_file(name, parameters())


@cache
def _index() -> Any:
    return pyx12.map_index.map_index()


def judge(text: str) -> Judgement:
    """Let pyx12 judge one file.

    Args:
        text: The file, decoded.
    """
    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    try:
        source = pyx12.x12file.X12Reader(io.StringIO(text))
    except pyx12.errors.X12Error as error:
        return Judgement(False, [Row(1, (1, 0, 0), "isa", CRASH, "ISA", "", 0, 0, str(error))])
    run = _Run(source)
    try:
        for segment in source:
            run.take(segment)
        source.cleanup()
        run.reader_errors("")
    except Exception as error:  # noqa: BLE001 - that it falls over, whatever the exception, is what it says of the file
        run.add("seg", CRASH, "", "", text=f"{type(error).__name__}: {error}")
    return Judgement(run.is_valid, run.rows)


class _Run:
    """The state of `x12n_document` while it reads a file."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.control = guide_map("x12.control.00501.xml")
        self.node = self.control.getnodebypath("/ISA_LOOP/ISA")
        self.walker = pyx12.map_walker.walk_tree()
        self.version: str | None = None
        self.map: Any = None
        self.counts = {"ISA": 0, "GS": 0, "ST": 0}
        self.depth = 0
        self.rows: list[Row] = []
        self.is_valid = True
        self.is_kept = False
        self.has_set = False

    @property
    def at(self) -> tuple[int, int, int]:
        """Interchange, group and set that are open; 0: none is."""
        numbers = [count if level < self.depth else 0 for level, count in enumerate(self.counts.values())]
        return (numbers[0], numbers[1], numbers[2])

    def add(self, level: str, code: str, segment_id: str, loop: str, *, place: tuple[int, int] = (0, 0),
            text: str = "") -> None:  # fmt: skip
        """Keep one error at the segment that is being read."""
        self.is_valid &= level == "seg" and code != CRASH and not self.is_kept
        self.rows.append(Row(self.source.get_cur_line(), self.at, level, code, segment_id, loop, *place, text))

    def take(self, segment: Any) -> None:
        """Walk to the segment's node and check it there."""
        segment_id = segment.get_seg_id()
        found = self._walk(segment, segment_id)
        if found is None:
            self.reader_errors(segment_id)
            return
        self.node = found
        self._enter(segment_id)
        if segment_id == "ISA":
            self.version = segment.get_value("ISA12")
        elif segment_id == "GS":
            self._load(segment)
        self.has_set |= segment_id == "ST"
        self.is_kept = self.has_set and segment_id not in (*self.counts, *_CLOSED)
        self.reader_errors(segment_id)
        self._check(segment, segment_id)
        self.depth = _CLOSED.get(segment_id, self.depth)

    def _walk(self, segment: Any, segment_id: str) -> Any:
        """Return the node of a segment; None: pyx12 knows no place for it here."""
        if segment_id == "ISA":
            self.walker.forceWalkCounterToLoopStart("/ISA_LOOP", "/ISA_LOOP/ISA")
            return self.control.getnodebypath("/ISA_LOOP/ISA")
        if segment_id == "GS":
            self.walker.forceWalkCounterToLoopStart("/ISA_LOOP/GS_LOOP", "/ISA_LOOP/GS_LOOP/GS")
            return self.control.getnodebypath("/ISA_LOOP/GS_LOOP/GS")
        count, line, ls_id = self.source.get_seg_count(), self.source.get_cur_line(), self.source.get_ls_id()
        node, _, _, errors = self.walker.walk_errors(self.node, segment, count, line, ls_id)
        for error in errors:
            of_node = error.map_node
            missing = error.err_cde == "3"
            # Errors of the walker stand at a segment of the set, where one has begun.
            self.is_kept = self.is_kept if of_node is None else self.has_set
            loop = "" if of_node is None else loop_of(of_node)
            self.add("seg", error.err_cde, of_node.id if missing else segment_id, loop, text=error.err_str)
        return node

    def _enter(self, segment_id: str) -> None:
        """Count what an envelope segment opens."""
        if segment_id in self.counts:
            levels = list(self.counts)
            self.depth = levels.index(segment_id) + 1
            self.counts[segment_id] += 1
            self.counts.update(dict.fromkeys(levels[self.depth :], 0))

    def _load(self, segment: Any) -> None:
        """Take the map that the group names, as GS08 and GS01 say."""
        purpose, guide = segment.get_value("GS01"), segment.get_value("GS08")
        name = _index().get_filename(self.version, guide, purpose)
        if name is None:
            raise pyx12.errors.EngineError(f"Map not found.  icvn={self.version}, fic={purpose}, vriic={guide}")
        self.map = guide_map(name)
        self.source.check_837_lx = self.map.id == "837"
        self.node = self.map.getnodebypath("/ISA_LOOP/GS_LOOP/GS")

    def reader_errors(self, segment_id: str) -> None:
        """Keep what the reader noticed: counts, control numbers, trailers, HL and LX numbers."""
        for level, code, text, _, _ in self.source.pop_errors():
            loop = loop_of(self.node) if level == "seg" else ""
            self.add(level, code, segment_id, loop, text=text)

    def _check(self, segment: Any, segment_id: str) -> None:
        """Check the elements of a segment against its node."""
        loop = loop_of(self.node)
        try:
            _, errors = self.node.is_valid_errors(segment)
        except IndexError as crash:  # more components than the composite has
            self.add("seg", CRASH, segment_id, loop, text=f"IndexError: {crash}")
            return
        for error in errors:
            self.add("ele", _element_code(error), segment_id, loop, place=_place(error), text=error.err_str)


def loop_of(node: Any) -> str:
    """The loop of the guide that a node stands in, or is; empty: envelope or header."""
    while not node.is_loop():
        node = node.parent
        if node is None or node.is_map_root():
            return ""
    return str(node.id) if node.id[:1].isdigit() else ""


def _place(error: Any) -> tuple[int, int]:
    """Element and component that an error of an element names."""
    node = error.map_node
    if node is not None:
        return (node.parent.seq, node.seq) if node.parent.is_composite() else (node.seq, 0)
    if isinstance(error.refdes, int):  # a syntax note: the first element it names
        return error.refdes, 0
    return int(str(error.refdes)[-2:]), 0


def _element_code(error: Any) -> str:
    """IK403 as the code list has it: pyx12 folds three of its codes into others."""
    if _NOT_USED in error.err_str:
        return "I10"
    return "13" if error.err_str.startswith("Too many sub-elements") else str(error.err_cde)


def walked(text: str) -> Iterator[Any]:
    """Yield the node of each segment of a file, as far as pyx12 knows it; None: it does not."""
    source = pyx12.x12file.X12Reader(io.StringIO(text))
    run = _Run(source)
    for segment in source:
        before = len(run.rows)
        run.take(segment)
        lost = any(row.code == "1" and row.level == "seg" for row in run.rows[before:])
        yield None if lost else run.node
