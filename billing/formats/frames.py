"""Claims that a program hands over as frames: the same columns as `billing.claims` documents."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from billing.batch import Batch
from billing.claims import CLAIM_COLUMNS, LINE_COLUMNS, MALFORMED_COLUMNS, Column, empty, schema
from billing.errors import InputError, did_you_mean
from billing.formats.records import left_out, single_days

_REQUIRED = {
    "claims": ("claim_key", "claim_id", "charge"),
    "lines": ("claim_key", "line_number", "charge"),
    "malformed": ("claim_key", "column", "text"),
}
_KNOWN = "see CLAIM_COLUMNS and LINE_COLUMNS in billing/claims.py"


def batch_of_frames(frames: Iterable[pl.DataFrame | pl.LazyFrame], name: str) -> Batch:
    """Take claims over from frames.

    Args:
        frames: `claims` (one row per claim), `lines` (one row per line) and, if there is any, `malformed`. Columns
            that are absent count as null; `claim_key` joins the frames and is numbered anew from 0 in its order.
        name: Value of the `input` column where the frame has none.

    Raises:
        InputError: A column is unknown, missing or of a type that cannot be read, or keys do not fit together.
    """
    given = [frame.collect() if isinstance(frame, pl.LazyFrame) else frame for frame in frames]
    try:
        raw_claims, raw_lines, raw_malformed = [*given, empty(schema(MALFORMED_COLUMNS))][:3]
    except ValueError:
        raise InputError(f"{name}: one frame\n  fix: hand over (claims, lines) or (claims, lines, malformed)") from None
    claims = _typed(raw_claims, "claims", CLAIM_COLUMNS, name).sort("claim_key", maintain_order=True)
    lines = _typed(raw_lines, "lines", LINE_COLUMNS, name)
    malformed = _typed(raw_malformed, "malformed", MALFORMED_COLUMNS, name)
    _check_keys(claims, lines, name)
    if lines.get_column("line_key").null_count():
        lines = lines.with_columns(line_key=pl.int_range(pl.len(), dtype=pl.UInt32))
    lines = lines.sort("claim_key", "line_key")
    new_claim = claims.select("claim_key", new_claim=pl.int_range(pl.len(), dtype=pl.UInt32))
    new_line = lines.select("line_key", new_line=pl.int_range(pl.len(), dtype=pl.UInt32))
    malformed = _rekeyed(_rekeyed(malformed, new_claim, "claim"), new_line, "line")
    lines = _rekeyed(_rekeyed(lines, new_claim, "claim"), new_line, "line")
    claims = _rekeyed(claims, new_claim, "claim")
    place = pl.col("claim_key") + 1
    claims = claims.with_columns(pl.col("input").fill_null(name), pl.col("position").fill_null(place))
    lines = single_days(lines.with_columns(pl.col("position").fill_null(place)))
    return Batch(claims, lines, malformed, file_findings=left_out(claims, lines, malformed))


def _rekeyed(frame: pl.DataFrame, keys: pl.DataFrame, which: str) -> pl.DataFrame:
    joined = frame.join(keys, on=f"{which}_key", how="left", maintain_order="left")
    return joined.with_columns(pl.col(f"new_{which}").alias(f"{which}_key")).drop(f"new_{which}")


def _typed(frame: pl.DataFrame, which: str, columns: tuple[Column, ...], name: str) -> pl.DataFrame:
    """Give a frame exactly the documented columns and types; nothing is read by guessing."""
    known = schema(columns)
    for column in frame.columns:
        if column not in known:
            near = did_you_mean(column, known) or _KNOWN
            raise InputError(f"{name}: {which} has a column {column!r} that cleanclaim does not know\n  fix: {near}")
    for column in _REQUIRED[which]:
        if column not in frame.columns or frame.get_column(column).null_count():
            missing = "has rows without" if column in frame.columns else "has no column"
            raise InputError(
                f"{name}: {which} {missing} {column}\n  fix: every row needs {', '.join(_REQUIRED[which])}"
            )
    return frame.select(
        _cast(frame.get_column(column), dtype, f"{name}: {which}.{column}")
        if column in frame.columns
        else (pl.lit([], dtype) if isinstance(dtype, pl.List) else pl.lit(None, dtype)).alias(column)
        for column, dtype in known.items()
    )


def _cast(values: pl.Series, dtype: pl.DataType, place: str) -> pl.Series:
    """Cast without losing a value; binary floats are refused where money or units are meant."""
    if values.dtype in (dtype, pl.Null):
        return values.cast(dtype)
    if values.dtype.is_float() and dtype.is_decimal():
        raise InputError(f"{place} holds binary floats\n  fix: cast the column to {dtype}")
    if isinstance(dtype, pl.List) and values.null_count():
        values = values.fill_null([])
    try:
        cast = values.cast(dtype, strict=False)
    except pl.exceptions.PolarsError:  # its message may hold values
        cast = None
    if cast is None or cast.null_count() > values.null_count() or _rounded(values, cast):
        raise InputError(f"{place} is {values.dtype} and cannot be read as {dtype}\n  fix: cast the column to {dtype}")
    return cast


def _rounded(values: pl.Series, cast: pl.Series) -> bool:
    """Tell whether a cast to Decimal cut decimals off, which Polars does without a word."""
    if not cast.dtype.is_decimal() or not (values.dtype.is_decimal() or values.dtype == pl.String):
        return False
    exact = values.cast(pl.Decimal(38, 12), strict=False)
    return bool((exact != cast.cast(pl.Decimal(38, 12))).any())


def _check_keys(claims: pl.DataFrame, lines: pl.DataFrame, name: str) -> None:
    if claims.get_column("claim_key").is_duplicated().any():
        raise InputError(f"{name}: claims has rows with the same claim_key\n  fix: number the claims, each once")
    if len(strangers := lines.join(claims, on="claim_key", how="anti")):
        raise InputError(f"{name}: {len(strangers)} rows of lines belong to no row of claims\n  fix: join by claim_key")
    if len(bare := claims.join(lines, on="claim_key", how="anti")):
        raise InputError(f"{name}: {len(bare)} rows of claims have no line\n  fix: leave them out, or add their lines")
