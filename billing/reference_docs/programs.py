"""`docs/programs/<program>.md`: what may be billed, the rules in words, and what is not checked."""

from __future__ import annotations

from collections.abc import Iterator

from billing.policy.checking import in_words
from billing.policy.codesets import NATIONAL, Fact, Program
from billing.policy.schema import Rate, Service, Source
from billing.policy.selection import missing_in
from billing.policy.topics import silent_on, topic_of, topics
from billing.policy.words import consequence, days_in_words, fact_in_words, readings, severity_in_words
from billing.reference_docs.gaps import state_names
from billing.reference_docs.markdown import code, link, page, plain, table
from billing.rules._entry_words import counted_text, range_text, rate_text, service_text

_TOLD_IN_THE_TABLE = ("covered_services", "group_size", "rates")  # of a service
_STATUS = {
    "in_force": "In force",
    "proposed": "Proposed, not in force",
    "historical": "Historical, not known to be current",
    "incomplete": "Incomplete: it cannot be used until what is missing is added",
}
_RENDERING = {"worker": "the worker", "supervisor": "the supervising practitioner", "agency": "the agency"}
_WHAT_NATIONAL_IS = "These rules look at every claim, whatever the program."


def program_markdown(program: Program) -> str:
    """Return a program's page."""
    cited = _Sources()
    body = [
        *_services(program, cited),
        *_rules(program, cited),
        *_not_checked(program),
    ]
    return page(
        f"# {plain(program.name or program.id)}",
        "",
        _head(program),
        "",
        body,
        *cited.listed(),
        "",
        f"Written in {code(program.file)}. `cleanclaim explain PATH` shows one entry, such as "
        f"{code(program.facts[0].path)}."
        if program.facts
        else f"Written in {code(program.file)}.",
    )


class _Sources:
    """Numbers the sources of a page as they are cited."""

    def __init__(self) -> None:
        self.numbers: dict[Source, int] = {}

    def cite(self, source: Source) -> str:
        """Return a link to a source's line."""
        return f"[{self.numbers.setdefault(source, len(self.numbers) + 1)}](#sources)"

    def listed(self) -> Iterator[str]:
        """Yield the table of what was cited."""
        yield "## Sources"
        yield ""
        rows = ((str(number), *_source(source)) for source, number in self.numbers.items())
        yield from table(("", "Source", "Form", "Dated", "Official", "Read on", "Note"), rows)


def _source(source: Source) -> tuple[str, str, str, str, str, str]:
    title = f"{link(source.title, source.url)}, {plain(source.publisher)}"
    form = f"{source.form}, known to be replaced" if source.historical else source.form
    return title, form, source.dated or "no date", _yes(source.official), str(source.read_on), plain(source.note)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _head(program: Program) -> Iterator[str]:
    if program.id == NATIONAL:
        yield _WHAT_NATIONAL_IS
        return
    state = state_names().get(program.state or "", program.state or "")
    workforce = (program.workforce or "").replace("_", " ")
    yield f"* Program: {code(program.id)}{f', {state}' if state else ''}{f', {workforce}' if workforce else ''}"
    dates = f"dates of service: {days_in_words(program)}"
    yield f"* {_STATUS[program.status]}; {dates}"
    if program.status == "incomplete":
        yield f"* Missing: {plain(missing_in(program))}"
    if program.extends is not None:
        yield f"* On top of {link(program.extends, f'{program.extends}.md')}"
    yield f"* Payer ids: {', '.join(program.payers) or 'none was found in a source'}"
    if program.rendering_is is not None:
        yield f"* The rendering provider on the claim is {_RENDERING[program.rendering_is]}"


def _services(program: Program, cited: _Sources) -> Iterator[str]:
    if not program.services:
        return
    yield "## What may be billed"
    yield ""
    headings = ("Code", "Modifiers", "For", "A unit is", "In a session", "Rate", "Dates of service", "Source")
    yield from table(headings, (_service(service, program, cited) for service in program.services))


def _service(service: Service, program: Program, cited: _Sources) -> tuple[str, ...]:
    def sourced(words: str, key: str) -> str:
        source = getattr(service, f"{key}_source") or service.source
        return f"{words} {cited.cite(program.sources[source])}" if source != service.source else words

    main = cited.cite(program.sources[service.source])
    size, minutes = service.group_size, service.unit_minutes
    return (
        service.procedure,
        " ".join(service.modifiers),
        plain(service_text(service)),
        sourced(counted_text(minutes, "minute"), "unit_minutes") if minutes is not None else "",
        sourced(range_text(size.min, size.max, "member"), "group_size") if size is not None else "",
        "<br>".join(_rate(rate, program, cited) for rate in service.rates),
        in_words((service.effective, service.ended)),
        main,
    )


def _rate(rate: Rate, program: Program, cited: _Sources) -> str:
    dates = in_words((rate.effective, rate.ended))
    return f"{rate_text(rate)}, {dates} {cited.cite(program.sources[rate.source])}"


def _rules(program: Program, cited: _Sources) -> Iterator[str]:
    by_topic: dict[str, list[Fact]] = {}
    for fact in program.facts:
        if not (isinstance(fact.entry, Service) and fact.kind in _TOLD_IN_THE_TABLE):
            by_topic.setdefault(topic_of(fact.kind), []).append(fact)
    if by_topic:
        yield "## Rules"
        yield ""
    for topic in topics():
        if topic in by_topic:
            yield f"### {topic[:1].upper()}{topic[1:]}"
            yield ""
            for fact in by_topic[topic]:
                yield from _rule(fact, program, cited)
            yield ""


def _rule(fact: Fact, program: Program, cited: _Sources) -> Iterator[str]:
    yield f"* {plain(fact_in_words(fact, program.services))}"
    outcome = [] if fact.shadow else [plain(consequence(fact))]
    told = [in_words((fact.effective, fact.ended)), *outcome, f"source {cited.cite(fact.source)}"]
    yield f"  <br>{'; '.join(told)}; {code(fact.path)}"
    for reading in readings(fact):
        if reading not in severity_in_words(fact):
            yield f"  <br>Read as: {plain(reading)}"


def _not_checked(program: Program) -> Iterator[str]:
    if program.id == NATIONAL:
        return
    silent = ", ".join(silent_on(program))
    if program.notes or silent:
        yield "## What is not checked"
        yield ""
    for note in program.notes:
        yield f"* {plain(note)}"
    if silent:
        yield f"* No rule on: {silent}. No source was found, or a note above says what is not checked."
    yield ""
