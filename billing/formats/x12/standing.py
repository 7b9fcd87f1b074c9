"""Where in its file a segment stands, as people and acknowledgements count: line, interchange, group, transaction."""

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
        if window is not None and window.carried and region.line_end != end:
            # The padding in front of a window's first segment lies behind what it carries.
            ends -= _count(_padding(own.get_column("raw").head(1)), end)
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


def with_envelope_numbers(errors: pl.DataFrame, window: Window) -> pl.DataFrame:
    """Number the envelope of errors as the whole file does.

    Args:
        errors: One row per error of a window (`SYNTAX_ERROR_SCHEMA`), numbered within the window.
        window: The window.

    Returns:
        The same rows.
    """
    has_isa, has_gs, has_st = (len(window.carried) > count for count in range(3))
    before = window.before
    in_first_isa = (pl.col("interchange") == 1) & has_isa
    in_first_gs = in_first_isa & (pl.col("group") == 1) & has_gs
    in_first_st = in_first_gs & (pl.col("transaction") == 1) & has_st

    def moved(column: str, there: pl.Expr, by: int) -> pl.Expr:
        return pl.when(there).then(pl.col(column) + by).otherwise(column).cast(pl.UInt32)

    return errors.with_columns(
        (pl.col("interchange") + (before.interchanges - has_isa)).cast(pl.UInt32),
        moved("group", in_first_isa, before.groups - has_gs),
        moved("transaction", in_first_gs, before.transactions - has_st),
        set_position=pl.when(in_first_st)
        .then(pl.col("position") - before.set_position + 1)
        .otherwise("set_position")
        .cast(pl.UInt32),
    )


def _lines(raw: pl.Series, region: Region, end: str) -> pl.Series:
    """Count the line ends of the region in front of each segment."""
    if region.delimiters.terminator == ord(end) or region.line_end == end:
        return pl.int_range(len(raw), dtype=pl.UInt32, eager=True)
    counts = raw.str.count_matches(end, literal=True)
    return counts.cum_sum() - counts + _padding(raw).str.count_matches(end, literal=True)


def _padding(raw: pl.Series) -> pl.Series:
    """Return what stands in front of segments."""
    return raw.str.head(raw.str.len_chars() - raw.str.strip_chars_start(PADDING).str.len_chars())


def _count(raw: pl.Series, end: str) -> int:
    return int(raw.str.count_matches(end, literal=True).sum())
