"""Services on days without coverage, by the members file.

What it checks:
    Every day of a line lies in the member's spans of coverage for the program. Spans that follow each other count as
    one; a span without a program counts for all. A member who is not in the file at all is reviewed, not rejected,
    and so is a day outside the spans of a payer's 271 or 834, which do not list all coverage there was.

Why it matters:
    Days without coverage are denied (CARC 177, 27, 239), most often because coverage ended since the last visit.

Example:
    98960 U7 on 2026-05-05, coverage 2025-01-01 to 2026-04-30 -> national.eligibility.covered

    Passes: 98960 U7 on 2026-04-30, the last covered day

    Instead: check eligibility for the day; bill the covered days, or wait until coverage is restored.

Policy key:
    eligibility

Needs:
    members

Also called:
    coverage, enrollment span, 270/271, active Medicaid, coverage ended, redetermination, lapse
"""

from __future__ import annotations

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Context, Services
from billing.rules._spans import agrees, coverage, covers, nearest_text
from billing.rules._windows import checkable, judged_in_full, verdicts
from billing.rules._words import days_text, sentence

SCOPE = ("member_id",)
STAGE = 1
REFERENCES = ("members",)

_READ = ("claim_key", "line_key", "member_id", "program", "service_date", "last_date")
_IS_OF_PROGRAM = agrees("of_program", "program")


class Entry(PolicyEntry):
    """Coverage is checked by the members file; there is nothing to set."""


def in_words(_entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return "The member is covered on every day of the line."


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:  # noqa: ARG001 - every kind is called alike
    """Name the optional columns it compares with: without its last day every span is open."""
    return (("members", "ended"),)


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines with a day outside the member's spans.

    Returns:
        One row per line outside them, and one per claim whose member is not in the file; columns of `VERDICT_SCHEMA`.
    """
    members = context.references.members
    assert members is not None, "the engine asks only when the members file was given"  # noqa: S101
    is_partial = "members" in context.references.partial
    spans = members.select("member_id", "effective", "ended", of_program="program")
    has_both = pl.all_horizontal(pl.col("member_id", "service_date").is_not_null())
    lines = checkable(context.rows, fact).filter(has_both).select(_READ)
    covered = lines.join(spans.lazy(), on="member_id", how="inner").filter(_IS_OF_PROGRAM, covers()).select("line_key")
    return judged_in_full(lines.join(covered, on="line_key", how="anti"), lambda rows: _judge(rows, spans, is_partial))


def _judge(lines: pl.DataFrame, spans: pl.DataFrame, is_partial: bool) -> pl.DataFrame:
    """Judge the lines that no single span covers."""
    beside = lines.join(spans, on="member_id", how="inner")
    lines = lines.join(coverage(beside.filter(_IS_OF_PROGRAM)), on="line_key", how="left", maintain_order="left")
    is_known = pl.col("line_key").is_in(beside.get_column("line_key").implode())
    outside = lines.filter(is_known, ~pl.col("is_covered").fill_null(value=False))
    return pl.concat([_outside(outside, is_partial), _absent(lines.filter(~is_known))])


def _outside(lines: pl.DataFrame, is_partial: bool) -> pl.DataFrame:
    is_touched = pl.col("is_touched")
    none = pl.when(pl.col("near_first").is_null()).then(pl.lit("there is none for this program"))
    nearest = none.otherwise(sentence("the nearest runs from ", nearest_text()))
    split = "Bill the covered days on a line of their own, and check eligibility for the others."
    return verdicts(
        lines,
        cause=pl.when(is_touched).then(pl.lit("eligibility_span")).otherwise(pl.lit("member_not_eligible")),
        column="service_date",
        message=sentence(
            days_text(),
            pl.when(is_touched).then(pl.lit(" lies only partly in")).otherwise(pl.lit(" lies outside")),
            " the coverage in the members file; ", nearest, ".",
        ),
        remedy=pl.when(is_touched).then(pl.lit(split)).otherwise(
            pl.lit("Check eligibility for this day with the payer; hold the line until it shows coverage.")
        ),
        found=days_text(),
        verdict="unknown" if is_partial else "fail",
        at_most="review" if is_partial else None,
        capped_by=[pl.lit("a 271 or 834 does not list all coverage")] if is_partial else [],
        allowed=pl.when(pl.col("near_first").is_null()).then(pl.lit("a day with coverage")).otherwise(nearest_text()),
    )  # fmt: skip


def _absent(lines: pl.DataFrame) -> pl.DataFrame:
    return verdicts(
        lines.unique("claim_key", keep="first", maintain_order=True),
        whole_claim=True,
        cause="member_not_found",
        column="member_id",
        verdict="unknown",
        at_most="review",
        capped_by=[pl.lit("the members file does not list this member")],
        message="The members file does not list this claim's member.",
        remedy="Check the member id against the card or the payer's portal, or bring the members file up to date; a "
        "spreadsheet may have dropped its leading zeros.",
        found="not in the members file",
        allowed="a member of the members file",
    )
