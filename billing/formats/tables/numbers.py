"""Money, units and counts as people write them: currency signs, separators of thousands, a comma before the cents."""

from __future__ import annotations

from typing import Any

import polars as pl

from billing.claims import MONEY, MONEY_TEXT, UNITS_TEXT
from billing.formats.tables.readings import Read, matches

CURRENCY = r"(?i)^\(?-?\s*(?:\$|us\$|usd|€|£)|(?:usd|€|\$)\s*\)?$"
_SIGNS = r"(?i)us\$|usd|[$€£\s\u00a0']"
_GROUPED = {".": r"^-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?$", ",": r"^-?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?$"}
OTHER_DECIMAL = {".": r"^-?[0-9]+,[0-9]{1,2}$", ",": r"^-?[0-9]+\.[0-9]{1,2}$"}
_YES = ("YES", "Y", "TRUE", "T", "1", "X")
_NO = ("NO", "N", "FALSE", "F", "0")


def read_amounts(texts: pl.Series, dtype: Any, decimal: str) -> Read:  # noqa: ANN401 a Polars type
    """Read money (USD) or units.

    Args:
        texts: One cell per row.
        dtype: Type of the values.
        decimal: Sign before the cents.

    Returns:
        Decimals; null where a cell holds none, or more decimals than the type keeps.
    """
    pattern = MONEY_TEXT if dtype == MONEY else UNITS_TEXT
    is_plain = matches(texts, pattern)
    plain = texts if decimal == "." and (is_plain | texts.is_null()).all() else plain_number(texts, decimal)
    return Read(plain.set(~matches(plain, pattern), None).cast(dtype, strict=False))


def plain_number(texts: pl.Series, decimal: str) -> pl.Series:
    """Write numbers in plain digits with a point; what is no number stays as it is."""
    plain = texts.str.replace_all(_SIGNS, "")
    in_brackets = matches(plain, r"^\([0-9.,]+\)$")
    plain = pl.select(pl.when(in_brackets).then(pl.lit("-") + plain.str.strip_chars("()")).otherwise(plain)).to_series()
    grouped = matches(plain, _GROUPED[decimal])
    thousands = "," if decimal == "." else "."
    if grouped.any():
        plain = pl.select(
            pl.when(grouped).then(plain.str.replace_all(thousands, "", literal=True)).otherwise(plain)
        ).to_series()
    if decimal == ",":
        is_other = matches(
            plain, OTHER_DECIMAL[","]
        )  # 92.00 where the map says 92,00: not for us to say which is meant
        written = plain.str.replace(",", ".", literal=True)
        plain = pl.select(pl.when(is_other).then(pl.lit("?") + plain).otherwise(written)).to_series()
    return plain.str.replace(r"(\.[0-9]*?)0+$", "${1}").str.replace(r"\.$", "")


def read_counts(texts: pl.Series) -> Read:
    """Read whole numbers, also those that a spreadsheet shows as 4.0."""
    whole = texts.str.replace(r"\.0+$", "")
    return Read(whole.set(~matches(whole, r"^[0-9]{1,9}$"), None).cast(pl.UInt32, strict=False))


def read_booleans(texts: pl.Series) -> Read:
    """Read yes and no."""
    word = texts.str.to_uppercase()
    yes, no = word.is_in(_YES), word.is_in(_NO)
    return Read(pl.select(pl.when(yes).then(pl.lit(value=True)).when(no).then(pl.lit(value=False))).to_series())
