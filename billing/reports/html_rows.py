"""The smaller tables of the HTML report: root causes, rules, what could not be read, what is wrong with a file."""

from __future__ import annotations

from typing import Any

import polars as pl

from billing.causes import HELD, cause_in_words, file_findings
from billing.reports.html_claims import clip, masked_finding
from billing.result import Result
from billing.wording import Masks, by_whose_word, what_to_supply

MOST_UNREADABLE = 200
MOST_FILE_FINDINGS = 200


def cause_rows(result: Result, causes: pl.DataFrame, keys: pl.Series, *, show_members: bool) -> list[dict[str, Any]]:
    """Return one row per root cause, in the order of `causes`, with its first finding as the example.

    Args:
        result: The run.
        causes: Rows of `root_causes`.
        keys: Claims the report shows.
        show_members: Show members' names and ids.
    """
    held = result.findings.filter(
        pl.col("severity").is_in(HELD) & ~pl.col("shadow") & pl.col("claim_key").is_in(keys.implode())
    )
    shown = {(rule, cause): number for rule, cause, number in
             held.group_by("rule", "cause").agg(pl.col("claim_key").n_unique()).iter_rows()}  # fmt: skip
    examples = result.batch.claims.join(causes.select("claim_key"), on="claim_key", how="semi")
    claims = {row["claim_key"]: row for row in examples.iter_rows(named=True)}
    return [
        {
            "number": number,
            "title": cause_in_words(cause["cause"]),
            "claims": cause["claims"],
            "findings": cause["findings"],
            "charge": cause["charge"],
            "shown": shown.get((cause["rule"], cause["cause"]), 0),
            "example": masked_finding(cause, Masks.of_claim(claims.get(cause["claim_key"]), show=show_members)),
        }
        for number, cause in enumerate(causes.iter_rows(named=True), 1)
    ]


def rule_rows(result: Result) -> list[dict[str, Any]]:
    """Return one row per rule: what it looked at, what it found, by whose word, and why it did not run."""
    needs: dict[str, list[str]] = {}
    for row in result.judgement.not_checked.iter_rows(named=True):
        needs.setdefault(row["rule"], []).append(what_to_supply(row["needs"], row["partly"]))
    return [
        {
            **rule,
            "looked": rule["ran"] and rule["lines"] + rule["findings"] > 0,
            "by": by_whose_word(rule["source"]),
            "needs": "; ".join(needs.get(rule["rule"], [])),
            "why": "; ".join(needs.get(rule["rule"], [])) or "no line of this batch falls under it",
        }
        for rule in result.judgement.rules.iter_rows(named=True)
    ]


def about_files(result: Result) -> list[dict[str, Any]]:
    """Return one row per finding about a file rather than a claim."""
    findings = file_findings(result.judgement)
    return [masked_finding(row, Masks()) for row in findings.head(MOST_FILE_FINDINGS).iter_rows(named=True)]


def unreadable_rows(result: Result) -> list[dict[str, Any]]:
    """Return one row per part of an input that could not be read."""
    rows = result.unreadable.head(MOST_UNREADABLE).iter_rows(named=True)
    return [{**row, "input": clip(row["input"] or ""), "reason": clip(row["reason"] or "")} for row in rows]
