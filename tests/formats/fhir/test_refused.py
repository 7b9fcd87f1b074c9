"""What is no professional claim of R4, and what breaks one: said with its path, and nothing else suffers."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from billing.errors import InputError
from billing.formats.fhir.checking import UnreadableError
from billing.formats.fhir.claim import read_claim
from billing.formats.fhir.json_text import value_at
from billing.formats.fhir.read import read_fhir
from billing.formats.fhir.references import Pool
from billing.formats.fhir.write import to_xml
from tests.fhir_files import (
    HL7,
    NPI,
    Node,
    bundle,
    claim,
    coded,
    contained,
    item,
    lines,
    read,
    reason_for,
    resources,
)

USD = {"value": 92, "currency": "USD"}


def says(data: bytes) -> str:
    """What is said of a file in which nothing is a claim."""
    with pytest.raises(InputError) as caught:
        read_fhir(data, "may.json")
    message, _, fix = str(caught.value).partition("\n  fix: ")
    assert fix
    return message.removeprefix("may.json: ")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": coded(f"{HL7}/claim-type", "institutional")}, "Claim.type: this is one of the institutional claims; only professional claims are checked"),
        ({"type": coded(f"{HL7}/claim-type", "oral")}, "Claim.type: this is one of the dental claims; only professional claims are checked"),
        ({"type": coded(f"{HL7}/claim-type", "pharmacy")}, "Claim.type: this is one of the pharmacy claims; only professional claims are checked"),
        ({"type": coded(f"{HL7}/claim-type", "vision")}, "Claim.type: this is one of the vision claims; only professional claims are checked"),
        ({"type": coded("http://example.org", "professional")}, "Claim.type must say professional, of the code system claim-type"),
        ({"type": None}, "Claim.type must say professional, of the code system claim-type"),
        ({"use": "preauthorization"}, "Claim.use: this is one of the requests for authorization, no claim to be paid"),
        ({"use": "predetermination"}, "Claim.use: this is one of the requests for an estimate, no claim to be paid"),
        ({"use": None}, "Claim.use must be claim"),
        ({"use": "complete"}, "Claim.use: this is a claim of a FHIR version before R4; cleanclaim reads R4 (4.0.1)"),
        ({"status": "draft"}, "Claim.status: the claim is a draft; only active claims are checked"),
        ({"status": "cancelled"}, "Claim.status: the claim is cancelled; only active claims are checked"),
        ({"status": "entered-in-error"}, "Claim.status: the claim is entered in error; only active claims are checked"),
        ({"status": None}, "Claim.status must be active; only active claims are checked"),
        ({"organization": {"reference": "x"}}, "Claim.organization: this is a claim of a FHIR version before R4; cleanclaim reads R4 (4.0.1)"),
        ({"subject": {"reference": "x"}}, "Claim.subject: this is a claim of FHIR R5 or later; cleanclaim reads R4 (4.0.1)"),
        ({"item": [item(service=coded(None, "1"))]}, "Claim.item[0].service: this is a claim of a FHIR version before R4; cleanclaim reads R4 (4.0.1)"),
        ({"item": [item(), item(2, productOrServiceEnd=coded(None, "1"))]}, "Claim.item[1].productOrServiceEnd: this is a claim of FHIR R5 or later; cleanclaim reads R4 (4.0.1)"),
        ({"identifer": []}, "Claim.identifer: FHIR R4 has no element of this name here; did you mean 'identifier'?"),
        ({"item": [item(servicedate="2026-05-05")]}, "Claim.item[0].servicedate: FHIR R4 has no element of this name here; did you mean 'servicedDate'?"),
        ({"JANE DOE": 1}, "Claim.?: FHIR R4 has no element of this name here"),
        ({"modifierExtension": [{"url": "x"}]}, "Claim.modifierExtension: it may change what the rest means, and cleanclaim does not know it"),
        ({"item": [item(modifierExtension=[{"url": "x"}])]}, "Claim.item[0].modifierExtension: it may change what the rest means, and cleanclaim does not know it"),
        ({"accident": {"date": "2026-01-01", "modifierExtension": [{"url": "x"}]}}, "Claim.accident.modifierExtension: it may change what the rest means, and cleanclaim does not know it"),
        ({"implicitRules": "http://example.org/rules"}, "Claim.implicitRules: cleanclaim does not know these rules"),
        ({"identifier": None, "id": ""}, "Claim.identifier is missing: a claim needs a number of its own"),
        ({"identifier": {"value": "C1"}}, "Claim.identifier must be a list in brackets"),
        ({"patient": "Patient/p1"}, "Claim.patient must be an object in braces"),
        ({"patient": {"reference": ["Patient/p1"]}}, "Claim.patient.reference must be one value"),
        ({"insurance": None}, "Claim.insurance is missing: a claim says who is to pay"),
        ({"insurance": [{"focal": False}, {"focal": False}]}, "Claim.insurance: one coverage must be the focal one"),
        ({"insurance": [{"focal": True}, {"focal": True}]}, "Claim.insurance: one coverage must be the focal one"),
        ({"item": None}, "Claim.item is missing: a claim has at least one line"),
        ({"item": [item(detail=[{"sequence": 1}])]}, "Claim.item[0].detail: a line made of parts cannot be read: make each part a line"),
        ({"item": [item(quantity={"value": 4, "comparator": "<"})]}, "Claim.item[0].quantity.comparator: a line bills an exact number of units"),
        ({"total": {"value": 92.005, "currency": "USD"}}, "Claim.total.value: money is digits with at most 2 decimals"),
        ({"total": {"value": "9e1", "currency": "USD"}}, "Claim.total.value: money is digits with at most 2 decimals"),
        ({"total": {"value": 92}}, "Claim.total.currency is missing: write USD"),
        ({"total": {"value": 92, "currency": "EUR"}}, "Claim.total.currency: only US dollars are read"),
        ({"item": [item(net={"value": 1e30, "currency": "USD"})]}, "Claim.item[0].net.value: money is digits with at most 2 decimals"),
        ({"item": [item(net=None)]}, "Claim.item[0].net is missing: a line says what it costs"),
        ({"item": [item(net=None, unitPrice=USD, quantity=None)]}, "Claim.item[0].net is missing, and cannot be worked out of price and quantity"),
        ({"item": [item(net=None, unitPrice={"value": 0.01, "currency": "USD"}, quantity={"value": 0.5})]}, "Claim.item[0].net is missing, and price times quantity is no whole number of cents"),
        ({"related": [{"reference": {"value": "A"}}, {"reference": {"value": "B"}}]}, "Claim.related names more than one earlier claim"),
        ({"provider": {"reference": "Organization/two"}}, "Claim.provider.identifier names more than one NPI"),
        ({"provider": {"reference": "Organization/odd"}}, "Claim.provider.Organization.nmae: FHIR R4 has no element of this name here; did you mean 'name'?"),
        ({"patient": {"reference": "Patient/wrong"}}, "Claim.patient.Patient.modifierExtension: it may change what the rest means, and cleanclaim does not know it"),
        ({"insurance": [{"focal": True, "coverage": {"reference": "Coverage/mistake"}}]}, "Claim.insurance.coverage.Coverage.status says that the resource was entered in error"),
        ({"patient": {"reference": "Patient/p9"}}, "Claim.insurance.coverage.beneficiary is the coverage of another patient"),
        ({"contained": ["#"]}, "Claim.contained[0] must be an object in braces"),
    ],
)  # fmt: skip
def test_a_claim_that_cannot_be_read_is_said_with_its_path(changes: Node, reason: str) -> None:
    others = resources() | {
        "two": {"resourceType": "Organization", "id": "two", "identifier": [{"system": NPI, "value": "1"}, {"system": NPI, "value": "2"}]},
        "odd": {"resourceType": "Organization", "id": "odd", "nmae": "X"},
        "wrong": {"resourceType": "Patient", "id": "wrong", "modifierExtension": [{"url": "x"}]},
        "p9": resources()["p1"] | {"id": "p9"},
        "mistake": {"resourceType": "Coverage", "id": "mistake", "status": "entered-in-error"},
    }  # fmt: skip
    batch = read(bundle(claim("A"), claim("B", **changes), claim("C"), others=others))
    assert batch.claims.get_column("claim_id").to_list() == ["A", "C"]
    assert batch.unreadable.select("first", "loop", "reason").rows() == [(13, "entry", f"Bundle.entry[11].{reason}")]


def test_two_renderers_of_one_line_are_not_guessed_between() -> None:
    members = [
        {
            "sequence": number,
            "provider": {"identifier": {"system": NPI, "value": str(number)}},
            "role": coded(None, "rendering"),
        }
        for number in (1, 2)
    ]
    assert reason_for(careTeam=members) == "Claim.careTeam names more than one rendering provider"
    line = item(careTeamSequence=[1, 2])
    assert reason_for(careTeam=members, item=[line]) == "Claim.item[0] names more than one rendering provider"
    assert read(bundle(claim(careTeam=[members[0], members[0] | {"sequence": 2}]))).unreadable.is_empty()


def test_two_diagnoses_of_one_sequence_are_not_guessed_between() -> None:
    twice = [{"sequence": 1, "diagnosisCodeableConcept": coded(None, code)} for code in ("F330", "I10")]
    assert reason_for(diagnosis=twice) == "Claim.diagnosis names one sequence number twice"


def test_the_charge_of_an_unreadable_claim_is_kept_where_it_can_be() -> None:
    batch = read(bundle(claim("A"), claim("B", item=None), claim("C", total={"value": 92.005, "currency": "USD"})))
    assert batch.unreadable.get_column("charge").to_list() == [Decimal("92.00"), None]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (json.dumps(claim(type=coded(f"{HL7}/claim-type", "oral"))).encode(), "Claim.type: this is one of the dental claims; only professional claims are checked"),
        (lines(claim(use="preauthorization"), claim(use="preauthorization"), resources()["p1"]), "no professional claims (FHIR R4 Claim) in this file; it holds 2 requests for authorization; 1 Patient resource"),
        (json.dumps(resources()["p1"]).encode(), "no professional claims (FHIR R4 Claim) in this file; it holds 1 Patient resource"),
        (bundle(others={}), "no professional claims (FHIR R4 Claim) in this file; it holds no resource"),
        (bundle(kind="history"), "Bundle.type: this Bundle holds older versions of resources, no claims to send"),
        (to_xml({"resourceType": "Bundle", "type": "message"}), "Bundle.type: this Bundle holds a message, no claims to send"),
        (b'[{"resourceType": "Claim"}]', "a list of resources in brackets is no FHIR: write a Bundle, or one resource per line"),
        (json.dumps(claim(), indent=1).encode() * 2, "there is more than one resource: write each on a line of its own, or in a Bundle"),
        (bundle(claim()) + json.dumps(claim(), indent=1).encode(), "there is more text behind the end of the Bundle"),
        (b'<html xmlns="http://www.w3.org/1999/xhtml"/>', "this is XML of another language than FHIR"),
        (b"<Claim>", "this is no well-formed XML, from line 1 on"),
        (b"PK", "this is neither JSON nor XML"),
        (b'{"resourceType": "Claim", ', "this is no complete JSON (expecting property name enclosed in double quotes)"),
    ],
)  # fmt: skip
def test_a_file_without_a_professional_claim_is_refused_with_what_it_holds(data: bytes, words: str) -> None:
    assert says(data) == words


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"resourceType": "Claim", "id": "a", "id": "b"}', "'id' is given twice"),
        (b'{"resourceType": "Claim", "JANE DOE": 1, "JANE DOE": 2}', "an element whose name is no word is given twice"),
        (b'{"resourceType": "Claim"', "this is no complete JSON (expecting ',' delimiter)"),
        (b'{"resourceType": "Claim"}}', "there is more than one resource on the line"),
        (b'{"resourceType": "Claim"} {"resourceType": "Claim"}', "there is more than one resource on the line"),
        (b'{"resourceType": "Claim", "id": "\xff"}', "byte 34 of the line is not UTF-8 text"),
        (
            b'{"resourceType": "Bundle", "entry": []}',
            "a Bundle on a line is not read: write each of its resources on a line",
        ),
        (b'{"id": "x"}', "resourceType must name the type of the resource"),
        (b"[1]", "this is no resource: a resource is one JSON object in braces"),
        (b"17", "this is no resource: a resource is one JSON object in braces"),
    ],
)
def test_a_line_that_is_no_resource_takes_nothing_else_with_it(line: bytes, reason: str) -> None:
    good = [lines(contained(claim(name))) for name in ("A", "B", "C")]
    data = good[0] + good[1] + line + b"\n" + good[2]
    batch = read(data)
    assert batch.claims.get_column("claim_id").to_list() == ["A", "B", "C"]
    assert batch.unreadable.select("first", "last", "loop", "reason").rows() == [(3, 3, "line", reason)]
    assert batch.sources[0].unreadable() == line + b"\n"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ('{"resource": {"resourceType": "Claim", "id": 1, "id": 2}}', ".resource must be one JSON object that gives no field twice"),
        ('{"resource": {"resourceType": "Claim" "id": 1}}', ": this is no complete JSON (expecting ',' delimiter)"),
        ('{"resource": {"resourceType": "Claim", "id": "}"}, "resource": {}}', ": 'resource' is given twice"),
        ('{"resource": {"resourceType": "Bundle"}}', ".resource: a Bundle within a Bundle is not read"),
        ('{"resorce": {"resourceType": "Claim"}}', ".resorce: FHIR R4 has no element of this name here; did you mean 'resource'?"),
        ("[" * 100_000 + "]" * 100_000, ": its brackets are nested too deep"),
        ("17", ": this is no resource: a resource is one JSON object in braces"),
    ],
)  # fmt: skip
def test_a_broken_entry_takes_nothing_else_with_it(entry: str, reason: str) -> None:
    data = bundle(claim("A"), claim("B")).decode().replace('"entry": [', f'"entry": [{entry},').encode()
    batch = read(data)
    assert batch.claims.get_column("claim_id").to_list() == ["A", "B"]
    assert batch.unreadable.get_column("reason").to_list() == [f"Bundle.entry[0]{reason}"]
    assert batch.sources[0].unreadable() == f"{entry}\n".encode()


def test_a_bundle_that_breaks_off_keeps_the_claims_before() -> None:
    whole = bundle(claim("A"), claim("B"))
    cut = whole[: whole.rindex(b'"B"') + 2]
    batch = read(cut)
    assert batch.claims.get_column("claim_id").to_list() == ["A"]
    assert batch.unreadable.get_column("reason").to_list() == [
        "Bundle.entry[6]: this is no complete JSON (unterminated string)"
    ]
    assert batch.file_findings.filter(cause="file_cut_short").select("severity", "claim_key").rows() == [
        ("review", None)
    ]
    assert batch.sources[0].unreadable().rstrip(b"\n") in cut


def test_xml_that_holds_what_is_no_fhir_makes_that_entry_unreadable() -> None:
    sound = to_xml(json.loads(bundle(claim("A"), claim("B"))))
    for old, new, reason in (
        (b'<use value="claim"/>', b'<use value="claim"/>text', "Bundle.entry[5] holds text outside of a value"),
        (b'<use value="claim"/>', b'<use xmlns="x" value="claim"/>', "Bundle.entry[5] holds an element of another language than FHIR"),
        (b'<use value="claim"/>', b'<use value="claim"/><use value="claim"/>', "Bundle.entry[5].Claim.use must be claim"),
        (b'<use value="claim"/>', b'<use value="claim"/><ues value="x"/>', "Bundle.entry[5].Claim.ues: FHIR R4 has no element of this name here; did you mean 'use'?"),
    ):  # fmt: skip
        batch = read_fhir(sound.replace(old, new, 1), "may.xml")
        assert batch.claims.get_column("claim_id").to_list() == ["B"]
        assert batch.unreadable.get_column("reason").to_list() == [reason]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_makes_its_claim_unreadable(value: float) -> None:
    assert reason_for(total={"value": value, "currency": "USD"}) == "Claim.total.value must be one value"


def test_half_a_character_makes_its_claim_unreadable() -> None:
    assert reason_for(identifier=[{"value": "\ud83d"}]).endswith("holds a character that is not Unicode text")


def test_no_value_of_a_claim_stands_in_a_reason() -> None:
    secret = "SECRETVALUE"
    for changes in (
        {"total": {"value": secret, "currency": "USD"}},
        {"use": secret},
        {"status": secret},
        {"type": coded(f"{HL7}/claim-type", secret)},
        {"insurance": [{"focal": secret}, {"focal": secret}]},
        {"patient": {"reference": [secret]}},
        {"total": {"value": 92, "currency": secret}},
    ):
        assert secret not in reason_for(**changes)


@pytest.mark.parametrize("odd", [None, True, 17, "x", "", [], {}, [None], [[]], [{}], ["x"], {"x": 1}, float("nan")])
def test_anything_in_place_of_any_element_is_a_claim_or_unreadable(odd: Any) -> None:
    outcomes: Counter[str] = Counter()
    for data in _with_each_value(contained(claim()), odd):
        resource = value_at(json.dumps(data), 0).value
        assert isinstance(resource, dict)
        try:
            outcomes["claim"] += len(read_claim(resource, Pool()).lines)
        except UnreadableError as error:
            outcomes["unreadable"] += bool(error.words)
    assert outcomes["claim"]
    assert outcomes["unreadable"]


def _with_each_value(node: Any, odd: Any) -> list[Any]:
    """The node with each of its values replaced in turn, a few levels deep."""
    made: list[Any] = []
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in children:
        for changed in [odd, *_with_each_value(value, odd)]:
            copy = node.copy()
            copy[name] = changed
            made.append(copy)
    return made
