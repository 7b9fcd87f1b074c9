"""Lines without the authorization they need, or with a number that does not fit them.

What it checks:
    Where a program requires an authorization, its number stands on the line or the claim. Where a number stands
    there, the authorizations file holds it for this member, biller, program, code and modifiers, and its dates cover
    every day of the line. A number that is not in the file at all is reviewed, not rejected.

Why it matters:
    Without a number that fits, the line is denied (CARC 197, 198, 284), and it cannot be asked for afterwards.

Example:
    98960 U7 on 2026-05-05, authorized 2026-01-01 to 2026-04-30 -> xx-chw.prior_authorization.required

    Passes: 98960 U7 on 2026-04-30, with the number of that authorization

    Instead: ask for an extension before the next visit, and bill the day under its own number.

Policy key:
    prior_authorization

Needs:
    authorizations, for whether a number fits; a missing number shows without it

Also called:
    PA, prior auth, service authorization, authorization number, REF G1, box 23, precertification
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._authorization_hints import authorization_hints
from billing.rules._authorizations import FITS, renamed
from billing.rules._kind import Check, Context, Services
from billing.rules._windows import checkable, judged_in_full, verdicts
from billing.rules._words import coded, days_text, is_blank, sentence

SCOPE = None
STAGE = 1
REFERENCES = ("authorizations",)

_READ = ("claim_key", "line_key", "member_id", "billing_npi", "program", "procedure_code", "modifiers", "service_date",
         "last_date", "prior_authorization")  # fmt: skip
_IS_HOLDER = (pl.col("for_member") == pl.col("member_id")) & FITS["program"] & FITS["provider"]
_WRITE = "Write the number of the authorization on the claim; without one, hold the line."
_ASK = "Ask the payer for one that fits, or hold the line."
_IS_SERVICE = FITS["code"] & FITS["modifiers"]


class Entry(PolicyEntry):
    """Whether an authorization is required.

    Attributes:
        required: True: every line needs a number; false: a number is checked where one stands.
    """

    required: bool = True


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    fits = "one that fits the member, the biller, the program, the code and the dates"
    if entry.required:
        return f"Every line carries an authorization number, {fits}."
    return f"An authorization number on a claim is {fits}."


def row_facts(fact: Fact) -> tuple[str, ...]:
    """Name what it reads of the authorizations file where a number is required and lacking."""
    return ("authorization_hint",) if cast("Entry", fact.entry).required else ()


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition that needs no file: a number is required and there is none."""
    entry = cast("Entry", fact.entry)
    if not entry.required:
        return
    yield Check(
        cause="no_authorization",
        fails=is_blank("prior_authorization"),
        column="prior_authorization",
        message=sentence("No authorization number stands on the line or the claim; ", coded(), " needs one."),
        remedy=pl.coalesce(
            "authorization_hint",
            pl.lit("Write the number of the authorization on the claim; without one, hold the line."),
        ),
        found=pl.lit("no number"),
        allowed="the number of an authorization",
    )


def concerns(fact: Fact) -> pl.Expr:  # noqa: ARG001 - every kind is called alike
    """Tell which lines carry a number that a file could confirm."""
    return ~is_blank("prior_authorization")


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:  # noqa: ARG001 - every kind is called alike
    """Name the optional columns it compares with: the last day of an authorization, and its code."""
    return (("authorizations", "ended"), ("authorizations", "procedure_code"))


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines whose number does not fit them.

    Returns:
        One row per line at fault, columns of `VERDICT_SCHEMA`.
    """
    authorizations = context.references.authorizations
    assert authorizations is not None, "the engine asks only when the authorizations file was given"  # noqa: S101
    file = renamed(authorizations)
    lines = checkable(context.rows, fact).filter(~is_blank("prior_authorization")).select(_READ)
    beside = lines.join(file.lazy(), left_on="prior_authorization", right_on="number", how="inner")
    fits = beside.filter(_IS_HOLDER, _IS_SERVICE, FITS["dates"])
    return judged_in_full(
        lines.join(fits.select("line_key"), on="line_key", how="anti"), lambda rows: _judge(rows, file, authorizations)
    )


def _judge(lines: pl.DataFrame, file: pl.DataFrame, authorizations: pl.DataFrame) -> pl.DataFrame:
    """Say of each line how far its number fits: the first thing that no authorization of that number has right."""
    beside = lines.join(file, left_on="prior_authorization", right_on="number", how="inner")
    far = beside.group_by("line_key").agg(is_theirs=_IS_HOLDER.any(), is_for_this=(_IS_HOLDER & _IS_SERVICE).any())
    hints = authorization_hints(lines, authorizations)
    lines = lines.join(far, on="line_key", how="left", maintain_order="left")
    lines = lines.join(hints, on="line_key", how="left", maintain_order="left")
    return pl.concat([
        _not_on_file(lines.filter(pl.col("is_theirs").is_null())),
        _failing(lines.filter(~pl.col("is_theirs")), "authorization_number_invalid", "prior_authorization",
                 pl.lit("The authorization of this number is for another member, biller or program."),
                 found="another member, biller or program", allowed="an authorization for this claim"),
        _failing(lines.filter("is_theirs", ~pl.col("is_for_this")), "authorization_service_mismatch", "procedure_code",
                 sentence("The authorization of this number does not cover ", coded(), "."), found=coded(),
                 allowed="the code and modifiers it was given for"),
        _failing(lines.filter("is_for_this"), "authorization_date_mismatch", "service_date",
                 sentence(days_text(), " is not wholly within the dates of its authorization."),
                 found=days_text(), allowed="days within its dates"),
    ])  # fmt: skip


def _failing(
    lines: pl.DataFrame, cause: str, column: str, message: pl.Expr, *, found: str | pl.Expr, allowed: str
) -> pl.DataFrame:
    return verdicts(
        lines,
        cause=cause,
        column=column,
        message=message,
        remedy=sentence("Check the number against the payer's letter. ", pl.col("authorization_hint").fill_null(_ASK)),
        found=found,
        allowed=allowed,
    )


def _not_on_file(lines: pl.DataFrame) -> pl.DataFrame:
    return verdicts(
        lines,
        cause="authorization_number_invalid",
        column="prior_authorization",
        verdict="unknown",
        at_most="review",
        capped_by=[pl.lit("the authorizations file does not list this number")],
        message="The authorizations file does not list the number on this line.",
        remedy=sentence(
            "Check the number against the payer's letter, or add it to the authorizations file. ",
            pl.col("authorization_hint").fill_null(_ASK),
        ),
        found="not in the authorizations file",
        allowed="a number of the authorizations file",
    )
