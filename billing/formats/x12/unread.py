"""The segments of an 837P that no column holds: what a claim loses when it leaves X12."""

from __future__ import annotations

import polars as pl

from billing.formats.x12.delimiters import character
from billing.formats.x12.rebuild import rows_of
from billing.formats.x12.segments import CODE, is_one_of, without_padding
from billing.formats.x12.write837 import Source837
from billing.formats.x12.written import WrittenRegion

_HELD_WHOLE = ("CLM", "N3", "N4", "DMG", "SBR", "PAT", "PRV", "LX", "SV1", "OI", "HL")
"""Ids whose segments are read, all or nearly; those with a qualifier are listed below."""

_HELD = [
    "HI*ABK", "HI*ABF", "HI*BK", "HI*BF", "REF*G1", "REF*F8", "REF*6R", "REF*G2", "REF*1G", "REF*0B", "REF*LU",
    "REF*EI", "REF*SY", "NM1*82", "NM1*DQ", "NM1*DK", "NM1*DN", "NM1*P3", "NM1*77", "NM1*IL", "NM1*QC", "NM1*PR",
    "NM1*85", "AMT*D", "DTP*472", "DTP*573",
]  # fmt: skip
_QUALIFIED = ["NM1", "REF", "HI", "AMT", "DTP", "NTE", "CRC", "QTY", "PWK"]
_LOOPS = ("scope", "patient", "subscriber", "billing")
"""Where segments of a claim stand: in itself, and in the loops above it."""


def unread_segments(source: Source837) -> list[tuple[str, int]]:
    """Count the claims that have segments which no column holds, in themselves or in the loops above them.

    Returns:
        Segment with its qualifier (`NTE*ADD`, `SVD`) and number of claims, most first, then by name. What is no
        segment id is called so, because it could be a value.
    """
    counts: dict[str, int] = {}
    for region in source.regions:
        for segment, claims in _of_region(region):
            counts[segment] = counts.get(segment, 0) + claims
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _of_region(region: WrittenRegion) -> list[tuple[str, int]]:
    claims = region.scopes.filter(pl.col("claim_key").is_not_null())
    loops = pl.concat([claims.select("claim_key", scope=loop) for loop in _LOOPS]).drop_nulls().unique()
    scopes = region.scopes.join(loops, on="scope", how="semi", maintain_order="left")
    if scopes.is_empty():
        return []
    sizes = (scopes.get_column("last_row").cast(pl.Int64) - scopes.get_column("first_row") + 1).to_list()
    of_row = scopes.select(pl.col("scope").repeat_by(pl.Series(sizes))).explode("scope").to_series()
    rows = rows_of(scopes)
    others = ~is_one_of(region.ids[rows], *_HELD_WHOLE)
    named = _named(region, rows.filter(others)).to_frame().with_columns(scope=of_row.filter(others))
    unread = named.filter(~pl.col("segment").is_in(_HELD))
    counts = unread.unique().join(loops, on="scope").group_by("segment").agg(pl.col("claim_key").n_unique())
    return counts.rows()


def _named(region: WrittenRegion, rows: pl.Series) -> pl.Series:
    """Name segments by id and, where an id says too little, its qualifier: `segment`."""
    text = without_padding(region.raw(rows))
    mark, component = character(region.delimiters.element), character(region.delimiters.component)
    parts = text.str.split(mark).alias("parts").to_frame()
    segment_id = pl.col("parts").list.get(0)
    first = pl.col("parts").list.get(1, null_on_oob=True)
    qualifier = first.str.split(component).list.get(0, null_on_oob=True)
    name = (
        pl.when(segment_id.is_in(_QUALIFIED))
        .then(pl.concat_str(segment_id, pl.lit("*"), qualifier, ignore_nulls=True))
        .otherwise(segment_id)
    )
    is_known = segment_id.is_in(list(CODE)) & name.str.contains(r"^[A-Z0-9]{2,3}(\*[A-Z0-9]{0,3})?$")
    return parts.select(segment=pl.when(is_known).then(name).otherwise(pl.lit("of another kind"))).to_series()
