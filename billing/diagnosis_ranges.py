"""Ranges of ICD-10-CM codes as program files write them: `F10-F19`, or a code and all below it, `F20.81`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

import polars as pl
from pydantic import AfterValidator

_CODE = r"[A-Z][0-9][0-9A-Z](\.?[0-9A-Z]{1,4})?"
_RANGE = re.compile(f"{_CODE}(-{_CODE})?")


def _readable(text: str) -> str:
    low, _, high = text.replace(".", "").partition("-")
    if not _RANGE.fullmatch(text) or (high and (high < low or len(high) != len(low))):
        raise ValueError("a range is written F10-F19, a code and all below it F20.81")
    return text


DiagnosisRange = Annotated[str, AfterValidator(_readable)]


def in_any(code: pl.Expr, ranges: Iterable[str]) -> pl.Expr:
    """Tell whether a code lies in one of the ranges, ends included with all codes below them.

    Args:
        code: Codes without dot, for instance `pl.element()` of a list.
        ranges: Ranges that a program file wrote.
    """
    holds = pl.repeat(value=False, n=code.len(), dtype=pl.Boolean)
    for text in ranges:
        low, _, high = text.replace(".", "").partition("-")
        category = code.str.slice(0, len(low))
        holds = holds | category.is_between(pl.lit(low), pl.lit(high or low))
    return holds
