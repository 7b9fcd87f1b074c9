"""The last day for filing: counted from its starts, extended by what happened, rolled to a business day.

Two last days are told apart: the one that what is known gives, and the latest that what is not known could give.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from billing.rules._words import date_text, sentence

if TYPE_CHECKING:
    from billing.rules.timely_filing import Entry, Extension, Start, Time

HOLIDAY_SPAN = 7
"""Days by which holidays that no list gives may move a last day, at most: none last longer than a week."""

STARTS: dict[Start, tuple[str, ...]] = {
    "service_date": (),
    "service_month_end": (),
    "provider_enrolled": ("biller_enrolled_on",),
    "payment": ("paid_on",),
    "denial": ("denied_on",),
}
"""What each start reads of `billing/row_facts.py`; null where it is not known."""
_OPEN_DAY = pl.lit(date(9900, 1, 1))  # so far ahead that nothing is later, and what is counted from it still a date
OF_SERVICE = ("service_date", "service_month_end")
EVENTS: dict[str, tuple[str, ...]] = {
    "other_payer_decision": ("other_payers_count", "other_payer_decided_on"),
    "retroactive_eligibility": ("coverage_decided_on", "is_decision_given"),
    "denial": ("denied_on", "is_denial_undated", "is_history_dated"),
    "payment": ("paid_on", "is_payment_undated", "is_history_dated"),
}
"""What each extension reads of them."""
OF_MEDICARE = ("medicare_decided_on", "is_medicare", "is_medicare_known")


class Candidate(NamedTuple):
    """A last day that may hold.

    Attributes:
        known: The day that what is known gives; null: none.
        latest: The latest day that what is not known could give; null where nothing is open, None: nothing ever is.
        words: What it is counted from, behind `counted from`; a text expression.
        open_words: What is not known, as a sentence.
    """

    known: pl.Expr
    latest: pl.Expr | None
    words: pl.Expr
    open_words: str


def candidates(entry: Entry) -> list[Candidate]:
    """Return the last days an entry may give, the one without extensions first."""
    return [_from_starts(entry), *(_extended(entry, extension) for extension in entry.extensions), *_holidays(entry)]


def last_day(entry: Entry) -> pl.Expr:
    """Return the last day on which a claim is in time by what is known; null when nothing is known."""
    return rolled(pl.max_horizontal(each.known for each in candidates(entry)), entry)


def latest_day(entry: Entry) -> pl.Expr:
    """Return the latest day on which a claim may be in time, for all that is known."""
    open_days = [rolled(each.latest, entry) for each in candidates(entry) if each.latest is not None]
    return pl.max_horizontal(last_day(entry), *open_days) if open_days else last_day(entry)


def counted_from(entry: Entry) -> pl.Expr:
    """Write what a last day is counted from: `, 30 days after another payer decided on 2026-03-01`.

    Empty where it is the start.
    """
    first, *others = candidates(entry)
    chosen = pl.max_horizontal(each.known for each in (first, *others))
    from_others = [pl.when(each.known == chosen).then(sentence(", ", each.words)) for each in others]
    return pl.coalesce(pl.when(first.known == chosen).then(pl.lit("")), *from_others, pl.lit(""))


def open_questions(entry: Entry) -> pl.Expr:
    """Write what is not known and could give a later last day, one sentence each."""
    last = last_day(entry)
    parts = [
        pl.when(last.is_null() | (each.latest > last)).then(pl.lit(each.open_words))
        for each in candidates(entry)
        if each.latest is not None
    ]
    return pl.concat_str(parts, separator=" ", ignore_nulls=True) if parts else pl.lit("")


def rolled(day: pl.Expr, entry: Entry) -> pl.Expr:
    """Move a day that is no business day to the next one, when the entry says so."""
    if entry.rolls is None:
        return day
    return day.dt.add_business_days(0, holidays=list(entry.holidays), roll="forward")


def counted(start: pl.Expr, time: Entry | Time | Extension) -> pl.Expr:
    """Return the last day of a time that begins on a day; months end on the last day of a shorter month."""
    return start.dt.offset_by(f"{time.within}{'mo' if time.unit == 'months' else 'd'}")


def from_start(start: Start, time: Entry | Time) -> pl.Expr:
    """Return the last day counted from one start; null where that start is not known."""
    if start == "service_month_end" and time.unit == "months":
        return pl.col("service_date").dt.month_start().dt.offset_by(f"{time.within}mo").dt.month_end()
    if start == "service_month_end":
        return counted(pl.col("service_date").dt.month_end(), time)
    return counted(pl.col(STARTS[start][0]) if STARTS[start] else pl.col("service_date"), time)


def _from_starts(entry: Entry) -> Candidate:
    known = pl.max_horizontal(from_start(start, entry) for start in entry.starts)
    unknown = [pl.col(STARTS[start][0]).is_null() for start in entry.starts if start == "provider_enrolled"]
    latest = pl.when(pl.any_horizontal(unknown)).then(_OPEN_DAY) if unknown else None
    words = "The time may count from the day the biller was enrolled, which the providers file does not say."
    return Candidate(known, latest, pl.lit(""), words)


def _extended(entry: Entry, extension: Extension) -> Candidate:
    event = _event(extension)
    end = _OPEN_DAY
    if extension.never_after is not None:
        end = pl.max_horizontal(from_start(start, extension.never_after) for start in entry.starts)
    has_happened = event.day.is_not_null()
    day = counted(event.day, extension) if extension.within is not None else pl.when(has_happened).then(end)
    possible = counted(event.possible, extension) if extension.within is not None else end
    return Candidate(
        known=pl.when(has_happened).then(pl.min_horizontal(day, end)),
        latest=pl.when(event.is_open).then(pl.min_horizontal(possible, end)),
        words=sentence(f"{_length(extension)}{event.words} on ", date_text(event.day)),
        open_words=event.open_words,
    )


def _length(extension: Extension) -> str:
    if extension.within is None:
        return "the longer time "
    unit = extension.unit if extension.within != 1 else str(extension.unit).removesuffix("s")
    return f"{extension.within} {unit} "


class _Event(NamedTuple):
    """What an extension waits for.

    Attributes:
        day: The day it happened; null: it did not, or that is not known.
        is_open: Whether it could have happened on a later day.
        possible: The latest such day.
        words: `after another payer decided`.
        open_words: What is not known, as a sentence.
    """

    day: pl.Expr
    is_open: pl.Expr
    possible: pl.Expr
    words: str
    open_words: str


def _event(extension: Extension) -> _Event:
    if extension.after == "other_payer_decision":
        return _of_medicare() if extension.payer == "medicare" else _of_any_payer()
    if extension.after == "retroactive_eligibility":
        return _Event(
            pl.col("coverage_decided_on"),
            pl.col("is_decision_given").is_null(),
            _OPEN_DAY,
            "after the coverage was decided",
            "Coverage may have been decided later; the decided_on column of the members file was not given.",
        )
    day, undated, word = {
        "denial": ("denied_on", "is_denial_undated", "denied"),
        "payment": ("paid_on", "is_payment_undated", "paid"),
    }[extension.after]
    is_undated = pl.col(undated).fill_null(value=False) & pl.col(day).is_null()
    return _Event(
        pl.col(day),
        pl.col("is_history_dated").is_null() | is_undated,
        _OPEN_DAY,
        f"after the payer {word} the service",
        f"The payer may have {word} the service before; the history file does not say on which day.",
    )


def _of_any_payer() -> _Event:
    decided = pl.col("other_payer_decided_on")
    return _Event(
        decided,
        (pl.col("other_payers_count") > 0) & decided.is_null(),
        _OPEN_DAY,
        "after another payer decided",
        "Another payer stands on the claim without the day it decided.",
    )


def _of_medicare() -> _Event:
    is_open = (pl.col("other_payers_count") > 0) & ~pl.col("is_medicare_known").fill_null(value=False)
    undecided = pl.col("is_medicare").fill_null(value=False) & pl.col("medicare_decided_on").is_null()
    return _Event(
        pl.col("medicare_decided_on"),
        is_open | undecided,
        pl.coalesce("other_payer_decided_on", _OPEN_DAY),
        "after Medicare decided",
        "Medicare's decision gives more time, and whether and when Medicare decided is not known.",
    )


def _holidays(entry: Entry) -> Iterable[Candidate]:
    """Yield the last day that a holiday could give in years for which the entry lists none."""
    if entry.rolls is None:
        return
    years = sorted({day.year for day in entry.holidays})
    known = pl.max_horizontal(each.known for each in _without_holidays(entry))
    day = rolled(known, entry)
    is_open = ~day.dt.year().is_in(years)
    yield Candidate(
        known=pl.lit(None, pl.Date),
        latest=pl.when(is_open).then(day + pl.duration(days=HOLIDAY_SPAN)),
        words=pl.lit(""),
        open_words="A holiday may move the last day; no holidays of that year are listed.",
    )


def _without_holidays(entry: Entry) -> Iterator[Candidate]:
    yield _from_starts(entry)
    yield from (_extended(entry, extension) for extension in entry.extensions)
