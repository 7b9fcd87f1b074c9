"""Frequency codes that do not say what a claim is, and corrections without the claim they correct.

What it checks:
    The frequency code is one that professional claims use. A replacement (7) or void (8) names the payer's number
    of the claim it takes the place of; an original (1) names none. A claim without a code is read as an original.

Why it matters:
    A correction the payer cannot match is refused (CARC 16, N152), or paid beside the original and taken back later.

Example:
    frequency 7 without the payer's claim number -> national.claim_frequency.correction

    Instead: copy the payer's claim number from the remittance into the original reference number.

Policy key:
    claim_frequency

Needs:
    nothing but the claims

Also called:
    resubmission code, claim frequency type code, CLM05-3, replacement claim, corrected claim, void, ICN, DCN, REF F8
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import Code, PolicyEntry
from billing.rules._kind import Check
from billing.rules._words import is_blank, or_list, sentence

ON_VOIDS = True

CORRECTIONS = ("7", "8")
ORIGINAL = "1"
WHY_REVIEW = "the payer may still find the claim by member, code and date"


class Entry(PolicyEntry):
    """Which frequency codes a claim may carry.

    Attributes:
        codes: Frequency codes in use for professional claims.
    """

    codes: tuple[Code, ...] = ("1", "7", "8")


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the conditions on one claim: its code, and the number of the claim it corrects."""
    entry = cast("Entry", fact.entry)
    code = pl.col("frequency_code")
    yield Check(
        cause="frequency_code_invalid",
        applies=~is_blank("frequency_code"),
        fails=~code.is_in(entry.codes),
        column="frequency_code",
        grain="claim",
        message=sentence("Frequency code ", code, f" stands on the claim; {or_list(entry.codes)} is used."),
        remedy="Send 1 for a claim the payer has not decided, 7 to replace one it has, 8 to void one.",
        found=code,
        allowed=or_list(entry.codes),
    )
    yield Check(
        cause="replacement_without_original",
        applies=code.is_in(CORRECTIONS),
        fails=is_blank("original_claim_id"),
        column="original_claim_id",
        grain="claim",
        message=sentence("Frequency ", code, " without the payer's number of the claim it corrects."),
        remedy="Copy the payer's claim number from the remittance; if the payer never took the claim in, send it as "
        "frequency 1.",
        found=pl.lit("no number"),
        allowed="the payer's claim number",
        at_most="review",
        capped_by=WHY_REVIEW,
    )
    yield Check(
        cause="original_with_claim_number",
        applies=code == ORIGINAL,
        fails=~is_blank("original_claim_id"),
        column="original_claim_id",
        grain="claim",
        message="Frequency 1 with the payer's number of an earlier claim; payers read that number on 7 and 8 only.",
        remedy="If this replaces the earlier claim, send it as frequency 7; if it is new, leave the number out.",
        found=pl.col("original_claim_id"),
        allowed="no number",
        at_most="review",
        capped_by="whether an original may carry a number depends on the payer",
    )
