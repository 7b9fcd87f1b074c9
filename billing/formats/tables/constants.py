"""What a map says for every row: constants, what is usual where neither log nor map says it, charges per unit."""

from __future__ import annotations

import polars as pl

from billing.claims import MONEY, UNITS
from billing.formats.tables.codes import read_list, read_text
from billing.formats.tables.column_map import Charges, ColumnMap
from billing.formats.tables.dates import read_dates, read_times
from billing.formats.tables.fields import FIELDS
from billing.formats.tables.numbers import read_amounts, read_booleans, read_counts

USUAL = {"frequency_code": "1", "relationship": "18", "unit_basis": "UN"}
"""A row of a log is an original claim, for the member, in units, unless it says something else."""

_THOUSAND, _HALF = 1000, 500  # units have three decimals


def constant(name: str, text: str) -> pl.Series:
    """Return the value of a constant as a series of one; null where the text is none. Dates are ISO."""
    dtype, texts = FIELDS[name].dtype, pl.Series(name, [text], pl.String)
    if isinstance(dtype, pl.List):
        return read_list(texts, name).values
    if dtype == pl.Date:
        return read_dates(texts, order=None, years_from=None, of_person=True).values
    if dtype == pl.Time:
        return read_times(texts).values
    if dtype in {MONEY, UNITS}:
        return read_amounts(texts, dtype, ".").values
    if dtype == pl.UInt32:
        return read_counts(texts).values
    return read_booleans(texts).values if dtype == pl.Boolean else read_text(texts, name, None).values


def with_constants(rows: pl.DataFrame, column_map: ColumnMap) -> pl.DataFrame:
    """Add the map's constants and what is usual to the rows."""
    for name, text in column_map.constants.items():
        rows = rows.with_columns(constant(name, text).new_from_index(0, len(rows)).alias(name))
    for name, usual in USUAL.items():
        if name == "relationship" and "subscriber_id" in rows.columns:
            continue
        given = pl.col(name).fill_null(usual) if name in rows.columns else pl.lit(usual)
        rows = rows.with_columns(given.alias(name))
    return rows


def with_charges(rows: pl.DataFrame, charges: Charges | None) -> pl.DataFrame:
    """Work out the charges that the log does not state: units times the map's charge per unit, half a cent up."""
    if "charge" not in rows.columns:
        rows = rows.with_columns(charge=pl.lit(None, MONEY))
    if charges is None:
        return rows
    modifiers = pl.col("modifiers").list.join(" ") if "modifiers" in rows.columns else pl.lit("")
    services = rows.select(pl.concat_str("procedure_code", pl.lit(" "), modifiers).str.strip_chars()).to_series()
    distinct = services.drop_nulls().unique(maintain_order=True)
    prices = pl.Series([charges.price(service) for service in distinct], dtype=MONEY)
    cents = (services.replace_strict(distinct, prices, default=None, return_dtype=MONEY) * 100).cast(pl.Int64)
    thousandths = (rows.get_column("units") * _THOUSAND).cast(pl.Int64)
    worked_out = (cents * thousandths + _HALF) // _THOUSAND
    return rows.with_columns(charge=pl.col("charge").fill_null((worked_out.cast(MONEY) / 100).cast(MONEY)))
