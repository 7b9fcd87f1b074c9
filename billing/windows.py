"""The rows that window kinds see: the batch's lines with their order and standing, and the history's lines.

History lines are rows like any other, marked `is_history`; they never get findings, they only count.
"""

from __future__ import annotations

import polars as pl

from billing.overlays import bases_of
from billing.placing import place
from billing.policy.codesets import CodeSets
from billing.policy.conditions import READ
from billing.references import References
from billing.row_facts import with_row_facts
from billing.rules._replacements import CORRECTIONS, countable

WINDOW_COLUMNS = [
    "line_key", "claim_key", "claim_id", "line_number", "label", "member_id", "member_birth_date", "billing_npi",
    "rendering_npi", "worker_npi", "worker", "payer_id", "procedure_code", "modifiers", "charge", "units", "unit_basis",
    "unit_minutes", "service_date", "service_end_date", "last_date", "start_time", "end_time", "place_of_service",
    "frequency_code", "original_claim_id", "prior_authorization", "session_id", "group_size", "program", "service",
    "placed", "delivery", "is_void", "is_first_line", "units_text", "claim_charge", "line_count",
]  # fmt: skip
"""What window kinds of stage two may read."""

CONDITION_COLUMNS = frozenset(column for columns in READ.values() for column in columns)
"""What conditions of window kinds may read beside these, when a fact of the run has them."""

_COUNTING = ["paid", "accepted"]
_DAYS_BEFORE_1970 = 719_162  # since the first day of year 1, the first that a date may be
_NO_DAY = 4_000_000  # behind the last day that a date may be
_DAY_LENGTH = 86_400_000_000  # microseconds


def window_rows(
    rows: pl.DataFrame, references: References, codesets: CodeSets, rejected: pl.Series, columns: frozenset[str]
) -> pl.DataFrame:
    """Put the batch's lines and the history's in their order, and say what counts.

    Args:
        rows: One row per placed line of the batch.
        references: Gives `history`, when it was given.
        codesets: The selected programs, to place history lines.
        rejected: Keys of the claims that stage one rejects.
        columns: Columns of `billing/row_facts.py` that the facts of the run ask for.

    Returns:
        One row per line of the history and of the batch, as they come in, with `order`, `counts`, `stands`,
        `is_history` and `status`. They are not sorted: that would move every column, and few lines need it.
    """
    columns &= CONDITION_COLUMNS
    rows = rows.select(*WINDOW_COLUMNS, *sorted(columns)).with_columns(
        stands=~pl.col("claim_key").is_in(rejected.implode()),
        is_history=pl.lit(value=False),
        status=pl.lit(None, pl.String),
    )
    if references.history is not None and len(references.history):
        rows = pl.concat([_history_rows(references, rows, codesets, columns), rows], how="diagonal")
    if rows.get_column("frequency_code").is_in(CORRECTIONS).any():
        rows = rows.with_columns(countable(rows).get_column("counts"))
    else:
        rows = rows.with_columns(counts=~pl.col("is_void"))
    return rows.with_columns(_ORDER)


def _order() -> pl.Expr:
    """Number the rows: paid, accepted, batch; then by date, start time and line, what lacks them last."""
    rank = pl.when(pl.col("status") == "paid").then(0).when(pl.col("status") == "accepted").then(1).otherwise(2)
    # One whole number that sorts as the three do is sorted three times as fast. Lines come in order of their key.
    day = (pl.col("service_date").to_physical().cast(pl.Int64) + _DAYS_BEFORE_1970).fill_null(_NO_DAY)
    microsecond = (pl.col("start_time").to_physical() // 1_000).fill_null(_DAY_LENGTH)
    moment = (rank.cast(pl.Int64) * (_NO_DAY + 1) + day) * (_DAY_LENGTH + 1) + microsecond
    return moment.rank("ordinal") - 1


_ORDER = _order().alias("order")


def _history_rows(
    references: References, rows: pl.DataFrame, codesets: CodeSets, columns: frozenset[str]
) -> pl.DataFrame:
    """Give the paid and accepted lines of the history the columns of a row.

    Denied and void lines never count. A line that is this same submission (same claim id, biller and line,
    accepted) is left out; one that is paid stays, and makes its twin in the batch a duplicate.
    """
    history = references.history
    assert history is not None, "asked only when the history file was given"  # noqa: S101
    same = rows.select("claim_id", "billing_npi", "line_number").unique()
    history = history.filter(pl.col("status").is_in(_COUNTING))
    accepted = history.filter(pl.col("status") == "accepted")
    accepted = accepted.join(same, on=["claim_id", "billing_npi", "line_number"], how="anti", nulls_equal=True)
    history = pl.concat([history.filter(pl.col("status") == "paid"), accepted])
    first_key = 2**31  # keys of history lines lie above those of any batch
    number = pl.int_range(pl.len(), dtype=pl.UInt32)
    history = history.with_columns(
        line_key=number + first_key,
        claim_key=(pl.struct("claim_id", "billing_npi").rank("dense") + first_key).cast(pl.UInt32),
        modifiers=pl.col("modifiers").fill_null(pl.lit([], pl.List(pl.String))),
        last_date=pl.coalesce("service_end_date", "service_date"),
        is_void=(pl.col("frequency_code") == "8").fill_null(value=False),
        label=pl.concat_str("claim_id", pl.lit(" line "), pl.col("line_number").cast(pl.String)),
        worker=pl.lit(None, pl.String),
        stands=pl.lit(value=True),
        is_history=pl.lit(value=True),
        start_time=pl.lit(None, pl.Time),
    )
    # The file does not say who paid: the payer of the member's claims, where these go to one.
    payers = rows.group_by("member_id").agg(pl.col("payer_id").unique()).filter(pl.col("payer_id").list.len() == 1)
    history = history.join(payers.explode("payer_id"), on="member_id", how="left", maintain_order="left")
    stated = history.get_column("program").rename("stated")
    placed = place(history.drop("program"), codesets).with_columns(stated)
    # A program that the file states wins over what the codes say, but an overlay on it is that program too.
    overlays = [f"{base} {overlay}" for base, on_it in bases_of(codesets).items() for overlay in on_it]
    is_overlay = pl.concat_str("stated", "program", separator=" ").is_in(overlays)
    program = pl.when(is_overlay).then("program").otherwise(pl.coalesce("stated", "program"))
    placed = placed.with_columns(program=program).drop("stated")
    placed = _with_member(placed, rows, references, columns)
    common = {name: dtype for name, dtype in rows.schema.items() if name in placed.columns}
    extra = [name for name in ("payer_claim_id",) if name in placed.columns]
    return placed.select(*(pl.col(name).cast(dtype) for name, dtype in common.items()), *extra)


def _with_member(
    history: pl.DataFrame, rows: pl.DataFrame, references: References, columns: frozenset[str]
) -> pl.DataFrame:
    """Add what is known of the members of history lines: their birth date, and the columns that rules ask for."""
    births = rows.select("member_id", "member_birth_date").drop_nulls()
    if references.has("members", "birth_date") and references.members is not None:
        of_file = references.members.select("member_id", member_birth_date="birth_date").drop_nulls()
        births = pl.concat([births, of_file])
    births = births.unique("member_id", keep="first", maintain_order=True)
    history = history.join(births, on="member_id", how="left", maintain_order="left").with_columns(
        member_sex=pl.lit(None, pl.String), member_pregnant=pl.lit(None, pl.Boolean)
    )
    return with_row_facts(history, None, references, columns)
