"""Claims received after the last day for filing.

What it checks:
    The received date is on or before the last day the entry gives for the first day of service. The last day itself
    is in time. Months end on their last day: the month after 31 January ends on 28 or 29 February.

Why it matters:
    A late claim is denied for good (CARC 29); nothing on it can be mended.

Example:
    service on 2025-10-01, received on 2026-11-22, 12 months -> xx-chw.timely_filing.claims

    Passes: the same service, received on 2026-10-01

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
from typing import Annotated, Literal, cast

import polars as pl
from pydantic import ConfigDict, Field

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._entry_words import counted_text
from billing.rules._kind import Check, Services
from billing.rules._replacements import REPLACEMENT
from billing.rules._words import date_text, is_blank, sentence


class Entry(PolicyEntry):
    """How long a claim may take.

    Attributes:
        within: Number of days or months.
        unit: days, or calendar months (12 months are not 365 days).
        from_: What the time counts from, written `from`: `service_date`, or `service_month_end`.
        exceptions: Exceptions the source lists, in a few own words; null: none was read.
    """

    model_config = ConfigDict(populate_by_name=True)

    within: Annotated[int, Field(ge=1)]
    unit: Literal["days", "months"]
    from_: Annotated[Literal["service_date", "service_month_end"], Field(alias="from")] = "service_date"
    exceptions: str | None = None


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    since = "the date of service" if entry.from_ == "service_date" else "the end of the month of service"
    exceptions = f" Exceptions: {entry.exceptions.rstrip('.')}." if entry.exceptions else ""
    time = counted_text(entry.within, entry.unit.removesuffix("s"))
    return f"The claim is received within {time} of {since}.{exceptions}"


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
