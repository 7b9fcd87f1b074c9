"""What became of the findings of an earlier result: fixed, still there, new.

A finding keeps its id from run to run: same claim, line, rule and cause. What is gone is fixed only where the claim
came again and the rule was asked again; what cannot be told that way is counted apart. Notes and rules on trial hold
no claim, and are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from billing.errors import UsageError
from billing.judgement import Judgement
from billing.wording import counted

OUTCOMES = ("fixed", "still", "new", "claim_absent", "not_checked")
HOLDING = ("reject", "review")
_READ = {"finding_id": pl.String, "claim_id": pl.String, "rule": pl.String, "severity": pl.String, "shadow": pl.Boolean}
_SAID_WITHOUT_A_RULE = ("national.envelope.", "national.conformance.", "national.required_fields.")
"""Paths of findings that are no rule's own: what the reader noticed, and missing values told once for several rules."""


@dataclass(frozen=True)
class Previous:
    """An earlier result.

    Attributes:
        received: Its received date, as its summary states it.
        findings: One row per finding that held a claim: `finding_id`, `claim_id` (null: about a file), `rule`.
    """

    received: str
    findings: pl.DataFrame


def read_previous(folder: str | PathLike[str]) -> Previous:
    """Read what an earlier run wrote.

    Raises:
        UsageError: The folder holds no result of cleanclaim, or one that cannot be read.
    """
    path = Path(folder)
    if not path.is_dir():
        raise _no_result(path, "there is no such folder" if not path.exists() else "it is no folder")
    summary = _summary(path)
    try:
        lines = (path / "findings.jsonl").read_bytes()
        findings = pl.read_ndjson(lines, schema=_READ) if lines.strip() else pl.DataFrame(schema=_READ)
    except FileNotFoundError:
        raise _no_result(path, "findings.jsonl is missing") from None
    except (OSError, pl.exceptions.PolarsError):  # their text may hold values of claims
        raise _no_result(path, "findings.jsonl cannot be read") from None
    if findings.get_column("finding_id").null_count() or findings.get_column("rule").null_count():
        raise _no_result(path, "findings.jsonl holds lines that are no findings")
    return Previous(str(summary["received"]), _holding(findings).select("finding_id", "claim_id", "rule"))


def _summary(path: Path) -> dict[str, Any]:
    try:
        summary = json.loads((path / "summary.json").read_bytes())
    except FileNotFoundError:
        raise _no_result(path, "summary.json is missing") from None
    except (OSError, ValueError):
        raise _no_result(path, "summary.json cannot be read") from None
    if not isinstance(summary, dict) or not {"schema_version", "received", "findings"} <= set(summary):
        raise _no_result(path, "summary.json is not cleanclaim's")
    return summary


def _no_result(path: Path, why: str) -> UsageError:
    return UsageError(f"--previous {path}: holds no result of cleanclaim; {why}\n  fix: name a folder that --out wrote")


def _holding(findings: pl.DataFrame) -> pl.DataFrame:
    """Keep the findings that hold a claim."""
    return findings.filter(pl.col("severity").is_in(HOLDING), ~pl.col("shadow").fill_null(value=False))


def compare(previous: Previous, judgement: Judgement) -> pl.DataFrame:
    """Compare an earlier result with this run.

    Returns:
        One row per finding of either: `finding_id`, `rule`, `outcome` (one of `OUTCOMES`), sorted by these.
    """
    now = _holding(judgement.findings).select("finding_id", "rule").unique("finding_id")
    before = previous.findings.unique("finding_id")
    ran = judgement.rules.filter("ran").get_column("rule").unique().implode()
    was_asked = pl.col("rule").is_in(ran) | pl.any_horizontal(
        pl.col("rule").str.starts_with(path) for path in _SAID_WITHOUT_A_RULE
    )
    claims = judgement.decisions.get_column("claim_id").unique().implode()
    came_again = pl.col("claim_id").is_null() | pl.col("claim_id").is_in(claims)
    gone = before.join(now, on="finding_id", how="anti").select(
        "finding_id",
        "rule",
        outcome=pl.when(~came_again)
        .then(pl.lit("claim_absent"))
        .when(~was_asked)
        .then(pl.lit("not_checked"))
        .otherwise(pl.lit("fixed")),
    )
    is_old = pl.col("finding_id").is_in(before.get_column("finding_id").implode())
    there = now.select("finding_id", "rule", outcome=pl.when(is_old).then(pl.lit("still")).otherwise(pl.lit("new")))
    return pl.concat([gone, there]).sort("finding_id", "rule", "outcome")


def counts(compared: pl.DataFrame) -> dict[str, int]:
    """Count the findings of each outcome, in the order of `OUTCOMES`."""
    found = dict(compared.get_column("outcome").value_counts().iter_rows())
    return {outcome: found.get(outcome, 0) for outcome in OUTCOMES}


def by_rule(compared: pl.DataFrame) -> list[dict[str, Any]]:
    """Count the outcomes of each rule: one row per rule, in order of its path."""
    rules = compared.group_by("rule").agg(((pl.col("outcome") == outcome).sum().alias(outcome)) for outcome in OUTCOMES)
    return rules.sort("rule").to_dicts()


def in_words(received: str, found: Mapping[str, int]) -> str:
    """Say what changed: `Since the result of 2026-11-21: 3 findings fixed, 2 still there, 1 new`, as a sentence."""
    fixed, absent, unasked = (counted(found[name], "finding") for name in ("fixed", "claim_absent", "not_checked"))
    text = f"Since the result of {received}: {fixed} fixed, {found['still']} still there, {found['new']} new."
    apart = [f"{absent} of claims that did not come again"] if found["claim_absent"] else []
    apart += [f"{unasked} of rules that were not checked now"] if found["not_checked"] else []
    return f"{text} Not counted as fixed: {', '.join(apart)}." if apart else text
