"""What is kept of a region until its claims are written out."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from billing.formats.x12.delimiters import Delimiters
from billing.formats.x12.segments import Region
from billing.formats.x12.tree import Tree


@dataclass(frozen=True, slots=True)
class WrittenRegion:
    """What is kept of a region until its claims are written out.

    Attributes:
        region: Its delimiters, and the padding that its segments do not carry.
        segments: Its segments, one row each, with `raw` and `id`.
        scopes: Its scopes, with the `claim_key` of each that is a claim.
        unreadable: One row per part that is no claim to the reader: `first_row` and `last_row`.
        positions: Number of each segment in the file; null where they follow on from the first, as they do in a
            region without empty segments.
    """

    region: Region
    segments: pl.DataFrame
    scopes: pl.DataFrame
    unreadable: pl.DataFrame
    positions: pl.Series | None = None

    @property
    def delimiters(self) -> Delimiters:
        """The region's delimiters."""
        return self.region.delimiters


def written_region(region: Region, tree: Tree, scopes: pl.DataFrame, unreadable: pl.DataFrame) -> WrittenRegion:
    """Keep what is needed of a tree's segments, of its scopes and of its unreadable parts."""
    position = tree.segments.get_column("position")
    follow_on = position.is_empty() or position.item(-1) - position.item(0) + 1 == len(position)
    return WrittenRegion(
        region,
        tree.segments.select("raw", "id"),
        scopes.drop("open", "professional", "loop_level"),
        unreadable.select("first_row", "last_row"),
        None if follow_on else position,
    )
