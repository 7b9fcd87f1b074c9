"""Claims in Parquet: one file, one row per claim, its service lines nested in it.

    every column of `CLAIM_COLUMNS` but `claim_key`     `input` and `position` say which file the claim came from
    lines        list of structs, one per service line: the columns of `LINE_COLUMNS` but the keys
    malformed    list of structs `line` (place in `lines`, from 1; null: the claim itself), `column`, `text`

Types are those of the frames: decimals, dates, times, texts. What could not be read as a claim, and what a reader
noticed, travels in the file's own metadata (key `cleanclaim`, JSON), so that it is neither lost nor a row that is no
claim.
"""

from __future__ import annotations

import io
import json
from typing import Any

import polars as pl

from billing.batch import Batch
from billing.claims import LINES_SCHEMA
from billing.settings.model import Settings
from billing.wording import unit_of

KEY = "cleanclaim"
"""Key of our own metadata in the file."""

LINE_FIELDS = [name for name in LINES_SCHEMA if name not in {"line_key", "claim_key"}]
MALFORMED_FIELDS = {"line": pl.UInt32, "column": pl.String, "text": pl.String}
_ITSELF_AGAIN = "value_unreadable"  # noticed anew whenever malformed values are read


def write_parquet(batch: Batch, settings: Settings | None = None) -> bytes:  # noqa: ARG001  Parquet needs none
    """Write the claims of a batch as one Parquet file; the same bytes for the same claims.

    Args:
        batch: The claims.
        settings: Passed over: the frames say everything themselves.
    """
    lines = batch.lines.sort("claim_key", "line_key")
    place = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("claim_key")
    of_lines = lines.group_by("claim_key", maintain_order=True).agg(lines=pl.struct(LINE_FIELDS))
    numbers = lines.select("line_key", line=place)
    malformed = batch.malformed.join(numbers, on="line_key", how="left", maintain_order="left")
    of_malformed = malformed.group_by("claim_key", maintain_order=True).agg(malformed=pl.struct(list(MALFORMED_FIELDS)))
    rows = batch.claims.sort("claim_key").with_row_index("row")
    for nested in (of_lines, of_malformed):
        rows = rows.join(nested, on="claim_key", how="left", maintain_order="left")
    if batch.malformed.is_empty():
        rows = rows.with_columns(malformed=pl.lit(None, pl.List(pl.Struct(MALFORMED_FIELDS))))
    return written(rows.drop("row", "claim_key"), _noticed(batch, rows.select("claim_key", "row")))


def written(rows: pl.DataFrame, noticed: dict[str, Any]) -> bytes:
    """Write rows in the layout of this module, with what is no row as metadata."""
    buffer = io.BytesIO()
    said = {key: value for key, value in noticed.items() if value}
    metadata = {KEY: json.dumps({"layout": 1, **said}, ensure_ascii=False)}
    rows.write_parquet(buffer, metadata=metadata)
    return buffer.getvalue()


def _noticed(batch: Batch, numbers: pl.DataFrame) -> dict[str, Any]:
    """What is no row: the unreadable parts, and what the readers noticed, by row (from 0) where it is about a claim."""
    findings = batch.file_findings.filter(pl.col("cause") != _ITSELF_AGAIN)
    findings = findings.join(numbers, on="claim_key", how="left", maintain_order="left").drop("claim_key")
    unreadable = batch.unreadable.with_columns(pl.col("charge").cast(pl.String), reason=_with_origin(batch.unreadable))
    return {"unreadable": unreadable.to_dicts(), "noticed": findings.to_dicts()}


def _with_origin(unreadable: pl.DataFrame) -> pl.Expr:
    """Say with each reason in which file and where, once: positions mean nothing in another file."""
    inputs = unreadable.get_column("input").unique(maintain_order=True).drop_nulls().to_list()
    units = [unit_of(name) for name in inputs]
    unit = pl.col("input").replace_strict(inputs, units, default=None, return_dtype=pl.String)
    is_one = pl.col("first") == pl.col("last")
    place = pl.when(is_one).then(pl.format(" {} {}", unit, "first")).otherwise(
        pl.format(" {}s {} to {}", unit, "first", "last")
    )  # fmt: skip
    is_said = pl.col("reason").str.contains(", in ", literal=True)
    origin = pl.concat_str(pl.col("reason"), pl.lit(", in "), pl.col("input"), place, ignore_nulls=True)
    return pl.when(is_said).then("reason").otherwise(origin)
