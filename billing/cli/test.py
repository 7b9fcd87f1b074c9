"""`cleanclaim test`: run the scenarios of code sets, and see what they do not show."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from billing.cli.failures import FOUND, NOTHING, tolerating_closed_output
from billing.policy.codesets import Program
from billing.scenarios.collecting import collect
from billing.scenarios.testing import Report, reports
from billing.wording import counted


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--program", "programs", multiple=True, metavar="ID", help="Only the scenarios of this program.")
@click.option("--coverage", is_flag=True, help="List the rules without a case that fires and one that passes.")
@click.option("--mutate", is_flag=True, help="Change one fact at a time; list the changes that no scenario notices.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def test(paths: tuple[str, ...], programs: tuple[str, ...], coverage: bool, mutate: bool, form: str) -> int:
    """Run the scenarios of code sets: those of PATHs (scenario files, or folders of code sets), else the shipped ones.

    Exit status: 0 nothing to mend, 1 a scenario does not hold, or does not show what was asked; 2 a file has errors.
    """
    collected = collect(paths, programs)
    untested = collected.untested if coverage or mutate else ()
    done = []
    for report in reports(paths, collected, coverage=coverage, mutation=mutate):
        done.append(report)
        if sys.stderr.isatty():
            click.echo(f"{len(done)} of {len(collected.files)}  {report.program}", err=True)
    with tolerating_closed_output():
        if form == "json":
            click.echo(json.dumps(_as_json(done, untested), indent=2, ensure_ascii=False))
        else:
            for line in (*_lines(done, untested), *_sums(done, mutate=mutate)):
                click.echo(line)
    return FOUND if untested or not all(report.is_clean for report in done) else NOTHING


def _lines(done: Sequence[Report], untested: Sequence[Program]) -> Iterator[str]:
    for report in done:
        for failure in report.failures:
            yield f"{failure.place}: {failure.it}"
            yield from (f"  {line}" for line in failure.lines)
        for gap in report.uncovered or ():
            yield f"{gap.place}: {report.program}: {gap.rule} lacks {gap.words}"
        for survivor in report.survivors:
            yield f"{survivor.place}: {report.program}: no scenario notices: {survivor.rule}"
            yield f"  try: {survivor.words}"
        for excuse in report.stale:
            yield f"{excuse.place}: {report.program}: cannot_matter: {excuse.rule}: {excuse.words}"
    for program in untested:
        yield f"{program.file}: {program.id}: has no scenarios"


def _sums(done: Sequence[Report], *, mutate: bool) -> Iterator[str]:
    failed = sum(len(report.failures) for report in done)
    told = f"{counted(failed, 'scenario')} not as expected" if failed else "all as expected"
    total = counted(sum(report.scenarios for report in done), "scenario")
    yield f"{total} of {counted(len(done), 'program')}: {told}"
    if any(report.uncovered is not None for report in done):
        lacking = sum(len(report.uncovered or ()) for report in done)
        yield f"coverage: {counted(lacking, 'rule') + ' to show' if lacking else 'every rule fires and passes'}"
    changed = [report for report in done if report.changes is not None]
    if changed:
        left = sum(len(report.survivors) for report in changed)
        told = f"{left} not noticed" if left else "every one is noticed, or cannot matter"
        yield f"{counted(sum(report.changes or 0 for report in changed), 'change')} of facts: {told}"
    skipped = [report.program for report in done if mutate and report.changes is None]
    if skipped:
        yield f"facts not changed, since scenarios fail: {', '.join(skipped)}"


def _as_json(done: Sequence[Report], untested: Sequence[Program]) -> dict[str, Any]:
    return {
        "files": [dataclasses.asdict(report) for report in done],
        "without_scenarios": [program.id for program in untested],
    }
