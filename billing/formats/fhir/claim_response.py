"""`claimresponse.json`: for claims that came as FHIR, what was found on each as a `ClaimResponse`.

It takes the form the claims came in: lines for lines, a Bundle otherwise, XML for XML. It answers for this check and
for no payer, and says so. What could not be read as a claim has no response; it is in `unreadable.csv`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import polars as pl

from billing.formats.fhir import systems
from billing.formats.fhir.checking import Node, UnreadableError
from billing.formats.fhir.source import FhirSource

if TYPE_CHECKING:
    from billing.result import Result

_OUTCOMES = {"accepted": "complete", "review": "partial", "rejected": "error"}
_DISPOSITIONS = {
    "accepted": "Ready to send: nothing was found among what was checked.",
    "review": "Held: a person should look at it before it is sent.",
    "rejected": "Not to be sent as it is: it breaks rules that reject it.",
}
_BY_WHOM = "Checked by cleanclaim before sending; no payer has decided."


def claim_responses(result: Result) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files with the responses, one per FHIR input that has claims."""
    from billing.folders import safe_name  # noqa: PLC0415 only FHIR inputs need it

    taken: set[str] = set()
    for source in result.batch.sources:
        if not isinstance(source, FhirSource) or not (resources := list(_responses(result, source))):
            continue
        name, number = f"claimresponse{source.suffix}", 1
        stem = PurePath(safe_name(source.name)).stem
        if len(result.batch.sources) > 1:
            name = f"claimresponse/{stem}{source.suffix}"
        while name.lower() in taken:
            number += 1
            name = f"claimresponse/{stem}-{number}{source.suffix}"
        taken.add(name.lower())
        yield name, _file(resources, source.suffix)


def _file(resources: Sequence[Node], suffix: str) -> bytes:
    from billing.formats.fhir.write import bundle_of, to_json, to_xml  # noqa: PLC0415 only FHIR inputs need them

    if suffix == ".ndjson":
        return "".join(f"{to_json(resource)}\n" for resource in resources).encode()
    bundle = bundle_of(resources)
    return to_xml(bundle) if suffix == ".xml" else f"{to_json(bundle, entries_on_lines=True)}\n".encode()


def _responses(result: Result, source: FhirSource) -> Iterator[Node]:
    """Yield the response to each claim of an input, in order."""
    of_input = pl.col("input") == source.name
    claims = result.batch.claims.filter(of_input).sort("claim_key")
    decisions = result.decisions.filter(of_input).sort("claim_key")
    keys = claims.select("claim_key")
    lines_of = _by_claim(result.batch.lines.join(keys, on="claim_key", how="semi").sort("line_key"))
    findings = result.findings.filter(~pl.col("shadow")).join(keys, on="claim_key", how="semi", maintain_order="left")
    findings_of = _by_claim(findings)
    numbers = {part.claim: number for number, part in enumerate(source.parts) if part.claim is not None}
    for claim, decision in zip(claims.iter_rows(named=True), decisions.iter_rows(named=True), strict=True):
        key = claim["claim_key"]
        number = numbers[key - source.first_claim_key]
        value, url = source.document.load(number)
        resource: Node = {} if isinstance(value, UnreadableError) else value
        yield _response(
            claim, decision, lines_of[key], findings_of[key],
            sent=resource, url=url, id_=_id(source, number), created=result.received.isoformat(),
        )  # fmt: skip


def _by_claim(frame: pl.DataFrame) -> defaultdict[int, list[dict[str, Any]]]:
    grouped: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in frame.iter_rows(named=True):
        grouped[row["claim_key"]].append(row)
    return grouped


def _id(source: FhirSource, number: int) -> str:
    from billing.formats.fhir.write import made_id  # noqa: PLC0415 only FHIR inputs need it

    return made_id("response", source.sha256, str(number))


def _response(
    claim: Mapping[str, Any],
    decision: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    findings: Sequence[Mapping[str, Any]],
    *,
    sent: Node,
    url: str | None,
    id_: str,
    created: str,
) -> Node:
    """Return the response to one claim; elements in the order of R4."""
    from billing.formats.fhir.build_items import coded, usd, without_empty  # noqa: PLC0415 only FHIR inputs need them
    from billing.formats.fhir.build_people import UNKNOWN  # noqa: PLC0415 likewise

    word = decision["decision"]
    submitted = coded(systems.ADJUDICATION, "submitted")
    notes_of = defaultdict(list)
    for number, finding in enumerate(findings, 1):
        notes_of[finding["line_key"]].append(number)
    return without_empty(
        {
            "resourceType": "ClaimResponse",
            "id": id_,
            "status": "active",
            "type": coded(systems.CLAIM_TYPE, "professional"),
            "use": "claim",
            "patient": _same(sent.get("patient"), url) or _who("Patient", "MB", claim["member_id"]) or UNKNOWN,
            "created": created,
            "insurer": _same(sent.get("insurer"), url)
            or _who("Organization", "NIIP", claim["payer_id"], claim["payer_name"])
            or UNKNOWN,
            "requestor": _same(sent.get("provider"), url) or _npi(claim["billing_npi"]),
            "request": _request(sent, url, claim["claim_id"]),
            "outcome": _OUTCOMES[word],
            "disposition": _disposition(word, decision["not_checked"]),
            "item": [
                without_empty(
                    {
                        "itemSequence": line["line_number"],
                        "noteNumber": notes_of[line["line_key"]],
                        "adjudication": [{"category": submitted, "amount": usd(line["charge"])}],
                    }
                )
                for line in lines
                if line["line_number"]
            ],
            "total": [{"category": submitted, "amount": usd(claim["charge"])}],
            "processNote": [_note(number, finding) for number, finding in enumerate(findings, 1)],
            "error": [_error(finding) for finding in findings if finding["severity"] == "reject"],
        }
    )


def _disposition(word: str, not_checked: int) -> str:
    rules = "rule was" if not_checked == 1 else "rules were"
    left = f" {not_checked} {rules} not checked; summary.json says which, and what to supply." if not_checked else ""
    return f"{_DISPOSITIONS[word]}{left} {_BY_WHOM}"


def _request(sent: Node, url: str | None, claim_id: str) -> Node:
    """Refer to the claim: by the `fullUrl` of its entry or its id, and by the biller's number."""
    id_ = sent.get("id")
    reference = url or (f"Claim/{id_}" if isinstance(id_, str) else None)
    return ({} if reference is None else {"reference": reference}) | {
        "type": "Claim",
        "identifier": {"value": claim_id},
    }


def _same(reference: object, url: str | None) -> Node | None:
    """Return a reference of the claim, when it means the same outside of it; in full where the claim has a URL."""
    target = reference.get("reference") if isinstance(reference, dict) else None
    if not isinstance(target, str) or target.startswith("#"):
        return None
    is_relative = target.count("/") == 1 and ":" not in target
    if is_relative and url and url.startswith("http"):
        return {"reference": f"{url.rsplit('/', 2)[0]}/{target}"}
    return {"reference": target}


def _who(kind: str, identifier_type: str, number: str | None, name: str | None = None) -> Node | None:
    if number is None and name is None:
        return None
    said: Node = {"type": kind}
    if number is not None:
        coding = {"system": systems.IDENTIFIER_TYPE, "code": identifier_type}
        said["identifier"] = {"type": {"coding": [coding]}, "value": number}
    return said if name is None else said | {"display": name}


def _npi(number: str | None) -> Node | None:
    return None if number is None else {"identifier": {"system": systems.NPI[0], "value": number}}


def _note(number: int, finding: Mapping[str, Any]) -> Node:
    said = f"{finding['rule']} ({finding['severity']}): {finding['message']} {finding['remedy']}".strip()
    return {"number": number, "type": "display", "text": said}


def _error(finding: Mapping[str, Any]) -> Node:
    """Return what rejects the claim, with the code a payer would answer it with, where one is known."""
    reason = finding["reason"] or {}
    codings: list[Node] = [{"system": systems.CAUSE, "code": finding["cause"]}]
    if reason.get("carc"):
        codings = [
            {"system": systems.CARC, "code": reason["carc"]},
            *({"system": systems.RARC, "code": code} for code in _texts(reason.get("rarc"))),
            *codings,
        ]
    where = {} if not finding["line_number"] else {"itemSequence": finding["line_number"]}
    return where | {"code": {"coding": codings, "text": finding["message"]}}


def _texts(listed: Iterable[str | None] | None) -> list[str]:
    return [text for text in listed or () if text]
