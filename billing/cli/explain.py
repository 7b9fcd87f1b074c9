"""`cleanclaim explain`: the page of a rule kind, of one entry of a program, or of a program."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from billing.cli.failures import NOTHING, tolerating_closed_output
from billing.errors import UsageError, did_you_mean
from billing.policy.checking import in_words
from billing.policy.codesets import Fact, Program
from billing.policy.layer_words import layer_in_words
from billing.policy.loading import Library, load_library
from billing.policy.words import fact_in_words, kind_in_words, severity_in_words
from billing.rules import KINDS


@click.command()
@click.argument("subject", metavar="KIND|PATH")
@click.option("--codesets", "folders", multiple=True, metavar="DIR", help="A folder with your own program files.")
def explain(subject: str, folders: tuple[str, ...]) -> int:
    """Show the page of a rule kind (`unit_limits`), or an entry by its path (`ks-chw.unit_limits.daily`).

    An entry's page gives what it says, its dates and source, why its findings cannot reject, and which layer won. A
    program's id gives the program and the paths of its entries.
    """
    if subject in KINDS:
        text = inspect.cleandoc(KINDS[subject].__doc__ or subject)
    else:
        text = "\n\n".join("\n".join(page) for page in _pages(subject, folders))
    with tolerating_closed_output():
        click.echo(text)
    return NOTHING


def _pages(subject: str, folders: tuple[str, ...]) -> Iterator[list[str]]:
    library = load_library(folders)
    pages = [list(_program_page(program)) for program in library.everything() if program.id == subject]
    pages += [
        list(_fact_page(fact, program))
        for program in library.everything()
        for fact in program.facts
        if fact.path == subject
    ]
    if not pages:
        raise _unknown(subject, library)
    yield from pages


def _unknown(subject: str, library: Library) -> Exception:
    known = [*KINDS, *(program.id for program in library.everything())]
    known += [fact.path for program in library.everything() for fact in program.facts]
    fix = did_you_mean(subject, known) or "`cleanclaim rules` lists the paths"
    return UsageError(f"{subject}: no rule kind, program or entry has this name\n  fix: {fix}")


def _fact_page(fact: Fact, program: Program) -> Iterator[str]:
    source = fact.source
    yield fact.path
    yield _line("program", f"{program.id}, {program.name}" if program.name else program.id)
    yield _line("kind", f"{fact.kind}: {kind_in_words(fact.kind)}")
    yield _line("what", fact_in_words(fact))
    yield _line("dates", f"{in_words((fact.effective, fact.ended))}, by date of service")
    yield _line("findings", severity_in_words(fact))
    if fact.assumed:
        yield _line("reading", fact.assumed)
    yield _line("source", f"{source.title}, {source.publisher}")
    dated = f"dated {source.dated}" if source.dated else "without a date"
    official = "official" if source.official else "not official"
    yield _line("", f"{source.form}, {dated}, {official}, read on {source.read_on}")
    yield from (_line("", text) for text in (source.url, source.note) if text)
    yield _line("written in", f"{fact.file}:{fact.line}")
    for number, text in enumerate(layer_in_words(fact, program)):
        yield _line("" if number else "layer", text)


def _program_page(program: Program) -> Iterator[str]:
    yield program.id
    yield _line("name", program.name or program.id)
    yield _line("state", program.state or "every claim")
    yield _line("status", program.status.replace("_", " "))
    yield _line("dates", in_words((program.effective, program.ended)))
    yield _line("payers", ", ".join(program.payers) or "not sourced")
    yield _line("written in", f"{program.file} ({program.layer})")
    yield from (_line("note", note) for note in program.notes)
    yield from (_line("entry", path) for path in dict.fromkeys(fact.path for fact in program.facts))


def _line(label: str, text: str) -> str:
    return f"  {label:<11}{text}".rstrip()
