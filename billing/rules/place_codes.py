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
        dated = {code: spans for code, spans in codes.items() if all(any(span) for span in spans)}
        looked_at: tuple[tuple[str, Grain, pl.Expr], ...] = (
            (of_claim, "claim", ~is_blank(of_claim)),
            (of_line, "line", ~is_blank(of_line) & is_own),
        )
        for column, grain, applies in looked_at:
            yield _is_code(tuple(codes), column, grain, applies)
            if dated:
                yield _on_the_day(dated, column, grain, applies)


def _is_code(codes: tuple[str, ...], column: str, grain: Grain, applies: pl.Expr) -> Check:
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


def _on_the_day(dated: Mapping[str, tuple[Span, ...]], column: str, grain: Grain, applies: pl.Expr) -> Check:
    place = pl.col(column)
    in_use = [(place == code) & _within(span) for code, spans in dated.items() for span in spans]
    spans = {code: " and ".join(days_in_words(span) for span in each) for code, each in dated.items()}
    words = place.replace_strict(spans, default=None, return_dtype=pl.String)
    return Check(
        cause="pos_invalid",
        applies=applies & place.is_in(tuple(dated)),
        fails=~pl.any_horizontal(in_use),
        column="place_of_service",
        grain=grain,
        message=sentence("Place of service ", place, " is in use ", words, "; the service is dated ", days_text(), "."),
        remedy="Send the code that was in use for the place on that day, or mend the date if it is mistyped.",
        found=sentence(place, " on ", days_text()),
        allowed=words,
        needs=("service_date",),
    )


def _within(span: Span) -> pl.Expr:
    """Tell whether every day of the line lies in the span."""
    first, last = span
    begins = pl.lit(value=True) if first is None else pl.col("service_date") >= first
    return begins if last is None else begins & (pl.col("last_date") <= last)
