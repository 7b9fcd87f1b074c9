"""Findings grouped by root cause: what a person can mend once for many claims, dearest first.

A root cause is one rule and one cause. The reports are views of these rows.
"""

from __future__ import annotations

import importlib
from functools import cache

import polars as pl

from billing.findings import SEVERITIES
from billing.judgement import Judgement
from billing.summary import per_claim_charge

HELD = ("reject", "review")
_EXAMPLE = ("finding_id", "claim_id", "claim_key", "line_number", "message", "remedy", "found", "allowed", "source",
            "reason", "place", "input", "position", "capped_by", "related")  # fmt: skip


def root_causes(judgement: Judgement) -> pl.DataFrame:
    """Group the findings that hold claims, or are notes about them; shadow rules are left out.

    Returns:
        One row per rule and cause: `rule, kind, cause, severity` (the highest), `findings, claims, charge` (USD of
        the distinct claims) and the fields of its first finding. What holds claims comes before notes, then
        dearest first.
    """
    by = ["rule", "cause"]
    findings = judgement.findings.filter(~pl.col("shadow").fill_null(False))  # null: a finding about a file
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


@cache
def cause_in_words(cause: str, kind: str) -> str:
    """Return a cause as a short phrase with a capital: from the reason list, else from its own name.

    Args:
        cause: Problem id.
        kind: Rule kind, whose page is the fallback when the cause has no words of its own.
    """
    words = _from_reasons(cause) or _from_page(kind) or cause.replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]


def _from_reasons(cause: str) -> str | None:
    from billing.reasons import REASONS

    return getattr(REASONS.get(cause), "means", None)


def _from_page(kind: str) -> str | None:
    try:
        page = importlib.import_module(f"billing.rules.{kind}").__doc__
    except ModuleNotFoundError:  # a finding of the reader or of the placing, which is no rule kind
        return None
    return page.strip().splitlines()[0].rstrip(".") if page else None
