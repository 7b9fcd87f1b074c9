"""Frequency codes that do not say what a claim is, and corrections without the claim they correct.

What it checks:
    The frequency code is one that professional claims use. A replacement (7) or void (8) names the payer's number
    of the claim it takes the place of; an original (1) names none. A claim without a code is read as an original.
    An original does not stand in one batch with its own correction, and of two replacements of one original only
    the last stands.

Why it matters:
    A correction the payer cannot match is refused (CARC 16, N152), or paid beside the original and taken back later.

Example:
    frequency 7 without the payer's claim number -> national.claim_frequency.correction

    Passes: frequency 7 with the payer's claim number, or frequency 1 without one

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
from billing.rules._kind import Check, Context, Services
from billing.rules._replacements import CORRECTIONS, REPLACEMENT, replaced, superseded
from billing.rules._windows import judged_in_full, verdicts
from billing.rules._words import is_blank, or_list, sentence

ON_VOIDS = True
SCOPE = ("billing_npi",)
STAGE = 1

ORIGINAL = "1"
WHY_REVIEW = "the payer may still find the claim by member, code and date"


class Entry(PolicyEntry):
    """Which frequency codes a claim may carry.

    Attributes:
        codes: Frequency codes in use for professional claims.
    """

    codes: tuple[Code, ...] = ("1", "7", "8")


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return (
        f"The frequency code is {or_list(entry.codes)}. A correction (7 or 8) names the payer's number of the claim it "
        "corrects; an original (1) names none."
    )


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


def concerns(_: Fact) -> pl.Expr:
    """Tell the corrections: a batch without any holds nothing that could be corrected."""
    return pl.col("frequency_code").is_in(CORRECTIONS)


def check(_: Fact, context: Context) -> pl.LazyFrame:
    """Find originals that stand in one batch with their correction, and replacements that a later one replaces.

    Returns:
        One row per claim, columns of `VERDICT_SCHEMA`.
    """
    return judged_in_full(context.rows, _judge)


def _judge(rows: pl.DataFrame) -> pl.DataFrame:
    """Judge a batch that holds corrections: all its lines, as any of them may be an original."""
    together = replaced(rows)
    by = together.select(claim_key="by_claim_key", other="claim_id", code="by_code", is_original=pl.lit(value=False))
    original = together.select("claim_key", other="by_claim_id", code="by_code", is_original=pl.lit(value=True))
    pairs = pl.concat([by, original]).sort(pl.all()).unique("claim_key", keep="first", maintain_order=True)
    return pl.concat([_together(pairs), _superseded(superseded(rows))])


def _together(pairs: pl.DataFrame) -> pl.DataFrame:
    correction = sentence("its correction ", pl.col("other"), " (frequency ", pl.col("code"), ")")
    corrected = sentence("the claim it corrects, ", pl.col("other"))
    other = pl.when("is_original").then(correction).otherwise(corrected)
    mend = pl.when(pl.col("code") == REPLACEMENT).then(pl.lit("Send only the corrected one, as frequency 1."))
    return verdicts(
        pairs,
        whole_claim=True,
        cause="original_and_replacement",
        column="frequency_code",
        at_most="review",
        capped_by=[pl.lit("whether the payer has the original already is not known")],
        message=sentence("This claim stands in one batch with ", other, "; the payer can only correct what it has."),
        remedy=mend.otherwise(pl.lit("If the original was never sent, send neither.")),
        found=sentence("original and frequency ", pl.col("code"), " in one batch"),
        allowed="one of them",
        related=pl.concat_list("other"),
    )


def _superseded(claims: pl.DataFrame) -> pl.DataFrame:
    return verdicts(
        claims,
        whole_claim=True,
        cause="replacement_superseded",
        column="original_claim_id",
        at_most="review",
        capped_by=[pl.lit("the last replacement of an original stands")],
        message=sentence("Claim ", pl.col("last_claim_id"), " replaces the same original later in this batch."),
        remedy="Send only the last correction.",
        found="two replacements of one original",
        allowed="one replacement",
        related=pl.concat_list("last_claim_id"),
    )
