"""Services without a recommendation or referral in force on the day, by the orders file.

What it checks:
    The orders file holds an order of one of the entry's `kinds` for the member and program, dated on or before the
    first day of the line and not ended before its last. It is in force for `valid_days` or `valid_months` from its
    date, and services under it begin within `start_within_days`: in both, the last day still counts, so that 30 days
    from 2026-05-01 end with 2026-05-31. With `signed_by`, who signed it is of one of these types by the providers
    file. A member whom the orders file does not list is reviewed.

Why it matters:
    Preventive and rehabilitative services are paid because a licensed practitioner recommended them: without a
    recommendation that holds on the day, the claim is denied (CARC 288) or paid back after an audit.

Example:
    H0038 on 2026-06-05, recommended on 2026-05-01 and valid for 30 days -> xx-peer.orders.recommendation

    Instead: get a new recommendation before the next visit; bill the days that the first one covers.

Policy key:
    orders

Needs:
    orders; providers, for `signed_by`; history, for when services under an order began

Also called:
    recommendation, referral, service order, prescription, standing order, licensed practitioner, start-by date
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from billing.policy.schema import PolicyEntry

Count = Annotated[int, Field(ge=1)]


class Entry(PolicyEntry):
    """Which order the services need.

    Attributes:
        kinds: Orders that count, one is enough; empty only under a standing order.
        valid_days: Days an order is in force after its date; null: until it is ended.
        valid_months: The same in calendar months.
        start_within_days: Days after its date by which the first service under it is given; null: any time.
        signed_by: Types of who may sign it, in the words of the providers file; empty: anyone.
        standing_order: True: an order for all members stands in for the member's own, and nothing is checked.
    """

    kinds: tuple[Literal["recommendation", "referral", "plan_of_care"], ...] = ()
    valid_days: Count | None = None
    valid_months: Count | None = None
    start_within_days: Count | None = None
    signed_by: tuple[str, ...] = ()
    standing_order: bool = False

    @model_validator(mode="after")
    def _is_one_rule(self) -> Self:
        own = (self.kinds, self.valid_days, self.valid_months, self.start_within_days, self.signed_by)
        if self.standing_order and any(own):
            raise ValueError("standing_order: true means that no order is needed; remove the other keys")
        if not self.standing_order and not self.kinds:
            raise ValueError("name the kinds of order that count: kinds: [recommendation]")
        if self.valid_days is not None and self.valid_months is not None:
            raise ValueError("write valid_days or valid_months, not both")
        return self
