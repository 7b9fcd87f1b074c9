"""Member ids that are no id, or do not have the shape of the state's.

What it checks:
    Without a pattern: the id is not a stand-in such as all zeros or UNKNOWN, and holds letters and digits only. With
    one: the whole id has the shape the entry's source gives. An absent id is `required_fields`' business.

Why it matters:
    The payer cannot find the member (277CA A7:164, CARC 31), and the claim comes back weeks later.

Example:
    id 000000000 -> national.member_id.stand-in

    Passes: id 00123456789

    Instead: copy the id from the member's card or the eligibility answer.

Policy key:
    member_id

Needs:
    nothing but the claims; whether the id exists is `eligibility`'s business

Also called:
    Medicaid id, recipient id, subscriber id, CIN, card number, NM109, box 1a
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, cast

import polars as pl
from polars.exceptions import ComputeError
from pydantic import AfterValidator

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import is_blank, sentence

ON_VOIDS = True

SHOWN = 4  # trailing characters of an id that a message may show
STAND_INS = ("UNKNOWN", "UNK", "NONE", "NA", "PENDING", "TBD", "TEST", "123456789")
ODD = r"[^A-Za-z0-9 .\-/]"
ALL_ALIKE = "|".join(f"{character}{{3,}}" for character in "0123456789X")
SIGNS = {r"\d": ("digit", "digits"), "[0-9]": ("digit", "digits"), "[A-Z]": ("capital", "capitals"),
         "[A-Za-z]": ("letter", "letters"), "[A-Z0-9]": ("capital or digit", "capitals or digits"),
         "[A-Za-z0-9]": ("letter or digit", "letters or digits")}  # fmt: skip
PART = re.compile(rf"({'|'.join(map(re.escape, SIGNS))}|[A-Za-z0-9]+)(?:\{{(\d+)(?:,(\d+))?\}})?")


def _regular(pattern: str) -> str:
    try:
        pl.Series([""]).str.contains(pattern)
    except ComputeError:
        raise ValueError("this is no regular expression that can be used; look-around is not") from None
    return pattern


class Entry(PolicyEntry):
    """What an id looks like.

    Attributes:
        pattern: Regular expression that the whole id fits; null: only stand-ins are looked for.
    """

    pattern: Annotated[str, AfterValidator(_regular)] | None = None


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    if entry.pattern is None:
        return "The member's id is made of letters and digits, and is no stand-in such as all zeros."
    return f"The member's id is {_shape_in_words(entry.pattern) or 'of the shape that the source gives'}."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on a claim's member id: the state's pattern, else that it is an id at all."""
    pattern = cast("Entry", fact.entry).pattern
    member_id = pl.col("member_id")
    if pattern is None:
        tidy = member_id.str.to_uppercase().str.replace_all(r"[\s./\-]", "")
        is_stand_in = tidy.is_in(STAND_INS) | tidy.str.contains(f"^(?:{ALL_ALIKE})?$")
        fails, expected = is_stand_in | member_id.str.contains(ODD), "an id of letters and digits"
        words = " is a stand-in or holds signs that no id has."
    else:
        fails, expected = ~member_id.str.contains(f"^(?:{pattern})$"), "the shape of the state's ids"
        words = " does not have the shape of the state's ids."
    yield Check(
        cause="member_id_format",
        applies=~is_blank("member_id"),
        fails=fails,
        column="member_id",
        grain="claim",
        message=sentence("The member id ", _masked(member_id), words),
        remedy="Copy the id from the member's card or the payer's eligibility answer.",
        found=_masked(member_id),
        allowed=expected,
    )


def _masked(member_id: pl.Expr) -> pl.Expr:
    """Hide all but the last four characters; an id of four or fewer is hidden whole."""
    length = member_id.str.len_chars()
    shown = pl.when(length > SHOWN).then(member_id.str.tail(SHOWN)).otherwise(pl.lit(""))
    return shown.str.pad_start(length, "*")


def _shape_in_words(pattern: str) -> str | None:
    """Say a plain pattern (`[A-Z]{2}[0-9]{9}`) as `2 capitals, then 9 digits`; null for one that is not plain."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        found = PART.match(pattern, at)
        if found is None:
            return None
        sign, least, most = found.groups()
        if sign in SIGNS:
            one, many = SIGNS[sign]
            noun = one if most is None and least in {None, "1"} else many
            parts.append(f"{least or 1}{f' to {most}' if most else ''} {noun}")
        elif least is None:
            parts.append(sign)
        else:
            return None
        at = found.end()
    return ", then ".join(parts)
