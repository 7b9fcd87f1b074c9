"""Units that cannot be read, are zero, negative or broken, or count something else.

What it checks:
    The units are a number above zero with no more decimals than the entry allows, and the line counts units, not
    minutes. Absent units are `required_fields`' business; how many are allowed is `unit_limits`'.

Why it matters:
    The units set the payment; a line without a usable number is returned (277CA A7:476, CARC 16).

Example:
    98960 x 0 -> national.units.whole

    Passes: 98960 x 1

    Instead: send the units that the minutes of the visit earned; a visit that earned none is not billed.

Policy key:
    units

Needs:
    nothing but the claims

Also called:
    quantity, service unit count, days or units, SV104, box 24G
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, cast

import polars as pl
from pydantic import Field

from billing.policy.codesets import NATIONAL, Fact
from billing.policy.schema import PolicyEntry
from billing.rules._entry_words import counted_text
from billing.rules._kind import Check, Services
from billing.rules._words import sentence, units_text

COUNTS_UNITS = "UN"


class Entry(PolicyEntry):
    """How finely units are counted.

    Attributes:
        decimals: Most decimals of a number of units.
    """

    decimals: Annotated[int, Field(ge=0, le=3)] = 0


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    decimals = counted_text(entry.decimals, "decimal")
    number = f"a number above zero with at most {decimals}" if entry.decimals else "a whole number above zero"
    return f"Units are {number}, counted in units and not in minutes."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on a line's units: a number, above zero, whole enough, and units at all."""
    decimals = cast("Entry", fact.entry).decimals
    units, text, basis = pl.col("units"), pl.col("units_text"), pl.col("unit_basis")
    yield Check(
        cause="units_invalid",
        applies=text.is_not_null() | units.is_not_null(),
        fails=text.is_not_null() | (units <= 0),
        column="units",
        message=pl.when(text.is_not_null())
        .then(sentence("The units ", text, " are not a number with at most three decimals."))
        .otherwise(sentence(units_text(units), " units; a line bills more than none.")),
        remedy="Send the units that the minutes of the visit earned; a visit that earned none is not billed.",
        found=pl.coalesce(text, units_text(units)),
        allowed="a number above 0",
        by_date=False,
    )
    yield Check(
        cause="units_fractional",
        applies=units > 0,
        fails=(units * 10**decimals) % 1 != 0,
        column="units",
        message=sentence(units_text(units), f" units; {_finest(decimals)}."),
        remedy="Work the units out again from the minutes, by the program's rule for a part of a unit.",
        found=units_text(units),
        allowed=_finest(decimals),
        at_most="review" if fact.program == NATIONAL else None,
        capped_by="the standard allows decimals; whole units are common practice" if fact.program == NATIONAL else None,
    )
    yield Check(
        cause="unit_basis_invalid",
        applies=basis.is_not_null(),
        fails=basis != COUNTS_UNITS,
        column="unit_basis",
        message=sentence("The quantity is counted in ", basis, "; these services are billed in UN, units."),
        remedy="Turn the minutes into units by the program's rule, and send UN.",
        found=basis,
        allowed=COUNTS_UNITS,
        at_most="review",
        capped_by="that these services are billed in units is common practice",
    )


def _finest(decimals: int) -> str:
    if decimals == 0:
        return "whole units are billed"
    return f"units have at most {decimals} {'decimal' if decimals == 1 else 'decimals'}"
