"""What window kinds share: which rows a fact is about, and the shape of what they return."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeVar

import polars as pl

from billing.claims import MALFORMABLE, MONEY
from billing.findings import VERDICT_SCHEMA
from billing.policy.codesets import Fact
from billing.rules._kind import Context
from billing.rules._words import and_list, sentence

Text = str | pl.Expr
Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
JUDGED_SCHEMA = {**VERDICT_SCHEMA, "missing": pl.String}
"""What `verdicts` returns: `missing` is the column for want of which a verdict is unknown."""
_IN_WORDS = {
    "member_id": "member id",
    "billing_npi": "billing NPI",
    "rendering_npi": "rendering NPI",
    "worker_npi": "worker",
}


def in_force(rows: pl.LazyFrame, fact: Fact) -> pl.LazyFrame:
    """Keep the rows with a day of service in the fact's dates; a row without a date stays."""
    first, last = pl.col("service_date"), pl.col("last_date")
    if fact.effective is not None:
        rows = rows.filter(first.is_null() | (last >= fact.effective))
    if fact.ended is not None:
        rows = rows.filter(first.is_null() | (first <= fact.ended))
    return rows


def checkable(rows: pl.LazyFrame, fact: Fact) -> pl.LazyFrame:
    """Keep the lines in the fact's dates, without voids: a void repeats a wrong claim on purpose.

    For kinds of stage one, whose rows hold no history.
    """
    return in_force(rows, fact).filter(~pl.col("is_void"))


def verdicts(
    rows: Frame,
    *,
    cause: Text,
    column: Text,
    message: Text,
    remedy: Text,
    found: Text,
    allowed: Text,
    verdict: Literal["fail", "unknown"] | pl.Expr = "fail",
    at_most: str | pl.Expr | None = None,
    capped_by: Sequence[pl.Expr] = (),
    related: pl.Expr | None = None,
    amount_at_risk: pl.Expr | None = None,
    whole_claim: bool = False,
    lacks: pl.Expr | None = None,
) -> Frame:
    """Give rows the columns of `VERDICT_SCHEMA`; texts are literals, expressions are over the rows.

    Args:
        rows: One row per verdict, with `claim_key` and `line_key`.
        cause: Problem id.
        column: Column of the value at fault.
        message: What was found and what is allowed.
        remedy: What the person can do.
        found: The value compared.
        allowed: What would pass.
        verdict: fail or unknown.
        at_most: Highest severity; null: the entry's own.
        capped_by: Why, text expressions; each null where it does not cap.
        related: List of labels; default: empty.
        amount_at_risk: USD; default: null, and the engine takes the charge.
        whole_claim: True: the verdict is about the claim, `line_key` is null.
        lacks: Name of the column whose missing value makes the verdict unknown; default: null.

    Returns:
        One row per row: the columns of `VERDICT_SCHEMA` and `missing`, by which unknowns are grouped.
    """
    values: dict[str, Text | None] = {
        "claim_key": pl.col("claim_key"),
        "line_key": None if whole_claim else pl.col("line_key"),
        "cause": cause,
        "verdict": verdict,
        "at_most": at_most,
        "capped_by": pl.lit([], pl.List(pl.String)) if not capped_by else pl.concat_list(capped_by).list.drop_nulls(),
        "column": column,
        "message": message,
        "remedy": remedy,
        "found": found,
        "allowed": allowed,
        "related": pl.lit([], pl.List(pl.String)) if related is None else related,
        "amount_at_risk": amount_at_risk,
    }
    return rows.select(
        *(_as(values[name], dtype).alias(name) for name, dtype in VERDICT_SCHEMA.items()),
        missing=_as(lacks, pl.String),
    )


def _as(value: Text | None, dtype: Any) -> pl.Expr:  # noqa: ANN401 a Polars type or its class
    return (value if isinstance(value, pl.Expr) else pl.lit(value, pl.String if value else dtype)).cast(dtype)


def missing(rows: Frame, columns: Iterable[str], *, cause: str, what: str) -> Frame:
    """Say `unknown` of rows that lack a value the check needs; rows that have them all give nothing.

    A value that is there and cannot be read is reported by the kind that looks at it, not here.

    Args:
        rows: One row per line to look at.
        columns: The columns that are needed; the first that is null is named.
        cause: Problem id.
        what: What cannot be checked, `the unit limit`.
    """
    columns = list(columns)
    unread = [pl.col(f"{name}_text").is_not_null() for name in columns if name in MALFORMABLE]
    rows = rows.filter(pl.any_horizontal(pl.col(name).is_null() for name in columns))
    lacks = pl.coalesce(pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in columns)
    words = lacks.replace(_IN_WORDS)
    return verdicts(
        rows.filter(~pl.any_horizontal(unread)) if unread else rows,
        cause=cause,
        column=lacks,
        verdict="unknown",
        message=sentence("Without the ", words, f" {what} cannot be checked."),
        remedy=sentence("Fill in the ", words, "."),
        found="nothing",
        allowed=f"a line with its {and_list(_IN_WORDS.get(name, name) for name in columns)}",
        lacks=lacks,
    )


def judged_in_full(
    suspects: pl.LazyFrame, judge: Callable[[pl.DataFrame], pl.DataFrame], context: Context | None = None
) -> pl.LazyFrame:
    """Judge the few rows that one cheap pass over all lines left: in a clean batch there are none, and it is not run.

    Args:
        suspects: One row per line that may be at fault, with the columns `judge` reads.
        judge: Is given the suspects, sorted by `order` where they have it; returns what `verdicts` returns.
        context: Given where suspects are picked from the context's rows by an expression over many of them: then only
            the columns of that expression are read of all rows, and the others of the suspects alone.
    """
    if context is not None and context.has_many_rows and context.all_rows is not None:
        columns = suspects.collect_schema().names()
        suspects = context.all_rows.select(columns).join(suspects.select("line_key"), on="line_key", how="semi")

    def run(rows: pl.DataFrame) -> pl.DataFrame:
        if rows.is_empty():
            return pl.DataFrame(schema=JUDGED_SCHEMA)
        return judge(rows.sort("order") if "order" in rows.columns else rows)

    return suspects.map_batches(
        run, schema=JUDGED_SCHEMA, predicate_pushdown=False, projection_pushdown=False, slice_pushdown=False
    )


def stays_out(claim_ids: pl.Expr) -> pl.Expr:
    """Say that lines fit only while claims that were rejected for another reason stay rejected.

    Args:
        claim_ids: List of their ids, without repeats; empty or null when they are too many to name.
    """
    count = claim_ids.list.len()
    others = (count.cast(pl.Int64) - 1).cast(pl.String)
    return (
        pl.when(count == 1).then(sentence("fits only while ", claim_ids.list.first(), " stays out"))
        .when(count == 2)  # noqa: PLR2004 two can be named in one breath
        .then(sentence("fits only while ", claim_ids.list.join(" and "), " stay out"))
        .when(count > 2)  # noqa: PLR2004
        .then(sentence("fits only while ", claim_ids.list.first(), " and ", others, " more stay out"))
        .otherwise(pl.lit("fits only while claims that are rejected for other reasons stay out"))
    )  # fmt: skip


def share_of(charge: pl.Expr, part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Return `charge x part / whole` in USD, half up to the cent; the charge itself where the whole is zero.

    Args:
        charge: USD, Decimal with two places.
        part: Decimal with three places.
        whole: Decimal with three places.
    """
    # In whole numbers of cents and thousandths: exact, where a Decimal division would cut digits off.
    cents, over, under = (charge * 100).cast(pl.Int128), (part * 1000).cast(pl.Int128), (whole * 1000).cast(pl.Int128)
    shared = (2 * cents * over + under) // (2 * under)
    return pl.when(under > 0).then((shared.cast(pl.Decimal(38, 2)) / 100).cast(MONEY)).otherwise(charge)
