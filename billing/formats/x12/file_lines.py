"""On which line of its file a segment begins, for people who open the file in an editor."""

from __future__ import annotations

import polars as pl

from billing.formats.x12.delimiters import PADDING
from billing.formats.x12.segments import Region, Segments


def with_file_lines(errors: pl.DataFrame, segments: Segments, data: bytes) -> pl.DataFrame:
    """Fill in `file_line` of errors.

    Args:
        errors: One row per error, with `position`.
        segments: The segments of the file.
        data: The whole file.

    Returns:
        The same rows. Lines end in a line feed, or, in a file without any, in a carriage return.
    """
    if errors.is_empty():
        return errors
    end = "\n" if b"\n" in data else "\r"
    ends = 0
    numbered = []
    for own, region in zip(segments.of_regions(), segments.regions, strict=True):
        numbered.append(own.select("position", file_line=lines_before(own.get_column("raw"), region, end) + ends + 1))
        if region.delimiters.terminator == ord(end):
            ends += len(own)
        elif region.line_end == end:
            ends += len(own) - 1 + region.tail.count(end)
        else:
            ends += _count(own.get_column("raw"), end) + region.tail.count(end)
    return on_lines(errors, pl.concat(numbered))


def on_lines(errors: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Put the line of its segment (`position`, `file_line`) beside each error, as its `file_line`."""
    return (
        errors.drop("file_line")
        .join(lines, on="position", how="left", maintain_order="left")
        .select(pl.col(name).cast(dtype) for name, dtype in errors.schema.items())
    )


def lines_before(raw: pl.Series, region: Region, end: str) -> pl.Series:
    """Count the line ends of the region in front of each segment."""
    if region.delimiters.terminator == ord(end) or region.line_end == end:
        return pl.int_range(len(raw), dtype=pl.UInt32, eager=True)
    counts = raw.str.count_matches(end, literal=True)
    padding = raw.str.head(raw.str.len_chars() - raw.str.strip_chars_start(PADDING).str.len_chars())
    return counts.cum_sum() - counts + padding.str.count_matches(end, literal=True)


def _count(raw: pl.Series, end: str) -> int:
    return int(raw.str.count_matches(end, literal=True).sum())
