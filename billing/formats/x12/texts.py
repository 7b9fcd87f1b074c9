"""The texts of a region's segments, each distinct one looked up once.

Claims repeat a few procedures, dates, diagnoses and payers, and each member's loops, many times over. All of them
are looked up in one pass, in the order they stand in memory: family by family it would take twice as long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from billing.formats.x12.delimiters import Delimiters
from billing.formats.x12.segments import CODE, is_one_of, number_ids, pieces

REPEATED = ("HL", "PRV", "NM1", "N3", "N4", "SBR", "PAT", "DMG", "DTP", "HI", "LX", "SV1")
"""Ids of the segments whose texts are worth looking up."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The segments with one of the ids in `REPEATED`, and their distinct texts.

    Attributes:
        ids: The `id` of each of these segments, in file order.
        said: For each, the row of its text in `distinct` (UInt32).
        distinct: One row per distinct text: `text` and `id`.
    """

    ids: pl.Series
    said: pl.Series
    distinct: pl.DataFrame

    def of(self, segment_id: str) -> tuple[pl.Series, pl.Series]:
        """Return for each segment of an id, in file order, the row of its text among that id's; and these texts."""
        mine = self.distinct.get_column("id") == CODE[segment_id]
        texts = self.distinct.get_column("text").filter(mine)
        row_of_text = pl.Series([None], dtype=pl.UInt32).new_from_index(0, len(mine))
        row_of_text = row_of_text.scatter(mine.arg_true(), pl.int_range(len(texts), dtype=pl.UInt32, eager=True))
        return row_of_text[self.said.filter(self.ids == CODE[segment_id])], texts


def look_up(segments: pl.DataFrame, delimiters: Delimiters) -> Texts:
    """Look the texts of a region's segments up.

    Args:
        segments: One row per segment with `text` and `id`.
        delimiters: The region's delimiters.
    """
    text, ids = segments.get_column("text"), segments.get_column("id")
    mine = is_one_of(ids, *REPEATED)
    said, texts = coded_texts(piece.filter(chosen) for piece, chosen in zip(pieces(text), pieces(mine), strict=True))
    return Texts(ids.filter(mine), said, pl.DataFrame({"text": texts, "id": number_ids(texts, delimiters)}))


def coded_texts(pieces_of_text: Iterable[pl.Series]) -> tuple[pl.Series, pl.Series]:
    """Return for each text its row among the distinct ones, and these in order of first appearance."""
    dictionary = pl.Categorical(pl.Categories.random())
    coded = pl.concat([piece.cast(dictionary) for piece in pieces_of_text], rechunk=True)
    said = coded.to_physical()
    # The codes of a fresh dictionary count up from 0 in order of first appearance.
    last = said.max()
    codes = pl.int_range(last + 1 if isinstance(last, int) else 0, dtype=pl.UInt32, eager=True)
    return said, codes.cat.to(dictionary).cast(pl.String)
