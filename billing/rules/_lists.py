"""Code lists in rules: which edition a line is judged by, and what is said of lines that no edition covers."""

from __future__ import annotations

import polars as pl

from billing.policy.code_lists import CodeList
from billing.policy.codesets import Fact

NO_LINES = pl.LazyFrame(schema={"line_key": pl.UInt32})


def list_of(fact: Fact) -> CodeList:
    """Return the list that a fact's entry names."""
    return fact.lists[getattr(fact.entry, "list", "")]


def is_covered(listed: CodeList) -> pl.Expr:
    """Tell whether editions cover the first and the last day of a line; null without a day."""
    first, last = listed.edition_on(pl.col("service_date")), listed.edition_on(pl.col("last_date"))
    return pl.when(pl.col("service_date").is_not_null()).then(first.is_not_null() & last.is_not_null())


def not_covered(listed: CodeList) -> pl.Expr:
    """Tell which lines have a day that no edition covers; never null: a line without a day is `required_fields`'."""
    return ~is_covered(listed).fill_null(value=True)


def what_is_lacking(listed: CodeList) -> str:
    """Name what lines that no edition covers are in want of: `icd-10-cm list`."""
    return f"{listed.id} list"
