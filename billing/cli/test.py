"""`cleanclaim test`: run the scenarios of code sets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from billing.cli.failures import FOUND, NOTHING, tolerating_closed_output
from billing.scenarios.collecting import collect
from billing.scenarios.running import Failure, Run, run
from billing.wording import counted


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--program", "programs", multiple=True, metavar="ID", help="Only the scenarios of this program.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def test(paths: tuple[str, ...], programs: tuple[str, ...], form: str) -> int:
    """Run the scenarios of code sets: those of PATHs (scenario files, or folders of code sets), else the shipped ones.

    Exit status: 0 every scenario holds, 1 one does not, 2 a file has errors.
    """
    collected = collect(paths, programs)
    runs = [run(file, collected.library) for file in collected.files]
    with tolerating_closed_output():
        if form == "json":
            click.echo(json.dumps([_as_json(each) for each in runs], indent=2, ensure_ascii=False))
        else:
            _print(runs)
    return FOUND if any(each.failures for each in runs) else NOTHING


def _print(runs: Sequence[Run]) -> None:
    for each in runs:
        for failure in each.failures:
            click.echo(f"{each.file.place(failure.scenario.path)}: {failure.scenario.it}")
            for line in failure_lines(failure):
                click.echo(f"  {line}")
    total, failed = sum(len(each.file.scenarios) for each in runs), sum(len(each.failures) for each in runs)
    told = f"{counted(failed, 'scenario')} not as expected" if failed else "all as expected"
    click.echo(f"{counted(total, 'scenario')} of {counted(len(runs), 'program')}: {told}")


def failure_lines(failure: Failure) -> Iterator[str]:
    """Yield how a scenario differs from what it expects, a line each."""
    for found in failure.unexpected:
        yield f"not expected: {found.rule} {found.key}"
        yield f"              {found.message}"
    for expected in failure.missing:
        yield f"not found:    {expected.rule} {expected.key}"
    for expected, word, said in failure.unsaid:
        yield f"not said:     {word!r} by {expected.rule} {expected.key}"
        yield f"              {said}"
    yield from failure.other


def _as_json(done: Run) -> dict[str, Any]:
    return {
        "file": done.file.shown,
        "program": done.program.id,
        "scenarios": len(done.file.scenarios),
        "failures": [
            {
                "it": failure.scenario.it,
                "line": done.file.tree.marks[failure.scenario.path].line,
                "unexpected": [f"{found.rule} {found.key}" for found in failure.unexpected],
                "missing": [f"{expected.rule} {expected.key}" for expected in failure.missing],
                "unsaid": [f"{expected.rule} {expected.key}: {word}" for expected, word, _ in failure.unsaid],
                "other": list(failure.other),
            }
            for failure in done.failures
        ],
    }
