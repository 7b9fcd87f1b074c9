"""`cleanclaim rules`: what is checked, with sources and dates.

`--format json` gives a list with one object per rule and, for a service, per kind that looks at it: `program`, `rule`
(its path), `kind`, `what` (sentences), `effective` and `ended` (dates of service, both included; null: open),
`severity` (at most this), `capped_by` (why it cannot reject), `shadow`, `source` (title), `dated`, `url`, `official`,
`assumed`. CSV has the same columns. Keys may be added; none changes its name or its meaning.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import click

from billing.cli.failures import NOTHING, tolerating_closed_output
from billing.cli.layout import labelled, paragraph
from billing.errors import UsageError, did_you_mean
from billing.policy.checking import in_words
from billing.policy.codesets import Fact, Program
from billing.policy.loading import Library, load_library
from billing.policy.schema import Source
from billing.policy.selection import OF_A_STATE
from billing.policy.topics import silent_on
from billing.policy.words import by_entry, fact_in_words, severity_in_words, severity_of
from billing.wording import by_whose_word, counted

_NAMED = 12  # more programs than these are not named in a message
_PATH = 24  # columns of an entry's name
_COLUMNS = ("program", "rule", "kind", "what", "effective", "ended", "severity", "capped_by", "shadow", "source",
            "dated", "url", "official", "assumed")  # fmt: skip


@click.command()
@click.argument("program", required=False)
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "md"]), default="table", show_default=True)
@click.option("--codesets", "folders", multiple=True, metavar="DIR", help="A folder with your own program files.")
def rules(program: str | None, form: str, folders: tuple[str, ...]) -> int:
    """List what is checked for PROGRAM, or on every claim (`national`): each rule in words, with dates and source.

    Without PROGRAM the table lists the programs; the other formats list the rules of all programs that are in force or
    historical, and those on every claim.
    """
    library = load_library(folders)
    with tolerating_closed_output():
        if form != "table":
            rows = [_row(fact, each) for each in _chosen(library, program) for fact in each.facts]
            click.echo({"json": _as_json, "csv": _as_csv, "md": _as_markdown}[form](rows), nl=False)
        elif program is None:
            click.echo("\n".join(_overview(library)))
        else:
            click.echo("\n".join(line for each in _chosen(library, program) for line in _program(each)))
    return NOTHING


def _chosen(library: Library, program_id: str | None) -> Sequence[Program]:
    everything = library.everything()
    if program_id is None:
        return [program for program in everything if program.status in OF_A_STATE]
    chosen = [program for program in everything if program.id == program_id]
    if not chosen:
        ids = [program.id for program in everything]
        listed = f"the programs are {', '.join(ids)}" if len(ids) <= _NAMED else "`cleanclaim rules` lists the programs"
        fix = did_you_mean(program_id, ids) or listed
        raise UsageError(f"{program_id}: no program has this id\n  fix: {fix}")
    return chosen


def _row(fact: Fact, program: Program) -> dict[str, Any]:
    return {
        "program": fact.program,
        "rule": fact.path,
        "kind": fact.kind,
        "what": fact_in_words(fact, program.services),
        "effective": _iso(fact.effective),
        "ended": _iso(fact.ended),
        "severity": severity_of(fact),
        "capped_by": list(fact.caps),
        "shadow": fact.shadow,
        "source": fact.source.title,
        "dated": fact.source.dated,
        "url": fact.source.url,
        "official": fact.source.official,
        "assumed": fact.assumed,
    }


def _as_json(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def _as_csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_cell(row[name]) for name in _COLUMNS] for row in rows)
    return text.getvalue()


def _as_markdown(rows: list[dict[str, Any]]) -> str:
    lines = ["| rule | kind | what | dates | severity | source |", "|---|---|---|---|---|---|"]
    for row in rows:
        because = f", because {'; '.join(row['capped_by'])}" if row["severity"] == "review" and row["capped_by"] else ""
        title = f"[{row['source']}]({row['url']})" if row["url"] else row["source"]
        dated = f" ({row['dated']})" if row["dated"] else ""
        cells = (f"`{row['rule']}`", row["kind"], row["what"], _dates(row["effective"], row["ended"]),
                 row["severity"] + because, title + dated)  # fmt: skip
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _overview(library: Library) -> Iterator[str]:
    """Yield a line per program."""
    programs = library.everything()
    columns = max(len(program.id) for program in programs) + 2
    for program in programs:
        state = program.state or "all"
        status = "" if program.status == "in_force" else f" ({program.status.replace('_', ' ')})"
        entries = len(by_entry(program.facts)) - len(program.services)
        services = f"{counted(len(program.services), 'service')}, " if program.services else ""
        what = f"{program.name}{status}; {services}{counted(entries, 'rule')}"
        yield from labelled(f"{state:<4}{program.id}", what, indent=0, columns=columns + 4)
    yield ""
    yield from paragraph("`cleanclaim rules PROGRAM` lists the rules of one program, `--format csv` those of all.")


def _program(program: Program) -> Iterator[str]:
    """Yield the rules of a program; what is asked of one service stands together."""
    where = f"{program.state}, " if program.state else ""
    yield f"{program.id}  {program.name} ({where}{program.status.replace('_', ' ')})"
    sources: dict[Source, int] = {}
    for facts in by_entry(program.facts):
        name = facts[0].path.removeprefix(f"{program.id}.")
        yield ""
        if len(name) >= _PATH:
            yield f"  {name}"
            name = ""
        for standing, sentences in _by_standing(facts, program, sources).items():
            for sentence in sentences:
                yield from labelled(name, sentence, columns=_PATH)
                name = ""
            yield from labelled("", f"[{standing}]", columns=_PATH)
    if program.state:
        yield ""
        yield from labelled("no rule on", ", ".join(silent_on(program)), columns=_PATH)
    for number, note in enumerate(program.notes):
        yield from labelled("" if number else "notes", note, columns=_PATH)
    yield ""
    for source, number in sources.items():
        yield from labelled(f"source {number}", by_whose_word({**source.model_dump(), "assumed": None}), columns=_PATH)
        yield from labelled("", source.url, columns=_PATH)


def _by_standing(facts: Sequence[Fact], program: Program, sources: dict[Source, int]) -> dict[str, list[str]]:
    """Group sentences by what holds of them: their dates, what a finding is, and where they were read."""
    groups: dict[str, list[str]] = {}
    for fact in facts:
        number = sources.setdefault(fact.source, len(sources) + 1)
        dates = in_words((fact.effective, fact.ended))
        standing = f"{dates} · {severity_in_words(fact)} · source {number}"
        groups.setdefault(standing, []).append(fact_in_words(fact, program.services))
    return groups


def _dates(effective: str | None, ended: str | None) -> str:
    days = (date.fromisoformat(day) if day else None for day in (effective, ended))
    return in_words((next(days), next(days)))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _cell(value: Any) -> str:  # noqa: ANN401 whatever a row holds
    if isinstance(value, bool):
        return str(value).lower()
    return "; ".join(value) if isinstance(value, list) else value or ""
