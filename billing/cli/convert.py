"""`cleanclaim convert`: write claims in another format, and say what it cannot carry."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from billing.cli.failures import FOUND, NOTHING
from billing.errors import UsageError
from billing.wording import USAGES

if TYPE_CHECKING:
    from billing.converting import Conversion
    from billing.formats.writers import Writer
    from billing.settings import Settings

_SHOWN = 12


@click.command()
@click.argument("source", metavar="IN")
@click.argument("out", metavar="OUT")
@click.option("--to", metavar="FORMAT", help="Format to write, when the ending of OUT does not say it.")
@click.option("--input-format", default="auto", show_default=True, metavar="FORMAT", help="What IN is.")
@click.option("--map", "column_map", metavar="MAP", type=click.Path(), help="Column map of a service log (CSV, XLSX).")
@click.option(
    "--settings", "settings_file", metavar="FILE", type=click.Path(),
    help="Sender, receiver and billing provider, for an 837P. Default: cleanclaim.yaml, if there is one.",
)  # fmt: skip
@click.option(
    "--control-number", type=int, metavar="N", help="Number of the new 837P (ISA13). Default: the next of the settings."
)
@click.option(
    "--created", metavar="DATE", help="Date in a new 837P, as 2026-12-31 or 2026-12-31T09:30. Default: today."
)
@click.option("--overwrite", is_flag=True, help="Replace OUT.")
def convert(  # noqa: PLR0917 click passes options by name
    source: str,
    out: str,
    to: str | None,
    input_format: str,
    column_map: str | None,
    settings_file: str | None,
    control_number: int | None,
    created: str | None,
    overwrite: bool,
) -> int:
    """Write the claims of IN to OUT in another format: 837P, JSON, Parquet, FHIR, CSV or Excel, by its ending.

    Says how many claims were written, what could not be read, and what the new format has no place for. IN or OUT
    may be - for standard input or output. An 837P needs settings: see `cleanclaim settings new`.

    Exit status: 0 all of IN was written, 1 a part of it could not be read, 2 nothing was written, 3 failed part way.
    """
    from billing.converting import convert as converted  # noqa: PLC0415 loaded when the command runs
    from billing.folders import check_file, put_file  # noqa: PLC0415 likewise
    from billing.formats import read  # noqa: PLC0415 likewise
    from billing.formats.writers import writer_of  # noqa: PLC0415 likewise

    writer = writer_of(out, to)
    day = _day(created)
    if writer.name != "837" and (control_number is not None or created is not None):
        raise UsageError("--control-number and --created belong to an 837P\n  fix: leave them out")
    if out != "-":
        _check_different(source, out)
        check_file(out, overwrite=overwrite)  # before a control number is taken
    batch = read(source, input_format=input_format, column_map=column_map)
    settings = _settings(settings_file, writer)
    conversion = converted(batch, writer, settings, control_number=control_number, created=day)
    if out == "-":
        sys.stdout.buffer.write(conversion.content)
    else:
        put_file(out, conversion.content, overwrite=overwrite)
    for line in _in_words(conversion, out, settings):
        click.echo(line, err=out == "-")
    return FOUND if conversion.needs_action else NOTHING


def _settings(file: str | None, writer: Writer) -> Settings | None:
    from billing.settings import SETTINGS_FILE, load_settings  # noqa: PLC0415 loaded when the command runs

    if file is None and writer.needs_settings and Path(SETTINGS_FILE).is_file():
        file = SETTINGS_FILE
    return None if file is None else load_settings(file)


def _day(created: str | None) -> datetime | None:
    if created is None:
        return None
    try:
        day = datetime.fromisoformat(created)
    except ValueError:
        day = None
    if day is None or day.tzinfo is not None:
        raise UsageError(f"--created {created}: is no date\n  fix: write 2026-12-31 or 2026-12-31T09:30")
    return day


def _check_different(source: str, out: str) -> None:
    if source != "-" and os.path.exists(out) and os.path.samefile(source, out):  # noqa: PTH110, PTH121  IN may not exist
        raise UsageError(f"{out}: IN and OUT are the same file\n  fix: name another OUT")


def _in_words(conversion: Conversion, out: str, settings: Settings | None) -> Iterator[str]:
    from billing.wording import counted, dollars, plain, unit_of  # noqa: PLC0415 loaded when there is something to say

    batch = conversion.batch
    where = "standard output" if out == "-" else out
    claims, lines = counted(batch.claims.height, "claim"), counted(batch.lines.height, "line")
    yield f"{where}: {claims}, {lines}, {dollars(str(batch.claims['charge'].sum()))}"
    if settings is not None and conversion.control_number is not None:
        usage = USAGES[settings.interchange.usage]
        yield f"  a {usage} file for {settings.receiver.name}, interchange {conversion.control_number}"
    if not batch.unreadable.is_empty():
        parts = counted(batch.unreadable.height, "part")
        be = "is" if batch.unreadable.height == 1 else "are"
        yield f"\n{parts} could not be read as a claim and {be} not in the file:"
        for row in batch.unreadable.head(_SHOWN).iter_rows(named=True):
            span = f"{row['first']}" if row["first"] == row["last"] else f"{row['first']} to {row['last']}"
            unit = unit_of(row["input"]) + ("" if row["first"] == row["last"] else "s")
            yield f"  {plain(row['input'])} {unit} {span}: {plain(row['reason'])}"
        yield from _more(batch.unreadable.height)
    if not batch.file_findings.is_empty():
        yield "\nNoticed while reading:"
        for row in batch.file_findings.head(_SHOWN).iter_rows(named=True):
            place = "" if row["position"] is None else f" {unit_of(row['input'])} {row['position']}"
            yield f"  {plain(row['input'])}{place}: {plain(row['message'])}"
        yield from _more(batch.file_findings.height)
    if conversion.lost or conversion.unread:
        yield "\nLost or changed on the way:"
        for lost in conversion.lost:
            why = lost.why or f"{conversion.writer.called} has no place for it"
            yield f"  {lost.what} ({counted(lost.claims, 'claim')}): {why}"
        for segment, number in conversion.unread[:_SHOWN]:
            yield f"  X12 segments {plain(segment)} ({counted(number, 'claim')}): cleanclaim does not read them"
        yield from _more(len(conversion.unread))


def _more(number: int) -> Iterator[str]:
    if number > _SHOWN:
        yield f"  and {number - _SHOWN:,} more"
