"""Diagnoses that are no ICD-10-CM code, are not billable on the day, are repeated, or are too many.

What it checks:
    Each diagnosis is a letter, a digit or A, a digit or letter, and up to four more, sent in capitals and without the
    dot; none stands twice, and there are no more than the claim has room for. An entry that names a list looks each of
    them up in the edition for the day of service: the code is on it, and is no heading with more exact codes below it.
    Whether the service is covered for it is `diagnoses`' business.

Why it matters:
    One code with a dot returns the whole claim (277CA A7:254, CARC 146); a heading or a code of another year is denied.

Example:
    F33.0 -> national.diagnosis_codes.shape

    Passes: F330

    Instead: send F330.

Policy key:
    diagnosis_codes

Needs:
    an edition of the list for the days of service, where an entry names one; services on other days are not checked

Also called:
    ICD-10, dx, diagnosis format, decimal point, HI segment, box 21, invalid diagnosis, unspecified code, not billable
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, cast

import polars as pl
from pydantic import Field

from billing.policy.codesets import Fact
from billing.policy.schema import EntryId, PolicyEntry
from billing.rules._diagnosis_list import judge_by_list
from billing.rules._entry_words import counted_text
from billing.rules._kind import Check, Context, Services
from billing.rules._lists import is_covered, list_of, not_covered, what_is_lacking
from billing.rules._windows import checkable, judged_in_full
from billing.rules._words import listed, sentence, sentences

SCOPE = None
LIST_HOLDS = "diagnoses"

CODE = "[A-Z][0-9A][0-9A-Z]{1,5}"  # Q00-QA0: the second place is a digit or an A
SHAPE = f"^{CODE}$"
ALL_WELL = f"^(?:{CODE}(?:,{CODE})*)?$"
NOT_A_CODE = " on the claim; an ICD-10-CM code has 3 to 7 characters and no dot."


class Entry(PolicyEntry):
    """What a claim's diagnoses look like, or the list they stand on.

    Attributes:
        at_most: Most diagnoses on one claim.
        list: The list of the codes; an entry that names one says nothing about shape and number.
    """

    at_most: Annotated[int, Field(ge=1)] = 12
    list: EntryId | None = None


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    if entry.list is not None:
        return "Each diagnosis is a code that may be billed on the date of service, by the list of that year."
    most = counted_text(entry.at_most, "diagnosis", "diagnoses")
    return f"A claim has at most {most}, none of them twice, each in the shape of an ICD-10-CM code without its dot."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on a claim's diagnoses: shape, capitals, number, and that none is repeated."""
    if _has_list(fact):
        return
    at_most = cast("Entry", fact.entry).at_most
    diagnoses, code = pl.col("diagnoses"), pl.element()
    misshapen = diagnoses.list.eval(code.filter(~code.str.to_uppercase().str.contains(SHAPE)))
    small = diagnoses.list.eval(
        code.filter((code != code.str.to_uppercase()) & code.str.to_uppercase().str.contains(SHAPE))
    )
    repeated = diagnoses.list.eval(code.filter(code.is_duplicated()).unique(maintain_order=True))
    in_a_row = diagnoses.list.join(",")
    capitals = in_a_row.str.to_uppercase()
    is_well_shaped = capitals.str.contains(ALL_WELL)
    problems = (
        (~is_well_shaped, sentence(listed(misshapen), NOT_A_CODE)),
        (small.list.len() > 0, sentence(listed(small), " is sent in capitals.")),
    )
    tidy = misshapen.list.eval(code.str.replace_all(r"[\s.]", "").str.to_uppercase())
    yield Check(
        cause="dx_invalid",
        fails=~is_well_shaped,
        column="diagnoses",
        grain="claim",
        message=sentences(*problems),
        remedy=pl.when(tidy.list.eval(code.str.contains(SHAPE)).list.all())
        .then(sentence("Write ", listed(tidy), ", without the dot."))
        .otherwise(pl.lit("Copy the codes from the record of the visit; leave the dot out.")),
        found=listed(misshapen),
        allowed="3 to 7 letters and digits without a dot",
    )
    yield Check(
        cause="dx_letter_case",
        applies=is_well_shaped,
        fails=in_a_row != capitals,
        column="diagnoses",
        grain="claim",
        message=sentence(listed(small), " on the claim; diagnoses are sent in capitals."),
        remedy=sentence("Write ", small.list.join(", ").str.to_uppercase(), "."),
        found=listed(small),
        allowed="capitals",
        at_most="review",
        capped_by="that codes are sent in capitals is common practice",
    )
    yield Check(
        cause="too_many_diagnoses",
        fails=diagnoses.list.len() > at_most,
        column="diagnoses",
        grain="claim",
        message=sentence(diagnoses.list.len().cast(pl.String), f" diagnoses on the claim; it holds {at_most}."),
        remedy="Keep the diagnoses that the lines point to, and those that matter most for the service.",
        found=diagnoses.list.len().cast(pl.String),
        allowed=f"{at_most} diagnoses",
    )
    yield Check(
        cause="dx_repeated",
        applies=diagnoses.list.len() > 1,
        fails=diagnoses.list.n_unique() < diagnoses.list.len(),
        column="diagnoses",
        grain="claim",
        message=sentence(listed(repeated), " stands among the diagnoses more than once."),
        remedy="Keep each diagnosis once, and point the lines to its place.",
        found=listed(repeated),
        allowed="each diagnosis once",
        at_most="review",
        capped_by="that a diagnosis must not repeat is common practice",
    )


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Look each distinct diagnosis up in the list, and find the claims with one that is not on it, or is a heading.

    Returns:
        One row per claim and cause, columns of `VERDICT_SCHEMA`.
    """
    on_list = list_of(fact)
    lines = checkable(context.rows, fact).select("claim_key", "line_key", "diagnoses", "service_date", "last_date")
    return judged_in_full(lines, lambda rows: judge_by_list(rows, on_list, SHAPE))


def stage(fact: Fact) -> int:
    """Name the stage of `check`, which has nothing to say where an entry names no list."""
    return 1 if _has_list(fact) else 0


def concerns(fact: Fact) -> pl.Expr:
    """Tell which lines it can say anything about: those with diagnoses on a day that the list covers."""
    return (pl.col("diagnoses").list.len() > 0) & is_covered(list_of(fact))


def unchecked(fact: Fact, context: Context) -> pl.Expr:  # noqa: ARG001 - every kind is called alike
    """Tell which lines have diagnoses on a day that no edition of the list covers."""
    return not_covered(list_of(fact)) & (pl.col("diagnoses").list.len() > 0)


def unchecked_needs(fact: Fact) -> str:
    """Name what the lines of `unchecked` lack."""
    return what_is_lacking(list_of(fact))


def _has_list(fact: Fact) -> bool:
    return cast("Entry", fact.entry).list is not None
