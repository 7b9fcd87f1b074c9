"""`cleanclaim rules`: what is checked, with sources and dates."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from billing.cli.failures import NOTHING, tolerating_closed_output
from billing.errors import UsageError, did_you_mean
from billing.policy.codesets import Fact, Program
from billing.policy.loading import Library, load_library
from billing.policy.selection import OF_A_STATE
from billing.policy.words import fact_in_words, severity_in_words
from billing.wording import by_whose_word

_UNATTENDED_WIDTH = 160  # columns of a table that is not printed on a terminal


@click.command()
@click.argument("program", required=False)
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "md"]), default="table", show_default=True)
@click.option("--codesets", "folders", multiple=True, metavar="DIR", help="A folder with your own program files.")
def rules(program: str | None, form: str, folders: tuple[str, ...]) -> int:
    """List what is checked: for PROGRAM, or for every program in force and on every claim (`national`).

    Each row gives the rule's path, what it says, its dates of service, its source, and why it cannot reject.
    """
    programs = _chosen(load_library(folders), program)
    rows = [_row(fact) for each in programs for fact in each.facts]
    with tolerating_closed_output():
        if form == "table":
            _print_table(programs)
        else:
            click.echo({"json": _as_json, "csv": _as_csv, "md": _as_markdown}[form](rows), nl=False)
    return NOTHING


def _chosen(library: Library, program_id: str | None) -> Sequence[Program]:
    everything = library.everything()
    if program_id is None:
        return [program for program in everything if program.status in OF_A_STATE]
    chosen = [program for program in everything if program.id == program_id]
    if not chosen:
        ids = [program.id for program in everything]
        fix = did_you_mean(program_id, ids) or f"the programs are {', '.join(ids)}"
        raise UsageError(f"{program_id}: no program has this id\n  fix: {fix}")
    return chosen


def _row(fact: Fact) -> dict[str, Any]:
    return {
        "program": fact.program,
        "rule": fact.path,
        "kind": fact.kind,
        "what": fact_in_words(fact),
        "effective": _iso(fact.effective),
        "ended": _iso(fact.ended),
        "severity": "review" if fact.caps and fact.severity == "reject" else fact.severity,
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


def _print_table(programs: Sequence[Program]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _UNATTENDED_WIDTH
    for program in programs:
        where = f"{program.state}, " if program.state else ""
        console.print(
            f"[bold]{escape(program.id)}[/]  {escape(program.name)} ({where}{program.status.replace('_', ' ')})"
        )
        table = Table("rule", "what", "dates", "findings", "source", box=box.SIMPLE_HEAD, padding=(0, 1))
        for fact in program.facts:
            name = fact.path.removeprefix(f"{program.id}.")
            rule = f"{name} ({fact.kind})" if fact.path.split(".")[1] == "services" else name
            source = {**fact.source.model_dump(), "assumed": None}
            dates = _dates(_iso(fact.effective), _iso(fact.ended))
            cells = (rule, fact_in_words(fact), dates, severity_in_words(fact), by_whose_word(source))
            table.add_row(*(escape(cell) for cell in cells))
        console.print(table)


def _dates(effective: str | None, ended: str | None) -> str:
    if effective and ended:
        return f"{effective} to {ended}"
    if effective:
        return f"{effective} on"
    return f"until {ended}" if ended else "always"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _cell(value: Any) -> str:  # noqa: ANN401 whatever a row holds
    if isinstance(value, bool):
        return str(value).lower()
    return "; ".join(value) if isinstance(value, list) else value or ""


_COLUMNS = (
    "program", "rule", "kind", "what", "effective", "ended", "severity", "capped_by", "shadow", "source", "dated",
    "url", "official", "assumed",
)  # fmt: skip
