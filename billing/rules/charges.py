"""Charges that do not add up, or are zero or negative.

What it checks:
    The claim's charge is the sum of its lines' charges to the cent, and each line charges more than nothing.

Why it matters:
    A claim out of balance is returned unread (277CA A8:178, CARC 16).

Example:
    a claim of 100.00 with lines of 46.00 and 46.00 -> national.charges.balance

    Passes: a claim of 92.00 with the same lines

    Instead: send 92.00 as the claim's charge, or add the line that is missing.

Policy key:
    charges

Needs:
    nothing but the claims

Also called:
    billed amount, total charge, claim balance, zero charge, CLM02, SV102, box 28
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import counted, money_text, sentence


class Entry(PolicyEntry):
    """Nothing to set: arithmetic is the same for every payer."""


def in_words(_entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return "The claim's charge is the sum of its lines' charges, and each line charges more than nothing."


def checks(fact: Fact) -> Iterable[Check]:  # noqa: ARG001 - every kind is called alike
    """Yield the conditions on charges: the claim's balance, and the sign of each line's."""
    claimed, summed, charge = pl.col("claim_charge"), pl.col("line_total"), pl.col("charge")
    yield Check(
        cause="charge_total_mismatch",
        fails=claimed != summed,
        column="charge",
        grain="claim",
        message=sentence("The claim charges ", money_text(claimed), "; its ", counted(pl.col("line_count"), "line"),
                         " charge ", money_text(summed), "."),
        remedy="Find the line that is missing or mistyped, or send the sum of the lines as the claim's charge.",
        found=money_text(claimed),
        allowed=money_text(summed),
    )  # fmt: skip
    signs: tuple[tuple[pl.Expr, str, Literal["review"] | None], ...] = (
        (charge < 0, "less than nothing", None),
        (charge == 0, "nothing", "review"),
    )
    for fails, words, at_most in signs:
        yield Check(
            cause="charge_invalid",
            fails=fails,
            column="charge",
            message=sentence(f"The line charges {words}: ", money_text(charge), "."),
            remedy="Send the usual charge of the service; to take money back, void or replace the earlier claim.",
            found=money_text(charge),
            allowed="more than 0.00",
            at_most=at_most,
            capped_by="the standard allows a charge of nothing" if at_most else None,
        )
