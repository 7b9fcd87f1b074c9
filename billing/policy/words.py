"""Facts put into words for people: what an entry says, to what it applies, and how severe its findings may be.

A kind says its own entries (`in_words` in its file); an entry of a kind that does not is spelled out field by field,
by `billing/policy/spelling.py`. What every entry may say (its services, conditions, readings) is put into words here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from billing.policy.checking import in_words
from billing.policy.codesets import NATIONAL, Fact, Program
from billing.policy.conditions import Conditions
from billing.policy.conditions import in_words as conditions_in_words
from billing.policy.schema import Service
from billing.policy.spelling import spelled_out
from billing.rules import KINDS
from billing.rules._entry_words import codes_text, services_named

ON_TRIAL = "On trial: it decides nothing."
_READING = "assumed"
"""Keys that begin like this hold the reading of ambiguous words that a fact rests on."""


def fact_in_words(fact: Fact, services: Sequence[Service] = ()) -> str:
    """Say what a fact states, such as `At most 4 units per member per day. Only for members under 21`.

    Args:
        fact: The fact.
        services: All services of its program; without them codes cannot be named.

    Returns:
        Whole sentences; dates, source and severity are not among them.
    """
    words = [statement(fact, services), *applies_to(fact, services), *conditions(fact)]
    if fact.shadow:
        words.append(ON_TRIAL)
    return " ".join(words)


def statement(fact: Fact, services: Sequence[Service] = ()) -> str:
    """Say what a fact states, without the services and conditions that narrow it."""
    kind = KINDS.get(fact.kind)
    if kind is not None and hasattr(kind, "in_words"):
        return str(kind.in_words(fact.entry, tuple(services)))
    return spelled_out(fact.kind, fact.entry, tuple(services), otherwise=kind_in_words(fact.kind))


def applies_to(fact: Fact, services: Sequence[Service] = ()) -> Iterator[str]:
    """Say which services an entry applies to, where these are not all, such as `Only for 98960 U7`."""
    if fact.program == NATIONAL or isinstance(fact.entry, Service) or fact.services is None:
        return
    named = services_named(fact.services, services)
    if {service.id for service in named} != {service.id for service in services} or not services:
        yield f"Only for {codes_text(named) or 'the services ' + ', '.join(fact.services)}."


def conditions(fact: Fact) -> Iterator[str]:
    """Say under which conditions an entry holds, and where it does not."""
    for name in type(fact.entry).model_fields:
        value = getattr(fact.entry, name)
        if isinstance(value, Conditions) and (phrase := conditions_in_words(value)):
            yield f"{'Not' if name == 'unless' else 'Only'} {phrase}."


def readings(fact: Fact) -> tuple[str, ...]:
    """Return the readings of ambiguous words that a fact rests on."""
    names = [name for name in type(fact.entry).model_fields if name.startswith(_READING)]
    return tuple(reading for name in names if isinstance(reading := getattr(fact.entry, name), str))


def days_in_words(program: Program) -> str:
    """Say from when to when a program holds, by date of service; that its first day is not known is said."""
    if program.id != NATIONAL and program.effective is None and program.ended is None:
        return "its first day was not found"
    return in_words((program.effective, program.ended))


def by_entry(facts: Iterable[Fact]) -> list[list[Fact]]:
    """Group facts by the entry or service that states them, in their order: a service gives a fact to several kinds."""
    stated: dict[tuple[str, int], list[Fact]] = {}
    for fact in facts:
        stated.setdefault((fact.file, fact.line), []).append(fact)
    return list(stated.values())


def kind_in_words(kind: str) -> str:
    """Return the first sentence of a kind's page, without its full stop."""
    return (KINDS[kind].__doc__ or kind).partition("\n")[0].rstrip(".") if kind in KINDS else kind


def severity_of(fact: Fact) -> str:
    """Return the highest severity its findings may have: reject, review or note."""
    named = [fact.severity, "review" if fact.caps else "reject", getattr(KINDS.get(fact.kind), "HIGHEST", "reject")]
    return next(severity for severity in ("note", "review", "reject") if severity in named)


def severity_in_words(fact: Fact) -> str:
    """Say how severe its findings may be, and why not more: `review, because its source carries no date`."""
    severity = severity_of(fact)
    is_capped = severity == "review" and fact.severity == "reject"
    return f"{severity}, because {'; '.join(fact.caps)}" if is_capped else severity


def consequence(fact: Fact) -> str:
    """Say what a finding of it may do to a claim, and why not more; the words follow "a finding"."""
    if fact.shadow:
        return "is on trial and decides nothing"
    severity = severity_of(fact)
    if severity == "note":
        return "is a note and holds nothing"
    if severity == "reject":
        return "may reject the claim"
    held = "holds the claim for review"
    return f"{held}, because {'; '.join(fact.caps)}" if fact.severity == "reject" else held
