"""Claims received after the last day for filing.

What it checks:
    The received date is on or before the last day the entry gives for the first day of service. The last day itself
    is in time. Months end on their last day: the month after 31 January ends on 28 or 29 February. The time may count
    from the later of two starts, be longer after another payer's decision, a later decision on coverage, a denial or a
    payment, move to the next business day, and be another one for corrections. Where it is not known whether something
    gave more time, a late claim is looked at, not rejected. Voids are never held: a late one is noted.

Why it matters:
    A late claim is denied for good (CARC 29); nothing on it can be mended.

Example:
    service on 2025-10-01, received on 2026-11-22, 12 months -> xx-chw.timely_filing.claims

    Passes: the same service, received on 2026-10-01

    Instead: name the reason for the delay if one of the source's exceptions fits, with its proof.

Policy key:
    timely_filing

Needs:
    the service date; the received date of the claim, else of the run; for extensions the other payer's decision on the
    claim, members (decided_on), history (decided_on), other_coverage (to tell Medicare), providers (the enrolment)

Also called:
    filing limit, filing deadline, past filing, late claim, 12 months, 365 days, resubmission, crossover
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import ConfigDict, Field, model_validator

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry, PolicyModel
from billing.rules._deadlines import (
    EVENTS,
    OF_MEDICARE,
    OF_SERVICE,
    STARTS,
    counted_from,
    from_start,
    last_day,
    latest_day,
    open_questions,
    rolled,
)
from billing.rules._entry_words import counted_text
from billing.rules._kind import Check, Services
from billing.rules._replacements import REPLACEMENT
from billing.rules._words import date_text, is_blank, sentence

ON_VOIDS = True

AFTER = {
    "other_payer_decision": "another payer decided later",
    "retroactive_eligibility": "coverage was decided later",
    "denial": "the payer denied the service before",
    "payment": "the payer paid the service before",
}
"""What an extension waits for, in words."""

STARTS_IN_WORDS = {
    "service_date": "the date of service",
    "service_month_end": "the end of the month of service",
    "provider_enrolled": "the biller's enrollment",
    "payment": "the payer's payment",
    "denial": "the payer's denial",
}
SENT_IN_WORDS = {
    ("claims",): "The claim is",
    ("replacements",): "A corrected claim is",
    ("voids",): "A void is",
    ("claims", "replacements"): "First and corrected claims are",
    ("replacements", "voids"): "Corrections and voids are",
    ("claims", "voids"): "First claims and voids are",
    ("claims", "replacements", "voids"): "Claims of every kind are",
}
EVENTS_IN_WORDS = {
    "other_payer_decision": "another payer's decision",
    "retroactive_eligibility": "coverage was decided for days in the past",
    "denial": "the payer's denial",
    "payment": "the payer's payment",
}

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
        if len(self.starts) > 1 and not {"payment", "denial"}.isdisjoint(self.starts):
            raise ValueError("a time from a payment or denial counts from that alone; other starts are extensions")
        return self

    @property
    def starts(self) -> tuple[Start, ...]:
        """What the time counts from; of several the latest."""
        return self.from_ if isinstance(self.from_, tuple) else (self.from_,)

    @property
    def submissions(self) -> tuple[Submission, ...] | None:
        """What is sent; null: not stated."""
        return (self.for_,) if isinstance(self.for_, str) else self.for_


def row_facts(fact: Fact) -> tuple[str, ...]:
    """Name what it reads of the files beside the claim."""
    entry = cast("Entry", fact.entry)
    columns = [column for start in entry.starts for column in STARTS[start]]
    for extension in entry.extensions:
        columns += EVENTS[extension.after]
        columns += OF_MEDICARE if extension.payer == "medicare" else ()
    return tuple(dict.fromkeys(columns))


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into sentences."""
    since = " or ".join(STARTS_IN_WORDS[start] for start in entry.starts)
    later = ", whichever is later" if len(entry.starts) > 1 else ""
    sent = SENT_IN_WORDS[tuple(sorted(entry.submissions or ("claims",)))]
    time = counted_text(entry.within, entry.unit.removesuffix("s"))
    words = [f"{sent} received within {time} of {since}{later}."]
    if entry.rolls is not None:
        words.append("A last day on a weekend or holiday moves to the next business day.")
    words += [_extension_in_words(extension) for extension in entry.extensions]
    if entry.exceptions:
        words.append(f"Exceptions: {entry.exceptions.rstrip('.')}.")
    return " ".join(words)


def _extension_in_words(extension: Extension) -> str:
    event = EVENTS_IN_WORDS[extension.after]
    if extension.payer == "medicare":
        event = event.replace("another payer's", "Medicare's")
    limit = extension.never_after
    never = (
        f"never later than {counted_text(limit.within, limit.unit.removesuffix('s'))} from the start" if limit else ""
    )
    if extension.within is None or extension.unit is None:
        return f"After {event}: {never}."
    time = counted_text(extension.within, extension.unit.removesuffix("s"))
    return f"After {event}: {time}{', ' + never if never else ''}."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on the received date; a delay reason, a replacement and a void are looked at apart."""
    entry = cast("Entry", fact.entry)
    gives_reason = ~is_blank("delay_reason")
    is_replacement = pl.col("frequency_code").eq_missing(pl.lit(REPLACEMENT))
    are = {"claims": ~is_replacement & ~pl.col("is_void"), "replacements": is_replacement, "voids": pl.col("is_void")}
    firmly = pl.any_horizontal(are[name] for name in entry.submissions or ("claims",))
    firmly, is_void = firmly & ~pl.col("is_void"), firmly & pl.col("is_void")
    if entry.submissions != ("voids",):
        yield _check(entry, firmly & ~gives_reason)
        yield _check(
            entry, firmly & gives_reason, "the claim gives a reason for the delay, which only the payer can accept"
        )
    if entry.submissions is None:
        yield _check(
            entry,
            is_replacement & ~gives_reason,
            "the time read is for first claims; corrections often have more",
        )
        yield _check(
            entry,
            is_replacement & gives_reason,
            "the claim gives a reason for the delay, which only the payer can accept",
        )
    elif "voids" in entry.submissions:
        yield _check(entry, is_void, "a void returns money, and nothing may stop that", at_most="note")


def deadline(entry: Entry) -> pl.Expr:
    """Return the last day that the service date alone gives; null where the time counts from something else.

    For rows with `service_date`: what a person may count on before anything is known of payers and payments.
    """
    starts = [start for start in entry.starts if start in OF_SERVICE]
    if not starts:
        return pl.lit(None, pl.Date)
    return rolled(pl.max_horizontal(from_start(start, entry) for start in starts), entry)


def _check(
    entry: Entry, applies: pl.Expr, capped_by: str | None = None, at_most: Literal["review", "note"] = "review"
) -> Check:
    received, last = pl.col("filing_date"), last_day(entry)
    counts_from = [column for start in entry.starts if start in {"payment", "denial"} for column in STARTS[start]]
    message = sentence("Received ", date_text(received), "; the last day for ", date_text(pl.col("service_date")),
                       " was ", date_text(last), counted_from(entry), ".")  # fmt: skip
    may_be_later = sentence(message, " ", open_questions(entry))
    return Check(
        cause="timely_filing",
        applies=applies,
        fails=pl.when(received > latest_day(entry)).then(statement=True).when(received <= last).then(statement=False),
        column="service_date",
        message=message,
        remedy=f"If an exception fits, send its reason and proof with the claim. Exceptions: {_exceptions(entry)}",
        found=date_text(received),
        allowed=sentence("by ", date_text(last)),
        needs=("service_date",),
        uses=tuple(counts_from),
        supply="decided_on column of the history file" if counts_from else None,
        unknown=(may_be_later, "Find out what is not known; if it gives no more time, the claim is late and stays so."),
        at_most=at_most if capped_by else None,
        capped_by=capped_by,
    )


def _exceptions(entry: Entry) -> str:
    """Say what gives more time: the exceptions in words, and the extensions that are worked out."""
    if entry.exceptions:
        return f"{entry.exceptions.rstrip('.')}."
    if entry.extensions:
        return f"{'; '.join(AFTER[extension.after] for extension in entry.extensions)}."
    return "the source read here lists none."
