"""Claims as objects and as frames: the one data model every format reads into and every rule looks at.

`Claim` and `ServiceLine` are for programs that embed cleanclaim; the frames `claims`, `lines` and `malformed`
(`billing/claim_columns.py`) are what crosses rooms. `claims_to_frames` and `frames_to_claims` convert without
loss in both directions.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any

import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

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
    "Column",
    "Facility",
    "MalformedValue",
    "OtherPayer",
    "Payer",
    "Person",
    "Provider",
    "ServiceLine",
    "claims_to_frames",
    "empty",
    "frames_to_claims",
    "schema",
]


def _exact(value: object, pattern: str, what: str) -> object:
    """Refuse binary floats and texts that a Decimal would accept but a biller would not (`9e2`, `92.005`)."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError(f"{what} is a text such as '92.00' or a whole number, never a binary float")
    if not re.fullmatch(pattern, text := str(value)):
        raise ValueError(f"{what} is digits with at most {2 if pattern is MONEY_TEXT else 3} decimals")
    return Decimal(text)


Money = Annotated[Decimal, BeforeValidator(lambda value: _exact(value, MONEY_TEXT, "money"))]
Units = Annotated[Decimal, BeforeValidator(lambda value: _exact(value, UNITS_TEXT, "units"))]


def _day(value: object) -> object:
    """Take ISO dates only: a bare number would be read as seconds since 1970, and a time of day dropped."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError("a date is a day of the calendar, written 2026-05-31")


def _clock_time(value: object) -> object:
    """Take times of a day only: a bare number would be read as seconds since midnight, and a zone dropped."""
    if isinstance(value, time) and value.tzinfo is None:
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?", value):
        with contextlib.suppress(ValueError):
            return time.fromisoformat(value)
    raise ValueError("a time is written 09:00 or 17:30:00")


Day = Annotated[date, BeforeValidator(_day)]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Address(_Model):
    """A postal address. Every part may be null."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None


class Person(_Model):
    """A member or a subscriber. `id` is the payer's id for them."""

    id: str | None = None
    last_name: str | None = None
    first_name: str | None = None
    birth_date: Day | None = None
    sex: str | None = None
    pregnant: bool | None = None
    death_date: Day | None = None
    address: Address | None = None


class Provider(_Model):
    """A provider named on a claim. `other_id` is the payer's id for one who has no NPI."""

    npi: str | None = None
    taxonomy: str | None = None
    name: str | None = None
    other_id: str | None = None


class BillingProvider(Provider):
    """The provider who is paid."""

    tax_id: str | None = None
    address: Address | None = None


class Facility(Provider):
    """The place where the service was given."""

    address: Address | None = None


class Payer(_Model):
    """The payer a claim goes to."""

    id: str | None = None
    name: str | None = None


class OtherPayer(_Model):
    """A payer that decided the claim earlier. `paid` is USD."""

    id: str | None = None
    name: str | None = None
    paid: Money | None = None
    decided_on: Day | None = None


class MalformedValue(_Model):
    """A value that was present but could not be read: its column is null, its text is here.

    `line_number` is null for a value of the claim itself.
    """

    line_number: int | None = None
    column: str
    text: str


class ServiceLine(_Model):
    """One service line of a claim. Money is USD, `units` are billing units; null means absent."""

    line_number: int = Field(ge=0, lt=2**32)
    procedure_code: str | None = None
    modifiers: tuple[str, ...] = ()
    charge: Money
    units: Units | None = None
    unit_basis: str | None = None
    service_date: Day | None = None
    service_end_date: Day | None = None
    place_of_service: str | None = None
    diagnosis_pointers: tuple[Annotated[int, Field(ge=0, lt=2**32)], ...] = ()
    rendering_provider: Provider | None = None
    supervising_provider: Provider | None = None
    ordering_provider: Provider | None = None
    referring_provider: Provider | None = None
    prior_authorization: str | None = None
    line_control_number: str | None = None
    start_time: ClockTime | None = None
    end_time: ClockTime | None = None
    group_size: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    session_id: str | None = None
    worker: str | None = None


class Claim(_Model):
    """One professional claim, as in the claim JSON. Absent and null are the same."""

    claim_id: str = Field(min_length=1)
    member: Person = Person()
    subscriber: Person | None = None
    relationship: str | None = None
    payer: Payer = Payer()
    filing_indicator: str | None = None
    billing_provider: BillingProvider = BillingProvider()
    rendering_provider: Provider | None = None
    supervising_provider: Provider | None = None
    ordering_provider: Provider | None = None
    referring_provider: Provider | None = None
    service_facility: Facility | None = None
    place_of_service: str | None = None
    frequency_code: str | None = None
    original_claim_id: str | None = None
    prior_authorization: str | None = None
    delay_reason: str | None = None
    diagnoses: tuple[str, ...] = ()
    charge: Money
    other_payers: tuple[OtherPayer, ...] = ()
    received_date: Day | None = None
    malformed: tuple[MalformedValue, ...] = ()
    lines: tuple[ServiceLine, ...] = Field(min_length=1)


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
