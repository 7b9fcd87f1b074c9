"""Claims received after the last day for filing.

What it checks:
    The received date is on or before the last day the entry gives for the first day of service. The last day itself
    is in time. Months end on their last day: the month after 31 January ends on 28 or 29 February.

Why it matters:
    A late claim is denied for good (CARC 29); nothing on it can be mended.

Example:
    service on 2025-10-01, received on 2026-11-22, 12 months -> xx-chw.timely_filing.claims

    Instead: name the reason for the delay if one of the source's exceptions fits, with its proof.

Policy key:
    timely_filing

Needs:
    the service date; the received date of the claim, else of the run

Also called:
    filing limit, filing deadline, past filing, late claim, 12 months, 365 days
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import ConfigDict, Field, model_validator

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry, PolicyModel
from billing.rules._kind import Check
from billing.rules._replacements import REPLACEMENT
from billing.rules._words import date_text, is_blank, sentence

Unit = Literal["days", "months"]
Start = Literal["service_date", "service_month_end", "provider_enrolled", "payment", "denial"]
Submission = Literal["claims", "replacements", "voids"]


class Time(PolicyModel):
    """A length of time.

    Attributes:
        within: Number of days or months.
        unit: days, or calendar months (12 months are not 365 days).
    """

    within: Annotated[int, Field(ge=1)]
    unit: Unit


class Extension(PolicyModel):
    """More time after something happened; the later of the two last days holds.

    Attributes:
        after: What happened: another payer decided, coverage was decided for days in the past, the payer denied or paid
            the service before.
        payer: Whose decision counts as another payer's: any, or medicare.
        within: Number of days or months after it; null: `never_after` alone is the last day.
        unit: days, or calendar months.
        never_after: The last day counted from the start, however late that happened.
    """

    after: Literal["other_payer_decision", "retroactive_eligibility", "denial", "payment"]
    payer: Literal["any", "medicare"] = "any"
    within: Annotated[int, Field(ge=1)] | None = None
    unit: Unit | None = None
    never_after: Time | None = None

    @model_validator(mode="after")
    def _has_a_last_day(self) -> Self:
        if (self.within is None) != (self.unit is None):
            raise ValueError("within and unit go together: within: 30, unit: days")
        if self.within is None and self.never_after is None:
            raise ValueError("an extension needs its length: within: 30, unit: days")
        if self.payer != "any" and self.after != "other_payer_decision":
            raise ValueError(f"payer means nothing after {self.after}")
        return self


class Entry(PolicyEntry):
    """How long a claim may take.

    Attributes:
        within: Number of days or months.
        unit: days, or calendar months (12 months are not 365 days).
        from_: What the time counts from, written `from`: the service date or the end of its month, the biller's
            enrolment, the payer's payment or denial; of a list, the latest.
        for_: What is sent, written `for`: claims, replacements, voids, or a list; null: claims, and replacements at
            review.
        rolls: A last day on a weekend or holiday moves to the next business day.
        holidays: Days that are no business days beside weekends, as its source lists them.
        holidays_source: Source of the holidays.
        extensions: What gives more time.
        exceptions: Exceptions the source lists, in a few own words; null: none was read.
    """

    model_config = ConfigDict(populate_by_name=True)

    within: Annotated[int, Field(ge=1)]
    unit: Unit
    from_: Annotated[Start | tuple[Start, ...], Field(alias="from")] = "service_date"
    for_: Annotated[Submission | tuple[Submission, ...] | None, Field(alias="for")] = None
    rolls: Literal["next_business_day"] | None = None
    holidays: tuple[date, ...] = ()
    holidays_source: str | None = None
    extensions: tuple[Extension, ...] = ()
    exceptions: str | None = None

    @model_validator(mode="after")
    def _holidays_are_sourced(self) -> Self:
        if self.holidays and self.rolls is None:
            raise ValueError("holidays move a last day only with rolls: next_business_day")
        if bool(self.holidays) != (self.holidays_source is not None):
            raise ValueError("holidays and holidays_source go together")
        if self.from_ == () or self.for_ == ():
            raise ValueError("an empty list names nothing")
        return self

    @property
    def starts(self) -> tuple[Start, ...]:
        """What the time counts from; of several the latest."""
        return self.from_ if isinstance(self.from_, tuple) else (self.from_,)

    @property
    def submissions(self) -> tuple[Submission, ...] | None:
        """What is sent; null: not stated."""
        return (self.for_,) if isinstance(self.for_, str) else self.for_


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on the received date; a delay reason or a replacement may have its own time."""
    entry = cast("Entry", fact.entry)
    gives_reason = ~is_blank("delay_reason")
    is_replacement = pl.col("frequency_code").eq_missing(pl.lit(REPLACEMENT))
    yield _check(entry, ~gives_reason & ~is_replacement)
    yield _check(entry, gives_reason, "the claim gives a reason for the delay, which only the payer can accept")
    yield _check(
        entry, ~gives_reason & is_replacement, "the time read is for first claims; corrections often have more"
    )


def deadline(service_date: pl.Expr, entry: Entry) -> pl.Expr:
    """Return the last day on which a claim for a service is in time; null without a service date.

    Args:
        service_date: First day of the service.
        entry: The time the program gives.
    """
    if entry.unit == "months" and entry.from_ == "service_month_end":
        return service_date.dt.month_start().dt.offset_by(f"{entry.within}mo").dt.month_end()
    start = service_date.dt.month_end() if entry.from_ == "service_month_end" else service_date
    return start.dt.offset_by(f"{entry.within}{'mo' if entry.unit == 'months' else 'd'}")


def _check(entry: Entry, applies: pl.Expr, capped_by: str | None = None) -> Check:
    service_date, received = pl.col("service_date"), pl.col("filing_date")
    last_day = deadline(service_date, entry)
    exceptions = f"{entry.exceptions.rstrip('.')}." if entry.exceptions else "the source read here lists none."
    return Check(
        cause="timely_filing",
        applies=applies,
        fails=received > last_day,
        column="service_date",
        message=sentence("Received ", date_text(received), "; the last day for ", date_text(service_date), " was ",
                         date_text(last_day), "."),
        remedy=f"If an exception fits, send its reason and proof with the claim. Exceptions: {exceptions}",
        found=date_text(received),
        allowed=sentence("by ", date_text(last_day)),
        needs=("service_date",),
        at_most="review" if capped_by else None,
        capped_by=capped_by,
    )  # fmt: skip
