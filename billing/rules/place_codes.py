"""Places of service that are not a place-of-service code.

What it checks:
    The place is one of the two-digit codes in use. A place of the claim is reported once, a line's own on the line.
    Whether the program allows the place is `places`' business.

Why it matters:
    A place that is no code returns the claim (277CA A7:249, CARC 16); spreadsheets turn 02 into 2.

Example:
    place 2 -> national.place_codes.in-use

    Passes: place 02

    Instead: send 02 for telehealth away from home.

Policy key:
    place_codes

Needs:
    nothing but the claims

Also called:
    POS, place of service code, CLM05-1, SV105, box 24B
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, cast

import polars as pl
from pydantic import Field

from billing.policy.codesets import Fact
from billing.policy.schema import Code, PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import is_blank, sentence

DIGITS = 2


class Entry(PolicyEntry):
    """The codes in use.

    Attributes:
        codes: Two-digit place-of-service codes.
    """

    codes: Annotated[tuple[Code, ...], Field(min_length=1)]


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return f"The place of service is one of the {len(entry.codes)} codes in use."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on a place of service: the claim's, and a line's own."""
    codes = cast("Entry", fact.entry).codes
    of_claim, of_line = "claim_place_of_service", "place_of_service"
    is_own = pl.col(of_line).ne_missing(pl.col(of_claim))
    yield _check(codes, of_claim, "claim", ~is_blank(of_claim))
    yield _check(codes, of_line, "line", ~is_blank(of_line) & is_own)


def _check(codes: tuple[str, ...], column: str, grain: Literal["line", "claim"], applies: pl.Expr) -> Check:
    place = pl.col(column)
    padded = place.str.strip_chars().str.zfill(DIGITS)
    return Check(
        cause="pos_invalid",
        applies=applies,
        fails=~place.is_in(codes),
        column="place_of_service",
        grain=grain,
        message=sentence("Place of service ", place, " is not a code in use."),
        remedy=pl.when(padded.is_in(codes))
        .then(sentence("Write it with two digits: ", padded, "."))
        .otherwise(pl.lit("Send the two-digit code of the place where the service was given; 99 is any other place.")),
        found=place,
        allowed="a place-of-service code of two digits",
    )
