"""Place each line into a program and a service: whose rules it is judged by.

Done once per distinct procedure code, modifiers, payer and date, of which a batch has few, and joined back.

1. A claim narrows to the selected programs that list its payer id, when any of them does. An overlay on a selected
   program that lists other payers is not for it.
2. On days that an overlay is in force it stands in for its bases; on other days its bases do.
3. The service with the largest identifying modifier set that the line carries wins, before dates are looked at.
   Services that carry the same set at different times are told apart by the service date.
4. Of several programs the larger set wins, and which others fit is kept; without a winner the line is `tied`.
5. A line that fits no service of a program that knows its code is `nearest` to one of them, or `unclear` when
   several are equally near. A code that no selected program knows is `other`; `tied_programs` then names programs
   that know it, if any does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from billing.errors import NoProgramError
from billing.policy.codesets import CodeSets, Program
from billing.policy.schema import Service

_KEYS = ["payer_id", "procedure_code", "modifiers", "service_date"]
_NAMED = 6  # programs that know a code; of others it is said how many there are
_PLACED_SCHEMA = {
    "program": pl.String,
    "service": pl.String,
    "placed": pl.String,
    "tied_programs": pl.String,
    "also_fits": pl.String,
    "near_services": pl.String,
    "unit_minutes": pl.UInt32,
    "delivery": pl.String,
    "worker_renders": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class _Fit:
    """A service that a line may belong to, and how far its modifiers are from the line's."""

    program: Program
    service: Service
    distance: int

    @property
    def size(self) -> int:
        return len(self.service.modifiers)


@dataclass(frozen=True, slots=True)
class _Index:
    """The selected programs, laid out for looking up.

    Attributes:
        services: Procedure code to the services that bill it, in order of their programs.
        listing: Payer id to the ids of the programs that list it, and of their bases.
        others: Ids of the programs for claims to any other payer.
        knowing: Procedure code to the ids of all programs that know it, selected or not.
    """

    services: dict[str, list[tuple[Program, Service]]]
    listing: dict[str, set[str]]
    others: frozenset[str]
    knowing: Mapping[str, tuple[str, ...]]


def place(rows: pl.DataFrame, codesets: CodeSets) -> pl.DataFrame:
    """Add `placement`, the columns of `_PLACED_SCHEMA` and `worker_npi`.

    Args:
        rows: One row per line (`billing/rows.py`).
        codesets: The selected programs.

    Raises:
        NoProgramError: No program was named, and no claim of the batch goes to a payer that a program lists.
    """
    different = rows.select(_KEYS).with_row_index("rows").group_by(_KEYS).agg("rows")
    index = _index_of(codesets)
    keys = different.select(_KEYS).iter_rows()
    placed = pl.DataFrame(list(_place_each(keys, index)), schema=_PLACED_SCHEMA, orient="row")
    if not codesets.chosen and len(placed) and placed.get_column("program").null_count() == len(placed):
        raise NoProgramError(_no_program(different, codesets))
    numbers = different.select("rows").with_row_index("placement").explode("rows")
    placement = pl.zeros(len(rows), pl.UInt32, eager=True).scatter(numbers["rows"], numbers["placement"])
    rows = rows.with_columns(placement.alias("placement"), *placed[placement].get_columns())
    renders = pl.when(pl.col("worker_renders")).then("rendering_npi")
    return rows.with_columns(worker_npi=pl.coalesce("worker", renders)).drop("worker_renders")


def _place_each(keys: Iterable[tuple[Any, ...]], index: _Index) -> Iterator[tuple[object, ...]]:
    """Place each distinct payer, code, modifiers and date; yields the columns that `place` adds."""
    fits_of: dict[tuple[str | None, str | None, frozenset[str]], list[_Fit]] = {}
    for payer, procedure, modifiers, day in keys:
        carried = frozenset(modifiers) - {""}
        fits = fits_of.get((payer, procedure, carried))
        if fits is None:
            programs = index.listing.get(payer, index.others)
            fits = fits_of[payer, procedure, carried] = [
                _Fit(program, service, len(carried.symmetric_difference(service.modifiers)))
                for program, service in index.services.get(procedure, ())
                if program.id in programs
            ]
        if fits:
            yield _place_one(fits, carried, day)
        else:
            knowing = index.knowing.get(procedure, ()) if procedure else ()
            yield (None, None, "other", _some_of(knowing), None, None, None, None, None)


def _place_one(fits: list[_Fit], carried: frozenset[str], day: date | None) -> tuple[object, ...]:
    """Place a line among the services of its code; returns the columns that `place` adds."""
    layered = _top_layers(fits, day)
    exact = [fit for fit in layered if carried.issuperset(fit.service.modifiers)]
    if exact:
        everywhere = {fit.program.id for fit in fits if carried.issuperset(fit.service.modifiers)}
        return _best_exact(exact, day, everywhere)
    nearest = min(fit.distance for fit in layered)
    close = _by_date([fit for fit in layered if fit.distance == nearest], day)
    if len({(fit.program.id, fit.service.id) for fit in close}) == 1:
        return _columns(close[0], "nearest")
    near = dict.fromkeys(" ".join((fit.service.procedure, *fit.service.modifiers)) for fit in close)
    return _columns(close[0], "unclear", near=" or ".join(near))


def _some_of(programs: tuple[str, ...]) -> str | None:
    """Name programs, the first of many: `az-chw, ks-chw and 3 more`; null when there is none."""
    more = len(programs) - _NAMED
    named = ", ".join(programs[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return named or None


def _index_of(codesets: CodeSets) -> _Index:
    """Return the services by code and the programs by payer; made once, since programs never change."""
    memo = codesets.memo
    if "index" not in memo:
        index = _Index({}, {}, _for_other_payers(codesets), codesets.known_codes)
        for program in codesets.programs:
            for service in program.services:
                index.services.setdefault(service.procedure, []).append((program, service))
            for payer in program.payers:
                index.listing.setdefault(payer, set()).update({program.id, *program.bases})
        memo["index"] = index
    made: _Index = memo["index"]
    return made


def _for_other_payers(codesets: CodeSets) -> frozenset[str]:
    """Name the programs for claims to a payer that none lists: no overlay for certain payers beside its base."""
    if not codesets.chosen:
        return frozenset()
    ids = {program.id for program in codesets.programs}
    return frozenset(
        program.id for program in codesets.programs if not (program.payers and ids.intersection(program.bases))
    )


def _top_layers(fits: list[_Fit], day: date | None) -> list[_Fit]:
    """Leave out the bases of overlays that are in force on a day, and the overlays that are not, where a base fits."""
    if not any(fit.program.bases for fit in fits):
        return fits
    there = {fit.program.id for fit in fits}
    in_force = {fit.program.id for fit in fits if not _days_away(fit.program.effective, fit.program.ended, day)}
    below = {base for fit in fits if fit.program.id in in_force for base in fit.program.bases}
    idle = {fit.program.id for fit in fits if fit.program.id not in in_force and there.intersection(fit.program.bases)}
    return [fit for fit in fits if fit.program.id not in below | idle]


def _best_exact(fits: list[_Fit], day: date | None, everywhere: set[str]) -> tuple[object, ...]:
    best = [
        _by_date([fit for fit in group if fit.size == max(fit.size for fit in group)], day)[0]
        for group in _by_program(fits)
    ]
    largest = [fit for fit in best if fit.size == max(fit.size for fit in best)]
    if len(largest) > 1:
        names = " and ".join(sorted(fit.program.id for fit in largest))
        return _columns(largest[0], "tied", tied=names)
    others = ", ".join(sorted(everywhere - {largest[0].program.id}))
    return _columns(largest[0], "exact", also_fits=others or None)


def _by_program(fits: list[_Fit]) -> list[list[_Fit]]:
    groups: dict[str, list[_Fit]] = {}
    for fit in fits:
        groups.setdefault(fit.program.id, []).append(fit)
    return list(groups.values())


def _by_date(fits: list[_Fit], day: date | None) -> list[_Fit]:
    """Keep the fits whose dates are nearest to the day; all of them when the day is not known."""
    if day is None or len(fits) == 1:
        return fits
    gaps = [_gap(fit, day) for fit in fits]
    return [fit for fit, gap in zip(fits, gaps, strict=True) if gap == min(gaps)]


def _gap(fit: _Fit, day: date) -> int:
    first = fit.service.effective or fit.program.effective
    return _days_away(first, fit.service.ended or fit.program.ended, day)


def _days_away(first: date | None, last: date | None, day: date | None) -> int:
    """Return how many days lie between a span and a day; 0 inside it, or when the day is not known."""
    if day is None:
        return 0
    if first is not None and day < first:
        return (first - day).days
    return (day - last).days if last is not None and day > last else 0


def _columns(
    fit: _Fit, placed: str, *, tied: str | None = None, also_fits: str | None = None, near: str | None = None
) -> tuple[object, ...]:
    service = fit.service
    renders = fit.program.rendering_is == "worker"
    return (
        fit.program.id, service.id, placed, tied, also_fits, near, service.unit_minutes, service.delivery, renders,
    )  # fmt: skip


def _no_program(distinct: pl.DataFrame, codesets: CodeSets) -> str:
    codes = distinct.get_column("procedure_code").unique().drop_nulls().sort()
    knowing = sorted({program for code in codes for program in codesets.known_codes.get(code, ())})
    options = (
        f"name one with --program, or its state with --state: {', '.join(knowing)} know its codes"
        if knowing
        else (
            "name one with --program or --state ('cleanclaim rules' lists them); none of them knows the batch's codes"
        )
    )
    return f"no program could be chosen: no program lists the payer ids of this batch\n  fix: {options}"
