"""More hours of one worker than a day, a week or a month may hold.

What it checks:
    The sessions of one worker, over all members, add up to at most `at_most` hours per period. A group session counts
    once, however many members it had. The session that goes over is reported, with those behind it.

Why it matters:
    A day with more hours than a day has cannot have been worked: it is the first thing an auditor adds up.

Example:
    26 hours of one worker on 2026-05-05, at most 24 -> national.worker_hours.day

    Passes: 24 hours of one worker on 2026-05-05

    Instead: mend the times or the worker that were written down wrongly, from the record of each session.

Policy key:
    worker_hours

Needs:
    start and end times, which an 837P does not carry, and who the worker is

Also called:
    impossible day, productivity, hours worked, time per day of a peer or community health worker
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from billing.periods import MONTH_DAY, CalendarPeriod, Weekday
from billing.policy.schema import PolicyEntry
from billing.rules._periods import complete_period


class Entry(PolicyEntry):
    """How many hours one worker may have.

    Attributes:
        at_most: Hours.
        per: The period they are added up in.
        week_starts: First day of the week.
        year_begins: Month and day a fiscal year begins on, `07-01`.
    """

    at_most: Annotated[Decimal, Field(gt=0, le=10_000)]
    per: CalendarPeriod
    week_starts: Weekday | None = None
    year_begins: Annotated[str, Field(pattern=MONTH_DAY)] | None = None

    @model_validator(mode="after")
    def _period_is_complete(self) -> Self:
        complete_period(self, "per")
        return self
