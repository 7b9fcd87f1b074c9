"""The numbers of a run as one dictionary: `summary.json`, and `Result.summary`.

Everything here is a sum over frames that are already sorted, so the same run gives the same dictionary. Money is
text with two places. `check_conservation` is the law behind the numbers: nothing that came in is lost.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from billing.batch import Batch
from billing.findings import DECISIONS, SEVERITIES
from billing.judgement import Judgement
from billing.policy.codesets import NATIONAL, CodeSets
from billing.policy.list_status import stale_lists
from billing.version import __version__

SCHEMA_VERSION = 1


def summarize(batch: Batch, judgement: Judgement, codesets: CodeSets, received: date) -> dict[str, Any]:
    """Add a run up.

    Returns:
        The dictionary of `summary.json`. Counts are integers, money is text in USD with two places.
    """
    counts = _per_decision(judgement.decisions, pl.len())
    charges = _per_decision(judgement.decisions, pl.col("charge").sum())
    unreadable_charge = total(batch.unreadable.get_column("charge"))
    all_charges = sum((Decimal(charge) for charge in charges.values()), unreadable_charge)
    return {
        "schema_version": SCHEMA_VERSION,
        "cleanclaim": __version__,
        "claims": batch.claims.height + batch.unreadable.height,
        **{decision: int(counts[decision]) for decision in DECISIONS},
        "unreadable": batch.unreadable.height,
        "charges": {
            "total": money(all_charges),
            **{decision: money(charges[decision]) for decision in DECISIONS},
            "unreadable": money(unreadable_charge),
            "unreadable_without_charge": batch.unreadable.get_column("charge").null_count(),
        },
        "expected_payment": _expected_payment(judgement.decisions),
        "findings": judgement.findings.height,
        "by_rule": _by_rule(judgement),
        "not_checked": judgement.not_checked.select("rule", "needs", "lines", "partly").to_dicts(),
        "stale_lists": stale_lists(codesets, received),
        "programs": programs_of(codesets, judgement),
        "codesets": {"version": codesets.version, "sha256": codesets.sha256},
        "received": received.isoformat(),
        "inputs": _inputs(batch),
    }


def check_conservation(batch: Batch, judgement: Judgement) -> None:
    """Stop when a claim or a cent of the input is in none, or in two, of the results.

    Raises:
        AssertionError: The engine lost, repeated or changed a claim. That is a bug, never the user's mistake.
    """
    came_in, went_out = (frame.select("claim_key", "charge") for frame in (batch.claims, judgement.decisions))
    if not came_in.equals(went_out) and not came_in.sort("claim_key").equals(went_out.sort("claim_key")):
        raise AssertionError(
            f"claims in and claims out differ: {came_in.height} claims with ${total(came_in['charge'])} came in, "
            f"{went_out.height} decisions with ${total(went_out['charge'])} went out"
        )
    known = judgement.decisions.get_column("decision").is_in(DECISIONS)
    others = len(known) - int(known.sum())
    if others:
        raise AssertionError(f"{others} claims have a decision that is none of {', '.join(DECISIONS)}")


def programs_of(codesets: CodeSets, judgement: Judgement) -> list[str]:
    """Return the ids of the programs the batch was judged by: those named, else those that looked at a line."""
    if codesets.chosen:
        return [program.id for program in codesets.programs]
    used = judgement.rules.filter((pl.col("program") != NATIONAL) & (pl.col("lines") > 0))
    return used.get_column("program").unique().sort().to_list()


def money(amount: Decimal | int | None) -> str:
    """Return an amount of USD as text with two places; null is nothing, `0.00`."""
    return f"{Decimal(amount or 0):.2f}"


def total(amounts: pl.Series) -> Decimal:
    """Add up a money column; nulls and an empty column add nothing."""
    return Decimal(amounts.sum() or 0)


def per_claim_charge(findings: pl.DataFrame, decisions: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Count findings and the distinct claims that hold them.

    Args:
        findings: One row per finding; those about a file count as findings and as no claim.
        decisions: One row per claim, with its `charge`.
        by: Columns of `findings` to group by.

    Returns:
        One row per group with `findings`, `claims` and `charge` (USD of the distinct claims), unsorted.
    """
    claims = findings.select(*by, "claim_key").drop_nulls("claim_key").unique()
    claims = claims.join(decisions.select("claim_key", "charge"), on="claim_key", how="left")
    sums = claims.group_by(by).agg(claims=pl.len(), charge=pl.col("charge").sum())
    counted = findings.group_by(by).agg(findings=pl.len())
    return counted.join(sums, on=by, how="left").with_columns(
        pl.col("claims").fill_null(0),
        pl.col("charge").fill_null(Decimal(0)),  # a finding about a file holds no claim, so no dollars
    )


def _by_rule(judgement: Judgement) -> list[dict[str, Any]]:
    """One row per rule with findings: dearest first, then by path. `severity` is the highest it had."""
    if judgement.findings.is_empty():
        return []
    severities = judgement.findings.group_by("rule").agg(
        severity=pl.col("severity").cast(pl.Enum(list(SEVERITIES))).max().cast(pl.String)
    )
    rows = per_claim_charge(judgement.findings, judgement.decisions, ["rule"]).join(severities, on="rule")
    rows = rows.sort(["charge", "rule"], descending=[True, False])
    return [
        {**row, "charge": money(row["charge"])}
        for row in rows.select("rule", "severity", "findings", "claims", "charge").to_dicts()
    ]


def _per_decision(decisions: pl.DataFrame, measure: pl.Expr) -> dict[str, Any]:
    measured = decisions.group_by("decision").agg(measure.alias("measure"))
    found = dict(measured.iter_rows())
    return {decision: found.get(decision) or 0 for decision in DECISIONS}


def _expected_payment(decisions: pl.DataFrame) -> str | None:
    """USD the accepted claims should bring; null while any accepted claim has no rate, or there is none."""
    expected = decisions.filter(pl.col("decision") == "accepted").get_column("expected_payment")
    if expected.is_empty() or expected.null_count():
        return None
    return money(total(expected))


def _inputs(batch: Batch) -> list[dict[str, Any]]:
    """One row per input; `claims` counts the unreadable ones too, `sha256` is null for claims handed over."""
    names = pl.concat([batch.claims.select("input"), batch.unreadable.select("input")])
    counts = dict(names.group_by("input").len().iter_rows())
    if batch.sources:
        return [
            {"name": source.name, "sha256": source.sha256, "claims": counts.get(source.name, 0)}
            for source in batch.sources
        ]
    return [{"name": name, "sha256": None, "claims": counts[name]} for name in sorted(counts)]
