"""Workers without a valid certificate on the day, of the wrong kind, or of another agency, by the workers file.

What it checks:
    The worker of a line is in the workers file with one of the entry's types, certified on every day of the line for
    the program, and, where the file names an agency, with the agency that bills. A worker who is not in the file at
    all is reviewed, not rejected.

Why it matters:
    Services of someone who was not certified on the day are denied (CARC B7) and, found later, paid back.

Example:
    98960 U7 on 2026-05-05, the worker's certificate ended on 2026-04-30 -> ks-chw.workers.certified

    Passes: 98960 U7 on 2026-04-30, the last day of the certificate

    Instead: bring the certificate up to date in the file, or hold the line until it is renewed.

Policy key:
    workers

Needs:
    workers; the worker of the line, or a rendering provider where the program says that the worker renders

Also called:
    certification, credential, certified peer specialist, CHW certificate, rendering provider enrolment, affiliation
"""

from __future__ import annotations

from typing import Annotated, Literal, cast

import polars as pl
from pydantic import Field

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Context, Services
from billing.rules._spans import agrees, coverage, covers, nearest_text
from billing.rules._windows import checkable, judged_in_full, verdicts
from billing.rules._words import days_text, or_list, sentence

SCOPE = ("worker_npi",)
STAGE = 1
REFERENCES = ("workers",)

_READ = ("claim_key", "line_key", "worker_npi", "billing_npi", "program", "service_date", "last_date")
_NAMES = {
    "chw": "community health worker", "peer": "peer", "recovery_peer": "recovery peer", "family_peer": "family peer",
    "youth_peer": "youth peer",
}  # fmt: skip
_IS_CERTIFIED = pl.col("is_of_type") & agrees("of_program", "program")
_IS_OF_AGENCY = agrees("agency_npi", "billing_npi")


class Entry(PolicyEntry):
    """Who may give the services.

    Attributes:
        worker_types: Types in the workers file that the program accepts.
    """

    worker_types: Annotated[
        tuple[Literal["chw", "peer", "recovery_peer", "family_peer", "youth_peer"], ...], Field(min_length=1)
    ]


def concerns(fact: Fact) -> pl.Expr:  # noqa: ARG001 - every kind is called alike
    """Tell which lines name a worker that a file could confirm."""
    return pl.col("worker_npi").is_not_null()


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    types = or_list(_NAMES[worker_type] for worker_type in entry.worker_types)
    return f"The worker is certified as a {types} on every day of the line, and works for the agency that bills."


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:  # noqa: ARG001 - every kind is called alike
    """Name the optional columns it compares with: the last day of a certificate, and the agency."""
    return (("workers", "ended"), ("workers", "agency_npi"))


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the lines whose worker is not certified, not of a type that counts, or not of the agency that bills.

    Returns:
        One row per line at fault, columns of `VERDICT_SCHEMA`.
    """
    entry = cast("Entry", fact.entry)
    workers = context.references.workers
    assert workers is not None, "the engine asks only when the workers file was given"  # noqa: S101
    spans = workers.select(
        "effective", "ended", "agency_npi", worker_npi="npi", of_program="program",
        is_of_type=pl.col("worker_type").is_in(entry.worker_types),
    )  # fmt: skip
    has_both = pl.all_horizontal(pl.col("worker_npi", "service_date").is_not_null())
    lines = checkable(context.rows, fact).filter(has_both).select(_READ)
    fits = lines.join(spans.lazy(), on="worker_npi", how="inner").filter(_IS_CERTIFIED, _IS_OF_AGENCY, covers())
    left = lines.join(fits.select("line_key"), on="line_key", how="anti")
    return judged_in_full(left, lambda rows: _judge(rows, spans, entry))


def unchecked(fact: Fact, context: Context) -> pl.Expr:  # noqa: ARG001 - every kind is called alike
    """Tell which lines have no known worker."""
    return pl.col("worker_npi").is_null()


def _judge(lines: pl.DataFrame, spans: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    """Judge the lines that no single span of their worker fits."""
    beside = lines.join(spans, on="worker_npi", how="inner")
    certified = beside.filter(_IS_CERTIFIED)
    of_agency = coverage(certified.filter(_IS_OF_AGENCY)).filter("is_covered").select("line_key")
    lines = lines.join(of_agency, on="line_key", how="anti", maintain_order="left")
    lines = lines.join(coverage(certified), on="line_key", how="left", maintain_order="left")
    is_known = pl.col("line_key").is_in(beside.get_column("line_key").implode())
    is_covered = pl.col("is_covered").fill_null(value=False)
    return pl.concat([
        _absent(lines.filter(~is_known)),
        _other_agency(lines.filter(is_covered)),
        _not_certified(lines.filter(is_known, ~is_covered), entry),
    ])  # fmt: skip


def _absent(lines: pl.DataFrame) -> pl.DataFrame:
    return verdicts(
        lines,
        cause="worker_not_certified",
        column="worker",
        verdict="unknown",
        at_most="review",
        capped_by=[pl.lit("the workers file does not list this worker")],
        message="The workers file does not list the worker of this line.",
        remedy="Check the worker's NPI on the line, or add the worker to the workers file.",
        found="not in the workers file",
        allowed="a worker of the workers file",
    )


def _other_agency(lines: pl.DataFrame) -> pl.DataFrame:
    return verdicts(
        lines,
        cause="rendering_not_affiliated",
        column="worker",
        message=sentence(
            "The workers file ties the worker of ", days_text(), " to another agency than the one billing."
        ),
        remedy="Bill through the worker's agency, or bring the agency in the workers file up to date.",
        found="another agency",
        allowed="the agency that bills",
    )


def _not_certified(lines: pl.DataFrame, entry: Entry) -> pl.DataFrame:
    types = or_list(_NAMES[name] for name in entry.worker_types)
    has_spans = pl.col("near_first").is_not_null()
    outside = sentence(
        "The worker is certified as ", types, " for ", nearest_text(), "; ", days_text(),
        pl.when("is_touched").then(pl.lit(" lies only partly in it.")).otherwise(pl.lit(" lies outside it.")),
    )  # fmt: skip
    wrong = pl.lit(f"The workers file does not list the worker of this line as {types} for this program.")
    return verdicts(
        lines,
        cause="worker_not_certified",
        column="worker",
        message=pl.when(has_spans).then(outside).otherwise(wrong),
        remedy="Bring the worker's certificate in the workers file up to date, or hold the line until it is renewed.",
        found=pl.when(has_spans).then(days_text()).otherwise(pl.lit("another type of worker, or another program")),
        allowed=pl.when(has_spans).then(nearest_text()).otherwise(pl.lit(types)),
    )
