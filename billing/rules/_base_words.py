"""A line without what must come with it, in words: what is needed and where, the nearest miss, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from billing.policy.codesets import Program
from billing.rules._bases import calendar_of
from billing.rules._kind import Context
from billing.rules._periods import in_period_text
from billing.rules._windows import verdicts
from billing.rules._words import coded, date_text, days_text, or_list, sentence

if TYPE_CHECKING:
    from billing.rules.prerequisites import Entry


def without_base(left: pl.DataFrame, entry: Entry, context: Context) -> pl.DataFrame:
    """Put the lines without a base that stands into words.

    Args:
        left: One row per line, with `period`, `provider`, `base_label` and `base_claim_id` of a base in a claim that is
            rejected anyway (null: none), `near_...` of the member's latest base, and `why` it is no more than reviewed.
        entry: What is needed.
        context: Tells whether a history was given, and the program's services.
    """
    wanted = _wanted(entry, context.program)
    is_out = pl.col("base_label").is_not_null()
    is_others = pl.col("near_provider") != pl.col("provider")
    near = sentence(
        " The latest is ", pl.col("near_procedure_code"), " on ", date_text(pl.col("near_service_date")), " (",
        pl.col("near_label"), ")", pl.when(is_others).then(pl.lit(", by another provider.")).otherwise(pl.lit(".")),
    )  # fmt: skip
    out = sentence(" It stands in ", pl.col("base_label"), ", whose claim is rejected for another reason.")
    is_unknown = pl.lit(value=context.references.history is None) & ~is_out
    where = sentence(wanted, _by(entry), _where(entry))
    return verdicts(
        left,
        cause="needed_service_missing",
        column="procedure_code",
        verdict=pl.when(is_unknown).then(pl.lit("unknown")).otherwise(pl.lit("fail")),
        at_most=pl.when(is_out | pl.col("why").is_not_null()).then(pl.lit("review")),
        capped_by=[
            pl.when(is_out).then(sentence("counts once ", pl.col("base_claim_id"), " is mended")).otherwise("why")
        ],
        message=sentence(
            coded(), " on ", days_text(), " without ", where, ".",
            pl.when(is_out).then(out).otherwise(near).fill_null(""),
        ),
        remedy=pl.when(is_out)
        .then(sentence("Mend ", pl.col("base_claim_id"), " first, and send this line with it."))
        .when(is_unknown)
        .then(pl.lit(f"Add the history file that shows {wanted}, or bill it too if it was given; else hold this line."))
        .otherwise(pl.lit(f"If {wanted} was given, bill it too; else hold this line, which is not payable by itself.")),
        found="none",
        allowed=where,
        related=pl.when(is_out).then(pl.concat_list("base_label")).otherwise(pl.lit([], pl.List(pl.String))),
    )  # fmt: skip


def _wanted(entry: Entry, program: Program | None) -> str:
    """Write what is needed: `G0019`, `99203-99205 or 99213`, `another service in person`."""
    names = (
        {service.id: " ".join((service.procedure, *service.modifiers)) for service in program.services}
        if program
        else {}
    )
    if entry.needs_services == "all":
        services = ["another service of the program"]
    else:
        services = [names.get(service, service) for service in entry.needs_services]
    return or_list([*dict.fromkeys(services), *entry.needs_codes]) + (" in person" if entry.in_person else "")


def _by(entry: Entry) -> str:
    return "" if entry.by == "any" else f" by the {entry.by.replace('_', ' ')}"


def _where(entry: Entry) -> pl.Expr:
    """Write the window of a line: ` in 2026-05`, ` in the 12 months up to it`, ` before it`."""
    if entry.length is not None:
        unit = entry.within.removesuffix("s")
        return pl.lit(f" in the {entry.length} {unit}s up to it" if entry.length != 1 else f" in the {unit} up to it")
    before = " up to it" if entry.order == "before" else ""
    if entry.within == "ever":
        return pl.lit(before)
    return sentence(" ", in_period_text(calendar_of(entry), pl.col("period")), before)
