"""Taking segment texts apart, once per distinct text, and reading amounts and dates."""

from __future__ import annotations

from functools import cache

import polars as pl

from billing.claims import MONEY, MONEY_TEXT, UNITS, UNITS_TEXT
from billing.formats.x12.delimiters import Delimiters, character
from billing.formats.x12.texts import coded_texts


def spread(text: pl.Series, delimiters: Delimiters, **values: pl.Expr) -> tuple[pl.Series, pl.DataFrame]:
    """Work values out once per distinct text.

    Returns:
        For each text its row among the distinct ones, and the values of these.
    """
    said, distinct = coded_texts([text])
    return said, split(distinct, delimiters).select(**values)


def split(text: pl.Series, delimiters: Delimiters) -> pl.DataFrame:
    """Split texts at the element separator: a frame with the column `elements`."""
    return text.str.split(character(delimiters.element)).alias("elements").to_frame()


@cache
def element(number: int) -> pl.Expr:
    """Return element `number` of a column `elements` (0 is the segment id); null when absent or empty."""
    value = pl.col("elements").list.get(number, null_on_oob=True)
    return pl.when(value != "").then(value)


def parts_of(text: pl.Expr, delimiters: Delimiters) -> pl.Expr:
    """Split a composite element into its components."""
    return text.str.split(character(delimiters.component))


def part(parts: pl.Expr, number: int) -> pl.Expr:
    """Return component `number` of a composite element, from 0; null when absent or empty."""
    value = parts.list.get(number, null_on_oob=True)
    return pl.when(value != "").then(value)


def money(text: pl.Expr) -> pl.Expr:
    """Read USD; null where the text is no amount with at most two decimals."""
    return pl.when(text.str.contains(MONEY_TEXT)).then(text).cast(MONEY, strict=False)


def units(text: pl.Expr) -> pl.Expr:
    """Read billing units; null where the text is no number with at most three decimals."""
    return pl.when(text.str.contains(UNITS_TEXT)).then(text).cast(UNITS, strict=False)


def day(text: pl.Expr) -> pl.Expr:
    """Read a D8 date; null where the text is no day of the calendar."""
    return pl.when(text.str.contains(r"^[0-9]{8}$")).then(text).str.to_date("%Y%m%d", strict=False)
