"""Modifiers that do not have the shape of a modifier, are repeated, or leave a gap.

What it checks:
    A line carries at most four modifiers; each is two capitals or digits, none stands twice, and no empty place comes
    before a filled one. Whether a modifier fits the service is `modifiers`' business.

Why it matters:
    Payers read modifiers by place: a gap or a fifth one is dropped or refused (CARC 4, 277CA A7:453).

Example:
    H0038 with HQ and HQ -> national.modifier_codes.shape

    Passes: H0038 with HQ and U4

    Instead: send each modifier once.

Policy key:
    modifier_codes

Needs:
    nothing but the claims

Also called:
    modifier format, duplicate modifier, too many modifiers, empty modifier, SV101-3
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import listed, sentence, sentences

SHAPE = r"^[A-Z0-9]{2}$"
AT_MOST = 4
ALL_WELL = r"^(?:[A-Z0-9]{2}(?:,[A-Z0-9]{2}){0,3})?,*$"
GAP = r"(?:^|,),+[^,]"  # an empty place with a filled one behind it


class Entry(PolicyEntry):
    """Nothing to set: the shape is the same for every payer."""


def in_words(_entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return "A line has at most four modifiers: each is two capitals or digits, none stands twice, none follows a gap."


def checks(fact: Fact) -> Iterable[Check]:  # noqa: ARG001 - every kind is called alike
    """Yield the conditions on a line's modifiers: their shape and number, and that none is repeated."""
    modifiers = pl.col("modifiers")
    filled = modifiers.list.eval(pl.element().filter(pl.element() != ""))
    misshapen = filled.list.eval(pl.element().filter(~pl.element().str.contains(SHAPE)))
    repeated = filled.list.eval(pl.element().filter(pl.element().is_duplicated()).unique(maintain_order=True))
    in_a_row = modifiers.list.join(",")
    problems = (
        (misshapen.list.len() > 0, sentence(listed(misshapen), " is not two capitals or digits.")),
        (in_a_row.str.contains(GAP), "An empty modifier stands before a filled one."),
        (filled.list.len() > AT_MOST, sentence(filled.list.len().cast(pl.String), " modifiers; a line holds four.")),
    )
    empty = modifiers.list.count_matches("").cast(pl.Int64)
    yield Check(
        cause="invalid_modifier",
        fails=~in_a_row.str.contains(ALL_WELL),  # the same as any of the problems, at a tenth of the time
        column="modifiers",
        message=sentences(*problems),
        remedy="Send at most four modifiers of two characters, without a gap, as the program's list writes them.",
        found=listed(modifiers),
        allowed="up to four modifiers of two characters",
    )
    yield Check(
        cause="duplicate_modifier",
        fails=modifiers.list.len().cast(pl.Int64) - modifiers.list.n_unique() > pl.max_horizontal(empty, 1) - 1,
        column="modifiers",
        message=sentence(listed(repeated), " stands on the line more than once."),
        remedy="Send each modifier once; if two services were meant, they belong on two lines.",
        found=listed(modifiers),
        allowed="each modifier once",
        at_most="review",
        capped_by="that a modifier must not repeat is common practice, not part of the standard",
    )
