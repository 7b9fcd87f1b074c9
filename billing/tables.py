"""The tables a run writes: decisions and findings for a spreadsheet, findings for programs, what was unreadable.

A spreadsheet runs a cell that begins like a formula, and a claim may hold any text its sender chose: `inert` puts
an apostrophe before such a text in every CSV. `findings.jsonl` keeps the texts as they are.
"""

from __future__ import annotations

import polars as pl

from billing.claims import UNREADABLE_SCHEMA
from billing.judgement import DECISION_SCHEMA

FORMULA_STARTS = r"^[=+\-@\t\r\n]"
_KEYS = ("claim_key", "line_key")
_NESTED = ("source", "reason", "place")
_LISTS = {"capped_by": "; ", "related": "; ", "reason_rarc": " ", "reason_claim_status": " "}


def decisions_csv(decisions: pl.DataFrame) -> bytes:
    """Return `decisions.csv`: one row per claim, in input order; money in USD."""
    return _csv(decisions.select(name for name in DECISION_SCHEMA if name != "claim_key"))


def findings_csv(findings: pl.DataFrame) -> bytes:
    """Return `findings.csv`: one row per finding; nested fields become columns such as `source_title`."""
    flat = findings.drop(_KEYS)
    for name in _NESTED:
        flat = _flatten(flat, name)
    joined = [pl.col(name).list.join(separator, ignore_nulls=True) for name, separator in _LISTS.items()]
    return _csv(flat.with_columns(joined))


def findings_jsonl(findings: pl.DataFrame) -> bytes:
    """Return `findings.jsonl`: one finding per line with all its fields; money is text in USD."""
    return findings.drop(_KEYS).with_columns(pl.col("amount_at_risk").cast(pl.String)).write_ndjson().encode()


def unreadable_csv(unreadable: pl.DataFrame) -> bytes:
    """Return `unreadable.csv`: one row per part of an input that could not be read as a claim."""
    return _csv(unreadable.select(list(UNREADABLE_SCHEMA)))


def inert(column: pl.Expr) -> pl.Expr:
    """Put an apostrophe before texts that a spreadsheet would take for a formula."""
    return pl.when(column.str.contains(FORMULA_STARTS)).then(pl.concat_str(pl.lit("'"), column)).otherwise(column)


def _csv(table: pl.DataFrame) -> bytes:
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    return table.with_columns(inert(pl.col(name)).alias(name) for name in texts).write_csv().encode()


def _flatten(table: pl.DataFrame, name: str) -> pl.DataFrame:
    """Put the fields of a struct column in its place, each named for it."""
    fields = [pl.col(name).struct.field(field).alias(f"{name}_{field}") for field in table[name].struct.fields]
    return table.select(part for column in table.columns for part in (fields if column == name else [pl.col(column)]))
