"""The tables a run writes: decisions and findings for a spreadsheet, findings for programs, what was unreadable.

A spreadsheet runs a cell that begins like a formula, and a claim may hold any text its sender chose: `inert` puts
an apostrophe before such a text in every CSV. `findings.jsonl` keeps the texts as they are.

Each table goes straight into its open file: a large one would be copied four times to be handed over as bytes.
"""

from __future__ import annotations

from typing import BinaryIO

import polars as pl

from billing.claims import UNREADABLE_SCHEMA
from billing.judgement import DECISION_SCHEMA

FORMULA_STARTS = r"^[=+\-@\t\r\n]"
_KEYS = ("claim_key", "line_key")
_NESTED = ("source", "reason", "place")
_LISTS = {"capped_by": "; ", "related": "; ", "reason_rarc": " ", "reason_claim_status": " "}


def decisions_csv(decisions: pl.DataFrame, file: BinaryIO) -> None:
    """Write `decisions.csv`: one row per claim, in input order; money in USD."""
    _csv(decisions.select(name for name in DECISION_SCHEMA if name != "claim_key"), file)


def findings_csv(findings: pl.DataFrame, file: BinaryIO) -> None:
    """Write `findings.csv`: one row per finding; nested fields become columns such as `source_title`."""
    flat = findings.drop(_KEYS)
    for name in _NESTED:
        flat = _flatten(flat, name)
    joined = [pl.col(name).list.join(separator, ignore_nulls=True) for name, separator in _LISTS.items()]
    _csv(flat.with_columns(joined), file)


def findings_jsonl(findings: pl.DataFrame, file: BinaryIO) -> None:
    """Write `findings.jsonl`: one finding per line with all its fields; money is text in USD."""
    findings.drop(_KEYS).with_columns(pl.col("amount_at_risk").cast(pl.String)).write_ndjson(file)


def unreadable_csv(unreadable: pl.DataFrame, file: BinaryIO) -> None:
    """Write `unreadable.csv`: one row per part of an input that could not be read as a claim."""
    _csv(unreadable.select(list(UNREADABLE_SCHEMA)), file)


def inert(column: pl.Expr) -> pl.Expr:
    """Put an apostrophe before texts that a spreadsheet would take for a formula."""
    return pl.when(column.str.contains(FORMULA_STARTS)).then(pl.concat_str(pl.lit("'"), column)).otherwise(column)


def _csv(table: pl.DataFrame, file: BinaryIO) -> None:
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    # Hardly a text is one, and making a column anew costs more than looking at it.
    alike = table.select(pl.col(name).str.contains(FORMULA_STARTS).any() for name in texts).row(0)
    formulas = [name for name, is_alike in zip(texts, alike, strict=True) if is_alike]
    table.with_columns(inert(pl.col(name)).alias(name) for name in formulas).write_csv(file)


def _flatten(table: pl.DataFrame, name: str) -> pl.DataFrame:
    """Put the fields of a struct column in its place, each named for it."""
    fields = [pl.col(name).struct.field(field).alias(f"{name}_{field}") for field in table[name].struct.fields]
    return table.select(part for column in table.columns for part in (fields if column == name else [pl.col(column)]))
