"""The columns of claims and lines: type, meaning, and where each value stands in X12, on paper and in the claim JSON.

One row per claim in `claims`, one per service line in `lines`, in input order; `claim_key` joins them. A third
frame, `malformed`, has one row per value that was present but could not be read (a date `20261345`): the value's
column is null in its frame and its text is kept there, so that a rule can tell *missing* from *unreadable* and
quote what was found.

All money is US dollars as Decimal with two places, units are Decimal with three, dates are dates, codes are text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

MONEY = pl.Decimal(18, 2)
UNITS = pl.Decimal(18, 3)
MONEY_TEXT = r"^-?[0-9]{1,15}(\.[0-9]{1,2})?$"
UNITS_TEXT = r"^-?[0-9]{1,12}(\.[0-9]{1,3})?$"
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


# fmt: off
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
    )


def _provider(
    prefix: str, path: str, loop: str, who: str, box: str = "", *, taxonomy_loop: str = ""
) -> tuple[Column, ...]:
    return (
        Column(f"{prefix}_npi", pl.String, f"{path}.npi", f"{loop} NM109", f"NPI of {who}", box),
        Column(f"{prefix}_taxonomy", pl.String, f"{path}.taxonomy", f"{taxonomy_loop or loop} PRV03", f"taxonomy of {who}"),
        Column(f"{prefix}_name", pl.String, f"{path}.name", f"{loop} NM103", f"name of {who}: last name, or last, first"),
        Column(f"{prefix}_other_id", pl.String, f"{path}.other_id", f"{loop} REF02", f"id of {who} at the payer, where there is no NPI"),
    )


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
    *_provider("billing", "billing_provider", "2010AA", "the billing provider", "33a", taxonomy_loop="2000A"),
    Column("billing_tax_id", pl.String, "billing_provider.tax_id", "2010AA REF*EI", "tax id of the billing provider", "25"),
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
)

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
)

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
# fmt: on

# Columns whose text is kept in `malformed` when it is present and cannot be read.
MALFORMABLE = (
    "units",
    "service_date",
    "service_end_date",
    "diagnosis_pointers",
    "member_birth_date",
    "member_death_date",
    "line_number",
)


def schema(columns: Iterable[Column]) -> dict[str, Any]:
    """Return the Polars schema of documented columns, in order."""
    return {column.name: column.dtype for column in columns}


CLAIMS_SCHEMA = schema(CLAIM_COLUMNS)
LINES_SCHEMA = schema(LINE_COLUMNS)
MALFORMED_SCHEMA = schema(MALFORMED_COLUMNS)
UNREADABLE_SCHEMA = schema(UNREADABLE_COLUMNS)


_EMPTY: dict[int, tuple[dict[str, Any], pl.DataFrame]] = {}


def empty(frame_schema: dict[str, Any]) -> pl.DataFrame:
    """Return a frame of that schema, which must not change afterwards, without rows."""
    # To lay out sixty columns takes half a millisecond, and one claim asks for a dozen such frames.
    known = _EMPTY.get(id(frame_schema))
    if known is None:
        known = _EMPTY[id(frame_schema)] = (frame_schema, pl.DataFrame(schema=frame_schema))
    return known[1].clone()
