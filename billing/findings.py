"""Findings: what was found on a claim, by which rule, from which source, and what to do.

`Verdicts` is what a rule kind hands to the engine; `FINDING_COLUMNS` is what the user gets: the same rows with
severity decided, reason codes, source and place in the file added.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from billing.claims import MONEY

SEVERITIES = ("note", "review", "reject")
"""From least to most. A claim with a reject is rejected, else with a review is in review, else accepted."""

SEVERITY = pl.Enum(list(SEVERITIES))
DECISIONS = ("accepted", "review", "rejected")

SOURCE = pl.Struct(
    {"title": pl.String, "url": pl.String, "dated": pl.String, "official": pl.Boolean, "assumed": pl.String}
)
REASON = pl.Struct({"group": pl.String, "carc": pl.String, "rarc": pl.List(pl.String),
                    "claim_status": pl.List(pl.String), "sure": pl.Boolean})  # fmt: skip
PLACE = pl.Struct({"x12": pl.String, "form_box": pl.String, "column": pl.String, "cell": pl.String})
"""`x12`: loop and element; `form_box`: of the CMS-1500; `column`: in the claim JSON; `cell`: of a table, or
line and element of a FHIR file; else null."""

VERDICT_SCHEMA: dict[str, Any] = {
    "claim_key": pl.UInt32,  # the claim; null only for a finding about a file
    "line_key": pl.UInt32,  # the line; null: the whole claim
    "cause": pl.String,  # problem id of codesets/national/reasons.yaml
    "verdict": pl.String,  # fail, unknown
    "at_most": SEVERITY,  # the highest severity this verdict may have; null: the entry's own
    "capped_by": pl.List(pl.String),  # why `at_most` is lower, in words; empty list when it is null
    "column": pl.String,  # name in CLAIM_COLUMNS or LINE_COLUMNS of the value at fault
    "message": pl.String,
    "remedy": pl.String,
    "found": pl.String,
    "allowed": pl.String,
    "related": pl.List(pl.String),  # "C12 line 1": claims and lines that count towards it; empty list when none
    "amount_at_risk": MONEY,  # USD; null: the engine takes the line's charge, or the claim's for a claim finding
}
"""What a window kind returns. One row per claim or line, rule and cause."""

FINDING_SCHEMA: dict[str, Any] = {
    "finding_id": pl.String,  # the same claim, line, rule and cause give the same id, in this run and the next
    "claim_id": pl.String,  # null: the finding is about a file
    "line_number": pl.UInt32,  # null: the whole claim
    "rule": pl.String,  # <program>.<kind>.<entry>
    "kind": pl.String,
    "cause": pl.String,
    "verdict": pl.String,
    "severity": pl.String,
    "capped_by": pl.List(pl.String),
    "shadow": pl.Boolean,
    "message": pl.String,
    "remedy": pl.String,
    "found": pl.String,
    "allowed": pl.String,
    "related": pl.List(pl.String),
    "amount_at_risk": MONEY,
    "source": SOURCE,
    "reason": REASON,
    "input": pl.String,
    "position": pl.UInt32,
    "place": PLACE,
    "claim_key": pl.UInt32,  # joins `claims`; null: the finding is about a file
    "line_key": pl.UInt32,  # joins `lines`
}
"""One row per finding, sorted by claim, line, severity (highest first), rule and cause."""
