"""More hours of one worker than a day, a week or a month may hold.

What it checks:
    The sessions of one worker, over all members, add up to at most `at_most` hours per period. A group session counts
    once, however many members it had. The session that goes over is reported, and so are those behind it.

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
from typing import Annotated, Self, cast

import polars as pl
from pydantic import Field, model_validator

from billing.periods import MONTH_DAY, CalendarPeriod, Weekday
from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._entry_words import begins_text, counted_text, period_text
from billing.rules._kind import Context, Services
from billing.rules._periods import complete_period, in_period_text, period_of
from billing.rules._runs import begins_group, sum_before
from billing.rules._sessions import (
    END,
    START,
    is_timed,
    numbered_sessions,
    others_beside,
    session_minutes,
    session_of_worker,
)
from billing.rules._windows import in_force, judged_in_full, stays_out, verdicts
from billing.rules._words import counted, sentence

SCOPE = ("worker_npi",)

_READ = ("line_key", "claim_key", "claim_id", "label", "order", "stands", "worker_npi", "service_date")
_SESSION = ["worker_npi", "period", "session"]
_PERIOD = ["worker_npi", "period"]
_MINUTE = 60_000_000  # microseconds
_HOUR = 60  # minutes


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


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    begins = begins_text(entry.week_starts, entry.year_begins)
    most = f"at most {counted_text(entry.at_most, 'hour')} over all members {period_text(entry.per)}"
    return f"One worker has {most}{f', {begins}' if begins else ''}; a group session counts once."


def concerns(fact: Fact) -> pl.Expr:  # noqa: ARG001 - every kind is called alike
    """Tell which lines say when they were given and by whom."""
    return is_timed() & pl.col("worker_npi").is_not_null()


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the sessions that go over the hours of a worker's period.

    Periods whose lines stay within the hours even when each of them is counted are left out first.

    Returns:
        One row per line of the batch, columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    lines = in_force(context.rows, fact).filter("counts", concerns(fact))
    lines = lines.select(
        *_READ, session=session_of_worker(), minutes=session_minutes(), start=START, end=END,
        period=period_of(entry, pl.col("service_date")),
    )  # fmt: skip
    all_minutes = pl.col("minutes").sum().over(pl.struct(*_PERIOD).hash())
    return judged_in_full(lines.filter(all_minutes > entry.at_most * _HOUR), lambda rows: _judge(rows, entry))


def unchecked(fact: Fact, context: Context) -> pl.Expr:  # noqa: ARG001 - every kind is called alike
    """Tell which lines of the batch do not say when they were given or by whom."""
    return pl.col("counts") & ~pl.col("is_history") & ~concerns(fact)


def unchecked_needs(fact: Fact) -> str:  # noqa: ARG001 - every kind is called alike
    """Name what the lines of `unchecked` lack."""
    return "worker, start_time or end_time"


def _judge(rows: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    """Add up each worker's sessions in their order, and report the lines of those that go over."""
    most = int(entry.at_most * _HOUR)
    rows = numbered_sessions(rows, ["worker_npi", "service_date"])
    sessions = rows.group_by(_SESSION, maintain_order=True).agg(
        pl.col("order").min(),
        length=(pl.col("end").max() - pl.col("start").min()) // _MINUTE,
        stands=pl.col("stands").any(),
    )  # fmt: skip
    length, standing = pl.col("length"), pl.when("stands").then("length").otherwise(0)
    first = begins_group(_PERIOD)
    sessions = sessions.sort(*_PERIOD, "order").select(
        *_SESSION, in_all=sum_before(length, first) + length, sure=sum_before(standing, first) + length
    )
    over = rows.join(sessions.filter(pl.col("in_all") > most), on=_SESSION, how="inner")
    over = others_beside(over, rows, _PERIOD)
    is_sure = (pl.col("sure") > most) | (pl.col("out_claims").list.len() == 0)
    return verdicts(
        over,
        cause="worker_hours_exceeded",
        column="start_time",
        at_most=pl.when(~is_sure).then(pl.lit("review")),
        capped_by=[pl.when(~is_sure).then(stays_out(pl.col("out_claims")))],
        message=sentence(
            "Sessions of the worker ", in_period_text(entry, pl.col("period")), " add up to ", _hours(pl.col("in_all")),
            " with this one; at most ", _hours(pl.lit(most)), ".",
        ),
        remedy="Compare the worker's sessions with their records: one group session billed as several, or the wrong "
        "worker on a line, is the usual cause. Hold this line until they add up.",
        found=_hours(pl.col("in_all")),
        allowed=_hours(pl.lit(most)),
        related=pl.col("related"),
    )  # fmt: skip


def _hours(minutes: pl.Expr) -> pl.Expr:
    """Write minutes as `26 hours` or `25 hours 30 minutes`."""
    rest = pl.when(minutes % _HOUR > 0).then(sentence(" ", counted(minutes % _HOUR, "minute"))).otherwise(pl.lit(""))
    return sentence(counted(minutes // _HOUR, "hour"), rest)
