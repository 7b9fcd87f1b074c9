"""Units billed over a program's limit per day, week, month, year, rolling window, lifetime, authorization or episode.

What it checks:
    What the services of an entry add up to, per subject and period, stays at or below `at_most`: units, minutes,
    hours, visits, days or dollars; a limit that its source states in two measures is one rule, told once. Lines of the
    history file come first, then lines by date, start time and place in the input; the line that goes over is the one
    reported. The units of a date range may fall on any of its days: it is rejected only when every way of spreading
    them breaks the limit, and reviewed when some way does.

Why it matters:
    Payers cut back or deny what is past a limit (CARC 119), and a pattern of it is an audit finding.

Example:
    98960 U7 x 5 on 2026-03-04, limit 4 per day -> ks-chw.unit_limits.daily

    Passes: 98960 U7 x 4 on that day, and more on the next

    Instead: bill 4 units, or attach the authorization that lifts the limit.

Policy key:
    unit_limits

Needs:
    history, for what was billed before this batch; authorizations or orders, for entries that an authorization or a
    plan of care lifts; the file that holds the episodes; the worker of the line, for limits of a worker.

Also called:
    daily unit limit, units per day, frequency limit, benefit maximum, service limit, hard limit, cap, episode of care
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import Field, model_validator

from billing.claims import Units
from billing.periods import MONTH_DAY, CalendarPeriod, RollingPeriod, Weekday
from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry, PolicyModel
from billing.references import References
from billing.rules._entry_words import each_text, services_named, together_text
from billing.rules._kind import Context, Services
from billing.rules._limit_lifts import held_and_used_up, with_episode
from billing.rules._limit_verdicts import cause_of, exhausted, failures, outside_episodes
from billing.rules._limit_words import limit_sentences
from billing.rules._measures import TIME, is_countable, may_be_over, measured, surely_within
from billing.rules._over_limit import over_limit
from billing.rules._windows import JUDGED_SCHEMA, in_force, judged_in_full, missing

SCOPE = ("member_id", "worker_npi")
PARTLY = ("history",)

_SUBJECTS = {"member": ["member_id"], "member_and_provider": ["member_id", "billing_npi"], "worker": ["worker_npi"]}
_UNIT_COLUMNS = {"units": ["units"], "minutes": ["units"], "hours": ["units"]}
_READ = (
    "line_key", "claim_key", "claim_id", "label", "order", "stands", "is_history", "program", "service", "member_id",
    "billing_npi", "rendering_npi", "worker_npi", "procedure_code", "modifiers", "service_date", "last_date",
    "start_time", "end_time", "units", "units_text", "unit_basis", "unit_minutes", "charge", "prior_authorization",
)  # fmt: skip

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
        if self.per == "episode" and self.of == "worker":
            raise ValueError("an episode is a member's, not a worker's")
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
    if _lacks_episodes(entry, context):
        return pl.LazyFrame(schema=JUDGED_SCHEMA)
    found = [_check(fact, each, context) for each in _statements(entry)]
    return found[0] if len(found) == 1 else _said_once(found)


def is_clear(fact: Fact, rows: pl.DataFrame) -> bool:
    """Tell whether all units of few rows together stay within the limit: then those of no period go over it.

    Args:
        fact: The limit.
        rows: One row per line that the limit is about, of the batch and its history.
    """
    entry = cast("Entry", fact.entry)
    if entry.measure != "units" or entry.also or entry.lifted_by or entry.per in {"authorization", "episode"}:
        return False
    if any(rows.get_column(name).null_count() for name in _needed(entry)):
        return False
    units = rows.get_column("units")
    return not (units < 0).any() and units.sum() <= entry.at_most


def _check(fact: Fact, entry: Entry, context: Context) -> pl.LazyFrame:
    """Check the limit as one statement of it measures."""
    # What else uses an authorization may lie in other periods: then all lines of a member are looked at.
    whole = entry.lifted_by == "prior_authorization" and context.references.authorizations is not None
    lines = in_force(context.rows, fact).filter(pl.col("counts"), pl.col("service_date").is_not_null()).select(_READ)
    suspects = lines.filter(
        may_be_over(entry, ["member_id"] if whole else _subject(entry), whole_subject=whole) | _lacks(entry)
    )
    return judged_in_full(suspects, lambda rows: _judge(rows, fact, entry, context.references), context)


def _statements(entry: Entry) -> tuple[Entry, ...]:
    """Return the limit in each measure that its source states it in."""
    if entry.also is None:
        return (entry,)
    also = {"at_most": entry.also.at_most, "measure": entry.also.measure, "also": None}
    return entry.model_copy(update={"also": None}), entry.model_copy(update=also)


def _said_once(found: list[pl.LazyFrame]) -> pl.LazyFrame:
    """Keep one verdict per line of a rule stated in several measures: the surest, else the first."""
    numbered = [verdicts.with_columns(statement=pl.lit(number)) for number, verdicts in enumerate(found)]
    is_unknown, is_capped = pl.col("verdict") == "unknown", pl.col("at_most").is_not_null()
    return (
        pl.concat(numbered)
        .sort("line_key", is_unknown, is_capped, "statement")
        .unique("line_key", keep="first", maintain_order=True)
        .drop("statement")
    )


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:
    """Name the optional columns it counts with: an authorization without its units lifts a limit altogether."""
    entry = cast("Entry", fact.entry)
    names = ["modifiers"] if fact.services is not None or entry.when is not None else []
    names += ["billing_npi"] if entry.of == "member_and_provider" else []
    names += ["charge"] if entry.measure == "amount" else []
    names += ["rendering_npi"] if entry.measure == "visits" else []
    lifts = (("authorizations", "units"),) if entry.lifted_by == "prior_authorization" else ()
    return (*(("history", name) for name in names), *lifts)


def unchecked(fact: Fact, context: Context) -> pl.Expr | None:
    """Tell which lines cannot be counted for want of a worker, of times and a unit length, or of episodes."""
    entry = cast("Entry", fact.entry)
    if _lacks_episodes(entry, context):
        cannot = pl.lit(value=True)
    elif entry.of == "worker" or _is_in_time(entry):
        cannot = ~pl.any_horizontal(is_countable(each) for each in _statements(entry))
    else:
        return None
    return pl.col("counts") & ~pl.col("is_history") & cannot


def unchecked_needs(fact: Fact) -> str:
    """Name what the lines of `unchecked` lack."""
    entry = cast("Entry", fact.entry)
    if entry.episode is not None:
        return entry.episode.file
    if not _is_in_time(entry):
        return "worker"
    return "worker, start_time or end_time" if entry.of == "worker" else "start_time and end_time"


def _is_in_time(entry: Entry) -> bool:
    """Tell whether every statement of the limit is in minutes or hours."""
    return all(each.measure in TIME for each in _statements(entry))


def _lacks_episodes(entry: Entry, context: Context) -> bool:
    return entry.episode is not None and entry.episode.file not in context.references.present


def lines_over(known: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    """Find the batch's lines that surely or possibly go over a limit; also for what else begins past an amount.

    Args:
        known: One row per line that belongs to somebody's total, as `measured` leaves them, history lines among them.
        entry: The limit.

    Returns:
        As `billing/rules/_over_limit.py`.
    """
    return over_limit(known, entry, _keys(entry))


def _judge(rows: pl.DataFrame, fact: Fact, entry: Entry, references: References) -> pl.DataFrame:
    """Judge the lines that may be over the limit, and say which cannot be counted."""
    lines = surely_within(measured(rows, entry, _subject(entry)), fact.effective, fact.ended)
    unknown = [_unknown(lines, entry)]
    if entry.episode is not None:
        lines = with_episode(lines, entry.episode, references)
        unknown.append(outside_episodes(lines, entry, _subject(entry)))
    over = lines_over(_known(lines, entry), entry)
    held, used_up = held_and_used_up(over, lines, entry, references)
    return pl.concat([failures(held, entry), *exhausted(used_up), *unknown])


def _lacks(entry: Entry) -> pl.Expr:
    """Tell which of the batch's lines lack what the limit needs: units, member or biller."""
    return pl.any_horizontal(pl.col(name).is_null() for name in _needed(entry)) & ~pl.col("is_history")


def _needed(entry: Entry) -> list[str]:
    """Columns that a line must have to be counted: whose total it is, and what is added up."""
    return [*_SUBJECTS[entry.of], *_UNIT_COLUMNS.get(entry.measure, [])]


def _subject(entry: Entry) -> list[str]:
    """Columns of whose total it is."""
    keys = [*_SUBJECTS[entry.of], *(["service"] if entry.each else [])]
    return [*keys, "prior_authorization"] if entry.per == "authorization" else keys


def _keys(entry: Entry) -> list[str]:
    """Columns of whose total it is, and of the episode it belongs to."""
    return [*_subject(entry), "episode"] if entry.per == "episode" else _subject(entry)


def _known(lines: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    """Keep the lines that belong to somebody's total."""
    return lines.filter(pl.col(key).is_not_null() for key in _keys(entry))


def _unknown(lines: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    """Say `unknown` of the batch's lines whose units, member or biller are lacking."""
    asked = lines.filter("is_countable", _lacks(entry))
    if entry.measure in TIME:  # times say the minutes where the units are lacking
        lacks_subject = pl.any_horizontal(pl.col(name).is_null() for name in _SUBJECTS[entry.of])
        asked = asked.filter(pl.col("own").is_null() | lacks_subject)
    return missing(asked, _needed(entry), cause=cause_of(entry), what="the limit")
