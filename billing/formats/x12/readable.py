"""Which claims of an 837P can be read, and why the others cannot.

A claim is unreadable only when its identity, its place in the tree or its money cannot be established; anything
else that is wrong with it is a finding. The reasons name loops and segments, never a value.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from billing.formats.x12.family import Family, counted, first_rows
from billing.formats.x12.lost import LOST_CLAIM
from billing.formats.x12.people import People
from billing.formats.x12.segments import CODE
from billing.formats.x12.tree import Tree

_SAID = pl.concat_str(pl.col("set_id"), pl.lit(" "), pl.col("implementation"), ignore_nulls=True).str.strip_chars()
# What the sender wrote as version could be anything: only what looks like one is repeated.
_IS_VERSION = _SAID.str.contains(r"^[0-9]{3}( [0-9]{6}X[0-9]{3}(A[0-9])?)?$")
_VERSION = pl.when(_IS_VERSION).then(_SAID).otherwise(pl.lit("of another kind"))
_IS_OF_SUBSCRIBER = (pl.col("loop_level") == "22") | (pl.col("loop_level") == "23")


class _Case(NamedTuple):
    """Why a claim cannot be read: when that is so, the loop it is about, and the words."""

    condition: pl.Expr
    loop: str
    words: pl.Expr


_CASES = [
    _Case(condition, loop, pl.lit(words) if isinstance(words, str) else words)
    for condition, loop, words in (
        # the tree
        (~pl.col("professional"), "ST",
         pl.format("the transaction is {}, no professional claim (837 005010X222A1)", _VERSION)),
        (pl.col("id") == LOST_CLAIM, "2300", "a claim begins here without a CLM segment that can be read"),
        (~pl.col("open"), "ST", "the claim stands outside a transaction (ST to SE)"),
        (~_IS_OF_SUBSCRIBER.fill_null(value=False), "2000B",
         "there is no subscriber loop (HL with level 22) above the claim"),
        (pl.col("subscriber").is_null(), "2000C",
         "the patient loop does not name the subscriber loop it belongs to (HL02)"),
        (pl.col("billing").is_null(), "2000A",
         "the loops above the claim do not lead to a billing provider loop (HL02)"),
        (~pl.col("billing_named"), "2000A", "the billing provider loop has no name segment (NM1*85)"),
        (~pl.col("subscriber_named"), "2000B", "the subscriber loop has no name segment (NM1*IL)"),
        (pl.col("patient").is_not_null() & ~pl.col("patient_named"), "2000C",
         "the patient loop has no name segment (NM1*QC)"),
        # the claim
        (pl.col("claim_id").is_null(), "2300", "the claim has no claim number (CLM01)"),
        (pl.col("charge").is_null(), "2300", "the claim's total charge (CLM02) is no amount in dollars and cents"),
        # its lines
        (pl.col("services").is_null(), "2400", "the claim has no service line (SV1)"),
        (pl.col("unpriced"), "2400", "a line's charge (SV102) is no amount in dollars and cents"),
        (pl.col("services") < pl.col("numbered").fill_null(0), "2400",
         "a line (LX) has no service (SV1) that can be read"),
    )
]  # fmt: skip
"""In the order in which they are asked: the first that holds is said."""


def judge_claims(tree: Tree, headers: pl.DataFrame, people: People, services: Family) -> pl.DataFrame:
    """Say of everything that stands for a claim whether it can be read.

    Args:
        tree: The region's tree.
        headers: One row per CLM, with its `scope`.
        people: The region's people.
        services: The SV1 family.

    Returns:
        One row per claim, lost claim and transaction that is no 837P, in file order: `scope`, `position`, `first_row`,
        `last_row`, `billing`, `subscriber`, `patient`, the columns of `headers`, `reason` (null: readable) and
        `broken_loop`.
    """
    claims = _with_headers(_claims(tree), headers)
    claims = _with_lines(claims, services, tree)
    named = [
        _is_named(people, qualifier, claims.get_column(loop)).alias(f"{loop}_named")
        for loop, qualifier in (("billing", "85"), ("subscriber", "IL"), ("patient", "QC"))
    ]
    claims = claims.hstack(named)
    kept = ("scope", "position", "first_row", "last_row", "billing", "subscriber", "patient")
    return _with_reasons(claims, tree).select(
        *kept, *(name for name in headers.columns if name != "scope"), "reason", "broken_loop"
    )


def _claims(tree: Tree) -> pl.DataFrame:
    """Pick the scopes that stand for a claim, with what is known of their transaction.

    The ST of a transaction that is no 837P and holds no claim stands for itself, up to its end.
    """
    scopes = tree.scopes
    segment = pl.col("id")
    is_set = (segment == CODE["ST"]) & ~pl.col("professional")
    if scopes.select(is_set.any()).item():
        has_claim = (segment == CODE["CLM"]).any().over("transaction")
        end = pl.col("last_row").filter(pl.col("open") | (segment == CODE["SE"])).max().over("transaction")
        is_foreign = is_set & ~has_claim
        scopes = scopes.with_columns(last_row=pl.when(is_foreign).then(end).otherwise("last_row"))
        is_claim = is_foreign | (segment == CODE["CLM"]) | (segment == LOST_CLAIM)
    else:
        is_claim = (segment == CODE["CLM"]) | (segment == LOST_CLAIM)
    return scopes.filter(is_claim)


def _with_headers(claims: pl.DataFrame, headers: pl.DataFrame) -> pl.DataFrame:
    """Add what CLM says; null where the CLM was lost."""
    rows = first_rows(headers.get_column("scope"), claims.get_column("scope"))
    said = headers.drop("scope")
    return claims.hstack(said if rows is None else said[rows])


def _with_lines(claims: pl.DataFrame, services: Family, tree: Tree) -> pl.DataFrame:
    """Count the `services` (SV1) and the `numbered` lines (LX) of claims, null: none; tell if one is `unpriced`."""
    wanted = claims.get_column("scope")
    of_lines = tree.parts.get_column("scope").filter(tree.parts.get_column("id") == CODE["LX"])
    unpriced = services.where(pl.col("charge").is_null()).places.get_column("scope")
    return claims.with_columns(
        services=counted(services.places.get_column("scope"), wanted),
        numbered=counted(of_lines, wanted),
        unpriced=counted(unpriced, wanted).is_not_null(),
    )


def _is_named(people: People, qualifier: str, loop: pl.Series) -> pl.Series:
    """Tell the claims whose loop names someone in an NM1 with that qualifier."""
    rows = first_rows(people.called(qualifier).places.get_column("scope"), loop)
    return loop.is_not_null() if rows is None else rows.is_not_null()


def _with_reasons(claims: pl.DataFrame, tree: Tree) -> pl.DataFrame:
    """Say why claims cannot be read: `reason` and `broken_loop`, null where they can."""
    is_bad = claims.select(pl.any_horizontal(case.condition for case in _CASES)).to_series()
    if not is_bad.any():
        return claims.with_columns(reason=pl.lit(None, pl.String), broken_loop=pl.lit(None, pl.String))
    claims = claims.hstack(tree.implementations(claims))
    reason, loop = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for case in reversed(_CASES):
        reason = pl.when(case.condition).then(case.words).otherwise(reason)
        loop = pl.when(case.condition).then(pl.lit(case.loop)).otherwise(loop)
    return claims.with_columns(reason=reason, broken_loop=loop)
