"""`cleanclaim explain`: the page of a rule kind, of one entry of a program, or of a program."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import click

from billing.cli.failures import NOTHING, tolerating_closed_output
from billing.cli.kind_text import kind_in_text
from billing.cli.layout import LABEL, labelled, paragraph
from billing.errors import UsageError, did_you_mean
from billing.kind_pages import OF_READERS, kind_page, used_by
from billing.policy.checking import in_words
from billing.policy.codesets import Fact, Program
from billing.policy.layer_words import layer_in_words
from billing.policy.loading import Library, load_library
from billing.policy.schema import Source
from billing.policy.topics import silent_on
from billing.policy.words import (
    by_entry,
    conditions,
    consequence,
    days_in_words,
    fact_in_words,
    kind_in_words,
    readings,
    statement,
)
from billing.rules import KINDS
from billing.rules._entry_words import code_text, service_text, services_named


@click.command()
@click.argument("subject", metavar="KIND|PATH")
@click.option("--codesets", "folders", multiple=True, metavar="DIR", help="A folder with your own program files.")
def explain(subject: str, folders: tuple[str, ...]) -> int:
    """Show the page of a rule kind (`unit_limits`), or an entry by its path (`ks-chw.unit_limits.daily`).

    A kind's page says what it checks, why claims are denied for it, what fails and what passes, the keys of a program
    file, the data it needs and the programs that use it. An entry's page says what it asks, of which services, when,
    by whose word, and why its findings cannot reject. A program's id gives the program and its entries.
    """
    library = load_library(folders)
    if subject in KINDS or subject in OF_READERS:
        lines = list(kind_in_text(kind_page(subject), used_by(library, subject)))
    else:
        lines = "\n\n".join("\n".join(page) for page in _pages(subject, library)).split("\n")
    with tolerating_closed_output():
        click.echo("\n".join(lines))
    return NOTHING


def _pages(subject: str, library: Library) -> Iterator[list[str]]:
    pages = [list(_program_page(program)) for program in library.everything() if program.id == subject]
    pages += [
        list(_entry_page(version, program))
        for program in library.everything()
        for version in sorted(by_entry(fact for fact in program.facts if fact.path == subject), key=_first_day)
    ]
    if not pages:
        raise _unknown(subject, library)
    yield from pages


def _first_day(version: list[Fact]) -> date:
    return version[0].effective or date.min


def _unknown(subject: str, library: Library) -> Exception:
    known = [*KINDS, *OF_READERS, *(program.id for program in library.everything())]
    known += [fact.path for program in library.everything() for fact in program.facts]
    fix = did_you_mean(subject, known) or "`cleanclaim rules` lists the programs, `cleanclaim rules PROGRAM` its paths"
    return UsageError(f"{subject}: no rule kind, program or entry has this name\n  fix: {fix}")


def _entry_page(facts: list[Fact], program: Program) -> Iterator[str]:
    """Yield the page of one entry, or of a service with all that is asked of it."""
    first = facts[0]
    yield first.path
    yield ""
    for fact in facts:
        yield from paragraph(_dated(statement(fact, program.services), fact, first), 2)
    yield ""
    yield from labelled("program", f"{program.id}, {program.name}" if program.name else program.id)
    yield from labelled("services", _services(first, program))
    yield from labelled("dates", f"{in_words((first.effective, first.ended))}, by date of service")
    for sentence in conditions(first):
        yield from labelled("when", sentence)
    yield from _by_whose_word(facts)
    for label, kind in zip(("kind", *[""] * len(facts)), facts, strict=False):
        yield from labelled(label, f"{kind.kind}: {kind_in_words(kind.kind)}")
    yield _line("written in", f"{first.file}:{first.line}")
    for number, text in enumerate(layer_in_words(first, program)):
        yield from labelled("" if number else "layer", text)


def _dated(sentence: str, fact: Fact, first: Fact) -> str:
    """Add the dates of a fact that has others than the service it is about, such as a rate."""
    own = (fact.effective, fact.ended)
    return sentence if own == (first.effective, first.ended) else f"{sentence} [{in_words(own)}]"


def _services(fact: Fact, program: Program) -> str:
    if not program.services:
        return "every line" if fact.services is None else ""
    named = program.services if fact.services is None else services_named(fact.services, program.services)
    return "; ".join(dict.fromkeys(f"{code_text(service)}, {service_text(service)}" for service in named))


def _by_whose_word(facts: list[Fact]) -> Iterator[str]:
    """Yield what follows from facts and where they were read; those that share both are told together."""
    groups: dict[tuple[str, Source, tuple[str, ...]], list[str]] = {}
    for fact in facts:
        groups.setdefault((consequence(fact), fact.source, readings(fact)), []).append(fact.kind)
    before: Source | None = None
    for (outcome, source, read_as), kinds in groups.items():
        about = f"{', '.join(kinds)}: " if len(groups) > 1 else ""
        yield from labelled("a finding", about + outcome)
        for reading in read_as:
            yield from labelled("reading", "" if reading in outcome else reading)
        if source == before:
            yield from labelled("source", "the same")
            continue
        before = source
        yield from labelled("source", f"{source.title}, {source.publisher}")
        yield from labelled("", source_in_words(source))
        yield from labelled("", source.url)
        yield from labelled("", source.note)


def source_in_words(source: Source) -> str:
    """Say what kind of document a source is: `bulletin, dated 2023-06-29, official, read on 2026-11-22`."""
    dated = f"dated {source.dated}" if source.dated else "without a date"
    official = "official" if source.official else "not official"
    replaced = ", known to be replaced" if source.historical else ""
    return f"{source.form}, {dated}, {official}{replaced}, read on {source.read_on}"


def _program_page(program: Program) -> Iterator[str]:
    yield program.id
    yield from labelled("name", program.name or program.id)
    yield from labelled("state", program.state or "every claim")
    yield from labelled("status", program.status.replace("_", " "))
    yield from labelled("dates", days_in_words(program))
    yield from labelled("payers", ", ".join(program.payers) or "not sourced")
    if program.state:
        yield from labelled("no rule on", ", ".join(silent_on(program)) or "nothing that is asked of a program")
    yield from labelled("written in", f"{program.file} ({program.layer})")
    for note in program.notes:
        yield from labelled("note", note)
    for version in by_entry(program.facts):
        yield ""
        yield f"  {version[0].path}"
        for fact in version:
            yield from paragraph(_dated(fact_in_words(fact, program.services), fact, version[0]), 4)


def _line(label: str, text: str) -> str:
    """Return a label and a text that stays on its line, such as a path."""
    return f"  {label:<{LABEL}}{text}".rstrip()
