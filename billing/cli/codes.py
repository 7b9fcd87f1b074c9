"""`cleanclaim codes`: what a biller must put on a line for a procedure code, program by program."""

from __future__ import annotations

import json
from datetime import date

import click

from billing.cli.code_json import lookup_as_data
from billing.cli.code_text import lookup_in_text
from billing.cli.failures import FOUND, NOTHING, tolerating_closed_output
from billing.code_lookup import look_up
from billing.errors import UsageError
from billing.policy.loading import Library, load_library


@click.command()
@click.argument("code")
@click.option("--state", metavar="ST", help="Two letters; without it, an overview of all states.")
@click.option("--on", "day", metavar="DATE", help="Date of service, as 2026-03-01; without it, today.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--codesets", "folders", multiple=True, metavar="DIR", help="A folder with your own program files.")
def codes(code: str, state: str | None, day: str | None, form: str, folders: tuple[str, ...]) -> int:
    """Show what a line with a procedure CODE must carry: modifiers, units, limits, places, papers, deadline, sources.

    Exit status: 0 when a program in force takes the code on the date, 1 when none does (it ended, has not begun, or
    only other states know it), 2 when no program knows the code.

    The keys of the JSON are described in `billing/cli/code_json.py`.
    """
    library = load_library(folders)
    found = look_up(library, code, _day(day), _state(library, state))
    if not found.programs and not found.elsewhere:
        near = f"did you mean {' or '.join(found.nearest)}?" if found.nearest else _all_codes(library)
        raise UsageError(f"{code}: no program knows this code\n  fix: {near}")
    with tolerating_closed_output():
        if form == "json":
            click.echo(json.dumps(lookup_as_data(found), indent=2, ensure_ascii=False))
        else:
            click.echo("\n".join(lookup_in_text(found)))
    return NOTHING if any(program.is_billable for program in found.programs) else FOUND


def _all_codes(library: Library) -> str:
    known = library.known_codes()
    return f"the codes are {', '.join(known)}" if known else "no program has services"


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()  # noqa: DTZ011 the user's own today
    except ValueError:
        raise UsageError(f"--on {text}: is not a date\n  fix: write a date as 2026-12-31") from None


def _state(library: Library, text: str | None) -> str | None:
    if text is None:
        return None
    state, known = text.strip().upper(), sorted({each.state for each in library.programs.values() if each.state})
    if state not in known:
        raise UsageError(f"--state {text}: no program of this state is known\n  fix: the states are {', '.join(known)}")
    return state
