"""Where the first segment of a claim or of a loop was lost, told by what cannot stand where it stands.

A lost CLM shows as an HI behind a claim's lines, as a second LX*1, or as claim segments in a loop that has no CLM; a
lost HL as an SBR, or as the name of a billing provider, subscriber or patient, behind a claim's lines.
"""

from __future__ import annotations

import polars as pl

from billing.formats.x12.delimiters import Delimiters, character
from billing.formats.x12.parts import AREA_LINE
from billing.formats.x12.segments import CODE, hidden_mark

LOST_CLAIM = 255
"""Id of a scope that begins inside a claim, where the next claim's CLM was lost."""
LOST_LOOP = 254
"""Id of a scope that begins inside a claim, where the next loop's HL was lost: nothing below it knows its member."""


def lost_starts(
    segments: pl.DataFrame, parts: pl.DataFrame, delimiters: Delimiters, *, hides: bool = False
) -> pl.DataFrame:
    """Find where the start of a claim or of a loop was lost.

    Args:
        segments: One row per segment with `id`, `text` and `part`.
        parts: The parts of these segments.
        delimiters: The region's delimiters.
        hides: A segment may hold others, parted by delimiters that are not known.

    Returns:
        `row` at which the lost part begins (the segment with an unknown id before the evidence, when there is
        one) and `id`, LOST_CLAIM or LOST_LOOP; sorted by row.
    """
    starts = parts.filter("starts")
    in_claim = (starts.get_column("id") == CODE["CLM"]).alias("in_claim")
    hidden = _hidden(segments, delimiters) if hides else None
    if hidden is None and not _looks_lost(segments, parts, in_claim, delimiters):
        return pl.DataFrame(schema={"row": pl.UInt32, "id": pl.UInt8})
    mark = character(delimiters.element)
    segments = (
        segments.select("id", "text")
        .with_row_index("row")
        .hstack(parts.select("scope", "area")[segments.get_column("part")])
    )
    scope_starts = starts.select("scope", scope_start="row")
    # Evidence is looked for in what a claim may hold; the row before an SBR tells whether it stands behind lines.
    suspects = segments.with_columns(
        was=pl.col("area").shift(1), in_claim=in_claim[segments.get_column("scope")]
    ).filter(pl.col("id").is_in([CODE[name] for name in ("HI", "LX", "SV1", "SBR", "NM1")]))
    is_of_claim = pl.col("id").is_in([CODE["HI"], CODE["LX"], CODE["SV1"]])
    first_of_claim = is_of_claim & pl.struct("scope", is_of_claim).is_first_distinct()
    behind_lines = pl.col("area") == AREA_LINE
    kind = (
        pl.when((pl.col("id") == CODE["HI"]) & behind_lines | ~pl.col("in_claim") & first_of_claim)
        .then(pl.lit(LOST_CLAIM, pl.UInt8))
        .when(~pl.col("in_claim"))
        .then(None)
        .when(
            (pl.col("id") == CODE["SBR"]) & (pl.col("was") == AREA_LINE)
            | (pl.col("id") == CODE["NM1"]) & behind_lines & _names_a_loop(mark)
        )
        .then(pl.lit(LOST_LOOP, pl.UInt8))
    )
    again = suspects.filter(text=f"LX{mark}1").filter(~pl.col("scope").is_first_distinct())
    lost = pl.concat(
        [
            suspects.select("row", "scope", id=kind).filter(pl.col("id").is_not_null()),
            again.select("row", "scope", id=pl.lit(LOST_CLAIM, pl.UInt8)),
        ]
    )
    if not lost.is_empty():
        lost = _in_claim_transactions(lost.sort("row"), segments, f"ST{mark}837")
        lost = _from_the_unknown(lost, segments, scope_starts)
    lost = lost.select("row", "id")
    return lost if hidden is None else pl.concat([lost, hidden]).unique("row", keep="first").sort("row")


def _hidden(segments: pl.DataFrame, delimiters: Delimiters) -> pl.DataFrame | None:
    """Find the segments in which a CLM stands that other delimiters set apart; null when there is none.

    Nobody can say where such a claim begins and ends: the segment is not read as part of any other claim.
    """
    mark = hidden_mark(delimiters)
    clm = rf"^CLM{mark}|{mark}CLM[^A-Za-z0-9 ]"
    rows = segments.get_column("text").str.contains(clm).arg_true().cast(pl.UInt32)
    if rows.is_empty():
        return None
    return pl.DataFrame({"row": rows}).with_columns(id=pl.lit(LOST_CLAIM, pl.UInt8))


def _looks_lost(segments: pl.DataFrame, parts: pl.DataFrame, in_claim: pl.Series, delimiters: Delimiters) -> bool:
    """Say cheaply whether there is anything to look for; almost every file is whole."""
    mark = character(delimiters.element)
    segment, text, part = (segments.get_column(name) for name in ("id", "text", "part"))
    opener, scope, area = (parts.get_column(name) for name in ("id", "scope", "area"))
    of_hi, of_service = part.filter(segment == CODE["HI"]), part.filter(segment == CODE["SV1"])
    if (area[of_hi] == AREA_LINE).any():
        return True
    if ((opener == CODE["SBR"]) & (area.shift(1) == AREA_LINE)).any():
        return True
    lines = scope.filter(opener == CODE["LX"])
    if not all(in_claim[scopes].all() for scopes in (scope[of_hi], scope[of_service], lines)):
        return True
    first_lines = lines.filter(text.filter(segment == CODE["LX"]) == f"LX{mark}1")
    beside_lines = parts.get_column("row").filter((opener == CODE["NM1"]) & (area == AREA_LINE))
    names = text[beside_lines].to_frame()
    return bool((first_lines.slice(1) == first_lines.head(-1)).any() or names.select(_names_a_loop(mark).any()).item())


def _names_a_loop(mark: str) -> pl.Expr:
    """Tell the text of an NM1 that names a billing provider, a subscriber or a patient."""
    people = [f"NM1{mark}{qualifier}{mark}" for qualifier in ("85", "IL", "QC")]
    return pl.any_horizontal(pl.col("text").str.starts_with(person) for person in people)


def _in_claim_transactions(lost: pl.DataFrame, segments: pl.DataFrame, opening: str) -> pl.DataFrame:
    """Keep what lies in an 837: other transactions have an LX or NM1 where they please."""
    sets = segments.filter(pl.col("id") == CODE["ST"])
    ours = pl.concat([pl.Series([False]), sets.get_column("text").str.starts_with(opening)])
    return lost.filter(ours.gather(sets.get_column("row").search_sorted(lost.get_column("row"))))


def _from_the_unknown(lost: pl.DataFrame, segments: pl.DataFrame, scope_starts: pl.DataFrame) -> pl.DataFrame:
    """Move each start back to the first segment with an unknown id behind the last line, or behind the loop's start.

    Evidence that follows in the same scope without a service line between belongs to the same lost part.
    """
    services = segments.filter(pl.col("id").is_in([CODE["SV1"], CODE["SV2"]])).get_column("row")
    unknown = segments.filter(pl.col("id") == 0).get_column("row")
    lines_before = services.search_sorted(lost.get_column("row"))
    last_service = pl.concat([pl.Series([0], dtype=pl.UInt32), services]).gather(lines_before)
    lost = lost.join(scope_starts, on="scope", how="left", maintain_order="left")
    after = pl.DataFrame({"a": last_service, "b": lost.get_column("scope_start")}).max_horizontal()
    never = pl.Series([2**32 - 1], dtype=pl.UInt32)
    next_unknown = pl.concat([unknown, never]).gather(unknown.search_sorted(after))
    lost = lost.with_columns(lines_before=lines_before, row=pl.min_horizontal("row", next_unknown))
    return lost.filter(pl.struct("scope", "lines_before").is_first_distinct()).select("row", "id")
