"""Service dates that cannot be read or cannot be true.

What it checks:
    A service date can be read, its range ends on or after its first day, and no day of it lies after the received
    date, before the member's birth, or after the member's death. An absent date is `required_fields`' business.

Why it matters:
    Payers refuse future dates (CARC 110) and take back what was paid after a death (CARC 13) or before a birth (14).

Example:
    service on 2026-12-01 in a claim received on 2026-11-22 -> national.service_dates.received

    Passes: service on 2026-11-22, the day the claim is received

    Instead: send the claim after the visit, or mend the year.

Policy key:
    service_dates

Needs:
    nothing but the claims; birth and death dates are compared where the claim carries them

Also called:
    date of service, DOS, from and through date, future date, RD8, DTP 472, box 24A
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import and_list, date_text, days_text, sentence, sentences

Against = Literal["itself", "received_date", "birth_date", "death_date"]
HELD_AGAINST = {
    "itself": "can be read and its range ends on or after its first day",
    "received_date": "is no later than the day the claim is received",
    "birth_date": "is no earlier than the member's birth",
    "death_date": "is no later than the member's death",
}


class Entry(PolicyEntry):
    """What the dates are held against; one entry per source.

    Attributes:
        against: `itself` (readable, first day before last), or another date of the claim.
    """

    against: tuple[Against, ...] = ("itself", "received_date", "birth_date", "death_date")


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return f"A service date {and_list(HELD_AGAINST[against] for against in entry.against)}."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on a line's dates that the entry asks for."""
    against = cast("Entry", fact.entry).against
    if "itself" in against:
        yield _readable()
        yield _person_date("birth")
        yield _person_date("death")
    if "received_date" in against:
        yield _not_in_the_future()
    if "birth_date" in against:
        is_before = pl.col("service_date") < pl.col("member_birth_date")
        yield _beside_life("dob_after_service", "before the birth", is_before)
    if "death_date" in against:
        is_after = pl.col("last_date") > pl.col("member_death_date")
        yield _beside_life("service_after_death", "after the death", is_after)


def _readable() -> Check:
    first, last = pl.col("service_date_text"), pl.col("service_end_date_text")
    is_backwards = pl.col("service_end_date") < pl.col("service_date")
    backwards = sentence("The service ends on ", date_text(pl.col("service_end_date")), ", before its first day ",
                         date_text(pl.col("service_date")), ".")  # fmt: skip
    problems = (
        (first.is_not_null(), sentence("The service date ", first, " is not a date.")),
        (last.is_not_null(), sentence("The last day ", last, " is not a date.")),
        (is_backwards, backwards),
    )
    is_wrong = pl.any_horizontal(holds.fill_null(value=False) for holds, _ in problems)
    return Check(
        cause="date_invalid",
        fails=is_wrong,
        column="service_date",
        message=sentences(*problems),
        remedy="Copy the days of the visit from its record.",
        found=pl.coalesce(first, last, date_text(pl.col("service_end_date"))),
        allowed="a date, or a first day and a last day in that order",
        by_date=False,
    )


def _person_date(which: Literal["birth", "death"]) -> Check:
    text = pl.col(f"member_{which}_date_text")
    return Check(
        cause=f"{which}_date_invalid",
        fails=text.is_not_null(),
        column=f"member_{which}_date",
        grain="claim",
        message=f"The member's {which} date cannot be read as a date.",
        remedy=f"Copy the {which} date from the member's record as year, month and day.",
        found=text,
        allowed="a date",
        by_date=False,
    )


def _not_in_the_future() -> Check:
    received = date_text(pl.col("filing_date"))
    return Check(
        cause="future_date",
        applies=pl.col("last_date").is_not_null(),
        fails=pl.col("last_date") > pl.col("filing_date"),
        column="service_date",
        message=sentence("Service on ", days_text(), ", after the received date ", received, "."),
        remedy="Send the line after the visit has taken place; if it has, copy its day from the record.",
        found=days_text(),
        allowed=sentence("up to ", received),
        by_date=False,
    )


def _beside_life(cause: str, words: str, is_outside: pl.Expr) -> Check:
    return Check(
        cause=cause,
        applies=is_outside.is_not_null(),
        fails=is_outside,
        column="service_date",
        message=sentence("Service on ", days_text(), f", {words} of the member that the claim gives."),
        remedy="Compare both dates with the member's record, and the id with the person served.",
        found=days_text(),
        allowed=f"not {words} of the member",
        by_date=False,
    )
