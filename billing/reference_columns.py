"""The columns of the reference files: who is a member, who is a worker, what was authorized, what was billed before.

Dates are inclusive at both ends, an empty end is open, an empty `program` means all programs. Codes are text.
`billing/references.py` reads the files by these columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from billing.claims import MONEY, UNITS

PolarsType = pl.DataType | type[pl.DataType]
TEXT_LIST = pl.List(pl.String)
WORKER_TYPES = ("chw", "peer", "recovery_peer", "family_peer", "youth_peer")


@dataclass(frozen=True, slots=True)
class ReferenceColumn:
    """One column of a reference file.

    Attributes:
        name: Column name in the file and in the frame.
        dtype: Polars type. Money is USD, units are billing units.
        meaning: What the value says, and what a null means.
        required: True: the file must have it, and no row may leave it empty.
        values: The values it may hold; empty: any.
        is_private: True: its values may identify a person, and never stand in a message.
    """

    name: str
    dtype: PolarsType
    meaning: str
    required: bool = False
    values: tuple[str, ...] = ()
    is_private: bool = False


def _must(
    name: str, dtype: PolarsType, meaning: str, values: tuple[str, ...] = (), *, is_private: bool = False
) -> ReferenceColumn:
    return ReferenceColumn(name, dtype, meaning, required=True, values=values, is_private=is_private)


def _private(name: str, dtype: PolarsType, meaning: str) -> ReferenceColumn:
    return ReferenceColumn(name, dtype, meaning, is_private=True)


_MEMBER = _must("member_id", pl.String, "id of the member at the payer", is_private=True)
_EFFECTIVE = _must("effective", pl.Date, "first day of the span")
_ENDED = ReferenceColumn("ended", pl.Date, "last day of the span; null: open")
_PROGRAM = ReferenceColumn("program", pl.String, "program id; null: all programs")

REFERENCE_COLUMNS: dict[str, tuple[ReferenceColumn, ...]] = {
    "members": (
        _MEMBER,
        _EFFECTIVE,
        _ENDED,
        _PROGRAM,
        _private("birth_date", pl.Date, "birth date"),
        _private("death_date", pl.Date, "death date"),
        _private("sex", pl.String, "F, M or U"),
        _private("pregnant_from", pl.Date, "first day of a pregnancy or of the time after it"),
        _private("pregnant_to", pl.Date, "last day of it; null: open"),
        ReferenceColumn("benefit_plan", pl.String, "benefit plan"),
        _private("county", pl.String, "county of residence"),
        ReferenceColumn("decided_on", pl.Date, "day the coverage was decided, for retroactive spans"),
    ),
    "enrollments": (
        _MEMBER,
        _must("kind", pl.String, "what the member is enrolled in: residential, inpatient, act, ecm, peer_bundle, ..."),
        _EFFECTIVE,
        _ENDED,
    ),
    "providers": (
        _must("npi", pl.String, "NPI of the provider", is_private=True),
        _EFFECTIVE,
        _ENDED,
        ReferenceColumn("provider_type", pl.String, "provider type of the payer"),
        ReferenceColumn("taxonomy", pl.String, "taxonomy code"),
        _PROGRAM,
    ),
    "workers": (
        _must("npi", pl.String, "NPI, or the worker's id as the claims carry it", is_private=True),
        _EFFECTIVE,
        _ENDED,
        _must("worker_type", pl.String, "what the worker is certified as", WORKER_TYPES),
        ReferenceColumn("credential", pl.String, "name of the certificate"),
        _PROGRAM,
        _private("agency_npi", pl.String, "NPI of the agency the worker bills through; null: any"),
        _private("supervisor_npi", pl.String, "NPI of the supervisor"),
        ReferenceColumn("fte", UNITS, "full-time equivalent, 1 is full time"),
    ),
    "authorizations": (
        _must("number", pl.String, "authorization number", is_private=True),
        _MEMBER,
        ReferenceColumn("procedure_code", pl.String, "the code it covers; null: any"),
        ReferenceColumn("modifiers", TEXT_LIST, "modifiers that must stand on the line; empty: any"),
        _EFFECTIVE,
        _ENDED,
        ReferenceColumn("units", UNITS, "billing units it covers in all; null: not limited"),
        _private("billing_npi", pl.String, "NPI of the provider it was given to; null: any"),
        _PROGRAM,
    ),
    "orders": (
        _MEMBER,
        _must("kind", pl.String, "what was written", ("recommendation", "plan_of_care", "referral")),
        _must("date", pl.Date, "day it was signed, its first day"),
        _ENDED,
        _private("ordering_npi", pl.String, "NPI of who signed it"),
        _PROGRAM,
    ),
    "other_coverage": (
        _MEMBER,
        _EFFECTIVE,
        _ENDED,
        ReferenceColumn("payer_id", pl.String, "id of the other payer"),
        ReferenceColumn("payer_name", pl.String, "name of the other payer"),
        ReferenceColumn("kind", pl.String, "kind of coverage", values=("medicare", "commercial")),
    ),
    "history": (
        _must("claim_id", pl.String, "the biller's own number for the claim", is_private=True),
        _must("line_number", pl.UInt32, "number of the line in its claim, from 1"),
        _MEMBER,
        _must("procedure_code", pl.String, "HCPCS or CPT code"),
        ReferenceColumn("modifiers", TEXT_LIST, "modifiers of the line; empty list when none"),
        _must("units", UNITS, "billing units"),
        ReferenceColumn("charge", MONEY, "charge of the line, USD"),
        _must("service_date", pl.Date, "first day of the service"),
        ReferenceColumn("service_end_date", pl.Date, "last day of a date range; null: a single day"),
        _private("billing_npi", pl.String, "NPI of the billing provider"),
        _private("rendering_npi", pl.String, "NPI of who gave the service"),
        _must("status", pl.String, "what became of the line", ("paid", "accepted", "denied", "void")),
        _private("payer_claim_id", pl.String, "the payer's number of the claim"),
        ReferenceColumn("frequency_code", pl.String, "1 original, 7 replacement, 8 void"),
        ReferenceColumn("decided_on", pl.Date, "day the payer paid or denied the line"),
        _PROGRAM,
    ),
}
"""Columns of each reference file. One row per span; in `history` one row per service line."""

SPANS: dict[str, tuple[tuple[str, str], ...]] = {
    "members": (("effective", "ended"), ("pregnant_from", "pregnant_to")),
    "enrollments": (("effective", "ended"),),
    "providers": (("effective", "ended"),),
    "workers": (("effective", "ended"),),
    "authorizations": (("effective", "ended"),),
    "orders": (("date", "ended"),),
    "other_coverage": (("effective", "ended"),),
    "history": (("service_date", "service_end_date"),),
}
"""First and last day of the spans of each file: a last day before its first is an error."""

REFERENCE_NAMES: tuple[str, ...] = tuple(REFERENCE_COLUMNS)


def reference_schema(file: str) -> dict[str, PolarsType]:
    """Return the Polars schema of a reference file, in order of its columns."""
    return {column.name: column.dtype for column in REFERENCE_COLUMNS[file]}
