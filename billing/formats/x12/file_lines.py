"""On which line of its file a segment begins, for people who open the file in an editor."""

from __future__ import annotations

import polars as pl

from billing.formats.x12.delimiters import PADDING
from billing.formats.x12.segments import Region, Segments
from billing.formats.x12.windows import Window


def with_file_lines(errors: pl.DataFrame, segments: Segments, data: bytes, window: Window | None) -> pl.DataFrame:
    """Fill in `file_line` of errors.

    Args:
        errors: One row per error, with `position`, 0 for a segment that a window carries.
        segments: The segments of the file or window.
        data: The whole file.
        window: The part of it that `segments` holds; null: all of it.

    Returns:
        The same rows. Lines end in a line feed, or, in a file without any, in a carriage return.
    """
    if errors.is_empty():
        return errors
    end = "\n" if b"\n" in data else "\r"
    ends = 0 if window is None else data.count(end.encode(), 0, window.start)
    numbered = []
    for frame, region in zip(segments.of_regions(), segments.regions, strict=True):
        own = frame.filter(pl.col("position") > 0)
        numbered.append(own.select("position", file_line=_lines(own.get_column("raw"), region, end) + ends + 1))
        if region.delimiters.terminator == ord(end):
            ends += len(own)
        elif region.line_end == end:
            ends += len(own) - 1 + region.tail.count(end)
        else:
            ends += _count(own.get_column("raw"), end) + region.tail.count(end)
    lines = pl.concat(numbered)
    return (
        errors.drop("file_line")
        .join(lines, on="position", how="left", maintain_order="left")
        .select(pl.col(name).cast(dtype) for name, dtype in errors.schema.items())
    )


def _lines(raw: pl.Series, region: Region, end: str) -> pl.Series:
    """Count the line ends of the region in front of each segment."""
    if region.delimiters.terminator == ord(end) or region.line_end == end:
        return pl.int_range(len(raw), dtype=pl.UInt32, eager=True)
    counts = raw.str.count_matches(end, literal=True)
    padding = raw.str.head(raw.str.len_chars() - raw.str.strip_chars_start(PADDING).str.len_chars())
    return counts.cum_sum() - counts + padding.str.count_matches(end, literal=True)


def _count(raw: pl.Series, end: str) -> int:
    return int(raw.str.count_matches(end, literal=True).sum())
