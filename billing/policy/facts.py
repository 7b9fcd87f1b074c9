"""From a program's files to what the engine judges by: a fact per entry, and per service for kinds that ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import ModuleType

from billing.policy.checking import span_of
from billing.policy.codesets import NATIONAL, Fact, Program, Status
from billing.policy.layers import Merged
from billing.policy.program_file import Item
from billing.policy.provenance import caps
from billing.policy.schema import PolicyEntry, Service, Source


def program_of(merged: Merged, kinds: Mapping[str, ModuleType]) -> Program:
    """Make a program of its merged files, which must be free of problems."""
    keys = merged.keys
    return Program(
        id=merged.id,
        name=keys.name,
        state=keys.state,
        workforce=keys.workforce,
        status=_status(merged),
        effective=keys.effective,
        ended=keys.ended,
        payers=keys.payers,
        services=tuple(_dated(item.entry, merged) for item in merged.items if isinstance(item.entry, Service)),
        facts=tuple(_facts(merged, kinds)),
        sources=merged.sources,
        notes=keys.notes,
        layer=merged.file.layer,
        extends=keys.extends,
        rendering_is=keys.rendering_is,
        file=merged.file.shown,
    )


def _status(merged: Merged) -> Status:
    return merged.keys.status or "in_force"


def _dated(service: Service, merged: Merged) -> Service:
    """Return a service with the days it is in force, the program's where it states none of its own."""
    effective, ended = span_of(service, merged.keys)
    if (effective, ended) == (service.effective, service.ended):
        return service
    return service.model_copy(update={"effective": effective, "ended": ended})


def _facts(merged: Merged, kinds: Mapping[str, ModuleType]) -> Iterator[Fact]:
    about_services = [name for name, kind in kinds.items() if getattr(kind, "SERVICE_FACT", False)]
    for item in merged.items:
        entry = item.entry
        if isinstance(entry, Service):
            for kind in about_services:
                # A service without the value a kind is named for (`group_size: null`) gives it nothing to check.
                if kind == "rates":
                    yield from _rates(merged, item, entry)
                elif getattr(entry, kind, kind) is not None:
                    source = merged.sources[getattr(entry, f"{kind}_source", None) or entry.source]
                    yield _fact(merged, item, kind=kind, source=source, services=(entry.id,))
        elif isinstance(entry, PolicyEntry):
            source = merged.sources[entry.source]
            yield _fact(merged, item, kind=item.block, source=source, services=_services(merged, entry))


def _rates(merged: Merged, item: Item, service: Service) -> Iterator[Fact]:
    """Make a fact of each of a service's rates, which have dates and sources of their own."""
    for rate in service.rates:
        fact = _fact(merged, item, kind="rates", source=merged.sources[rate.source], services=(service.id,))
        yield replace(fact, effective=rate.effective, ended=rate.ended)


def _services(merged: Merged, entry: PolicyEntry) -> tuple[str, ...] | None:
    return None if entry.services == "all" or merged.id == NATIONAL else entry.services


def _fact(merged: Merged, item: Item, *, kind: str, source: Source, services: tuple[str, ...] | None) -> Fact:
    entry, span = item.entry, span_of(item.entry, merged.keys)
    return Fact(
        path=f"{item.owner}.{item.block}.{item.id}",
        kind=kind,
        entry=entry,
        program=merged.id,
        services=services,
        effective=span[0],
        ended=span[1],
        source=source,
        caps=caps(source, getattr(entry, "assumed", None), _status(merged)),
        file=item.file.shown,
        line=item.line,
    )
