"""Services without a recommendation or referral in force on the day, by the orders file.

What it checks:
    The orders file holds an order of one of the entry's `kinds` for the member and program, dated on or before the
    first day of the line and not ended before its last. It is in force for `valid_days` or `valid_months` from its
    date, and services under it begin within `start_within_days`: in both, the last day still counts, so that 30 days
    from 2026-05-01 end with 2026-05-31. With `signed_by`, who signed it is of one of these types by the providers
    file. A member whom the orders file does not list is reviewed.

Why it matters:
    Preventive and rehabilitative services are paid because a licensed practitioner recommended them: without a
    recommendation that holds on the day, the claim is denied (CARC 288) or paid back after an audit.

Example:
    H0038 on 2026-06-05, recommended on 2026-05-01 and valid for 30 days -> xx-peer.orders.recommendation

    Passes: H0038 on 2026-05-30, the last day on which the recommendation holds

    Instead: get a new recommendation before the next visit; bill the days that the first one covers.

Policy key:
    orders

Needs:
    orders; providers, for `signed_by`; history, for when services under an order began

Also called:
    recommendation, referral, service order, prescription, standing order, licensed practitioner, start-by date
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import Field, model_validator

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.references import References
from billing.rules._entry_words import counted_text, plain_text
from billing.rules._kind import Context, Services
from billing.rules._orders import READ, SIGNATURE, Need, begun, judged, papers
from billing.rules._windows import in_force, judged_in_full
from billing.rules._words import or_list

SCOPE = ("member_id",)

Count = Annotated[int, Field(ge=1)]


class Entry(PolicyEntry):
    """Which order the services need.

    Attributes:
        kinds: Orders that count, one is enough; empty only under a standing order.
        valid_days: Days an order is in force after its date; null: until it is ended.
        valid_months: The same in calendar months.
        start_within_days: Days after its date by which the first service under it is given; null: any time.
        signed_by: Types of who may sign it, in the words of the providers file; empty: anyone.
        standing_order: True: an order for all members stands in for the member's own, and nothing is checked.
    """

    kinds: tuple[Literal["recommendation", "referral", "plan_of_care"], ...] = ()
    valid_days: Count | None = None
    valid_months: Count | None = None
    start_within_days: Count | None = None
    signed_by: tuple[str, ...] = ()
    standing_order: bool = False

    @model_validator(mode="after")
    def _is_one_rule(self) -> Self:
        own = (self.kinds, self.valid_days, self.valid_months, self.start_within_days, self.signed_by)
        if self.standing_order and any(own):
            raise ValueError("standing_order: true means that no order is needed; remove the other keys")
        if not self.standing_order and not self.kinds:
            raise ValueError("name the kinds of order that count: kinds: [recommendation]")
        if self.valid_days is not None and self.valid_months is not None:
            raise ValueError("write valid_days or valid_months, not both")
        return self


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return " ".join(_sentences(entry))


def stage(fact: Fact) -> int:
    """Tell when it is asked: when services began is counted over many lines, all else shows on the line."""
    return 1 if cast("Entry", fact.entry).start_within_days is None else 2


def references(fact: Fact) -> tuple[str, ...]:
    """Name the file it is checked by; none under a standing order."""
    return () if cast("Entry", fact.entry).standing_order else ("orders",)


def partly(fact: Fact) -> tuple[str, ...]:
    """Name the files without which it says less."""
    entry = cast("Entry", fact.entry)
    began = () if entry.start_within_days is None else ("history",)
    return (*began, "providers") if entry.signed_by else began


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:
    """Name the optional columns by which who signed is known."""
    return SIGNATURE if cast("Entry", fact.entry).signed_by else ()


def concerns(fact: Fact) -> pl.Expr:
    """Tell which lines it could say anything about: none under a standing order."""
    return pl.col("member_id").is_not_null() & pl.lit(not cast("Entry", fact.entry).standing_order)


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines that no order covers on all of their days.

    Returns:
        One row per line at fault, and one per claim whose member the file does not list; columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    is_complete = pl.all_horizontal(pl.col("member_id", "service_date").is_not_null())
    rows = in_force(context.rows, fact).filter(is_complete)
    if entry.start_within_days is None:
        lines = rows.filter(~pl.col("is_void")).select(READ)
    else:
        lines = rows.select(*READ, "is_void", "is_history", "counts")
    return judged_in_full(lines, lambda frame: _judge(frame, context.references, entry))


def _judge(lines: pl.DataFrame, files: References, entry: Entry) -> pl.DataFrame:
    """Judge the lines by the orders that hold; with a start-by time, by those under which services began in time."""
    spans = papers(
        files, entry.kinds, signed_by=entry.signed_by, days=entry.valid_days, months=entry.valid_months
    )  # fmt: skip
    if entry.start_within_days is not None:
        # Without history the first service is not known, and an order is not said to have lapsed.
        if files.history is not None:
            spans = begun(spans, lines.filter("counts"), within_days=entry.start_within_days)
        lines = lines.filter(~pl.col("is_void"), ~pl.col("is_history"))
    noun = or_list(kind.replace("_", " ") for kind in entry.kinds)
    return judged(lines, spans, files, Need(noun, "missing_referral", entry.signed_by))


def _sentences(entry: Entry) -> Iterator[str]:
    if entry.standing_order:
        yield "A standing order for all members stands in for the member's own."
        return
    yield f"The member has a {or_list(plain_text(kind) for kind in entry.kinds)} in force on every day of the line."
    if entry.valid_days is not None:
        yield f"It holds for {counted_text(entry.valid_days, 'day')} after its date."
    if entry.valid_months is not None:
        yield f"It holds for {counted_text(entry.valid_months, 'month')} after its date."
    if entry.start_within_days is not None:
        yield f"The first service under it comes within {counted_text(entry.start_within_days, 'day')} of its date."
    if entry.signed_by:
        yield f"It is signed by a provider of type {or_list(entry.signed_by)}."
