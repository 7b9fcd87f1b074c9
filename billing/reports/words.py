"""What the summary in the terminal and the page say in the same words: charges of a decision, what was not checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from billing.wording import counted, dollars, what_to_supply


def charge_in_words(summary: Mapping[str, Any], decision: str) -> str:
    """Return the charge of a decision's claims; what could not be read may have none."""
    charges = summary["charges"]
    unknown = charges["unreadable_without_charge"] if decision == "unreadable" else 0
    if unknown and unknown == summary["unreadable"]:
        return "charge unknown"
    known = dollars(charges[decision])
    return f"{known}, {unknown} unknown" if unknown else known


def not_checked_in_words(waiting: pl.DataFrame) -> Iterator[str]:
    """Yield one sentence per thing to supply, most lines first."""
    grouped = waiting.group_by("needs", "partly").agg(
        kinds=pl.col("rule").str.split(".").list.get(1, null_on_oob=True).unique().sort(),
        rules=pl.col("rule").n_unique(),
        lines=pl.col("lines").max(),
    )
    for row in grouped.sort(["lines", "needs", "partly"], descending=[True, False, False]).iter_rows(named=True):
        kinds = ", ".join(kind.replace("_", " ") for kind in row["kinds"] if kind)
        rules, lines = counted(row["rules"], "rule"), counted(row["lines"], "line")
        yield f"{kinds} ({rules}, up to {lines}): {what_to_supply(row['needs'], row['partly'])}"
