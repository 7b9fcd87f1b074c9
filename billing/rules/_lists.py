"""Code lists in rules: which edition a line is judged by, and what is said of lines that no edition covers."""

from __future__ import annotations

import polars as pl

from billing.policy.code_lists import CodeList
from billing.policy.codesets import Fact


def list_of(fact: Fact) -> CodeList:
    """Return the list that a fact's entry names."""
    return fact.lists[getattr(fact.entry, "list", "")]


def not_covered(listed: CodeList) -> pl.Expr:
    """Tell which lines have a first or last day that no edition covers; a line without a day is `required_fields`'."""
    if "not_covered" not in listed.memo:
        first, last = listed.edition_on("service_date"), listed.edition_on("last_date")
        outside = pl.col("service_date").is_not_null() & (first.is_null() | last.is_null())
        listed.memo["not_covered"] = outside
    return listed.memo["not_covered"]


def is_covered(listed: CodeList) -> pl.Expr:
    """Tell which lines have days that editions cover; null is no: a line without a day is not looked up."""
    return ~not_covered(listed) & pl.col("service_date").is_not_null()


def what_is_lacking(listed: CodeList) -> str:
    """Name what lines that no edition covers are in want of: `icd-10-cm list`."""
    return f"{listed.id} list"
