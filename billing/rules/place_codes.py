"""Places of service that are not a place-of-service code.

What it checks:
    The place is one of the two-digit codes of the list, in use on the days of the service. A place of the claim is
    reported once, a line's own on the line. Whether the program allows the place is `places`' business.

Why it matters:
    A place that is no code returns the claim (277CA A7:249, CARC 16); spreadsheets turn 02 into 2.

Example:
    place 2 -> national.place_codes.in-use

    Passes: place 02

    Instead: send 02 for telehealth away from home.

Policy key:
    place_codes

Needs:
    nothing but the claims; the codes are the list `place-of-service`

Also called:
    POS, place of service code, CLM05-1, SV105, box 24B
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

import polars as pl

from billing.policy.code_lists import Span, days_in_words
from billing.policy.codesets import Fact
from billing.policy.schema import EntryId, PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._lists import list_of
from billing.rules._words import days_text, is_blank, sentence

Grain = Literal["line", "claim"]

LIST_HOLDS = "places"
DIGITS = 2


class Entry(PolicyEntry):
    """The codes in use.

    Attributes:
        list: The list of the codes.
    """

    list: EntryId


def in_words(_entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return "The place of service is a code in use on the date of service."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on a place of service: the claim's, and a line's own."""
    of_claim, of_line = "claim_place_of_service", "place_of_service"
    is_own = pl.col(of_line).ne_missing(pl.col(of_claim))
    for edition in list_of(fact).editions[:1]:  # such a list covers every day
        codes = edition.spans()
        yield _check(codes, of_claim, "claim", ~is_blank(of_claim))
        yield _check(codes, of_line, "line", ~is_blank(of_line) & is_own)


def _check(codes: Mapping[str, tuple[Span, ...]], column: str, grain: Grain, applies: pl.Expr) -> Check:
    place = pl.col(column)
    is_code = place.is_in(tuple(codes))
    padded = place.str.strip_chars().str.zfill(DIGITS)
    days = {code: " and ".join(days_in_words(span) for span in spans) for code, spans in codes.items()}
    in_use = place.replace_strict(days, default=None, return_dtype=pl.String)
    return Check(
        cause="pos_invalid",
        applies=applies,
        fails=~is_code | _is_outside(place, codes),
        column="place_of_service",
        grain=grain,
        message=pl.when(is_code)
        .then(sentence("Place of service ", place, " is in use ", in_use, "; the service is dated ", days_text(), "."))
        .otherwise(sentence("Place of service ", place, " is not a code in use.")),
        remedy=pl.when(is_code)
        .then(pl.lit("Send the code that was in use for the place on that day, or mend the date if it is mistyped."))
        .when(padded.is_in(tuple(codes)))
        .then(sentence("Write it with two digits: ", padded, "."))
        .otherwise(pl.lit("Send the two-digit code of the place where the service was given; 99 is any other place.")),
        found=place,
        allowed=pl.when(is_code)
        .then(sentence("this place ", in_use))
        .otherwise(pl.lit("a place-of-service code of two digits")),
    )


def _is_outside(place: pl.Expr, codes: Mapping[str, tuple[Span, ...]]) -> pl.Expr:
    """Tell whether a day of the line lies outside the code's days; false without a day, which others report."""
    first, last = pl.col("service_date"), pl.col("last_date")
    dated = {code: spans for code, spans in codes.items() if all(any(span) for span in spans)}
    outside = [
        (place == code) & ~pl.any_horizontal(_from(first, span[0]) & _to(last, span[1]) for span in spans)
        for code, spans in dated.items()
    ]
    return pl.any_horizontal(pl.lit(value=False), *outside).fill_null(value=False)


def _from(day: pl.Expr, first: date | None) -> pl.Expr:
    return pl.lit(value=True) if first is None else day >= first


def _to(day: pl.Expr, last: date | None) -> pl.Expr:
    return pl.lit(value=True) if last is None else day <= last
