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
FIRST, VOID = "1", "8"  # frequency codes of a first claim, and of one that takes another back
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
    facts = list(_facts(result))
    if not facts:
        return pl.DataFrame(schema=DEADLINE_SCHEMA)
    held = _held(result)
    lines = _lines(result, held)
    earliest = pl.concat([_of_fact(lines, fact) for fact in facts]).group_by("claim_key").agg(pl.col("deadline").min())
    return (
        held.select("claim_key", "claim_id")
        .join(earliest, on="claim_key")
        .with_columns(days_left=(pl.col("deadline") - pl.lit(result.received)).dt.total_days())
        .filter(pl.col("days_left") >= 0)
        .sort("deadline", "claim_key")
    )


def _held(result: Result) -> pl.DataFrame:
    """One row per held claim that is no void: `claim_key`, `claim_id`, `frequency_code` (without one it is a first)."""
    code = pl.col("frequency_code").fill_null(FIRST)
    held = result.decisions.filter(pl.col("decision") != "accepted").select("claim_key", "claim_id")
    return held.join(result.batch.claims.select("claim_key", code), on="claim_key").filter(
        pl.col("frequency_code") != VOID
    )


def _lines(result: Result, held: pl.DataFrame) -> pl.DataFrame:
    """One row per dated line of the held claims: what a filing time asks of it."""
    lines = result.batch.lines.select("claim_key", "line_key", "service_date").drop_nulls("service_date")
    placed = result.judgement.placements.select("line_key", "program", "service")
    return lines.join(held.select("claim_key", "frequency_code"), on="claim_key").join(placed, on="line_key")


def _facts(result: Result) -> Iterator[Fact]:
    """Yield the filing times of the run; one under a condition is left out, as it may not be the claim's."""
    for program in result.codesets.programs:
        for fact in program.facts:
            if fact.kind == KIND and not fact.shadow and narrowing(fact.entry) is None:
                yield fact


def _of_fact(lines: pl.DataFrame, fact: Fact) -> pl.DataFrame:
    """One row per line that the fact gives a time for, with its `deadline`."""
    entry, service_date = cast("Entry", fact.entry), pl.col("service_date")
    lines = lines.filter(pl.col("program") == fact.program)
    if fact.services is not None:
        lines = lines.filter(pl.col("service").is_in(fact.services))
    if fact.effective is not None:
        lines = lines.filter(service_date >= fact.effective)
    if fact.ended is not None:
        lines = lines.filter(service_date <= fact.ended)
    if entry.submissions is not None:
        is_replacement = pl.col("frequency_code") == REPLACEMENT
        sent = [
            is_replacement if name == "replacements" else ~is_replacement
            for name in entry.submissions
            if name != "voids"
        ]
        lines = lines.filter(pl.any_horizontal(pl.lit(value=False), *sent))
    return lines.select("claim_key", deadline=deadline(entry)).drop_nulls()
