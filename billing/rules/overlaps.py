"""Sessions of one worker with two members, or of one member twice, at the same time.

What it checks:
    Of a worker: no two sessions with different members overlap in time. Lines of one group session are one session:
    the same session id, or a group service with the same code, place and times. Of a member: no two services overlap.
    A session that ends when the next begins does not overlap it. The later of the two is reported.

Why it matters:
    Nobody is in two places at once: payers rarely deny it at entry, and take it back in an audit years later.

Example:
    98960 from 09:30 for one member, the worker with another until 10:00 -> national.overlaps.worker

    Passes: 98960 from 10:00 for the second member, the worker with the first until 10:00

    Instead: mend the time that was written down wrongly, or bill the group service if it was one session.

Policy key:
    overlaps

Needs:
    start and end times, which an 837P does not carry; for the worker's sessions, who the worker is

Also called:
    overlapping sessions, double booking, concurrent services, impossible schedule, time conflict
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Context, Services
from billing.rules._runs import MICROSECOND, begins_group, latest_before
from billing.rules._sessions import (
    END,
    START,
    earlier_overlaps,
    is_timed,
    numbered_sessions,
    session_of_member,
    session_of_worker,
)
from billing.rules._windows import in_force, judged_in_full, stays_out, verdicts
from billing.rules._words import coded, date_text, sentence

SCOPE = ("worker_npi", "member_id")

AT_LEAST = 2

_SUBJECTS = {"worker": "worker_npi", "member": "member_id"}
_SESSIONS: dict[str, Callable[[], pl.Expr]] = {"worker": session_of_worker, "member": session_of_member}
_READ = (
    "line_key", "claim_key", "claim_id", "label", "order", "stands", "member_id", "worker_npi", "procedure_code",
    "modifiers", "service_date", "start_time", "end_time",
)  # fmt: skip


class Entry(PolicyEntry):
    """Whose sessions may not overlap.

    Attributes:
        of: worker: one worker with different members. member: one member with whatever worker.
    """

    of: Literal["worker", "member"]


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    if entry.of == "worker":
        return "Sessions of one worker with different members do not overlap in time, except in one group session."
    return "Services of one member do not overlap in time."


def concerns(fact: Fact) -> pl.Expr:
    """Tell which lines say when they were given, and whose time it was."""
    return is_timed() & pl.col(_SUBJECTS[cast("Entry", fact.entry).of]).is_not_null()


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the later of each two sessions that overlap.

    Days without any overlap, and those whose overlapping lines are one group session, are left out by one running
    maximum over the lines in order.

    Returns:
        One row per line of the batch, columns of `VERDICT_SCHEMA`.
    """
    of = cast("Entry", fact.entry).of
    lines = in_force(context.rows, fact).filter("counts", concerns(fact), pl.col("member_id").is_not_null())
    lines = lines.select(*_READ, session=_SESSIONS[of]()).with_columns(
        day=pl.struct(_SUBJECTS[of], "service_date").hash(), start=START, end=END
    )
    ordered = lines.select("day", "order", "start", "end", session=pl.col("session").hash()).sort("day", "order")
    begins_early = pl.col("start") < latest_before(pl.col("end"), begins_group(["day"]))
    is_another = pl.col("session") != pl.col("session").shift()
    days = ordered.filter(begins_early, is_another).select("day").unique()
    return judged_in_full(lines.join(days, on="day", how="semi"), lambda rows: _judge(rows, of))


def unchecked(fact: Fact, context: Context) -> pl.Expr:  # noqa: ARG001 - every kind is called alike
    """Tell which lines of the batch do not say when they were given, or by whom."""
    return pl.col("counts") & ~pl.col("is_history") & ~concerns(fact)


def unchecked_needs(fact: Fact) -> str:
    """Name what the lines of `unchecked` lack."""
    return "worker, start_time or end_time" if cast("Entry", fact.entry).of == "worker" else "start_time and end_time"


def _judge(rows: pl.DataFrame, of: Literal["worker", "member"]) -> pl.DataFrame:
    """Compare the sessions of each day, and report the lines of the later ones that begin too early."""
    by = [_SUBJECTS[of], "service_date"]
    rows = numbered_sessions(rows, by)
    at = [*by, "session"]
    others = earlier_overlaps(_sessions(rows, by, of), by)
    standing = earlier_overlaps(_sessions(rows.filter("stands"), by, of), by)
    standing = standing.select(*at, sure_end="other_end", sure_label="other_label")
    found = rows.join(others, on=at, how="inner").join(standing, on=at, how="left")
    found = found.filter(pl.col("start") < pl.col("other_end"))
    is_sure = (pl.col("start") < pl.col("sure_end")).fill_null(value=False)
    return _in_words(
        found.with_columns(
            other_end=(pl.when(is_sure).then("sure_end").otherwise("other_end") * MICROSECOND).cast(pl.Time),
            other_label=pl.when(is_sure).then("sure_label").otherwise("other_label"),
            is_sure=is_sure | pl.col("other_stands") | (pl.col("other_claim_key") == pl.col("claim_key")),
        ),
        of,
    )


def _sessions(rows: pl.DataFrame, by: list[str], of: str) -> pl.DataFrame:
    """Put the lines of each session together; of a worker, several of one member alone are the member's own matter."""
    session = pl.concat_str(pl.lit("session "), pl.col("order").first().cast(pl.String))
    member = pl.concat_str(pl.lit("member "), pl.col("member_id").first())
    is_shared = pl.col("member_id").min() != pl.col("member_id").max()
    return rows.group_by(*by, "session", maintain_order=True).agg(
        pl.col("start").min(),
        pl.col("end").max(),
        pl.col("order", "label", "claim_id", "claim_key").first(),
        stands=pl.col("stands").any(),
        whom=session if of == "member" else pl.when(is_shared).then(session).otherwise(member),
    )  # fmt: skip


def _in_words(found: pl.DataFrame, of: str) -> pl.DataFrame:
    own = sentence(_clock("start_time"), " to ", _clock("end_time"))
    is_worker = of == "worker"
    whose = "the worker is with another member" if is_worker else "the member has another service"
    group = "bill the group service if it was one session, else " if is_worker else ""
    return verdicts(
        found,
        cause="overlap_time",
        column="start_time",
        at_most=pl.when(~pl.col("is_sure")).then(pl.lit("review")),
        capped_by=[pl.when(~pl.col("is_sure")).then(stays_out(pl.concat_list("other_claim_id")))],
        message=sentence(
            coded(), " on ", date_text(pl.col("service_date")), " from ", own, f"; {whose} until ", _clock("other_end"),
            " (", pl.col("other_label"), ").",
        ),
        remedy=f"Compare both lines with their records: {group}hold this one until they agree.",
        found=own,
        allowed=f"one {'member' if is_worker else 'service'} at a time",
        related=pl.concat_list("other_label"),
    )  # fmt: skip


def _clock(column: str) -> pl.Expr:
    """Write a time as `09:30`."""
    return pl.col(column).dt.to_string("%H:%M")
