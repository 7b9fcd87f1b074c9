"""The people and organisations of a claim: member, subscriber, payers, providers, the place of service."""

from __future__ import annotations

from typing import Any

from billing.formats.fhir import systems
from billing.formats.fhir.checking import Node, UnreadableError, type_of
from billing.formats.fhir.references import References
from billing.formats.fhir.row import Row
from billing.formats.fhir.values import code_of, codings, extension, identifier, identifiers, is_true, only, text

PROVIDER_FIELDS = ("npi", "taxonomy", "name", "other_id")
_MOST_LINES = 2


def put_member(row: Row, claim: Node, coverage: Node | None, references: References) -> None:
    """Read the member, and the subscriber where that is someone else, with how they are related."""
    patient_reference = claim.get("patient")
    patient = references.follow(patient_reference, "patient")
    coverage = coverage or {}
    _refuse_other_beneficiary(patient_reference, patient, coverage, references)
    subscriber_id = text(coverage.get("subscriberId"))
    relationship = coverage.get("relationship")
    row["relationship"] = code_of(relationship, {systems.X12_RELATIONSHIP}) or next(
        (systems.RELATIONSHIPS[code] for _, code in codings(relationship) if code in systems.RELATIONSHIPS), None
    )
    subscriber = references.follow(coverage.get("subscriber"), "insurance.coverage.subscriber")
    is_someone_else = subscriber is not None and not _is_same(subscriber, patient)
    if subscriber is None and subscriber_id and row["relationship"] not in (None, "18"):
        is_someone_else, subscriber = True, {}
    of_coverage = identifier(coverage, (), systems.MEMBER_TYPES, "member number")
    own = of_coverage or (None if is_someone_else else subscriber_id) or _member_number(patient)
    _put_person(row, "member", patient, own)
    if is_someone_else:
        _put_person(row, "subscriber", subscriber, subscriber_id or _member_number(subscriber))


def _refuse_other_beneficiary(
    reference: Node | None, patient: Node | None, coverage: Node, references: References
) -> None:
    """Refuse a coverage that says it is another patient's, whose number would be taken for the member's."""
    beneficiary = coverage.get("beneficiary")
    if beneficiary is None or beneficiary == reference:
        return
    found = references.follow(beneficiary, "insurance.coverage.beneficiary")
    are_patients = all(type_of(each or {}) == "Patient" for each in (patient, found))
    if found is not None and are_patients and not _is_same(found, patient):
        raise UnreadableError("is the coverage of another patient", "insurance", "coverage", "beneficiary")


def _is_same(subscriber: Node, patient: Node | None) -> bool:
    return subscriber is patient or subscriber == patient


def _member_number(person: Node | None) -> str | None:
    """Return the payer's number of a person; a medical record number or a social security number is none."""
    for kind in systems.MEMBER_TYPES:
        if number := identifier(person, (), [kind], "member number"):
            return number
    listed = (person or {}).get("identifier") or ()
    if not type_of(person or {}) and len(listed) == 1:
        return next((value for _, value, kinds in identifiers(person) if not kinds), None)
    return None


def _put_person(row: Row, prefix: str, person: Node | None, number: str | None) -> None:
    person = person or {}
    row[f"{prefix}_id"] = number
    if any(each.get("type") == "replaced-by" for each in person.get("link") or ()):
        raise UnreadableError("the patient's record has been replaced by another", "patient", "link")
    last, first = _person_name(person)
    row[f"{prefix}_last_name"], row[f"{prefix}_first_name"] = last, first
    if gender := text(person.get("gender")):
        row[f"{prefix}_sex"] = systems.GENDERS.get(gender, gender)
    row.put_day(f"{prefix}_birth_date", text(person.get("birthDate")))
    row.put_day(f"{prefix}_death_date", text(person.get("deceasedDateTime")))
    row[f"{prefix}_address"] = _address(person.get("address"))
    row[f"{prefix}_sex"] = extension(person, systems.SEX, "valueString") or row[f"{prefix}_sex"]
    for each in person.get("extension") or ():
        if isinstance(each, dict) and each.get("url") == systems.PREGNANT and "valueBoolean" in each:
            row[f"{prefix}_pregnant"] = is_true(each["valueBoolean"])


def _person_name(person: Node) -> tuple[str | None, str | None]:
    names = person.get("name") or ()
    current = [name for name in names if name.get("use") not in ("old", "maiden")]
    name = next((name for name in current if name.get("use") in ("official", "usual")), next(iter(current), None))
    if name is None:
        last, _, first = (text(person.get("display")) or "").partition(",")
        return last.strip() or None, first.strip() or None
    family, given = text(name.get("family")), name.get("given") or [None]
    if family is None and given == [None]:
        last, _, first = (text(name.get("text")) or "").partition(",")
        return last.strip() or None, first.strip() or None
    return family, text(given[0])


def _address(addresses: list[Node] | Node | None) -> dict[str, str | None] | None:
    """Return the address in use as its five parts; further lines are joined to the second."""
    listed = addresses if isinstance(addresses, list) else [addresses] if addresses else []
    current = next((address for address in listed if address.get("use") not in ("old", "temp")), None)
    if current is None:
        return None
    lines = [text(line) for line in current.get("line") or ()]
    rest = (
        ", ".join(line for line in lines[1:] if line)
        if len(lines) > _MOST_LINES
        else "".join(line or "" for line in lines[1:])
    )
    parts = {
        "line1": lines[0] if lines else None,
        "line2": rest or None,
        "city": text(current.get("city")),
        "state": text(current.get("state")),
        "zip": text(current.get("postalCode")),
    }
    return parts if any(parts.values()) else None


# ------------------------------------------------------------------------------------------------------ providers


def provider(reference: Node | None, path: str, references: References, qualification: Node | None = None) -> Node:
    """Return `npi`, `taxonomy`, `name`, `other_id`, and `tax_id`, `address` where the resource has them; null: none."""
    resource = references.follow(reference, path) or {}
    chain = [resource]
    if type_of(resource) == "PractitionerRole":
        for part in ("practitioner", "organization"):
            chain += [found for found in [references.follow(resource.get(part), f"{path}.{part}")] if found]
    try:
        return {
            "npi": _first_identifier(chain, systems.NPI, systems.NPI_TYPES, "NPI"),
            "taxonomy": code_of(qualification, systems.TAXONOMY) or _taxonomy(chain, path),
            "name": next((name for each in chain if (name := _provider_name(each))), None),
            "other_id": _first_identifier(chain, (), systems.OTHER_PROVIDER_TYPES, "provider number"),
            "tax_id": _first_identifier(chain, systems.TAX_ID, systems.TAX_TYPES, "tax number"),
            "address": next((found for each in chain if (found := _address(each.get("address")))), None),
        }
    except UnreadableError as error:
        error.path.insert(0, path)
        raise


def _first_identifier(chain: list[Node], known: tuple[str, ...], kinds: tuple[str, ...], what: str) -> str | None:
    return next((found for each in chain if (found := identifier(each, known, kinds, what))), None)


def _taxonomy(chain: list[Node], path: str) -> str | None:
    """Return the provider's taxonomy, from the role, the kind of organisation or place, or the qualifications."""
    for resource in chain:
        concepts: list[Any] = []
        for element in ("specialty", "type", "code"):
            if isinstance(listed := resource.get(element), list):
                concepts += listed
        concepts += [each.get("code") for each in _qualifications(resource)]
        found = only((code_of(concept, systems.TAXONOMY) for concept in concepts), "taxonomy", path)
        if found:
            return found
    return None


def _qualifications(resource: Node) -> list[Node]:
    return list(resource.get("qualification") or ()) if type_of(resource) == "Practitioner" else []


def _provider_name(resource: Node) -> str | None:
    name = resource.get("name")
    if not isinstance(name, list):
        return text(name) or text(resource.get("display"))
    for each in name:
        if each.get("use") in ("old", "maiden"):
            continue
        if whole := text(each.get("text")):
            return whole
        parts = (text(each.get("family")), text((each.get("given") or [None])[0]))
        return ", ".join(part for part in parts if part) or None
    return text(resource.get("display"))


# --------------------------------------------------------------------------------------------------------- payers


def payer(reference: Node | None, path: str, references: References) -> tuple[str | None, str | None]:
    """Return id and name of a payer."""
    resource = references.follow(reference, path) or {}
    listed = list(identifiers(resource))
    typed = [value for _, value, kinds in listed if kinds.intersection(systems.PAYER_TYPES)]
    if not typed and len(listed) == 1:
        typed = [listed[0][1]]
    return only(typed, "payer id", path, "identifier"), _provider_name(resource)


def put_facility(row: Row, claim: Node, references: References) -> None:
    """Read the place of service: who runs it, where it is, and its two-digit code."""
    reference = claim.get("facility")
    place = references.follow(reference, "facility")
    if place is None:
        return
    found = provider(reference, "facility", references)
    for field in PROVIDER_FIELDS:
        row[f"facility_{field}"] = found[field]
    row["facility_address"] = found["address"]
    for concept in place.get("type") or ():
        if code := code_of(concept, systems.PLACE_OF_SERVICE):
            row["place_of_service"] = code
