"""Read claims in Parquet, in the layout of `new_parquet.py`; rows that are no claims take nothing else with them."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import polars as pl

from billing.batch import FILE_FINDING_SCHEMA, Batch
from billing.claims import MALFORMED_SCHEMA, UNREADABLE_SCHEMA
from billing.errors import InputError
from billing.formats.frames import batch_of_frames
from billing.formats.new_parquet import KEY, LINE_FIELDS, MALFORMED_FIELDS, written

MOST_CLAIMS = 20_000_000
"""Rows of a file that is read; a few bytes of a damaged or hostile file can announce billions."""


@dataclass(frozen=True)
class ParquetSource:
    """One Parquet input that can give its claims back (`billing.batch.Source`).

    Attributes:
        name: The input's name.
        data: Its bytes.
        rows: Its rows as they are.
        numbers: Row of each claim, in order of the keys.
        first_claim_key: Key of the first claim.
        noticed: What stands in its metadata.
    """

    name: str
    data: bytes
    rows: pl.DataFrame
    numbers: tuple[int, ...]
    first_claim_key: int
    noticed: dict[str, Any]
    suffix: str = ".parquet"

    @cached_property
    def sha256(self) -> str:
        """Hash of the input's bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def subset(self, claim_keys: pl.Series, *, control_number: int | None = None) -> bytes:  # noqa: ARG002 Parquet has none
        """Return a file with these rows; the input unchanged when it holds nothing else, no bytes without any."""
        wanted = sorted({key - self.first_claim_key for key in claim_keys.to_list()})
        kept = [self.numbers[number] for number in wanted if 0 <= number < len(self.numbers)]
        if not kept:
            return b""
        if len(kept) == len(self.rows) and not self.noticed:
            return self.data
        return written(self.rows[kept], {})

    def interchanges(self, claim_keys: pl.Series) -> int | None:  # noqa: ARG002 the same for all of them
        """Return null: Parquet has no interchanges."""
        return None

    def positions(self, places: pl.DataFrame) -> pl.DataFrame:
        """Return the places as they are: a claim is one row, and a position says which."""
        return places

    def unreadable(self) -> bytes:
        """Return a file with the rows that are no claims, and what was unreadable before; no bytes without either."""
        claims = set(self.numbers)
        lost = [number for number in range(len(self.rows)) if number not in claims]
        said = {"unreadable": self.noticed.get("unreadable", [])}
        return written(self.rows[lost], said) if lost or said["unreadable"] else b""


def read_parquet(data: bytes, name: str, *, first_claim_key: int = 0, first_line_key: int = 0) -> Batch:
    """Read claims that `write_parquet` wrote, or another program in the same layout; absent columns count as null.

    Args:
        data: The whole file.
        name: Its name, for the `input` column and for messages.
        first_claim_key: Key of its first claim.
        first_line_key: Key of its first line.

    Returns:
        Its claims, with the number of their row as `position`, from 1. A row without id, charge or lines is unreadable.

    Raises:
        InputError: It is damaged, is no file of claims, or has a column that is unknown or of another type.
    """
    rows, noticed = _read(data, name)
    _check_layout(rows, name)
    rows = rows.with_row_index("position", offset=1) if "position" not in rows.columns else rows.with_columns(
        position=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32)
    )  # fmt: skip
    reasons = rows.select(_reason(rows)).to_series()
    good = rows.filter(reasons.is_null())
    batch = batch_of_frames(_frames(good, name), name)
    numbers = tuple((good.get_column("position") - 1).to_list())
    lost = _lost(rows, reasons, name)
    source = ParquetSource(name, data, rows.drop("position"), numbers, first_claim_key, noticed)
    batch = _shifted(batch, first_claim_key, first_line_key)
    earlier, findings = _earlier(noticed, name, numbers, first_claim_key)
    behind = (pl.int_range(1, pl.len() + 1) + len(rows)).cast(pl.UInt32)
    earlier = earlier.with_columns(first=behind, last=behind)
    return replace(
        batch,
        unreadable=pl.concat([lost, earlier]),
        file_findings=pl.concat([findings, batch.file_findings]),
        sources=(source,),
    )


# --------------------------------------------------------------------------------------------------------- reading


def _read(data: bytes, name: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Read rows and metadata of a file; what it announces is looked at before it is unpacked."""
    damaged = InputError(f"{name}: the Parquet file is damaged or cut short\n  fix: write it again, and copy it whole")
    try:
        rows = pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item()
        if rows > MOST_CLAIMS:
            raise InputError(
                f"{name}: says it holds {rows:,} rows; at most {MOST_CLAIMS:,} are read\n  fix: split the file"
            )
        frame = pl.read_parquet(io.BytesIO(data), hive_partitioning=False)
        said = json.loads(pl.read_parquet_metadata(io.BytesIO(data)).get(KEY, "{}"))
    except (
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
        OSError,
        ValueError,
        OverflowError,
        RecursionError,
    ):
        # Their messages may hold values.
        raise damaged from None
    return frame, {key: said[key] for key in ("unreadable", "noticed") if isinstance(said, dict) and said.get(key)}


def _check_layout(rows: pl.DataFrame, name: str) -> None:
    """Refuse a table that is no file of claims, and lists that are none."""
    for column, is_needed in (("lines", True), ("malformed", False)):
        if column not in rows.columns:
            if not is_needed:
                continue
            raise InputError(
                f"{name}: this Parquet file has no column `lines`, so it holds no claims with service lines\n"
                "  fix: write one row per claim, its lines as a list of structs; `cleanclaim convert` writes such files"
            )
        dtype = rows.schema[column]
        if not (isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct)):
            raise InputError(
                f"{name}: {column} is {dtype}, not a list of structs\n  fix: nest one struct per line in it"
            )
    for column in ("claim_key", "line_key"):
        if column in rows.columns:
            raise InputError(f"{name}: has a column {column}, which belongs to frames\n  fix: leave it out")


def _reason(rows: pl.DataFrame) -> pl.Expr:
    """Say why a row is no claim; null where it is one."""

    def given(column: str) -> pl.Expr:
        return pl.col(column) if column in rows.columns else pl.lit(None, pl.String)

    fields = {field.name for field in rows.schema["lines"].inner.fields}  # type: ignore[attr-defined]  # checked before
    charge = pl.element().struct.field("charge") if "charge" in fields else pl.lit(None, pl.String)
    unpriced = pl.col("lines").list.eval(pl.element().is_null() | charge.is_null()).list.any()
    return (
        pl.when(given("claim_id").is_null() | (given("claim_id").cast(pl.String, strict=False) == ""))
        .then(pl.lit("the row has no claim_id"))
        .when(given("charge").is_null()).then(pl.lit("the row has no charge"))
        .when(pl.col("lines").list.len().fill_null(0) == 0).then(pl.lit("the row has no lines"))
        .when(unpriced).then(pl.lit("a line of the row has no charge"))
        .otherwise(None)
    )  # fmt: skip


def _frames(rows: pl.DataFrame, name: str) -> list[pl.DataFrame]:
    """Lay rows out as claims, lines and malformed values, with keys that join them."""
    rows = rows.with_columns(claim_key=pl.int_range(pl.len(), dtype=pl.UInt32))
    claims = rows.drop("lines", "malformed", "input", strict=False)
    lines = rows.select("claim_key", line="lines").explode("line", empty_as_null=False)
    fields = lines.schema["line"].fields  # type: ignore[attr-defined]  # a struct, checked before
    _check_fields(fields, LINE_FIELDS, "lines", name)
    line = pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("claim_key")
    lines = lines.with_columns(
        pl.col("line").struct.unnest(), line_key=pl.int_range(pl.len(), dtype=pl.UInt32), place=line
    ).drop("line", "position", strict=False)  # fmt: skip
    number = pl.coalesce("line_number", "place") if "line_number" in lines.columns else pl.col("place")
    lines = lines.with_columns(line_number=number)
    position = claims.select("claim_key", "position")
    lines = lines.join(position, on="claim_key", how="left", maintain_order="left")
    keys = lines.select("claim_key", "place", "line_key")
    frames = [claims, lines.drop("place")]
    if "malformed" in rows.columns:
        frames.append(_malformed(rows, keys, name))
    return frames


def _malformed(rows: pl.DataFrame, keys: pl.DataFrame, name: str) -> pl.DataFrame:
    values = rows.select("claim_key", value="malformed").explode("value", empty_as_null=False).drop_nulls("value")
    _check_fields(values.schema["value"].fields, list(MALFORMED_FIELDS), "malformed", name)  # type: ignore[attr-defined]  # a struct
    values = values.with_columns(pl.col("value").struct.unnest()).drop("value")
    if "line" not in values.columns:
        values = values.with_columns(line=pl.lit(None, pl.UInt32))
    values = values.with_columns(pl.col("line").cast(pl.UInt32, strict=False))
    joined = values.join(keys, left_on=["claim_key", "line"], right_on=["claim_key", "place"], how="left",
                         maintain_order="left")  # fmt: skip
    return joined.select(name for name in MALFORMED_SCHEMA if name in joined.columns)


def _check_fields(fields: list[pl.Field], known: list[str], which: str, name: str) -> None:
    for field in fields:
        if field.name not in known:
            raise InputError(
                f"{name}: {which} has a field {field.name!r} that cleanclaim does not know\n"
                f"  fix: the fields are {', '.join(known)}"
            )


def _lost(rows: pl.DataFrame, reasons: pl.Series, name: str) -> pl.DataFrame:
    """One row per row of the file that is no claim."""
    bad = rows.with_columns(reasons.alias("reason")).filter(pl.col("reason").is_not_null())
    charge = pl.col("charge") if "charge" in bad.columns and bad.schema["charge"].is_decimal() else pl.lit(None)
    return bad.select(
        input=pl.lit(name), first="position", last="position", loop=pl.lit("row"), reason="reason", charge=charge
    ).cast(pl.Schema(UNREADABLE_SCHEMA))


def _shifted(batch: Batch, first_claim_key: int, first_line_key: int) -> Batch:
    claim = (pl.col("claim_key") + first_claim_key).cast(pl.UInt32)
    line = (pl.col("line_key") + first_line_key).cast(pl.UInt32)
    return replace(
        batch,
        claims=batch.claims.with_columns(claim),
        lines=batch.lines.with_columns(claim, line),
        malformed=batch.malformed.with_columns(claim, line),
        file_findings=batch.file_findings.with_columns(claim),
    )


def _earlier(
    noticed: dict[str, Any], name: str, numbers: tuple[int, ...], first_claim_key: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take over what was unreadable or noticed in the files that the claims came from."""
    try:
        text = {**UNREADABLE_SCHEMA, "charge": pl.String}
        lost = pl.DataFrame(noticed.get("unreadable", []), schema=text, orient="row")
        told = pl.DataFrame(noticed.get("noticed", []), schema={**FILE_FINDING_SCHEMA, "row": pl.UInt32}, orient="row")
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError):  # somebody changed the metadata
        raise InputError(f"{name}: its metadata was changed\n  fix: write it again from the claims") from None
    lost = lost.with_columns(input=pl.lit(name), charge=pl.col("charge").cast(pl.Decimal(18, 2), strict=False))
    keys = pl.DataFrame(
        {"row": numbers, "key": range(first_claim_key, first_claim_key + len(numbers))},
        schema={"row": pl.UInt32, "key": pl.UInt32},
    )
    told = told.join(keys, on="row", how="left", maintain_order="left")
    position = pl.when(pl.col("key").is_not_null()).then(pl.col("row") + 1).cast(pl.UInt32)
    told = told.with_columns(input=pl.lit(name), position=position, claim_key="key").select(list(FILE_FINDING_SCHEMA))
    return lost.select(list(UNREADABLE_SCHEMA)), told
