"""Services that only one provider may bill for a member in a period, billed by a second one.

What it checks:
    Of all lines of the entry's services for one member and period, the first one decides whose they are: history comes
    first, then date, start time and place in the input. A later line of another provider is reported.

Why it matters:
    The first claim in is paid, the other provider's is denied as given by someone else already (CARC B20).

Example:
    G0019 in 2026-05 by a second billing provider -> us-medicare-chi.single_provider.one-biller

    Passes: G0019 in 2026-05 by one billing provider, in 2026-06 by another

    Instead: settle with the other provider who bills the month, and take this line out if it is the other one.

Policy key:
    single_provider

Needs:
    history, for what was billed before this batch; its `billing_npi`

Also called:
    one practitioner per month, first claim in wins, exclusive provider, one agency per member
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from billing.periods import MONTH_DAY, CalendarPeriod, Weekday
from billing.policy.schema import PolicyEntry
from billing.rules._periods import complete_period


class Entry(PolicyEntry):
    """Which services one provider alone may bill.

    Attributes:
        per: The period in which one provider alone bills.
        of: Which provider is compared.
        week_starts: First day of the week.
        year_begins: Month and day a fiscal year begins on, `07-01`.
    """

    per: CalendarPeriod | Literal["lifetime"]
    of: Literal["billing_provider", "rendering_provider"]
    week_starts: Weekday | None = None
    year_begins: Annotated[str, Field(pattern=MONTH_DAY)] | None = None

    @model_validator(mode="after")
    def _period_is_complete(self) -> Self:
        complete_period(self, "per")
        return self
