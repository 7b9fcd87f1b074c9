"""Claims without the provider who ordered or referred, or with one who may not.

What it checks:
    A provider of one of the entry's `roles` stands on the line or the claim, unless `required: false`. By the
    providers file it is of one of `types`, and enrolled for the program, on every day of the line; of an ordering and
    a referring provider on one line, one who fits is enough. A provider who is not in the file is reviewed.

Why it matters:
    Ordered and referred services are paid only when the claim names who ordered them (CARC 16 with N265 or N286), and
    only when that person is enrolled and may order them (CARC 183, 184).

Example:
    a line without ordering or referring provider -> xx-chw.ordering_providers.licensed

    Passes: a line with the NPI of a referring provider on the claim

    Instead: write the NPI of the practitioner who recommended the service on the line or the claim.

Policy key:
    ordering_providers

Needs:
    providers, for types and enrolment; a missing provider shows without it

Also called:
    ordering provider, referring provider, DK, DN, 2420E, 2310A, 42 CFR 455.410, ORP, box 17
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self, cast

import polars as pl
from pydantic import Field, model_validator

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Check, Context, Services
from billing.rules._providers import Role, is_fit, is_open, standing, unfit_verdicts
from billing.rules._windows import checkable, judged_in_full
from billing.rules._words import and_list, coded, is_blank, or_list, sentence

SCOPE = None
STAGE = 1
REFERENCES = ("providers",)

_READ = ("claim_key", "line_key", "program", "service_date", "last_date")
_ABSENT = {"ordering": "missing_order", "referring": "missing_referral"}


class Entry(PolicyEntry):
    """Who must have ordered or referred. Types are the words of the providers file; case does not matter.

    Attributes:
        roles: Which provider counts: ordering, referring, or either.
        required: True: one of them must stand on the claim; false: one is checked where it stands.
        on_line: True: it must stand on the line itself; false: on the line or the claim.
        types: Types that may order; empty: any.
        enrolled: True: enrolled on every day of the line.
    """

    roles: Annotated[tuple[Literal["ordering", "referring"], ...], Field(min_length=1)] = ("ordering", "referring")
    required: bool = True
    on_line: bool = False
    types: tuple[str, ...] = ()
    enrolled: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.required or self.types or self.enrolled):
            raise ValueError("nothing is checked: write required: true, types, or enrolled: true")
        return self


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    who = f"{or_list(entry.roles)} provider"
    where = "the line itself" if entry.on_line else "the line or the claim"
    fit = [f"of type {or_list(entry.types)}"] if entry.types else []
    fit += ["enrolled on every day of the line"] if entry.enrolled else []
    if not entry.required:
        return f"An {who} on {where} is {and_list(fit)}."
    return f"An {who} stands on {where}{f' and is {and_list(fit)}' if fit else ''}."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition that needs no file: one of the providers must stand on the claim, and none does."""
    entry = cast("Entry", fact.entry)
    if not entry.required:
        return
    roles, where = or_list(entry.roles), "on the line" if entry.on_line else "on the line or the claim"
    yield Check(
        cause=_ABSENT[entry.roles[0]],
        fails=pl.all_horizontal(is_blank(name) for name in _columns(entry).values()),
        column=f"{entry.roles[0]}_npi",
        message=sentence(f"No {roles} provider stands {where}; ", coded(), " needs one."),
        remedy=f"Write the NPI of who recommended the service as the {roles} provider; without one, hold the line.",
        found=pl.lit("no provider"),
        allowed=_allowed(entry),
    )


def concerns(fact: Fact) -> pl.Expr:
    """Tell which lines name a provider whom the file could confirm."""
    entry = cast("Entry", fact.entry)
    is_named = pl.any_horizontal(~is_blank(name) for name in _columns(entry).values())
    return is_named & pl.lit(entry.enrolled or bool(entry.types))


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:
    """Name the optional column that types are compared with."""
    return (("providers", "provider_type"),) if cast("Entry", fact.entry).types else ()


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines none of whose ordering or referring providers is enrolled and of a type that may order.

    Returns:
        One row per line at fault, columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    providers = context.references.providers
    assert providers is not None, "the engine asks only when the providers file was given"  # noqa: S101
    types = entry.types if context.references.has("providers", "provider_type") else ()
    columns = _columns(entry)
    lines = checkable(context.rows, fact).filter(concerns(fact), pl.col("service_date").is_not_null())
    return judged_in_full(
        lines.select(*_READ, *columns.values()), lambda rows: _judge(rows, providers, entry, types, columns)
    )


def _columns(entry: Entry) -> dict[str, str]:
    """Name the column of each role's NPI."""
    return {role: f"line_{role}_npi" if entry.on_line else f"{role}_npi" for role in entry.roles}


def _allowed(entry: Entry) -> str:
    return f"a provider of type {or_list(entry.types)}" if entry.types else f"the {or_list(entry.roles)} provider"


def _judge(
    rows: pl.DataFrame, providers: pl.DataFrame, entry: Entry, types: tuple[str, ...], columns: dict[str, str]
) -> pl.DataFrame:
    """Judge the providers of each line; where none fits, say what is wrong with the one of whom least is known."""
    roles = {name: _role(name, types) for name in columns}
    named = [
        rows.filter(~is_blank(column)).select(*_READ, npi=column, role=pl.lit(name)) for name, column in columns.items()
    ]
    lines = standing(pl.concat(named), providers, types=types)
    fits = lines.filter(is_fit(roles[entry.roles[0]], enrolled=entry.enrolled)).select("line_key")
    unfit = (
        lines.join(fits, on="line_key", how="anti", maintain_order="left")
        .sort(~is_open(enrolled=entry.enrolled), maintain_order=True)
        .unique("line_key", keep="first", maintain_order=True)
    )
    return pl.concat(
        unfit_verdicts(unfit.filter(pl.col("role") == name), role, enrolled=entry.enrolled)
        for name, role in roles.items()
    )


def _role(name: str, types: tuple[str, ...]) -> Role:
    who = f"who {'ordered' if name == 'ordering' else 'referred for'} the service"
    return Role(
        noun=f"{name} provider",
        column=f"{name}_npi",
        cause="ordering_provider_not_eligible",
        type_cause="ordering_provider_not_eligible",
        types=types,
        instead=f"Check {who} and what the providers file says of that provider; if both are right, hold the line.",
    )
