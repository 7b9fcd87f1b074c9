"""Claims written as one FHIR R4 Bundle, with members, coverages, workers and agencies as entries that claims share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .model import Agency, Claim, Line, Person
from .profiles import Profile

_BASE = "https://ehr.example.org/fhir"
_HL7 = "http://terminology.hl7.org/CodeSystem"
_NPI = "http://hl7.org/fhir/sid/us-npi"
_HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_CPT = "http://www.ama-assn.org/go/cpt"
_PLACES = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
_ICD = "http://hl7.org/fhir/sid/icd-10-cm"
_X12 = "https://codesystem.x12.org/005010"
Node = dict[str, Any]


def write(claims: Sequence[Claim], profile: Profile) -> bytes:
    """Return the file; the same values the 837 carries. Money keeps its two places, as FHIR asks for."""
    entries: dict[str, Node] = {}
    for number, claim in enumerate(claims, start=1):
        for resource in (_payer(profile), _agency(claim.agency), _patient(claim.member), _coverage(claim, profile),
                         _worker(claim.worker, profile), _claim(claim, number)):  # fmt: skip
            entries.setdefault(f"{_BASE}/{resource['resourceType']}/{resource['id']}", resource)
        for line in claim.lines:
            if line.worker:
                worker = _worker(line.worker, profile)
                entries.setdefault(f"{_BASE}/Practitioner/{worker['id']}", worker)
    listed = ",\n".join(_text({"fullUrl": url, "resource": resource}) for url, resource in entries.items())
    return f'{{"resourceType": "Bundle", "type": "collection", "entry": [\n{listed}\n]}}\n'.encode()


def _text(node: Node) -> str:
    """Return JSON in which money, which is held as `cents`, is a number with two places."""
    text = json.dumps(node)
    parts = text.split('"cents:')
    return parts[0] + "".join(_dollars(part) for part in parts[1:])


def _dollars(part: str) -> str:
    cents, _, rest = part.partition('"')
    return f"{int(cents) // 100}.{int(cents) % 100:02d}{rest}"


def _claim(claim: Claim, number: int) -> Node:
    prior = _coded(f"{_HL7}/ex-relatedclaimrelationship", "prior")
    related = [{"relationship": prior, "reference": {"value": claim.original}}]
    sequences = {id(line): number for number, line in enumerate((x for x in claim.lines if x.worker), start=2)}
    return _given(
        {
            "resourceType": "Claim",
            "id": f"claim-{number}",
            "identifier": [{"system": "https://ehr.example.org/claims", "value": claim.id}],
            "status": "active",
            "type": _coded(f"{_HL7}/claim-type", "professional"),
            "subType": _coded(f"{_X12}/1325", claim.frequency),
            "use": "claim",
            "patient": _reference("Patient", _name(claim.member)),
            "created": max(line.day for line in claim.lines).isoformat(),
            "insurer": _reference("Organization", "payer"),
            "provider": _reference("Organization", claim.agency.npi),
            "priority": _coded(f"{_HL7}/processpriority", "normal"),
            "related": related if claim.original else None,
            "careTeam": [
                _member(1, claim.worker),
                *(_member(sequences[id(line)], line.worker) for line in claim.lines if line.worker),
            ],
            "diagnosis": [
                {"sequence": place, "diagnosisCodeableConcept": _coded(_ICD, _dotted(code))}
                for place, code in enumerate(claim.diagnoses, start=1)
            ],
            "insurance": [
                _given(
                    {
                        "sequence": 1,
                        "focal": True,
                        "coverage": _reference("Coverage", _name(claim.member)),
                        "preAuthRef": [claim.authorization] if claim.authorization else None,
                    }
                )
            ],
            "item": [
                _item(claim, place, line, sequences.get(id(line))) for place, line in enumerate(claim.lines, start=1)
            ],
            "total": _usd(claim.cents()),
        }
    )


def _item(claim: Claim, number: int, line: Line, worker: int | None) -> Node:
    units = float(line.units) if "." in line.units else int(line.units)
    days = {"start": line.day.isoformat(), "end": line.end.isoformat()} if line.end else None
    return _given(
        {
            "sequence": number,
            "careTeamSequence": [worker] if worker else None,
            "diagnosisSequence": list(line.pointers),
            "productOrService": _coded(_CPT if line.code.isdigit() else _HCPCS, line.code),
            "modifier": [_coded(_HCPCS if code[0].isalpha() else _CPT, code) for code in line.modifiers] or None,
            "servicedDate": None if line.end else line.day.isoformat(),
            "servicedPeriod": days,
            "locationCodeableConcept": _coded(_PLACES, line.place or claim.place),
            "quantity": {"value": units, "system": f"{_X12}/355", "code": "UN"},
            "net": _usd(line.cents),
        }
    )


def _member(sequence: int, worker: Person) -> Node:
    return {
        "sequence": sequence,
        "provider": _reference("Practitioner", worker.id),
        "role": _coded(f"{_HL7}/claimcareteamrole", "primary"),
    }


def _patient(person: Person) -> Node:
    return _given(
        {
            "resourceType": "Patient",
            "id": _name(person),
            "name": [{"use": "official", "family": person.last, "given": [person.first]}],
            "gender": {"F": "female", "M": "male"}.get(person.sex, "unknown") if person.birth else None,
            "birthDate": person.birth.isoformat() if person.birth else None,
            "address": [_address(person)],
        }
    )


def _coverage(claim: Claim, profile: Profile) -> Node:
    del profile  # every claim of a batch goes to one payer
    return _given(
        {
            "resourceType": "Coverage",
            "id": _name(claim.member),
            "status": "active",
            "type": _coded(f"{_X12}/1032", "MC"),
            "subscriberId": claim.member.id or None,
            "beneficiary": _reference("Patient", _name(claim.member)),
            "relationship": _coded(f"{_HL7}/subscriber-relationship", "self"),
            "payor": [_reference("Organization", "payer")],
        }
    )


def _payer(profile: Profile) -> Node:
    identifier = {"type": _coded(f"{_HL7}/v2-0203", "NIIP"), "value": profile.payer_id}
    return {"resourceType": "Organization", "id": "payer", "identifier": [identifier], "name": profile.payer_name}


def _agency(agency: Agency) -> Node:
    tax = {"system": "urn:oid:2.16.840.1.113883.4.4", "value": agency.tax_id}
    return {
        "resourceType": "Organization",
        "id": agency.npi,
        "identifier": [{"system": _NPI, "value": agency.npi}, tax],
        "type": [_coded("http://nucc.org/provider-taxonomy", agency.taxonomy)],
        "name": agency.name,
        "address": [_address(agency)],
    }


def _worker(worker: Person, profile: Profile) -> Node:
    return {
        "resourceType": "Practitioner",
        "id": worker.id,
        "identifier": [{"system": _NPI, "value": worker.id}],
        "name": [{"family": worker.last, "given": [worker.first]}],
        "qualification": [{"code": _coded("http://nucc.org/provider-taxonomy", profile.worker_taxonomy)}],
    }


def _name(person: Person) -> str:
    """Return the id of a member's resources: the payer's number, and of one without it the name."""
    return person.id or f"{person.last}-{person.first}"


def _dotted(code: str) -> str:
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code  # noqa: PLR2004 the dot stands behind three


def _reference(kind: str, name: str) -> Node:
    return {"reference": f"{kind}/{name}"}


def _coded(system: str, code: str) -> Node:
    return {"coding": [{"system": system, "code": code}]}


def _usd(cents: int) -> Node:
    return {"value": f"cents:{cents}", "currency": "USD"}


def _address(place: Person | Agency) -> Node:
    return {"line": [place.street], "city": place.city, "state": place.state, "postalCode": place.zip}


def _given(node: Node) -> Node:
    return {name: value for name, value in node.items() if value is not None}
