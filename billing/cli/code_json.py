"""The answer of `cleanclaim codes --format json`. Keys may be added; none changes its name or its meaning.

One object: `schema_version`, `code`, `on`, `state` (null: all), `billable` (a program in force takes the code on the
date), `programs`, and `elsewhere` (`program` and `state` of those that know the code in other states).

* A program: `program`, `name`, `state`, `workforce`, `status`, `effective`, `ended`, `rendering_is`, `services` (those
  in force first), `rules` (by topic), `later` (rules that begin after the date), `no_rule_on` (topics), `notes`.
* A service: `service` (its id), `path`, `procedure`, `modifiers`, `also_allowed`, `other_modifiers`,
  `modifier_positions`, `name`, `delivery`, `unit_minutes`, `group_size` (`min`, `max`), `date_ranges`, `rate` on the
  date (`amount` or, by region, `amounts`; `effective`, `ended`, `source`), `effective`, `ended`, `in_force`, `instead`
  (ids of the services that took its place), `source`, `rules` (what is asked of it by itself, one per kind).
* A rule: `rule` (its path), `kind`, `topic`, `what` (sentences), `services` (ids; null: all), `effective`, `ended`,
  `severity` (at most this), `capped_by` (why it cannot reject), `shadow`, `readings`, `source`.
* A source: `title`, `publisher`, `dated`, `official`, `url`.

Dates are dates of service, both ends included, null where open. Money is a text in dollars. What was not sourced is
null or an empty list.
"""

from __future__ import annotations

from typing import Any

from billing.code_lookup import CodeInProgram, CodeLookup, ServiceOnDate
from billing.policy.codesets import Fact, Program
from billing.policy.schema import Rate, Source
from billing.policy.topics import topic_of
from billing.policy.words import fact_in_words, readings, severity_of

SCHEMA_VERSION = 1


def lookup_as_data(found: CodeLookup) -> dict[str, Any]:
    """Return an answer as what JSON can hold."""
    return {
        "schema_version": SCHEMA_VERSION,
        "code": found.code,
        "on": found.on.isoformat(),
        "state": found.state,
        "billable": any(program.is_billable for program in found.programs),
        "programs": [_program(program) for program in found.programs],
        "elsewhere": [{"program": program.id, "state": program.state} for program in found.elsewhere],
    }


def _program(found: CodeInProgram) -> dict[str, Any]:
    program = found.program
    facts = [fact for facts in found.rules.values() for fact in facts]
    return {
        "program": program.id,
        "name": program.name,
        "state": program.state,
        "workforce": program.workforce,
        "status": program.status,
        **_dates(program),
        "rendering_is": program.rendering_is,
        "services": [_service(each, program) for each in found.services],
        "rules": [_rule(fact, program) for fact in facts],
        "later": [_rule(fact, program) for fact in found.later],
        "no_rule_on": list(found.silent_on),
        "notes": list(program.notes),
    }


def _service(found: ServiceOnDate, program: Program) -> dict[str, Any]:
    service, size = found.service, found.service.group_size
    path = next(iter(found.facts.values())).path if found.facts else f"{program.id}.services.{service.id}"
    return {
        "service": service.id,
        "path": path,
        "procedure": service.procedure,
        "modifiers": list(service.modifiers),
        "also_allowed": list(service.also_allowed),
        "other_modifiers": service.other_modifiers,
        "modifier_positions": dict(service.modifier_positions),
        "name": service.name,
        "delivery": service.delivery,
        "unit_minutes": service.unit_minutes,
        "group_size": {"min": size.min, "max": size.max} if size is not None else None,
        "date_ranges": service.date_ranges,
        "rate": _rate(*found.rate) if found.rate is not None else None,
        **_dates(service),
        "in_force": found.is_in_force,
        "instead": [each.id for each in found.instead],
        "source": _source(found.source),
        "rules": [_rule(fact, program) for fact in found.facts.values()],
    }


def _rate(rate: Rate, source: Source) -> dict[str, Any]:
    return {
        "amount": str(rate.amount) if rate.amount is not None else None,
        "amounts": {region: str(amount) for region, amount in rate.amounts.items()},
        **_dates(rate),
        "source": _source(source),
    }


def _rule(fact: Fact, program: Program) -> dict[str, Any]:
    return {
        "rule": fact.path,
        "kind": fact.kind,
        "topic": topic_of(fact.kind),
        "what": fact_in_words(fact, program.services),
        "services": list(fact.services) if fact.services is not None else None,
        **_dates(fact),
        "severity": severity_of(fact),
        "capped_by": list(fact.caps),
        "shadow": fact.shadow,
        "readings": list(readings(fact)),
        "source": _source(fact.source),
    }


def _dates(stated: Any) -> dict[str, str | None]:  # noqa: ANN401 whatever has dates of service
    return {
        key: day.isoformat() if (day := getattr(stated, key)) is not None else None for key in ("effective", "ended")
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "title": source.title,
        "publisher": source.publisher,
        "dated": source.dated,
        "official": source.official,
        "url": source.url or None,
    }
