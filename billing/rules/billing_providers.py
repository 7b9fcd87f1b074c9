"""Billing providers of a type or taxonomy that may not bill the service, or not enrolled on the day.

What it checks:
    The taxonomy of the billing provider on the claim is one of `required_taxonomies` and none of
    `excluded_taxonomies`. By the providers file, on every day of the line, its type is one of `required_types` and
    none of `excluded_types`, and it is enrolled for the program. A provider may have several rows, one per type; one
    that has an excluded type beside another is reviewed. So is a provider who is not in the file at all.

Why it matters:
    A claim of a provider who is not enrolled on the day (CARC B7), or whose type may not bill the code (CARC 8), is
    denied.

Example:
    98960 U7 billed by a rural health clinic -> ks-chw.billing_providers.no-clinics

    Passes: 98960 U7 billed by a physician group

    Instead: bill through the provider whose type the program pays.

Policy key:
    billing_providers

Needs:
    providers, for types and enrolment; the billing taxonomy on the claim, for taxonomies

Also called:
    provider type, specialty, taxonomy, enrolled provider, FQHC, RHC, PRV segment, box 33
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self, cast

import polars as pl
from pydantic import model_validator

from billing.policy.codesets import Fact
from billing.policy.schema import Code, PolicyEntry
from billing.rules._kind import Check, Context, Services
from billing.rules._providers import Role, is_fit, standing, unfit_verdicts, untyped_verdicts
from billing.rules._windows import checkable, judged_in_full, verdicts
from billing.rules._words import is_blank, or_list, sentence

SCOPE = ("billing_npi",)
STAGE = 1
REFERENCES = ("providers",)

_READ = ("claim_key", "line_key", "billing_npi", "program", "service_date", "last_date")


class Entry(PolicyEntry):
    """Who may bill. Types are the words of the providers file; upper or lower case does not matter.

    Attributes:
        required_types: Types that may bill; empty: not sourced.
        excluded_types: Types that may not.
        required_taxonomies: Taxonomy codes of the billing provider that may stand on the claim; empty: not sourced.
        excluded_taxonomies: Taxonomy codes that may not.
        enrolled: True: enrolled on every day of the line.
    """

    required_types: tuple[str, ...] = ()
    excluded_types: tuple[str, ...] = ()
    required_taxonomies: tuple[Code, ...] = ()
    excluded_taxonomies: tuple[Code, ...] = ()
    enrolled: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        own = (self.required_types, self.excluded_types, self.required_taxonomies, self.excluded_taxonomies)
        if not any(own) and not self.enrolled:
            raise ValueError("name types or taxonomies, or write enrolled: true")
        return self


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return " ".join(_sentences(entry))


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on the taxonomy that the claim gives; they need no file."""
    entry = cast("Entry", fact.entry)
    if entry.required_taxonomies or entry.excluded_taxonomies:
        yield _taxonomy(entry)
    if entry.required_taxonomies:
        allowed = or_list(entry.required_taxonomies)
        yield Check(
            cause="taxonomy_missing",
            fails=is_blank("billing_taxonomy"),
            column="billing_taxonomy",
            message=f"The claim gives no taxonomy of the billing provider; this service takes {allowed}.",
            remedy="Send the taxonomy that the billing provider is enrolled with.",
            found=pl.lit("nothing"),
            allowed=allowed,
            at_most="review",
            capped_by="the payer may know the taxonomy by the NPI",
        )


def concerns(fact: Fact) -> pl.Expr:
    """Tell which lines name a biller whom the file could confirm; none where the entry is about taxonomies alone."""
    return pl.col("billing_npi").is_not_null() & pl.lit(_asks_file(cast("Entry", fact.entry)))


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:
    """Name the optional column that types are compared with."""
    entry = cast("Entry", fact.entry)
    return (("providers", "provider_type"),) if entry.required_types or entry.excluded_types else ()


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines whose biller is not in the file, not enrolled, or of a type that may not bill.

    Returns:
        One row per line at fault, and one per claim whose biller is not in the file; columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    providers = context.references.providers
    assert providers is not None, "the engine asks only when the providers file was given"  # noqa: S101
    has_types = context.references.has("providers", "provider_type")
    has_both = pl.all_horizontal(pl.col("billing_npi", "service_date").is_not_null())
    lines = checkable(context.rows, fact).filter(has_both).select(_READ)
    return judged_in_full(lines, lambda rows: _judge(rows, providers, entry, has_types=has_types))


def unchecked(fact: Fact, context: Context) -> pl.Expr | None:  # noqa: ARG001 - every kind is called alike
    """Tell which lines have a biller without an NPI to be found by."""
    return pl.col("billing_npi").is_null() if _asks_file(cast("Entry", fact.entry)) else None


def unchecked_needs(fact: Fact) -> str:  # noqa: ARG001 - every kind is called alike
    """Name what the lines of `unchecked` lack."""
    return "billing_npi"


def _asks_file(entry: Entry) -> bool:
    return entry.enrolled or bool(entry.required_types or entry.excluded_types)


def _taxonomy(entry: Entry) -> Check:
    """Return the condition that the taxonomy is one that may bill, and none that may not."""
    required, excluded = entry.required_taxonomies, entry.excluded_taxonomies
    taxonomy = pl.col("billing_taxonomy")
    is_excluded = taxonomy.is_in(excluded)
    takes = f"this service takes {or_list(required)}." if required else ""
    may_not = f"{or_list(excluded)} may not bill this service." if excluded else ""
    return Check(
        cause="taxonomy_not_allowed",
        applies=~is_blank("billing_taxonomy"),
        fails=is_excluded | ~taxonomy.is_in(required) if required else is_excluded,
        column="billing_taxonomy",
        message=sentence(
            "The billing provider's taxonomy on the claim is ", taxonomy, "; ",
            pl.when(is_excluded).then(pl.lit(may_not)).otherwise(pl.lit(takes)),
        ),
        remedy="Send the taxonomy that the billing provider is enrolled with for this service.",
        found=taxonomy,
        allowed=or_list(required) if required else f"a taxonomy other than {or_list(excluded)}",
    )  # fmt: skip


def _judge(lines: pl.DataFrame, providers: pl.DataFrame, entry: Entry, *, has_types: bool) -> pl.DataFrame:
    """Judge the biller of every line; without types in the file, only whether it is there and enrolled."""
    required, excluded = (entry.required_types, entry.excluded_types) if has_types else ((), ())
    role = Role(
        noun="billing provider",
        column="billing_npi",
        cause="provider_not_enrolled",
        type_cause="provider_type_not_allowed",
        types=required,
        instead="Bill through a provider of a type that may bill the service, or bring the providers file up to date.",
        is_of_claim=True,
    )
    lines = standing(lines.with_columns(npi="billing_npi"), providers, types=required, excluded=excluded)
    fits = is_fit(role, enrolled=entry.enrolled)
    fitting = lines.filter(fits) if excluded else lines.clear()
    return pl.concat([
        unfit_verdicts(lines.filter(~fits), role, enrolled=entry.enrolled),
        _excluded(fitting.filter("is_excluded"), excluded),
        untyped_verdicts(fitting.filter(~pl.col("is_excluded") & ~pl.col("is_other")), role),
    ])  # fmt: skip


def _excluded(lines: pl.DataFrame, excluded: tuple[str, ...]) -> pl.DataFrame:
    types = or_list(excluded) if excluded else ""
    on_days = pl.col("types_on_days").list.join(" and ")
    has_other = pl.col("is_other")
    return verdicts(
        lines,
        cause="provider_type_not_allowed",
        column="billing_npi",
        at_most=pl.when(has_other).then(pl.lit("review")),
        capped_by=[pl.when(has_other).then(pl.lit("the providers file lists this biller under another type too"))],
        message=sentence("The providers file lists the billing provider as ", on_days, f"; {types} may not bill this."),
        remedy=pl.when(has_other)
        .then(pl.lit("Check as which of its types the provider bills this service; only another type may."))
        .otherwise(pl.lit("Bill through a provider of another type, or take the line out.")),
        found=on_days,
        allowed=f"a type other than {types}",
    )  # fmt: skip


def _sentences(entry: Entry) -> Iterator[str]:
    if entry.required_types:
        yield f"The billing provider is of type {or_list(entry.required_types)}."
    if entry.excluded_types:
        yield f"The billing provider is not of type {or_list(entry.excluded_types)}."
    if entry.required_taxonomies:
        yield f"The billing taxonomy is {or_list(entry.required_taxonomies)}."
    if entry.excluded_taxonomies:
        yield f"The billing taxonomy is not {or_list(entry.excluded_taxonomies)}."
    if entry.enrolled:
        yield "The billing provider is enrolled on every day of the line."
