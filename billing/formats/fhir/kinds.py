"""What a resource is instead of a professional claim of FHIR R4, told apart so that it can be said."""

from __future__ import annotations

from billing.formats.fhir import systems
from billing.formats.fhir.checking import Node, UnreadableError

EARLIER = "claims of a FHIR version before R4"
LATER = "claims of FHIR R5 or later"
_ONLY_R4 = "cleanclaim reads R4 (4.0.1)"

# Elements that a Claim or a line of one had before R4, or has since.
_EARLIER = {
    "Claim": {
        "organization", "coverage", "target", "information", "missingTeeth", "interventionException", "onset",
        "employmentImpacted", "hospitalization", "school", "exception", "additionalMaterials", "originalRuleset",
        "ruleset",
    },
    "item": {"service", "careTeam", "careTeamLinkId", "diagnosisLinkId", "procedureLinkId", "informationLinkId",
             "prosthesis", "points"},
}  # fmt: skip
_LATER = {
    "Claim": {"subject", "traceNumber", "encounter", "event", "diagnosisRelatedGroup", "patientPaid"},
    "item": {"subject", "traceNumber", "productOrServiceEnd", "request", "patientPaid", "tax", "reason"},
}
_EARLIER_USES = ("complete", "proposed", "exploratory", "other")
_TYPES = {
    "institutional": "institutional claims",
    "oral": "dental claims",
    "pharmacy": "pharmacy claims",
    "vision": "vision claims",
}
_USES = {
    "preauthorization": "requests for authorization",
    "predetermination": "requests for an estimate",
}
ANSWERS = ("ExplanationOfBenefit", "ClaimResponse")
"""Resources in which a payer answers a claim."""


def counted(kind: str, count: int) -> str:
    """Say how many resources of another type than Claim there are: `2 Patient resources`."""
    if kind not in ANSWERS:
        return f"{count} {kind} resource{'s' if count > 1 else ''}"
    return f"{count} {kind} resource" + (
        ": a payer's answer to a claim" if count == 1 else "s: payers' answers to claims"
    )


def refuse_other_kinds(claim: Node) -> None:
    """Refuse a Claim of another version, another type or another use, before its shape is looked at.

    Raises:
        UnreadableError: It is one; `other` says which, in the plural.
    """
    if element := _of_version(claim, _EARLIER):
        raise UnreadableError(f"this is a claim of a FHIR version before R4; {_ONLY_R4}", element, other=EARLIER)
    if claim.get("use") in _EARLIER_USES or _is_bare_coding(claim.get("type")):
        element = "use" if claim.get("use") in _EARLIER_USES else "type"
        raise UnreadableError(f"this is a claim of a FHIR version before R4; {_ONLY_R4}", element, other=EARLIER)
    if element := _of_version(claim, _LATER):
        raise UnreadableError(f"this is a claim of FHIR R5 or later; {_ONLY_R4}", element, other=LATER)
    _refuse_use(claim)
    _refuse_type(claim)
    if (status := claim.get("status")) != "active":
        known = {"cancelled": "cancelled", "draft": "a draft", "entered-in-error": "entered in error"}
        words = f"the claim is {known[status]}" if isinstance(status, str) and status in known else "must be active"
        raise UnreadableError(f"{words}; only active claims are checked", "status")


def _of_version(claim: Node, marks: dict[str, set[str]]) -> str | None:
    """Return the first element that only the other version has."""
    for name in claim:
        if name in marks["Claim"]:
            return name
    items = claim.get("item")
    for number, item in enumerate(items if isinstance(items, list) else ()):
        for name in item if isinstance(item, dict) else ():
            if name in marks["item"]:
                return f"item[{number}].{name}"
    return None


def _is_bare_coding(concept: object) -> bool:
    return isinstance(concept, dict) and "code" in concept and "coding" not in concept


def _refuse_use(claim: Node) -> None:
    use = claim.get("use")
    if isinstance(use, str) and use in _USES:
        raise UnreadableError(f"this is one of the {_USES[use]}, no claim to be paid", "use", other=_USES[use])
    if use != "claim":
        raise UnreadableError("must be claim", "use")


def _refuse_type(claim: Node) -> None:
    concept = claim.get("type")
    listed = concept.get("coding") if isinstance(concept, dict) else None
    codes = [
        coding.get("code")
        for coding in (listed if isinstance(listed, list) else ())
        if isinstance(coding, dict) and coding.get("system") in (systems.CLAIM_TYPE, None)
    ]
    if "professional" in codes:
        return
    for code in codes:
        if isinstance(code, str) and code in _TYPES:
            words = f"this is one of the {_TYPES[code]}; only professional claims are checked"
            raise UnreadableError(words, "type", other=_TYPES[code])
    raise UnreadableError("must say professional, of the code system claim-type", "type")
