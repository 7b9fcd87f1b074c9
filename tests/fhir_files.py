"""FHIR files for tests: one sound claim with what it refers to, in the shapes that other programs write."""

from __future__ import annotations

import copy
import json
from typing import Any

from billing.batch import Batch
from billing.formats.fhir.read import read_fhir

HL7 = "http://terminology.hl7.org/CodeSystem"
X12 = "https://codesystem.x12.org/005010"
NPI = "http://hl7.org/fhir/sid/us-npi"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CPT = "http://www.ama-assn.org/go/cpt"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
PLACES = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
NUCC = "http://nucc.org/provider-taxonomy"
BASE = "https://ehr.example.org/fhir"
Node = dict[str, Any]


def coded(system: str | None, code: str) -> Node:
    return {"coding": [{"code": code} if system is None else {"system": system, "code": code}]}


def item(sequence: int = 1, **changes: Any) -> Node:
    """One sound line; a change to None takes an element out."""
    return without(
        {
            "sequence": sequence,
            "diagnosisSequence": [1],
            "productOrService": coded(CPT, "98960"),
            "modifier": [coded(HCPCS, "U7")],
            "servicedDate": "2026-05-05",
            "locationCodeableConcept": coded(PLACES, "12"),
            "quantity": {"value": 4},
            "net": {"value": 92, "currency": "USD"},
        }
        | changes
    )


def claim(claim_id: str = "C1", **changes: Any) -> Node:
    """One sound claim that refers to the resources of `entries`; a change to None takes an element out."""
    return without(
        {
            "resourceType": "Claim",
            "id": claim_id.lower(),
            "identifier": [{"system": "https://ehr.example.org/claims", "value": claim_id}],
            "status": "active",
            "type": coded(f"{HL7}/claim-type", "professional"),
            "use": "claim",
            "patient": {"reference": "Patient/p1"},
            "created": "2026-05-06",
            "insurer": {"reference": "Organization/payer"},
            "provider": {"reference": "Organization/agency"},
            "priority": coded(f"{HL7}/processpriority", "normal"),
            "careTeam": [
                {
                    "sequence": 1,
                    "provider": {"reference": "Practitioner/chw"},
                    "role": coded(f"{HL7}/claimcareteamrole", "primary"),
                }
            ],
            "diagnosis": [{"sequence": 1, "diagnosisCodeableConcept": coded(ICD, "F33.0")}],
            "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/cov"}}],
            "item": [item()],
            "total": {"value": 92, "currency": "USD"},
        }
        | changes
    )


def resources() -> dict[str, Node]:
    """What the claim refers to, by id."""
    return copy.deepcopy(
        {
            "p1": {
                "resourceType": "Patient",
                "id": "p1",
                "identifier": [{"type": coded(f"{HL7}/v2-0203", "MR"), "value": "MEDICAL-RECORD-7"}],
                "name": [{"use": "old", "family": "ROE"}, {"use": "official", "family": "DOE", "given": ["JANE", "Q"]}],
                "gender": "female",
                "birthDate": "1990-01-31",
                "address": [
                    {"line": ["1 EXAMPLE ST", "APT 2"], "city": "TOPEKA", "state": "KS", "postalCode": "66600"}
                ],
            },
            "cov": {
                "resourceType": "Coverage",
                "id": "cov",
                "status": "active",
                "type": coded(f"{X12}/1032", "MC"),
                "subscriberId": "00123456789",
                "beneficiary": {"reference": "Patient/p1"},
                "relationship": coded(f"{HL7}/subscriber-relationship", "self"),
                "payor": [{"reference": "Organization/payer"}],
            },
            "payer": {
                "resourceType": "Organization",
                "id": "payer",
                "identifier": [{"type": coded(f"{HL7}/v2-0203", "NIIP"), "value": "P1"}],
                "name": "STATE MEDICAID",
            },
            "agency": {
                "resourceType": "Organization",
                "id": "agency",
                "identifier": [
                    {"system": NPI, "value": "1234567893"},
                    {"system": "urn:oid:2.16.840.1.113883.4.4", "value": "480000000"},
                ],
                "type": [coded(NUCC, "251S00000X")],
                "name": "EXAMPLE AGENCY",
            },
            "chw": {
                "resourceType": "Practitioner",
                "id": "chw",
                "identifier": [{"system": NPI, "value": "1000000004"}],
                "name": [{"family": "WORKER", "given": ["PAT"]}],
                "qualification": [{"code": coded(NUCC, "172V00000X")}],
            },
        }
    )


def without(node: Node) -> Node:
    return {name: value for name, value in node.items() if value is not None}


def entry(resource: Node, base: str = BASE) -> Node:
    return {"fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}", "resource": resource}


def bundle(*claims: Any, others: dict[str, Node] | None = None, kind: str = "collection", **members: Any) -> bytes:
    """A Bundle of claims and what they refer to, one entry on each line."""
    listed = [entry(each) for each in (*(resources() if others is None else others).values(), *claims)]
    head = json.dumps({"resourceType": "Bundle", "type": kind} | members)[:-1]
    return (head + ', "entry": [\n' + ",\n".join(json.dumps(each) for each in listed) + "\n]}\n").encode()


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def contained(made: Node, others: dict[str, Node] | None = None) -> Node:
    """The same claim with everything it refers to inside of it."""
    inside = list((resources() if others is None else others).values())
    text = json.dumps(made | {"contained": inside})
    for resource in inside:
        text = text.replace(f'"{resource["resourceType"]}/{resource["id"]}"', f'"#{resource["id"]}"')
    return dict(json.loads(text))


def read(data: bytes) -> Batch:
    return read_fhir(data, "may.json")


def only_claim(batch: Batch) -> Node:
    """The one claim of a batch as a dictionary of the columns that say something."""
    assert batch.unreadable.is_empty(), batch.unreadable.get_column("reason").to_list()
    [row] = batch.claims.drop("claim_key", "input", "position").to_dicts()
    return {name: value for name, value in row.items() if value is not None and value != []}


def first_line(batch: Batch) -> Node:
    row = batch.lines.drop("claim_key", "line_key", "position").row(0, named=True)
    return {name: value for name, value in row.items() if value is not None and value != []}


def reason_for(**changes: Any) -> str:
    """Why a claim with these changes is unreadable, beside two sound ones, which must not suffer."""
    batch = read(bundle(claim("A"), claim("B", **changes), claim("C")))
    assert batch.claims.get_column("claim_id").to_list() == ["A", "C"]
    [reason] = batch.unreadable.get_column("reason").to_list()
    return str(reason).removeprefix("Bundle.entry[6].")
