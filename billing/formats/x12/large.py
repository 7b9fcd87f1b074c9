"""Read a large 837P window by window, so that only its claims stay in memory and never its segments.

    find_regions ─▶ next_boundary ─▶ what is in force + own bytes ─▶ grow_tree ─▶ read_tree ─▶ scopes of the whole file

The batch is the one that the reader of a whole file returns. The texts of segments are read from the file again
when claims are written out.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

import polars as pl

from billing.batch import Batch, concatenate
from billing.errors import InputError
from billing.formats.mapped import Bytes, MappedFile, parts_of
from billing.formats.x12.claims837 import First, read_tree
from billing.formats.x12.conformance.rows import envelope_of
from billing.formats.x12.delimiters import UTF8_MARK, Delimiters, check_lengths, find_regions
from billing.formats.x12.envelope import file_findings
from billing.formats.x12.file_lines import lines_before, on_lines
from billing.formats.x12.kinds import other_transactions
from billing.formats.x12.packed import Packed
from billing.formats.x12.segments import CODE, Region, may_hide_segments, split_region
from billing.formats.x12.tree import Tree, grow_tree
from billing.formats.x12.windows import LOOP_STARTS, SET_STARTS, in_force, next_boundary
from billing.formats.x12.write837 import Source837
from billing.formats.x12.written import WrittenRegion, follow_on

_HEAD = 1 << 16
WINDOW = 24 * 2**20
_FRAMES = ("claims", "lines", "malformed", "unreadable", "syntax_errors", "breaches")
_COUNTERS = ("interchange", "group", "transaction")
_ENVELOPE = [CODE[name] for name in ("ISA", "GS", "ST", "SE", "GE", "IEA", "TA1")]


@dataclass(frozen=True, slots=True)
class TextsOnDisk:
    """The texts of a region's segments, split again each time they are asked for.

    Attributes:
        data: The whole file.
        cuts: First byte of each window, and the byte behind the last one.
        first_rows: Number of the first segment of each window, and of what would follow the last one.
        delimiters: The region's delimiters.
        encoding: utf-8 or latin-1.
    """

    data: Bytes
    cuts: tuple[int, ...]
    first_rows: tuple[int, ...]
    delimiters: Delimiters
    encoding: str

    def pieces(self, rows: pl.Series) -> Iterator[tuple[int, pl.Series]]:
        """Yield the texts of some segments (ascending numbers), window by window."""
        places = rows.search_sorted(pl.Series(self.first_rows, dtype=rows.dtype)).to_list()
        for number, (start, stop) in enumerate(pairwise(places)):
            if start < stop:
                yield start, self._window(number)[rows.slice(start, stop - start) - self.first_rows[number]]

    def _window(self, number: int) -> pl.Series:
        """Return the texts of one window, without its empty segments."""
        if isinstance(self.data, MappedFile):
            self.data.check()
        _, rows = split_region(
            self.data[self.cuts[number] : self.cuts[number + 1]], self.delimiters, self.encoding, keep_line_ends=True
        )
        raw = rows.get_column("raw")
        _release(self.data)
        return raw.filter(rows.get_column("text") != "")


@dataclass(slots=True)
class _Reading:
    """What has been read of a region so far.

    Attributes:
        data: The file.
        name: Its name.
        delimiters: The region's delimiters.
        encoding: Of the file.
        line_end: What ends its lines: a line feed, or, in a file without any, a carriage return.
        claim_key: Of the next claim.
        line_key: Of the next line.
        position: Number of the next segment in the file.
        row: Number of the next segment that is not empty in the region.
        scope: Number of the next scope in the region.
        counts: Interchanges, groups and transactions so far.
        before: Interchanges of the file in front of the region.
        line_ends: Line ends of the file in front of the next window.
        loops: Number of the last billing and the last subscriber loop's scope.
        carried: The segments that are in force.
        is_tidy: One segment per line, as far as it has been read.
        tail: The padding behind the last terminator.
        packed: Frames of what the windows held, by name; so `scopes`, `lost` (unreadable parts), `ids` and
            `positions` of the segments, and `sets`, the transactions.
    """

    data: Bytes
    name: str
    delimiters: Delimiters
    encoding: str
    line_end: bytes
    claim_key: int
    line_key: int
    position: int
    before: int = 0
    line_ends: int = 0
    row: int = 0
    scope: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTERS, 0))
    loops: dict[str, int] = field(default_factory=dict)
    carried: list[str] = field(default_factory=list)
    is_tidy: bool = True
    tail: str = ""
    packed: dict[str, Packed] = field(default_factory=lambda: {name: Packed() for name in _FRAMES})
    scopes: list[pl.DataFrame] = field(default_factory=list)
    lost: list[pl.DataFrame] = field(default_factory=list)
    ids: list[pl.Series] = field(default_factory=list)
    positions: list[pl.Series] = field(default_factory=list)
    sets: list[pl.DataFrame] = field(default_factory=list)


def read_large(
    data: Bytes, name: str, *, first_claim_key: int = 0, first_line_key: int = 0, window: int | None = None
) -> Batch:
    """Read one 837P file in windows.

    Args:
        data: The whole file.
        name: Its name, for the `input` column and for messages.
        first_claim_key: Key of its first claim.
        first_line_key: Key of its first line.
        window: Wanted bytes of a window (default: `WINDOW`); a loop is never cut, so a window may be larger.

    Raises:
        InputError: It is no X12, or holds transactions but none of them is an 837P.
    """
    marked = data[: len(UTF8_MARK)] == UTF8_MARK
    encoding = _encoding(data)
    line_end = b"\n" if data.find(b"\n") >= 0 else b"\r"
    found = find_regions(data)
    _release(data)
    if not found:
        message = f"{name}: this is no X12 claims file: it has no complete ISA header\n  fix: send the 837P file itself"
        raise InputError(message)
    for start, stop, delimiters in found:
        check_lengths(data, delimiters, start, stop, name)
    _refuse_early(data, name, found, encoding)
    batches, written, sets = [], [], []
    claim_key, line_key, position, interchanges, line_ends = first_claim_key, first_line_key, 1, 0, 0
    for start, stop, delimiters in found:
        reading = _Reading(
            data, name, delimiters, encoding, line_end, claim_key, line_key, position, interchanges, line_ends
        )
        reading.is_tidy = delimiters.terminator not in b'\r\n"'
        begin = max(start, len(UTF8_MARK)) if marked else start
        batch, kept = _read_region(reading, begin, stop, window or WINDOW)
        claim_key, line_key, position = reading.claim_key, reading.line_key, reading.position
        interchanges, line_ends = interchanges + reading.counts["interchange"], reading.line_ends
        batches.append(batch)
        written.append(kept)
        sets += reading.sets
    _refuse_other_transactions(sets, name)
    batch = concatenate(batches)
    source = Source837(name, data, tuple(written), encoding, marked, not batch.file_findings.is_empty())
    return replace(batch, sources=(source,))


def _encoding(data: Bytes) -> str:
    """Tell the encoding of a file without having all of its text at once."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for part in parts_of(data):
            if not part.isascii() or decoder.getstate() != (b"", 0):
                decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _release(data: Bytes) -> None:
    if isinstance(data, MappedFile):
        data.release()


def _refuse_early(data: Bytes, name: str, found: list[tuple[int, int, Delimiters]], encoding: str) -> None:
    """Refuse a file that says 837 nowhere before it is read: transactions of other kinds cannot be cut into windows."""
    for start, stop, delimiters in found:
        if data.find(b"ST" + bytes([delimiters.element]) + b"837", start, stop) >= 0:
            return
    start, stop, delimiters = found[0]
    _, rows = split_region(data[start : min(stop, start + _HEAD)], delimiters, encoding)
    tree = grow_tree(rows.with_columns(position=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32)), delimiters)
    _refuse_other_transactions([_sets(tree, 0)], name)


def _refuse_other_transactions(sets: list[pl.DataFrame], name: str) -> None:
    said = pl.concat(sets)
    if len(said) and not said.get_column("professional").any():
        raise other_transactions(said, name)


def _read_region(reading: _Reading, start: int, stop: int, window: int) -> tuple[Batch, WrittenRegion]:
    """Read a region window by window."""
    cuts, first_rows, at = [start], [0], start
    while at < stop:
        end = _next_end(reading, at + window, stop, LOOP_STARTS)
        grown = _grow(reading, at, end, stop)
        # A transaction that is no 837P stands for itself as a whole.
        while end < stop and not grown.tree.scopes.get_column("professional").item(-1):
            end = _next_end(reading, end + 1, stop, SET_STARTS)
            grown = _grow(reading, at, end, stop)
        _take(reading, grown)
        cuts.append(end)
        first_rows.append(reading.row)
        at = end
        _release(reading.data)
    scopes = pl.concat(reading.scopes, rechunk=True)
    findings = file_findings(scopes, reading.delimiters, reading.name)
    claims, lines, malformed, unreadable, errors, breaches = (reading.packed[name].unpack() for name in _FRAMES)
    position = pl.concat(reading.positions)
    errors = _in_envelope(errors, scopes, position, reading.before)
    batch = Batch(claims, lines, malformed, unreadable, findings, errors, breaches)
    scopes = scopes.drop("open")
    texts = TextsOnDisk(reading.data, tuple(cuts), tuple(first_rows), reading.delimiters, reading.encoding)
    region = Region(reading.delimiters, "", reading.tail)
    ids, lost = pl.concat(reading.ids, rechunk=True), pl.concat(reading.lost)
    return batch, WrittenRegion(region, ids, texts, scopes, lost, None if follow_on(position) else position)


def _next_end(reading: _Reading, wanted: int, stop: int, names: tuple[str, ...]) -> int:
    return stop if wanted >= stop else next_boundary(reading.data, wanted, stop, reading.delimiters, names)


@dataclass(frozen=True, slots=True)
class _Window:
    """A window with its tree.

    Attributes:
        tree: Its segments, behind those that are in force.
        carried: How many of these there are.
        segments: Segments of its own, empty ones included.
        lines: The line of the file each of these begins on: `position` and `file_line`.
        line_ends: Line ends of the file in front of the next window.
        is_tidy: One segment per line.
        tail: The padding behind its last terminator.
    """

    tree: Tree
    carried: int
    segments: int
    lines: pl.DataFrame
    line_ends: int
    is_tidy: bool
    tail: str


def _grow(reading: _Reading, at: int, end: int, stop: int) -> _Window:
    """Grow the tree of a window."""
    mark = bytes([reading.delimiters.terminator])
    own = reading.data[at:end]
    segments = own.count(mark)
    ends = reading.line_ends + own.count(reading.line_end)
    # Where each line is a segment, the line end belongs to the segment in front of it.
    line_end = b"\n" if reading.is_tidy else b""
    is_cut = bool(reading.carried and line_end) and own.startswith(line_end)
    if is_cut:
        own = own.removeprefix(line_end)
    if end < stop and reading.data[end : end + 1] == line_end:
        own += line_end
    before = b"".join(text.encode(reading.encoding) + mark + line_end for text in reading.carried)
    region, rows = split_region(before + own if before else own, reading.delimiters, reading.encoding)
    place = pl.int_range(pl.len(), dtype=pl.Int64) - len(reading.carried)
    frame = rows.select(
        "raw", "text", "id",
        position=pl.when(place >= 0).then(place + reading.position).otherwise(0).cast(pl.UInt32),
    )  # fmt: skip
    own_frame = frame.slice(len(reading.carried))
    in_window = lines_before(own_frame.get_column("raw"), region, reading.line_end.decode())
    lines = own_frame.select("position", file_line=in_window + reading.line_ends + is_cut + 1)
    tree = grow_tree(frame, reading.delimiters, hides=may_hide_segments(rows, reading.delimiters))
    if end == stop:
        segments = len(rows) - len(reading.carried)
    return _Window(tree, len(reading.carried), segments, lines, ends, region.line_end == "\n", region.tail)


def _take(reading: _Reading, window: _Window) -> None:
    """Add a window to what has been read of its region."""
    tree, carried = window.tree, window.carried
    first = First(reading.claim_key, reading.line_key, row=carried)
    batch, scopes, lost = read_tree(tree, reading.name, first, is_window=True)
    # What is in force and is about the file was told by the window it stands in.
    told = pl.col("claim_key").is_null() & pl.col("position").is_null()
    errors = on_lines(batch.syntax_errors.filter(pl.col("position") > 0), window.lines)
    batch = replace(batch, syntax_errors=errors, breaches=batch.breaches.filter(~told))
    reading.sets.append(_sets(tree, carried))
    for name in _FRAMES:
        reading.packed[name].add(getattr(batch, name))
    shift = reading.row - carried
    reading.lost.append(lost.select((pl.col("first_row", "last_row").cast(pl.Int64) + shift).cast(pl.UInt32)))
    reading.scopes.append(_at_their_place(reading, scopes, carried))
    reading.ids.append(tree.segments.get_column("id").slice(carried))
    reading.positions.append(tree.segments.get_column("position").slice(carried))
    reading.carried = in_force(tree)
    reading.claim_key += len(batch.claims)
    reading.line_key += len(batch.lines)
    reading.row += len(tree.segments) - carried
    reading.position += window.segments
    reading.line_ends = window.line_ends
    reading.is_tidy = window.is_tidy
    reading.tail = window.tail


def _in_envelope(errors: pl.DataFrame, scopes: pl.DataFrame, position: pl.Series, before: int) -> pl.DataFrame:
    """Number the interchange, group and transaction of syntax errors as they are numbered in the whole file.

    Args:
        errors: One row per error of a region.
        scopes: Its scopes.
        position: Number of each of its segments in the file.
        before: Interchanges of the file in front of it.
    """
    if errors.is_empty():
        return errors
    own = scopes.get_column("position").search_sorted(errors.get_column("position"), side="right") - 1
    envelope = envelope_of(scopes, before)[own]
    start = position[envelope.get_column("start")]
    placed = errors.with_columns(
        *envelope.select("interchange", "group", "transaction"), set_position=errors.get_column("position") - start + 1
    )
    return placed.select(pl.col(name).cast(dtype) for name, dtype in errors.schema.items())


def _sets(tree: Tree, carried: int) -> pl.DataFrame:
    """One row per transaction that begins in a window: `set_id`, `implementation` and `professional`."""
    starts = tree.scopes.filter((pl.col("id") == CODE["ST"]) & (pl.col("first_row") >= carried))
    return tree.implementations(starts).hstack(starts.select("professional"))


def _at_their_place(reading: _Reading, scopes: pl.DataFrame, carried: int) -> pl.DataFrame:
    """Number the scopes of a window as they are numbered in the region, without those that are carried."""
    before = int((scopes.get_column("first_row") < carried).sum())
    known = scopes.head(before)
    own = scopes.slice(before)
    numbers = [
        reading.loops.get(level or "", 0) if segment == CODE["HL"] else 0
        for segment, level in known.select("id", "level").iter_rows()
    ]
    in_region = pl.Series(
        [*numbers, *range(reading.scope, reading.scope + len(own))] if before else [], dtype=pl.UInt32
    )
    if not before:
        in_region = pl.int_range(reading.scope, reading.scope + len(own), dtype=pl.UInt32, eager=True)
    counted = known.tail(1)
    shift = reading.row - carried
    placed = own.select(
        pl.exclude("professional", "loop_level", "text"),
        text=_envelope_texts(own),
    ).with_columns(
        *(
            pl.lit(in_region[own.get_column(name)]).alias(name)
            for name in ("scope", "billing", "subscriber", "patient")
        ),
        *((pl.col(name).cast(pl.Int64) + shift).cast(pl.UInt32) for name in ("first_row", "last_row")),
        *(
            (pl.col(name).cast(pl.Int64) + reading.counts[name] - (counted.item(0, name) if before else 0)).cast(
                pl.UInt32
            )
            for name in _COUNTERS
        ),
    )
    for level in ("20", "22"):
        loops = placed.filter((pl.col("id") == CODE["HL"]) & (pl.col("level") == level))
        if len(loops):
            reading.loops[level] = loops.get_column("scope").item(-1)
    if len(placed):
        reading.counts = {name: placed.get_column(name).item(-1) for name in _COUNTERS}
    reading.scope += len(own)
    return placed


def _envelope_texts(scopes: pl.DataFrame) -> pl.Series:
    """Keep the texts of envelope segments, as copies: a part of a column would keep all of its window in memory."""
    rows = scopes.get_column("id").is_in(_ENVELOPE).arg_true()
    texts = pl.Series(scopes.get_column("text")[rows].to_list(), dtype=pl.String)
    return pl.Series([None], dtype=pl.String).new_from_index(0, len(scopes)).scatter(rows, texts)
