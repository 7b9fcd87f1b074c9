"""`cleanclaim map`: propose the column map of a service log, and list the names that a column can have."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from billing.cli.failures import FOUND, NOTHING, tolerating_closed_output
from billing.errors import OutputExistsError, UsageError

if TYPE_CHECKING:
    from billing.formats.tables.guessing import Guess


_WIDTH = 100


@click.group()
def map() -> None:  # noqa: A001 the command's name
    """Column maps: what the columns of a service log (CSV, XLSX) are."""


@map.command("guess")
@click.argument("file", metavar="FILE")
@click.option("--out", metavar="MAP", type=click.Path(), help="Write the map to this file, a new one.")
@click.option("--sheet", metavar="NAME", help="Sheet of the workbook that is the log.")
def guess_command(file: str, out: str | None, sheet: str | None) -> int:
    """Propose a column map for a service log, with what is sure, what to check and what is missing.

    FILE may be - for standard input. Without --out the map is printed.

    Exit status: 0 the map can be used as it is, 1 something in it is missing, 2 could not guess.
    """
    from billing.formats import open_input  # noqa: PLC0415 loaded when the command runs, so that --help is fast
    from billing.formats.tables.guess import guess_map  # noqa: PLC0415 likewise
    from billing.formats.tables.map_text import map_text, missing  # noqa: PLC0415 likewise

    if out is not None and Path(out).exists():
        raise OutputExistsError(f"{out}: the file is there already\n  fix: name a new file")
    name, data = open_input(file)
    guess = guess_map(data, name, title=sheet)
    shown = "FILE" if file == "-" else file
    text = map_text(guess, f"cleanclaim validate {shown} --map {out or 'map.yaml'} --state ST")
    with tolerating_closed_output():
        if out is None:
            sys.stdout.write(text)
        else:
            _write(Path(out), text)
            for line in _told(guess, shown, out):
                click.echo(line)
    return FOUND if missing(guess) else NOTHING


@map.command("fields")
def fields_command() -> int:
    """List the names that a column of a service log can be mapped to, with what they mean."""
    from billing.formats.tables.fields import FIELDS  # noqa: PLC0415 loaded when the command runs

    width = max(len(name) for name in FIELDS)
    with tolerating_closed_output():
        for name, field in FIELDS.items():
            click.echo(f"{name:<{width}}  {field.meaning}")
    return NOTHING


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise UsageError(f"{path}: {reason}\n  fix: name a file in a folder you may write to") from None


def _told(guess: Guess, file: str, out: str) -> list[str]:
    """Say what was written and what is left to do."""
    from billing.formats.tables.map_text import missing, to_check, to_fill_in  # noqa: PLC0415 loaded with the work

    sure = sum(each.sureness == "sure" and bool(each.to) for each in guess.suggestions)
    lines = [f"Wrote {out}: {sure} of {len(guess.suggestions)} columns are sure."]
    for label, listed in (("check", to_check(guess)), ("missing", missing(guess)), ("fill in", to_fill_in(guess))):
        if listed:
            words = f"  {label:<8} {'; '.join(listed)}"
            lines += textwrap.wrap(words, _WIDTH, subsequent_indent=" " * 11, break_on_hyphens=False)
    lines.append(f"Next: look {out} through, then cleanclaim validate {file} --map {out} --state ST")
    return lines
