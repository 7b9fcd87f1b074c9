"""Claims as a table says them: one row per service line, the claim's values on each, in the fields of a service log."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from billing.batch import Batch
from billing.claim_columns import ADDRESS, CLAIMS_SCHEMA
from billing.formats.tables.fields import BUNDLES, CLAIM_CHARGE, FIELDS

OWN = "own "
"""What stands before the name of a claim's own value, where its lines may have another."""


def values_of(batch: Batch) -> pl.DataFrame:
    """Lay claims out as rows.

    Args:
        batch: The claims.

    Returns:
        One row per service line, in order of claims and lines: `claim_key`, `line_key`, a column of its type per field
        of `FIELDS`, and, for fields that both a claim and its lines may have, the claim's as `own <field>`. What a line
        leaves to its claim is the claim's value.
    """
    of_claims = batch.claims.select("claim_key", *_of_claims())
    of_lines = [name for name, field in FIELDS.items() if field.of_line]
    lines = batch.lines.sort("claim_key", "line_key").select("claim_key", "line_key", *of_lines)
    rows = lines.join(of_claims, on="claim_key", how="inner", maintain_order="left")
    return rows.with_columns(expr for bundle in BUNDLES for expr in _together(bundle))


def _of_claims() -> Iterator[pl.Expr]:
    parts = {
        f"{name}_{part.name}": pl.col(name).struct.field(part.name)
        for name, dtype in CLAIMS_SCHEMA.items()
        if dtype == ADDRESS
        for part in ADDRESS.fields
    }
    for name, field in FIELDS.items():
        if name == CLAIM_CHARGE:
            yield pl.col("charge").alias(name)
        elif field.both:
            yield pl.col(name).alias(f"{OWN}{name}")
        elif not field.of_line:
            yield parts.get(name, pl.col(name)).alias(name)


def _together(bundle: tuple[str, ...]) -> Iterator[pl.Expr]:
    """Give a line its claim's value where it has none; but what a claim says of a provider, of that provider alone."""
    lead, *others = bundle
    of_line, of_claim = pl.col(lead), pl.col(f"{OWN}{lead}")
    is_same = of_line.is_null() | (of_line == of_claim)
    yield pl.coalesce(of_line, of_claim)
    for name in others:
        yield pl.coalesce(name, pl.when(is_same).then(pl.col(f"{OWN}{name}")))
