"""Units billed over a program's limit per day, week, month, year, rolling window, lifetime or authorization.

What it checks:
    What the services of an entry add up to, per subject and period, stays at or below `at_most`: units, minutes,
    visits, days or dollars. Lines of the history file come first, then lines by date, start time and place in the
    input; the line that goes over is the one reported. The units of a date range may fall on any of its days: it is
    rejected only when every way of spreading them breaks the limit, and reviewed when some way does.

Why it matters:
    Payers cut back or deny what is past a limit (CARC 119), and a pattern of it is an audit finding.

Example:
    98960 U7 x 5 on 2026-03-04, limit 4 per day -> ks-chw.unit_limits.daily

    Instead: bill 4 units, or attach the authorization that lifts the limit.

Policy key:
    unit_limits

Needs:
    history, for what was billed before this batch; authorizations, for entries that one lifts; the worker of the
    line, for limits of a worker.

Also called:
    daily unit limit, units per day, frequency limit, benefit maximum, service limit, hard limit, cap
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import Field, model_validator

from billing.claims import Units
from billing.periods import MONTH_DAY, CalendarPeriod, RollingPeriod, Weekday
from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._authorizations import without_authorized
from billing.rules._kind import Context
from billing.rules._limit_words import RELATED_SHOWN, allowed_text, arithmetic, number_text, range_words, remedy_text
from billing.rules._measures import measured
from billing.rules._totals import TOTAL, ZERO, Calendar, Rolling, before_in_period, before_in_window, pieces
from billing.rules._windows import in_force, missing, stays_out, verdicts

SCOPE = ("member_id", "worker_npi")
PARTLY = ("history",)
UNCHECKED_NEEDS = "worker"

_SUBJECTS = {"member": ["member_id"], "member_and_provider": ["member_id", "billing_npi"], "worker": ["worker_npi"]}
_COLUMNS = {"units": "units", "minutes": "units", "amount": "charge", "visits": "service_date", "days": "service_date"}
_CAUSES = {"day": "units_over_daily_limit", "lifetime": "lifetime_limit", "authorization": "authorization_exhausted"}
_KEPT = ("line_key", "claim_key", "claim_id", "label", "order", "stands", "is_history", "service_date", "last_date",
         "charge", "least", "most", "own", "sitting", "sitting_standing")  # fmt: skip


class Entry(PolicyEntry):
    """One limit.

    Attributes:
        at_most: The limit, in what `measure` says.
        measure: What is added up; `amount` is USD.
        per: The period. `rolling_days` and `rolling_months` end on the line's date and are `length` long.
        of: Whose total it is; `worker` is never the billing provider.
        each: True: counted for each service by itself; false: all services of the entry together.
        length: How many days or months a rolling window is long.
        week_starts: First day of the week.
        year_begins: Month and day a fiscal year begins on, `07-01`.
        assumed_pooled: The reading that several codes share the limit; findings stay at review unless the units of
            one code alone break it.
        lifted_by: What allows more: an authorization, whose own units are then the limit, or documentation.
    """

    at_most: Annotated[Units, Field(ge=0)]
    measure: Literal["units", "minutes", "visits", "days", "amount"]
    per: CalendarPeriod | RollingPeriod | Literal["lifetime", "authorization"]
    of: Literal["member", "member_and_provider", "worker"] = "member"
    each: bool = False
    length: Annotated[int, Field(ge=1)] | None = None
    week_starts: Weekday | None = None
    year_begins: Annotated[str, Field(pattern=MONTH_DAY)] | None = None
    assumed_pooled: str | None = None
    lifted_by: Literal["prior_authorization", "documentation"] | None = None

    @model_validator(mode="after")
    def _period_is_complete(self) -> Self:
        needs = {"rolling_days": "length", "rolling_months": "length", "week": "week_starts", "state_fiscal_year": "year_begins"}
        for name in ("length", "week_starts", "year_begins"):
            is_needed, is_given = needs.get(self.per) == name, getattr(self, name) is not None
            if is_needed and not is_given:
                raise ValueError(f"a limit per {self.per} needs {name}")
            if is_given and not is_needed:
                raise ValueError(f"{name} means nothing for a limit per {self.per}")
        return self


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines that go over the limit, and those that cannot be counted.

    Returns:
        One row per line of the batch, columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    lines = measured(in_force(context.rows, fact).filter("counts"), entry)
    subject = _SUBJECTS[entry.of] if entry.of != "worker" else []
    needed = [*(["units"] if entry.measure in {"units", "minutes"} else []), *subject]
    asked = lines.filter(~pl.col("is_history"), pl.col("is_countable"))
    unknown = missing(asked, needed, cause=_cause(entry), what="the limit") if needed else None
    over = _over(_known(lines, entry), entry)
    if entry.lifted_by == "prior_authorization":
        over, exhausted = without_authorized(over, lines, context.references.authorizations, fact.program)
        found = [_failures(over, entry), exhausted]
    else:
        found = [_failures(over, entry)]
    return pl.concat([*found, unknown] if unknown is not None else found)


def unchecked(fact: Fact, context: Context) -> pl.LazyFrame:
    """List the lines that cannot be counted for want of a worker, or of a unit length and times.

    Returns:
        One row per line: `line_key`.
    """
    entry = cast("Entry", fact.entry)
    if entry.of != "worker" and entry.measure != "minutes":
        return pl.LazyFrame(schema={"line_key": pl.UInt32})
    lines = measured(in_force(context.rows, fact).filter("counts"), entry)
    return lines.filter(~pl.col("is_history"), ~pl.col("is_countable")).select("line_key")


def _known(lines: pl.LazyFrame, entry: Entry) -> pl.LazyFrame:
    """Keep the lines that can be counted, their subject's columns and what they add."""
    keys = _keys(entry)
    known = lines.filter(pl.col("is_countable"), *(pl.col(key).is_not_null() for key in keys))
    also = [name for name in ("procedure_code", "prior_authorization") if name not in keys]
    return known.select(*dict.fromkeys((*_KEPT, *keys, *also, "missing_number")))


def _keys(entry: Entry) -> list[str]:
    keys = [*_SUBJECTS[entry.of], *(["service"] if entry.each else [])]
    return [*keys, "prior_authorization"] if entry.per == "authorization" else keys


def _over(known: pl.LazyFrame, entry: Entry) -> pl.LazyFrame:
    """Find the batch's lines that surely or possibly go over the limit.

    Returns:
        One row per line with `said` (what comes before it), `own`, `within`, `is_sure` (every split of its days
        breaks the limit, without claims that are rejected anyway), `fits_without` (over only with those), `is_capped`
        (over only when codes are pooled), `related`, `other_claims`, `out_claims`.
    """
    parts, over = _judged(known, entry, _keys(entry))
    if entry.assumed_pooled:
        _, alone = _judged(known, entry, [*_keys(entry), "procedure_code"])
        breaks_alone = alone.filter("is_sure").select("line_key", breaks_alone=pl.lit(True))  # noqa: FBT003
        over = over.join(breaks_alone, on="line_key", how="left")
    else:
        over = over.with_columns(breaks_alone=pl.lit(True))  # noqa: FBT003
    return _with_related(over, parts)


def _judged(known: pl.LazyFrame, entry: Entry, keys: list[str]) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Compare each line with the limit: all rows of the totals, and one row per line that may be over it."""
    limit = pl.lit(entry.at_most, TOTAL)
    if entry.per in {"rolling_days", "rolling_months"}:
        rolling = Rolling(cast("RollingPeriod", entry.per), entry.length or 1)
        parts, groups = before_in_window(known, keys, limit, rolling), keys
    else:
        per = None if entry.per in {"lifetime", "authorization"} else cast("CalendarPeriod", entry.per)
        laid = pieces(known, Calendar(per, entry.week_starts, entry.year_begins))
        groups = [*keys, "period"]
        parts = before_in_period(laid, groups, limit)
    totals = ("before_standing", "before", "before_possible")
    if entry.measure in {"days", "visits"}:
        parts = _first_of_sitting(parts, groups)
    room = {f"room{name[6:]}": pl.max_horizontal(limit - pl.col(name), ZERO) for name in totals}
    over = (
        parts.with_columns(**room)
        .filter((pl.col("most") > pl.col("room_possible")) | (pl.col("periods") > 1), ~pl.col("is_history"))
        .with_columns(pl.col("room_standing", "room").sum().over("line_key"), least_room=pl.col("room_possible").min().over("line_key"))
        .filter(pl.col("room_possible") == pl.col("least_room"), pl.col("most") > pl.col("room_possible"))
        .unique("line_key", keep="first", maintain_order=True)
    )
    is_sure, is_over = pl.col("least") > pl.col("room_standing"), pl.col("least") > pl.col("room")
    room_said = pl.when(is_sure).then("room_standing").when(is_over).then("room").otherwise("room_possible")
    return parts, over.with_columns(
        is_sure=is_sure,
        fits_without=~is_sure & is_over,
        said=pl.when(is_sure).then("before_standing").when(is_over).then("before").otherwise("before_possible"),
        within=pl.min_horizontal(room_said, "own"),
    )


def _first_of_sitting(parts: pl.LazyFrame, groups: list[str]) -> pl.LazyFrame:
    """Give every line of a day or visit what came before the first line of it: later ones add nothing to it."""
    return parts.with_columns(
        before_standing=pl.col("before_standing").min().over(*groups, "sitting_standing"),
        before=pl.col("before").min().over(*groups, "sitting"),
        before_possible=pl.col("before_possible").min().over(*groups, "sitting"),
    )


def _with_related(over: pl.LazyFrame, parts: pl.LazyFrame) -> pl.LazyFrame:
    """Name the lines that came before each line over the limit: they stand in one run of rows before it."""
    rows = parts.filter(pl.col("possible") > 0).select("at", "label", other="claim_id", other_key="claim_key", other_stands="stands", is_old="is_history")
    end = pl.min_horizontal(pl.col("at"), pl.col("from_row") + RELATED_SHOWN)
    before = (
        over.select("line_key", "claim_key", "is_sure", at=pl.int_ranges("from_row", end))
        .explode("at", empty_as_null=False)
        .join(rows, on=pl.col("at").cast(pl.Int64), how="inner", maintain_order="left")
    )
    return over
