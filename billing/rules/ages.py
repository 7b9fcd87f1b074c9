"""Members outside the ages a service is for.

What it checks:
    The member's age in completed years on the first day of the service is at least `min` and at most `max`: *through
    20* ends the day before the 21st birthday. Who is born on 29 February turns older on 1 March. An entry may tell the
    age on the day the member was enrolled in the program instead, and may leave members out (`unless`): a child, or a
    pregnant member of any age. Where it is not known whether they are, a person looks.

Why it matters:
    Youth and adult services share codes; the wrong one for the age is denied (CARC 6).

Example:
    a 17-year-old in a service from 18 -> xx-peer.ages.adults

    Passes: an 18-year-old, from the day of the birthday on

    Instead: bill the youth service if that is what was given, or mend the birth date if it is mistyped.

Policy key:
    ages

Needs:
    birth date and service date on the claim; members, for ages at enrolment and for whether a member is pregnant when
    the claim does not say so

Also called:
    age limit, age range, minimum age, maximum age, youth, adult, EPSDT, child or pregnant, age at enrollment
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import Field, model_validator

from billing.periods import completed_years
from billing.policy.codesets import Fact
from billing.policy.conditions import in_words as conditions_in_words
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import counted, date_text, sentence

Years = Annotated[int, Field(ge=0)]
NOT_ENROLLED = "the members file has no enrolment of this member in the program that holds the day of service"


class Entry(PolicyEntry):
    """The ages a service is for, in completed years, both ends included.

    Attributes:
        min: Youngest age; null: no lower end.
        max: Oldest age; null: no upper end.
        at: The day the age is told on: the first day of the service, or the day the member was enrolled in the program.
    """

    min: Years | None = None
    max: Years | None = None
    at: Literal["service", "enrollment"] = "service"

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("name an age: write min: 18 or max: 20")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        return self


def row_facts(fact: Fact) -> tuple[str, ...]:
    """Name what it reads of the members file: since when the member is in the program, for ages at enrolment."""
    entry = cast("Entry", fact.entry)
    return ("enrolled_on", "is_enrollment_given") if entry.at == "enrollment" else ()


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    least, most = entry.min, entry.max
    day = " on the day of enrollment" if entry.at == "enrollment" else ""
    if most is None:
        return f"The member is {least} or older{day}."
    ages = f"{most} or younger" if least is None else f"{least} to {most}"
    return f"The member is {ages}{day}, until the day before turning {most + 1}."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on the member's age."""
    entry = cast("Entry", fact.entry)
    is_service = entry.at == "service"
    birth_date, service_date = pl.col("member_birth_date"), pl.col("service_date")
    day = service_date if is_service else pl.col("enrolled_on")
    age_years = completed_years(birth_date, day)
    is_young = age_years < entry.min if entry.min is not None else pl.lit(value=False)
    is_old = age_years > entry.max if entry.max is not None else pl.lit(value=False)
    verb, what = ("is", "") if is_service else ("was", ", the day of enrolment")
    yield Check(
        cause="age_out_of_range",
        applies=(birth_date > service_date).ne_missing(other=True),  # born later: that is `service_dates`' finding
        fails=is_young | is_old,
        column="member_birth_date",
        message=sentence(f"The member {verb} ", counted(age_years, "year"), " old on ", date_text(day),
                         f"{what}; the service is for ages {_ages(entry)}{_or_else(entry)}."),
        remedy=f"Check the birth date and the day of {entry.at}; if both are right, bill the service for that age.",
        found=age_years.cast(pl.String),
        allowed=_ages(entry),
        needs=("member_birth_date", "service_date"),
        uses=() if is_service else ("is_enrollment_given",),
        supply=None if is_service else "program column of the members file",
        unknown=None if is_service else (
            f"The age on the day of enrolment is not known: {NOT_ENROLLED}.",
            "Look up when the member was enrolled, and write it to the members file with the program's id.",
        ),
    )  # fmt: skip


def _or_else(entry: Entry) -> str:
    """Name the members an age limit is not for: ` or for members who are pregnant`."""
    words = conditions_in_words(entry.unless) if entry.unless is not None else ""
    return f" or {words}" if words else ""


def _ages(entry: Entry) -> str:
    if entry.max is None:
        return f"{entry.min} and over"
    return f"{entry.min} to {entry.max}" if entry.min is not None else f"up to {entry.max}"
