"""Places of service that a program does not pay for.

What it checks:
    The place of the line, else of the claim, is one the entry allows and none it refuses.

Why it matters:
    A service at a place outside the program's list is denied (CARC 5), also where it was given as it should be.

Example:
    H0038 at place 21 in a program that refuses hospitals -> xx-peer.places.no-hospital

    Passes: H0038 at place 12

    Instead: see whether the stay already pays for the service; if the place is mistyped, send the true one.

Policy key:
    places

Needs:
    a place of service on the claim or line

Also called:
    place of service, POS, setting, location, site of service
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self, cast

import polars as pl
from pydantic import model_validator

from billing.policy.codesets import Fact
from billing.policy.schema import Code, PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import coded, or_list, sentence


class Entry(PolicyEntry):
    """Where the services may be given.

    Attributes:
        allowed: Places of service that may stand on a line; null: the source closes no list.
        refused: Places of service that may not; null: none is named.
    """

    allowed: tuple[Code, ...] | None = None
    refused: tuple[Code, ...] | None = None

    @model_validator(mode="after")
    def _names_a_place(self) -> Self:
        if not self.allowed and not self.refused:
            raise ValueError('name places: write allowed: ["11", "12"] or refused: ["21"]')
        return self


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    allowed = f"The place of service is {or_list(entry.allowed)}." if entry.allowed else ""
    refused = f"The place of service is not {or_list(entry.refused)}." if entry.refused else ""
    return f"{allowed} {refused}".strip()


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on a line's place of service."""
    entry = cast("Entry", fact.entry)
    place = pl.col("place_of_service")
    refused = entry.refused or ()
    fails = place.is_in(refused)
    if entry.allowed:
        fails = fails | ~place.is_in(entry.allowed)
        allowed = or_list(code for code in entry.allowed if code not in refused)
        words = f"takes {allowed}"
    else:
        allowed, words = f"not {or_list(refused)}", "does not take it there"
    yield Check(
        cause="pos_not_allowed",
        fails=fails,
        column="place_of_service",
        message=sentence("Place ", place, " for ", coded(), f"; the program {words}."),
        remedy="Compare the place with the record of the visit: mend it if it was mistyped, else the program does not "
        "pay for the service there.",
        found=place,
        allowed=allowed,
        needs=("place_of_service",),
    )
