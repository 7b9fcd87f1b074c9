"""Provider numbers that cannot be a National Provider Identifier.

What it checks:
    The NPI of the provider an entry names has ten digits, begins with 1 or 2, and ends in its check digit. A number
    on the claim is reported once for the claim; one that only a line carries is reported on that line.

Why it matters:
    A front end returns the whole claim for a mistyped NPI (277CA A7:562, CARC 16), and all of a biller's claims
    carry the same one.

Example:
    billing NPI 1234567890, whose check digit would be 3 -> national.npi.billing

    Passes: billing NPI 1234567893

    Instead: copy the number from the enrollment letter or the public NPI registry.

Policy key:
    npi

Needs:
    nothing but the claims; that a number is well formed does not say that it was issued or is enrolled

Also called:
    provider number, national provider identifier, check digit, Luhn, invalid provider id, NM109
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import is_blank, sentence

ON_VOIDS = True

TEN_DIGITS = r"^[12][0-9]{9}$"
PREFIX_SUM = 24  # what the prefix 80840 of a health card number adds to the check sum
OF_CLAIM = ("billing", "facility")
WORDS = {"billing": "billing", "facility": "service place", "rendering": "rendering", "supervising": "supervising",
         "ordering": "ordering", "referring": "referring"}  # fmt: skip


class Entry(PolicyEntry):
    """Whose NPI is looked at.

    Attributes:
        provider: The provider, as the claim names it.
    """

    provider: Literal["billing", "rendering", "supervising", "ordering", "referring", "facility"]


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return f"The {WORDS[entry.provider]} NPI has ten digits, begins with 1 or 2 and ends in its check digit."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on one provider's NPI: the claim's, and a line's own."""
    provider = cast("Entry", fact.entry).provider
    column = f"{provider}_npi"
    if provider in OF_CLAIM:
        yield _check(provider, column, "claim", ~is_blank(column))
        return
    of_claim = f"claim_{column}"
    yield _check(provider, of_claim, "claim", ~is_blank(of_claim))
    yield _check(provider, column, "line", ~is_blank(column) & pl.col(column).ne_missing(pl.col(of_claim)))


def _check(provider: str, column: str, grain: Literal["line", "claim"], applies: pl.Expr) -> Check:
    number = pl.col(column)
    has_ten_digits = number.str.contains(TEN_DIGITS)
    whose = f"The {WORDS[provider]} NPI "
    return Check(
        cause=f"{provider}_npi_invalid",
        applies=applies,
        fails=~has_ten_digits | (check_sum(number) % 10 != 0),
        column=f"{provider}_npi",
        grain=grain,
        message=pl.when(has_ten_digits)
        .then(sentence(whose, number, " fails its check digit; one of its digits is mistyped."))
        .otherwise(sentence(whose, number, " is not ten digits that begin with 1 or 2.")),
        remedy=f"Look up the {WORDS[provider]} provider's number in the NPI registry and send that one.",
        found=number,
        allowed="ten digits that begin with 1 or 2 and end in the check digit",
    )


def check_sum(number: pl.Expr) -> pl.Expr:
    """Add up the digits of a number, every second one from the right doubled; any sum where it is no number."""
    whole = number.cast(pl.UInt64, strict=False)
    pairs = (PAIR_SUMS.gather(whole // 100**place % 100) for place in range(5))
    return pl.sum_horizontal(PREFIX_SUM, *pairs)


def _doubled(digit: int) -> int:
    """Return the sum of the digits of twice a digit."""
    return digit * 2 - 9 if digit > 4 else digit * 2  # noqa: PLR2004 - twice 5 has two digits


PAIR_SUMS = pl.lit(pl.Series([_doubled(tens) + ones for tens in range(10) for ones in range(10)], dtype=pl.Int64))
"""What the two digits of 00 to 99 add to the check sum."""
