"""Services of workers without a supervisor on the day, or with one who has too many workers.

What it checks:
    With `on_claim`, the claim or line names a supervising provider; with `types` or `enrolled`, that provider is of
    one of these types, or enrolled, on every day of the line by the providers file. With `on_file`, the workers file
    names a supervisor of the worker on every day. Workers and supervisors whom the file does not list are reviewed.
    With `at_most_workers`, the workers file gives a supervisor of the worker no more workers than that on any of
    these days; this is reviewed, once per claim and supervisor, at its first line. Full-time equivalents are compared
    with the supervisor's own, full time where the file does not say.

Why it matters:
    Medicaid pays these workers because someone supervises them: without a supervisor the claim is denied (CARC 16,
    N297), and a supervisor of too many is an audit finding.

Example:
    98960 on 2026-05-05, the worker's last supervisor until 2026-04-30 -> xx-chw.supervision.supervisor

    Passes: 98960 on 2026-04-30, the last day of that supervisor

    Instead: bring the supervisor in the workers file up to date, or hold the line until there is one.

Policy key:
    supervision

Needs:
    workers with supervisor_npi and the worker of the line, for `on_file` and `at_most_workers`; providers, for `types`
    and `enrolled`; a missing supervisor on the claim shows without a file

Also called:
    supervising provider, 2310D, DQ, supervisor ratio, caseload of a supervisor, clinical supervision, incident to
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import Field, model_validator

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.references import References
from billing.rules._entry_words import counted_text
from billing.rules._kind import Check, Context, Services
from billing.rules._providers import Role, is_fit, standing, unfit_verdicts
from billing.rules._supervisors import overloaded, unsupervised
from billing.rules._windows import checkable, judged_in_full
from billing.rules._words import and_list, coded, is_blank, or_list, sentence

SCOPE = None
STAGE = 1

_READ = ("claim_key", "line_key", "supervising_npi", "worker_npi", "program", "service_date", "last_date")


class Entry(PolicyEntry):
    """How workers are supervised.

    Attributes:
        on_claim: True: the claim or line names a supervising provider.
        types: Types of supervising provider that may stand there, in the words of the providers file; empty: any.
        enrolled: True: that provider is enrolled on every day of the line.
        on_file: True: the workers file names a supervisor of the worker on every day of the line.
        at_most_workers: How many workers one supervisor may have at once; null: not limited.
        counted_as: What `at_most_workers` counts: workers, or their full-time equivalents (`fte`); null: workers.
    """

    on_claim: bool = False
    types: tuple[str, ...] = ()
    enrolled: bool = False
    on_file: bool = False
    at_most_workers: Annotated[int, Field(ge=1)] | None = None
    counted_as: Literal["workers", "fte"] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        by_worker = self.on_file or self.at_most_workers is not None
        if not (self.on_claim or _asks_providers(self) or by_worker):
            raise ValueError("write on_claim: true, on_file: true, types, enrolled: true or at_most_workers")
        if _asks_providers(self) and by_worker:
            raise ValueError(
                "types and enrolled ask the providers file, on_file and at_most_workers the workers file: "
                "write them as two entries"
            )
        if self.counted_as is not None and self.at_most_workers is None:
            raise ValueError("counted_as means nothing without at_most_workers")
        return self


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return " ".join(_sentences(entry))


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition that needs no file: the claim or line names a supervising provider."""
    if not cast("Entry", fact.entry).on_claim:
        return
    yield Check(
        cause="supervisor_missing",
        fails=is_blank("supervising_npi"),
        column="supervising_npi",
        message=sentence("No supervising provider stands on the line or the claim; ", coded(), " needs one."),
        remedy="Write the NPI of who supervised the worker on the claim; without one, hold the line.",
        found=pl.lit("no supervising provider"),
        allowed="the supervising provider",
    )


def references(fact: Fact) -> tuple[str, ...]:
    """Name the file that the entry is checked by."""
    return ("providers",) if _asks_providers(cast("Entry", fact.entry)) else ("workers",)


def concerns(fact: Fact) -> pl.Expr:
    """Tell which lines name the supervisor, or the worker, whom a file could confirm."""
    entry = cast("Entry", fact.entry)
    if _asks_providers(entry):
        return ~is_blank("supervising_npi")
    return pl.col("worker_npi").is_not_null() & pl.lit(_asks_workers(entry))


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:
    """Name the optional columns that the entry is checked by."""
    entry = cast("Entry", fact.entry)
    if entry.types:
        return (("providers", "provider_type"),)
    columns = ("supervisor_npi", "fte") if entry.counted_as == "fte" else ("supervisor_npi",)
    return tuple(("workers", column) for column in columns) if _asks_workers(entry) else ()


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines whose supervisor is not of a type or not enrolled, is lacking, or has too many workers.

    Returns:
        One row per line and cause; columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    lines = checkable(context.rows, fact).filter(concerns(fact), pl.col("service_date").is_not_null()).select(_READ)
    files = context.references
    if _asks_providers(entry):
        types = entry.types if files.has("providers", "provider_type") else ()
        return judged_in_full(lines, lambda rows: _unfit(rows, files, types, enrolled=entry.enrolled))
    # A file that does not say who supervises answers nothing; that it is not checked is said by `reads`.
    known = lines if files.has("workers", "supervisor_npi") else lines.clear()
    return judged_in_full(known, lambda rows: _by_worker(rows, files, entry))


def unchecked(fact: Fact, context: Context) -> pl.Expr | None:  # noqa: ARG001 - every kind is called alike
    """Tell which lines have no known worker, where the workers file is to say who supervises."""
    return pl.col("worker_npi").is_null() if _asks_workers(cast("Entry", fact.entry)) else None


def _asks_providers(entry: Entry) -> bool:
    return entry.enrolled or bool(entry.types)


def _asks_workers(entry: Entry) -> bool:
    return entry.on_file or entry.at_most_workers is not None


def _unfit(lines: pl.DataFrame, files: References, types: tuple[str, ...], *, enrolled: bool) -> pl.DataFrame:
    """Judge the supervising provider of each line by the providers file."""
    assert files.providers is not None, "the engine asks only when the providers file was given"  # noqa: S101
    role = Role(
        noun="supervising provider",
        column="supervising_npi",
        cause="supervisor_not_eligible",
        type_cause="supervisor_not_eligible",
        types=types,
        instead="Check who supervised the worker and what the providers file says of that provider; if both are right, "
        "hold the line.",
    )
    lines = standing(lines.with_columns(npi="supervising_npi"), files.providers, types=types)
    return unfit_verdicts(lines.filter(~is_fit(role, enrolled=enrolled)), role, enrolled=enrolled)


def _by_worker(lines: pl.DataFrame, files: References, entry: Entry) -> pl.DataFrame:
    """Judge the supervisor whom the workers file gives the worker of each line."""
    assert files.workers is not None, "the engine asks only when the workers file was given"  # noqa: S101
    spans = files.workers.select(
        "effective", "ended", "supervisor_npi", "fte", worker_npi="npi", of_program="program"
    )  # fmt: skip
    found = [unsupervised(lines, spans)] if entry.on_file else []
    if entry.at_most_workers is not None:
        found.append(overloaded(lines, spans, entry.at_most_workers, in_fte=entry.counted_as == "fte"))
    return pl.concat(found)


def _sentences(entry: Entry) -> Iterator[str]:
    if entry.on_claim:
        yield "The claim or line names a supervising provider."
    fit = [f"of type {or_list(entry.types)}"] if entry.types else []
    fit += ["enrolled on every day of the line"] if entry.enrolled else []
    if fit:
        yield f"The supervising provider is {and_list(fit)}."
    if entry.on_file:
        yield "The workers file names a supervisor of the worker on every day of the line."
    if entry.at_most_workers is not None:
        workers = counted_text(entry.at_most_workers, "worker")
        full_time = ", counted as full-time equivalents of both" if entry.counted_as == "fte" else ""
        yield f"A supervisor has at most {workers} at once{full_time}."
