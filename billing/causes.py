"""Findings grouped by root cause: what a person can mend once for many claims, dearest first.

A root cause is one rule and one cause. The reports are views of these rows.
"""

from __future__ import annotations

import polars as pl

from billing.findings import SEVERITIES
from billing.judgement import Judgement
from billing.reasons import titles
from billing.summary import per_claim_charge

HELD = ("reject", "review")
_EXAMPLE = ("finding_id", "claim_id", "claim_key", "line_number", "message", "remedy", "found", "allowed", "source",
            "reason", "place", "input", "position", "capped_by", "related")  # fmt: skip


def root_causes(judgement: Judgement) -> pl.DataFrame:
    """Group the findings about claims; shadow rules, and what is wrong with a file, are left out.

    Returns:
        One row per rule and cause: `rule, kind, cause, severity` (the highest), `findings, claims, charge` (USD of
        the distinct claims) and the fields of its first finding. What holds claims comes before notes, then
        dearest first.
    """
    by = ["rule", "cause"]
    findings = judgement.findings.filter(~pl.col("shadow") & pl.col("claim_key").is_not_null())
    first = findings.group_by(by).agg(
        pl.col("kind").first(),
        severity=pl.col("severity").cast(pl.Enum(list(SEVERITIES))).max(),
        **{name: pl.col(name).first() for name in _EXAMPLE},
    )
    causes = per_claim_charge(findings, judgement.decisions, by).join(first, on=by, nulls_equal=True)
    causes = causes.with_columns(is_note=pl.col("severity") == "note").sort(
        ["is_note", "charge", "claims", "findings", "rule", "cause"], descending=[False, True, True, True, False, False]
    )
    return causes.with_columns(pl.col("severity").cast(pl.String)).drop("is_note")


def file_findings(judgement: Judgement) -> pl.DataFrame:
    """Return the findings about a file rather than a claim, in the order of `findings`."""
    return judgement.findings.filter(pl.col("claim_key").is_null())


def cause_in_words(cause: str) -> str:
    """Return the short words of a cause, for a heading; of one without, its own name with spaces."""
    words = titles().get(cause) or cause.replace("_", " ")
    return words[:1].upper() + words[1:]
