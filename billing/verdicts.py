"""What the rule kinds say of the rows, in one shape, and which rows a fact is about.

Row kinds are asked in `billing/row_kinds.py`, window kinds in `billing/window_kinds.py`; both answer in `Answers`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
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


RowSort = tuple[str | None, str | None, str | None, date | None, date | None, bool]
"""What a scope looks at of a row: program, service, placed, first and last day, whether it is a void."""

_SORT = ["program", "service", "placed", "service_date", "last_date", "is_void"]
_UNPLACED = ("tied", "unclear")
_FEW_ROWS = 50


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


class Scope(NamedTuple):
    """Which rows a fact is about, before its conditions.

    Attributes:
        program: Id of its program; null: every line.
        services: Ids of the services it applies to; null: all of the program.
        is_placed: True: only lines of which it is known where they belong.
        effective: First day of service; null: no first day.
        ended: Last day of service; null: still in force.
        on_voids: True: voids too.
    """

    program: str | None
    services: frozenset[str] | None
    is_placed: bool
    effective: date | None
    ended: date | None
    on_voids: bool

    def holds(self) -> pl.Expr:
        """Tell which rows the fact is about. Never null."""
        parts: list[pl.Expr] = []
        if self.program is not None:
            parts.append(pl.col("program") == self.program)
        if self.services is not None and len(self.services) == 1:
            parts.append(pl.col("service") == next(iter(self.services)))
        elif self.services is not None:
            parts.append(pl.col("service").is_in(sorted(self.services)))
        if self.is_placed:
            parts.append(~pl.col("placed").is_in(_UNPLACED))
        if self.effective is not None:
            parts.append(pl.col("last_date") >= self.effective)
        if self.ended is not None:
            parts.append(pl.col("service_date") <= self.ended)
        if not self.on_voids:
            parts.append(~pl.col("is_void"))
        return pl.all_horizontal(parts).fill_null(value=False) if parts else pl.lit(value=True)

    def of_all(self, sorts: Collection[RowSort]) -> bool | None:
        """Tell whether rows of these sorts are all, or none, what the fact is about; null: some are."""
        told = {self._of(sort) for sort in sorts}
        return told.pop() if len(told) == 1 else None

    def _of(self, sort: RowSort) -> bool:
        program, service, placed, first, last, is_void = sort
        return (
            (self.program is None or program == self.program)
            and (self.services is None or service in self.services)
            and not (self.is_placed and placed in _UNPLACED)
            and (self.effective is None or (last is not None and last >= self.effective))
            and (self.ended is None or (first is not None and first <= self.ended))
            and (self.on_voids or not is_void)
        )


def sorts_of(rows: pl.DataFrame) -> frozenset[RowSort]:
    """Return the sorts of rows there are, when the rows are few; else none, as telling them would cost more.

    Args:
        rows: One row per placed line.
    """
    if len(rows) > _FEW_ROWS:
        return frozenset()
    return frozenset(zip(*(rows.get_column(name).to_list() for name in _SORT), strict=True))


def scope_of(
    fact: Fact, *, on_voids: bool, by_date: bool = True, is_about_services: bool = False, beside: Iterable[str] = ()
) -> Scope:
    """Say which rows a fact is about: its services (and those `beside`), its dates, voids or not."""
    services: frozenset[str] | None = None
    if isinstance(fact.entry, Service):
        services = frozenset({fact.entry.id})
    elif fact.services is not None:
        services = frozenset({*fact.services, *beside})
    return Scope(
        program=fact.program if fact.program != NATIONAL else None,
        services=services,
        is_placed=fact.program != NATIONAL and not is_about_services,
        effective=fact.effective if by_date else None,
        ended=fact.ended if by_date else None,
        on_voids=on_voids,
    )


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
