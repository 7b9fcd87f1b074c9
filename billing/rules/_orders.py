"""Which papers of the orders file hold on the days of a line: recommendations, referrals, plans of care."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from billing.periods import days_later, months_later
from billing.references import References
from billing.rules._spans import OPEN, agrees, covered, nearest_text
from billing.rules._windows import verdicts
from billing.rules._words import date_text, days_text, or_list, sentence

READ = ("claim_key", "line_key", "member_id", "program", "service_date", "last_date")
"""Columns of a line that `judged` reads."""
SIGNATURE = (("orders", "ordering_npi"), ("providers", "provider_type"))
"""Optional columns of files by which who signed is known."""
SIGNED, NOT_KNOWN, BY_ANOTHER = 0, 1, 2
"""Who signed a paper: one of the types asked for (or anyone, where none is), not known, one of another type."""


@dataclass(frozen=True, slots=True)
class Need:
    """The paper a line needs and why, for words and causes.

    Attributes:
        noun: `recommendation or referral`.
        cause: Problem id of a line without one.
        signed_by: Types of who may sign it; empty: anyone.
        because: Why one is needed, in a sentence that ends with a space; empty where the rule says it all.
        otherwise: What can be done without one.
        capped_by: Why a finding stays at review; each null where it does not.
        related: Labels of the lines that count towards it; null: none.
        amount_at_risk: USD; null: the line's charge.
    """

    noun: str
    cause: str
    signed_by: tuple[str, ...] = ()
    because: str | pl.Expr = ""
    otherwise: str | pl.Expr = "hold the line"
    capped_by: tuple[pl.Expr, ...] = ()
    related: pl.Expr | None = None
    amount_at_risk: pl.Expr | None = None


def papers(
    files: References, kinds: Collection[str], *, signed_by: Collection[str] = (), days: int | None = None,
    months: int | None = None, until_ended: bool = True,
) -> pl.DataFrame:  # fmt: skip
    """Lay out the papers of some kinds with the days they hold.

    Args:
        files: Gives `orders`; `providers`, to tell the type of who signed.
        kinds: Kinds that count.
        signed_by: Types of who may sign; without regard to case.
        days: How many days after its date a paper holds, the last one included; null: not limited.
        months: The same in calendar months.
        until_ended: False: what has ended counts too, as if it were open.

    Returns:
        One row per paper: `member_id`, `of_program`, `effective` (its date), `ended` (last day it holds; null: open),
        `signed` (SIGNED, NOT_KNOWN or BY_ANOTHER), `is_lapsed` (false).
    """
    assert files.orders is not None, "the engine asks only when the orders file was given"  # noqa: S101
    date = pl.col("date")
    ends = [pl.col("ended") if until_ended else pl.lit(None, pl.Date)]
    ends += [] if days is None else [days_later(date, days)]
    ends += [] if months is None else [months_later(date, months)]
    found = files.orders.filter(pl.col("kind").is_in(list(kinds))).with_row_index("order")
    found = found.join(_signatures(found, files, signed_by), on="order", how="left", maintain_order="left")
    return found.select(
        "member_id", of_program="program", effective="date", ended=pl.min_horizontal(ends),
        signed=pl.col("signed").fill_null(NOT_KNOWN), is_lapsed=pl.lit(value=False),
    )  # fmt: skip


def begun(spans: pl.DataFrame, services: pl.DataFrame, *, within_days: int) -> pl.DataFrame:
    """End the papers under which no service began in time.

    Args:
        spans: As `papers` returns them.
        services: One row per service given, before this batch too: `member_id`, `service_date`.
        within_days: How many days after its date the first service under a paper is in time, the last one included.

    Returns:
        The same rows; of those whose first service came later, `is_lapsed` is true and `ended` the last day in time.
    """
    given = services.select("member_id", first_service="service_date").drop_nulls().unique().sort("first_service")
    spans = spans.sort("effective", maintain_order=True).join_asof(
        given, left_on="effective", right_on="first_service", by="member_id", strategy="forward", check_sortedness=False
    )
    due = days_later(pl.col("effective"), within_days)
    is_late = (pl.col("first_service") > due).fill_null(value=False)
    ended = pl.when(is_late).then(pl.min_horizontal("ended", due)).otherwise("ended")
    return spans.with_columns(ended=ended, is_lapsed=is_late).drop("first_service")


def judged(lines: pl.DataFrame, spans: pl.DataFrame, files: References, need: Need) -> pl.DataFrame:
    """Judge whether each line has a paper that holds on all of its days and was signed by who may.

    Args:
        lines: One row per line, with the columns of `READ` and those of the need's expressions.
        spans: As `papers` returns them.
        files: Gives `orders`, for who is in it at all.
        need: What is needed, and why.

    Returns:
        One row per line at fault, and one per claim whose member the file does not list, as `verdicts` returns them.
    """
    assert files.orders is not None, "the engine asks only when the orders file was given"  # noqa: S101
    beside = lines.select(READ).join(spans, on="member_id", how="inner").filter(agrees("of_program", "program"))
    best = pl.coalesce(
        pl.when(pl.col("line_key").is_in(covered(beside.filter(pl.col("signed") <= most)).implode())).then(most)
        for most in (SIGNED, NOT_KNOWN, BY_ANOTHER)
    )
    is_listed = pl.col("member_id").is_in(files.orders.get_column("member_id").implode())
    lines = lines.with_columns(signed=best, is_listed=is_listed)
    lines = lines.join(_nearest(beside), on="line_key", how="left", maintain_order="left")
    return pl.concat([
        _absent(lines.filter(~pl.col("is_listed")), need),
        _lacking(lines.filter("is_listed", pl.col("signed").is_null()), need),
        _signer_not_known(lines.filter(pl.col("signed") == NOT_KNOWN), need),
        _signed_by_another(lines.filter(pl.col("signed") == BY_ANOTHER), need),
    ])  # fmt: skip


def _signatures(orders: pl.DataFrame, files: References, signed_by: Collection[str]) -> pl.DataFrame:
    """Say of each order whether who signed it was of a type on that day; those left out are not known.

    Where the files cannot say it of any, all orders count: the kind says that this is not checked.
    """
    can_tell = all(files.has(file, column) for file, column in SIGNATURE)
    if not signed_by or not can_tell or files.providers is None:
        return orders.select("order", signed=pl.lit(SIGNED))
    is_of_type = pl.col("provider_type").str.to_lowercase().is_in([name.lower() for name in signed_by])
    providers = files.providers.select("effective", "npi", last_day="ended", is_of_type=is_of_type)
    on_day = orders.join(providers, left_on="ordering_npi", right_on="npi", how="inner").filter(
        pl.col("effective") <= pl.col("date"), pl.col("date") <= pl.col("last_day").fill_null(OPEN)
    )
    is_right, is_open = pl.col("is_of_type").any(), pl.col("is_of_type").is_null().any()
    return on_day.group_by("order").agg(
        signed=pl.when(is_right).then(SIGNED).when(is_open).then(NOT_KNOWN).otherwise(BY_ANOTHER)
    )


def _nearest(beside: pl.DataFrame) -> pl.DataFrame:
    """Return the paper whose days are nearest to each line's: `near_first`, `near_last`, `is_lapsed`."""
    ahead = (pl.col("effective") - pl.col("service_date")).dt.total_days()
    behind = (pl.col("last_date") - pl.col("ended").fill_null(OPEN)).dt.total_days()
    return (
        beside.with_columns(away=pl.max_horizontal(ahead, behind))
        .sort("line_key", "away", "effective", "ended", "is_lapsed")
        .unique("line_key", keep="first", maintain_order=True)
        .select("line_key", "is_lapsed", near_first="effective", near_last="ended")
    )


def _absent(lines: pl.DataFrame, need: Need) -> pl.DataFrame:
    return verdicts(
        lines.unique("claim_key", keep="first", maintain_order=True),
        whole_claim=True,
        cause=need.cause,
        column="member_id",
        verdict="unknown",
        at_most="review",
        capped_by=[pl.lit("the orders file does not list this member"), *need.capped_by],
        message=sentence(
            need.because, f"The orders file does not list this claim's member, so no {need.noun} is known."
        ),
        remedy=f"Check the member id, or add the {need.noun} to the orders file.",
        found="not in the orders file",
        allowed=f"a {need.noun} in the orders file",
        related=need.related,
    )


def _lacking(lines: pl.DataFrame, need: Need) -> pl.DataFrame:
    has_near = pl.col("near_first").is_not_null()
    near = sentence(
        f"The nearest {need.noun} in the orders file holds for ", nearest_text(), "; ", days_text(), " is not in it.",
        pl.when("is_lapsed").then(sentence(" The first service was due by ", date_text(pl.col("near_last")), "."))
        .otherwise(pl.lit("")),
    )  # fmt: skip
    none = f"The orders file holds no {need.noun} of the member for this program."
    return _of_lines(
        lines,
        need,
        cause=need.cause,
        message=pl.when(has_near).then(near).otherwise(pl.lit(none)),
        remedy=sentence(
            f"If there is a {need.noun} for the day, add it to the orders file; without one, ", need.otherwise, "."
        ),
        found=pl.when(has_near).then(days_text()).otherwise(pl.lit(f"no {need.noun}")),
        allowed=pl.when(has_near).then(nearest_text()).otherwise(pl.lit(f"a {need.noun} that holds on the day")),
    )


def _signer_not_known(lines: pl.DataFrame, need: Need) -> pl.DataFrame:
    types = or_list(need.signed_by) if need.signed_by else ""
    return _of_lines(
        lines,
        need,
        cause="ordering_provider_not_eligible",
        is_open="the files do not say of which type the one who signed is",
        message=sentence(
            f"Whether the {need.noun} that holds on ", days_text(), f" is signed by {types} is not known."
        ),
        remedy="Add who signed it to the orders file, and that provider with its type to the providers file.",
        found="type not known",
        allowed=types,
    )


def _signed_by_another(lines: pl.DataFrame, need: Need) -> pl.DataFrame:
    types = or_list(need.signed_by) if need.signed_by else ""
    return _of_lines(
        lines,
        need,
        cause="ordering_provider_not_eligible",
        message=sentence(f"The {need.noun} that holds on ", days_text(), f" is not signed by {types}."),
        remedy=sentence(f"If {types} signed it, bring the two files up to date; if not, ", need.otherwise, "."),
        found="signed by another type of provider",
        allowed=types,
    )


def _of_lines(
    lines: pl.DataFrame, need: Need, *, cause: str, message: pl.Expr, remedy: str | pl.Expr, found: str | pl.Expr,
    allowed: str | pl.Expr, is_open: str | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Put lines into words that have the member in the file; `is_open` says why the answer is not known."""
    caps = [*([] if is_open is None else [pl.lit(is_open)]), *need.capped_by]
    return verdicts(
        lines,
        cause=cause,
        column="service_date",
        verdict="fail" if is_open is None else "unknown",
        at_most=pl.when(pl.any_horizontal(pl.lit(value=False), *(cap.is_not_null() for cap in caps))).then(
            pl.lit("review")
        ),
        capped_by=caps,
        message=sentence(need.because, message),
        remedy=remedy,
        found=found,
        allowed=allowed,
        related=need.related,
        amount_at_risk=need.amount_at_risk,
    )
