"""`cleanclaim validate`: check claims files, say what was found, and write the results when asked to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import click

from billing.cli.failures import FOUND, NOTHING, tolerating_closed_output
from billing.wording import REFERENCE_OPTIONS

_REFERENCE_HELP = {
    "members": "Who is covered, and when.",
    "enrollments": "Who is in a setting or service that excludes others.",
    "providers": "Which billing providers are enrolled.",
    "workers": "Which workers are certified.",
    "authorizations": "What was authorized.",
    "orders": "What was recommended or planned.",
    "other_coverage": "What other insurance members have.",
    "history": "What was billed before.",
}


def _reference_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for name in reversed(REFERENCE_OPTIONS):
        kinds = "CSV or Parquet, or X12 (271 or 834)." if name == "members" else "CSV or Parquet."
        words = f"{_REFERENCE_HELP[name]} {kinds}"
        command = click.option(REFERENCE_OPTIONS[name], name, metavar="F", type=click.Path(), help=words)(command)
    return command


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--program", "programs", multiple=True, metavar="ID", help="Judge by this program; may be repeated.")
@click.option("--state", "states", multiple=True, metavar="ST", help="Judge by a state's programs; may be repeated.")
@click.option("--out", metavar="DIR", type=click.Path(), help="Write the results to this folder, new or empty.")
@click.option("--received", metavar="DATE", help="Day the payer receives the claims, as 2026-12-31. Default: today.")
@click.option("--codesets", "folders", multiple=True, metavar="DIR", type=click.Path(), help="Your own program files.")
@_reference_options
@click.option("--require", metavar="NAME,...", default="", help="Stop unless these files are given: members,history.")
@click.option(
    "--previous", metavar="DIR", type=click.Path(), help="Say what is fixed, still there and new since this result."
)
@click.option(
    "--input-format", type=click.Choice(["auto", "837", "jsonl", "csv", "xlsx", "fhir", "parquet"]), default="auto",
    show_default=True, help="What the files are.",
)  # fmt: skip
@click.option("--map", "column_map", metavar="MAP", type=click.Path(), help="Column map of a service log (CSV, XLSX).")
@click.option(
    "--other-services", type=click.Choice(["review", "accept"]), default="review", show_default=True,
    help="Hold a code that no chosen program knows for review, or accept it.",
)  # fmt: skip
@click.option(
    "--settings", metavar="FILE", type=click.Path(),
    help="Judge claims that are no X12 as sent with these settings, and write accepted.837 of them.",
)  # fmt: skip
@click.option("--show-members", is_flag=True, help="Show members' names and ids in report.html.")
@click.option(
    "--control-number", type=int, metavar="N",
    help="Number accepted.837 as interchange N (ISA13), when the file it is cut from was sent before.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace an earlier result; only what cleanclaim wrote.")
def validate(  # noqa: PLR0917 click passes options by name
    files: tuple[str, ...],
    programs: tuple[str, ...],
    states: tuple[str, ...],
    out: str | None,
    received: str | None,
    folders: tuple[str, ...],
    require: str,
    previous: str | None,
    input_format: str,
    column_map: str | None,
    other_services: str,
    settings: str | None,
    show_members: bool,
    control_number: int | None,
    overwrite: bool,
    **references: str | None,
) -> int:
    """Check claims files: 837P, JSON Lines, a service log (CSV, XLSX), FHIR R4, or Parquet. FILE may be -.

    Prints what is ready to send, what to do first, and what was not checked. With --out DIR it writes the claims by
    decision, the findings and a report. The README lists the columns of the CSV files.

    Exit status: 0 every claim is ready, 1 a claim needs action, 2 could not check, 3 failed part way.
    """
    import billing  # noqa: PLC0415 loaded when the command runs, so that --help is fast
    from billing.folders import check_folder  # noqa: PLC0415 likewise

    if settings is not None and out is None:
        raise click.UsageError("--settings is for accepted.837, which is written with --out DIR only.")
    if control_number is not None:
        _check_control_number(control_number, out)
    if out is not None:
        check_folder(out, overwrite=overwrite)  # before the work, not after it
    with progress(f"Checking {len(files)} files" if len(files) > 1 else "Checking the claims"):
        codesets = billing.load_codesets(
            programs=list(programs) or None, states=list(states) or None, folders=[Path(folder) for folder in folders]
        )
        result = billing.validate(
            files[0] if len(files) == 1 else list(files),
            codesets,
            received=received,
            require=[name.strip() for name in require.split(",") if name.strip()],
            other_services=other_services,  # type: ignore[arg-type]  # click allows no other word
            input_format=input_format,
            column_map=column_map,
            previous=previous,
            settings=settings,
            **references,
        )
        if out is not None:
            result.write(out, overwrite=overwrite, show_members=show_members, control_number=control_number)
    show(result, out)
    return FOUND if result.needs_action else NOTHING


def _check_control_number(control_number: int, out: str | None) -> None:
    """Refuse a number that cannot be used, before the work and not after it."""
    from billing.writing import check_control_number  # noqa: PLC0415 loaded when there is a number

    check_control_number(control_number)
    if out is None:
        raise click.UsageError("--control-number numbers accepted.837, which is written with --out DIR only.")


def progress(words: str) -> AbstractContextManager[object]:
    """Show that something is going on, on standard error and only when that is a terminal."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console  # noqa: PLC0415 only a terminal needs it

    return Console(stderr=True).status(words)


def show(result: Any, out: str | None) -> None:  # noqa: ANN401 Result is not imported at start
    """Print the summary of a result."""
    from billing.reports.console import terminal  # noqa: PLC0415 loaded when there is something to show
    from billing.reports.terminal import print_summary  # noqa: PLC0415 likewise

    with tolerating_closed_output():
        print_summary(result, terminal(), out)
