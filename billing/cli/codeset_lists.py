"""`cleanclaim codeset status` and `import-ncci`: how old code lists and programs are, and newer editions of edits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from billing.cli.failures import FOUND, NOTHING, tolerating_closed_output
from billing.errors import UsageError
from billing.policy.list_status import NONE_LOADED, STALE, list_status, program_status
from billing.policy.loading import Library, load_library
from billing.wording import counted

_UNATTENDED_WIDTH = 140  # columns of a table that is not printed on a terminal


@click.command()
@click.option("--on", metavar="DATE", help="The day to look from, as 2026-12-31. Default: today.")
@click.option("--codesets", "folders", multiple=True, metavar="DIR", help="A folder with your own lists and programs.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def status(on: str | None, folders: tuple[str, ...], form: str) -> int:
    """Say how old each code list and program is, which services it covers, and when a newer edition is expected.

    A list is stale when the next edition was to be expected by now; without a calendar of its publisher, and for a
    program, when its source was not read for a year.

    Exit status: 0 nothing is stale, 1 a list that rules judge by, or a program, is stale.
    """
    day = _day(on)
    library = load_library(folders)
    lists = list_status(library.lists, _in_use(library), day)
    programs = program_status(library.programs.values(), day)
    with tolerating_closed_output():
        if form == "json":
            told = {"on": day.isoformat(), "lists": lists, "programs": programs}
            click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            _print(lists, programs, day)
    is_stale = any(item["state"] == STALE for item in [*programs, *(each for each in lists if each["judges"])])
    return FOUND if is_stale else NOTHING


@click.command("import-ncci")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--out", metavar="DIR", required=True, type=click.Path(path_type=Path), help="Folder for --codesets.")
@click.option("--quarter", metavar="2026Q4", help="The quarter, where the file does not say it.")
@click.option("--overwrite", is_flag=True, help="Replace the edition of the same quarter.")
def import_ncci(file: Path, out: Path, quarter: str | None, overwrite: bool) -> int:
    """Make an edition of a code list of CMS's quarterly file of Medicaid NCCI edits, MUE or PTP, for practitioners.

    FILE is the zip as CMS publishes it, or the text file in it. The edition is written to DIR/lists; give DIR to the
    other commands with --codesets.

    Exit status: 0 written, 2 the file is not such a file; nothing is written then.
    """
    from billing.policy import ncci_import  # noqa: PLC0415 only this command needs it

    today = date.today()  # noqa: DTZ011 the day where the user sits, as `read_on` of the source
    made = ncci_import.import_ncci(file, out, quarter=quarter, read_on=today, overwrite=overwrite)
    click.echo(
        f"{made.list} {made.edition}: {counted(made.rows, 'row')} for services from {made.effective} to {made.ended}\n"
        f"written to {made.manifest}; use it with --codesets {out}"
    )
    return NOTHING


def _day(on: str | None) -> date:
    if on is None:
        return date.today()  # noqa: DTZ011 the day where the user sits
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise UsageError(f"--on {on}: is no date\n  fix: write a date as 2026-12-31") from None


def _in_use(library: Library) -> set[str]:
    """Return the ids of the lists that an entry of any program judges by."""
    named = (getattr(fact.entry, "list", None) for program in library.everything() for fact in program.facts)
    return {name for name in named if name}


def _print(lists: Sequence[dict[str, Any]], programs: Sequence[dict[str, Any]], day: date) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _UNATTENDED_WIDTH
    console.print(f"[bold]Code lists on {day}[/]")
    _print_table(
        console,
        ("list", "edition", "services", "source read", "next expected", "state"),
        [
            _list_cells(each, edition, is_newest=number == 0)
            for each in lists
            for number, edition in enumerate(each["editions"] or [None])
        ],
    )
    console.print(f"[bold]Programs on {day}[/]")
    columns = ("program", "status", "services", "newest source", "sources read", "state")
    _print_table(console, columns, [_program_cells(program) for program in programs])


def _print_table(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(*columns, box=box.SIMPLE_HEAD, padding=(0, 1))
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)


def _list_cells(each: dict[str, Any], edition: dict[str, Any] | None, *, is_newest: bool) -> Sequence[str]:
    if edition is None:
        how = "codeset import-ncci" if each["holds"] in {"mue", "ptp"} else "add an edition"
        return each["list"], "none", "none are checked", "", "", f"{NONE_LOADED}: {how}"
    state = each["state"] if is_newest else "earlier"
    if is_newest and not each["judges"]:
        state += ", for words only"
    return (
        each["list"],
        edition["edition"],
        _days(edition) + ("" if edition["complete"] else ", some codes"),
        _read(edition) + ("" if edition["official"] else ", not official"),
        edition["next_release"] or "no calendar",
        state,
    )


def _program_cells(program: dict[str, Any]) -> Sequence[str]:
    status = program["status"].replace("_", " ")
    version = program["version"] or "no date"
    return program["program"], status, _days(program), version, _read(program), program["state"]


def _days(item: dict[str, Any]) -> str:
    first, last = item["effective"], item["ended"]
    if first and last:
        return f"{first} to {last}"
    if first:
        return f"{first} on"
    return f"until {last}" if last else "all"


def _read(item: dict[str, Any]) -> str:
    """Say how long ago the source was read; of a day before that, when it was."""
    if item["read_on"] is None:
        return ""
    return f"{counted(item['age_days'], 'day')} ago" if item["age_days"] >= 0 else str(item["read_on"])
