"""Rows that are alike in the columns that checks read are asked once.

A batch of 100,000 claims has a thousand different codes, modifiers and days, a few dozen lists of diagnoses and a few
hundred providers and places. Each such group of columns is a facet: a check that reads no column beyond a facet is
asked of its different rows, and the lines are looked up for those that fail.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Facet:
    """Columns whose values repeat together.

    Attributes:
        by: The columns that rows are told apart by.
        also: Columns that are the same wherever those are.
    """

    by: tuple[str, ...]
    also: tuple[str, ...] = ()

    def holds(self, columns: Iterable[str]) -> bool:
        """Tell whether these are columns of the facet, all of them."""
        return set(columns) <= {*self.by, *self.also}


_OF_ANY = ("is_void", "is_first_line")
_OF_RECORDS = (
    "is_medicare", "is_medicare_known", "other_payers_count", "other_payer_decided_on", "medicare_decided_on",
    "biller_enrolled_on", "denied_on", "paid_on", "is_denial_undated", "is_payment_undated", "is_history_dated",
    "coverage_decided_on", "is_decision_given",
)  # fmt: skip
_PROVIDERS = ("rendering_npi", "supervising_npi", "ordering_npi", "referring_npi")
_TAXONOMIES = ("billing_taxonomy", "rendering_taxonomy", "claim_rendering_taxonomy")
_DAYS = (
    "placement",
    "service_end_date",
    "filing_date",
    "frequency_code",
    "delay_reason",
    "group_size",
    "is_first_line",
)
_PLACED = ("payer_id", "procedure_code", "modifiers", "service_date", "last_date", "is_void", "program", "service",
           "placed", "tied_programs", "unit_minutes", "delivery")  # fmt: skip
FACETS = (
    Facet((*_DAYS, *_OF_RECORDS), also=_PLACED),
    Facet((*_DAYS, "units", "units_text", "unit_basis", "charge", "place_of_service", "claim_place_of_service"),
          also=_PLACED),
    Facet((*_OF_ANY, "diagnoses", "diagnosis_pointers", "diagnosis_pointers_text")),
    Facet((*_OF_ANY, *_PROVIDERS, *(f"claim_{name}" for name in _PROVIDERS), *_TAXONOMIES, "billing_npi",
           "billing_other_id", "facility_npi")),
    Facet((*_OF_ANY, "member_id")),
)  # fmt: skip
"""Of those that have a check's columns the first is asked, which has the fewest different rows.

Of a row's other columns (`billing/row_facts.py`) a facet has those that the run's rules ask for."""


class Sheet:
    """Rows to be asked: those of one facet that differ, or all of them.

    Attributes:
        asked: One row per row to ask.
    """

    def __init__(self, rows: pl.DataFrame, facet: Facet | None) -> None:
        """Lay out the rows that differ in a facet; null: every row."""
        self.asked = rows
        self._numbers: pl.Series | None = None
        if facet is not None:
            # A column without any value tells no rows apart.
            have = [name for name in (*facet.by, *facet.also) if name in rows.columns]
            by = [name for name in facet.by if name in have and rows.get_column(name).null_count() < len(rows)]
            alike = rows.lazy().select(by).with_row_index("number").group_by(by).agg("number").collect()
            self._numbers = alike.get_column("number")
            self.asked = rows.select("line_key", *have)[self._numbers.list.first()]

    def ask(self, questions: Iterable[pl.Expr]) -> list[pl.Series]:
        """Return the answers to Boolean expressions, each one per row asked."""
        named = [question.alias(str(number)) for number, question in enumerate(questions)]
        return self.asked.lazy().select("line_key", *named).collect().get_columns()[1:]

    def count(self, answer: pl.Series) -> int:
        """Count the rows for which an answer is true."""
        if self._numbers is None:
            return int(answer.sum())
        return int(self._numbers.filter(answer).list.len().sum())

    def numbers(self, answer: pl.Series) -> pl.Series:
        """Return the numbers of the rows for which an answer is true, ascending."""
        if self._numbers is None or not answer.any():
            return answer.arg_true()
        return self._numbers.filter(answer).explode().sort()


class Sheets:
    """The sheets of some rows, each made when it is first needed."""

    def __init__(self, rows: pl.DataFrame) -> None:
        """Take `rows`: one row per placed line (`billing/rows.py`)."""
        self.rows = rows
        self._made: dict[Facet | None, Sheet] = {}

    def of(self, facet: Facet | None) -> Sheet:
        """Return the sheet of a facet; null: of all rows."""
        if facet not in self._made:
            self._made[facet] = Sheet(self.rows, facet)
        return self._made[facet]


def facet_of(*questions: pl.Expr) -> Facet | None:
    """Return the facet that has all columns that some expressions read; null when none has."""
    columns = {name for question in questions for name in question.meta.root_names()}
    return next((facet for facet in FACETS if facet.holds(columns)), None)
