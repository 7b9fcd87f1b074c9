"""From a program's files to what the engine judges by: a fact per entry, and per service for kinds that ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import ModuleType

from billing.policy.checking import span_of
from billing.policy.code_lists import CodeLists
from billing.policy.codesets import NATIONAL, Fact, Program, Replaced, Status
from billing.policy.layers import Merged
from billing.policy.program_file import Item
from billing.policy.provenance import caps
from billing.policy.schema import PolicyEntry, Service, Source


def program_of(merged: Merged, kinds: Mapping[str, ModuleType], lists: CodeLists) -> Program:
    """Make a program of its merged files, which must be free of problems."""
    keys = merged.keys
    services = tuple(_dated(item.entry, merged) for item in merged.items if isinstance(item.entry, Service))
    return Program(
        id=merged.id,
        name=keys.name,
        state=keys.state,
        workforce=keys.workforce,
        status=_status(merged),
        effective=keys.effective,
        ended=keys.ended,
        payers=keys.payers,
        services=services,
        facts=tuple(replace(fact, lists=lists, program_services=services) for fact in _facts(merged, kinds)),
        sources=merged.sources,
        notes=keys.notes,
        layer=merged.file.layer,
        extends=keys.extends,
        bases=merged.bases,
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
    about_services = {name: kind for name, kind in kinds.items() if getattr(kind, "SERVICE_FACT", False)}
    for item in merged.items:
        entry = item.entry
        if isinstance(entry, Service):
            for name, kind in about_services.items():
                if name == "rates":
                    yield from _rates(merged, item, entry)
                    continue
                # A service without the values a kind looks at (`group_size: null`) gives it nothing to check.
                if sources := _sources(merged, entry, getattr(kind, "VALUES", {name: f"{name}_source"})):
                    yield _fact(merged, item, kind=name, sources=sources, services=(entry.id,))
        elif isinstance(entry, PolicyEntry):
            sources = (merged.sources[entry.source],)
            yield _fact(merged, item, kind=item.block, sources=sources, services=_services(merged, entry))


def _sources(merged: Merged, service: Service, values: Mapping[str, str]) -> tuple[Source, ...]:
    """Return the sources of the values of a service that a kind compares; its findings name the first.

    Args:
        merged: The program.
        service: The service.
        values: Name of each value to the key of its source; of a kind about the service as a whole, a name of no key.
    """
    stated = [key for name, key in values.items() if getattr(service, name, name) is not None]
    named = dict.fromkeys(getattr(service, key, None) or service.source for key in stated)
    return tuple(merged.sources[source] for source in named)


def _rates(merged: Merged, item: Item, service: Service) -> Iterator[Fact]:
    """Make a fact of each of a service's rates, which have dates and sources of their own."""
    for rate in service.rates:
        fact = _fact(merged, item, kind="rates", sources=(merged.sources[rate.source],), services=(service.id,))
        alone = service.model_copy(update={"rates": (rate,)})
        yield replace(fact, entry=alone, effective=rate.effective, ended=rate.ended)


def _services(merged: Merged, entry: PolicyEntry) -> tuple[str, ...] | None:
    return None if entry.services == "all" or merged.id == NATIONAL else entry.services


def _fact(
    merged: Merged, item: Item, *, kind: str, sources: tuple[Source, ...], services: tuple[str, ...] | None
) -> Fact:
    entry, span = item.entry, span_of(item.entry, merged.keys)
    assumed = getattr(entry, "assumed", None)
    reasons = (reason for source in sources for reason in caps(source, assumed, _status(merged)))
    return Fact(
        path=f"{item.owner}.{item.block}.{item.id}",
        kind=kind,
        entry=entry,
        program=merged.id,
        services=services,
        effective=span[0],
        ended=span[1],
        source=sources[0],
        caps=tuple(dict.fromkeys(reasons)),
        file=item.file.shown,
        line=item.line,
        layer=item.file.layer,
        replaced=_replaced(item),
    )


def _replaced(item: Item) -> tuple[Replaced, ...]:
    return tuple(Replaced(old.entry, old.file.layer, old.file.shown, old.line, _replaced(old)) for old in item.replaces)
