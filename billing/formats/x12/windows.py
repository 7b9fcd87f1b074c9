"""Cut a large 837P into byte ranges that can each be read by themselves.

A window begins where a loop, a transaction or an interchange begins, and carries the bytes of the envelope and of
the loops in force there, so that the reader of a whole file reads a window too. Nothing is split to find the
places: the file is searched around each wanted boundary only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from billing.formats.x12.delimiters import UTF8_MARK, Delimiters, find_regions

Range = tuple[int, int]


class Before(NamedTuple):
    """What of the envelope lies in front of a window.

    Attributes:
        interchanges: ISA segments of the file.
        groups: GS segments since the last of these.
        transactions: ST segments since the last of these.
        set_position: Segment number of the last ST in the file; 0: none.
    """

    interchanges: int = 0
    groups: int = 0
    transactions: int = 0
    set_position: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a file.

    Attributes:
        start: First byte of its own.
        stop: Byte behind its last one.
        carried: Ranges of the envelope and the loops in force at `start`, in file order; empty at the file's start.
        first_position: Segment number of its first own segment in the file, from 1.
        before: What of the envelope lies in front of it.
    """

    start: int
    stop: int
    carried: tuple[Range, ...]
    first_position: int
    before: Before


def cut_windows(data: bytes, size: int) -> Iterator[Window]:
    """Yield windows of about `size` bytes that together hold every byte of the file once.

    Args:
        data: The whole file.
        size: Wanted bytes per window; a loop is never cut, so a window may be larger.
    """
    position, before = 1, Before()
    for start, stop, delimiters in find_regions(data):
        at = start
        while at < stop:
            end = _next_boundary(data, at + size, stop, delimiters) if at + size < stop else stop
            carried = () if at == start else _carried(data, start, at, delimiters)
            window = Window(at, end, carried, position, before)
            yield window
            before = _behind(data, window, delimiters)
            position += data.count(bytes([delimiters.terminator]), at, end)
            at = end


def _behind(data: bytes, window: Window, delimiters: Delimiters) -> Before:
    """Count the envelope on, behind a window."""
    at, end, before = window.start, window.stop, window.before
    interchange, group = _last(data, "ISA", at, end, delimiters), _last(data, "GS", at, end, delimiters)
    set_start = _last(data, "ST", at, end, delimiters)
    is_new_group = group is not None and (interchange is None or group > interchange)
    since_isa = at if interchange is None else interchange
    since_gs = group if group is not None and is_new_group else since_isa
    return Before(
        before.interchanges + _count(data, "ISA", at, end, delimiters),
        (before.groups if interchange is None else 0) + _count(data, "GS", since_isa, end, delimiters),
        (before.transactions if interchange is None and not is_new_group else 0)
        + _count(data, "ST", since_gs, end, delimiters),
        before.set_position
        if set_start is None
        else window.first_position + data.count(bytes([delimiters.terminator]), at, set_start),
    )


def _count(data: bytes, name: str, start: int, end: int, delimiters: Delimiters) -> int:
    """Count the segments of that id in a range; to count bytes is much faster than to look for a pattern."""
    needle = name.encode() + bytes([delimiters.element])
    before = bytes([delimiters.terminator])
    inside = sum(data.count(before + padding + needle, start, end) for padding in (b"", b"\n", b"\r\n"))
    at_start = data[start : start + 16].removeprefix(UTF8_MARK).lstrip(b"\r\n\t \x00").startswith(needle)
    return inside + at_start


def window_bytes(data: bytes, window: Window) -> bytes:
    """Return what the reader shall read for a window: what it carries, then its own bytes."""
    return b"".join(data[start:stop] for start, stop in (*window.carried, (window.start, window.stop)))


def carried_segments(data: bytes, window: Window, delimiters: Delimiters) -> int:
    """Count the segments that a window carries."""
    return sum(data.count(bytes([delimiters.terminator]), start, stop) for start, stop in window.carried)


def _segment(name: str, delimiters: Delimiters, more: bytes = b"") -> re.Pattern[bytes]:
    """Match the start of a segment behind a terminator and padding; group 1 is the segment."""
    end, mark = re.escape(bytes([delimiters.terminator])), re.escape(bytes([delimiters.element]))
    return re.compile(end + rb"[\r\n\t \x00]*(" + name.encode() + mark + more + rb")")


def _next_boundary(data: bytes, wanted: int, stop: int, delimiters: Delimiters) -> int:
    """Find where the next loop, transaction or interchange begins at or behind a byte."""
    found = [
        match.end(0) - len(match.group(1))
        for name in ("HL", "ST", "ISA")
        if (match := _segment(name, delimiters).search(data, wanted, stop))
    ]
    return min(found, default=stop)


def _carried(data: bytes, start: int, at: int, delimiters: Delimiters) -> tuple[Range, ...]:
    """Find the envelope and the loops in force at a byte: ISA, GS, ST with its header, billing and subscriber loop."""
    ranges: list[Range] = []
    floor = start
    for name in ("ISA", "GS"):
        here = _last(data, name, floor, at, delimiters)
        if here is None:
            return tuple(ranges)
        ranges.append((here, _end_of_segment(data, here, delimiters)))
        floor = here
    set_start, set_end = _last(data, "ST", floor, at, delimiters), _last(data, "SE", floor, at, delimiters)
    if set_start is None or (set_end is not None and set_end > set_start):
        return tuple(ranges)
    ranges.append((set_start, _first_of(data, ("HL", "SE"), set_start, at, delimiters)))
    floor = set_start
    for level in (b"20", b"22"):
        here = _last_loop(data, level, floor, at, delimiters)
        if here is not None:
            ranges.append((here, _first_of(data, ("HL", "CLM", "SE"), here + 1, at, delimiters)))
            floor = here
    return tuple(ranges)


def _last(data: bytes, name: str, start: int, at: int, delimiters: Delimiters) -> int | None:
    """Find the last segment of that id in a range."""
    needle = name.encode() + bytes([delimiters.element])
    here = at
    while (here := data.rfind(needle, start, here)) >= 0:
        before = data[max(start, here - 16) : here].rstrip(b"\r\n\t \x00").removeprefix(UTF8_MARK)
        if here == start or not before or before[-1] == delimiters.terminator:
            return here
    return None


def _last_loop(data: bytes, level: bytes, start: int, at: int, delimiters: Delimiters) -> int | None:
    """Find the last HL of that level in a range."""
    here: int | None = at
    while here is not None and (here := _last(data, "HL", start, here, delimiters)) is not None:
        elements = data[here : _end_of_segment(data, here, delimiters) - 1].split(bytes([delimiters.element]))
        if len(elements) > 3 and elements[3] == level:
            return here
    return None


def _first_of(data: bytes, names: tuple[str, ...], start: int, at: int, delimiters: Delimiters) -> int:
    found = [
        match.end(0) - len(match.group(1))
        for name in names
        if (match := _segment(name, delimiters).search(data, start, at))
    ]
    return min(found, default=at)


def _end_of_segment(data: bytes, here: int, delimiters: Delimiters) -> int:
    end = data.find(bytes([delimiters.terminator]), here)
    return end + 1 if end >= 0 else len(data)
