"""What the engine hands to the result: findings, decisions, what was not checked, and the rules of the run.

The frames are complete and sorted, so that nothing behind the engine has to decide anything again: the same
batch, code sets and received date give the same frames in the same order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from billing.claims import MONEY, empty
from billing.findings import FINDING_SCHEMA, SOURCE

DECISION_SCHEMA: dict[str, Any] = {
    "claim_key": pl.UInt32,  # joins `claims`
    "claim_id": pl.String,
    "decision": pl.String,  # accepted, review, rejected
    "charge": MONEY,  # USD
    "expected_payment": MONEY,  # USD for an accepted claim; null until every line of it has a rate
    "findings": pl.UInt32,  # findings on the claim, notes and shadow rules included
    "not_checked": pl.UInt32,  # rules that could not be checked on it, for want of a file or a value
    "first_rule": pl.String,  # rule of its first finding; null: no finding
    "first_message": pl.String,  # message of that finding; never names the member
    "input": pl.String,
    "position": pl.UInt32,
}
"""One row per claim, in order of `claim_key`."""

NOT_CHECKED_SCHEMA: dict[str, Any] = {
    "rule": pl.String,  # path of the rule that was not, or only partly, checked
    "needs": pl.String,  # what to supply: name of a reference file, or of a row column
    "lines": pl.UInt32,  # lines it could not be checked on
    "partly": pl.Boolean,  # true: the batch itself was checked, what lies outside it was not
}
"""One row per rule and need, sorted by rule and need."""

RULE_SCHEMA: dict[str, Any] = {
    "rule": pl.String,  # <program>.<kind>.<entry>
    "kind": pl.String,
    "program": pl.String,  # program id, or national
    "source": SOURCE,
    "lines": pl.UInt32,  # lines it looked at
    "findings": pl.UInt32,  # findings it made
    "ran": pl.Boolean,  # false: its reference file was not given, or its program has no line in the batch
}
"""One row per rule and kind, run or not, sorted by both; a service has one row per kind that looks at services."""

PLACEMENT_SCHEMA: dict[str, Any] = {
    "claim_key": pl.UInt32,
    "line_key": pl.UInt32,
    "program": pl.String,  # null: no selected program knows the code
    "service": pl.String,  # null likewise
    "placed": pl.String,  # exact, nearest, tied, other
    "also_fits": pl.String,  # ids of programs that fit too and lost: bases of an overlay, less specific ones
}
"""One row per line: the program and service it was judged by."""


@dataclass(frozen=True)
class Judgement:
    """What the rules said about a batch.

    Attributes:
        findings: One row per finding (`FINDING_SCHEMA`), those about a file included.
        decisions: One row per claim (`DECISION_SCHEMA`).
        make_not_checked: Makes `not_checked`, when first asked for.
        make_rules: Makes `rules`, when first asked for: a list of all facts, which a single claim seldom needs.
        placements: One row per line (`PLACEMENT_SCHEMA`); empty when the caller does not need them.
    """

    findings: pl.DataFrame = field(default_factory=lambda: empty(FINDING_SCHEMA))
    decisions: pl.DataFrame = field(default_factory=lambda: empty(DECISION_SCHEMA))
    make_not_checked: Callable[[], pl.DataFrame] = field(default=lambda: empty(NOT_CHECKED_SCHEMA), repr=False)
    make_rules: Callable[[], pl.DataFrame] = field(default=lambda: empty(RULE_SCHEMA), repr=False)
    placements: pl.DataFrame = field(default_factory=lambda: empty(PLACEMENT_SCHEMA))

    @cached_property
    def not_checked(self) -> pl.DataFrame:
        """One row per rule and need (`NOT_CHECKED_SCHEMA`)."""
        return self.make_not_checked()

    @cached_property
    def rules(self) -> pl.DataFrame:
        """One row per rule (`RULE_SCHEMA`)."""
        return self.make_rules()
