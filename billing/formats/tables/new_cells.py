"""The cells of a new table: the values of claims as the reader of service logs takes them back, all of them texts."""

from __future__ import annotations

from typing import Any

import polars as pl

from billing.batch import Batch
from billing.claims import MONEY, UNITS
from billing.formats.tables.codes import POINTERS, read_list
from billing.formats.tables.dates import needs_order, read_dates
from billing.formats.tables.fields import CLAIM_CHARGE, FIELDS, LISTS
from billing.formats.tables.new_values import values_of
from billing.formats.tables.numbers import read_amounts, read_counts
from billing.formats.tables.sheet import cleaned
from billing.formats.tables.values import OF_PERSONS

LONGEST = 1_000
"""Characters of a cell: a row of long ones stays within the line that the reader takes."""

ALWAYS = ("claim_id", "member_id", "procedure_code", "service_date", "charge", CLAIM_CHARGE)
"""Columns that a table has although no claim has them: without them it is not read."""

UNREAD = "? "
"""What stands before a text that is no value of its claim, and that would be read as one."""

_LINE_BREAK = r"\r\n|[\r\n]"  # within a cell it would make two lines of a row
_NOT_CARRIED = r"[\x00-\x08\x0a-\x1f\x{fffe}\x{ffff}]"  # XML, too, has no place for most of them
_REPLACED = "\ufffd"


def cells_of_claims(batch: Batch) -> pl.DataFrame:
    """Write the values of claims as texts.

    Args:
        batch: The claims.

    Returns:
        One row per service line, in order; one String column per field that any of the claims has, in order of
        `FIELDS`. Null: an empty cell. A value that could not be read stands as its text.
    """
    values = values_of(batch)
    unread = _unread(batch, values)
    kept = [name for name in FIELDS if _is_wanted(name, values, unread)]
    texts = values.select(_text(name, FIELDS[name].dtype) for name in kept)
    texts = texts.with_columns(pl.coalesce(name, text) for name, text in unread.items())
    words = [name for name in kept if name in LISTS or FIELDS[name].dtype == pl.String or name in unread]
    return texts.with_columns(_carried(texts.get_column(name)) for name in words)


def _is_wanted(name: str, values: pl.DataFrame, unread: dict[str, pl.Series]) -> bool:
    if name in ALWAYS or name in unread:
        return True
    column = values.get_column(name)
    if isinstance(column.dtype, pl.List):
        # Without a column of pointers every line would point to all diagnoses of its claim.
        is_needed = name == POINTERS and _is_wanted("diagnoses", values, unread)
        return is_needed or bool((column.list.len() > 0).any())
    if name == "rendering_npi" and values.get_column("worker").count():
        return True  # else the worker would be read as who rendered
    if name == "subscriber_id" and values.get_column("relationship").null_count():
        return True  # else an absent relationship would be read as 18
    return column.null_count() < len(column)


def _text(name: str, dtype: Any) -> pl.Expr:  # noqa: ANN401 a type of Polars
    value = pl.col(name)
    if isinstance(dtype, pl.List):
        joined = value.cast(pl.List(pl.String)).list.join(" ")
        return pl.when(joined != "").then(joined).alias(name)
    if dtype == UNITS:
        return value.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
    if dtype == pl.Time:
        short = value.dt.second() == 0
        return pl.when(short).then(value.dt.strftime("%H:%M")).otherwise(value.dt.strftime("%H:%M:%S"))
    if dtype == pl.Boolean:
        return pl.when(value).then(pl.lit("yes")).when(~value).then(pl.lit("no")).alias(name)
    return value if dtype == pl.String else value.cast(pl.String)


def _unread(batch: Batch, values: pl.DataFrame) -> dict[str, pl.Series]:
    """Return, by field, the texts that could not be read, one per row; null where there is none."""
    found = {}
    for name in batch.malformed.get_column("column").unique(maintain_order=True).to_list():
        if name not in FIELDS:
            continue
        key = "line_key" if FIELDS[name].of_line else "claim_key"
        texts = batch.malformed.filter((pl.col("column") == name) & pl.col(key).is_not_null())
        texts = texts.select(key, "text").unique(key, keep="first", maintain_order=True)
        given = values.select(key).join(texts, on=key, how="left", maintain_order="left").get_column("text")
        if given.null_count() < len(given):
            would = _would_be_read(name, cleaned(given.to_frame()).to_series())
            marked = pl.select(pl.when(would).then(pl.lit(UNREAD) + given).otherwise(given)).to_series()
            found[name] = marked.alias(name)
    return found


def _would_be_read(name: str, texts: pl.Series) -> pl.Series:
    """Tell which texts the reader would take for a value, for no value at all, or not know how to take."""
    dtype = FIELDS[name].dtype
    if name == POINTERS:
        return read_list(texts, name).values.list.len() > 0
    if dtype == pl.Date:
        dates = read_dates(texts, order=None, years_from=None, of_person=name in OF_PERSONS).values
        return dates.is_not_null() | needs_order(texts) | texts.is_null()
    read = read_amounts(texts, dtype, ".") if dtype in {MONEY, UNITS} else read_counts(texts)
    return read.values.is_not_null() | texts.is_null()


def _carried(texts: pl.Series) -> pl.Series:
    """Replace what no cell holds; short, clean texts stay as they are."""
    if (texts.str.len_bytes() > LONGEST).any():
        texts = texts.str.slice(0, LONGEST)
    if texts.str.contains(_NOT_CARRIED).any():
        texts = texts.str.replace_all(_LINE_BREAK, " ").str.replace_all(_NOT_CARRIED, _REPLACED)
    is_empty = texts == ""
    return texts.set(is_empty.fill_null(value=False), None) if is_empty.any() else texts
