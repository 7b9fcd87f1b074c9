"""Bytes of an X12 file to a frame with one row per segment.

Delimiters are found in each ISA, never assumed. The terminator becomes the line end of Polars' CSV reader, which
splits 42 MB in a fraction of a second; segment ids become small numbers, so that everything after this compares
bytes and never searches text.
"""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import dataclass

import polars as pl

from billing.errors import InputError

SEGMENT_IDS = (
    "ISA",
    "GS",
    "ST",
    "BHT",
    "HL",
    "PRV",
    "CUR",
    "NM1",
    "N2",
    "N3",
    "N4",
    "REF",
    "PER",
    "SBR",
    "PAT",
    "DMG",
    "CLM",
    "DTP",
    "PWK",
    "CN1",
    "AMT",
    "K3",
    "NTE",
    "CR1",
    "CR2",
    "CR3",
    "CRC",
    "HI",
    "HCP",
    "CAS",
    "OI",
    "MOA",
    "LX",
    "SV1",
    "SV2",
    "SV3",
    "SV5",
    "QTY",
    "MEA",
    "PS1",
    "LIN",
    "CTP",
    "SVD",
    "LQ",
    "FRM",
    "SE",
    "GE",
    "IEA",
    "TA1",
    "CL1",
)
CODE = {segment_id: code for code, segment_id in enumerate(SEGMENT_IDS, 1)}
"""Number of each segment id in the `id` column; 0 is an id that no 837 knows."""

UTF8_MARK = b"\xef\xbb\xbf"
_PADDING = b"\r\n\t \x00\x1a"


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The bytes that part one interchange, each as a number from 0 to 255."""

    element: int
    component: int
    terminator: int


@dataclass(frozen=True, slots=True)
class Segments:
    """One X12 file as segments.

    Attributes:
        frame: One row per segment between two terminators, empty ones included, in file order:
            `raw` (text with the padding in front, without the terminator), `text` (without padding and line
            wraps), `id` (UInt8 of CODE), `position` (UInt32, its number in the file, from 1) and `region` (UInt8,
            index into `delimiters`).
        delimiters: The delimiters of each region; a region is a run of interchanges that share them.
        encoding: utf-8 or latin-1.
        marked: True when the file began with a byte-order mark.
        tails: For each region, the padding behind its last terminator.
    """

    frame: pl.DataFrame
    delimiters: tuple[Delimiters, ...]
    encoding: str
    marked: bool
    tails: tuple[str, ...]


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
    regions = find_regions(body)
    if not regions:
        message = f"{name}: this is no X12 claims file: it has no complete ISA header\n  fix: send the 837P file itself"
        raise InputError(message)
    encoding = _encoding(body)
    frames, tails = [], []
    for index, (start, stop, delimiters) in enumerate(regions):
        part = body if (start, stop) == (0, len(body)) else body[start:stop]
        rows = _split(part, delimiters, encoding).with_columns(region=pl.lit(index, pl.UInt8))
        is_padding = rows.get_column("text").tail(1).eq("").any()
        tails.append(rows.item(-1, "raw") if is_padding else "")
        frames.append(rows.head(-1) if is_padding else rows)
    frame = pl.concat(frames) if len(frames) > 1 else frames[0]
    frame = frame.with_row_index("position", offset=1)
    return Segments(frame, tuple(region[2] for region in regions), encoding, marked, tuple(tails))


def character(byte: int) -> str:
    """Return the character that stands for a delimiter byte in the `raw` and `text` columns."""
    return bytes([byte]).decode("latin-1")


def _encoding(body: bytes) -> str:
    if body.isascii():
        return "utf-8"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def find_regions(body: bytes) -> list[tuple[int, int, Delimiters]]:
    """Find where interchanges begin that change the delimiters: (start, stop, delimiters) from 0 to the end.

    Empty when the first thing in the file is no ISA header that can be read.
    """
    starts: list[tuple[int, Delimiters]] = []
    at = -1
    while (at := body.find(b"ISA", at + 1)) >= 0:
        before = body[max(0, at - 200) : at].rstrip(_PADDING)
        if starts and not _ends_a_segment(before, starts[-1][1]):
            continue
        if not starts and before.removeprefix(UTF8_MARK):
            return []
        delimiters = _delimiters_at(body, at)
        if delimiters is not None and (not starts or delimiters != starts[-1][1]):
            starts.append((0 if not starts else at, delimiters))
    stops = [at for at, _ in starts[1:]] + [len(body)] * bool(starts)
    return [(at, stop, delimiters) for (at, delimiters), stop in zip(starts, stops, strict=True)]


def _ends_a_segment(before: bytes, delimiters: Delimiters) -> bool:
    """Tell whether `before` (without padding) ends a segment: by its terminator, or by being an unfinished IEA."""
    if not before or before[-1] == delimiters.terminator or delimiters.terminator in _PADDING:
        return True
    element = re.escape(bytes([delimiters.element]))
    return re.search(rb"IEA" + element + rb"[0-9]+" + element + rb"[0-9]+$", before) is not None


def _delimiters_at(body: bytes, at: int) -> Delimiters | None:
    """Read the delimiters of the ISA at `at`: its 16th element is the component separator, then the terminator."""
    fields = body[at : at + 400].split(body[at + 3 : at + 4] or b"*", 16)
    if len(fields) < 17 or len(fields[16]) < 2:
        return None
    element, component, terminator = body[at + 3], fields[16][0], fields[16][1]
    if len({element, component, terminator}) < 3 or any(bytes([byte]).isalnum() for byte in (element, terminator)):
        return None
    return Delimiters(element, component, terminator)


def _split(part: bytes, delimiters: Delimiters, encoding: str) -> pl.DataFrame:
    """Split one region: rows of `raw`, `text` and `id`."""
    spare = _spare_bytes(part, 2)
    terminator = delimiters.terminator
    line_end = terminator
    if terminator >= 0x80 or terminator in b'\r\n"':
        # The CSV reader takes one ASCII byte, and gives line ends a meaning of their own.
        line_end = spare[0]
        part = part.translate(bytes.maketrans(bytes([terminator]), bytes([line_end])))
    if encoding == "latin-1":
        part = part.decode("latin-1").encode()
    raw = pl.read_csv(
        io.BytesIO(part),
        has_header=False,
        separator=chr(spare[1]),
        eol_char=chr(line_end),
        quote_char=None,
        schema={"raw": pl.String},
        infer_schema=False,
        empty_string_is_null=False,
        truncate_ragged_lines=True,
        raise_if_empty=False,
    ).get_column("raw")
    text = _without_line_ends(raw, part)
    return pl.DataFrame({"raw": raw, "text": text}).with_columns(id=_ids(text, delimiters))


def _spare_bytes(part: bytes, count: int) -> list[int]:
    """Find ASCII bytes that do not occur in `part`."""
    unused = (byte for byte in (*range(1, 9), *range(14, 32), 127, *range(33, 127)) if byte not in part)
    spare = list(itertools.islice(unused, count))
    if len(spare) < count:
        message = "this file uses every byte value there is: it is no X12 text\n  fix: send the 837P file itself"
        raise InputError(message)
    return spare


def _without_line_ends(raw: pl.Series, part: bytes) -> pl.Series:
    """Take the padding off the front of each segment, and line wraps out of its middle."""
    has_newlines, has_returns = b"\n" in part, b"\r" in part
    if not has_newlines and not has_returns and not raw.str.contains(r"^[\t \x00\x1a]").any():
        return raw
    if not has_returns and raw.item(0).startswith("ISA"):
        # The usual file: one line end in front of every segment but the first, and none anywhere else.
        padded = raw.str.starts_with("\n").sum()
        if padded >= len(raw) - 1 and part.count(b"\n") == padded:
            return raw.str.strip_prefix("\n")
    return without_padding(raw)


def without_padding(raw: pl.Series) -> pl.Series:
    """Take padding off both ends of each segment, and line wraps out of its middle."""
    text = raw.str.strip_chars("\r\n\t \x00\x1a")
    return text.str.replace_all(r"[\r\n]+", "") if text.str.contains(r"[\r\n]").any() else text


def _ids(text: pl.Series, delimiters: Delimiters) -> pl.Series:
    """Number the segment ids; a head of four characters tells `HL*` from `HLX*`."""
    head = text.str.slice(0, 4).cast(pl.Categorical(pl.Categories.random()))
    element = character(delimiters.element)
    # The codes of a fresh dictionary count up from 0 in order of first appearance.
    codes = [
        CODE.get(value.partition(element)[0], 0) if element in value or len(value) < 4 else 0
        for value in head.unique(maintain_order=True).cast(pl.String)
    ]
    return pl.Series("id", codes, dtype=pl.UInt8).gather(head.to_physical())
