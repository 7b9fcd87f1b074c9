"""The parts of a region: what each segment belongs to.

A *scope* is a run of segments that begins with an envelope segment, an HL or a CLM and ends before the next one. A
*part* is a run within a scope that begins with one of these, or with what others hang on: NM1, SBR, LX, SVD and LIN.
A segment only carries the number of its part; all else is known of parts, of which there are half as many.
"""

from __future__ import annotations

import polars as pl

from billing.formats.x12.segments import CODE, OPENERS, STARTERS

AREA_HEADER, AREA_OTHER_PAYER, AREA_LINE = 0, 1, 2


def lay_parts(segment_ids: pl.Series, lost: pl.Series | None = None) -> tuple[pl.Series, pl.DataFrame]:
    """Cut segments into parts.

    Args:
        segment_ids: The `id` of each segment, in file order.
        lost: Row numbers at which a scope begins although its first segment was lost.

    Returns:
        For each segment the number of its part (UInt32, from 0), and one row per part: `row` (UInt32, its first
        segment's), `id` (of that segment), `starts` (a scope begins here), `scope` (UInt32, from 0), `line` (UInt32,
        runs on over the region) and `area` (UInt8: header, other payer, line).
    """
    forced = pl.Series([0] * bool(len(segment_ids)), dtype=pl.UInt32)
    if lost is not None:
        forced = pl.concat([forced, lost])
    # An SV1 without its LX begins a line of its own.
    opens = (segment_ids == CODE["SV1"]) & (segment_ids.shift(1, fill_value=0) != CODE["LX"])
    opens |= (segment_ids >= 1) & (segment_ids <= len(STARTERS) + len(OPENERS))
    opens = opens.scatter(forced, values=True)
    part = pl.select(part=running_count(pl.lit(opens)) - 1).to_series()
    segment = segment_ids.filter(opens)
    starts = (segment >= 1) & (segment <= len(STARTERS))
    starts = starts.scatter(part[forced], values=True)
    is_line = (segment == CODE["LX"]) | (segment == CODE["SV1"])
    parts = pl.select(
        row=pl.lit(opens.arg_true().cast(pl.UInt32)),
        id=pl.lit(segment),
        starts=pl.lit(starts),
        scope=running_count(pl.lit(starts)) - 1,
        line=running_count(pl.lit(is_line)),
        area=pl.when(starts)
        .then(pl.lit(AREA_HEADER, pl.UInt8))
        .when(segment == CODE["SBR"])
        .then(pl.lit(AREA_OTHER_PAYER, pl.UInt8))
        .when(is_line)
        .then(pl.lit(AREA_LINE, pl.UInt8))
        .forward_fill(),
    )
    return part, parts


def running_count(condition: pl.Expr) -> pl.Expr:
    """Count the rows up to each one at which a condition holds (UInt32); to count is much faster than to add up."""
    return pl.when(condition).then(statement=True).cum_count()
