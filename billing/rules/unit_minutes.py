"""Units that the minutes of the service do not earn, and minutes that would earn more units than were billed.

What it checks:
    Start and end time give the minutes, the service's `rounding` the units they earn: `full_unit` (whole units alone),
    `up_to` (every unit begun), `midpoint` (a unit once more than half of it has passed; also "nearest"), `cms_8_single`
    and `cms_8_total` (Medicare's eight-minute rule, per service and over the day's services), `tenth_of_hour` (to the
    nearest six minutes), `per_session` and `per_day` (one each). Below `minimum_minutes` nothing is earned. The minutes
    of each session are rounded, or those of a member's day with one worker, as `rounding_scope` says; where no source
    says which, only what both readings refuse is rejected. Where no rounding is sourced, only units beyond every rule
    are found: more than were begun. More units than earned are rejected; fewer are a note, with what could be billed.

Why it matters:
    Units without the minutes are what auditors take back first (CARC 16, 152); minutes without units are money left.

Example:
    H0038 x 4, 09:00 to 09:50, full units of 15 minutes -> xx-peer.services.individual

    Passes: H0038 x 3, 09:00 to 09:50

    Instead: bill the 3 units that 50 minutes earn; never change the times to fit the units.

Policy key:
    services, their unit_minutes, rounding, rounding_scope, minimum_minutes

Needs:
    start and end times, which an 837P does not carry; a line without them is not checked, nor is a unit of a month,
    since the contacts of the month are not on the claim

Also called:
    time to units, rounding rule, 8-minute rule, midpoint rule, unit conversion, start and stop times, overbilled units
"""

from __future__ import annotations

from typing import cast

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import Service
from billing.rules._entry_words import code_text
from billing.rules._kind import Context, Services
from billing.rules._minute_words import too_few, too_many
from billing.rules._minutes_of_days import DAY, with_days
from billing.rules._rounding import earned, rounding_text, surely_earned
from billing.rules._sessions import is_timed, others_beside, session_minutes
from billing.rules._totals import TOTAL, ZERO
from billing.rules._windows import in_force, judged_in_full, missing, stays_out

SCOPE = ("member_id", "worker_npi")
SERVICE_FACT = True
VALUES = {
    "rounding": "rounding_source", "minimum_minutes": "rounding_source", "unit_minutes": "unit_minutes_source",
}  # fmt: skip
"""What it compares in a service, each with the key of its source."""

_READ = (
    "line_key", "claim_key", "claim_id", "label", "order", "stands", "is_history", "member_id", "service",
    "procedure_code", "modifiers", "service_date", "last_date", "start_time", "end_time", "units", "units_text",
    "charge",
)  # fmt: skip
_OTHER_READING = "the source does not say whether the minutes of a session or of the day are rounded"
_IS_RANGE = pl.col("last_date") > pl.col("service_date")
_NONE = pl.lit([], pl.List(pl.String))


def in_words(entry: Service, _services: Services) -> str:
    """Put into sentences how the minutes of a service become units."""
    code = code_text(entry)
    if entry.rounding is not None or entry.unit_minutes is None:
        words = [f"For {code} minutes are billed {rounding_text(entry)}."]
    else:
        least = f", none under {entry.minimum_minutes}" if entry.minimum_minutes is not None else ""
        words = [f"A unit of {code} is {entry.unit_minutes} minutes{least}; how minutes are rounded is not sourced."]
    if entry.rounding_scope is not None:
        words.append(f"They are rounded per {entry.rounding_scope}.")
    if entry.minutes_before is not None:
        words.append(f"The first {entry.minutes_before} minutes are another service's.")
    return " ".join(words)


def concerns(fact: Fact) -> pl.Expr:
    """Tell which lines it could say anything about: those with times, and every line of a service per day."""
    service = cast("Service", fact.entry)
    if service.rounding_scope == "month":
        return pl.lit(value=False)
    return pl.lit(value=True) if service.rounding == "per_day" else is_timed()


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines with more units than their minutes earn, and those with fewer.

    Most lines are alone on their member's day and have the units they earn: they are left out first.

    Returns:
        One row per line of the batch, columns of `VERDICT_SCHEMA`.
    """
    service = cast("Service", fact.entry)
    lines = _lines(fact, context, service)
    fits = (pl.col("own") == earned(pl.col("minutes"), service)).fill_null(value=False)
    is_alone = pl.lit(value=True) if _is_per_session(service) else pl.len().over(pl.struct(*DAY).hash()) == 1
    return judged_in_full(lines.filter(~(fits & is_alone)), lambda rows: _judge(rows, service))


def unchecked(fact: Fact, context: Context) -> pl.LazyFrame | pl.Expr | None:
    """Tell which lines have no times, are of a day that has such lines, or of a unit of a month.

    Returns:
        The condition; where lines share the minutes of a day, one row per line: `line_key`.
    """
    service = cast("Service", fact.entry)
    own = pl.col("counts") & ~pl.col("is_history")
    if service.rounding == "cms_8_total":
        lines = _lines(fact, context, service).filter(~_is_whole(pl.col("minutes").is_null()))
        return lines.filter(pl.col("service") == service.id, ~pl.col("is_history")).select("line_key")
    if service.rounding_scope == "month":
        return own
    if service.rounding == "per_day" and service.minimum_minutes is None:
        return None
    lacks = pl.col("counts") & ~(is_timed() & _counts_units())
    if service.rounding_scope == "day" or service.rounding == "per_day":
        return context.rows.filter(own & ~_is_whole(lacks)).select("line_key")
    return own & lacks


def unchecked_needs(fact: Fact) -> str:
    """Name what the lines of `unchecked` lack."""
    if cast("Service", fact.entry).rounding_scope == "month":
        return "the minutes of all contacts of the month, which a claim does not carry"
    return "start_time and end_time"


def _lines(fact: Fact, context: Context, service: Service) -> pl.LazyFrame:
    """Return the lines that count with minutes, units and day; where services share the day's minutes, of all these."""
    rows = context.rows
    if service.rounding == "cms_8_total" and context.program is not None and context.all_rows is not None:
        sharing = [each.id for each in context.program.services if each.rounding == service.rounding]
        rows = context.all_rows.filter(pl.col("program") == fact.program, pl.col("service").is_in(sharing))
    return in_force(rows, fact).filter("counts").select(
        *_READ,
        own=pl.col("units").cast(TOTAL),
        minutes=pl.when(_counts_units()).then(session_minutes()),
        who=pl.coalesce("worker_npi", "billing_npi"),
        sitting=pl.when(_IS_RANGE).then(pl.col("order").cast(pl.Int64) + 1).otherwise(0),
    )  # fmt: skip


def _counts_units() -> pl.Expr:
    """Tell whether a line counts units; one that is sent in minutes is the units rule's business."""
    return pl.col("unit_basis").ne_missing("MJ")


def _is_per_session(service: Service) -> bool:
    return service.rounding_scope == "session" or service.rounding == "per_session"


def _is_per_day(service: Service) -> bool:
    return service.rounding_scope == "day" or service.rounding in {"per_day", "cms_8_total"}


def _is_whole(lacks: pl.Expr) -> pl.Expr:
    """Tell whether all of a member's minutes on a line's day are known; a date range may lie on any day."""
    return ~(lacks.any().over("member_id", "service_date") | (lacks & _IS_RANGE).any().over("member_id"))


def _judge(rows: pl.DataFrame, service: Service) -> pl.DataFrame:
    """Judge the lines that may have more or fewer units than their minutes earn."""
    is_own = ~pl.col("is_history") & (pl.col("service") == service.id)
    needed = ["units"] if _is_per_session(service) else ["units", "member_id"]
    has_minutes = pl.lit(value=True) if service.rounding == "per_day" else pl.col("minutes").is_not_null()
    asked = rows.filter(is_own, has_minutes)
    unknown = missing(asked, needed, cause="units_not_supported_by_time", what="the time of the units")
    lines = rows.filter(pl.col(name).is_not_null() for name in needed).with_columns(
        is_whole=_is_whole(pl.col("minutes").is_null()),
        alone_earned=earned(pl.col("minutes"), service),
        alone_surely=surely_earned(pl.col("minutes"), service),
    )
    lines = lines.with_columns(alone_excess=pl.max_horizontal(pl.col("own") - pl.col("alone_earned"), ZERO))
    judged = _by_session(lines) if _is_per_session(service) else _by_day(lines, service)
    judged = judged.filter(is_own, has_minutes)
    over = judged.filter("is_over")
    under = judged.filter(pl.col("more") > 0)
    return pl.concat([too_many(over, service), too_few(under, service, of_day=_is_per_day(service)), unknown])


def _by_session(lines: pl.DataFrame) -> pl.DataFrame:
    """Compare each line with what its own minutes earn.

    Returns:
        The lines with `is_over`, `excess` (units too many), `more` (units that could be billed besides), `before`
        (units of the day's earlier lines), `in_all` and `earned` (the minutes compared and their units), `capped` (why
        it is no more than reviewed) and `related`.
    """
    return lines.with_columns(
        is_over=pl.col("alone_excess") > 0,
        excess="alone_excess",
        more=pl.col("alone_surely") - pl.col("own"),
        before=ZERO,
        in_all="minutes",
        earned="alone_earned",
        capped=pl.lit(None, pl.String),
        related=_NONE,
    )


def _by_day(lines: pl.DataFrame, service: Service) -> pl.DataFrame:
    """Compare each line with what its day earns; where no source says so, with what its own minutes earn too.

    Returns:
        As `_by_session`.
    """
    days = with_days(lines, service)
    standing = with_days(lines.filter("stands"), service).select("line_key", standing="excess")
    days = days.join(standing, on="line_key", how="left", maintain_order="left")
    is_known = pl.lit(value=True) if service.rounding == "per_day" else pl.col("is_whole")
    of_day = (is_known & (pl.col("excess") > 0)).fill_null(value=False)
    beside = others_beside(days.filter(of_day).select("line_key", "claim_id", *DAY), days, DAY)
    beside = beside.select("line_key", "related", "out_claims")
    days = days.join(beside, on="line_key", how="left", maintain_order="left")
    out = pl.col("out_claims")
    holds = (out.list.len() == 0) | (pl.col("standing") > 0).fill_null(value=False)
    more = pl.when("is_whole").then(pl.col("day_surely") - pl.col("day_units")).otherwise(ZERO)
    days = days.with_columns(
        is_over=of_day,
        more=pl.when("is_last").then(more).otherwise(ZERO),
        in_all="day_minutes",
        earned="day_earned",
        capped=pl.when(~holds).then(stays_out(out)),
    )
    return days if _is_per_day(service) else _by_either(days, of_day, more)


def _by_either(days: pl.DataFrame, of_day: pl.Expr, more: pl.Expr) -> pl.DataFrame:
    """Compare each line both ways: what only one of them refuses is reviewed, what both leave unbilled is noted."""
    alone = (pl.col("alone_excess") > 0).fill_null(value=False)
    why = pl.when("is_whole").then(pl.lit(_OTHER_READING)).otherwise(pl.lit("not all lines of the day have times"))
    return days.with_columns(
        is_over=alone | of_day,
        more=pl.min_horizontal(pl.col("alone_surely") - pl.col("own"), more),
        capped=pl.when(alone != of_day).then(why).otherwise("capped"),
        **{
            name: pl.when(alone).then(by_session).otherwise(by_day)
            for name, by_session, by_day in (
                ("excess", "alone_excess", "excess"), ("before", ZERO, "before"), ("in_all", "minutes", "in_all"),
                ("earned", "alone_earned", "earned"), ("related", _NONE, "related"),
            )
        },
    )  # fmt: skip
