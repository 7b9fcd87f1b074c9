"""Services that a program does not pay beside each other on one day.

What it checks:
    For one member and day, no line of the entry's services stands beside a line of the services in `not_with`. The
    later of the two is reported: history comes first, then start time and place in the input. With a date range
    the day is not certain, and the line is reviewed.

Why it matters:
    The payer pays one of the two and denies the other (CARC 97), usually the one it sees last.

Example:
    98960 and 98961 for one member on 2026-05-05 -> az-chw.same_day.one-code

    Passes: 98960 on 2026-05-05 and 98961 on 2026-05-06

    Instead: bill the one service that describes the day best.

Policy key:
    same_day

Needs:
    history, for services billed before this batch

Also called:
    mutually exclusive codes, lockout, not billable with, same date of service conflict, bundling
"""

from __future__ import annotations

from typing import Literal, cast

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._entry_words import codes_text, services_named
from billing.rules._kind import Context, Services
from billing.rules._windows import in_force, judged_in_full, stays_out, verdicts
from billing.rules._words import coded, date_text, sentence

SCOPE = ("member_id",)
PARTLY = ("history",)

_READ = ("claim_key", "line_key", "claim_id", "label", "order", "stands", "is_history", "member_id", "service",
         "procedure_code", "modifiers", "service_date", "last_date")  # fmt: skip
_IS_RANGE = pl.col("last_date") > pl.col("service_date")


class Entry(PolicyEntry):
    """Which services exclude each other on one day.

    Attributes:
        not_with: Services that may not stand beside the entry's; `all`: every other service of the program that the
            entry names.
    """

    not_with: Literal["all"] | tuple[str, ...]


def also_sees(fact: Fact) -> tuple[str, ...]:
    """Name the services beside the entry's own whose lines the check must see."""
    entry = cast("Entry", fact.entry)
    return () if entry.not_with == "all" else entry.not_with


def in_words(entry: Entry, services: Services) -> str:
    """Put an entry into a sentence."""
    own, others = services_named(entry.services, services), services_named(entry.not_with, services)
    if entry.not_with == "all":
        return f"A member has only one of {codes_text(own)} on a day."
    return f"A member does not have {codes_text(own)} on one day with {codes_text(others)}."


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:  # noqa: ARG001 - every kind is called alike
    """Name the optional columns it compares with: the modifiers that tell services of the history apart."""
    return (("history", "modifiers"),)


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the later line of each two that exclude each other.

    Returns:
        One row per line of the batch, columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    lines = in_force(context.rows, fact).filter("counts").select(_READ)
    service = pl.col("service").hash()
    day = pl.struct("member_id", "service_date").hash()
    several = service.min().over(day) != service.max().over(day)
    suspects = lines.filter(several | _IS_RANGE.any().over(pl.col("member_id").hash()))
    return judged_in_full(suspects, lambda rows: _judge(rows, fact.services, entry), context)


def _judge(rows: pl.DataFrame, services: tuple[str, ...] | None, entry: Entry) -> pl.DataFrame:
    """Pair each line with the services that come before it on its days."""
    days = rows.with_columns(day=pl.date_ranges("service_date", "last_date")).explode("day")
    # Of each service on a day the first line is enough to conflict with, and the first that stands.
    by = ["member_id", "day", "service"]
    is_sure = pl.col("stands") & ~_IS_RANGE
    firsts = days.sort(*by, "order").group_by(by, maintain_order=True).agg(
        first_order=pl.col("order").first(),
        first_label=pl.col("label").first(),
        first_claim=pl.col("claim_id").first(),
        first_stands=pl.col("stands").first(),
        sure_order=pl.col("order").filter(is_sure).first(),
        sure_label=pl.col("label").filter(is_sure).first(),
        code=coded().first(),
    )  # fmt: skip
    pairs = days.filter(~pl.col("is_history")).join(firsts, on=["member_id", "day"], how="inner", suffix="_other")
    pairs = pairs.filter(_exclude(services, entry), pl.col("first_order") < pl.col("order"))
    is_reject = (pl.col("sure_order") < pl.col("order")).fill_null(value=False) & ~_IS_RANGE
    found = (
        pairs.with_columns(is_reject=is_reject)
        .sort("line_key", "is_reject", "day", "first_order", descending=[False, True, False, False])
        .unique("line_key", keep="first", maintain_order=True)
    )
    return _in_words(found)


def _exclude(services: tuple[str, ...] | None, entry: Entry) -> pl.Expr:
    """Tell whether two different services exclude each other, whichever comes first."""
    ours, other = pl.col("service"), pl.col("service_other")

    def is_own(service: pl.Expr) -> pl.Expr:
        return pl.lit(value=True) if services is None else service.is_in(services)

    def is_excluded(service: pl.Expr) -> pl.Expr:
        return pl.lit(value=True) if entry.not_with == "all" else service.is_in(entry.not_with)

    return (ours != other) & ((is_own(ours) & is_excluded(other)) | (is_own(other) & is_excluded(ours)))


def _in_words(found: pl.DataFrame) -> pl.DataFrame:
    label = pl.when("is_reject").then("sure_label").otherwise("first_label")
    is_out = ~pl.col("is_reject") & ~pl.col("first_stands")
    is_open = ~pl.col("is_reject") & pl.col("first_stands")
    return verdicts(
        found,
        cause="same_day_conflict",
        column="procedure_code",
        at_most=pl.when(~pl.col("is_reject")).then(pl.lit("review")),
        capped_by=[
            pl.when(is_out).then(stays_out(pl.concat_list("first_claim"))),
            pl.when(is_open).then(pl.lit("which days of a date range had a service is not known")),
        ],
        message=sentence(
            coded(), " on ", date_text(pl.col("day")), " stands beside ", pl.col("code"), " (", label, "); "
            "the program pays only one of them on one day.",
        ),
        remedy="Bill the service that describes the day best, and take the other out.",
        found=sentence(coded(), " and ", pl.col("code")),
        allowed="one of them on one day",
        related=pl.concat_list(label),
    )  # fmt: skip
