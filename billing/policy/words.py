"""Facts put into words for people: what an entry says, when it applies, and how severe its findings may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from billing.policy.codesets import Fact
from billing.policy.conditions import Conditions
from billing.policy.conditions import in_words as conditions_in_words
from billing.policy.schema import PolicyEntry, Rate, Service
from billing.rules import KINDS

_WORD = re.compile(r"[a-z]+(_[a-z]+)+\Z")  # prior_authorization
_MEASURES = ("measure", "unit")  # say what the number before them counts
_SHORT = 6  # words; a longer value is a sentence of its own


def fact_in_words(fact: Fact) -> str:
    """Say what a fact states: `at most 4 units, per day, of member; all services`."""
    if isinstance(fact.entry, Service):
        return "; ".join(_service(fact.entry, fact.kind, fact.effective))
    return "; ".join(_entry(fact))


def _service(service: Service, kind: str, effective: date | None) -> Iterator[str]:
    """Put into words what one kind looks at in a service; of several rates, the one of the fact's first day."""
    code = " ".join((service.procedure, *service.modifiers))
    if kind == "covered_services":
        yield f"{code}, {service.name or service.delivery.replace('_', ' ')}"
        if service.unit_minutes is not None:
            yield f"a unit is {service.unit_minutes} minutes"
        if service.date_ranges == "refused":
            yield "each day on a line of its own"
    elif kind == "modifiers":
        yield f"{service.procedure} with {_list(service.modifiers)}" if service.modifiers else service.procedure
        if service.also_allowed:
            yield f"also allowed: {_list(service.also_allowed)}"
        if service.modifier_positions:
            yield _list(tuple(f"{code} in position {at}" for code, at in service.modifier_positions.items()))
        yield "no other modifier" if service.other_modifiers == "refused" else "any other modifier is looked at"
    elif kind == "rates":
        yield f"{code}, {_list(tuple(_rate(rate) for rate in service.rates if rate.effective == effective))}"
    elif kind == "group_size" and service.group_size is not None:
        yield f"{code}, {_range(service.group_size.min, service.group_size.max)}"
    else:
        yield f"{code}, {kind.replace('_', ' ')} {_value(getattr(service, kind, ''))}".rstrip(", ")


def _rate(rate: Rate) -> str:
    amounts = tuple(f"${amount} {region}" for region, amount in rate.amounts.items())
    return f"{_list(amounts) if amounts else f'${rate.amount}'} a unit"


def _entry(fact: Fact) -> Iterator[str]:
    entry = fact.entry
    own = [name for name in type(entry).model_fields if name not in PolicyEntry.model_fields]
    stated = [(name, getattr(entry, name)) for name in own]
    words: list[str] = []
    for name, value in stated:
        if value is None or value is False or value == ():
            continue
        if name in _MEASURES and words:
            words[-1] += f" {_value(value)}"  # `at most 4 units`, `within 12 months`
        else:
            words.append(_named(name, value))
    yield ", ".join(words) if words else kind_in_words(fact.kind)
    if fact.program != "national":
        yield "all services" if fact.services is None else f"services {_list(fact.services)}"
    when = getattr(entry, "when", None)
    if when is not None and (condition := conditions_in_words(when)):
        yield condition
    if fact.shadow:
        yield "in shadow: decides nothing"


def _named(name: str, value: object) -> str:
    label, text = name.rstrip("_").replace("_", " "), _value(value)
    if value is True:
        return label
    return f"{label}: {text}" if len(text.split()) > _SHORT else f"{label} {text}"


def _value(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Conditions):
        return conditions_in_words(value)
    if isinstance(value, BaseModel):
        stated = ((name, getattr(value, name)) for name in type(value).model_fields)
        return ", ".join(_named(name, inner) for name, inner in stated if inner is not None and inner != ())
    if isinstance(value, (tuple, list, frozenset)):
        return _list(tuple(_value(item) for item in value))
    if isinstance(value, dict):
        return _list(tuple(f"{key} {_value(item)}" for key, item in value.items()))
    text = str(value)
    return text.replace("_", " ") if _WORD.match(text) else text


def _list(items: tuple[str, ...]) -> str:
    return ", ".join(items)


def _range(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return _members(most) if least == most else f"{least} to {_members(most)}"
    return f"at least {_members(least)}" if least is not None else f"at most {_members(most)}"


def _members(number: int | None) -> str:
    return f"{number} member" if number == 1 else f"{number} members"


def kind_in_words(kind: str) -> str:
    """Return the first sentence of a kind's page, without its full stop."""
    return (KINDS[kind].__doc__ or kind).partition("\n")[0].rstrip(".") if kind in KINDS else kind


def severity_in_words(fact: Fact) -> str:
    """Say how severe its findings may be, and why not more: `review, because its source carries no date`."""
    at_most: str | None = getattr(KINDS.get(fact.kind), "HIGHEST", None)
    if at_most is not None:
        return at_most
    if not fact.caps or fact.severity != "reject":
        return fact.severity
    return f"review, because {'; '.join(fact.caps)}"
