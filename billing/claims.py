"""Claims as objects and as frames: the one data model every format reads into and every rule looks at.

`Claim` and `ServiceLine` are for programs that embed cleanclaim; the frames `claims`, `lines` and `malformed`
(`billing/claim_columns.py`) are what crosses rooms. `claims_to_frames` and `frames_to_claims` convert without
loss in both directions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import BaseModel

from billing.claim_columns import (
    ADDRESS,
    CLAIM_COLUMNS,
    CLAIMS_SCHEMA,
    LINE_COLUMNS,
    LINES_SCHEMA,
    MALFORMABLE,
    MALFORMED_COLUMNS,
    MALFORMED_SCHEMA,
    MONEY,
    MONEY_TEXT,
    OTHER_PAYER,
    UNITS,
    UNITS_TEXT,
    UNREADABLE_COLUMNS,
    UNREADABLE_SCHEMA,
    Column,
    empty,
    schema,
)
from billing.claim_values import ClockTime, Day, Money, Units

if TYPE_CHECKING:
    from billing.claim_objects import (
        Address,
        BillingProvider,
        Claim,
        Facility,
        MalformedValue,
        OtherPayer,
        Payer,
        Person,
        Provider,
        ServiceLine,
    )

__all__ = [
    "ADDRESS",
    "CLAIMS_SCHEMA",
    "CLAIM_COLUMNS",
    "LINES_SCHEMA",
    "LINE_COLUMNS",
    "MALFORMABLE",
    "MALFORMED_COLUMNS",
    "MALFORMED_SCHEMA",
    "MONEY",
    "MONEY_TEXT",
    "OTHER_PAYER",
    "UNITS",
    "UNITS_TEXT",
    "UNREADABLE_COLUMNS",
    "UNREADABLE_SCHEMA",
    "Address",
    "BillingProvider",
    "Claim",
    "ClockTime",
    "Column",
    "Day",
    "Facility",
    "MalformedValue",
    "Money",
    "OtherPayer",
    "Payer",
    "Person",
    "Provider",
    "ServiceLine",
    "Units",
    "claims_to_frames",
    "empty",
    "frames_to_claims",
    "schema",
]


_OBJECTS = frozenset(
    {"Address", "BillingProvider", "Claim", "Facility", "MalformedValue", "OtherPayer", "Payer", "Person", "Provider",
     "ServiceLine"}
)  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _OBJECTS:
        raise AttributeError(f"module 'billing.claims' has no attribute {name!r}")
    return getattr(import_module("billing.claim_objects"), name)


def claims_to_frames(
    claims: Iterable[Claim],
    *,
    input_name: str = "claims",
    positions: Iterable[int] | None = None,
    first_claim_key: int = 0,
    first_line_key: int = 0,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lay claims out as the three frames `claims`, `lines` and `malformed`.

    Args:
        claims: The claims, in the order their keys shall have.
        input_name: Value of the `input` column.
        positions: Where each claim stands in its input, from 1; default: its number in `claims`.
        first_claim_key: Key of the first claim, when other claims of the run come before.
        first_line_key: Key of the first line, likewise.

    Returns:
        One row per claim, one per line, one per malformed value.
    """
    claim_rows: list[list[Any]] = []
    line_rows: list[list[Any]] = []
    malformed_rows: list[list[Any]] = []
    places = iter(positions) if positions is not None else None
    for claim_key, claim in enumerate(claims, first_claim_key):
        position = next(places) if places is not None else claim_key - first_claim_key + 1
        added = {"claim_key": claim_key, "input": input_name, "position": position}
        claim_rows.append([_value(claim, column, added) for column in CLAIM_COLUMNS])
        line_keys: dict[int, int] = {}
        for line in claim.lines:
            line_key = first_line_key + len(line_rows)
            line_keys.setdefault(line.line_number, line_key)
            added = {"line_key": line_key, "claim_key": claim_key, "position": position}
            line_rows.append([_value(line, column, added) for column in LINE_COLUMNS])
        malformed_rows += [
            [claim_key, line_keys.get(value.line_number or -1), value.column, value.text] for value in claim.malformed
        ]
    return (
        pl.DataFrame(claim_rows, schema=CLAIMS_SCHEMA, orient="row"),
        pl.DataFrame(line_rows, schema=LINES_SCHEMA, orient="row"),
        pl.DataFrame(malformed_rows, schema=MALFORMED_SCHEMA, orient="row"),
    )


def frames_to_claims(
    claims: pl.DataFrame, lines: pl.DataFrame, malformed: pl.DataFrame | None = None
) -> Iterator[Claim]:
    """Yield the claims of the frames as objects, in order of `claim_key`.

    Args:
        claims: One row per claim, columns of `CLAIM_COLUMNS`.
        lines: One row per line, columns of `LINE_COLUMNS`; lines of claims not in `claims` are passed over.
        malformed: One row per malformed value; default: none.
    """
    from billing.claim_objects import Claim  # noqa: PLC0415 loaded when claims are handed out as objects

    lines_of: dict[int, list[dict[str, Any]]] = {}
    number_of: dict[int, int] = {}
    for row in lines.sort("line_key").iter_rows(named=True):
        lines_of.setdefault(row["claim_key"], []).append(_nested(row, LINE_COLUMNS))
        number_of[row["line_key"]] = row["line_number"]
    malformed_of: dict[int, list[dict[str, Any]]] = {}
    for row in malformed.iter_rows(named=True) if malformed is not None else ():
        value = {"line_number": number_of.get(row["line_key"]), "column": row["column"], "text": row["text"]}
        malformed_of.setdefault(row["claim_key"], []).append(value)
    for row in claims.sort("claim_key").iter_rows(named=True):
        key = row["claim_key"]
        nested = _nested(row, CLAIM_COLUMNS)
        nested["lines"] = lines_of.get(key, [])
        nested["malformed"] = malformed_of.get(key, [])
        yield Claim.model_validate(nested)


def _value(record: Claim | ServiceLine, column: Column, added: dict[str, Any]) -> object:
    """Read one column's value from an object; `added` holds the columns that the reader adds."""
    if not column.path:
        return added[column.name]
    value: Any = record
    for part in column.path.split("."):
        if value is None:
            return None
        value = getattr(value, part)
    if isinstance(value, BaseModel):
        return value.model_dump() if value != type(value)() else None
    if isinstance(value, tuple):
        return [item.model_dump() if isinstance(item, BaseModel) else item for item in value]
    return value


def _nested(row: dict[str, Any], columns: Iterable[Column]) -> dict[str, Any]:
    """Put the flat columns of a row back under their JSON paths; a part whose values are all null is null."""
    nested: dict[str, Any] = {}
    for column in columns:
        if not column.path or (value := row[column.name]) is None:
            continue
        *parents, leaf = column.path.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = value
    return nested
