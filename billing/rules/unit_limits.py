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

    Passes: 98960 U7 x 4 on that day, and more on the next

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

from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import Field, model_validator

from billing.claims import Units
from billing.periods import MONTH_DAY, CalendarPeriod, RollingPeriod, Weekday
from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry, PolicyModel
from billing.rules._authorizations import exhausted_text, usage
from billing.rules._entry_words import each_text, services_named, together_text
from billing.rules._kind import Context, Services
from billing.rules._limit_words import (
    RELATED_SHOWN,
    allowed_text,
    arithmetic,
    limit_sentences,
    number_text,
    range_words,
    remedy_text,
)
from billing.rules._measures import is_countable, may_be_over, measured, surely_within
from billing.rules._totals import TOTAL, ZERO, Calendar, Rolling, before_in_period, before_in_window, pieces
from billing.rules._windows import in_force, judged_in_full, missing, share_of, stays_out, verdicts
from billing.rules._words import sentence, units_text

SCOPE = ("member_id", "worker_npi")
PARTLY = ("history",)

_SUBJECTS = {"member": ["member_id"], "member_and_provider": ["member_id", "billing_npi"], "worker": ["worker_npi"]}
_COLUMNS = {"units": "units", "minutes": "units", "amount": "charge", "visits": "service_date", "days": "service_date"}
_CAUSES = {"day": "units_over_daily_limit", "lifetime": "lifetime_limit", "authorization": "authorization_exhausted"}
_UNIT_COLUMNS = {"units": ["units"], "minutes": ["units"]}
_READ = (
    "line_key", "claim_key", "claim_id", "label", "order", "stands", "is_history", "program", "service", "member_id",
    "billing_npi", "rendering_npi", "worker_npi", "procedure_code", "modifiers", "service_date", "last_date",
    "start_time", "end_time", "units", "units_text", "unit_basis", "unit_minutes", "charge", "prior_authorization",
)  # fmt: skip
_TOTALS = ("before_standing", "before", "before_possible")
_SITTINGS = ("days", "visits")


AtMost = Annotated[Units, Field(ge=0, le=10_000_000)]
Measure = Literal["units", "minutes", "hours", "visits", "days", "amount"]


class Also(PolicyModel):
    """The same limit in a second measure: 16 units, which are 4 hours. One rule, reported once per line.

    Attributes:
        at_most: The limit, in what `measure` says.
        measure: What is added up.
    """

    at_most: AtMost
    measure: Measure


class Episode(PolicyModel):
    """What an episode of care is: a span of a reference file that covers the first day of the service.

    Attributes:
        file: The file that holds it.
        kind: Kind of its rows, `plan_of_care` or `act`; for authorizations null.
    """

    file: Literal["orders", "enrollments", "authorizations"]
    kind: str | None = None

    @model_validator(mode="after")
    def _names_its_rows(self) -> Self:
        if (self.kind is None) != (self.file == "authorizations"):
            raise ValueError(f"an episode by the {self.file} file "
                             f"{'needs kind' if self.kind is None else 'has no kind'}")  # fmt: skip
        return self


class Entry(PolicyEntry):
    """One limit.

    Attributes:
        at_most: The limit, in what `measure` says.
        measure: What is added up; `amount` is USD, minutes and hours come from times, else from a sourced unit length.
        also: The same limit in a second measure.
        per: The period. `rolling_days` and `rolling_months` end on the line's date and are `length` long.
        episode: What an episode is, for a limit per episode; with `year_begins` each fiscal year of it counts anew.
        of: Whose total it is; `worker` is never the billing provider.
        each: True: counted for each service by itself; false: all services of the entry together.
        length: How many days or months a rolling window is long.
        week_starts: First day of the week.
        year_begins: Month and day a fiscal year begins on, `07-01`.
        assumed_pooled: The reading that several codes share the limit; findings stay at review unless the units of
            one code alone break it.
        lifted_by: What allows more: an authorization, whose own units are then the limit, a plan of care in the orders
            file that covers the line, or documentation.
    """

    at_most: AtMost
    measure: Measure
    also: Also | None = None
    per: CalendarPeriod | RollingPeriod | Literal["lifetime", "authorization", "episode"]
    of: Literal["member", "member_and_provider", "worker"] = "member"
    each: bool = False
    length: Annotated[int, Field(ge=1)] | None = None
    week_starts: Weekday | None = None
    year_begins: Annotated[str, Field(pattern=MONTH_DAY)] | None = None
    episode: Episode | None = None
    assumed_pooled: str | None = None
    lifted_by: Literal["prior_authorization", "plan_of_care", "documentation"] | None = None

    @model_validator(mode="after")
    def _period_is_complete(self) -> Self:
        needs = {"rolling_days": "length", "rolling_months": "length", "week": "week_starts",
                 "state_fiscal_year": "year_begins", "episode": "episode"}  # fmt: skip
        for name in ("length", "week_starts", "year_begins", "episode"):
            is_needed, is_given = needs.get(self.per) == name, getattr(self, name) is not None
            if is_needed and not is_given:
                raise ValueError(f"a limit per {self.per} needs {name}")
            if is_given and not is_needed and (self.per, name) != ("episode", "year_begins"):
                raise ValueError(f"{name} means nothing for a limit per {self.per}")
        if self.also is not None and self.also.measure == self.measure:
            raise ValueError("also states the limit in another measure than the entry's own")
        return self


def in_words(entry: Entry, services: Services) -> str:
    """Put an entry into a sentence."""
    own = services_named(entry.services, services)
    together = each_text(own) if entry.each else together_text(own)
    return " ".join(limit_sentences(entry, together))


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines that go over the limit, and those that cannot be counted.

    Most lines belong to a period whose whole total stays within the limit: they are left out first, by one sum.
    Only what remains is sorted, added up line by line and put into words.

    Returns:
        One row per line of the batch, columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    authorizations = context.references.authorizations if entry.lifted_by == "prior_authorization" else None
    # What else uses an authorization may lie in other periods: then all lines of a member are looked at.
    whole = authorizations is not None
    lines = in_force(context.rows, fact).filter(pl.col("counts"), pl.col("service_date").is_not_null()).select(_READ)
    suspects = lines.filter(
        may_be_over(entry, ["member_id"] if whole else _keys(entry), whole_subject=whole) | _lacks(entry)
    )
    return judged_in_full(suspects, lambda rows: _judge(rows, fact, authorizations))


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:
    """Name the optional columns it counts with: an authorization without its units lifts a limit altogether."""
    entry = cast("Entry", fact.entry)
    provider = (("history", "billing_npi"),) if entry.of == "member_and_provider" else ()
    return (*provider, ("authorizations", "units")) if entry.lifted_by == "prior_authorization" else provider


def unchecked(fact: Fact, context: Context) -> pl.LazyFrame:
    """List the lines that cannot be counted for want of a worker, or of times and a unit length.

    Returns:
        One row per line: `line_key`.
    """
    entry = cast("Entry", fact.entry)
    if entry.of != "worker" and entry.measure != "minutes":
        return pl.LazyFrame(schema={"line_key": pl.UInt32})
    lines = in_force(context.rows, fact).filter("counts")
    return lines.filter(~pl.col("is_history"), ~is_countable(entry)).select("line_key")


def unchecked_needs(fact: Fact) -> str:
    """Name what the lines of `unchecked` lack."""
    entry = cast("Entry", fact.entry)
    if entry.measure != "minutes":
        return "worker"
    return "worker, start_time or end_time" if entry.of == "worker" else "start_time and end_time"


def _judge(rows: pl.DataFrame, fact: Fact, authorizations: pl.DataFrame | None) -> pl.DataFrame:
    """Judge the lines that may be over the limit, and say which cannot be counted."""
    entry = cast("Entry", fact.entry)
    lines = surely_within(measured(rows, entry, _keys(entry)), fact.effective, fact.ended)
    unknown = _unknown(lines, entry)
    over = lines_over(_known(lines, entry), entry)
    if authorizations is None:
        is_numbered = pl.col("prior_authorization").is_not_null()
        is_open = is_numbered if entry.lifted_by == "prior_authorization" else pl.lit(value=False)
        return pl.concat([_failures(over, entry, is_numbered=is_open), unknown])
    over = over.join(usage(lines, authorizations), on="line_key", how="left", maintain_order="left")
    held = over.filter(pl.col("has_room").is_null())
    used_up = over.filter(~pl.col("has_room"))
    return pl.concat([_failures(held, entry, is_numbered=pl.lit(value=False)), _exhausted(used_up), unknown])


def _lacks(entry: Entry) -> pl.Expr:
    """Tell which of the batch's lines lack what the limit needs: units, member or biller."""
    return pl.any_horizontal(pl.col(name).is_null() for name in _needed(entry)) & ~pl.col("is_history")


def _needed(entry: Entry) -> list[str]:
    """Columns that a line must have to be counted: whose total it is, and what is added up."""
    return [*_SUBJECTS[entry.of], *_UNIT_COLUMNS.get(entry.measure, [])]


def _keys(entry: Entry) -> list[str]:
    """Columns of whose total it is."""
    keys = [*_SUBJECTS[entry.of], *(["service"] if entry.each else [])]
    return [*keys, "prior_authorization"] if entry.per == "authorization" else keys


def _known(lines: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    """Keep the lines that belong to somebody's total."""
    return lines.filter(pl.col(key).is_not_null() for key in _keys(entry))


def _unknown(lines: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    """Say `unknown` of the batch's lines whose units, member or biller are lacking."""
    asked = lines.filter("is_countable", _lacks(entry))
    if entry.measure == "minutes":  # times say the minutes where the units are lacking
        lacks_subject = pl.any_horizontal(pl.col(name).is_null() for name in _SUBJECTS[entry.of])
        asked = asked.filter(pl.col("own").is_null() | lacks_subject)
    return missing(asked, _needed(entry), cause=_cause(entry), what="the limit")


def lines_over(known: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    """Find the batch's lines that surely or possibly go over a limit; also for what else begins past an amount.

    Args:
        known: One row per line that belongs to somebody's total, as `measured` leaves them, history lines among them.
        entry: The limit.

    Returns:
        One row per line with `said` (what comes before it), `own`, `within`, `is_sure` (every split of its days breaks
        the limit, without the claims that are rejected anyway), `fits_without` (over only with those), `breaks_alone`
        (over also when each code counts by itself), `related`, `other_claims` and `out_claims`.
    """
    parts, over = _judged(known, entry, _keys(entry))
    breaks_alone = pl.lit(value=True)
    if entry.assumed_pooled:
        _, alone = _judged(known, entry, [*_keys(entry), "procedure_code"])
        over = over.join(alone.filter("is_sure").select("line_key", alone="is_sure"), on="line_key", how="left")
        breaks_alone = pl.col("alone").is_not_null()
    return _with_related(over.with_columns(breaks_alone=breaks_alone), parts)


def _judged(known: pl.DataFrame, entry: Entry, keys: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compare each line with the limit: all rows of the totals, and one row per line that may be over it."""
    limit = pl.lit(entry.at_most, TOTAL)
    groups = keys
    if entry.per == "rolling_days" or entry.per == "rolling_months":  # noqa: PLR1714 narrows the type
        parts = before_in_window(known, keys, limit, Rolling(entry.per, entry.length or 1))
    else:
        calendar = None
        if entry.per != "lifetime" and entry.per != "authorization":  # noqa: PLR1714 narrows the type
            calendar = Calendar(entry.per, entry.week_starts, entry.year_begins)
        groups = [*keys, "period"]
        parts = before_in_period(pieces(known, calendar), groups, limit)
    if entry.measure in _SITTINGS:
        # Later lines of a day or visit add nothing to it: they stand where its first line stands.
        of_first = dict(zip(_TOTALS, ("sitting_standing", "sitting", "sitting"), strict=True))
        parts = parts.with_columns(pl.col(name).min().over(*groups, sitting) for name, sitting in of_first.items())
    room = [pl.max_horizontal(limit - pl.col(name), ZERO).alias(name.replace("before", "room")) for name in _TOTALS]
    may_be_over = pl.col("most") > pl.col("room_possible")
    over = (
        parts.with_columns(room)
        .filter(may_be_over | (pl.col("periods") > 1), ~pl.col("is_history"))
        .with_columns(pl.col("room_standing", "room").sum().over("line_key"))
        .filter(may_be_over)
        .sort("line_key", "room_possible", "period")  # of a range, the day with the least room is the one named
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


def _with_related(over: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Name the lines that count towards each line over the limit: they stand in one run of rows before it."""
    rows = parts.filter(pl.col("possible") > 0).select(
        "at", before_label="label", before_claim="claim_id", before_key="claim_key", before_stands="stands",
        is_old="is_history",
    )  # fmt: skip
    end = pl.min_horizontal("at", pl.col("from_row") + RELATED_SHOWN)
    is_own = ~pl.col("is_old") & (pl.col("before_key") == pl.col("claim_key"))
    before = (
        over.select("line_key", "claim_key", "is_sure", at=pl.int_ranges("from_row", end, dtype=pl.get_index_type()))
        .explode("at")
        .join(rows, on="at", how="inner", maintain_order="left")
        .filter(pl.col("before_stands") | ~pl.col("is_sure"))
        .with_columns(name=pl.when(is_own).then(pl.lit("this claim")).otherwise("before_claim"))
        .group_by("line_key", maintain_order=True)
        .agg(
            related=pl.col("before_label"),
            other_claims=pl.col("name").unique(maintain_order=True),
            out_claims=pl.col("before_claim").filter(~pl.col("before_stands")).unique(maintain_order=True),
        )
    )
    return over.join(before, on="line_key", how="left", maintain_order="left").with_columns(
        pl.col("related", "other_claims", "out_claims").fill_null([])
    )


def _failures(over: pl.DataFrame, entry: Entry, *, is_numbered: pl.Expr) -> pl.DataFrame:
    """Put the lines over the limit into words."""
    is_range = pl.col("last_date") > pl.col("service_date")
    may_fit = ~pl.col("is_sure") & ~pl.col("fits_without")
    caps: list[pl.Expr] = [
        pl.when("fits_without").then(stays_out(pl.col("out_claims"))),
        pl.when(may_fit).then(pl.lit("how the units of a date range fall on its days is not known")),
        pl.when(~pl.col("breaks_alone")).then(pl.lit(entry.assumed_pooled, pl.String)),
        pl.when(is_numbered).then(
            pl.lit("an authorization is numbered on the claim, and the authorizations file was not given")
        ),
    ]
    if entry.lifted_by == "documentation":
        caps.append(pl.lit("documentation lifts this limit"))
    is_worded_as_range = is_range & ((pl.col("periods") > 1) | may_fit)
    return verdicts(
        over,
        cause=_cause(entry),
        column=_COLUMNS[entry.measure],
        verdict=pl.when(is_numbered).then(pl.lit("unknown")).otherwise(pl.lit("fail")),
        at_most=pl.when(pl.any_horizontal(cap.is_not_null() for cap in caps)).then(pl.lit("review")),
        capped_by=caps,
        message=pl.when(is_worded_as_range).then(range_words(entry)).otherwise(arithmetic(entry)),
        remedy=remedy_text(entry),
        found=number_text(pl.col("said") + pl.col("own"), entry),
        allowed=allowed_text(entry),
        related=pl.col("related"),
        amount_at_risk=share_of(pl.col("charge"), pl.col("own") - pl.col("within"), pl.col("own")),
    )


def _exhausted(over: pl.DataFrame) -> pl.DataFrame:
    """Put the lines into words whose own authorization is used up."""
    excess = pl.min_horizontal(pl.col("used") - pl.col("authorized"), "own")
    return verdicts(
        over,
        cause="authorization_exhausted",
        column="units",
        message=exhausted_text(),
        remedy="Ask the payer for more units before this line is sent, or hold it.",
        found=units_text(pl.col("used")),
        allowed=sentence(units_text(pl.col("authorized")), " units in all"),
        related=pl.col("related"),
        amount_at_risk=share_of(pl.col("charge"), excess, pl.col("own")),
    )


def _cause(entry: Entry) -> str:
    return _CAUSES.get(entry.per, "units_over_period_limit")
