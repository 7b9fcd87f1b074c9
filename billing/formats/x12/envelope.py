"""What is wrong with a file's envelope: counts and control numbers that do not agree, trailers that are missing.

These are findings about the file, not about a claim; the writer repairs them in the files it writes.
"""

from __future__ import annotations

import polars as pl

from billing.batch import FILE_FINDING_SCHEMA
from billing.formats.x12.segments import CODE, Delimiters
from billing.formats.x12.tree import LOST_CLAIM, LOST_LOOP, Tree, element, with_elements

_LEVELS = (
    # opener, closer, counter of the level, element of the opener with its number, what the closer counts, singular
    ("ST", "SE", "transaction", 2, "segments"),
    ("GS", "GE", "group", 6, "transactions"),
    ("ISA", "IEA", "interchange", 13, "groups"),
)
_FIX = "accepted.837 carries the right counts; ask your billing software's vendor to count them"


def file_findings(tree: Tree, delimiters: Delimiters, scopes: pl.DataFrame, name: str) -> pl.DataFrame:
    """Compare every trailer with its header and with what lies between.

    Args:
        tree: The region's tree.
        delimiters: Its delimiters.
        scopes: Its scopes with the `claim_key` of each readable claim.
        name: The file's name.

    Returns:
        One row per disagreement (`FILE_FINDING_SCHEMA`), in file order.
    """
    parts = [_cut_claims(scopes, name)]
    starts = with_elements(tree.scopes, delimiters)
    for opener, closer, level, number, counted in _LEVELS:
        parts.append(_level(tree, starts, opener, closer, level, number, counted, name))
    return pl.concat(parts).sort("position", "x12", "message")


def _level(tree: Tree, starts: pl.DataFrame, opener: str, closer: str, level: str, number: int, counted: str,
           name: str) -> pl.DataFrame:  # fmt: skip
    opened = starts.filter(pl.col("id") == CODE[opener]).select(level, at="position", number=element(number), row="first_row")
    closed = starts.filter(pl.col("id") == CODE[closer])
    closed = closed.filter(pl.col(level).is_first_distinct()).select(
        level, end="position", said_count=element(1), said_number=element(2), end_row="first_row"
    )
    both = opened.join(closed, on=level, how="left", maintain_order="left")
    both = both.with_columns(count=_counts(starts, level, counted, both)).with_columns(
        said=pl.col("said_count").str.strip_chars().cast(pl.Int64, strict=False)
    )
    missing = both.filter(pl.col("end").is_null())
    wrong_count = both.filter(pl.col("end").is_not_null() & pl.col("said").ne_missing(pl.col("count")))
    wrong_number = both.filter(pl.col("end").is_not_null() & pl.col("number").ne_missing(pl.col("said_number")))
    plural = pl.when(pl.col("count") == 1).then(pl.lit(counted.removesuffix("s"))).otherwise(pl.lit(counted))
    return pl.concat([
        _rows(missing, name, "at", "envelope_trailer_missing", f"{closer}", pl.lit(f"the {closer} that closes this {opener} is missing"), pl.lit("nothing"), pl.lit(closer)),
        _rows(wrong_count, name, "end", "envelope_count_wrong", f"{closer}01",
              pl.format(closer + "01 says {}; there are {} {}", pl.col("said_count").str.slice(0, 10).fill_null("nothing"), "count", plural),
              pl.col("said_count").str.slice(0, 10).fill_null(""), pl.col("count").cast(pl.String)),
        _rows(wrong_number, name, "end", "envelope_number_wrong", f"{closer}02",
              pl.lit(f"the control numbers of {opener} and {closer} differ"), pl.col("said_number").str.slice(0, 20).fill_null(""), pl.col("number").str.slice(0, 20).fill_null("")),
    ])  # fmt: skip


def _counts(starts: pl.DataFrame, level: str, counted: str, both: pl.DataFrame) -> pl.Expr | pl.Series:
    """Count what lies inside each envelope: segments from ST to SE, transactions of a group, groups of an interchange."""
    if counted == "segments":
        return (pl.col("end_row") - pl.col("row") + 1).cast(pl.Int64)
    inside = starts.filter(pl.col("id") == CODE["ST" if counted == "transactions" else "GS"])
    counts = inside.group_by(level).agg(inside=pl.len().cast(pl.Int64))
    return both.select(level).join(counts, on=level, how="left", maintain_order="left").get_column("inside").fill_null(0)


def _rows(rows: pl.DataFrame, name: str, position: str, cause: str, x12: str, message: pl.Expr, found: pl.Expr,
          allowed: pl.Expr) -> pl.DataFrame:  # fmt: skip
    return rows.select(
        input=pl.lit(name), position=pl.col(position), claim_key=pl.lit(None, pl.UInt32), cause=pl.lit(cause),
        severity=pl.lit("review"), x12=pl.lit(x12), message=message, remedy=pl.lit(_FIX), found=found, allowed=allowed,
    ).cast(FILE_FINDING_SCHEMA)  # fmt: skip


def _cut_claims(scopes: pl.DataFrame, name: str) -> pl.DataFrame:
    """One row per claim whose end was cut off, because what follows it belongs to a part whose start was lost."""
    lost_behind = pl.col("id").shift(-1).is_in([LOST_CLAIM, LOST_LOOP])
    cut = scopes.filter(pl.col("claim_key").is_not_null() & lost_behind)
    return cut.select(
        input=pl.lit(name), position=pl.col("position"), claim_key=pl.col("claim_key"), cause=pl.lit("claim_cut_short"),
        severity=pl.lit("review"), x12=pl.lit("2300 CLM"),
        message=pl.lit("the claim behind this one lost its first segment, so where this one ends is a guess"),
        remedy=pl.lit("compare the claim's lines with your records, and mend the claim behind it in unreadable.837"),
        found=pl.lit("segments of another claim"), allowed=pl.lit("CLM or HL before them"),
    ).cast(FILE_FINDING_SCHEMA)  # fmt: skip
