"""Whether rows of a reference file are about a line: by their values, and by whether their dates cover its days."""

from __future__ import annotations

from datetime import date

import polars as pl

from billing.rules._words import date_text, sentence

OPEN = date(9999, 12, 31)
_END = pl.col("ended").fill_null(OPEN)


def agrees(of_file: str, of_line: str) -> pl.Expr:
    """Tell whether a value of the file is the line's; what the file leaves empty fits every line.

    Null where the line has no value to compare: a filter leaves that row out.
    """
    return pl.col(of_file).is_null() | (pl.col(of_file) == pl.col(of_line))


def covers() -> pl.Expr:
    """Tell whether one span alone covers every day of the line beside it; false without a span."""
    begins, ends = pl.col("effective") <= pl.col("service_date"), pl.col("last_date") <= _END
    return (begins & ends).fill_null(value=False)


def coverage(spans: pl.DataFrame) -> pl.DataFrame:
    """Put the spans of each line together and compare them with its days.

    Args:
        spans: One row per line and span: `line_key`, `service_date`, `last_date`, `effective`, `ended`.

    Returns:
        One row per line that has spans: `line_key`, `is_covered` (every day lies in spans, one or several that follow
        each other), `is_touched` (some day does), `near_first` and `near_last` (the nearest span put together; the
        last is null when open).
    """
    by = "line_key"
    spans = spans.with_columns(end=_END).sort(by, "effective", "end")
    reached = pl.col("end").cum_max().shift().over(by)
    is_new = (pl.col("effective").to_physical() > reached.to_physical() + 1).fill_null(value=True)
    first, last = pl.col("service_date"), pl.col("last_date")
    joined = (
        spans.with_columns(island=is_new.cum_sum().over(by))
        .group_by(by, "island", maintain_order=True)
        .agg(pl.col("service_date", "last_date").first(), start=pl.col("effective").min(), end=pl.col("end").max())
    )
    start, end = pl.col("start"), pl.col("end")
    ahead, behind = (start - first).dt.total_days(), (last - end).dt.total_days()
    return (
        joined.with_columns(
            is_covered=(start <= first) & (end >= last),
            is_touched=(start <= last) & (end >= first),
            away=pl.max_horizontal(ahead, behind, 0),
        )
        .sort(by, "away", "start")
        .group_by(by, maintain_order=True)
        .agg(
            pl.col("is_covered", "is_touched").any(),
            near_first=start.first(),
            near_last=pl.when(end != OPEN).then(end).first(),
        )
    )


def covered(beside: pl.DataFrame) -> pl.Series:
    """Return the lines whose days the spans beside them cover: one alone, or several together for a range of days.

    Args:
        beside: As for `coverage`, which takes longer: it puts the spans of every line together.

    Returns:
        `line_key`, with repeats.
    """
    alone = beside.filter(covers()).get_column("line_key")
    ranges = coverage(beside.filter(pl.col("last_date") > pl.col("service_date")))
    return pl.concat([alone, ranges.filter("is_covered").get_column("line_key")])


def nearest_text() -> pl.Expr:
    """Write the nearest span: `2025-01-01 to 2026-04-30`, or `2026-06-01 on`."""
    first, last = date_text(pl.col("near_first")), date_text(pl.col("near_last"))
    return pl.when(pl.col("near_last").is_null()).then(sentence(first, " on")).otherwise(sentence(first, " to ", last))
