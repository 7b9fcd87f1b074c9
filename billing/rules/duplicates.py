"""Lines that were billed already, in this batch or before it.

What it checks:
    No other claim has the same member, billing and rendering provider, dates, code, set of modifiers and units: the
    later in the input is rejected, and a line whose twin was paid or accepted before. When only units or rendering
    provider differ, or both lines are of one claim, a person looks. Voids, replacements, what they take back, and
    denied history are left out. A claim number used twice in the batch is reviewed by itself.

Why it matters:
    The second is denied (CARC 18), and paid twice it has to be returned.

Example:
    98960 U7 x 2 for one member on 2026-05-05 in claims C12 and C17 -> national.duplicates.lines

    Passes: the same line on 2026-05-06, or for another member

    Instead: take C17 out, or, to correct C12 after the payer has it, send C17 as a replacement (7).

Policy key:
    duplicates

Needs:
    history, for what was billed before this batch

Also called:
    duplicate claim, double billing, exact duplicate, suspect duplicate, same claim number, CLM01 reused
"""

from __future__ import annotations

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Context, Services
from billing.rules._replacements import CORRECTIONS
from billing.rules._windows import in_force, judged_in_full, stays_out, verdicts
from billing.rules._words import coded, days_text, sentence

SCOPE = ("member_id",)
PARTLY = ("history",)

_READ = ("claim_key", "line_key", "claim_id", "label", "stands", "is_history", "member_id", "billing_npi",
         "rendering_npi", "procedure_code", "modifiers", "units", "service_date", "last_date")  # fmt: skip
_COMPARED = ["member_id", "billing_npi", "procedure_code", "service_date"]
_LOOSE = [*_COMPARED, "last_date", "modifier_set"]
_EXACT = [*_LOOSE, "rendering_npi", "units"]


class Entry(PolicyEntry):
    """Duplicates are found by comparing lines; there is nothing to set."""


def in_words(_entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    return (
        "No line bills what another claim has billed: the same member, billing and rendering provider, dates, code, "
        "modifiers and units."
    )


def reads(fact: Fact) -> tuple[tuple[str, str], ...]:  # noqa: ARG001 - every kind is called alike
    """Name the optional columns it compares with: what makes a line of the history the same."""
    return tuple(("history", column) for column in ("modifiers", "billing_npi", "rendering_npi"))


def check(fact: Fact, context: Context) -> pl.LazyFrame:
    """Find the later of lines that are the same, or nearly, and claim numbers used twice.

    Returns:
        One row per line of the batch and one per claim with a number used before; columns of `VERDICT_SCHEMA`.
    """
    is_original = ~pl.col("frequency_code").is_in(CORRECTIONS).fill_null(value=False)
    lines = in_force(context.rows, fact).filter(pl.col("counts"), is_original).select(_READ)
    # One cheap pass: who shares the most telling values, or the number of an earlier claim.
    is_shared = pl.struct(_COMPARED).hash().is_duplicated()
    of_batch = pl.when(~pl.col("is_history")).then("claim_key")
    number = pl.col("claim_id").hash()
    is_reused = of_batch.min().over(number) != of_batch.max().over(number)
    return judged_in_full(lines.filter(is_shared | is_reused), _judge, context)


def _judge(rows: pl.DataFrame) -> pl.DataFrame:
    """Compare the lines that the cheap pass left."""
    # History comes before the batch; within it input order decides.
    modifier_set = pl.col("modifiers").list.sort().list.join(":")
    rows = rows.with_columns(modifier_set=modifier_set).sort(~pl.col("is_history"), "line_key")
    lines = rows.filter(pl.all_horizontal(pl.col(_COMPARED).is_not_null())).with_row_index("at")
    return pl.concat([_twins(lines), _reused(rows)])


def _twins(lines: pl.DataFrame) -> pl.DataFrame:
    """Find each line's first twin: an exact one of a claim that stands, an exact one, or one nearly the same."""
    standing = pl.col("stands")
    exact = (
        lines.filter(pl.col("units").is_not_null())
        .with_columns(
            twin_label=pl.col("label").filter(standing).first().over(_EXACT),
            twin_at=pl.col("at").filter(standing).first().over(_EXACT),
            any_label=pl.col("label").first().over(_EXACT),
            any_claim=pl.col("claim_key").first().over(_EXACT),
            is_of_history=pl.col("is_history").first().over(_EXACT),
            any_claim_id=pl.col("claim_id").first().over(_EXACT),
        )
        .filter(~pl.col("is_history"))
    )
    of_other = exact.filter(pl.col("any_claim") != pl.col("claim_key"))
    is_sure = (pl.col("twin_at") < pl.col("at")).fill_null(value=False)
    sure, unsure = of_other.filter(is_sure), of_other.filter(~is_sure)
    near = (
        lines.with_columns(near_label=pl.col("label").first().over(_LOOSE), near_at=pl.col("at").first().over(_LOOSE),
                           near_claim=pl.col("claim_key").first().over(_LOOSE))
        .filter(pl.col("near_at") < pl.col("at"), ~pl.col("is_history"))
        .join(of_other.select("line_key"), on="line_key", how="anti", maintain_order="left")
    )  # fmt: skip
    return pl.concat([_exact(sure), _unsure(unsure), _near(near)])


def _exact(lines: pl.DataFrame) -> pl.DataFrame:
    where = pl.when("is_of_history").then(pl.lit(" of the history file")).otherwise(pl.lit(""))
    return _line_verdicts(
        lines,
        "exact_duplicate",
        sentence(
            coded(),
            " on ",
            days_text(),
            " is billed in ",
            pl.col("twin_label"),
            where,
            " with the same units and providers.",
        ),
        pl.col("twin_label"),
    )


def _unsure(lines: pl.DataFrame) -> pl.DataFrame:
    return _line_verdicts(
        lines,
        "exact_duplicate",
        sentence(
            coded(), " on ", days_text(), " is billed in ", pl.col("any_label"), " with the same units and providers."
        ),
        pl.col("any_label"),
        stays_out(pl.concat_list("any_claim_id")),
    )


def _near(lines: pl.DataFrame) -> pl.DataFrame:
    is_own = pl.col("near_claim") == pl.col("claim_key")
    why = (
        pl.when(is_own)
        .then(pl.lit("both lines are of one claim"))
        .otherwise(pl.lit("units or rendering provider differ"))
    )
    return _line_verdicts(
        lines,
        "suspect_duplicate",
        sentence(coded(), " on ", days_text(), " is billed in ", pl.col("near_label"), " too; ", why, "."),
        pl.col("near_label"),
        why,
    )


def _line_verdicts(
    lines: pl.DataFrame, cause: str, message: pl.Expr, twin: pl.Expr, cap: pl.Expr | None = None
) -> pl.DataFrame:
    return verdicts(
        lines,
        cause=cause,
        column="procedure_code",
        at_most="review" if cap is not None else None,
        capped_by=[cap] if cap is not None else [],
        message=message,
        remedy="Take this line out if it is the same service; if it corrects a claim the payer has, send it as "
        "frequency 7 with the payer's claim number.",
        found=sentence(coded(), " on ", days_text(), " a second time"),
        allowed="once",
        related=pl.concat_list(twin),
    )


def _reused(rows: pl.DataFrame) -> pl.DataFrame:
    """Find claims of the batch whose number an earlier claim of the batch has."""
    claims = rows.filter(~pl.col("is_history")).unique("claim_key", keep="first", maintain_order=True)
    first = pl.col("claim_key").min().over("claim_id")
    return verdicts(
        claims.filter(pl.col("claim_key") != first),
        whole_claim=True,
        cause="suspect_duplicate",
        column="claim_id",
        at_most="review",
        capped_by=[pl.lit("a claim number alone does not make a duplicate")],
        message="The claim's number stands on an earlier claim of this batch too.",
        remedy="Give every claim its own number, or take this one out if it is the same claim.",
        found="a number used before",
        allowed="a number used once",
    )
