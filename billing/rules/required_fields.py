"""Values that every claim must carry and that are absent.

What it checks:
    The value an entry names stands on the claim or line. A text of nothing but spaces is absent. A value that is
    there and cannot be read is not absent: the kind that looks at it says so (a date is `service_dates`' business).

Why it matters:
    A payer's front end returns a claim that lacks a required value before anyone looks at it (CARC 16).

Example:
    a line without units -> national.required_fields.units

    Passes: the line with 2 units

    Instead: send the units of the visit.

Policy key:
    required_fields

Needs:
    nothing but the claims

Also called:
    missing data, mandatory field, required element, incomplete claim, lacks information
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, NamedTuple, cast

import polars as pl
from pydantic import AfterValidator

from billing.claims import CLAIMS_SCHEMA, LINES_SCHEMA, MALFORMABLE
from billing.errors import did_you_mean
from billing.policy.codesets import Fact
from billing.policy.schema import PolicyEntry
from billing.rules._kind import Check, Services
from billing.rules._words import is_blank

ON_VOIDS = True


class Field(NamedTuple):
    """A value that may be required: its name in a sentence, whose it is, and the cause when it is absent."""

    words: str
    grain: Literal["line", "claim"] = "claim"
    cause: str = "required_value_missing"


FIELDS = {
    "member_id": Field("the member's id", cause="member_id_missing"),
    "member_birth_date": Field("the member's birth date", cause="birth_date_missing"),
    "member_sex": Field("the member's sex"),
    "subscriber_id": Field("the subscriber's id"),
    "relationship": Field("the member's relationship to the subscriber"),
    "payer_id": Field("the payer's id"),
    "filing_indicator": Field("the kind of payer"),
    "billing_npi": Field("the billing NPI", cause="billing_npi_invalid"),
    "billing_taxonomy": Field("the billing taxonomy", cause="taxonomy_missing"),
    "facility_npi": Field("the NPI of the service place", cause="facility_npi_invalid"),
    "frequency_code": Field("the frequency code", cause="frequency_code_invalid"),
    "original_claim_id": Field("the payer's number of the original", cause="replacement_without_original"),
    "diagnoses": Field("a diagnosis", cause="dx_missing"),
    "line_number": Field("the line number", "line"),
    "procedure_code": Field("the procedure code", "line", "procedure_code_invalid"),
    "units": Field("the units", "line", "units_invalid"),
    "service_date": Field("the service date", "line", "date_invalid"),
    "place_of_service": Field("the place of service", "line", "pos_invalid"),
    "diagnosis_pointers": Field("the diagnosis pointer", "line", "dx_pointer_invalid"),
    "rendering_npi": Field("the rendering NPI", "line", "rendering_npi_invalid"),
    "rendering_taxonomy": Field("the rendering taxonomy", "line", "taxonomy_missing"),
    "supervising_npi": Field("the supervising NPI", "line", "supervisor_missing"),
    "ordering_npi": Field("the ordering NPI", "line", "missing_order"),
    "referring_npi": Field("the referring NPI", "line", "missing_referral"),
    "prior_authorization": Field("the authorization number", "line", "no_authorization"),
    "start_time": Field("the start time", "line"),
    "end_time": Field("the end time", "line"),
}

OTHERWISE = {"billing_other_id": "another id of the billing provider"}
READ_ELSEWHERE = tuple(column for column in MALFORMABLE if column != "line_number")  # no other kind reads that one


def _known(field: str) -> str:
    if field not in FIELDS and field not in OTHERWISE:
        raise ValueError(f"no value of this name can be required; {did_you_mean(field, FIELDS)}".rstrip("; "))
    return field


class Entry(PolicyEntry):
    """One value that must be there.

    Attributes:
        field: Row column of the value.
        in_its_place: Row column of a value that may stand in its place.
    """

    field: Annotated[str, AfterValidator(_known)]
    in_its_place: Annotated[str, AfterValidator(_known)] | None = None


def in_words(entry: Entry, _services: Services) -> str:
    """Put an entry into a sentence."""
    field = FIELDS[entry.field]
    other = OTHERWISE.get(entry.in_its_place or "") or (
        FIELDS[entry.in_its_place].words if entry.in_its_place else None
    )
    return f"Each {field.grain} has {field.words}{f', or else {other}' if other else ''}."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on one value: it is there."""
    entry = cast("Entry", fact.entry)
    field = FIELDS[entry.field]
    yield Check(
        cause=field.cause,
        applies=_absent(entry.in_its_place) if entry.in_its_place else None,
        fails=_absent(entry.field),
        column=entry.field,
        grain=field.grain,
        message=f"The {field.grain} lacks {field.words}.",
        remedy=f"Add {field.words} from the record of the service, then send the claim again.",
        found=pl.coalesce("line_number_text", pl.lit("nothing")) if entry.field == "line_number" else pl.lit("nothing"),
        allowed=field.words,
        by_date=False,  # an absent service date cannot decide whether it is required
    )


def _absent(column: str) -> pl.Expr:
    """Tell whether a value is neither there nor there and unreadable."""
    dtype = CLAIMS_SCHEMA.get(column) or LINES_SCHEMA[column]
    if dtype == pl.String:
        absent = is_blank(column)
    elif isinstance(dtype, pl.List):
        absent = pl.col(column).is_null() | (pl.col(column).list.len() == 0)
    else:
        absent = pl.col(column).is_null()
    return absent & pl.col(f"{column}_text").is_null() if column in READ_ELSEWHERE else absent
