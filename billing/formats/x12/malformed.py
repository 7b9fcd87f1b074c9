"""Values that were present and could not be read: their text is kept beside the null in their column."""

from __future__ import annotations

import polars as pl

from billing.claims import MALFORMED_SCHEMA

_OF_CLAIMS = ("member_birth_date", "member_death_date")
_OF_LINES = ("service_date", "service_end_date", "units", "diagnosis_pointers", "line_number")


def malformed_values(claims: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """One row per value of a claim or a line that was present and could not be read (`MALFORMED_SCHEMA`).

    Args:
        claims: One row per claim; the text of an `x` that could not be read is in `x_text`, if there is any.
        lines: The same for lines.
    """
    return pl.concat(
        [_malformed(claims, _OF_CLAIMS, pl.lit(None, pl.UInt32)), _malformed(lines, _OF_LINES, pl.col("line_key"))]
    )


def _malformed(frame: pl.DataFrame, columns: tuple[str, ...], line_key: pl.Expr) -> pl.DataFrame:
    parts = [pl.DataFrame(schema=MALFORMED_SCHEMA)]
    for column in columns:
        text = f"{column}_text"
        if text in frame.columns:
            rows = frame.select("claim_key", line_key=line_key, column=pl.lit(column), text=text)
            parts.append(rows.drop_nulls("text").cast(pl.Schema(MALFORMED_SCHEMA)))
    return pl.concat(parts).sort("claim_key", "line_key", "column", nulls_last=False) if len(parts) > 1 else parts[0]
