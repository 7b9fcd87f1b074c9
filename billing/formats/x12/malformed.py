"""Values that were present and could not be read: their text is kept beside the null in their column."""

from __future__ import annotations

import polars as pl

from billing.claims import MALFORMED_SCHEMA

_OF_CLAIMS = ("member_birth_date", "member_death_date")
_OF_LINES = ("service_date", "service_end_date", "units", "diagnosis_pointers", "line_number")
_WITH_TEXT_ONLY_WHEN_LOST = ("diagnosis_pointers", "line_number")


def malformed_values(claims: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """One row per value of a claim or a line that was present and could not be read (`MALFORMED_SCHEMA`).

    Args:
        claims: One row per claim; the text of a column `x` that may be unreadable is in `x_text`.
        lines: The same for lines.
    """
    return pl.concat(
        [_malformed(claims, _OF_CLAIMS, pl.lit(None, pl.UInt32)), _malformed(lines, _OF_LINES, pl.col("line_key"))]
    )


def _malformed(frame: pl.DataFrame, columns: tuple[str, ...], line_key: pl.Expr) -> pl.DataFrame:
    parts = [pl.DataFrame(schema=MALFORMED_SCHEMA)]
    for column in columns:
        lost = frame.get_column(f"{column}_text").is_not_null()
        if column not in _WITH_TEXT_ONLY_WHEN_LOST:
            lost &= frame.get_column(column).is_null()
        if lost.any():
            text = pl.col(f"{column}_text")
            rows = frame.filter(lost).select("claim_key", line_key=line_key, column=pl.lit(column), text=text)
            parts.append(rows.cast(pl.Schema(MALFORMED_SCHEMA)))
    return pl.concat(parts).sort("claim_key", "line_key", "column", nulls_last=False) if len(parts) > 1 else parts[0]
