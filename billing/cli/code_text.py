"""The answer of `cleanclaim codes` for a terminal: what to bill first, then what is asked of it, then by whose word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from billing.cli.layout import labelled, paragraph
from billing.code_lookup import CodeInProgram, CodeLookup, ServiceOnDate
from billing.policy.checking import in_words
from billing.policy.codesets import Fact, Program
from billing.policy.provenance import caps
from billing.policy.schema import Service, Source
from billing.policy.topics import topic_of
from billing.policy.words import ON_TRIAL, applies_to, conditions, days_in_words, severity_of, statement
from billing.rules._entry_words import code_text, codes_text, counted_text, rate_text, service_text
from billing.rules._words import or_list
from billing.wording import by_whose_word, counted

_LABEL = 19
_CODE = 14  # columns of a code with its modifiers
_IN_FULL = 1  # so many programs are told in full without a state
_SAID_BY_ITSELF = ("covered_services", "modifiers", "rates")  # of a service, in fewer words than its rules have
_LABELS = {"unit_minutes": "unit", "group_size": "session"}
_RENDERING = {"worker": "the worker", "supervisor": "the supervisor", "agency": "the agency"}
_REVIEW = "Marked ?: a claim that breaks it is held for review, not rejected; `cleanclaim explain` says why."


def lookup_in_text(found: CodeLookup) -> Iterator[str]:
    """Yield an answer in lines; with several states, an overview of them."""
    where = f" in {found.state}" if found.state else ""
    yield f"{found.code}{where}, service on {found.on}"
    if not found.programs:
        yield ""
        others = ", ".join(f"{program.id} ({program.state or 'any state'})" for program in found.elsewhere)
        yield from paragraph(f"No program of {found.state} knows {found.code}. Programs of other states do: {others}.")
    elif found.state is None and len(found.programs) > _IN_FULL:
        yield from _overview(found)
    else:
        for program in found.programs:
            yield ""
            yield from _Page(found, program).lines()
        yield ""
        yield from paragraph("The rules on every claim come on top: `cleanclaim rules national`.")


def _overview(found: CodeLookup) -> Iterator[str]:
    """Yield a line for each service in force, and one for each program that has none."""
    billable = [program for program in found.programs if program.is_billable]
    known = counted(len(found.programs), "program knows", "programs know")
    yield from paragraph(f"{known} this code; {counted(len(billable), 'takes', 'take')} it on this date.")
    yield ""
    columns = max(len(each.program.id) for each in found.programs) + 6
    state = None
    for each in found.programs:
        shown = each.program.state or "any"
        name = f"{'' if shown == state else shown:<4}{each.program.id}"
        for code, words in _short(each):
            yield from labelled(name.ljust(columns) + code, words, indent=0, columns=columns + _CODE)
            name = ""
        state = shown
    yield ""
    yield from paragraph("Add --state ST for modifiers, limits, places, papers, deadline and sources.")


def _short(each: CodeInProgram) -> Iterator[tuple[str, str]]:
    """Yield the codes of a program with a few words: those in force, else those that are not."""
    status = _status(each.program)
    for found in each.services:
        service = found.service
        if found.is_in_force or not each.in_force:
            unit = f"a unit is {counted_text(service.unit_minutes, 'minute')}" if service.unit_minutes else ""
            dates = "" if found.is_in_force else f"not on this date ({in_words((service.effective, service.ended))})"
            yield code_text(service), "; ".join(filter(None, [service_text(service), unit, dates, status]))


def _status(program: Program) -> str:
    return {
        "in_force": "",
        "proposed": "proposed, not in force",
        "historical": "historical, not known to be current",
        "incomplete": "incomplete: it cannot be used yet",
    }[program.status]


@dataclass(slots=True)
class _Page:
    """One program's answer, with the sources it cites numbered as they come."""

    found: CodeLookup
    here: CodeInProgram
    sources: dict[Source, int] = field(default_factory=dict)
    has_doubts: bool = False

    def lines(self) -> Iterator[str]:
        """Yield the answer of one program."""
        program, here = self.here.program, self.here
        yield f"{program.id}  {program.name}"
        dates = f"dates of service: {days_in_words(program)}"
        yield from paragraph("; ".join(filter(None, [_status(program), dates, self._payers()])), 2)
        for each in here.services:
            yield ""
            yield from self._service(each)
        if here.in_force:
            yield ""
        for topic, facts in here.rules.items():
            yield from self._topic(topic, facts)
        if here.in_force:
            yield from self._rendering()
            yield from self._later()
        yield from self._ending()

    def _payers(self) -> str:
        return f"payer ids {', '.join(self.here.program.payers)}" if self.here.program.payers else ""

    def _service(self, each: ServiceOnDate) -> Iterator[str]:
        service = each.service
        code = f"{code_text(service)}  "
        yield from labelled(code, f"{service_text(service)}{self._cite_value(service, each.source)}", columns=_LABEL)
        if not each.is_in_force:
            yield from labelled("", self._why_not(each), columns=_LABEL)
            return
        yield from labelled("  modifiers", _modifiers(service), columns=_LABEL)
        for kind, fact in each.facts.items():
            if kind not in _SAID_BY_ITSELF:
                yield from labelled(f"  {_LABELS.get(kind, topic_of(kind))}", self._said(fact), columns=_LABEL)
        if each.rate is not None:
            rate, source = each.rate
            yield from labelled("  rate", rate_text(rate) + self._cite_value(service, source), columns=_LABEL)
        if service.date_ranges == "refused":
            yield from labelled("  dates", "each day on a line of its own", columns=_LABEL)

    def _why_not(self, each: ServiceOnDate) -> str:
        service = each.service
        if service.effective is not None and self.found.on < service.effective:
            return f"Not yet: it begins on {service.effective}."
        instead = codes_text(each.instead)
        return f"It ended on {service.ended}. {f'Instead: {instead}.' if instead else 'No service took its place.'}"

    def _topic(self, topic: str, facts: Iterable[Fact]) -> Iterator[str]:
        for number, fact in enumerate(facts):
            yield from labelled("" if number else topic, self._said(fact), columns=_LABEL)

    def _later(self) -> Iterator[str]:
        """Yield what begins after the date, and was not the same before."""
        now = {self._words(fact) for facts in self.here.rules.values() for fact in facts}
        coming = [fact for fact in self.here.later if self._words(fact) not in now]
        for number, fact in enumerate(coming):
            words = f"From {fact.effective}: {self._said(fact)}"
            yield from labelled("" if number else "later", words, columns=_LABEL)

    def _said(self, fact: Fact) -> str:
        return f"{self._words(fact)}{self._cite(fact.source, in_doubt=severity_of(fact) != 'reject')}"

    def _words(self, fact: Fact) -> str:
        """Say a fact; the services are named only where it leaves some of the code's out."""
        words = [statement(fact, self.here.program.services)]
        if fact.services is not None and not {each.id for each in self.here.in_force} <= set(fact.services):
            words += applies_to(fact, self.here.program.services)
        words += conditions(fact)
        if fact.shadow:
            words.append(ON_TRIAL)
        return " ".join(words)

    def _rendering(self) -> Iterator[str]:
        program = self.here.program
        if program.rendering_is is not None:
            words = f"On the claim it is {_RENDERING[program.rendering_is]}."
            yield from labelled("rendering provider", words, columns=_LABEL)

    def _ending(self) -> Iterator[str]:
        if self.here.in_force:
            yield from labelled("no rule on", ", ".join(self.here.silent_on), columns=_LABEL)
            if self.here.program.notes:
                notes = counted(len(self.here.program.notes), "note")
                told = f"{notes}; `cleanclaim explain {self.here.program.id}` shows them."
                yield from labelled("not checked", told, columns=_LABEL)
        yield ""
        for source, number in self.sources.items():
            told = by_whose_word({**source.model_dump(), "assumed": None})
            yield from labelled(f"[{number}]", told, columns=4)
            yield from labelled("", source.url, columns=4)
        if self.has_doubts:
            yield from paragraph(_REVIEW, 2)

    def _cite_value(self, service: Service, source: Source) -> str:
        """Cite the source of a value of a service."""
        return self._cite(source, in_doubt=bool(caps(source, service.assumed, self.here.program.status)))

    def _cite(self, source: Source, *, in_doubt: bool = False) -> str:
        self.has_doubts = self.has_doubts or in_doubt
        return f" [{self.sources.setdefault(source, len(self.sources) + 1)}{'?' if in_doubt else ''}]"


def _modifiers(service: Service) -> str:
    needed = f"{' and '.join(service.modifiers)} needed" if service.modifiers else "none named"
    also = f"; {or_list(service.also_allowed)} may be added" if service.also_allowed else ""
    places = "".join(f"; {modifier} in place {place}" for modifier, place in service.modifier_positions.items())
    others = "refused" if service.other_modifiers == "refused" else "held for review"
    any_other = "any other" if service.modifiers or service.also_allowed else "one"
    return f"{needed}{also}{places}; {any_other} that does more than inform is {others}"
