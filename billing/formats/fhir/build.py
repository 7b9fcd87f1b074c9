"""One claim of the frames to one `Claim` resource, with everything it refers to contained in it.

Elements stand in the order R4 gives them, so that XML can be written of the same nodes. Nothing is made up: where R4
demands an element and the claim says nothing, the element says that it is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from billing.formats.fhir import systems
from billing.formats.fhir.build_items import as_sent, coded, item, usd, without_empty
from billing.formats.fhir.build_people import (
    UNKNOWN,
    care_team_member,
    facility,
    organization,
    patient,
    payer,
)
from billing.formats.fhir.checking import Node

_ICD = re.compile(r"([A-Z][0-9][0-9A-Z])([0-9A-Z]{1,4})")
_HCPCS = re.compile(r"[A-Z].*")
_LINE_ROLES = tuple(systems.ROLES)
_FIELDS = ("npi", "taxonomy", "name", "other_id")


def claim_resource(
    claim: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], malformed: Sequence[Mapping[str, Any]], id_: str
) -> Node:
    """Return a claim as a resource of R4.

    Args:
        claim: Its row of `claims`.
        lines: Its rows of `lines`, in order.
        malformed: Its rows of `malformed`.
        id_: The resource's id.
    """
    team = _CareTeam(claim, lines)
    contained = _contained(claim) + team.contained
    related = _related(claim)
    information = _information(claim)
    node: Node = {
        "resourceType": "Claim",
        "id": id_,
        "contained": contained,
        "extension": as_sent(malformed, None),
        "identifier": [{"value": claim["claim_id"]}],
        "status": "active",
        "type": coded(systems.CLAIM_TYPE, "professional"),
        "subType": coded(systems.X12_FREQUENCY, claim["frequency_code"]),
        "use": "claim",
        "patient": {"reference": "#patient"},
        "_created": UNKNOWN,
        "insurer": _reference(contained, "insurer"),
        "provider": _reference(contained, "provider") or UNKNOWN,
        "priority": coded(systems.PRIORITY, "normal"),
        "related": related,
        "facility": _reference(contained, "facility"),
        "careTeam": team.members,
        "supportingInfo": information,
        "diagnosis": _diagnoses(claim["diagnoses"]),
        "insurance": _insurance(claim),
        "item": [item(claim, line, team.of_line[number], malformed) for number, line in enumerate(lines)],
        "total": usd(claim["charge"]),
    }
    return without_empty(node)


def _reference(contained: Sequence[Node], name: str) -> Node | None:
    return {"reference": f"#{name}"} if any(each["id"] == name for each in contained) else None


# ----------------------------------------------------------------------------------------------- what is contained


def _contained(claim: Mapping[str, Any]) -> list[Node]:
    has_subscriber = any(claim[name] is not None for name in claim if name.startswith("subscriber_"))
    insurer = payer("insurer", claim["payer_id"], claim["payer_name"])
    parts = [
        patient("patient", claim, "member", claim["member_id"]),
        patient("subscriber", claim, "subscriber", None) if has_subscriber else None,
        insurer,
        _coverage(claim, has_insurer=insurer is not None, has_subscriber=has_subscriber),
        organization("provider", claim),
        facility("facility", claim),
    ]
    for number, other in enumerate(claim["other_payers"] or [], 2):
        parts += _other_payer(number, other)
    return [part for part in parts if part is not None]


def _coverage(claim: Mapping[str, Any], *, has_insurer: bool, has_subscriber: bool) -> Node:
    relationship = claim["relationship"]
    is_own = not has_subscriber and relationship in (None, "18")
    return without_empty(
        {
            "resourceType": "Coverage",
            "id": "coverage",
            "status": "active",
            "type": coded(systems.X12_FILING_INDICATOR, claim["filing_indicator"]),
            "subscriber": {"reference": "#subscriber"} if has_subscriber else None,
            "subscriberId": claim["member_id"] if is_own else claim["subscriber_id"],
            "beneficiary": {"reference": "#patient"},
            "relationship": _relationship(relationship),
            "payor": [{"reference": "#insurer"} if has_insurer else UNKNOWN],
        }
    )


def _relationship(code: str | None) -> Node | None:
    if code is None:
        return None
    words = next((word for word, known in systems.RELATIONSHIPS.items() if known == code), None)
    plain = [{"system": systems.SUBSCRIBER_RELATIONSHIP, "code": words}] if words else []
    return {"coding": [*plain, {"system": systems.X12_RELATIONSHIP, "code": code}]}


def _other_payer(number: int, other: Mapping[str, Any]) -> list[Node | None]:
    """Return the coverage by a payer that decided earlier, and its answer where it is known."""
    who = payer(f"payer-{number}", other["id"], other["name"])
    payor = {"reference": f"#payer-{number}"} if who else UNKNOWN
    coverage = {
        "resourceType": "Coverage",
        "id": f"coverage-{number}",
        "status": "active",
        "beneficiary": {"reference": "#patient"},
        "payor": [payor],
    }
    decided, paid = other["decided_on"], other["paid"]
    if decided is None and paid is None:
        return [who, coverage]
    answer: Node = {
        "resourceType": "ClaimResponse",
        "id": f"response-{number}",
        "status": "active",
        "type": coded(systems.CLAIM_TYPE, "professional"),
        "use": "claim",
        "patient": {"reference": "#patient"},
        **({"_created": UNKNOWN} if decided is None else {"created": decided.isoformat()}),
        "insurer": payor,
        "outcome": "complete",
        "payment": None if paid is None else {"type": UNKNOWN, "amount": usd(paid)},
    }
    return [who, coverage, without_empty(answer)]


class _CareTeam:
    """The providers of a claim and its lines: one member each, however many lines name it."""

    def __init__(self, claim: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
        self.contained: list[Node] = []
        self.members: list[Node] = []
        self.of_line: list[list[int]] = []
        known: dict[tuple[Any, ...], int] = {}
        for role in systems.ROLES:
            self._add(role, claim)
        for line in lines:
            sequences = []
            for role in _LINE_ROLES:
                key = (role, *(line[f"{role}_{field}"] for field in _FIELDS))
                if key not in known and (sequence := self._add(role, line)):
                    known[key] = sequence
                if key in known:
                    sequences.append(known[key])
            self.of_line.append(sequences)

    def _add(self, role: str, row: Mapping[str, Any]) -> int | None:
        fields = {field: row[f"{role}_{field}"] for field in _FIELDS}
        if all(value is None for value in fields.values()):
            return None
        sequence = len(self.members) + 1
        member, resource = care_team_member(sequence, role, fields)
        self.members.append(member)
        self.contained.append(resource)
        return sequence


# ------------------------------------------------------------------------------------------------ parts of a claim


def _related(claim: Mapping[str, Any]) -> list[Node]:
    if claim["original_claim_id"] is None:
        return []
    return [{"relationship": coded(systems.RELATED_CLAIM, "prior"), "reference": {"value": claim["original_claim_id"]}}]


def _information(claim: Mapping[str, Any]) -> list[Node]:
    info = coded(systems.INFORMATION_CATEGORY, "info")
    parts: list[Node] = []
    if claim["received_date"] is not None:
        received = coded(systems.CARIN_INFORMATION, systems.RECEIVED)
        parts.append({"category": received, "timingDate": claim["received_date"].isoformat()})
    if claim["delay_reason"] is not None:
        parts.append({"category": info, "code": coded(systems.X12_DELAY_REASON, claim["delay_reason"])})
    if claim["member_pregnant"] is not None:
        parts.append({"category": info, "code": coded(*systems.PREGNANCY), "valueBoolean": claim["member_pregnant"]})
    return [{"sequence": number} | part for number, part in enumerate(parts, 1)]


def _diagnoses(codes: Sequence[str] | None) -> list[Node]:
    diagnoses = []
    for number, code in enumerate(codes or [], 1):
        whole = _ICD.fullmatch(code or "")
        written = f"{whole[1]}.{whole[2]}" if whole else code
        diagnosis: Node = {
            "sequence": number,
            "diagnosisCodeableConcept": coded(systems.ICD_10_CM[0], written) if written else UNKNOWN,
        }
        if number == 1:
            diagnosis["type"] = [coded(systems.DIAGNOSIS_TYPE, "principal")]
        diagnoses.append(diagnosis)
    return diagnoses


def _insurance(claim: Mapping[str, Any]) -> list[Node]:
    focal: Node = {"sequence": 1, "focal": True, "coverage": {"reference": "#coverage"}}
    if claim["prior_authorization"] is not None:
        focal["preAuthRef"] = [claim["prior_authorization"]]
    listed = [focal]
    for number, other in enumerate(claim["other_payers"] or [], 2):
        insurance: Node = {"sequence": number, "focal": False, "coverage": {"reference": f"#coverage-{number}"}}
        if other["paid"] is not None or other["decided_on"] is not None:
            insurance["claimResponse"] = {"reference": f"#response-{number}"}
        listed.append(insurance)
    return listed
