"""The names a column of a service log can be mapped to: the columns of claims and lines, addresses part by part.

What both a claim and its lines may carry (place of service, who rendered it) is read per row; where all rows of a
claim agree it becomes the claim's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from billing.claim_columns import ADDRESS, CLAIM_COLUMNS, LINE_COLUMNS, MONEY, Column

CLAIM_CHARGE = "claim_charge"
"""The claim's total, where a log states it beside the charge of each row; else it is the sum of the rows."""

_NOT_IN_A_CELL = frozenset({"other_payers"})


@dataclass(frozen=True, slots=True)
class Field:
    """One of our columns as a table may fill it.

    Attributes:
        name: Its name in a column map.
        dtype: Polars type of its value.
        meaning: What it says.
        path: Place in the claim JSON.
        of_line: True when each row has its own value.
        both: True when a claim may carry it too.
    """

    name: str
    dtype: Any
    meaning: str
    path: str
    of_line: bool
    both: bool = False


def _fields() -> dict[str, Field]:
    of_lines = {column.name: column for column in LINE_COLUMNS if column.path}
    fields: dict[str, Field] = {}
    for column in CLAIM_COLUMNS:
        if not column.path or column.name in _NOT_IN_A_CELL or column.name in of_lines:
            continue
        for field in _parts(column):
            fields[field.name] = field
    of_claims = {column.name for column in CLAIM_COLUMNS}
    for column in of_lines.values():
        both = column.name in of_claims and column.name != "charge"
        fields[column.name] = Field(column.name, column.dtype, column.meaning, column.path, of_line=True, both=both)
    words = "total of the claim, USD, where the log states it; else the rows are added up"
    fields[CLAIM_CHARGE] = Field(CLAIM_CHARGE, MONEY, words, "charge", of_line=False)
    return fields


def _parts(column: Column) -> list[Field]:
    if column.dtype != ADDRESS:
        return [Field(column.name, column.dtype, column.meaning, column.path, of_line=False)]
    return [
        Field(
            f"{column.name}_{part.name}", pl.String, f"{part.name} of the {column.meaning}", column.path, of_line=False
        )
        for part in ADDRESS.fields
    ]


FIELDS: dict[str, Field] = _fields()
"""Name to field, claims' first."""

LISTS = frozenset(name for name, field in FIELDS.items() if isinstance(field.dtype, pl.List))
"""Fields that several columns may fill together: `Mod 1`, `Mod 2`."""

BUNDLES: tuple[tuple[str, ...], ...] = (
    ("place_of_service",),
    ("prior_authorization",),
    *(
        tuple(f"{who}_{part}" for part in ("npi", "taxonomy", "name", "other_id"))
        for who in ("rendering", "supervising", "ordering", "referring")
    ),
)
"""What a claim says for all its lines, together: a taxonomy never without the NPI it belongs to."""
