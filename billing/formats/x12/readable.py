"""Which claims of an 837P can be read, and why the others cannot.

A claim is unreadable only when its identity, its place in the tree or its money cannot be established; anything
else that is wrong with it is a finding. The reasons name loops and segments, never a value.
"""

from __future__ import annotations

import polars as pl

from billing.claims import MONEY_TEXT
from billing.formats.x12.beside import beside
from billing.formats.x12.segments import CODE
from billing.formats.x12.tree import LOST_CLAIM, PROFESSIONAL, Tree, element


def is_professional(scopes: pl.DataFrame) -> pl.Series:
    """Tell for each scope whether its transaction is an 837P; one that names no guide at all is taken as one."""
    guide = pl.col("implementation")
    is_837 = pl.col("set_id") == "837"
    return scopes.select(
        (is_837 & (guide.str.starts_with(PROFESSIONAL) | (guide == ""))).fill_null(value=False)
    ).to_series()


def judge_scopes(tree: Tree, names: pl.DataFrame, services: pl.DataFrame) -> pl.DataFrame:
    """Say of every scope whether it is a claim and whether it can be read.

    Args:
        tree: The region's tree.
        names: The NM1 family.
        services: The SV1 family.

    Returns:
        The scopes, with `is_claim`, `reason` (null: readable, or no claim), `broken_loop`, `claim_id`,
        `charge_text` and `elements`.
    """
    scopes = tree.scopes
    is_header = pl.col("id") == CODE["CLM"]
    scopes = scopes.with_columns(
        professional=is_professional(scopes),
        claim_id=pl.when(is_header).then(element(1)),
        charge_text=pl.when(is_header).then(element(2)),
    )
    scopes = _with_foreign_transactions(scopes)
    scopes = scopes.with_columns(is_claim=is_header | (pl.col("id") == LOST_CLAIM) | pl.col("foreign"))
    scopes = _beside_loops(scopes, names)
    lines = services.group_by("scope").agg(
        services=pl.len(), unpriced=(~pl.col("charge_text").str.contains(MONEY_TEXT).fill_null(value=False)).any()
    )
    numbered = tree.segments.filter(pl.col("id") == CODE["LX"]).group_by("scope").agg(numbered=pl.len())
    for values in (lines, numbered):
        scopes = beside(scopes, "scope", values)
    return beside(scopes, "scope", _reasons(scopes.filter("is_claim")))


def _with_foreign_transactions(scopes: pl.DataFrame) -> pl.DataFrame:
    """Mark the ST of a transaction that is no 837P and holds no claim: it stands for itself, up to its end."""
    has_claim = (pl.col("id") == CODE["CLM"]).any().over("transaction")
    foreign = (pl.col("id") == CODE["ST"]) & ~pl.col("professional") & ~has_claim
    end = pl.col("last_row").filter(pl.col("open") | (pl.col("id") == CODE["SE"])).max().over("transaction")
    return scopes.with_columns(foreign=foreign, last_row=pl.when(foreign).then(end).otherwise("last_row"))


def _beside_loops(scopes: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Say whether the loops above a claim name a billing provider (85), a subscriber (IL) and a patient (QC)."""
    for loop, qualifier in (("billing", "85"), ("subscriber", "IL"), ("patient", "QC")):
        named = names.get_column("scope").filter(names.get_column("qualifier") == qualifier)
        has_name = pl.zeros(len(scopes), dtype=pl.UInt8, eager=True).scatter(named, 1).cast(pl.Boolean)
        scopes = scopes.with_columns(has_name.gather(scopes.get_column(loop)).alias(f"{loop}_named"))
    return scopes


def _reasons(claims: pl.DataFrame) -> pl.DataFrame:
    """Say why claims cannot be read: `scope`, `reason` and `broken_loop`, one row per unreadable claim.

    The reasons are in order: the tree first, then the claim, then its lines; the first that holds is said.
    """
    is_money = pl.col("charge_text").str.contains(MONEY_TEXT).fill_null(value=False)
    guide = pl.concat_str(pl.col("set_id"), pl.lit(" "), pl.col("implementation"), ignore_nulls=True).str.strip_chars()
    # What the sender wrote as version could be anything: only what looks like one is repeated.
    version = (
        pl.when(guide.str.contains(r"^[0-9]{3}( [0-9]{6}X[0-9]{3}(A[0-9])?)?$"))
        .then(guide)
        .otherwise(pl.lit("of another kind"))
    )
    cases: list[tuple[pl.Expr, str, pl.Expr | str]] = [
        (
            ~pl.col("professional"),
            "ST",
            pl.format("the transaction is {}, no professional claim (837 005010X222A1)", version),
        ),
        (pl.col("id") == LOST_CLAIM, "2300", "a claim begins here without a CLM segment that can be read"),
        (~pl.col("open"), "ST", "the claim stands outside a transaction (ST to SE)"),
        (pl.col("loop_level").is_null(), "2000B", "there is no subscriber loop (HL with level 22) above the claim"),
        (
            ~pl.col("loop_level").is_in(["22", "23"]),
            "2000B",
            "there is no subscriber loop (HL with level 22) above the claim",
        ),
        (
            pl.col("subscriber").is_null(),
            "2000C",
            "the patient loop does not name the subscriber loop it belongs to (HL02)",
        ),
        (
            pl.col("billing").is_null(),
            "2000A",
            "the loops above the claim do not lead to a billing provider loop (HL02)",
        ),
        (
            ~pl.col("billing_named").fill_null(value=False),
            "2000A",
            "the billing provider loop has no name segment (NM1*85)",
        ),
        (
            ~pl.col("subscriber_named").fill_null(value=False),
            "2000B",
            "the subscriber loop has no name segment (NM1*IL)",
        ),
        (
            pl.col("patient").is_not_null() & ~pl.col("patient_named").fill_null(value=False),
            "2000C",
            "the patient loop has no name segment (NM1*QC)",
        ),
        (pl.col("claim_id").is_null(), "2300", "the claim has no claim number (CLM01)"),
        (~is_money, "2300", "the claim's total charge (CLM02) is no amount in dollars and cents"),
        (pl.col("services").is_null(), "2400", "the claim has no service line (SV1)"),
        (pl.col("unpriced"), "2400", "a line's charge (SV102) is no amount in dollars and cents"),
        (
            pl.col("services") < pl.col("numbered").fill_null(0),
            "2400",
            "a line (LX) has no service (SV1) that can be read",
        ),
    ]
    bad = claims.filter(pl.any_horizontal(condition.fill_null(value=False) for condition, _, _ in cases))
    reason, loop = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for condition, where, words in reversed(cases):
        says = pl.lit(words) if isinstance(words, str) else words
        reason = pl.when(condition).then(says).otherwise(reason)
        loop = pl.when(condition).then(pl.lit(where)).otherwise(loop)
    return bad.select("scope", reason=reason, broken_loop=loop)
