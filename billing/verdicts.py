"""What the rule kinds say of the rows, in one shape, and which rows a fact is about.

Row kinds are asked in `billing/row_kinds.py`, window kinds in `billing/window_kinds.py`; both answer in `Answers`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple

import polars as pl

from billing.findings import VERDICT_SCHEMA
from billing.policy.codesets import NATIONAL, Fact
from billing.policy.schema import Service

RAW_SCHEMA = {**VERDICT_SCHEMA, "fact": pl.UInt32, "missing": pl.String}
"""A verdict with the number of the fact it belongs to and, when unknown, the column that is missing."""

_NEAREST = "the line fits no service exactly and was judged by the nearest"
_BEGINS_BEFORE = "the dates begin before the rule's own dates"
_RUNS_PAST = "the dates run past the end of the rule's own dates"


class Unchecked(NamedTuple):
    """Lines that a fact could not be checked on.

    Attributes:
        claim_keys: The claim of each such line.
        fact: Number of the fact.
        needs: What to supply.
        partly: True when the batch itself was checked, and only what lies outside it was not.
    """

    claim_keys: pl.Series
    fact: int
    needs: str
    partly: bool


@dataclass
class Answers:
    """What the kinds said: gathered over all programs of a run.

    Attributes:
        verdicts: Frames of `RAW_SCHEMA`.
        unchecked: What could not be checked, one item per fact and need.
        looked_at: Fact number to the number of lines it looked at.
    """

    verdicts: list[pl.DataFrame] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    looked_at: dict[int, int] = field(default_factory=dict)

    def note_unchecked(self, claim_keys: pl.Series, fact: int, needs: str, *, partly: bool = False) -> None:
        """Remember that `fact` could not be checked on the lines of these claims for want of `needs`."""
        if len(claim_keys):
            self.unchecked.append(Unchecked(claim_keys, fact, needs, partly))


def falls_under(
    fact: Fact, *, on_voids: bool, by_date: bool = True, is_about_services: bool = False, beside: Iterable[str] = ()
) -> pl.Expr:
    """Tell which rows a fact is about: its services (and those `beside`), its dates, voids or not. Never null."""
    parts: list[pl.Expr] = []
    if fact.program != NATIONAL:
        parts.append(pl.col("program") == fact.program)
    if isinstance(fact.entry, Service):
        parts.append(pl.col("service") == fact.entry.id)
    elif fact.services is not None:
        parts.append(pl.col("service").is_in([*fact.services, *beside]))
    if fact.program != NATIONAL and not is_about_services:
        parts.append(~pl.col("placed").is_in(["tied", "unclear"]))
    if by_date and fact.effective is not None:
        parts.append(pl.col("last_date") >= fact.effective)
    if by_date and fact.ended is not None:
        parts.append(pl.col("service_date") <= fact.ended)
    if not on_voids:
        parts.append(~pl.col("is_void"))
    return pl.all_horizontal(parts).fill_null(value=False) if parts else pl.lit(value=True)


def row_caps_of(fact: Fact, kind: ModuleType) -> list[tuple[pl.Expr, str]]:
    """Return the conditions of a row that keep a finding of this fact at review, each with its words."""
    is_about_placing = getattr(kind, "ABOUT_PLACING", False) and isinstance(fact.entry, Service)
    caps: list[tuple[pl.Expr, str]] = []
    if fact.program != NATIONAL and not is_about_placing:
        caps.append(((pl.col("placed") == "nearest").fill_null(value=False), _NEAREST))
    if fact.effective is not None:
        crosses = (pl.col("service_date") < fact.effective) & (pl.col("last_date") >= fact.effective)
        caps.append((crosses.fill_null(value=False), _BEGINS_BEFORE))
    if fact.ended is not None:
        crosses = (pl.col("service_date") <= fact.ended) & (pl.col("last_date") > fact.ended)
        caps.append((crosses.fill_null(value=False), _RUNS_PAST))
    return caps


def shaped(frame: pl.DataFrame) -> pl.DataFrame:
    """Give a verdict frame all columns of RAW_SCHEMA."""
    have = set(frame.columns)
    return frame.select(
        (pl.col(name) if name in have else pl.lit([], dtype) if isinstance(dtype, pl.List) else pl.lit(None, dtype))
        .cast(dtype)
        .alias(name)
        for name, dtype in RAW_SCHEMA.items()
    )


def declared(kind: ModuleType, name: str, fact: Fact, default: Any) -> Any:  # noqa: ANN401 as the kind declares it
    """Return what a kind declares of itself; where that depends on the entry, by its function of that name."""
    value = getattr(kind, name.lower(), getattr(kind, name, default))
    return value(fact) if callable(value) else value
