"""Services during a stay or a service that excludes them, by the enrollments file.

What it checks:
    No day of a line lies in an enrollment of one of the entry's `kinds`: first and last day of the span count, as do
    all days between. A range of days that lies only partly in one is reviewed, since its services may fall on the
    others. The file lists who is enrolled somewhere, so a member whom it does not list is enrolled nowhere.

Why it matters:
    Who lives in a facility, or is in a service that already includes this one, has it paid there: the second payment
    is denied (CARC 60, 96, 97) or taken back.

Example:
    H0038 on 2026-05-05, residential from 2026-05-01 to 2026-05-31 -> xx-peer.excluded_enrollments.residential

    Passes: H0038 on 2026-06-01, the day after the stay

    Instead: check the dates of the stay; bill the days before it and after it.

Policy key:
    excluded_enrollments

Needs:
    enrollments

Also called:
    residential, inpatient, institutional stay, ACT, enhanced care management, bundled service, program exclusion
"""

from __future__ import annotations

from typing import Annotated, cast

import polars as pl
from pydantic import Field

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._entry_words import plain_text
from billing.rules._kind import Context, Services
from billing.rules._spans import OPEN, coverage, nearest_text
from billing.rules._windows import checkable, judged_in_full, verdicts
from billing.rules._words import days_text, or_list, sentence

SCOPE = ("member_id",)
STAGE = 1
REFERENCES = ("enrollments",)

ABBREVIATED = 3  # letters: ACT, ECM

EnrollmentKind = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]

_READ = ("claim_key", "line_key", "member_id", "service_date", "last_date")
_STAY = "inpatient"


class Entry(PolicyEntry):
    """In which enrollments the services are not paid.

    Attributes:
        kinds: Values of the enrollments file's `kind`; upper or lower case in the file does not matter.
    """

    kinds: Annotated[tuple[EnrollmentKind, ...], Field(min_length=1)]


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    kinds = or_list(kind.upper() if len(kind) <= ABBREVIATED else plain_text(kind) for kind in entry.kinds)
    return f"On no day of the line does the enrollments file list the member as {kinds}."


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:  # noqa: ARG001 - every kind is called alike
    """Name the optional columns it compares with: without its last day every span is open."""
    return (("enrollments", "ended"),)


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines with a day in an enrollment that excludes the service.

    Returns:
        One row per line at fault, columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    enrollments = context.references.enrollments
    assert enrollments is not None, "the engine asks only when the enrollments file was given"  # noqa: S101
    spans = enrollments.lazy().select("member_id", "effective", "ended", kind=pl.col("kind").str.to_lowercase())
    begins, ends = pl.col("effective") <= pl.col("last_date"), pl.col("service_date") <= pl.col("ended").fill_null(OPEN)
    lines = checkable(context.rows, fact).select(_READ)
    touched = lines.join(spans.filter(pl.col("kind").is_in(entry.kinds)), on="member_id", how="inner").filter(
        begins, ends
    )
    return judged_in_full(touched, lambda rows: _judge(rows, entry))


def _judge(touched: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    """Say of each line which enrollment its days lie in, and whether all of them do."""
    by = "line_key"
    lines = touched.unique(by, keep="first", maintain_order=True).drop("kind", "effective", "ended")
    kinds = touched.group_by(by).agg(kinds=pl.col("kind").unique().sort())
    lines = lines.join(coverage(touched), on=by, how="left", maintain_order="left")
    lines = lines.join(kinds, on=by, how="left", maintain_order="left")
    is_whole = pl.col("is_covered")
    what = sentence("in an enrollment of kind ", pl.col("kinds").list.join(" and "), ", ", nearest_text())
    is_stay = pl.col("kinds").list.eval(pl.element() == _STAY).list.all()
    return verdicts(
        lines,
        cause=pl.when(is_stay).then(pl.lit("inpatient_overlap")).otherwise(pl.lit("enrollment_excludes_service")),
        column="service_date",
        at_most=pl.when(~is_whole).then(pl.lit("review")),
        capped_by=[pl.when(~is_whole).then(pl.lit("which days of the range had a service is not known"))],
        message=sentence(
            days_text(), pl.when(is_whole).then(pl.lit(" lies ")).otherwise(pl.lit(" lies partly ")), what,
            "; the service is not paid during it.",
        ),
        remedy=pl.when(is_whole)
        .then(pl.lit("Check the dates of the enrollment; if they are right, take the line out."))
        .otherwise(pl.lit("Bill the days outside the enrollment on a line of their own, and take the others out.")),
        found=days_text(),
        allowed=f"no day in an enrollment of kind {or_list(entry.kinds)}",
    )  # fmt: skip
