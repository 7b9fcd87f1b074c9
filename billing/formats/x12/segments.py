"""Bytes of an X12 file to a frame with one row per segment.

The terminator becomes the line end of Polars' CSV reader, which splits 42 MB in a fraction of a second; segment ids
become small numbers, so that everything after this compares bytes and never searches text.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import Any

import polars as pl

from billing.errors import InputError
from billing.formats.x12.delimiters import (
    PADDING,
    UTF8_MARK,
    Delimiters,
    character,
    check_lengths,
    find_regions,
    first_delimiters,
)

STARTERS = ("ISA", "GS", "ST", "HL", "CLM", "SE", "GE", "IEA", "TA1")
"""Ids that begin a scope (see `billing/formats/x12/parts.py`); numbered first, so that one comparison tells them."""

OPENERS = ("NM1", "SBR", "LX", "SVD", "LIN")
"""Ids that begin a part within a scope; numbered next."""

SEGMENT_IDS = (
    *STARTERS, *OPENERS,
    "BHT", "PRV", "CUR", "N2", "N3", "N4", "REF", "PER", "PAT", "DMG", "DTP", "PWK", "CN1", "AMT", "K3", "NTE",
    "CR1", "CR2", "CR3", "CRC", "HI", "HCP", "CAS", "OI", "MOA", "SV1", "SV2", "SV3", "SV5", "QTY", "MEA", "PS1",
    "CTP", "LQ", "FRM", "CL1",
)  # fmt: skip
CODE = {segment_id: code for code, segment_id in enumerate(SEGMENT_IDS, 1)}
"""Number of each segment id in the `id` column; 0 is an id that no 837 knows."""

_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class Region:
    """A run of interchanges that share their delimiters.

    Attributes:
        delimiters: Its delimiters.
        line_end: The padding that stands in front of every segment but the first, and that `raw` leaves out.
        tail: The padding behind its last terminator.
    """

    delimiters: Delimiters
    line_end: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Segments:
    """One X12 file as segments.

    Attributes:
        frame: One row per segment between two terminators, empty ones included, in file order:
            `raw` (text with the padding in front, without the terminator), `text` (without padding and line
            wraps), `id` (UInt8 of CODE), `position` (UInt32, its number in the file, from 1) and `region` (UInt8,
            index into `regions`).
        regions: What the segments of each region have in common.
        encoding: utf-8 or latin-1.
        marked: True when the file began with a byte-order mark.
        hides: True when a segment may hold others, parted by delimiters that are not known.
    """

    frame: pl.DataFrame
    regions: tuple[Region, ...]
    encoding: str
    marked: bool
    hides: bool

    @property
    def delimiters(self) -> tuple[Delimiters, ...]:
        """The delimiters of each region."""
        return tuple(region.delimiters for region in self.regions)

    def of_regions(self) -> list[pl.DataFrame]:
        """Return the rows of each region."""
        if len(self.regions) == 1:
            return [self.frame]
        return self.frame.partition_by("region", maintain_order=True)


def split_segments(data: bytes, name: str) -> Segments:
    """Split a file at its own terminators.

    Args:
        data: The whole file, beginning with ISA after an optional byte-order mark and blanks.
        name: The file's name, for messages.

    Raises:
        InputError: The file holds no interchange header that can be read.
    """
    marked = data.startswith(UTF8_MARK)
    body = data[len(UTF8_MARK) :] if marked else data
    first = first_delimiters(body)
    if first is None:
        message = f"{name}: this is no X12 claims file: it has no complete ISA header\n  fix: send the 837P file itself"
        raise InputError(message)
    check_lengths(body, first, 0, len(body), name)
    encoding = _encoding(body)
    parts = [split_region(body, first, encoding)]
    # To look for other delimiters in the bytes costs as much as splitting them, and almost no file has any.
    hides = may_hide_segments(parts[0][1], first)
    if hides:
        found = find_regions(body)
        if len(found) > 1:
            parts = [split_region(body[start:stop], delimiters, encoding) for start, stop, delimiters in found]
    frames = [rows.with_columns(region=pl.lit(index, pl.UInt8)) for index, (_, rows) in enumerate(parts)]
    frame = (pl.concat(frames) if len(frames) > 1 else frames[0]).with_row_index("position", offset=1)
    return Segments(frame, tuple(region for region, _ in parts), encoding, marked, hides)


def _encoding(body: bytes) -> str:
    if body.isascii():
        return "utf-8"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def may_hide_segments(rows: pl.DataFrame, delimiters: Delimiters) -> bool:
    """Tell whether an interchange with other delimiters may begin somewhere behind the first one.

    Its ISA stands at the start of a segment (with an element separator of its own the id is unknown), behind the
    end of an envelope that lost its terminator, or, with another terminator, in what looks like one long segment.
    Where the ISA itself is out of sight, at the end of a short segment, what follows it is not: its GS, ST, HL and
    CLM have unknown ids, or stand in a long segment; or there are more GS than ISA.
    """
    text, ids = rows.get_column("text"), rows.get_column("id")
    suspects = (ids == 0) | is_one_of(ids, "ISA", "SE", "GE", "IEA") | (text.str.len_bytes() > 100)
    begins = rf"ISA|(?:^|{hidden_mark(delimiters)})(?:GS|ST|HL|CLM)[^A-Za-z0-9 ]"
    if text.slice(1).filter(suspects.slice(1)).str.contains(begins).any():
        return True
    return bool((ids == CODE["GS"]).sum() > (ids == CODE["ISA"]).sum())


def hidden_mark(delimiters: Delimiters) -> str:
    """Return a pattern of what may end a segment that hides in another one."""
    return f"[^A-Za-z0-9 {re.escape(character(delimiters.element))}]"


# ------------------------------------------------------------------------------------------------ bytes to segments


def split_region(
    part: bytes, delimiters: Delimiters, encoding: str, *, keep_line_ends: bool = False
) -> tuple[Region, pl.DataFrame]:
    """Split one region: rows of `raw`, `text` and `id`.

    Args:
        part: The region's bytes.
        delimiters: Its delimiters.
        encoding: utf-8 or latin-1.
        keep_line_ends: Leave all padding in `raw`, so that the region has no `line_end`.
    """
    end, whole = delimiters.terminator, part
    if end >= 0x80 or end in b'\r\n"':
        # The CSV reader takes one ASCII byte, and gives line ends a meaning of their own.
        spare = _spare_byte(part)
        part = part.translate(bytes.maketrans(bytes([end]), bytes([spare])))
        end = spare
    if encoding == "latin-1":
        part = part.decode("latin-1").encode()
    may_be_lines = not keep_line_ends and b"\n" in part and b"\r" not in part
    lines = _split_lines(part, chr(end)) if may_be_lines else None
    if lines is not None:
        raw = text = lines
        line_end, tail = "\n", "\n" * part.endswith(b"\n")
    else:
        raw = _read(part, separator=chr(_spare_byte(part)), line_end=chr(end), columns={"raw": pl.String})["raw"]
        raw = raw.rechunk()
        text = without_padding(raw) if _has_padding(raw, part) else raw
        line_end, tail = "", ""
    if not tail and text.tail(1).eq("").any():
        # What stands behind the last terminator is no segment.
        tail = line_end + raw.item(-1)
        raw, text = raw.head(-1), text.head(-1)
    rows = pl.DataFrame({"raw": raw, "text": text, "id": number_ids(text, delimiters)})
    if lines is not None and text.filter(rows.get_column("id") == 0).str.contains(r"^[\t \x00\x1a]").any():
        # Padding within a line hides the id of its segment.
        return split_region(whole, delimiters, encoding, keep_line_ends=True)
    return Region(delimiters, line_end, tail), rows


def _split_lines(part: bytes, end: str) -> pl.Series | None:
    """Split a region as most files are written: one segment per line, and no other line ends; null when it is not.

    What stands behind the terminator of a line is read as a second column, which takes the line ends off the
    segments in passing; it is empty, and of a type that takes no room.
    """
    try:
        lines = _read(part, separator=end, line_end="\n", columns={"text": pl.String, "behind": pl.Boolean})
    except pl.exceptions.PolarsError:  # a line with two terminators, or with something behind the terminator
        return None
    text = lines.get_column("text").rechunk()
    last_line = part[part.rfind(b"\n", 0, -1) + 1 :]
    ending = last_line[len(text.item(-1).encode()) :].decode()
    # A line without its terminator is a byte shorter.
    size = int(text.str.len_bytes().sum()) + 2 * (len(text) - 1) + len(ending)
    is_tidy = size == len(part) and ending in {f"{end}\n", end, ""} and not lines.get_column("behind").count()
    return text if is_tidy and part.startswith(b"ISA") else None


def _read(part: bytes, *, separator: str, line_end: str, columns: dict[str, Any]) -> pl.DataFrame:
    return pl.read_csv(
        io.BytesIO(part),
        has_header=False,
        separator=separator,
        eol_char=line_end,
        quote_char=None,
        schema=columns,
        infer_schema=False,
        empty_string_is_null=False,
        raise_if_empty=False,
    )


def _spare_byte(part: bytes) -> int:
    """Find an ASCII byte that does not occur in `part`."""
    unused = (byte for byte in itertools.chain(range(1, 9), range(14, 32), range(127, 32, -1)) if byte not in part)
    spare = next(unused, None)
    if spare is not None:
        return spare
    raise InputError("this file uses every byte value there is: it is no X12 text\n  fix: send the 837P file itself")


def _has_padding(raw: pl.Series, part: bytes) -> bool:
    """Tell whether there is padding to take off; padding sorts before anything else that begins a segment."""
    if b"\n" in part or b"\r" in part:
        return True
    return bool(raw.filter(raw < "!").str.contains(r"^[\t \x00\x1a]").any())


def without_padding(raw: pl.Series) -> pl.Series:
    """Take padding off both ends of each segment, and line wraps out of its middle."""
    text = raw.str.strip_chars(PADDING)
    return text.str.replace_all(r"[\r\n]+", "") if text.str.contains(r"[\r\n]").any() else text


# ------------------------------------------------------------------------------------------------------ segment ids


def number_ids(text: pl.Series, delimiters: Delimiters) -> pl.Series:
    """Number the ids of segments by CODE."""
    mark = character(delimiters.element)
    if delimiters.element >= 0x80:
        return _numbered_by_text(text, mark)
    return pl.concat([_numbered_by_bytes(piece, mark) for piece in pieces(text)], rechunk=True)


def pieces(column: pl.Series) -> Iterator[pl.Series]:
    """Cut a long column up, so that what is worked out of it on the way stays small and in the processor's cache."""
    for start in range(0, max(len(column), 1), _PIECE):
        yield column.slice(start, _PIECE)


def is_one_of(segment_ids: pl.Series, *names: str) -> pl.Series:
    """Tell the segments with one of some ids."""
    return reduce(or_, (segment_ids == CODE[name] for name in names))


def _numbered_by_bytes(text: pl.Series, mark: str) -> pl.Series:
    """Number segment ids by looking an id and the separator behind it up as one integer of four bytes."""
    head = text.str.head(4).cast(pl.Binary).bin.reinterpret(dtype=pl.UInt32)
    third_is_mark = (head & 0xFF_0000) == ord(mark) << 16
    key = head.zip_with(~third_is_mark, head & 0xFF_FFFF)
    keys, codes = _known_heads(mark)
    slot = key % len(keys)
    ids = codes[slot].zip_with(keys[slot] == key, pl.Series([0], dtype=pl.UInt8))
    # Fewer than four characters, or characters of several bytes, are no such integer.
    others = key.is_null()
    return ids.scatter(others.arg_true(), _numbered_by_text(text.filter(others), mark)) if others.any() else ids


@cache
def _known_heads(mark: str) -> tuple[pl.Series, pl.Series]:
    """Lay out the known heads (`HL*`, `CLM*`) as integers, and their numbers, so that each has a slot of its own.

    The slot is the remainder by the number of slots, the smallest number for which no two heads share one.
    """
    known = {int.from_bytes((name + mark).encode("latin-1"), "little"): code for name, code in CODE.items()}
    size = next(size for size in itertools.count(len(known)) if len({head % size for head in known}) == len(known))
    heads, codes = [0] * size, [0] * size
    for head, code in known.items():
        heads[head % size], codes[head % size] = head, code
    return pl.Series(heads, dtype=pl.UInt32), pl.Series("id", codes, dtype=pl.UInt8)


def _numbered_by_text(text: pl.Series, mark: str) -> pl.Series:
    """Number segment ids by looking each distinct head up; four characters tell `HL*` from `HLX*`."""
    head = text.str.head(4).cast(pl.Categorical(pl.Categories.random()))
    # The codes of a fresh dictionary count up from 0 in order of first appearance.
    codes = [
        CODE.get(value.partition(mark)[0], 0) if mark in value or len(value) < 4 else 0
        for value in head.unique(maintain_order=True).cast(pl.String)
    ]
    return pl.Series("id", codes, dtype=pl.UInt8)[head.to_physical()]
