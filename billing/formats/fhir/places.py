"""Where each column of a claim stands in a FHIR R4 `Claim`: the mapping as data.

One row per column of `claims` and `lines` that a reader fills. `docs/fhir.md` shows the same table, findings point
into the resource with it, and a test compares all three. `resolve()` follows a
reference, as in FHIRPath.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from billing.claim_columns import Column


@dataclass(frozen=True, slots=True)
class Place:
    """Where one column stands.

    Attributes:
        column: Its name in `CLAIM_COLUMNS` or `LINE_COLUMNS`.
        path: Elements from `Claim`, or from its `item`, where it is written and looked for first.
        says: What counts as the value, and where else it is looked for, in words.
    """

    column: str
    path: str
    says: str = ""


def _person(prefix: str, path: str, id_path: str, id_says: str) -> tuple[Place, ...]:
    at = f"{path}.resolve()"
    return (
        Place(f"{prefix}_id", id_path, id_says),
        Place(f"{prefix}_last_name", f"{at}.name.family", "the official or usual name; or `text`, up to its comma"),
        Place(f"{prefix}_first_name", f"{at}.name.given", "the first one; or `text`, behind its comma"),
        Place(f"{prefix}_birth_date", f"{at}.birthDate", "a whole date; a year or month alone cannot be read"),
        Place(f"{prefix}_sex", f"{at}.gender", "female F, male M, unknown and other U"),
        _pregnant(prefix, at),
        Place(f"{prefix}_death_date", f"{at}.deceasedDateTime"),
        Place(f"{prefix}_address", f"{at}.address", "the first that is neither old nor temporary"),
    )


def _pregnant(prefix: str, at: str) -> Place:
    if prefix == "member":
        return Place("member_pregnant", "supportingInfo.valueBoolean", "with LOINC 82810-3 as `code`")
    return Place("subscriber_pregnant", f"{at}.extension", "own extension `pregnant`")


def _provider(prefix: str, path: str, taxonomy: str, taxonomy_says: str) -> tuple[Place, ...]:
    at = f"{path}.resolve()"
    return (
        Place(f"{prefix}_npi", f"{at}.identifier", "system `http://hl7.org/fhir/sid/us-npi`, or type NPI"),
        Place(f"{prefix}_taxonomy", taxonomy, taxonomy_says),
        Place(f"{prefix}_name", f"{at}.name", "`text`, or family and first given name; of an organisation its name"),
        Place(f"{prefix}_other_id", f"{at}.identifier", "type PRN"),
    )


_OTHERWISE = "NUCC; or specialty or code of a PractitionerRole, or a qualification"
_ROLES = {
    "rendering": "role `primary` or `rendering` or `performing`, or X12's 82",
    "supervising": "role `supervisor` or `supervising`, or X12's DQ",
    "ordering": "role `ordering` or `prescribing`, or X12's DK",
    "referring": "role `referring`, or X12's DN",
}


def _team(role: str) -> tuple[Place, ...]:
    npi, *others = _provider(role, "careTeam.provider", "careTeam.qualification", _OTHERWISE)
    return (Place(npi.column, npi.path, f"{_ROLES[role]}; {npi.says}"), *others)


def _team_of_line(role: str) -> tuple[Place, ...]:
    return tuple(
        Place(f"{role}_{field}", "careTeamSequence", "as for the claim, of the member that it names")
        for field in ("npi", "taxonomy", "name", "other_id")
    )


CLAIM_PLACES: tuple[Place, ...] = (
    Place("claim_id", "identifier.value", "the official or usual one, or the first; without any, `id`"),
    *_person(
        "member",
        "patient",
        "insurance.coverage.resolve().subscriberId",
        "an identifier of type MB of the coverage; `subscriberId` where the member is the subscriber; an "
        "identifier of type MB or MA of the patient",
    ),
    *_person(
        "subscriber",
        "insurance.coverage.resolve().subscriber",
        "insurance.coverage.resolve().subscriberId",
        "where the subscriber is someone else",
    ),
    Place(
        "relationship",
        "insurance.coverage.resolve().relationship",
        "X12's code (1069); or self 18, spouse 01, child 19, common 53, parent and other G8",
    ),
    Place(
        "payer_id",
        "insurer.resolve().identifier",
        "type NIIP or payerid, or the only one; without `insurer`, of the coverage's first `payor`",
    ),
    Place("payer_name", "insurer.resolve().name", "likewise"),
    Place("filing_indicator", "insurance.coverage.resolve().type", "X12's code (1032)"),
    *_provider("billing", "provider", "provider.resolve().type", _OTHERWISE),
    Place("billing_tax_id", "provider.resolve().identifier", "system `urn:oid:2.16.840.1.113883.4.4`, or type TAX"),
    Place("billing_address", "provider.resolve().address"),
    *(place for role in _ROLES for place in _team(role)),
    *_provider("facility", "facility", "facility.resolve().type", "NUCC"),
    Place("facility_address", "facility.resolve().address"),
    Place("place_of_service", "facility.resolve().type", "CMS's place of service codes; or what every line says"),
    Place(
        "frequency_code", "subType", "X12's code (1325), there or as `related.relationship`; the relationship RPLC is 7"
    ),
    Place("original_claim_id", "related.reference", "or the identifier of `related.claim`"),
    Place("prior_authorization", "insurance.preAuthRef", "of the focal insurance; the first one"),
    Place("delay_reason", "supportingInfo.code", "X12's code (1514)"),
    Place(
        "diagnoses",
        "diagnosis.diagnosisCodeableConcept",
        "ICD-10-CM, with or without the dot; the principal one first, then by `sequence`; or the code of the "
        "Condition that `diagnosisReference` names",
    ),
    Place("charge", "total", "USD; without it the sum of the lines"),
    Place(
        "other_payers",
        "insurance",
        "each that is not focal: payor of its coverage, and of its `claimResponse` the amount paid and the "
        "day it was created",
    ),
    Place("received_date", "supportingInfo.timingDate", "category `clmrecvddate`"),
)

LINE_PLACES: tuple[Place, ...] = (
    Place("line_number", "sequence"),
    Place("procedure_code", "productOrService", "HCPCS or CPT, or a code without a system"),
    Place("modifiers", "modifier", "likewise, in this order"),
    Place("charge", "net", "USD; without it `unitPrice` times `quantity` times `factor`, where that is whole cents"),
    Place("units", "quantity.value"),
    Place("unit_basis", "quantity.code", "X12's code (355): UN or MJ; UCUM: `1` is UN, `min` is MJ"),
    Place("service_date", "servicedDate", "or the start of `servicedPeriod`"),
    Place("service_end_date", "servicedPeriod.end"),
    Place(
        "place_of_service", "locationCodeableConcept", "CMS's place of service codes; the claim's own is not repeated"
    ),
    Place("diagnosis_pointers", "diagnosisSequence", "turned into positions in the claim's diagnoses"),
    *(place for role in _ROLES for place in _team_of_line(role)),
    Place("prior_authorization", "extension", "Da Vinci's `extension-authorizationNumber`"),
    Place("line_control_number", "extension", "Da Vinci's `extension-itemTraceNumber`"),
    Place("start_time", "extension", "own extension `start-time`; or the time of the start of `servicedPeriod`"),
    Place("end_time", "extension", "own extension `end-time`; or the time of the end of `servicedPeriod`"),
    Place("group_size", "extension", "own extension `group-size`"),
    Place("session_id", "extension", "own extension `session`"),
    Place("worker", "extension", "own extension `worker`"),
)


def paths(columns: Iterable[Column], places: Iterable[Place]) -> dict[str, str]:
    """Return the path of each column by its place in the claim JSON, which is what a finding names."""
    known = {place.column: place.path for place in places}
    return {column.path: known[column.name] for column in columns if column.path}
