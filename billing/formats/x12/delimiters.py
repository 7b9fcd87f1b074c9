"""The delimiters of an X12 file: found in each ISA, never assumed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from billing.errors import InputError
from billing.formats.mapped import Bytes

UTF8_MARK = b"\xef\xbb\xbf"
PADDING = "\r\n\t \x00\x1a"
"""What may stand between segments and is no data."""

LONGEST = 16 * 2**20
"""Bytes of the longest segment that is read."""

_PADDING = PADDING.encode()


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The bytes that part one interchange, each as a number from 0 to 255."""

    element: int
    component: int
    terminator: int


def character(byte: int) -> str:
    """Return the character that stands for a delimiter byte in the `raw` and `text` columns."""
    return bytes([byte]).decode("latin-1")


def first_delimiters(body: Bytes) -> Delimiters | None:
    """Read the delimiters that a file begins with; null when the first thing in it is no ISA that can be read."""
    return next((delimiters for _, delimiters in _changes(body)), None)


def find_regions(body: Bytes) -> list[tuple[int, int, Delimiters]]:
    """Find where interchanges begin that change the delimiters: (start, stop, delimiters) from 0 to the end.

    Empty when the first thing in the file is no ISA header that can be read.
    """
    starts = list(_changes(body))
    stops = [at for at, _ in starts[1:]] + [len(body)] * bool(starts)
    return [(at, stop, delimiters) for (at, delimiters), stop in zip(starts, stops, strict=True)]


def check_lengths(body: Bytes, delimiters: Delimiters, start: int, stop: int, name: str) -> None:
    """Refuse a file whose segments never end: what comes between two terminators is held in memory at once.

    Raises:
        InputError: A segment is longer than `LONGEST`.
    """
    end, at = bytes([delimiters.terminator]), start
    while stop - at > LONGEST:
        here = body.rfind(end, at, at + LONGEST)
        if here < 0:
            raise InputError(
                f"{name}: a segment has more than {LONGEST >> 20} MB and no end, which no claim has\n"
                "  fix: send the 837P file as your billing software wrote it"
            )
        at = here + 1


def _changes(body: Bytes) -> Iterator[tuple[int, Delimiters]]:
    """Yield where each region begins, and its delimiters; the first one begins with the file."""
    latest: Delimiters | None = None
    at = -1
    while (at := body.find(b"ISA", at + 1)) >= 0:
        before = body[max(0, at - 200) : at]
        if not latest and before.rstrip(_PADDING).removeprefix(UTF8_MARK):
            return
        delimiters = _delimiters_at(body, at)
        if latest and not _ends_a_segment(before, latest) and not _opens_a_group(body, at, delimiters):
            continue
        if delimiters is not None and delimiters != latest:
            yield at if latest else 0, delimiters
            latest = delimiters


def _ends_a_segment(before: bytes, delimiters: Delimiters) -> bool:
    """Tell whether `before` ends a segment: by its terminator and padding, or by being an unfinished IEA."""
    said = before.rstrip(_PADDING)
    # The terminator may itself be a line end.
    if not said or said[-1] == delimiters.terminator or delimiters.terminator in before[len(said) :]:
        return True
    element = re.escape(bytes([delimiters.element]))
    return re.search(rb"IEA" + element + rb"[0-9]+" + element + rb"[0-9]+$", said) is not None


def _opens_a_group(body: Bytes, at: int, delimiters: Delimiters | None) -> bool:
    """Tell whether a GS follows on an ISA, which is no part of a name then, whatever lost its terminator before it."""
    if delimiters is None:
        return False
    element, end = (re.escape(bytes([byte])) for byte in (delimiters.element, delimiters.terminator))
    header = rb"ISA(?:" + element + rb"[^" + element + rb"]*?){16}" + end + rb"[\r\n\t \x00\x1a]*GS" + element
    return re.match(header, body[at : at + 600]) is not None


def _delimiters_at(body: Bytes, at: int) -> Delimiters | None:
    """Read the delimiters of the ISA at `at`: its 16th element is the component separator, then the terminator."""
    fields = body[at : at + 400].split(body[at + 3 : at + 4] or b"*", 16)
    if len(fields) < 17 or len(fields[16]) < 2:
        return None
    element, component, terminator = body[at + 3], fields[16][0], fields[16][1]
    if len({element, component, terminator}) < 3 or any(bytes([byte]).isalnum() for byte in (element, terminator)):
        return None
    return Delimiters(element, component, terminator)
