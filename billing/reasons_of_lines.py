"""What became of each line and why, in words: for tables, whose rows are lines and have room for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from billing.result import Result

MOST = 5
"""Findings that the reasons of one line name; the rest are counted."""

_RANK = {"reject": 0, "review": 1, "note": 2}


def reasons_of_lines(result: Result) -> pl.DataFrame:
    """Say of each line what its claim was decided, and what was found on the line or on the claim.

    Returns:
        One row per line, in order: `line_key`, `decision`, and `reasons`, worst first: what was found, what to do
        and the rule, one finding per line of text; null where nothing was found.
    """
    lines = result.batch.lines.select("line_key", "claim_key")
    found = result.findings.filter(~pl.col("shadow") & pl.col("claim_key").is_not_null()).select(
        "claim_key", "line_key", "rule", rank=pl.col("severity").replace_strict(_RANK), words=_words()
    )
    of_line = found.filter(pl.col("line_key").is_not_null()).drop("claim_key")
    of_claim = found.filter(pl.col("line_key").is_null()).drop("line_key")
    own = lines.drop("claim_key").join(of_line, on="line_key", maintain_order="left")
    shared = lines.join(of_claim, on="claim_key", maintain_order="left").drop("claim_key")
    told = pl.concat([own, shared]).sort("line_key", "rank", "rule", "words")
    texts = told.group_by("line_key", maintain_order=True).agg(
        reasons=pl.col("words").head(MOST).str.join("\n"), more=pl.len().cast(pl.Int64) - MOST
    )
    further = pl.when(pl.col("more") > 0).then(pl.format("\nand {} more", "more")).otherwise(pl.lit(""))
    texts = texts.select("line_key", reasons=pl.concat_str("reasons", further))
    decisions = result.decisions.select("claim_key", "decision")
    joined = lines.join(decisions, on="claim_key", how="left", maintain_order="left")
    return joined.join(texts, on="line_key", how="left", maintain_order="left").select(
        "line_key", "decision", "reasons"
    )


def _words() -> pl.Expr:
    """Word one finding: `note: `, what was found, what to do, and the rule in brackets."""
    mark = pl.when(pl.col("severity") == "note").then(pl.lit("note: ")).otherwise(pl.lit(""))
    fix = pl.when(pl.col("severity") == "note").then(pl.lit("")).otherwise(pl.concat_str(pl.lit(" Fix: "), "remedy"))
    return pl.concat_str(mark, "message", fix, pl.lit(" ["), "rule", pl.lit("]"))
