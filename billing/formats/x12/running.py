"""Running counts over the segments of a region: which scope, line and name each stands in.

A *scope* is a run of segments that begins with an envelope segment, an HL or a CLM and ends before the next one.
"""

from __future__ import annotations

import polars as pl

from billing.formats.x12.segments import CODE, STARTERS

AREA_HEADER, AREA_OTHER_PAYER, AREA_LINE = 0, 1, 2


def scope_starts(segment_ids: pl.Series, lost: pl.Series | None = None) -> pl.Series:
    """Tell the segments at which a scope begins: the first, the starters, and `lost` row numbers."""
    starts = (segment_ids >= 1) & (segment_ids <= len(STARTERS))
    rows = pl.Series([0] * bool(len(starts)), dtype=pl.UInt32)
    return starts.scatter(rows if lost is None else pl.concat([rows, lost]), values=True)


def counters(segments: pl.DataFrame, starts: pl.Series | None = None) -> pl.DataFrame:
    """Add what each segment stands in, in one pass of running counts.

    Args:
        segments: One row per segment with `id`, in file order.
        starts: True where a scope begins; default: by the ids.

    Returns:
        The same rows with `scope` (UInt32, from 0), `line` (UInt32, runs on over the region), `area` (UInt8: header,
        other payer, line), `section` (UInt8 of CODE: the last of HL CLM NM1 SBR LX SVD LIN at or before it, and SV1
        where it begins a line) and `nm1` (UInt32, counts the NM1 segments).
    """
    segment_ids = segments.get_column("id")
    segment = pl.col("id")
    is_start = pl.lit(scope_starts(segment_ids) if starts is None else starts)
    line_starts = (segment == CODE["LX"]) | (
        (segment == CODE["SV1"]) & (segment.shift(1, fill_value=0) != CODE["LX"])
    )  # an SV1 without its LX begins a line of its own
    area = (
        pl.when(is_start)
        .then(pl.lit(AREA_HEADER, pl.UInt8))
        .when(segment == CODE["SBR"])
        .then(pl.lit(AREA_OTHER_PAYER, pl.UInt8))
        .when(line_starts)
        .then(pl.lit(AREA_LINE, pl.UInt8))
        .forward_fill()
    )
    opens = [segment == CODE[name] for name in ("NM1", "SBR", "LX", "SVD", "LIN")]
    section = pl.when(pl.any_horizontal(is_start, line_starts, *opens)).then(segment).forward_fill()
    return segments.with_columns(
        scope=(is_start.cum_sum() - 1).cast(pl.UInt32),
        line=line_starts.cum_sum().cast(pl.UInt32),
        area=area,
        section=section,
        nm1=(segment == CODE["NM1"]).cum_sum().cast(pl.UInt32),
    )
