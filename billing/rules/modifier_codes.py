"""Modifiers that do not have the shape of a modifier, are repeated, leave a gap, or contradict each other.

What it checks:
    A line carries at most four modifiers; each is two capitals or digits, none stands twice, and no empty place comes
    before a filled one. Of the modifiers in an entry's `one_of`, which say different things about the same visit, a
    line carries one. Whether a modifier fits the service is `modifiers`' business.

Why it matters:
    Payers read modifiers by place: a gap or a fifth one is dropped or refused (CARC 4, 277CA A7:453). Two that
    contradict each other are priced by the wrong one, or sent back.

Example:
    H0038 with HQ and HQ -> national.modifier_codes.shape

    Passes: H0038 with HQ and U4

    Instead: send each modifier once.

Policy key:
    modifier_codes

Needs:
    nothing but the claims

Also called:
    modifier format, duplicate modifier, too many modifiers, empty modifier, conflicting modifiers, SV101-3
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, cast

import polars as pl
from pydantic import Field

from billing.policy.codesets import Fact
from billing.policy.schema import Code, PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import and_list, listed, or_list, sentence, sentences

SHAPE = r"^[A-Z0-9]{2}$"
AT_MOST = 4
ALL_WELL = r"^(?:[A-Z0-9]{2}(?:,[A-Z0-9]{2}){0,3})?,*$"
GAP = r"(?:^|,),+[^,]"  # an empty place with a filled one behind it


NAMED_IN = "modifiers"  # the list whose words say what a modifier means


class Entry(PolicyEntry):
    """The shape of modifiers, the same for every payer; or modifiers that contradict each other.

    Attributes:
        one_of: At most one of these stands on a line; an entry that names them says nothing about shape.
    """

    one_of: Annotated[tuple[Code, ...], Field(min_length=2)] | None = None


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    if entry.one_of is not None:
        return f"A line has at most one of {and_list(entry.one_of)}, which contradict each other."
    return "A line has at most four modifiers: each is two capitals or digits, none stands twice, none follows a gap."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on a line's modifiers: shape, number and repeats, or that none contradicts another."""
    one_of = cast("Entry", fact.entry).one_of
    if one_of is not None:
        editions = fact.lists[NAMED_IN].editions[:1] if NAMED_IN in fact.lists else ()
        yield _one_of(one_of, {code: words for edition in editions for code, words in edition.meanings().items()})
        return
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


def _one_of(codes: tuple[str, ...], meanings: Mapping[str, str]) -> Check:
    present = pl.col("modifiers").list.eval(pl.element().filter(pl.element().is_in(codes)).unique(maintain_order=True))
    named = {code: f"{code} ({meanings[code]})" if code in meanings else code for code in codes}
    in_words = present.list.eval(pl.element().replace(named)).list.join(" and ")
    return Check(
        cause="modifiers_contradict",
        fails=pl.col("modifiers").list.join(",").str.contains(_two_different(codes)),
        column="modifiers",
        message=sentence(in_words, " stand on one line; they say different things about the same visit."),
        remedy=f"Keep the one of {and_list(codes)} that the record of the visit holds; two services take two lines.",
        found=listed(present),
        allowed=f"one of {or_list(codes)}",
    )


def _two_different(codes: tuple[str, ...]) -> str:
    """Return a pattern for modifiers joined by commas that holds two different ones of these codes.

    Asked of every line: one pattern costs a tenth of looking for each code in a list.
    """
    escaped = [re.escape(code) for code in codes]
    pairs = (f"{code}(?:,[^,]*)*,(?:{'|'.join(each for each in escaped if each != code)})" for code in escaped)
    return f"(?:^|,)(?:{'|'.join(pairs)})(?:,|$)"
