"""The people and organisations of a claim as the resources that its `Claim` contains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from billing.formats.fhir import systems
from billing.formats.fhir.checking import Node

UNKNOWN: Node = {"extension": [{"url": systems.ABSENT, "valueCode": "unknown"}]}
"""What stands for an element that R4 demands and the claim does not say."""

_GENDERS = {"F": "female", "M": "male", "U": "unknown"}


def patient(id_: str, claim: Mapping[str, Any], prefix: str, number: str | None) -> Node:
    """Return the member or the subscriber.

    Args:
        id_: Id of the resource.
        claim: Row of `claims`.
        prefix: `member` or `subscriber`.
        number: The payer's number of the person, where the coverage does not say it.
    """
    sex, death = claim[f"{prefix}_sex"], claim[f"{prefix}_death_date"]
    birth = claim[f"{prefix}_birth_date"]
    extensions: list[Node] = []
    if prefix != "member" and claim[f"{prefix}_pregnant"] is not None:
        extensions.append({"url": systems.PREGNANT, "valueBoolean": claim[f"{prefix}_pregnant"]})
    if sex is not None and sex not in _GENDERS:
        extensions.append({"url": systems.SEX, "valueString": sex})
    return _without_empty(
        {
            "resourceType": "Patient",
            "id": id_,
            "extension": extensions,
            "identifier": [] if number is None else [_typed("MB", number)],
            "name": _person_name(claim[f"{prefix}_last_name"], claim[f"{prefix}_first_name"]),
            "gender": _GENDERS.get(sex) if sex is not None else None,
            "birthDate": None if birth is None else birth.isoformat(),
            "deceasedDateTime": None if death is None else death.isoformat(),
            "address": _addresses(claim[f"{prefix}_address"]),
        }
    )


def organization(id_: str, claim: Mapping[str, Any]) -> Node | None:
    """Return the billing provider; null when the claim says nothing of it."""
    made = _without_empty(
        {
            "resourceType": "Organization",
            "id": id_,
            "identifier": _provider_identifiers(claim["billing_npi"], claim["billing_other_id"])
            + ([] if claim["billing_tax_id"] is None else [_tax(claim["billing_tax_id"])]),
            "type": _taxonomies(claim["billing_taxonomy"]),
            "name": claim["billing_name"],
            "address": _addresses(claim["billing_address"]),
        }
    )
    return _unless_bare(made)


def facility(id_: str, claim: Mapping[str, Any]) -> Node | None:
    """Return the place of service; null when the claim says nothing of it."""
    place = claim["place_of_service"]
    coded = [] if place is None else [{"coding": [{"system": systems.PLACE_OF_SERVICE[0], "code": place}]}]
    made = _without_empty(
        {
            "resourceType": "Location",
            "id": id_,
            "identifier": _provider_identifiers(claim["facility_npi"], claim["facility_other_id"]),
            "name": claim["facility_name"],
            "type": coded + _taxonomies(claim["facility_taxonomy"]),
            "address": _first(_addresses(claim["facility_address"])),
        }
    )
    return _unless_bare(made)


def payer(id_: str, number: str | None, name: str | None) -> Node | None:
    """Return a payer; null when neither its id nor its name is known."""
    identifiers = [] if number is None else [_typed("NIIP", number)]
    made = {"resourceType": "Organization", "id": id_, "identifier": identifiers, "name": name}
    return _unless_bare(_without_empty(made))


def care_team_member(sequence: int, role: str, fields: Mapping[str, str | None]) -> tuple[Node, Node]:
    """Return a member of the care team, and the practitioner it refers to."""
    words, entity = systems.ROLES[role]
    plain = words[0] if words[0] in _PLAIN_ROLES else "other"
    member: Node = {
        "sequence": sequence,
        "provider": {"reference": f"#care-{sequence}"},
        "role": {
            "coding": [
                {"system": systems.CARE_TEAM_ROLE, "code": plain},
                {"system": systems.X12_ENTITY, "code": entity},
            ]
        },
        "qualification": _first(_taxonomies(fields["taxonomy"])),
    }
    practitioner = {
        "resourceType": "Practitioner",
        "id": f"care-{sequence}",
        "identifier": _provider_identifiers(fields["npi"], fields["other_id"]),
        "name": _practitioner_name(fields["name"]),
    }
    return _without_empty(member), _without_empty(practitioner)


_PLAIN_ROLES = ("primary", "supervisor")


def _typed(kind: str, value: str) -> Node:
    return {"type": {"coding": [{"system": systems.IDENTIFIER_TYPE, "code": kind}]}, "value": value}


def _tax(number: str) -> Node:
    return {"system": systems.TAX_ID[0], "value": number}


def _provider_identifiers(npi: str | None, other_id: str | None) -> list[Node]:
    listed: list[Node] = [] if npi is None else [{"system": systems.NPI[0], "value": npi}]
    return listed + ([] if other_id is None else [_typed("PRN", other_id)])


def _taxonomies(code: str | None) -> list[Node]:
    return [] if code is None else [{"coding": [{"system": systems.TAXONOMY[0], "code": code}]}]


def _person_name(last: str | None, first: str | None) -> list[Node]:
    name = _without_empty({"family": last, "given": [] if first is None else [first]})
    return [name] if name else []


def _practitioner_name(name: str | None) -> list[Node]:
    if name is None:
        return []
    family, _, given = name.partition(", ")
    return [_without_empty({"text": name, "family": family, "given": [given] if given else []})]


def _addresses(address: Mapping[str, str | None] | None) -> list[Node]:
    if address is None or not any(address.values()):
        return []
    line1, line2 = address["line1"], address["line2"]
    made: Node = {}
    if line1 is not None or line2 is not None:
        made["line"] = [line1] if line2 is None else [line1, line2]
        if line1 is None:
            made["_line"] = [UNKNOWN, None]
    made |= {"city": address["city"], "state": address["state"], "postalCode": address["zip"]}
    return [_without_empty(made)]


def _first(listed: list[Node]) -> Node | None:
    return listed[0] if listed else None


def _without_empty(node: Node) -> Node:
    return {name: value for name, value in node.items() if value is not None and value not in ([], "")}


def _unless_bare(resource: Node) -> Node | None:
    return resource if resource.keys() - {"resourceType", "id"} else None
