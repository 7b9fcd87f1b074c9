"""What the reader itself noticed, as findings: wrong envelopes, breaches of the guide, cells a spreadsheet spoiled."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from billing.batch import Batch
from billing.claims import CLAIM_COLUMNS, LINE_COLUMNS
from billing.findings import PLACE, SEVERITIES, SOURCE
from billing.policy.codesets import Fact

_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}


def source_of(fact: Fact) -> dict[str, object]:
    """Return the source of a fact as a finding shows it."""
    source = fact.source
    return {
        "title": source.title,
        "url": source.url,
        "dated": source.dated,
        "official": source.official,
        "assumed": fact.assumed,
    }


def findings_of_reader(noticed: pl.DataFrame, kind: str, batch: Batch, facts: Sequence[Fact]) -> pl.DataFrame:
    """Turn what the reader noticed into findings; their source is the implementation guide's.

    Args:
        noticed: One row per thing noticed (`FILE_FINDING_SCHEMA`, or `BREACH_SCHEMA`).
        kind: `envelope` or `conformance`.
        batch: The claims.
        facts: All facts of the run.

    Returns:
        One row per finding, without its id.
    """
    standard = next((fact for fact in facts if fact.source.form == "standard"), None)
    source = source_of(standard) if standard is not None else None
    claims = batch.claims.select("claim_key", "claim_id", "charge")
    noticed = noticed.join(claims, on="claim_key", how="left", maintain_order="left")
    if "line_key" in noticed.columns:
        lines = batch.lines.select("line_key", "line_number", line_charge="charge")
        noticed = noticed.join(lines, on="line_key", how="left", maintain_order="left")
        noticed = noticed.with_columns(charge=pl.coalesce("line_charge", "charge"))
    of_line = [column for column in ("line_key", "line_number") if column in noticed.columns]
    return noticed.select(
        "input",
        "position",
        *of_line,
        "claim_key",
        "claim_id",
        "cause",
        "severity",
        "message",
        "remedy",
        "found",
        "allowed",
        severity_rank=pl.col("severity").replace_strict(_RANK, return_dtype=pl.UInt8),
        rule=pl.concat_str(pl.lit(f"national.{kind}."), pl.col("cause").str.replace_all("_", "-")),
        kind=pl.lit(kind),
        verdict=pl.lit("fail"),
        capped_by=pl.lit([], pl.List(pl.String)),
        shadow=pl.lit(value=False),
        related=pl.lit([], pl.List(pl.String)),
        amount_at_risk=pl.col("charge"),
        # What a table shows stands in no guide: its place has no name in X12.
        source=pl.when(pl.col("x12").is_not_null()).then(pl.lit(source, SOURCE)),
        place=pl.struct(
            "x12", form_box=_beside_x12("form_box"), column=_beside_x12("path"), cell=pl.lit(None, pl.String)
        ).cast(PLACE),
    )


def _beside_x12(attribute: str) -> pl.Expr:
    """Say where a place of the 837P stands on the form, or in the claim JSON; empty where it has no column."""
    # Of two columns with one place the first is meant: the member, who is the subscriber most of the time.
    columns = reversed((*CLAIM_COLUMNS, *LINE_COLUMNS))
    known = {column.x12: getattr(column, attribute) for column in columns if column.x12}
    return pl.col("x12").replace_strict(known, default="", return_dtype=pl.String)
