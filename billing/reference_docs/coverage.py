"""`docs/coverage.md`: state by state, what is encoded, from which source, how official, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from billing.policy.codesets import Program
from billing.policy.schema import Source
from billing.policy.selection import missing_in
from billing.policy.topics import silent_on, spoken_of
from billing.policy.words import by_entry, days_in_words
from billing.reference_docs.gaps import FINDINGS, Gap, Gaps, GapSource
from billing.reference_docs.markdown import link, page, plain, table
from billing.rules._entry_words import codes_text
from billing.wording import counted

_CHW, _PEER = "Community health workers", "Peer support"
_KEYS = {_CHW: "community_health_worker", _PEER: "peer_support"}
_NOT_RECORDED = "not written down"
_STATUS = {"in_force": "", "proposed": "proposed", "historical": "historical", "incomplete": "incomplete"}


def coverage_markdown(programs: Sequence[Program], gaps: Gaps, names: dict[str, str]) -> str:
    """Return the page.

    Args:
        programs: All programs, of every status.
        gaps: What was found for states without a usable policy.
        names: States by their two letters, in the order of the page.
    """
    return page(
        "# Coverage",
        "",
        _summary(programs, gaps, names),
        "## At a glance",
        "",
        table(
            ("State", _CHW, _PEER),
            (
                (link(name, f"#{_anchor(name)}"), *(_cell(programs, gaps, state, key) for key in (_CHW, _PEER)))
                for state, name in names.items()
            ),
        ),
        _templates(programs),
        "## State by state",
        "",
        (line for state, name in names.items() for line in _state(programs, gaps, state, name)),
        _beyond(programs, names),
    )


def _summary(programs: Sequence[Program], gaps: Gaps, names: dict[str, str]) -> Iterator[str]:
    usable = [program for program in programs if program.status != "incomplete"]
    states = {program.state for program in usable} & set(names)
    none = [state for state in names if state not in states]
    yield (
        f"{counted(len(usable), 'program')} of {counted(len(states), 'state')} can be used, "
        f"{counted(len(programs) - len(usable), 'template is', 'templates are')} incomplete, and for "
        f"{counted(len(none), 'state')} no program can be used. "
        f"What could not be found was looked for until {gaps.read_on}; that is no proof that it does not exist."
    )
    yield ""
    yield (
        "A rule rejects a claim only on an official source that is known to be current. On an unofficial or undated "
        "source, or on a reading of ambiguous words, it holds the claim for a person to look at. What no source says "
        "is absent and not checked."
    )
    yield ""


def _column(program: Program) -> str:
    return _CHW if program.workforce == "community_health_worker" else _PEER


def _of(programs: Iterable[Program], state: str, column: str) -> list[Program]:
    return [program for program in programs if program.state == state and _column(program) == column]


def _gap(gaps: Gaps, state: str, column: str) -> Gap | None:
    found: dict[str, Gap] = getattr(gaps, _KEYS[column])
    return found.get(state)


def _cell(programs: Sequence[Program], gaps: Gaps, state: str, column: str) -> str:
    here = _of(programs, state, column)
    if here:
        return "<br>".join(
            link(program.id, f"programs/{program.id}.md")
            + (f" ({_STATUS[program.status]})" if _STATUS[program.status] else "")
            for program in here
        )
    gap = _gap(gaps, state, column)
    return FINDINGS[gap.finding] if gap is not None else _NOT_RECORDED


def _templates(programs: Sequence[Program]) -> Iterator[str]:
    incomplete = [program for program in programs if program.status == "incomplete"]
    if not incomplete:
        return
    yield "## Templates"
    yield ""
    yield "These hold rules without the codes to apply them to. A payer's overlay completes them."
    yield ""
    yield from table(
        ("Template", "Missing"),
        ((link(program.id, f"programs/{program.id}.md"), plain(missing_in(program))) for program in incomplete),
    )


def _state(programs: Sequence[Program], gaps: Gaps, state: str, name: str) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    for column in (_CHW, _PEER):
        for program in _of(programs, state, column):
            yield from _program(program)
        gap = _gap(gaps, state, column)
        if gap is not None:
            yield from _told(column, gap)
        elif not _of(programs, state, column):
            yield f"**{column}**: {_NOT_RECORDED}."
            yield ""


def _told(column: str, gap: Gap) -> Iterator[str]:
    sources = "; ".join(_gap_source(source) for source in gap.sources)
    yield f"**{column}**: {FINDINGS[gap.finding]}. {plain(gap.words)}{f' Source: {sources}.' if sources else ''}"
    yield ""


def _gap_source(source: GapSource) -> str:
    dated = f", {source.dated}" if source.dated else ""
    return f"{link(source.title, source.url)}{dated}, {'official' if source.official else 'not official'}"


def _program(program: Program) -> Iterator[str]:
    status = _STATUS[program.status] or "in force"
    name = link(program.id, f"programs/{program.id}.md")
    yield f"**{name}**: {plain(program.name)} ({status}, {days_in_words(program)})"
    yield ""
    open_ended = [service for service in program.services if service.ended is None]
    retired = [service for service in program.services if service.ended is not None]
    yield from _listed("May be billed", [codes_text(open_ended)])
    yield from _listed("For earlier dates", [codes_text(retired)])
    yield from _listed("Rules on", [topic for topic in spoken_of(program) if topic not in {"services", "modifiers"}])
    if entries := by_entry(program.facts):
        firm = sum(any(not fact.caps for fact in entry) for entry in entries)
        doubtful = sum(any(fact.caps for fact in entry) for entry in entries)
        told = f"{counted(firm, 'entry', 'entries')} may reject"
        yield f"* {told}; {doubtful} can, in whole or in part, only hold a claim for review"
    yield f"* Sources: {'; '.join(_source(source) for source in program.sources.values())}"
    yield from _listed("No rule on", silent_on(program))
    if program.notes:
        yield f"* Not checked: {counted(len(program.notes), 'note')} on the program's page"
    yield ""


def _listed(label: str, words: Iterable[str]) -> Iterator[str]:
    text = ", ".join(filter(None, words))
    if text:
        yield f"* {label}: {text}"


def _source(source: Source) -> str:
    dated = source.dated or "undated"
    official = "official" if source.official else "not official"
    return f"{link(source.title, source.url)} ({source.form}, {dated}, {official})"


def _beyond(programs: Sequence[Program], names: dict[str, str]) -> Iterator[str]:
    others = [program for program in programs if program.state not in names]
    if others:
        yield "## In no single state"
        yield ""
    for program in others:
        yield from _program(program)


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")
