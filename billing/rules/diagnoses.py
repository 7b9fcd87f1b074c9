"""Diagnoses that a service is not covered for.

What it checks:
    At least one of the diagnoses the entry looks at (all of the claim's, those the line points to, or the first) lies
    in a range it names, and none of them is excluded. F10-F19 takes in every code below F10 to F19, F20.81 every
    code that begins with F2081.

Why it matters:
    A service outside its covered diagnoses is denied (CARC 11 or 167), often after it was paid.

Example:
    peer support for substance use with F330 only -> xx-peer.diagnoses.substance-use

    Passes: the same claim with F1020 among its diagnoses

    Instead: add the diagnosis the visit was for, if the record holds it.

Policy key:
    diagnoses

Needs:
    diagnoses on the claim, and pointers on the line for entries that look at those; `required_fields` reports a claim
    without them

Also called:
    covered diagnosis, ICD-10 list, medical necessity list, dx range, qualifying diagnosis
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self, cast

import polars as pl
from pydantic import model_validator

from billing.diagnosis_ranges import DiagnosisRange, in_any
from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import coded, listed, or_list, sentence, sentences

LOOKED_AT = {"any": "the claim's diagnoses", "pointed": "the line's diagnoses", "first": "the first diagnosis"}
IN_A_SENTENCE = {
    "any": ("The claim has a diagnosis", "The claim has no diagnosis"),
    "pointed": ("The line points to a diagnosis", "The line points to no diagnosis"),
    "first": ("The claim's first diagnosis is", "The claim's first diagnosis is not"),
}


class Entry(PolicyEntry):
    """Which diagnoses the services are for.

    Attributes:
        any_of: Ranges (`F10-F19`) or codes with all below them (`F20.81`); one must be there; null: not sourced.
        look_at: `any` of the claim's, those `pointed` to by the line, or the claim's `first`.
        excluded: Ranges or codes that may not be among those looked at.
    """

    any_of: tuple[DiagnosisRange, ...] | None = None
    look_at: Literal["any", "pointed", "first"] = "any"
    excluded: tuple[DiagnosisRange, ...] = ()

    @model_validator(mode="after")
    def _names_a_diagnosis(self) -> Self:
        if not self.any_of and not self.excluded:
            raise ValueError('name diagnoses: write any_of: ["F10-F19"] or excluded: ["F70-F79"]')
        return self


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    some, none = IN_A_SENTENCE[entry.look_at]
    covered = f"{some} in {or_list(entry.any_of)}." if entry.any_of else ""
    excluded = f"{none} in {or_list(entry.excluded)}." if entry.excluded else ""
    return f"{covered} {excluded}".strip()


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on the diagnoses the entry looks at."""
    entry = cast("Entry", fact.entry)
    looked_at = _looked_at(entry.look_at)
    code = pl.element()
    excluded = looked_at.list.eval(code.filter(in_any(code, entry.excluded)))
    has_covered = looked_at.list.eval(in_any(code, entry.any_of or ())).list.any()
    words, ranges = LOOKED_AT[entry.look_at], or_list(entry.any_of or ("any",))
    lacks = ~has_covered if entry.any_of else pl.lit(value=False)
    problems = (
        (lacks, sentence(coded(), f" is covered for {ranges}; {words}: ", listed(looked_at), ".")),
        (excluded.list.len() > 0, sentence(coded(), " is not covered for ", listed(excluded), ".")),
    )
    yield Check(
        cause="dx_not_covered",
        applies=looked_at.list.len() > 0,  # that there is none is `required_fields`' finding
        fails=pl.any_horizontal(holds for holds, _ in problems),
        column="diagnosis_pointers" if entry.look_at == "pointed" else "diagnoses",
        message=sentences(*problems),
        remedy="If the record of the visit holds a covered diagnosis, add it and point the line to it; else the "
        "program does not pay for the service.",
        found=listed(looked_at),
        allowed=ranges if entry.any_of else f"none of {or_list(entry.excluded)}",
    )


def _looked_at(which: str) -> pl.Expr:
    """Return the list of diagnoses; an empty one where there is none to look at."""
    diagnoses = pl.col("diagnoses")
    if which == "any":
        return diagnoses
    if which == "first":
        return diagnoses.list.head(1)
    within = pl.col("diagnosis_pointers").list.eval(pl.element().filter(pl.element() > 0).cast(pl.Int64) - 1)
    return diagnoses.list.gather(within, null_on_oob=True).list.drop_nulls()
