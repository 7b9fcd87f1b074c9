"""`cleanclaim codeset`: check program files, and export their schema."""

from __future__ import annotations

import json

import click

from billing.cli.failures import FOUND, NOTHING
from billing.policy.json_schema import program_schema
from billing.policy.lint import lint
from billing.policy.loading import load_library
from billing.wording import counted


@click.group()
def codeset() -> None:
    """Check program files, or export their schema."""


@codeset.command()
@click.argument("folders", nargs=-1, metavar="[FOLDER]...")
def check(folders: tuple[str, ...]) -> int:
    """Check the program files of folders, on top of the shipped ones; without a folder the shipped ones themselves.

    Exit status: 0 nothing to mend, 1 something should be mended, 2 a file has errors.
    """
    library = load_library(folders)
    files = [file for file in library.files if (file.layer == "folder") == bool(folders)]
    problems = lint(files, library.files)
    for problem in problems:
        click.echo(str(problem))
    entries = sum(len(file.items) for file in files)
    found = counted(len(problems), "thing") if problems else "nothing"
    click.echo(
        f"{counted(len(files), 'program file')}, {counted(entries, 'entry or service', 'entries and services')}: "
        f"{found} to mend"
    )
    return FOUND if problems else NOTHING


@codeset.command()
def schema() -> int:
    """Print the JSON Schema of a program file, for completion in an editor."""
    click.echo(json.dumps(program_schema(), indent=2, ensure_ascii=False))
    return NOTHING
