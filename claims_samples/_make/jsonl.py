"""Claims written as claim JSON, one claim on each line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .model import Agency, Claim, Line, Person
from .profiles import Profile


def write(claims: Sequence[Claim], profile: Profile) -> bytes:
    """Return the file; the same values the 837 carries, and what absent values would say left out."""
    return "".join(json.dumps(_claim(claim, profile)) + "\n" for claim in claims).encode()


def _claim(claim: Claim, profile: Profile) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "claim_id": claim.id,
        "member": _person(claim.member),
        "relationship": "18",
        "payer": {"id": profile.payer_id, "name": profile.payer_name},
        "filing_indicator": "MC",
        "billing_provider": _agency(claim.agency),
        "rendering_provider": _worker(claim.worker, profile),
        "place_of_service": claim.place,
        "frequency_code": claim.frequency,
        "original_claim_id": claim.original,
        "prior_authorization": claim.authorization,
        "diagnoses": list(claim.diagnoses),
        "charge": _dollars(claim.cents()),
        "lines": [_line(claim, number, line, profile) for number, line in enumerate(claim.lines, start=1)],
    }
    return {name: value for name, value in fields.items() if value is not None}


def _line(claim: Claim, number: int, line: Line, profile: Profile) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "line_number": number,
        "procedure_code": line.code,
        "modifiers": list(line.modifiers),
        "charge": _dollars(line.cents),
        "units": line.units,
        "unit_basis": "UN",
        "service_date": line.day.isoformat(),
        "service_end_date": line.end.isoformat() if line.end else None,
        "place_of_service": line.place,
        "diagnosis_pointers": list(line.pointers),
        "rendering_provider": _worker(line.worker, profile) if line.worker else None,
        "line_control_number": f"{claim.id}L{number}",
    }
    return {name: value for name, value in fields.items() if value is not None}


def _person(person: Person) -> dict[str, Any]:
    fields = {
        "id": person.id or None,
        "last_name": person.last,
        "first_name": person.first,
        "birth_date": person.birth.isoformat() if person.birth else None,
        "sex": person.sex if person.birth else None,
        "address": _address(person),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _worker(worker: Person, profile: Profile) -> dict[str, str]:
    return {"npi": worker.id, "taxonomy": profile.worker_taxonomy, "name": f"{worker.last}, {worker.first}"}


def _agency(agency: Agency) -> dict[str, Any]:
    return {"npi": agency.npi, "taxonomy": agency.taxonomy, "tax_id": agency.tax_id, "name": agency.name,
            "address": _address(agency)}  # fmt: skip


def _address(place: Person | Agency) -> dict[str, str]:
    return {"line1": place.street, "city": place.city, "state": place.state, "zip": place.zip}


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
