"""What is kept of a region until its claims are written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from billing.formats.x12.delimiters import Delimiters
from billing.formats.x12.packed import Packed
from billing.formats.x12.segments import Region
from billing.formats.x12.tree import Tree


class Texts(Protocol):
    """The texts of a region's segments, with the padding in front and without the terminator."""

    def pieces(self, rows: pl.Series) -> Iterator[tuple[int, pl.Series]]:
        """Yield the texts of some segments, in order: how many came before, and a run of them.

        Args:
            rows: Numbers of the segments, ascending.
        """


@dataclass(frozen=True, slots=True)
class TextsInMemory:
    """The texts of a region, one row per segment."""

    raw: pl.Series

    def pieces(self, rows: pl.Series) -> Iterator[tuple[int, pl.Series]]:
        """Yield the texts of some segments in one run."""
        yield 0, self.raw[rows]


@dataclass(frozen=True, slots=True)
class WrittenRegion:
    """What is kept of a region until its claims are written out.

    Attributes:
        region: Its delimiters, and the padding that its segments do not carry.
        ids: The `id` of each of its segments.
        texts: Their texts.
        scopes: Its scopes, with the `claim_key` of each that is a claim.
        unreadable: One row per part that is no claim to the reader: `first_row` and `last_row`.
        positions: Number of each segment in the file; null where they follow on from the first, as they do in a
            region without empty segments.
    """

    region: Region
    ids: pl.Series
    texts: Texts
    scopes: pl.DataFrame
    unreadable: pl.DataFrame
    positions: pl.Series | None = None

    @property
    def delimiters(self) -> Delimiters:
        """The region's delimiters."""
        return self.region.delimiters

    def raw(self, rows: pl.Series) -> pl.Series:
        """Return the texts of some segments (ascending numbers)."""
        if isinstance(self.texts, TextsInMemory):
            return self.texts.raw[rows]
        packed = Packed()
        for _, texts in self.texts.pieces(rows):
            packed.add(texts.alias("raw").to_frame())
        return packed.unpack().get_column("raw")


def written_region(region: Region, tree: Tree, scopes: pl.DataFrame, unreadable: pl.DataFrame) -> WrittenRegion:
    """Keep what is needed of a tree's segments, of its scopes and of its unreadable parts."""
    position = tree.segments.get_column("position")
    return WrittenRegion(
        region,
        tree.segments.get_column("id"),
        TextsInMemory(tree.segments.get_column("raw")),
        scopes.drop("open", "professional", "loop_level"),
        unreadable.select("first_row", "last_row"),
        None if follow_on(position) else position,
    )


def follow_on(position: pl.Series) -> bool:
    """Tell whether segment numbers count up by one."""
    return position.is_empty() or position.item(-1) - position.item(0) + 1 == len(position)
