"""Procedure codes that do not have the shape of a code.

What it checks:
    The code is five characters: five digits, four digits and a letter, or a letter from A to V and four digits. A
    code of the right shape that no program covers is `covered_services`' business.

Why it matters:
    A mistyped or reformatted code is the most common front end edit (277CA A7:507, CARC 181).

Example:
    h0038 -> national.procedure_codes.shape

    Passes: H0038

    Instead: send H0038, in capitals and without spaces.

Policy key:
    procedure_codes

Needs:
    nothing but the claims

Also called:
    HCPCS, CPT, procedure code format, service code, SV101-2
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import is_blank, sentence

SHAPE = r"^(?:[A-V][0-9]{4}|[0-9]{4}[0-9AFMTU])$"


class Entry(PolicyEntry):
    """Nothing to set: the shape is the same for every payer."""


def in_words(_entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return "A procedure code is five characters in the shape of a CPT or HCPCS code, in capitals."


def checks(fact: Fact) -> Iterable[Check]:  # noqa: ARG001 - every kind is called alike
    """Yield the condition on a line's procedure code: its shape."""
    code = pl.col("procedure_code")
    tidy = code.str.replace_all(r"[\s.]", "").str.to_uppercase()
    yield Check(
        cause="procedure_code_invalid",
        applies=~is_blank("procedure_code"),
        fails=~code.str.contains(SHAPE),
        column="procedure_code",
        message=sentence("Procedure code ", code, " is not a letter and four digits, nor five digits."),
        remedy=pl.when(tidy.str.contains(SHAPE))
        .then(sentence("Write it as ", tidy, "."))
        .otherwise(pl.lit("Copy the code of the service from the program's own list.")),
        found=code,
        allowed="a letter and four digits, or five digits",
    )
