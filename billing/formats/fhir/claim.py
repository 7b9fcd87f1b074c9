"""One `Claim` resource to one row of `claims` and the rows of its lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from billing.claim_columns import CLAIM_COLUMNS, LINE_COLUMNS
from billing.formats.fhir import systems
from billing.formats.fhir.care_team import care_team, of_item, put_team
from billing.formats.fhir.checking import Node, UnreadableError, check_resource
from billing.formats.fhir.items import read_item
from billing.formats.fhir.kinds import refuse_other_kinds
from billing.formats.fhir.people import PROVIDER_FIELDS, payer, provider, put_facility, put_member
from billing.formats.fhir.references import Pool, References
from billing.formats.fhir.row import Row
from billing.formats.fhir.values import (
    code_of,
    code_or_token,
    codings,
    is_true,
    money,
    only,
    text,
    whole,
)

_DOTTED = re.compile(r"([A-Z][0-9][0-9A-Z])\.([0-9A-Z]{1,4})")
_KEPT_AS_TEXT = frozenset(column.name for column in (*CLAIM_COLUMNS, *LINE_COLUMNS) if str(column.dtype) != "String")


@dataclass
class ReadClaim:
    """A claim that could be read.

    Attributes:
        claim: Its row of `claims`, without keys.
        lines: Its rows of `lines`, in order, without keys.
        missing: Paths of the references whose resources the file does not hold.
        left_out: What the claim says and the claim JSON has no second place for, in words.
    """

    claim: Row
    lines: list[Row]
    missing: list[str]
    left_out: list[str] = field(default_factory=list)


def read_claim(resource: Node, pool: Pool, url: str | None = None) -> ReadClaim:
    """Read a `Claim`.

    Args:
        resource: The resource, as `json_text` or `xml_text` gives it.
        pool: What it may refer to.
        url: `fullUrl` of its entry; null: it has none.

    Raises:
        UnreadableError: It is no professional claim of R4, has not the shape of one, or its identity or money cannot
            be established.
    """
    try:
        refuse_other_kinds(resource)
        check_resource(resource, "Claim")
        return _read(resource, References(resource, pool, url))
    except UnreadableError as error:
        error.path.insert(0, "Claim")
        error.charge = _charge_of(resource)
        raise


def _charge_of(resource: Node) -> Decimal | None:
    total = resource.get("total")
    try:
        return money(total) if isinstance(total, dict) else None
    except UnreadableError:
        return None


def _read(resource: Node, references: References) -> ReadClaim:
    claim = Row("claim")
    read = ReadClaim(claim, [], references.missing)
    claim["claim_id"] = _claim_id(resource)
    insurance = _focal(resource)
    coverage = _coverage(insurance, references, "insurance.coverage")
    put_member(claim, resource, coverage, references)
    claim["filing_indicator"] = code_of((coverage or {}).get("type"), {systems.X12_FILING_INDICATOR})
    _put_payer(claim, resource, coverage, references)
    _put_billing(claim, resource, references)
    put_facility(claim, resource, references)
    _put_relation(claim, resource)
    claim["prior_authorization"] = _authorization(insurance, read)
    _put_information(claim, resource)
    positions = _put_diagnoses(claim, resource, references)
    claim["other_payers"] = _other_payers(claim, resource, insurance, references)
    items = resource.get("item") or []
    if not items:
        raise UnreadableError("is missing: a claim has at least one line", "item")
    team = care_team(resource, references, read.left_out)
    members = {member.get("sequence") for member in resource.get("careTeam") or ()}
    for number, item in enumerate(items):
        if not members.issuperset(item.get("careTeamSequence") or ()):
            read.left_out.append(f"item[{number}].careTeamSequence names a member that the care team does not have")
        try:
            read.lines.append(read_item(item, positions, claim["place_of_service"]))
            put_team(read.lines[-1], of_item(item, team), f"item[{number}]")
        except UnreadableError as error:
            if not error.path or not error.path[0].startswith("item["):
                error.path.insert(0, f"item[{number}]")
            raise
    _share_place(claim, read.lines)
    named = {sequence for item in items for sequence in item.get("careTeamSequence") or ()}
    put_team(claim, [member for sequence, member in team if sequence not in named], "careTeam")
    claim["charge"] = _total(resource, read.lines)
    _restore(claim, resource)
    for item, line in zip(items, read.lines, strict=True):
        _restore(line, item)
    return read


def _share_place(claim: Row, lines: list[Row]) -> None:
    """Make the place that every line names the claim's own, where the claim names none: so an 837P says it."""
    places = {line["place_of_service"] for line in lines}
    if claim["place_of_service"] is None and len(places) == 1:
        claim["place_of_service"] = places.pop()
        for line in lines:
            line["place_of_service"] = None


def _claim_id(resource: Node) -> str:
    """Return the biller's number: the identifier that is called official or usual, the first one, or else `id`."""
    listed = [
        (each.get("use"), value)
        for each in resource.get("identifier") or ()
        if (value := text(each.get("value"), "identifier", "value")) and each.get("use") not in systems.OUTDATED_USES
    ]
    for wanted in ("official", "usual"):
        for use, value in listed:
            if use == wanted:
                return value
    found = next((value for _, value in listed), None) or text(resource.get("id"))
    if found is None:
        raise UnreadableError("is missing: a claim needs a number of its own", "identifier")
    return found


def _total(resource: Node, lines: list[Row]) -> Decimal:
    """Return what the claim says it comes to, and without `total` what its lines come to, which is the same by R4."""
    total = money(resource.get("total"), "total")
    return sum((line["charge"] for line in lines), Decimal(0)) if total is None else total


# ------------------------------------------------------------------------------------------------------ insurance


def _focal(resource: Node) -> Node:
    """Return the insurance the claim is sent to."""
    listed: list[Node] = resource.get("insurance") or []
    focal = [each for each in listed if is_true(each.get("focal"))]
    if not focal and len(listed) == 1 and listed[0].get("focal") is None:
        focal = listed
    if len(focal) != 1:
        words = "one coverage must be the focal one" if listed else "is missing: a claim says who is to pay"
        raise UnreadableError(words, "insurance")
    return focal[0]


def _coverage(insurance: Node, references: References, path: str) -> Node | None:
    return references.follow(insurance.get("coverage"), path)


def _authorization(insurance: Node, read: ReadClaim) -> str | None:
    numbers = [number for each in insurance.get("preAuthRef") or () if (number := text(each))]
    if len(numbers) > 1:
        read.left_out.append("insurance.preAuthRef names more than one authorization; only the first is looked at")
    return numbers[0] if numbers else None


def _put_payer(claim: Row, resource: Node, coverage: Node | None, references: References) -> None:
    """Read the payer: `insurer`, or else the first `payor` of the coverage."""
    id_, name = payer(resource.get("insurer"), "insurer", references)
    if id_ is None and name is None:
        payors = (coverage or {}).get("payor") or [None]
        id_, name = payer(payors[0], "insurance.coverage.payor[0]", references)
    claim["payer_id"], claim["payer_name"] = id_, name


def _other_payers(claim: Row, resource: Node, focal: Node, references: References) -> list[dict[str, Any]]:
    others = []
    for number, insurance in enumerate(resource.get("insurance") or ()):
        if insurance is focal:
            continue
        path = f"insurance[{number}]"
        coverage = _coverage(insurance, references, f"{path}.coverage") or {}
        id_, name = payer((coverage.get("payor") or [None])[0], f"{path}.coverage.payor[0]", references)
        answer = references.follow(insurance.get("claimResponse"), f"{path}.claimResponse") or {}
        payment = answer.get("payment") or {}
        decided = Row("claim")
        decided.put_day("received_date", text(answer.get("created")) or text(payment.get("date")))
        claim.malformed += [("other_payers", value) for _, value in decided.malformed]
        paid = money(payment.get("amount"), f"{path}.claimResponse", "payment", "amount")
        others.append({"id": id_, "name": name, "paid": paid, "decided_on": decided["received_date"]})
    return others


# ------------------------------------------------------------------------------------------------------ providers


def _put_billing(claim: Row, resource: Node, references: References) -> None:
    found = provider(resource.get("provider"), "provider", references)
    for name in (*PROVIDER_FIELDS, "tax_id", "address"):
        claim[f"billing_{name}"] = found[name]


# -------------------------------------------------------------------------------------------------- other parts


def _put_relation(claim: Row, resource: Node) -> None:
    """Read the frequency code, and the payer's number of an earlier claim."""
    frequencies = [code_of(resource.get("subType"), {systems.X12_FREQUENCY})]
    numbers = []
    for related in resource.get("related") or ():
        relationship = related.get("relationship")
        frequencies.append(code_of(relationship, {systems.X12_FREQUENCY}))
        frequencies += [systems.FREQUENCIES.get((str(system), code)) for system, code in codings(relationship)]
        numbers.append(text((related.get("reference") or {}).get("value")))
        numbers.append(text(((related.get("claim") or {}).get("identifier") or {}).get("value")))
    claim["frequency_code"] = only(frequencies, "frequency code", "related")
    claim["original_claim_id"] = only(numbers, "earlier claim", "related")


def _put_information(claim: Row, resource: Node) -> None:
    for information in resource.get("supportingInfo") or ():
        category, code = information.get("category"), information.get("code")
        if code_of(category, {systems.CARIN_INFORMATION}) == systems.RECEIVED:
            claim.put_day("received_date", text(information.get("timingDate")))
        if reason := code_of(code, {systems.X12_DELAY_REASON}):
            claim["delay_reason"] = reason
        if systems.PREGNANCY in codings(code) and information.get("valueBoolean") is not None:
            claim["member_pregnant"] = is_true(information["valueBoolean"])


def _put_diagnoses(claim: Row, resource: Node, references: References) -> dict[str, int]:
    """Read the diagnoses, the principal one first, and return their sequence numbers with their positions from 1."""
    listed: list[Node] = resource.get("diagnosis") or []
    ordered = sorted(enumerate(listed), key=lambda each: (not _is_principal(each[1]), _sequence(each[1]), each[0]))
    codes = []
    for number, diagnosis in ordered:
        concept = diagnosis.get("diagnosisCodeableConcept")
        if concept is None:
            path = f"diagnosis[{number}].diagnosisReference"
            concept = (references.follow(diagnosis.get("diagnosisReference"), path) or {}).get("code")
        code = code_or_token(concept if isinstance(concept, dict) else None, systems.ICD_10_CM) or ""
        dotted = _DOTTED.fullmatch(code)
        codes.append(f"{dotted[1]}{dotted[2]}" if dotted else code)
    while codes and not codes[-1]:
        codes.pop()
    claim["diagnoses"] = codes
    sequences = [text(diagnosis.get("sequence")) for _, diagnosis in ordered]
    places = {sequence: place for place, sequence in enumerate(sequences, 1) if sequence is not None}
    if len(places) < len(sequences) - sequences.count(None):
        raise UnreadableError("names one sequence number twice", "diagnosis")
    return places


def _is_principal(diagnosis: Node) -> bool:
    return any(code == "principal" for _, code in codings(*(diagnosis.get("type") or ())))


def _sequence(node: Node) -> int:
    return whole(text(node.get("sequence")) or "") or 0


def _restore(row: Row, node: Node) -> None:
    """Put back what FHIR had no way to hold, from the extension that keeps it."""
    for each in node.get("extension") or ():
        if not isinstance(each, dict) or each.get("url") != systems.AS_SENT:
            continue
        parts = {
            part.get("url"): part.get("valueString") for part in each.get("extension") or () if isinstance(part, dict)
        }
        column, value = parts.get("column"), parts.get("text")
        if not isinstance(column, str) or not isinstance(value, str) or column not in row:
            continue
        if column in _KEPT_AS_TEXT:
            row[column] = [] if isinstance(row[column], list) else None
            row.malformed.append((column, value))
        else:
            row[column] = value
