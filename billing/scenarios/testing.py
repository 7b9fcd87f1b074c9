"""Scenario files run as a whole: what failed, what is not covered, which changes nobody noticed, as plain values."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from billing.policy.loading import Library
from billing.scenarios.collecting import Collected, collect
from billing.scenarios.completing import completed
from billing.scenarios.coverage import gaps
from billing.scenarios.mutation import Mutation, mutate
from billing.scenarios.running import Failure, run
from billing.scenarios.scenario import ScenarioFile

FEW_FILES = 12
"""Up to so many files are run sooner than further processes have begun."""


@dataclass(frozen=True, slots=True)
class FailureReport:
    """A scenario that differs from what it expects.

    Attributes:
        it: Its name.
        place: Where it stands, `file:line`.
        lines: How it differs, in words.
    """

    it: str
    place: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to mend in a scenario file.

    Attributes:
        place: The fact or excuse it is about, `file:line`.
        rule: The rule, or the change of a fact.
        words: What no scenario shows, or what is wrong with the excuse.
    """

    place: str
    rule: str
    words: str


@dataclass(slots=True)
class Report:
    """What came of one scenario file.

    Attributes:
        file: Its name.
        program: The program it tests.
        scenarios: How many cases it has.
        failures: Those that differ from what they expect.
        uncovered: Rules without a case on each side; null: not asked.
        changes: How many facts were changed; null: not asked, or not possible.
        survivors: Changes that no scenario noticed.
        stale: Excuses that excuse nothing.
    """

    file: str
    program: str
    scenarios: int
    failures: list[FailureReport] = field(default_factory=list)
    uncovered: list[Remark] | None = None
    changes: int | None = None
    survivors: list[Remark] = field(default_factory=list)
    stale: list[Remark] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """True when there is nothing to mend."""
        return not (self.failures or self.uncovered or self.survivors or self.stale)


def report_on(file: ScenarioFile, library: Library, *, coverage: bool = False, mutation: bool = False) -> Report:
    """Run one file; change facts only when all of its scenarios hold.

    Args:
        file: The file, free of problems.
        library: All programs.
        coverage: True: list the rules without a case on each side.
        mutation: True: change every fact of the program, one at a time.
    """
    library = completed(library, file)
    done = run(file, library)
    report = Report(file.shown, file.program, len(file.scenarios))
    report.failures = [_failure(file, failure) for failure in done.failures]
    if coverage:
        report.uncovered = [Remark(gap.place, gap.name, " and ".join(gap.lacks)) for gap in gaps(done)]
    if mutation and not done.failures:
        _note(report, file, mutate(done, library))
    return report


def _note(report: Report, file: ScenarioFile, mutation: Mutation) -> None:
    report.changes = mutation.tried
    report.survivors = [Remark(each.place, each.change, each.hint) for each in mutation.survivors]
    report.stale = [Remark(file.place(excuse.path), excuse.change, why) for excuse, why in mutation.stale]


def _failure(file: ScenarioFile, failure: Failure) -> FailureReport:
    scenario = failure.scenario
    own = f"{file.program}."
    lines: list[str] = []
    for found in failure.unexpected:
        lines += [f"not expected: {found.rule.removeprefix(own)} {found.key}", f"  {found.message}"]
    lines += [f"not found: {expected.rule.removeprefix(own)} {expected.key}" for expected in failure.missing]
    for expected, word, said in failure.unsaid:
        lines += [f"not said: {word!r} by {expected.rule.removeprefix(own)} {expected.key}", f"  {said}"]
    return FailureReport(scenario.it, file.place(scenario.path), (*lines, *failure.other))


def reports(
    paths: Sequence[str], collected: Collected, *, coverage: bool, mutation: bool, processes: int | None = None
) -> Iterator[Report]:
    """Run scenario files; many, or with facts changed, several at once in processes of their own.

    Args:
        paths: What the files were collected from.
        collected: The files and their programs.
        coverage: As for `report_on`.
        mutation: As for `report_on`.
        processes: How many at once; null: as many as there are processors.

    Yields:
        One report per file, in their order.
    """
    count = min(len(collected.files), processes or os.cpu_count() or 1)
    if count == 1 or (not mutation and len(collected.files) <= FEW_FILES):
        for file in collected.files:
            yield report_on(file, collected.library, coverage=coverage, mutation=mutation)
        return
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # in the processes that begin now: their frames are small
    context = multiprocessing.get_context("spawn")  # a fork of a process that runs Polars' threads may stand still
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        asked = [pool.submit(_report, tuple(paths), file.program, coverage, mutation) for file in collected.files]
        for future in asked:
            yield future.result()


def _report(paths: Sequence[str], program: str, coverage: bool, mutation: bool) -> Report:
    """Do the work of one file in a process that has read nothing yet."""
    collected = collect(paths, [program])
    return report_on(collected.files[0], collected.library, coverage=coverage, mutation=mutation)
