"""Cut a large 837P into windows that are read one after the other.

A window ends where a loop, a transaction or an interchange begins; nothing is split to find that place. What is in
force there (the envelope, the billing and the subscriber loop) is read again in front of the next window, so that
the reader of a whole file reads a window too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from billing.formats.mapped import Bytes
from billing.formats.x12.delimiters import Delimiters, character
from billing.formats.x12.segments import CODE
from billing.formats.x12.tree import Tree

LOOP_STARTS = ("HL", "ST", "ISA")
SET_STARTS = ("ST", "ISA")
_PART = 1 << 20
_OVERLAP = 4096


def next_boundary(data: Bytes, wanted: int, stop: int, delimiters: Delimiters, names: tuple[str, ...]) -> int:
    """Find the byte behind the terminator in front of the next segment with one of some ids.

    Args:
        data: The file.
        wanted: Where to begin to look.
        stop: Where to stop; returned when there is no such segment before.
        delimiters: Of that part of the file.
        names: The segment ids.
    """
    end, mark = re.escape(bytes([delimiters.terminator])), re.escape(bytes([delimiters.element]))
    start = re.compile(end + rb"[\r\n\t \x00\x1a]*(?:" + "|".join(names).encode() + rb")" + mark)
    for at in range(wanted, stop, _PART):
        # More padding than the overlap holds hides a place to cut at, which only makes the window larger.
        match = start.search(data[at : min(at + _PART + _OVERLAP, stop)])
        if match:
            return at + match.start() + 1
    return stop


def in_force(tree: Tree) -> list[str]:
    """Return the segments that say what is in force behind the last one of a tree, in file order.

    These are the last ISA and GS; the last ST with its header, and a closer behind it; and the last billing and
    subscriber loop of that transaction, up to their first claim.
    """
    scopes = tree.scopes
    rows = [row for name in ("ISA", "GS") for row in _head(_last(scopes, CODE[name]))]
    opened = _last(scopes, CODE["ST"])
    if len(opened):
        behind = scopes.filter(pl.col("scope") > opened.item(0, "scope"))
        loops = behind.filter(pl.col("id") == CODE["HL"])
        billing = loops.filter(level="20").tail(1)
        subscriber = loops.filter(level="22").tail(1)
        closers = behind.filter(pl.col("id").is_in([CODE[name] for name in ("SE", "GE", "IEA", "ISA", "GS")]))
        rows += [row for part in (opened, billing, subscriber) for row in _all(part)]
        # Whatever closed the transaction, an SE says so without opening or counting anything.
        closed = len(closers) > 0
    else:
        closed = False
    texts = tree.segments.get_column("raw")[sorted(rows)].to_list()
    return [*texts, f"SE{character(tree.delimiters.element)}"] if closed else texts


def _last(scopes: pl.DataFrame, segment_id: int) -> pl.DataFrame:
    return scopes.filter(pl.col("id") == segment_id).tail(1)


def _head(scopes: pl.DataFrame) -> Iterator[int]:
    yield from scopes.get_column("first_row").to_list()


def _all(scopes: pl.DataFrame) -> Iterator[int]:
    for first, last in scopes.select("first_row", "last_row").iter_rows():
        yield from range(first, last + 1)
