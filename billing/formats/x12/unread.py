"""The segments of an 837P that no column holds: what a claim loses when it leaves X12."""

from __future__ import annotations

import polars as pl

from billing.formats.x12.delimiters import character
from billing.formats.x12.rebuild import rows_of
from billing.formats.x12.segments import CODE, is_one_of, without_padding
from billing.formats.x12.write837 import Source837

_HELD_WHOLE = ("CLM", "N3", "N4", "DMG", "SBR", "PAT", "PRV", "LX", "SV1", "OI", "HL")
"""Ids whose segments are read, all or nearly; those with a qualifier are listed below."""

_HELD = frozenset({
    "HI*ABK", "HI*ABF", "HI*BK", "HI*BF", "REF*G1", "REF*F8", "REF*6R", "REF*G2", "REF*1G", "REF*0B", "REF*LU",
    "NM1*82", "NM1*DQ", "NM1*DK", "NM1*DN", "NM1*P3", "NM1*77", "NM1*IL", "NM1*PR", "AMT*D", "DTP*472",
    "DTP*573",
})  # fmt: skip


def unread_segments(source: Source837, claim_keys: pl.Series) -> list[tuple[str, int]]:
    """Count the claims that have segments which no column holds.

    Args:
        source: An 837P.
        claim_keys: The claims that are asked about.

    Returns:
        Segment with its qualifier (`NTE*ADD`, `SVD`) and number of claims, most first, then by name.
    """
    found = []
    for region in source.regions:
        scopes = region.scopes.filter(pl.col("claim_key").is_not_null())
        scopes = scopes.filter(pl.col("claim_key").is_in(claim_keys.implode()))
        if scopes.is_empty():
            continue
        rows = rows_of(scopes)
        of_claim = scopes.select("claim_key", row=pl.int_ranges("first_row", pl.col("last_row") + 1, dtype=pl.UInt32))
        claims = of_claim.explode("row").get_column("claim_key")
        ids = region.segments.get_column("id")[rows]
        others = ~is_one_of(ids, *_HELD_WHOLE)
        text = without_padding(region.segments.get_column("raw")[rows].filter(others))
        mark, component = character(region.delimiters.element), character(region.delimiters.component)
        parts = text.str.split(mark)
        qualifier = parts.list.get(1, null_on_oob=True).str.split(component).list.get(0, null_on_oob=True)
        frame = pl.DataFrame({"claim": claims.filter(others), "id": parts.list.get(0), "qualifier": qualifier})
        has_qualifier = pl.col("id").is_in([name for name in CODE if name in _QUALIFIED])
        named = (
            pl.when(has_qualifier)
            .then(pl.concat_str("id", pl.lit("*"), "qualifier", ignore_nulls=True))
            .otherwise("id")
        )
        is_plain = named.str.contains(r"^[A-Z0-9]{2,3}(\*[A-Z0-9]{0,3})?$")  # anything else could be a value
        named = pl.when(is_plain).then(named).otherwise(pl.lit("unknown segments"))
        found.append(frame.select("claim", segment=named))
    if not found:
        return []
    segments = pl.concat(found).filter(~pl.col("segment").is_in(list(_HELD)))
    counts = segments.group_by("segment").agg(claims=pl.col("claim").n_unique())
    return counts.sort("claims", "segment", descending=[True, False]).rows()


_QUALIFIED = frozenset({"NM1", "REF", "HI", "AMT", "DTP", "NTE", "CRC", "QTY", "PWK"})
