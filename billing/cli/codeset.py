"""`cleanclaim codeset`: check program files and code lists, tell their age, import editions, export the schema."""

from __future__ import annotations

import json

import click

from billing.cli.codeset_lists import import_ncci, status
from billing.cli.failures import FOUND, NOTHING
from billing.policy.json_schema import program_schema
from billing.policy.lint import lint
from billing.policy.loading import load_library
from billing.wording import counted


@click.group()
def codeset() -> None:
    """Check program files and code lists, tell their age, import editions, or export the schema."""


codeset.add_command(status)
codeset.add_command(import_ncci)


@codeset.command()
@click.argument("folders", nargs=-1, metavar="[FOLDER]...")
def check(folders: tuple[str, ...]) -> int:
    """Check the program files and code lists of folders, on top of the shipped ones; without a folder the shipped ones.

    Exit status: 0 nothing to mend, 1 something should be mended, 2 a file has errors.
    """
    library = load_library(folders)
    files = [file for file in library.files if (file.layer == "folder") == bool(folders)]
    problems = lint(files, library.files)
    for problem in problems:
        click.echo(str(problem))
    editions = [
        edition for each in library.lists.values() for edition in each.editions if bool(edition.rank) == bool(folders)
    ]
    rows = sum(len(edition.rows) for edition in editions)  # reading them is what checks them
    entries = sum(len(file.items) for file in files)
    found = counted(len(problems), "thing") if problems else "nothing"
    click.echo(
        f"{counted(len(files), 'program file')}, {counted(entries, 'entry or service', 'entries and services')}: "
        f"{found} to mend"
    )
    if editions:
        click.echo(f"{counted(len(editions), 'edition')} of code lists, {counted(rows, 'row')}: read")
    return FOUND if problems else NOTHING


@codeset.command()
def schema() -> int:
    """Print the JSON Schema of a program file, for completion in an editor."""
    click.echo(json.dumps(program_schema(), indent=2, ensure_ascii=False))
    return NOTHING
