"""How long the held claims may still be sent: the filing deadlines of their programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.conditions import narrowing
from billing.result import Result
from billing.rules._replacements import REPLACEMENT
from billing.rules.timely_filing import Entry, deadline

KIND = "timely_filing"
FIRST = "1"  # frequency code of a first claim
DEADLINE_SCHEMA = {
    "claim_key": pl.UInt32,
    "claim_id": pl.String,
    "deadline": pl.Date,  # last day the claim is in time; the earliest of its lines
    "days_left": pl.Int64,  # from the run's received date; 0 on the last day
}


def filing_deadlines(result: Result) -> pl.DataFrame:
    """Return until when the held claims may be sent.

    Returns:
        One row per claim in review or rejected (`DEADLINE_SCHEMA`), the nearest deadline first. Claims that no program
        of the run gives a time for, voids, and claims already late (they have a finding) are absent.
    """
    days = [_of_fact(result, fact) for fact in _facts(result)]
    if not days:
        return pl.DataFrame(schema=DEADLINE_SCHEMA)
    earliest = pl.concat(days).group_by("claim_key").agg(pl.col("deadline").min())
    held = result.decisions.filter(pl.col("decision") != "accepted").select("claim_key", "claim_id")
    originals = result.batch.claims.filter(pl.col("frequency_code").fill_null("1") != "8").select("claim_key")
    return (
        held.join(originals, on="claim_key", how="semi")
        .join(earliest, on="claim_key")
        .with_columns(days_left=(pl.col("deadline") - pl.lit(result.received)).dt.total_days())
        .filter(pl.col("days_left") >= 0)
        .sort("deadline", "claim_key")
    )


def _facts(result: Result) -> Iterator[Fact]:
    """Yield the filing times of the run; one under a condition is left out, as it may not be the claim's."""
    for program in result.codesets.programs:
        for fact in program.facts:
            if fact.kind == KIND and not fact.shadow and narrowing(fact.entry) is None:
                yield fact


def _of_fact(result: Result, fact: Fact) -> pl.DataFrame:
    """One row per line that the fact gives a time for, with its `deadline`."""
    entry, service_date = cast("Entry", fact.entry), pl.col("service_date")
    lines = result.batch.lines.select("claim_key", "line_key", "service_date").drop_nulls("service_date")
    placed = result.judgement.placements.filter(pl.col("program") == fact.program)
    if fact.services is not None:
        placed = placed.filter(pl.col("service").is_in(fact.services))
    lines = lines.join(placed.select("line_key"), on="line_key", how="semi")
    if fact.effective is not None:
        lines = lines.filter(service_date >= fact.effective)
    if fact.ended is not None:
        lines = lines.filter(service_date <= fact.ended)
    if entry.submissions is not None:
        code = pl.col("frequency_code").fill_null(FIRST)
        is_replacement = code == REPLACEMENT
        sent = [
            is_replacement if name == "replacements" else ~is_replacement
            for name in entry.submissions
            if name != "voids"
        ]
        claims = result.batch.claims.filter(pl.any_horizontal(pl.lit(value=False), *sent))
        lines = lines.join(claims.select("claim_key"), on="claim_key", how="semi")
    return lines.select("claim_key", deadline=deadline(entry)).drop_nulls()
