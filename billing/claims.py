"""Claims as frames and as objects: the one data model every format reads into and every rule looks at.

Two frames carry a batch. `claims` has one row per claim, `lines` one row per service line, in input order;
`claim_key` joins them. A third, `malformed`, has one row per value that was present but could not be read
(a date `20261345`): the value's column is null in its frame and its text is kept here, so that a rule can tell
*missing* from *unreadable* and quote what was found. `CLAIM_COLUMNS` and `LINE_COLUMNS` document every column
and are the single place that knows where a value stands in X12, on the CMS-1500 form and in the claim JSON.

`Claim` and `ServiceLine` are the same data as objects, for programs that embed cleanclaim.
`claims_to_frames` and `frames_to_claims` convert without loss in both directions.

All money is US dollars as Decimal with two places, units are Decimal with three, dates are dates, codes are text.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any

import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MONEY = pl.Decimal(18, 2)
UNITS = pl.Decimal(18, 3)
MONEY_TEXT = r"^-?\d{1,15}(\.\d{1,2})?$"
UNITS_TEXT = r"^-?\d{1,12}(\.\d{1,3})?$"
ADDRESS = pl.Struct({"line1": pl.String, "line2": pl.String, "city": pl.String, "state": pl.String, "zip": pl.String})
OTHER_PAYER = pl.Struct({"id": pl.String, "name": pl.String, "paid": MONEY, "decided_on": pl.Date})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a frame: its type, what it means, and where people find the value.

    Attributes:
        name: Column name in the frame.
        dtype: Polars type. Money is USD, units are billing units.
        path: Place in the claim JSON, dotted; empty for columns the reader adds.
        x12: Loop and element of the 837P, `2400 SV104`; empty where the 837P has no place for it.
        meaning: What the value says, and what a null means where that is not simply "absent".
        form_box: Box of the paper CMS-1500; empty where it has none.
    """

    name: str
    dtype: Any
    path: str
    x12: str
    meaning: str
    form_box: str = ""


def _person(prefix: str, who: str, loop: str) -> tuple[Column, ...]:
    boxes = ("1a", "2", "2", "3", "3") if prefix == "member" else ("1a", "4", "4", "11a", "11a")
    return (
        Column(f"{prefix}_id", pl.String, f"{prefix}.id", f"{loop} NM109", f"id of {who} at the payer", boxes[0]),
        Column(f"{prefix}_last_name", pl.String, f"{prefix}.last_name", f"{loop} NM103", f"last name of {who}", boxes[1]),
        Column(f"{prefix}_first_name", pl.String, f"{prefix}.first_name", f"{loop} NM104", f"first name of {who}", boxes[2]),
        Column(f"{prefix}_birth_date", pl.Date, f"{prefix}.birth_date", f"{loop} DMG02", f"birth date of {who}", boxes[3]),
        Column(f"{prefix}_sex", pl.String, f"{prefix}.sex", f"{loop} DMG03", f"F, M or U as sent for {who}", boxes[4]),
        Column(f"{prefix}_pregnant", pl.Boolean, f"{prefix}.pregnant", "2000B PAT09", f"true when {who} is said to be pregnant"),
        Column(f"{prefix}_death_date", pl.Date, f"{prefix}.death_date", "2000B PAT06", f"death date of {who}"),
        Column(f"{prefix}_address", ADDRESS, f"{prefix}.address", f"{loop} N3", f"address of {who}", "5"),
    )  # fmt: skip


def _provider(prefix: str, path: str, loop: str, who: str, box: str = "") -> tuple[Column, ...]:
    return (
        Column(f"{prefix}_npi", pl.String, f"{path}.npi", f"{loop} NM109", f"NPI of {who}", box),
        Column(f"{prefix}_taxonomy", pl.String, f"{path}.taxonomy", f"{loop} PRV03", f"taxonomy of {who}"),
        Column(f"{prefix}_name", pl.String, f"{path}.name", f"{loop} NM103", f"name of {who}: last name, or last, first"),
        Column(f"{prefix}_other_id", pl.String, f"{path}.other_id", f"{loop} REF02", f"id of {who} at the payer, where there is no NPI"),
    )  # fmt: skip


CLAIM_COLUMNS: tuple[Column, ...] = (
    Column("claim_key", pl.UInt32, "", "", "number of the claim in the run, from 0, in input order"),
    Column("input", pl.String, "", "", "name of the file the claim came from"),
    Column("position", pl.UInt32, "", "", "segment number of CLM in its file, or line number in a JSON Lines file, from 1"),
    Column("claim_id", pl.String, "claim_id", "2300 CLM01", "the biller's own number for the claim", "26"),
    *_person("member", "the member (the patient)", "2010BA"),
    *_person("subscriber", "the subscriber, when that is not the member", "2010BA"),
    Column("relationship", pl.String, "relationship", "2000B SBR02", "18 when the member is the subscriber, else PAT01", "6"),
    Column("payer_id", pl.String, "payer.id", "2010BB NM109", "id of the payer the claim goes to"),
    Column("payer_name", pl.String, "payer.name", "2010BB NM103", "name of that payer"),
    Column("filing_indicator", pl.String, "filing_indicator", "2000B SBR09", "kind of payer; MC is Medicaid"),
    *_provider("billing", "billing_provider", "2010AA", "the billing provider", "33a"),
    Column("billing_tax_id", pl.String, "billing_provider.tax_id", "2010AA REF02", "tax id of the billing provider", "25"),
    Column("billing_address", ADDRESS, "billing_provider.address", "2010AA N3", "address of the billing provider", "33"),
    *_provider("rendering", "rendering_provider", "2310B", "who gave the service", "24J"),
    *_provider("supervising", "supervising_provider", "2310D", "the supervisor", "17"),
    *_provider("ordering", "ordering_provider", "2420E", "who ordered or recommended the service", "17"),
    *_provider("referring", "referring_provider", "2310A", "who referred the member", "17"),
    *_provider("facility", "service_facility", "2310C", "the place where the service was given", "32a"),
    Column("facility_address", ADDRESS, "service_facility.address", "2310C N3", "address of that place", "32"),
    Column("place_of_service", pl.String, "place_of_service", "2300 CLM05-1", "two-digit place of service", "24B"),
    Column("frequency_code", pl.String, "frequency_code", "2300 CLM05-3", "1 original, 7 replacement, 8 void", "22"),
    Column("original_claim_id", pl.String, "original_claim_id", "2300 REF*F8", "the payer's number of the claim replaced or voided", "22"),
    Column("prior_authorization", pl.String, "prior_authorization", "2300 REF*G1", "authorization number of the claim", "23"),
    Column("delay_reason", pl.String, "delay_reason", "2300 CLM20", "reason code for late filing"),
    Column("diagnoses", pl.List(pl.String), "diagnoses", "2300 HI", "ICD-10-CM codes without dot, principal first; empty list when none", "21"),
    Column("charge", MONEY, "charge", "2300 CLM02", "total charge of the claim, USD", "28"),
    Column("other_payers", pl.List(OTHER_PAYER), "other_payers", "2320", "earlier payers, what they paid (USD) and when; empty list when none", "9"),
    Column("received_date", pl.Date, "received_date", "", "day the payer received it; null: the run's received date"),
)  # fmt: skip

LINE_COLUMNS: tuple[Column, ...] = (
    Column("line_key", pl.UInt32, "", "", "number of the line in the run, from 0, in input order"),
    Column("claim_key", pl.UInt32, "", "", "the claim it belongs to"),
    Column("position", pl.UInt32, "", "", "segment number of SV1 in its file; the claim's line in a JSON Lines file"),
    Column("line_number", pl.UInt32, "line_number", "2400 LX01", "number of the line in its claim, from 1"),
    Column("procedure_code", pl.String, "procedure_code", "2400 SV101-2", "HCPCS or CPT code", "24D"),
    Column("modifiers", pl.List(pl.String), "modifiers", "2400 SV101-3", "modifiers in the order sent; empty list when none", "24D"),
    Column("charge", MONEY, "charge", "2400 SV102", "charge of the line, USD", "24F"),
    Column("units", UNITS, "units", "2400 SV104", "billing units; null: absent or malformed", "24G"),
    Column("unit_basis", pl.String, "unit_basis", "2400 SV103", "UN units, MJ minutes"),
    Column("service_date", pl.Date, "service_date", "2400 DTP03", "first day of the service", "24A"),
    Column("service_end_date", pl.Date, "service_end_date", "2400 DTP03", "last day of a date range; null: a single day", "24A"),
    Column("place_of_service", pl.String, "place_of_service", "2400 SV105", "place of service; null: the claim's", "24B"),
    Column("diagnosis_pointers", pl.List(pl.UInt32), "diagnosis_pointers", "2400 SV107", "positions in the claim's diagnoses, from 1", "24E"),
    *_provider("rendering", "rendering_provider", "2420A", "who gave this line's service; null: the claim's", "24J"),
    *_provider("supervising", "supervising_provider", "2420D", "this line's supervisor; null: the claim's", "17"),
    *_provider("ordering", "ordering_provider", "2420E", "who ordered this line's service", "17"),
    *_provider("referring", "referring_provider", "2420F", "who referred for this line; null: the claim's", "17"),
    Column("prior_authorization", pl.String, "prior_authorization", "2400 REF*G1", "authorization number of the line; null: the claim's", "23"),
    Column("line_control_number", pl.String, "line_control_number", "2400 REF*6R", "the biller's own number for the line"),
    Column("start_time", pl.Time, "start_time", "", "when the session began"),
    Column("end_time", pl.Time, "end_time", "", "when the session ended"),
    Column("group_size", pl.UInt32, "group_size", "", "how many members took part"),
    Column("session_id", pl.String, "session_id", "", "the session the line belongs to; members of a group share it"),
    Column("worker", pl.String, "worker", "", "NPI or id of the worker, when that is not the rendering provider"),
)  # fmt: skip

MALFORMED_COLUMNS: tuple[Column, ...] = (
    Column("claim_key", pl.UInt32, "", "", "the claim that holds the value"),
    Column("line_key", pl.UInt32, "", "", "the line that holds it; null: the claim itself"),
    Column("column", pl.String, "", "", "the column whose value could not be read"),
    Column("text", pl.String, "", "", "the value as it was sent"),
)

UNREADABLE_COLUMNS: tuple[Column, ...] = (
    Column("input", pl.String, "", "", "name of the file"),
    Column("first", pl.UInt32, "", "", "first segment (or line) of the part that could not be read, from 1"),
    Column("last", pl.UInt32, "", "", "last segment (or line) of it"),
    Column("loop", pl.String, "", "", "where it went wrong: 2000A, 2000B, 2300, ST, line"),
    Column("reason", pl.String, "", "", "why, in words, without any value of the claim"),
    Column("charge", MONEY, "", "", "the claim's charge, USD; null when that too could not be read"),
)

# Columns whose text is kept in `malformed` when it is present and cannot be read.
MALFORMABLE = ("units", "service_date", "service_end_date", "diagnosis_pointers", "member_birth_date",
               "member_death_date", "line_number")  # fmt: skip


def schema(columns: Iterable[Column]) -> dict[str, Any]:
    """Return the Polars schema of documented columns, in order."""
    return {column.name: column.dtype for column in columns}


CLAIMS_SCHEMA = schema(CLAIM_COLUMNS)
LINES_SCHEMA = schema(LINE_COLUMNS)
MALFORMED_SCHEMA = schema(MALFORMED_COLUMNS)
UNREADABLE_SCHEMA = schema(UNREADABLE_COLUMNS)


def empty(frame_schema: dict[str, Any]) -> pl.DataFrame:
    """Return a frame of that schema without rows."""
    return pl.DataFrame(schema=frame_schema)


# ---------------------------------------------------------------------------------------------- the objects


def _exact(value: object, pattern: str, what: str) -> object:
    """Refuse binary floats and texts that a Decimal would accept but a biller would not (`9e2`, `92.005`)."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError(f"{what} is a text such as '92.00' or a whole number, never a binary float")
    if not re.match(pattern, text := str(value)):
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


# -------------------------------------------------------------------------------------------- both directions


def claims_to_frames(claims: Iterable[Claim], *, input_name: str = "claims", positions: Iterable[int] | None = None,
                     first_claim_key: int = 0, first_line_key: int = 0) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:  # fmt: skip
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
        line_keys = {}
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


def frames_to_claims(claims: pl.DataFrame, lines: pl.DataFrame, malformed: pl.DataFrame | None = None) -> Iterator[Claim]:
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
