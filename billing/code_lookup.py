"""What a line with a procedure code must carry, program by program, on a date: what `cleanclaim codes` shows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billing.policy.codesets import Fact, Program
from billing.policy.loading import Library
from billing.policy.schema import Rate, Service, Source
from billing.policy.topics import silent_on, topic_of, topics

_NEAREST = 5  # codes named for one that nobody knows


@dataclass(frozen=True, slots=True)
class ServiceOnDate:
    """A service of a code, and how it stands on the date.

    Attributes:
        service: The service.
        source: Where it was read.
        is_in_force: True when a line of the date may be billed as it.
        instead: Services of the program that took its place; empty unless it ended before the date.
        rate: Its rate on the date, with the source of that; null when none is sourced.
        facts: Kind to the fact about it, for kinds that look at services.
    """

    service: Service
    source: Source
    is_in_force: bool
    instead: tuple[Service, ...]
    rate: tuple[Rate, Source] | None
    facts: dict[str, Fact]


@dataclass(frozen=True, slots=True)
class CodeInProgram:
    """What one program asks of lines with a code.

    Attributes:
        program: The program.
        services: Its services of the code: those in force first.
        rules: Facts in force on the date about at least one of the services in force, by topic, in the order of topics;
            what is said of a service itself stands with the service.
        later: Facts about them that begin after the date.
        silent_on: Topics on which the program has no rule.
    """

    program: Program
    services: tuple[ServiceOnDate, ...]
    rules: dict[str, tuple[Fact, ...]]
    later: tuple[Fact, ...]
    silent_on: tuple[str, ...]

    @property
    def is_billable(self) -> bool:
        """True when a line of the date may carry the code in a program that is in force."""
        return self.program.status in {"in_force", "historical"} and any(each.is_in_force for each in self.services)

    @property
    def in_force(self) -> tuple[Service, ...]:
        """Return the services in force on the date."""
        return tuple(each.service for each in self.services if each.is_in_force)


@dataclass(frozen=True, slots=True)
class CodeLookup:
    """The answer for one code.

    Attributes:
        code: The code as it is written on a claim.
        on: The date of service asked about.
        state: The state asked about; null: all.
        programs: The programs of the state (else all) that know the code, in order of state and id.
        elsewhere: Programs of other states that know it; empty when no state was asked about.
        nearest: Codes most like it, when no program at all knows it.
    """

    code: str
    on: date
    state: str | None
    programs: tuple[CodeInProgram, ...]
    elsewhere: tuple[Program, ...]
    nearest: tuple[str, ...]


def look_up(library: Library, code: str, on: date, state: str | None = None) -> CodeLookup:
    """Say what a line with a code must carry on a date.

    Args:
        library: The code sets.
        code: Procedure code, in any case.
        on: Date of service.
        state: Two letters; null: every state.
    """
    code = code.strip().upper()
    knowing = sorted(
        (program for program in library.programs.values() if any(each.procedure == code for each in program.services)),
        key=lambda program: (program.state or "", program.id),
    )
    here = [program for program in knowing if state in {None, program.state}]
    return CodeLookup(
        code=code,
        on=on,
        state=state,
        programs=tuple(_in_program(program, code, on) for program in here),
        elsewhere=tuple(program for program in knowing if program not in here),
        nearest=() if knowing else _nearest(code, library.known_codes()),
    )


def _nearest(code: str, known: Iterable[str]) -> tuple[str, ...]:
    return tuple(difflib.get_close_matches(code, list(known), n=_NEAREST, cutoff=0.6))


def _in_program(program: Program, code: str, on: date) -> CodeInProgram:
    services = [_on_date(service, program, on) for service in program.services if service.procedure == code]
    services.sort(key=lambda each: not each.is_in_force)
    ids = {each.service.id for each in services if each.is_in_force}
    about = [fact for fact in program.facts if not isinstance(fact.entry, Service)]
    about = [fact for fact in about if fact.services is None or ids.intersection(fact.services)]
    rules: dict[str, list[Fact]] = {}
    for fact in about:
        if _holds(fact, on):
            rules.setdefault(topic_of(fact.kind), []).append(fact)
    return CodeInProgram(
        program=program,
        services=tuple(services),
        rules={topic: tuple(rules[topic]) for topic in topics() if topic in rules and ids},
        later=tuple(fact for fact in about if ids and fact.effective is not None and fact.effective > on),
        silent_on=tuple(silent_on(program)),
    )


def _holds(stated: Fact | Service | Rate, on: date) -> bool:
    first, last = stated.effective, stated.ended
    return (first is None or first <= on) and (last is None or on <= last)


def _on_date(service: Service, program: Program, on: date) -> ServiceOnDate:
    rate = next((rate for rate in service.rates if _holds(rate, on)), None)
    has_ended = service.ended is not None and service.ended < on
    return ServiceOnDate(
        service=service,
        source=program.sources[service.source],
        is_in_force=_holds(service, on),
        instead=tuple(_successors(service, program.services, on)) if has_ended else (),
        rate=(rate, program.sources[rate.source]) if rate is not None else None,
        facts={fact.kind: fact for fact in program.facts if _is_about(fact, service, on)},
    )


def _is_about(fact: Fact, service: Service, on: date) -> bool:
    """Tell whether a fact is about a service itself, in the version of its dates; of its rates, the one of the date."""
    is_named = isinstance(fact.entry, Service) and fact.entry.id == service.id
    is_version = (fact.effective, fact.ended) == (service.effective, service.ended)
    return is_named and (is_version or (_holds(service, on) and _holds(fact, on)))


def _successors(ended: Service, services: Sequence[Service], on: date) -> Iterator[Service]:
    """Yield what may be billed on the date in place of a service that ended.

    These are the services that began the day after it ended, of the same delivery if there are some; where none began
    then, those of the same code that are in force.
    """
    in_force = [service for service in services if _holds(service, on)]
    assert ended.ended is not None  # noqa: S101 it ended before the date
    began = [service for service in in_force if service.effective == ended.ended + timedelta(days=1)]
    same = [service for service in began if service.delivery == ended.delivery]
    yield from same or began or [service for service in in_force if service.procedure == ended.procedure]
