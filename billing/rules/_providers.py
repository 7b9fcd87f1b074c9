"""Whether the provider of a line is in the providers file, enrolled on its days, and of a type."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from billing.rules._spans import OPEN, agrees, coverage, nearest_text
from billing.rules._windows import verdicts
from billing.rules._words import days_text, or_list, sentence

_DAYS = ["npi", "program", "service_date", "last_date"]
_FLAGS = ("is_listed", "is_enrolled", "is_of_type", "is_excluded", "is_other", "is_untyped")


@dataclass(frozen=True, slots=True)
class Role:
    """What a provider is to a line, for words and causes.

    Attributes:
        noun: `ordering provider`.
        column: Column of its NPI.
        cause: Problem id of one who is absent or not enrolled.
        type_cause: Problem id of one of another type.
        types: Types that may have this role; empty: any.
        instead: What to do about one of another type.
        is_of_claim: True: all lines of a claim have the same one, and its absence is said once.
    """

    noun: str
    column: str
    cause: str
    type_cause: str
    types: tuple[str, ...]
    instead: str
    is_of_claim: bool = False


def standing(
    lines: pl.DataFrame, providers: pl.DataFrame, *, types: Collection[str] = (), excluded: Collection[str] = ()
) -> pl.DataFrame:
    """Compare the provider of each line with the providers file. Types are compared without regard to case.

    Args:
        lines: One row per line: `npi` (the provider, never null), `program`, `service_date`, `last_date`.
        providers: The providers file.
        types: Types that count.
        excluded: Types that must not be.

    Returns:
        The lines in their order with `is_listed` (at all), `is_enrolled` (for the program, on every day), `is_of_type`
        (likewise, as one of `types`), `is_excluded` and `is_other` (some row on these days has one of `excluded`, or
        another type), `is_untyped` (some row on these days has no type), `types_on_days` (list, as the file writes
        them), and the nearest spans: `near_first` and `near_last` as one of `types`, `enrolled_first` and
        `enrolled_last` as any.
    """
    of_type = pl.col("of_type").str.to_lowercase()
    days = lines.select(_DAYS).unique(maintain_order=True).with_row_index("line_key")
    spans = providers.select("npi", "effective", "ended", of_program="program", of_type="provider_type")
    beside = days.join(spans, on="npi", how="inner")
    ours = beside.filter(agrees("of_program", "program"))
    enrolled, typed = coverage(ours), coverage(ours.filter(of_type.is_in([name.lower() for name in types])))
    is_excluded = of_type.is_in([name.lower() for name in excluded])
    begins, ends = pl.col("effective") <= pl.col("last_date"), pl.col("service_date") <= pl.col("ended").fill_null(OPEN)
    of_days = ours.filter(begins, ends).group_by("line_key").agg(
        is_excluded=is_excluded.any(),
        is_other=(~is_excluded).any(),
        is_untyped=of_type.is_null().any(),
        types_on_days=pl.col("of_type").drop_nulls().unique().sort(),
    )  # fmt: skip
    for found in (
        beside.select("line_key", is_listed=pl.lit(value=True)).unique(),
        enrolled.select("line_key", is_enrolled="is_covered", enrolled_first="near_first", enrolled_last="near_last"),
        typed.select("line_key", "near_first", "near_last", is_of_type="is_covered"),
        of_days,
    ):
        days = days.join(found, on="line_key", how="left", maintain_order="left")
    # Without a row in the file it is not listed, not enrolled and of no type.
    days = days.with_columns(pl.col(name).fill_null(value=False) for name in _FLAGS).drop("line_key")
    return lines.join(days, on=_DAYS, how="left", nulls_equal=True, maintain_order="left")


def is_fit(role: Role, *, enrolled: bool) -> pl.Expr:
    """Tell which lines have a provider whom nothing is wrong with, over rows of `standing`."""
    right = pl.col("is_enrolled") if enrolled else pl.col("is_listed")
    return right & pl.col("is_of_type") if role.types else right


def is_open(*, enrolled: bool) -> pl.Expr:
    """Tell of which unfit providers the file says too little: a person looks."""
    return ~pl.col("is_listed") | (~_is_late(enrolled=enrolled) & pl.col("is_untyped"))


def unfit_verdicts(unfit: pl.DataFrame, role: Role, *, enrolled: bool) -> pl.DataFrame:
    """Say what is wrong with the provider of each line: the first that is of absent, not enrolled, untyped, other type.

    Args:
        unfit: One row per line, of `standing`, that is not `is_fit`.
        role: What the provider is to the line.
        enrolled: True: it must be enrolled on every day.
    """
    is_listed, is_late = pl.col("is_listed"), _is_late(enrolled=enrolled)
    return pl.concat([
        _absent(unfit.filter(~is_listed), role),
        _not_enrolled(unfit.filter(is_listed, is_late), role),
        untyped_verdicts(unfit.filter(is_listed, ~is_late, "is_untyped"), role),
        _of_other_type(unfit.filter(is_listed, ~is_late, ~pl.col("is_untyped")), role),
    ])  # fmt: skip


def untyped_verdicts(lines: pl.DataFrame, role: Role) -> pl.DataFrame:
    """Say that the file does not tell the type of the provider of each line, over rows of `standing`."""
    return verdicts(
        lines,
        cause=role.type_cause,
        column=role.column,
        verdict="unknown",
        at_most="review",
        capped_by=[pl.lit(f"the providers file gives this {role.noun} no type")],
        message=sentence(f"The providers file gives the {role.noun} no type on ", days_text(), "."),
        remedy=f"Add the type of the {role.noun} to the providers file.",
        found="no type",
        allowed=or_list(role.types) if role.types else "a type",
    )


def _is_late(*, enrolled: bool) -> pl.Expr:
    return ~pl.col("is_enrolled") & pl.lit(enrolled)


def _absent(lines: pl.DataFrame, role: Role) -> pl.DataFrame:
    return verdicts(
        lines.unique("claim_key", keep="first", maintain_order=True) if role.is_of_claim else lines,
        whole_claim=role.is_of_claim,
        cause=role.cause,
        column=role.column,
        verdict="unknown",
        at_most="review",
        capped_by=[pl.lit(f"the providers file does not list this {role.noun}")],
        message=f"The providers file does not list the {role.noun} of this {'claim' if role.is_of_claim else 'line'}.",
        remedy=f"Check the NPI of the {role.noun}, or add the provider to the providers file.",
        found="not in the providers file",
        allowed="a provider of the providers file",
    )


def _not_enrolled(lines: pl.DataFrame, role: Role) -> pl.DataFrame:
    lines = lines.with_columns(near_first="enrolled_first", near_last="enrolled_last")
    has_span = pl.col("near_first").is_not_null()
    outside = sentence(
        f"The providers file has the {role.noun} enrolled for ", nearest_text(), "; ", days_text(), " is not in it."
    )
    return verdicts(
        lines,
        cause=role.cause,
        column=role.column,
        message=pl.when(has_span).then(outside).otherwise(
            pl.lit(f"The providers file does not have the {role.noun} enrolled for this program.")
        ),
        remedy="Check the enrolment with the payer; bring the providers file up to date, or hold the line.",
        found=days_text(),
        allowed=pl.when(has_span).then(nearest_text()).otherwise(pl.lit("a day of enrolment for this program")),
    )  # fmt: skip


def _of_other_type(lines: pl.DataFrame, role: Role) -> pl.DataFrame:
    types = or_list(role.types) if role.types else ""
    on_days = pl.when(pl.col("types_on_days").list.len() > 0).then(pl.col("types_on_days").list.join(" and "))
    was_once = pl.col("near_first").is_not_null()
    lists = f"The providers file lists the {role.noun} as "
    return verdicts(
        lines,
        cause=role.type_cause,
        column=role.column,
        message=pl.when(was_once)
        .then(sentence(f"{lists}{types} for ", nearest_text(), "; ", days_text(), " is not in it."))
        .when(on_days.is_not_null()).then(sentence(lists, on_days, f", not as {types}."))
        .otherwise(sentence(f"The providers file does not list the {role.noun} as {types} on ", days_text(), ".")),
        remedy=role.instead,
        found=on_days.fill_null("no such type on the day"),
        allowed=types,
    )  # fmt: skip
