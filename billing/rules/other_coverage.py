"""Claims of members with other coverage that do not say what the other payer decided.

What it checks:
    A claim whose member has other coverage on a day of its lines, by the other_coverage file, names another payer,
    whichever it is, and an other payer on the claim stands there with what it paid. `bypass` lists services of a
    program that no other payer is asked for first. The file lists who has other coverage, so a member whom it does
    not list has none. A range of days that lies only partly in the coverage is reviewed.

Why it matters:
    Medicaid pays last: a claim that another payer should have had first is sent back (CARC 22), and one without that
    payer's decision is incomplete (CARC 16, N4).

Example:
    98960 on 2026-05-05, commercial coverage from 2026-01-01 on, no other payer -> national.other_coverage.billed-first

    Passes: 98960 on 2026-05-05 with the other payer and its decision on the claim

    Instead: bill the other payer first, then send its decision with the claim, also when it denied.

Policy key:
    other_coverage

Needs:
    other_coverage; what is missing about a payer on the claim shows without it

Also called:
    third party liability, TPL, COB, coordination of benefits, payer of last resort, 2320, Medicare crossover, box 9
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, Self, cast

import polars as pl
from pydantic import model_validator

from billing.policy.codesets import Fact
from billing.policy.conditions import holds
from billing.policy.schema import PolicyEntry
from billing.rules._entry_words import codes_text, services_named
from billing.rules._kind import Check, Context, Services
from billing.rules._spans import OPEN, coverage, nearest_text
from billing.rules._windows import checkable, judged_in_full, verdicts
from billing.rules._words import days_text, or_list, sentence

SCOPE = ("member_id",)
STAGE = 1

_READ = ("claim_key", "line_key", "member_id", "service_date", "last_date")
KINDS_IN_WORDS = {"medicare": "Medicare", "commercial": "commercial"}


class Entry(PolicyEntry):
    """Which coverage comes first, or which services go to Medicaid directly.

    Attributes:
        kinds: Kinds of coverage it is about; empty: all.
        bypass: Services that no other payer is asked for first. An entry with it checks nothing by itself: it takes
            these services out of the rule.
    """

    kinds: tuple[Literal["medicare", "commercial"], ...] = ()
    bypass: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_one_list(self) -> Self:
        if self.bypass and self.services != "all":
            raise ValueError("bypass names the services itself; remove services")
        return self


def in_words(entry: Entry, services: Services) -> str:
    """Put an entry into a sentence."""
    if entry.bypass:
        codes = codes_text(services_named(entry.bypass, services))
        return f"No other payer is asked first for {codes}."
    kind = f"{or_list(KINDS_IN_WORDS[kind] for kind in entry.kinds)} coverage" if entry.kinds else "other coverage"
    return f"A claim of a member with {kind} names that payer, what it paid and when it decided."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition that needs no file: each other payer on the claim stands there with what it paid."""
    if cast("Entry", fact.entry).bypass:
        return
    yield Check(
        cause="tpl_data_incomplete",
        grain="claim",
        applies=pl.col("other_payers").list.len() > 0,
        fails=pl.col("other_payers").list.eval(pl.element().struct.field("paid").is_null()).list.any(),
        column="other_payers",
        message="Another payer stands on the claim without what it paid.",
        remedy="Send what the other payer paid, 0.00 where it denied the claim.",
        found=pl.lit("no amount"),
        allowed="an amount of each other payer",
    )


def references(fact: Fact) -> tuple[str, ...]:
    """Name the file it is checked by; a list of services that go to Medicaid directly needs none."""
    return () if cast("Entry", fact.entry).bypass else ("other_coverage",)


def concerns(fact: Fact) -> pl.Expr:
    """Tell which lines have a member who may have other coverage."""
    return pl.col("member_id").is_not_null() & pl.lit(not cast("Entry", fact.entry).bypass)


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:
    """Name the optional column that kinds are compared with."""
    return (("other_coverage", "kind"),) if cast("Entry", fact.entry).kinds else ()


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the claims that name no other payer although the member has other coverage on a day of a line.

    Returns:
        One row per claim, columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    file = context.references.other_coverage
    assert file is not None, "the engine asks only when the other_coverage file was given"  # noqa: S101
    spans = file.lazy().select(
        "member_id",
        "effective",
        "ended",
        "kind",
        payer=pl.coalesce("payer_name", "payer_id", pl.lit("the other payer")),
    )
    bypasses = [other for other in context.facts if cast("Entry", other.entry).bypass and not other.shadow]
    begins, ends = pl.col("effective") <= pl.col("last_date"), pl.col("service_date") <= pl.col("ended").fill_null(OPEN)
    can_tell = context.references.has("other_coverage", "kind") or not entry.kinds
    touched = (
        checkable(context.rows, fact)
        .filter(pl.col("other_payers").list.len() == 0, pl.lit(can_tell))
        .select(*_READ, *(_goes_directly(other).alias(str(number)) for number, other in enumerate(bypasses)))
        .join(spans, on="member_id", how="inner")
        .filter(begins, ends)
        .with_columns(is_asked=pl.all_horizontal(_is_asked(entry, bypasses)))
        .filter(pl.col("is_asked").is_null() | pl.col("is_asked"))
    )
    return judged_in_full(touched, _judge)


def _goes_directly(bypass: Fact) -> pl.Expr:
    """Tell which lines are of a service that no other payer is asked for, on all of their days. Never null."""
    entry = cast("Entry", bypass.entry)
    parts = [pl.col("program") == bypass.program, pl.col("service").is_in(entry.bypass)]
    if bypass.effective is not None:
        parts.append(pl.col("service_date") >= bypass.effective)
    if bypass.ended is not None:
        parts.append(pl.col("last_date") <= bypass.ended)
    if entry.when is not None:
        parts.append(holds(entry.when))
    return pl.all_horizontal(parts).fill_null(value=False)


def _is_asked(entry: Entry, bypasses: Iterable[Fact]) -> Iterator[pl.Expr]:
    """Yield why the payer of a span beside a line must be asked first; null where the file does not say its kind."""
    yield pl.lit(value=True)
    if entry.kinds:
        yield pl.col("kind").is_in(entry.kinds)
    for number, bypass in enumerate(bypasses):
        kinds = cast("Entry", bypass.entry).kinds
        yield ~(pl.col(str(number)) & pl.col("kind").is_in(kinds)) if kinds else ~pl.col(str(number))


def _judge(touched: pl.DataFrame) -> pl.DataFrame:
    """Say of each claim, at its first line with other coverage, which payer comes first."""
    by = "line_key"
    sure = coverage(touched.filter("is_asked")).filter("is_covered").select(by, is_sure=pl.lit(value=True))
    kinds = touched.group_by(by).agg(
        payers=pl.col("payer").unique().sort(), is_known=pl.col("is_asked").is_not_null().all()
    )
    lines = touched.sort(by).select(*_READ).unique(by, keep="first", maintain_order=True)
    for found in (sure, coverage(touched), kinds):
        lines = lines.join(found, on=by, how="left", maintain_order="left")
    is_sure = pl.col("is_sure").fill_null(value=False)
    first = (
        lines.with_columns(is_sure=is_sure)
        .sort("claim_key", ~pl.col("is_sure"), by)
        .unique("claim_key", keep="first", maintain_order=True)
    )
    payers = pl.col("payers").list.join(" and ")
    is_open = ~pl.col("is_sure")
    return verdicts(
        first,
        whole_claim=True,
        cause="tpl_not_billed",
        column="other_payers",
        at_most=pl.when(is_open).then(pl.lit("review")),
        capped_by=[
            pl.when(is_open & pl.col("is_known")).then(pl.lit("which days of the range had a service is not known")),
            pl.when(is_open & ~pl.col("is_known")).then(pl.lit("the file does not say of which kind the coverage is")),
        ],
        message=sentence(
            "The member has other coverage on ", days_text(), ", from ", payers, ", ", nearest_text(),
            "; no other payer stands on the claim.",
        ),
        remedy=sentence(
            "Bill ", payers, " first and send the decision with the claim, also a denial; if the coverage has ended, "
            "bring the file up to date.",
        ),
        found="no other payer",
        allowed=sentence("the decision of ", payers),
    )  # fmt: skip
