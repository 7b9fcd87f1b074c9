"""Services that only one provider may bill for a member in a period, billed by a second one.

What it checks:
    Of all lines of the entry's services for one member and period, the first one decides whose they are: history comes
    first, then date, start time and place in the input. A later line of another provider is reported. A date range that
    reaches into a second period is reviewed, since the day of the service is not known.

Why it matters:
    The first claim in is paid, the other provider's is denied as given by someone else already (CARC B20).

Example:
    G0019 in 2026-05 by a second billing provider -> us-medicare-chi.single_provider.one-biller

    Passes: G0019 in 2026-05 by one billing provider, in 2026-06 by another

    Instead: settle with the other provider who bills the month, and take this line out if it is the other one.

Policy key:
    single_provider

Needs:
    history, for what was billed before this batch; its `billing_npi`

Also called:
    one practitioner per month, first claim in wins, exclusive provider, one agency per member
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import Field, model_validator

from billing.periods import MONTH_DAY, CalendarPeriod, Weekday
from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._entry_words import begins_text, codes_text, period_text, plain_text, services_named
from billing.rules._kind import Context, Services
from billing.rules._periods import complete_period, in_period_text, laid_out, period_of
from billing.rules._windows import in_force, judged_in_full, missing, stays_out, verdicts
from billing.rules._words import coded, sentence

SCOPE = ("member_id",)
PARTLY = ("history",)

_PROVIDERS = {"billing_provider": "billing_npi", "rendering_provider": "rendering_npi"}
_READ = (
    "claim_key", "line_key", "claim_id", "label", "order", "stands", "is_history", "member_id", "procedure_code",
    "modifiers", "service_date", "last_date",
)  # fmt: skip
_GROUP = ["member_id", "period"]
_IS_RANGE = pl.col("last_date") > pl.col("service_date")


class Entry(PolicyEntry):
    """Which services one provider alone may bill.

    Attributes:
        per: The period in which one provider alone bills.
        of: Which provider is compared.
        week_starts: First day of the week.
        year_begins: Month and day a fiscal year begins on, `07-01`.
    """

    per: CalendarPeriod | Literal["lifetime"]
    of: Literal["billing_provider", "rendering_provider"]
    week_starts: Weekday | None = None
    year_begins: Annotated[str, Field(pattern=MONTH_DAY)] | None = None

    @model_validator(mode="after")
    def _period_is_complete(self) -> Self:
        complete_period(self, "per")
        return self


def in_words(entry: Entry, services: Services) -> str:
    """Put an entry into a sentence."""
    begins = begins_text(entry.week_starts, entry.year_begins)
    period = f"{period_text(entry.per)}{f', {begins}' if begins else ''}"
    codes = codes_text(services_named(entry.services, services))
    return f"Only one {plain_text(entry.of)} bills {codes} for a member {period}: the first."


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines of a provider who is not the first of a member's period.

    Returns:
        One row per line of the batch, columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    column = _PROVIDERS[entry.of]
    lines = in_force(context.rows, fact).filter(pl.col("counts"), pl.col("service_date").is_not_null())
    lines = lines.select(*_READ, column, provider=column, period=period_of(entry, pl.col("service_date")))
    lacks = ~pl.col("is_history") & pl.any_horizontal(pl.col("member_id", "provider").is_null())
    provider, member = pl.col("provider").hash(), pl.col("member_id").hash()
    in_period = pl.struct(*_GROUP).hash()
    several = provider.min().over(in_period) != provider.max().over(in_period)
    # A range may reach into another period, in which others bill: then all of the member's lines are looked at.
    return judged_in_full(
        lines.filter(several | lacks | _IS_RANGE.any().over(member)), lambda rows: _judge(rows, entry, column)
    )


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:
    """Name the optional column of the history by which its lines are told apart."""
    return (("history", _PROVIDERS[cast("Entry", fact.entry).of]),)


def _judge(rows: pl.DataFrame, entry: Entry, column: str) -> pl.DataFrame:
    """Compare each line with the first of its member's period, and with the first that surely stands in it."""
    needed = ["member_id", column]
    asked = rows.filter(~pl.col("is_history"))
    unknown = missing(asked, needed, cause="another_provider_first", what="who bills the period")
    parts = laid_out(rows.filter(pl.all_horizontal(pl.col(needed).is_not_null())), entry)
    is_sure = pl.col("stands") & ~pl.col("is_wide")
    told = pl.struct("order", "provider", "label", "claim_id", "stands")
    firsts = parts.group_by(_GROUP, maintain_order=True).agg(
        first=told.first(), sure=told.filter(is_sure).first()
    )  # fmt: skip
    first, sure = pl.col("first").struct, pl.col("sure").struct
    found = (
        parts.filter(~pl.col("is_history"))
        .join(firsts, on=_GROUP, how="inner", nulls_equal=True)
        .filter(first.field("provider") != pl.col("provider"))
        .with_columns(
            is_reject=(
                ~pl.col("is_wide")
                & (sure.field("provider") != pl.col("provider"))
                & (sure.field("order") < pl.col("order"))
            ).fill_null(value=False)
        )
        .sort("line_key", "is_reject", "period", descending=[False, True, False])
        .unique("line_key", keep="first", maintain_order=True)
    )
    return pl.concat([_in_words(found, entry), unknown])


def _in_words(found: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    name = entry.of.replace("_", " ")
    other = pl.when("is_reject").then("sure").otherwise("first").struct
    is_out = ~pl.col("is_reject") & ~other.field("stands")
    is_open = ~pl.col("is_reject") & other.field("stands")
    when = "in a lifetime" if entry.per == "lifetime" else f"per {entry.per.replace('state_', '').replace('_', ' ')}"
    return verdicts(
        found,
        cause="another_provider_first",
        column=_PROVIDERS[entry.of],
        at_most=pl.when(~pl.col("is_reject")).then(pl.lit("review")),
        capped_by=[
            pl.when(is_out).then(stays_out(pl.concat_list(other.field("claim_id")))),
            pl.when(is_open).then(pl.lit("which days of a date range had a service is not known")),
        ],
        message=sentence(
            coded(), " ", in_period_text(entry, pl.col("period")), f"; another {name} was first (",
            other.field("label"), f"), and the program pays one {name} for a member {when}.",
        ),
        remedy=f"Settle with the other {name} whose it is; take this line out if it is the other's.",
        found=pl.col("provider"),
        allowed=other.field("provider"),
        related=pl.concat_list(other.field("label")),
    )  # fmt: skip
