"""What is kept of a region until its claims are written out."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from billing.formats.x12.delimiters import Delimiters
from billing.formats.x12.tree import Tree


@dataclass(frozen=True, slots=True)
class WrittenRegion:
    """What is kept of a region until its claims are written out.

    Attributes:
        segments: Its segments, one row each, with `raw` and `id`.
        scopes: Its scopes, with the `claim_key` of each that is a claim.
        unreadable: One row per part that is no claim to the reader: `first_row` and `last_row`.
        delimiters: Its delimiters.
        line_end: The padding in front of every segment but the first that `raw` leaves out.
        tail: The padding behind its last terminator.
        positions: Number of each segment in the file; null where they follow on from the first, as they do in a
            region without empty segments.
    """

    segments: pl.DataFrame
    scopes: pl.DataFrame
    unreadable: pl.DataFrame
    delimiters: Delimiters
    line_end: str
    tail: str
    positions: pl.Series | None = None


def written_region(
    tree: Tree, scopes: pl.DataFrame, unreadable: pl.DataFrame, *, line_end: str, tail: str
) -> WrittenRegion:
    """Keep what is needed of a tree's segments, of its scopes and of its unreadable parts."""
    position = tree.segments.get_column("position")
    follow_on = position.is_empty() or position.item(-1) - position.item(0) + 1 == len(position)
    return WrittenRegion(
        tree.segments.select("raw", "id"),
        scopes,
        unreadable.select("first_row", "last_row"),
        tree.delimiters,
        line_end,
        tail,
        None if follow_on else position,
    )
