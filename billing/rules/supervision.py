"""Services of workers without a supervisor on the day, or with one who has too many workers.

What it checks:
    With `on_claim`, the claim or line names a supervising provider; with `types` or `enrolled`, that provider is of
    one of these types, or enrolled, on every day of the line by the providers file. With `on_file`, the workers file
    names a supervisor of the worker on every day. With `at_most_workers`, the workers file gives that supervisor no
    more workers on any of these days; this is reviewed, once per claim and supervisor, at its first line. Workers and
    supervisors whom the file does not list are reviewed.

Why it matters:
    Medicaid pays these workers because someone supervises them: without a supervisor the claim is denied (CARC 16,
    N297), and a supervisor of too many is an audit finding.

Example:
    98960 on 2026-05-05, the worker's last supervisor until 2026-04-30 -> xx-chw.supervision.supervisor

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

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from billing.policy.schema import PolicyEntry


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
        by_provider = bool(self.types) or self.enrolled
        if not (self.on_claim or by_provider or self.on_file or self.at_most_workers):
            raise ValueError("write on_claim: true, on_file: true, types, enrolled: true or at_most_workers")
        if self.counted_as is not None and self.at_most_workers is None:
            raise ValueError("counted_as means nothing without at_most_workers")
        return self
