"""Diagnoses that do not have the shape of an ICD-10-CM code, are repeated, or are too many.

What it checks:
    Each diagnosis is a letter, a digit, a digit or letter, and up to four more, sent in capitals and without the dot;
    none stands twice, and there are no more than the claim has room for. Whether the code exists and is covered
    on the day is not looked at here.

Why it matters:
    One code with a dot returns the whole claim (277CA A7:254, CARC 146).

Example:
    F33.0 -> national.diagnosis_codes.shape

    Passes: F330

    Instead: send F330.

Policy key:
    diagnosis_codes

Needs:
    nothing but the claims

Also called:
    ICD-10, dx, diagnosis format, decimal point, HI segment, box 21
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, cast

import polars as pl
from pydantic import Field

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._entry_words import counted_text
from billing.rules._kind import Check, Services
from billing.rules._words import listed, sentence, sentences

CODE = "[A-Z][0-9][0-9A-Z]{1,5}"
SHAPE = f"^{CODE}$"
ALL_WELL = f"^(?:{CODE}(?:,{CODE})*)?$"
NOT_A_CODE = " on the claim; an ICD-10-CM code has 3 to 7 characters and no dot."


class Entry(PolicyEntry):
    """How many diagnoses a claim holds.

    Attributes:
        at_most: Most diagnoses on one claim.
    """

    at_most: Annotated[int, Field(ge=1)] = 12


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    most = counted_text(entry.at_most, "diagnosis", "diagnoses")
    return f"A claim has at most {most}, none of them twice, each in the shape of an ICD-10-CM code without its dot."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on a claim's diagnoses: shape, capitals, number, and that none is repeated."""
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
