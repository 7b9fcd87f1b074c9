"""Lines that point to diagnoses the claim does not have.

What it checks:
    Each pointer of a line is the place of one of the claim's diagnoses, counted from 1; a line has no more pointers
    than it has room for, and none twice. A line without pointers is `required_fields`' business.

Why it matters:
    The payer cannot tell why the service was given and returns the claim (277CA A7:477, CARC 16).

Example:
    pointer 3 on a claim with two diagnoses -> national.diagnosis_pointers.within

    Passes: pointers 1 and 2 on that claim

    Instead: point to the place of the diagnosis the visit was for.

Policy key:
    diagnosis_pointers

Needs:
    nothing but the claims

Also called:
    dx pointer, diagnosis reference, SV107, box 24E
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
from billing.rules._words import counted, sentence, sentences

NUMBERS = pl.List(pl.String)


class Entry(PolicyEntry):
    """How many pointers a line holds.

    Attributes:
        at_most: Most pointers on one line.
    """

    at_most: Annotated[int, Field(ge=1)] = 4


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    most = counted_text(entry.at_most, "diagnosis", "diagnoses")
    return f"A line points to diagnoses that its claim has, to at most {most} and to none of them twice."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on a line's pointers: readable, within the diagnoses, not too many, none repeated."""
    at_most = cast("Entry", fact.entry).at_most
    pointers, text = pl.col("diagnosis_pointers"), pl.col("diagnosis_pointers_text")
    count, diagnoses = pointers.list.len(), pl.col("diagnoses").list.len()
    highest, lowest = pointers.list.max(), pointers.list.min()
    # Without any diagnosis every pointer is outside; that one is missing is said once, for the claim.
    outside = (diagnoses > 0) & ((highest > diagnoses) | (lowest < 1))
    problems = (
        (text.is_not_null(), sentence("The pointer ", text, " is not a whole number.")),
        (outside, sentence("It points to ", _written(pointers), "; the claim has ", counted(diagnoses, "diagnosis",
                           "diagnoses"), ".")),
        (count > at_most, sentence(counted(count, "pointer"), f"; a line holds {at_most}.")),
    )  # fmt: skip
    yield Check(
        cause="dx_pointer_invalid",
        applies=text.is_not_null() | (count > 0),
        fails=pl.any_horizontal(holds.fill_null(value=False) for holds, _ in problems),
        column="diagnosis_pointers",
        message=sentences(*problems),
        remedy="Point to the place of the diagnosis the visit was for: 1 for the first, 2 for the second.",
        found=pl.coalesce(text, _written(pointers)),
        allowed=sentence("places 1 to ", diagnoses.cast(pl.String), f", at most {at_most}"),
    )
    yield Check(
        cause="dx_pointer_repeated",
        applies=count > 0,
        fails=pointers.list.n_unique() < count,
        column="diagnosis_pointers",
        message=sentence("The line points to the same diagnosis twice: ", _written(pointers), "."),
        remedy="Point to each diagnosis once.",
        found=_written(pointers),
        allowed="each diagnosis once",
        at_most="review",
        capped_by="that a pointer must not repeat is common practice",
    )


def _written(pointers: pl.Expr) -> pl.Expr:
    return pointers.cast(NUMBERS).list.join(", ")
