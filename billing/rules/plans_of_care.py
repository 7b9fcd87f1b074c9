"""Services without the plan of care they need on the day, by the orders file.

What it checks:
    With `by: first_service`, a plan of the member is dated on or before the first day of the line. With
    `by: each_service`, one is in force on every day of the line. With `after`, one is in force for whatever is past
    that many units, visits, days or minutes; they are added up as `unit_limits` does, history first. With
    `renewed_every`, a plan is in force for that many days or months from its date, the last day included, so that
    90 days from 2026-01-01 end with 2026-04-01. With `signed_by`, who signed it is of one of these types by the
    providers file. A member whom the orders file does not list is reviewed.

Why it matters:
    A service outside a plan is not covered: claims are denied (CARC 16, M135) and, more often, paid back after an
    audit.

Example:
    the 13th unit of 98960 on 2026-05-05, a plan is needed after 12 -> xx-chw.plans_of_care.gate

    Instead: have the plan written before the service goes on; bill the units that need none.

Policy key:
    plans_of_care

Needs:
    orders, its rows of kind plan_of_care; history, for `after`; providers, for `signed_by`

Also called:
    care plan, service plan, treatment plan, individualized service plan, recovery plan, ISP, plan review
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from billing.claims import Units
from billing.periods import MONTH_DAY, CalendarPeriod, RollingPeriod, Weekday
from billing.policy.schema import PolicyEntry

_OF_GATE = ("measure", "per", "length", "week_starts", "year_begins")


class Entry(PolicyEntry):
    """When a plan of care is needed, and how long one holds.

    Attributes:
        by: first_service: a plan dated on or before the day; each_service: one in force on the day.
        after: How much of the services may be given without a plan.
        measure: What `after` counts.
        per: The period it is counted in.
        length: How many days or months a rolling window is long.
        week_starts: First day of the week.
        year_begins: Month and day a fiscal year begins on, `07-01`.
        renewed_every: How long a plan holds after its date, in what `unit` says; null: until it is ended.
        unit: days, or calendar months.
        signed_by: Types of who may sign it, in the words of the providers file; empty: anyone.
    """

    by: Literal["first_service", "each_service"] | None = None
    after: Annotated[Units, Field(ge=0, le=10_000_000)] | None = None
    measure: Literal["units", "minutes", "visits", "days"] | None = None
    per: CalendarPeriod | RollingPeriod | Literal["lifetime"] | None = None
    length: Annotated[int, Field(ge=1)] | None = None
    week_starts: Weekday | None = None
    year_begins: Annotated[str, Field(pattern=MONTH_DAY)] | None = None
    renewed_every: Annotated[int, Field(ge=1)] | None = None
    unit: Literal["days", "months"] | None = None
    signed_by: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_one_rule(self) -> Self:
        if self.by is not None and self.after is not None:
            raise ValueError("write by or after, not both; a second rule is an entry of its own")
        if self.by is None and self.after is None and self.renewed_every is None:
            raise ValueError("say when a plan is needed: by, after or renewed_every")
        if self.by == "first_service" and self.renewed_every is not None:
            raise ValueError("a plan that is renewed is needed for each service: write by: each_service")
        if (self.renewed_every is None) != (self.unit is None):
            raise ValueError("renewed_every needs its unit, days or months, and unit needs renewed_every")
        if self.after is None and any(getattr(self, name) is not None for name in _OF_GATE):
            raise ValueError("measure, per and what goes with them mean nothing without after")
        if self.after is not None and (self.measure is None or self.per is None):
            raise ValueError("after needs measure and per: after: 12, measure: units, per: lifetime")
        return self
