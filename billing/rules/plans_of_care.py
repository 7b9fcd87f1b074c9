"""Services without the plan of care they need on the day, by the orders file.

What it checks:
    With `by: first_service`, a plan of the member is dated on or before the first day of the line. With
    `by: each_service`, one is in force on every day of the line. With `after`, one is in force for whatever is past
    that many units, visits, days or minutes; they are added up as `unit_limits` does, history first. With
    `renewed_every`, a plan is in force for that many days or months from its date, the last day included, so that
    90 days from 2026-01-01 end with 2026-04-01. With `signed_by`, who signed it is of one of these types by the
    providers file. A member whom the orders file does not list is reviewed.

Why it matters:
    A service outside a plan is not covered: claims are denied (CARC 16, M135) and, more often, paid back after an
    audit.

Example:
    the 13th unit of 98960 on 2026-05-05, a plan is needed after 12 -> xx-chw.plans_of_care.gate

    Passes: the 13th unit of 98960 on 2026-05-05, with a plan of 2026-05-01

    Instead: have the plan written before the service goes on; bill the units that need none.

Policy key:
    plans_of_care

Needs:
    orders, its rows of kind plan_of_care; history, for `after`; providers, for `signed_by`

Also called:
    care plan, service plan, treatment plan, individualized service plan, recovery plan, ISP, plan review
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import Field, model_validator

from billing.claims import Units
from billing.periods import MONTH_DAY, CalendarPeriod, RollingPeriod, Weekday
from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.references import References
from billing.rules import unit_limits
from billing.rules._entry_words import begins_text, counted_text, period_text
from billing.rules._kind import Context, Services
from billing.rules._limit_words import amount_text, limit_text, number_text, when_text
from billing.rules._measures import is_countable, may_be_over, measured, surely_within
from billing.rules._orders import READ, SIGNATURE, Need, judged, papers
from billing.rules._windows import checkable, in_force, judged_in_full, share_of, stays_out
from billing.rules._words import or_list, sentence

SCOPE = ("member_id",)
REFERENCES = ("orders",)

_COUNTED = (
    *READ, "claim_id", "label", "order", "stands", "is_history", "rendering_npi", "worker_npi", "procedure_code",
    "start_time", "end_time", "units", "unit_basis", "unit_minutes", "charge",
)  # fmt: skip
_SUBJECT = ["member_id"]
_OF_PERIOD = {"rolling_days": "length", "rolling_months": "length", "week": "week_starts",
              "state_fiscal_year": "year_begins"}  # fmt: skip
_OF_GATE = ("measure", "per", "length", "week_starts", "year_begins")


class Entry(PolicyEntry):
    """When a plan of care is needed, and how long one holds.

    Attributes:
        by: first_service: a plan dated on or before the day; each_service: one in force on the day.
        after: How much of the services may be given without a plan.
        measure: What `after` counts.
        per: The period it is counted in.
        length: How many days or months a rolling window is long.
        week_starts: First day of the week.
        year_begins: Month and day a fiscal year begins on, `07-01`.
        renewed_every: How long a plan holds after its date, in what `unit` says; null: until it is ended.
        unit: days, or calendar months.
        signed_by: Types of who may sign it, in the words of the providers file; empty: anyone.
    """

    by: Literal["first_service", "each_service"] | None = None
    after: Annotated[Units, Field(ge=0, le=10_000_000)] | None = None
    measure: Literal["units", "minutes", "visits", "days"] | None = None
    per: CalendarPeriod | RollingPeriod | Literal["lifetime"] | None = None
    length: Annotated[int, Field(ge=1)] | None = None
    week_starts: Weekday | None = None
    year_begins: Annotated[str, Field(pattern=MONTH_DAY)] | None = None
    renewed_every: Annotated[int, Field(ge=1)] | None = None
    unit: Literal["days", "months"] | None = None
    signed_by: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_one_rule(self) -> Self:
        if self.by is not None and self.after is not None:
            raise ValueError("write by or after, not both; a second rule is an entry of its own")
        if self.by is None and self.after is None and self.renewed_every is None:
            raise ValueError("say when a plan is needed: by, after or renewed_every")
        if self.by == "first_service" and self.renewed_every is not None:
            raise ValueError("a plan that is renewed is needed for each service: write by: each_service")
        if (self.renewed_every is None) != (self.unit is None):
            raise ValueError("renewed_every needs its unit, days or months, and unit needs renewed_every")
        if self.after is None and any(getattr(self, name) is not None for name in _OF_GATE):
            raise ValueError("measure, per and what goes with them mean nothing without after")
        if self.after is not None and (self.measure is None or self.per is None):
            raise ValueError("after needs measure and per: after: 12, measure: units, per: lifetime")
        for name in ("length", "week_starts", "year_begins"):
            is_needed, is_given = _OF_PERIOD.get(self.per or "") == name, getattr(self, name) is not None
            if is_needed != is_given:
                words = "needs" if is_needed else "has no"
                raise ValueError(f"an amount per {self.per} {words} {name}")
        return self


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return " ".join(_sentences(entry))


def stage(fact: Fact) -> int:
    """Tell when it is asked: what is past an amount is counted over many lines, all else shows on the line."""
    return 1 if cast("Entry", fact.entry).after is None else 2


def partly(fact: Fact) -> tuple[str, ...]:
    """Name the files without which it says less."""
    entry = cast("Entry", fact.entry)
    counted = () if entry.after is None else ("history",)
    return (*counted, "providers") if entry.signed_by else counted


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:
    """Name the optional columns by which who signed is known."""
    return SIGNATURE if cast("Entry", fact.entry).signed_by else ()


def concerns(fact: Fact) -> pl.Expr:  # noqa: ARG001 - every kind is called alike
    """Tell which lines have a member whose plans the file could hold."""
    return pl.col("member_id").is_not_null()


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines that need a plan of care and have none that holds on all of their days.

    Returns:
        One row per line at fault, and one per claim whose member the file does not list; columns of `VERDICT_SCHEMA`.
    """
    entry, files = cast("Entry", fact.entry), context.references
    is_complete = pl.all_horizontal(pl.col("member_id", "service_date").is_not_null())
    if entry.after is None:
        lines = checkable(context.rows, fact).filter(is_complete).select(READ)
        need = Need("plan of care", "plan_of_care_missing", entry.signed_by)
        return judged_in_full(lines, lambda rows: judged(rows, _plans(files, entry), files, need))
    limit = _gate(entry)
    lines = in_force(context.rows, fact).filter("counts", is_complete).select(_COUNTED)
    suspects = lines.filter(may_be_over(limit, _SUBJECT, whole_subject=False))
    return judged_in_full(suspects, lambda rows: _past_gate(rows, fact, limit, files))


def unchecked(fact: Fact, context: Context) -> pl.Expr | None:  # noqa: ARG001 - every kind is called alike
    """Tell which lines cannot be counted for want of times and a unit length."""
    entry = cast("Entry", fact.entry)
    if entry.measure != "minutes":
        return None
    return pl.col("counts") & ~pl.col("is_history") & ~is_countable(_gate(entry))


def unchecked_needs(fact: Fact) -> str:  # noqa: ARG001 - every kind is called alike
    """Name what the lines of `unchecked` lack."""
    return "start_time and end_time"


def _plans(files: References, entry: Entry) -> pl.DataFrame:
    every = {f"{entry.unit}": entry.renewed_every} if entry.unit is not None else {}
    return papers(
        files, ["plan_of_care"], signed_by=entry.signed_by, until_ended=entry.by != "first_service", **every
    )  # fmt: skip


def _gate(entry: Entry) -> unit_limits.Entry:
    """Return the limit whose excess needs a plan."""
    given = {name: getattr(entry, name) for name in _OF_GATE}
    return unit_limits.Entry.model_validate({"id": entry.id, "source": entry.source, "at_most": entry.after, **given})


def _past_gate(rows: pl.DataFrame, fact: Fact, limit: unit_limits.Entry, files: References) -> pl.DataFrame:
    """Judge the lines that go past what needs no plan."""
    entry = cast("Entry", fact.entry)
    over = unit_limits.lines_over(
        surely_within(measured(rows, limit, _SUBJECT), fact.effective, fact.ended), limit
    )  # fmt: skip
    own, within = pl.col("own"), pl.col("within")
    split = sentence("bill ", amount_text(within, limit), " and hold ", number_text(own - within, limit))
    can_split = (within > 0) & (pl.col("periods") == 1) & (entry.measure in {"units", "minutes"})
    may_fit = ~pl.col("is_sure") & ~pl.col("fits_without")
    need = Need(
        noun="plan of care",
        cause="plan_of_care_missing",
        signed_by=entry.signed_by,
        because=sentence(
            amount_text(pl.col("said") + own, limit), when_text(limit), f"; past {limit_text(limit)} a plan of care is "
            "needed. ",
        ),
        otherwise=pl.when(can_split).then(split).otherwise(pl.lit("hold the line")),
        capped_by=(
            pl.when("fits_without").then(stays_out(pl.col("out_claims"))),
            pl.when(may_fit).then(pl.lit("how the units of a date range fall on its days is not known")),
        ),
        related=pl.col("related"),
        amount_at_risk=share_of(pl.col("charge"), own - within, own),
    )  # fmt: skip
    return judged(over, _plans(files, entry), files, need)


def _sentences(entry: Entry) -> Iterator[str]:
    if entry.by == "first_service":
        yield "A plan of care of the member is dated on or before the first day of the line."
    elif entry.after is not None and entry.measure is not None and entry.per is not None:
        amount = counted_text(entry.after, entry.measure.removesuffix("s"))
        begins = begins_text(entry.week_starts, entry.year_begins)
        period = f"{period_text(entry.per, entry.length)}{f', {begins}' if begins else ''}"
        yield f"Past {amount} per member {period}, a plan of care is in force on every day of the line."
    else:
        yield "A plan of care of the member is in force on every day of the line."
    if entry.renewed_every is not None and entry.unit is not None:
        yield f"It is renewed every {counted_text(entry.renewed_every, entry.unit.removesuffix('s'))}."
    if entry.signed_by:
        yield f"It is signed by a provider of type {or_list(entry.signed_by)}."
