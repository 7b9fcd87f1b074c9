"""What is wrong with a file's envelope: counts and control numbers that do not agree, trailers that are missing.

These are findings about the file, not about a claim; the writer repairs them in the files it writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from billing.batch import FILE_FINDING_SCHEMA
from billing.formats.x12.delimiters import Delimiters
from billing.formats.x12.elements import element, split
from billing.formats.x12.family import counted, first_rows
from billing.formats.x12.lost import LOST_CLAIM, LOST_LOOP
from billing.formats.x12.segments import CODE

_FIX = "accepted.837 carries the right counts; ask your billing software's vendor to count them"


class Level(NamedTuple):
    """One level of the envelope: what opens and closes it, and what the closer counts.

    Attributes:
        opener: Segment id.
        closer: Segment id.
        counter: Column of the scopes that numbers the level.
        number: Element of the opener that holds its control number.
        counted: What the closer's first element counts, plural.
    """

    opener: str
    closer: str
    counter: str
    number: int
    counted: str


LEVELS = (
    Level("ST", "SE", "transaction", 2, "segments"),
    Level("GS", "GE", "group", 6, "transactions"),
    Level("ISA", "IEA", "interchange", 13, "groups"),
)

_ENVELOPE = [CODE[name] for level in LEVELS for name in (level.opener, level.closer)]


def file_findings(scopes: pl.DataFrame, delimiters: Delimiters, name: str) -> pl.DataFrame:
    """Compare every trailer with its header and with what lies between.

    Args:
        scopes: The region's scopes with the `claim_key` of each readable claim.
        delimiters: Its delimiters.
        name: The file's name.

    Returns:
        One row per disagreement (`FILE_FINDING_SCHEMA`), in file order.
    """
    numbers = [level.counter for level in LEVELS]
    ids = scopes.get_column("id")
    starts = scopes.select("id", "position", "first_row", "text", *numbers).filter(ids.is_in(_ENVELOPE))
    starts = starts.hstack(split(starts.get_column("text"), delimiters))
    cut = _cut_claims(scopes)
    noticed = [part for level in LEVELS for part in _disagreements(starts, level)]
    if cut.is_empty() and not noticed:
        return pl.DataFrame(schema=FILE_FINDING_SCHEMA)
    return (
        pl.concat([cut, *noticed], how="diagonal")
        .select(
            input=pl.lit(name),
            position="position",
            claim_key="claim_key",
            cause="cause",
            severity=pl.lit("review"),
            x12="x12",
            message="message",
            remedy=pl.col("remedy").fill_null(_FIX),
            found="found",
            allowed="allowed",
        )
        .cast(pl.Schema(FILE_FINDING_SCHEMA))
        .sort("position", "x12", "message")
    )


_IS_CLOSED = pl.col("end").is_not_null()
_SAID_COUNT = pl.col("said_count").str.strip_chars().cast(pl.Int64, strict=False)
_IS_MISSING = ~_IS_CLOSED
_IS_MISCOUNTED = _IS_CLOSED & _SAID_COUNT.ne_missing(pl.col("count"))
_IS_MISNUMBERED = _IS_CLOSED & pl.col("number").ne_missing(pl.col("said_number"))


def _disagreements(starts: pl.DataFrame, level: Level) -> Iterator[pl.DataFrame]:
    """Yield what is missing, miscounted and misnumbered on one level of the envelope."""
    both = _with_closers(starts, level)
    if not both.select(pl.any_horizontal(_IS_MISSING, _IS_MISCOUNTED, _IS_MISNUMBERED).any()).item():
        return
    closer = level.closer
    said_count, said_number = (
        pl.col(name).str.slice(0, 20).fill_null("nothing") for name in ("said_count", "said_number")
    )
    yield from _rows(
        both,
        _IS_MISSING,
        position="at",
        cause=pl.lit("envelope_trailer_missing"),
        x12=pl.lit(closer),
        message=pl.lit(f"the {closer} that closes this {level.opener} is missing"),
        found=pl.lit("nothing"),
        allowed=pl.lit(closer),
    )
    noun = pl.when(pl.col("count") == 1).then(pl.lit(level.counted.removesuffix("s"))).otherwise(pl.lit(level.counted))
    verb = pl.when(pl.col("count") == 1).then(pl.lit("is")).otherwise(pl.lit("are"))
    yield from _rows(
        both,
        _IS_MISCOUNTED,
        position="end",
        cause=pl.lit("envelope_count_wrong"),
        x12=pl.lit(f"{closer}01"),
        message=pl.format(f"{closer}01 says {{}}; there {{}} {{}} {{}}", said_count, verb, "count", noun),
        found=said_count,
        allowed=pl.col("count").cast(pl.String),
    )
    yield from _rows(
        both,
        _IS_MISNUMBERED,
        position="end",
        cause=pl.lit("envelope_number_wrong"),
        x12=pl.lit(f"{closer}02"),
        message=pl.lit(f"the control numbers of {level.opener} and {closer} differ"),
        found=said_number,
        allowed=pl.col("number").str.slice(0, 20).fill_null("nothing"),
    )


def _rows(both: pl.DataFrame, disagrees: pl.Expr, **says: str | pl.Expr) -> Iterator[pl.DataFrame]:
    """Yield what is said of the rows that disagree, when there are any."""
    rows = both.filter(disagrees)
    if len(rows):
        yield rows.select(**says)


def _with_closers(starts: pl.DataFrame, level: Level) -> pl.DataFrame:
    """Put each opener beside the first closer of its number, and count what lies between.

    Returns:
        One row per opener: `at` (position), `number`, and of the closer `end` (position), `said_count` and
        `said_number`, nulls where it is missing; `count`: segments from ST to SE, transactions of a group, groups of
        an interchange.
    """
    ids = starts.get_column("id")
    opened, closed = starts.filter(ids == CODE[level.opener]), starts.filter(ids == CODE[level.closer])
    of_opener = opened.get_column(level.counter)
    rows = first_rows(closed.get_column(level.counter), of_opener)
    closers = closed.select(
        end="position", said_count=element(1), said_number=element(2), end_row=pl.col("first_row").cast(pl.Int64)
    )
    both = opened.select("first_row", at="position", number=element(level.number))
    both = both.hstack(closers if rows is None else closers[rows])
    if level.counted == "segments":
        return both.with_columns(count=pl.col("end_row") - pl.col("first_row") + 1)
    inside = starts.get_column(level.counter).filter(ids == CODE["ST" if level.counted == "transactions" else "GS"])
    return both.hstack([counted(inside, of_opener).fill_null(0).cast(pl.Int64).alias("count")])


def _cut_claims(scopes: pl.DataFrame) -> pl.DataFrame:
    """One row per claim whose end was cut off, because what follows it belongs to a part whose start was lost."""
    lost_behind = pl.col("id").shift(-1).is_in([LOST_CLAIM, LOST_LOOP])
    is_cut = pl.col("claim_key").is_not_null() & lost_behind
    return (
        scopes.select("id", "position", "claim_key")
        .filter(is_cut)
        .select(
            "position",
            "claim_key",
            cause=pl.lit("claim_cut_short"),
            x12=pl.lit("2300 CLM"),
            message=pl.lit("the claim behind this one lost its first segment, so where this one ends is a guess"),
            remedy=pl.lit(
                "compare the claim's lines with your records, and mend the claim behind it in unreadable.837"
            ),
            found=pl.lit("segments of another claim"),
            allowed=pl.lit("CLM or HL before them"),
        )
    )
