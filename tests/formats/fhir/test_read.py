"""What a FHIR claim says is what the claim's columns hold, whatever form it comes in."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from billing.formats.fhir.read import read_fhir
from billing.formats.fhir.write import to_xml
from tests.fhir_files import (
    BASE,
    CPT,
    HCPCS,
    HL7,
    ICD,
    NPI,
    NUCC,
    PLACES,
    X12,
    Node,
    bundle,
    claim,
    coded,
    contained,
    entry,
    first_line,
    item,
    lines,
    only_claim,
    read,
    resources,
    without,
)

CLAIM = {
    "claim_id": "C1",
    "member_id": "00123456789",
    "member_last_name": "DOE",
    "member_first_name": "JANE",
    "member_birth_date": date(1990, 1, 31),
    "member_sex": "F",
    "member_address": {"line1": "1 EXAMPLE ST", "line2": "APT 2", "city": "TOPEKA", "state": "KS", "zip": "66600"},
    "relationship": "18",
    "payer_id": "P1",
    "payer_name": "STATE MEDICAID",
    "filing_indicator": "MC",
    "billing_npi": "1234567893",
    "billing_taxonomy": "251S00000X",
    "billing_name": "EXAMPLE AGENCY",
    "billing_tax_id": "480000000",
    "rendering_npi": "1000000004",
    "rendering_taxonomy": "172V00000X",
    "rendering_name": "WORKER, PAT",
    "place_of_service": "12",
    "diagnoses": ["F330"],
    "charge": Decimal("92.00"),
}
LINE = {
    "line_number": 1,
    "procedure_code": "98960",
    "modifiers": ["U7"],
    "charge": Decimal("92.00"),
    "units": Decimal("4.000"),
    "service_date": date(2026, 5, 5),
    "diagnosis_pointers": [1],
}
KEPT = {name: value for name, value in CLAIM.items() if not name.startswith(("rendering", "place", "member_", "payer"))}


def changed(**changes: Any) -> Node:
    """What the claim with these changes says, as far as it differs from the plain one; null: no longer said."""
    now = only_claim(read(bundle(claim(**changes))))
    names = CLAIM.keys() | now.keys()
    return {name: now.get(name) for name in names if now.get(name) != CLAIM.get(name)}


def changed_line(**changes: Any) -> Node:
    now = first_line(read(bundle(claim(item=[item(**changes)]))))
    names = LINE.keys() | now.keys()
    return {name: now.get(name) for name in names if now.get(name) != LINE.get(name)}


def changed_by(**others: Node) -> Node:
    """The same where a resource that the claim refers to has other elements."""
    listed = resources()
    for name, changes in others.items():
        listed[name] = without(listed[name] | changes)
    now = only_claim(read(bundle(claim(), others=listed)))
    names = CLAIM.keys() | now.keys()
    return {name: now.get(name) for name in names if now.get(name) != CLAIM.get(name)}


# ----------------------------------------------------------------------------------------------------- the forms


def test_a_bundle_becomes_the_columns_of_a_claim_and_its_lines() -> None:
    batch = read(bundle(claim()))
    assert only_claim(batch) == CLAIM
    assert first_line(batch) == LINE
    assert batch.malformed.is_empty()
    assert batch.file_findings.is_empty()


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(contained(claim())).encode(),
        json.dumps(contained(claim()), indent=2).encode(),
        lines(contained(claim()), contained(claim("C2"))),
        b"\xef\xbb\xbf" + lines(*resources().values(), claim()),
        lines(claim(), *resources().values()),
        b"\r\n" + lines(contained(claim())).replace(b"\n", b"\r\n") + lines(contained(claim("C2"))),
        json.dumps(json.loads(bundle(claim())), indent=1).encode(),
        json.dumps({"entry": [entry(each) for each in (claim(), *resources().values())], "type": "batch", "resourceType": "Bundle"}).encode(),
        bundle(claim(), kind="searchset", total=1),
        bundle(claim(), kind="transaction"),
        to_xml(contained(claim())),
        to_xml(json.loads(bundle(claim()))),
        b"\xef\xbb\xbf" + to_xml(json.loads(bundle(claim()))),
    ],
)  # fmt: skip
def test_every_form_gives_the_same_claim(data: bytes) -> None:
    batch = read_fhir(data, "may")
    assert batch.unreadable.is_empty()
    assert_frame_equal(
        batch.claims.head(1).drop("position", "input"), read(bundle(claim())).claims.drop("position", "input")
    )
    assert_frame_equal(batch.lines.head(1).drop("position"), read(bundle(claim())).lines.drop("position"))
    assert batch.file_findings.is_empty()


def test_a_position_is_the_line_that_a_claim_begins_on() -> None:
    assert read(bundle(claim("A"), claim("B"))).claims.get_column("position").to_list() == [7, 8]
    assert read(b"\n" + lines(contained(claim("A")), contained(claim("B")))).claims.get_column(
        "position"
    ).to_list() == [2, 3]
    xml = to_xml(json.loads(bundle(claim("A"), claim("B"))))
    expected = [number for number, line in enumerate(xml.splitlines(), 1) if b"<Claim>" in line]
    assert read(xml).claims.get_column("position").to_list() == expected


def test_keys_go_on_from_those_given() -> None:
    batch = read_fhir(
        bundle(claim("A"), claim("B", item=[item(1), item(2)])), "x", first_claim_key=7, first_line_key=20
    )
    assert batch.claims.get_column("claim_key").to_list() == [7, 8]
    assert batch.lines.select("line_key", "claim_key").rows() == [(20, 7), (21, 8), (22, 8)]


# ------------------------------------------------------------------------------------------------------ the claim


@pytest.mark.parametrize(
    ("identifiers", "found"),
    [
        ([{"value": "A"}, {"value": "B"}], "A"),
        ([{"value": "A"}, {"value": "B", "use": "official"}], "B"),
        ([{"value": "A", "use": "secondary"}, {"value": "B", "use": "usual"}], "B"),
        ([{"value": "A", "use": "old"}, {"value": "B"}], "B"),
        ([{"system": "x"}], "c1"),
        (None, "c1"),
    ],
)
def test_the_claim_goes_by_its_official_identifier_or_its_first_or_its_id(identifiers: Any, found: str) -> None:
    assert only_claim(read(bundle(claim(identifier=identifiers))))["claim_id"] == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"subType": coded(f"{X12}/1325", "7"), "related": [{"reference": {"value": "ICN1"}}]}, {"frequency_code": "7", "original_claim_id": "ICN1"}),
        ({"related": [{"relationship": coded(f"{X12}/1325", "8"), "reference": {"value": "ICN1"}}]}, {"frequency_code": "8", "original_claim_id": "ICN1"}),
        ({"related": [{"relationship": coded(f"{HL7}/v3-ActRelationshipType", "RPLC"), "claim": {"identifier": {"value": "ICN1"}}}]}, {"frequency_code": "7", "original_claim_id": "ICN1"}),
        ({"related": [{"relationship": coded(f"{HL7}/ex-relatedclaimrelationship", "prior"), "reference": {"value": "ICN1"}}]}, {"original_claim_id": "ICN1"}),
        ({"subType": coded("http://example.org/other", "7")}, {}),
        ({"insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/cov"}, "preAuthRef": ["PA1"]}]}, {"prior_authorization": "PA1"}),
        ({"supportingInfo": [{"sequence": 1, "category": coded(None, "info"), "code": coded(f"{X12}/1514", "9")}]}, {"delay_reason": "9"}),
        ({"supportingInfo": [{"sequence": 1, "category": coded("http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBSupportingInfoType", "clmrecvddate"), "timingDate": "2026-05-09"}]}, {"received_date": date(2026, 5, 9)}),
        ({"supportingInfo": [{"sequence": 1, "category": coded(None, "info"), "code": coded("http://loinc.org", "82810-3"), "valueBoolean": True}]}, {"member_pregnant": True}),
        ({"total": None}, {}),
        ({"total": {"value": 80, "currency": "USD"}}, {"charge": Decimal("80.00")}),
        ({"insurer": None}, {}),
        ({"careTeam": None}, {"rendering_npi": None, "rendering_taxonomy": None, "rendering_name": None}),
        ({"text": {"status": "generated", "div": "<div/>"}, "language": "en", "accident": {"date": "2026-01-01"}, "extension": [{"url": "x", "valueString": "y"}]}, {}),
    ],
)  # fmt: skip
def test_the_other_parts_of_a_claim(changes: Node, found: Node) -> None:
    assert changed(**changes) == found


def test_diagnoses_stand_by_sequence_with_the_principal_one_first_and_pointers_follow() -> None:
    diagnoses = [
        {"sequence": 20, "diagnosisCodeableConcept": coded(ICD, "Z59.00")},
        {"sequence": 10, "diagnosisCodeableConcept": coded("urn:oid:2.16.840.1.113883.6.90", "F330")},
        {
            "sequence": 30,
            "diagnosisCodeableConcept": coded(ICD, "I10"),
            "type": [coded(f"{HL7}/ex-diagnosistype", "principal")],
        },
        {"sequence": 40, "diagnosisReference": {"reference": "#c"}},
    ]
    condition = {
        "resourceType": "Condition",
        "id": "c",
        "code": coded(ICD, "Z60.2"),
        "subject": {"reference": "Patient/p1"},
    }
    sent = claim(diagnosis=diagnoses, item=[item(diagnosisSequence=[10, 30, 40])], contained=[condition])
    batch = read(bundle(sent))
    assert only_claim(batch)["diagnoses"] == ["I10", "F330", "Z5900", "Z602"]
    assert first_line(batch)["diagnosis_pointers"] == [2, 1, 4]


def test_a_pointer_beyond_the_diagnoses_stays_and_one_to_no_sequence_is_kept_as_text() -> None:
    assert changed_line(diagnosisSequence=[1, 7]) == {"diagnosis_pointers": [1, 7]}
    odd = claim(diagnosis=[{"sequence": 5, "diagnosisCodeableConcept": coded(ICD, "F33.0")}])
    batch = read(bundle(odd))
    assert batch.malformed.select("column", "text").rows() == [("diagnosis_pointers", "1")]


def test_codes_of_another_system_never_pass_for_codes_of_ours() -> None:
    assert changed_line(productOrService=coded("http://snomed.info/sct", "98960")) == {
        "procedure_code": "http://snomed.info/sct|98960"
    }
    assert changed_line(modifier=[coded("http://example.org", "U7")]) == {"modifiers": ["http://example.org|U7"]}
    assert changed(diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": coded("http://snomed.info/sct", "123")}]) == {
        "diagnoses": ["http://snomed.info/sct|123"]
    }


# -------------------------------------------------------------------------------------------------------- the line


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"productOrService": {"coding": [{"system": "http://snomed.info/sct", "code": "1"}, {"system": HCPCS, "code": "H0038"}]}}, {"procedure_code": "H0038"}),
        ({"productOrService": coded(None, "H0038")}, {"procedure_code": "H0038"}),
        ({"productOrService": {"text": "peer support"}}, {"procedure_code": "peer support"}),
        ({"modifier": [coded(HCPCS, "HQ"), {"text": " "}, coded(CPT, "95"), {}]}, {"modifiers": ["HQ", "", "95"]}),
        ({"quantity": {"value": 1.5, "system": f"{X12}/355", "code": "UN"}}, {"units": Decimal("1.500"), "unit_basis": "UN"}),
        ({"quantity": {"value": 60, "system": "http://unitsofmeasure.org", "code": "min"}}, {"units": Decimal("60.000"), "unit_basis": "MJ"}),
        ({"quantity": {"value": 4, "system": "http://unitsofmeasure.org", "code": "{unit}"}}, {"unit_basis": "UN"}),
        ({"quantity": {"value": 4, "system": "http://unitsofmeasure.org", "code": "h"}}, {"unit_basis": "h"}),
        ({"quantity": None}, {"units": None}),
        ({"net": None, "unitPrice": {"value": 23, "currency": "USD"}}, {}),
        ({"net": None, "unitPrice": {"value": 23, "currency": "USD"}, "factor": 0.5}, {"charge": Decimal("46.00")}),
        ({"net": {"value": 92.5, "currency": "USD"}}, {"charge": Decimal("92.50")}),
        ({"servicedDate": None, "servicedPeriod": {"start": "2026-05-05", "end": "2026-05-07"}}, {"service_end_date": date(2026, 5, 7)}),
        ({"servicedDate": None, "servicedPeriod": {"start": "2026-05-05", "end": "2026-05-05"}}, {}),
        (
            {"servicedDate": None, "servicedPeriod": {"start": "2026-05-05T09:00:00-05:00", "end": "2026-05-05T10:30:00-05:00"}},
            {"start_time": time(9), "end_time": time(10, 30)},
        ),
        ({"servicedDate": None}, {"service_date": None}),
        ({"extension": [{"url": "urn:cleanclaim:start-time", "valueTime": "09:00:00"}, {"url": "urn:cleanclaim:group-size", "valueUnsignedInt": 5}]}, {"start_time": time(9), "group_size": 5}),
        ({"extension": [{"url": "urn:cleanclaim:session", "valueString": "S1"}, {"url": "urn:cleanclaim:worker", "valueString": "W1"}]}, {"session_id": "S1", "worker": "W1"}),
        ({"extension": [{"url": "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-authorizationNumber", "valueString": "PA2"}]}, {"prior_authorization": "PA2"}),
        ({"extension": [{"url": "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-itemTraceNumber", "valueIdentifier": {"value": "L1"}}]}, {"line_control_number": "L1"}),
        ({"sequence": None}, {"line_number": None}),
    ],
)  # fmt: skip
def test_the_parts_of_a_line(changes: Node, found: Node) -> None:
    assert changed_line(**changes) == found


@pytest.mark.parametrize(
    ("changes", "column", "text"),
    [
        ({"servicedDate": "20260505"}, "service_date", "20260505"),
        ({"servicedDate": "2026-05"}, "service_date", "2026-05"),
        ({"servicedDate": "2026-02-30"}, "service_date", "2026-02-30"),
        ({"servicedDate": None, "servicedPeriod": {"start": "2026-05-05", "end": "soon"}}, "service_end_date", "soon"),
        ({"quantity": {"value": "four"}}, "units", "four"),
        ({"quantity": {"value": 0.0001}}, "units", "0.0001"),
        ({"sequence": -1}, "line_number", "-1"),
        ({"diagnosisSequence": ["A"]}, "diagnosis_pointers", "A"),
    ],
)
def test_a_value_that_cannot_be_read_is_kept_as_text_for_the_rules(changes: Node, column: str, text: str) -> None:
    batch = read(bundle(claim(item=[item(**changes)])))
    assert batch.malformed.select("line_key", "column", "text").rows() == [(0, column, text)]


def test_a_birth_date_that_is_a_year_is_kept_as_text() -> None:
    others = resources() | {"p1": resources()["p1"] | {"birthDate": "1990"}}
    assert read(bundle(claim(), others=others)).malformed.select("line_key", "column", "text").rows() == [
        (None, "member_birth_date", "1990")
    ]


def test_a_place_that_every_line_names_is_the_claims_and_another_is_the_lines() -> None:
    batch = read(bundle(claim(item=[item(1), item(2, locationCodeableConcept=coded(PLACES, "11"))])))
    assert batch.claims.item(0, "place_of_service") is None
    assert batch.lines.get_column("place_of_service").to_list() == ["12", "11"]
    home = {"resourceType": "Location", "id": "home", "type": [coded(PLACES, "12"), coded(NUCC, "251S00000X")], "name": "HOME",
            "identifier": [{"system": NPI, "value": "1000000012"}], "address": {"city": "TOPEKA"}}  # fmt: skip
    batch = read(bundle(claim(facility={"reference": "Location/home"}, item=[item(1), item(2, locationCodeableConcept=coded(PLACES, "11"))]), others=resources() | {"home": home}))  # fmt: skip
    said = only_claim(batch)
    assert {name: value for name, value in said.items() if name.startswith(("facility", "place"))} == {
        "facility_npi": "1000000012",
        "facility_taxonomy": "251S00000X",
        "facility_name": "HOME",
        "facility_address": {"line1": None, "line2": None, "city": "TOPEKA", "state": None, "zip": None},
        "place_of_service": "12",
    }
    assert batch.lines.get_column("place_of_service").to_list() == [None, "11"]


# ------------------------------------------------------------------------------------------------------ the people


@pytest.mark.parametrize(
    ("others", "found"),
    [
        ({"cov": {"identifier": [{"type": coded(f"{HL7}/v2-0203", "MB"), "value": "M7"}]}}, {"member_id": "M7"}),
        ({"cov": {"subscriberId": None}}, {"member_id": None}),
        ({"cov": {"subscriberId": None}, "p1": {"identifier": [{"type": coded(f"{HL7}/v2-0203", "MA"), "value": "M8"}]}}, {"member_id": "M8"}),
        ({"cov": {"relationship": coded(f"{X12}/1069", "21"), "subscriberId": "S1"}}, {"relationship": "21", "subscriber_id": "S1", "member_id": "S1"}),
        ({"cov": {"relationship": coded(f"{HL7}/subscriber-relationship", "injured")}}, {"relationship": None}),
        ({"p1": {"gender": "other", "deceasedDateTime": "2026-01-02T10:00:00Z"}}, {"member_sex": "U", "member_death_date": date(2026, 1, 2)}),
        ({"p1": {"name": [{"text": "DOE, JANE"}]}}, {}),
        ({"p1": {"address": [{"use": "old", "city": "WICHITA"}]}}, {"member_address": None}),
        ({"chw": {"qualification": None}}, {"rendering_taxonomy": None}),
        ({"chw": {"identifier": [{"type": coded(f"{HL7}/v2-0203", "PRN"), "value": "MCD1"}]}}, {"rendering_npi": None, "rendering_other_id": "MCD1"}),
        ({"chw": {"name": [{"text": "PAT THE WORKER"}]}}, {"rendering_name": "PAT THE WORKER"}),
        ({"payer": {"identifier": [{"value": "P2"}]}}, {"payer_id": "P2"}),
        ({"payer": {"identifier": [{"system": "a", "value": "P2"}, {"system": "b", "value": "P3"}]}}, {"payer_id": None}),
    ],
)  # fmt: skip
def test_what_the_resources_behind_a_claim_say(others: dict[str, Node], found: Node) -> None:
    assert changed_by(**others) == found


def test_a_subscriber_who_is_someone_else_has_columns_of_their_own() -> None:
    child = resources()
    child["cov"] |= {
        "relationship": coded(f"{HL7}/subscriber-relationship", "child"),
        "subscriber": {"reference": "RelatedPerson/mother"},
    }
    child["mother"] = {"resourceType": "RelatedPerson", "id": "mother", "patient": {"reference": "Patient/p1"},
                       "name": [{"family": "DOE", "given": ["MARY"]}], "birthDate": "1970-02-03", "gender": "female"}  # fmt: skip
    said = only_claim(read(bundle(claim(), others=child)))
    assert {name: value for name, value in said.items() if name.startswith("subscriber")} == {
        "subscriber_id": "00123456789",
        "subscriber_last_name": "DOE",
        "subscriber_first_name": "MARY",
        "subscriber_birth_date": date(1970, 2, 3),
        "subscriber_sex": "F",
    }
    assert (said["relationship"], said["member_id"], said["member_first_name"]) == ("19", "00123456789", "JANE")


def team(sequence: int, npi: str, role: Node | None) -> Node:
    who = {"identifier": {"system": NPI, "value": npi}, "display": f"NAME {npi}"}
    return without({"sequence": sequence, "provider": who, "role": role})


def test_the_care_team_is_told_apart_by_role_and_by_line() -> None:
    role, entity = f"{HL7}/claimcareteamrole", f"{X12}/98"
    members = [
        team(1, "1000000004", coded(role, "primary")),
        team(2, "1000000012", coded(entity, "82")),
        team(3, "1000000020", coded(role, "supervisor")),
        team(4, "1000000038", coded(entity, "DK")),
        team(5, "1000000046", coded("http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBClaimCareTeamRole", "referring")),
        team(6, "1000000053", coded(role, "rendering")),
    ]
    batch = read(bundle(claim(careTeam=members, item=[item(1), item(2, careTeamSequence=[6, 3])])))
    npis = ("rendering_npi", "supervising_npi", "ordering_npi", "referring_npi")
    assert batch.claims.select(npis).rows() == [("1000000012", None, "1000000038", "1000000046")]
    assert batch.lines.select(npis).rows() == [(None, None, None, None), ("1000000053", "1000000020", None, None)]
    assert batch.claims.item(0, "rendering_name") == "NAME 1000000012"


def test_a_lone_member_without_a_role_renders_and_an_unknown_role_is_said() -> None:
    assert only_claim(read(bundle(claim(careTeam=[team(1, "1000000012", None)]))))["rendering_npi"] == "1000000012"
    batch = read(bundle(claim(careTeam=[team(1, "1000000012", coded("http://example.org", "driver"))])))
    assert batch.claims.item(0, "rendering_npi") is None
    assert batch.file_findings.select("severity", "claim_key", "message").rows() == [
        ("review", 0, "Claim: the role of careTeam[0] is none that cleanclaim knows, so the provider is not looked at")
    ]


def test_a_line_that_names_a_member_who_is_not_there_is_said() -> None:
    batch = read(bundle(claim(item=[item(1), item(2, careTeamSequence=[9])])))
    assert batch.file_findings.select("severity", "claim_key", "message").rows() == [
        ("review", 0, "Claim: item[1].careTeamSequence names a member that the care team does not have")
    ]


def test_a_role_brings_its_practitioner_its_organisation_and_its_specialty() -> None:
    others = resources()
    others["role"] = {"resourceType": "PractitionerRole", "id": "role", "practitioner": {"reference": "Practitioner/chw"},
                      "organization": {"reference": "Organization/agency"}, "specialty": [coded(NUCC, "405300000X")]}  # fmt: skip
    sent = claim(
        careTeam=[
            {"sequence": 1, "provider": {"reference": "PractitionerRole/role"}, "role": coded(None, "rendering")}
        ],
        provider={"reference": "PractitionerRole/role"},
    )
    said = only_claim(read(bundle(sent, others=others)))
    assert (said["rendering_npi"], said["rendering_taxonomy"], said["rendering_name"]) == (
        "1000000004",
        "405300000X",
        "WORKER, PAT",
    )
    assert (said["billing_npi"], said["billing_tax_id"]) == ("1000000004", "480000000")


def test_other_payers_are_the_insurances_that_are_not_focal() -> None:
    others = resources()
    others["cov2"] = others["cov"] | {"id": "cov2", "payor": [{"display": "PRIVATE INSURANCE"}]}
    others["answer"] = {"resourceType": "ClaimResponse", "id": "answer", "created": "2026-05-07",
                        "payment": {"type": coded(None, "complete"), "amount": {"value": 12.3, "currency": "USD"}}}  # fmt: skip
    insurance = [
        {"sequence": 1, "focal": False, "coverage": {"reference": "Coverage/cov2"}, "claimResponse": {"reference": "ClaimResponse/answer"}},
        {"sequence": 2, "focal": True, "coverage": {"reference": "Coverage/cov"}},
    ]  # fmt: skip
    batch = read(bundle(claim(insurance=insurance), others=others))
    said = only_claim(batch)
    assert said["other_payers"] == [
        {"id": None, "name": "PRIVATE INSURANCE", "paid": Decimal("12.30"), "decided_on": date(2026, 5, 7)}
    ]
    assert (said["payer_id"], said["member_id"]) == ("P1", "00123456789")
    assert batch.file_findings.select("severity", "claim_key").rows() == [("note", None)]


# ------------------------------------------------------------------------------------------------------ references


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": f"{BASE}/Patient/p1"},
        {"reference": "Patient/p1/_history/3"},
        {"reference": f"{BASE}/Patient/p1/_history/3"},
        {"identifier": {"type": coded(f"{HL7}/v2-0203", "MR"), "value": "MEDICAL-RECORD-7"}},
        {"reference": "Patient/unknown", "identifier": {"value": "MEDICAL-RECORD-7"}},
    ],
)
def test_a_reference_is_followed_by_url_by_type_and_id_and_by_identifier(reference: Node) -> None:
    assert changed(patient=reference) == {}


def test_a_relative_reference_means_the_resource_of_the_same_server() -> None:
    elsewhere = resources()["p1"] | {"birthDate": "2001-01-01"}
    listed = [entry(elsewhere, "https://other.example.org/fhir"), *map(entry, resources().values()), entry(claim())]
    data = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": listed}).encode()
    assert only_claim(read(data)) == CLAIM
    for each in listed:
        del each["fullUrl"]
    batch = read(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": listed}).encode())
    assert only_claim(batch).keys() == {name for name in CLAIM if not name.startswith("member")} | {"member_id"}
    assert batch.file_findings.get_column("message").to_list() == [
        "Claim.patient: the file does not hold what this refers to, so it counts as absent"
    ]


def test_a_urn_is_followed_by_full_url() -> None:
    listed = [{"fullUrl": f"urn:uuid:{name}", "resource": resource} for name, resource in resources().items()]
    text = json.dumps([*listed, {"fullUrl": "urn:uuid:c", "resource": claim()}])
    for resource in resources().values():
        text = text.replace(f'"{resource["resourceType"]}/{resource["id"]}"', f'"urn:uuid:{resource["id"]}"')
    data = f'{{"resourceType": "Bundle", "type": "collection", "entry": {text}}}'.encode()
    assert only_claim(read(data)) == CLAIM


def test_what_the_file_does_not_hold_counts_as_absent_and_is_said() -> None:
    batch = read(lines(claim(), claim("C2")))
    assert only_claim(read(json.dumps(claim()).encode())) == {
        "claim_id": "C1", "place_of_service": "12", "diagnoses": ["F330"], "charge": Decimal("92.00"),
    }  # fmt: skip
    assert batch.file_findings.select("position", "claim_key", "cause", "severity", "message").rows()[0] == (
        1, 0, "value_unreadable", "review",
        ("Claim.insurance.coverage, Claim.patient, Claim.insurer, Claim.provider, Claim.careTeam[0].provider: "
        "the file does not hold what this refers to, so it counts as absent"),
    )  # fmt: skip


def test_a_logical_reference_says_who_a_provider_is() -> None:
    found = changed(provider={"identifier": {"system": NPI, "value": "1999999984"}, "display": "OTHER AGENCY"})
    assert found == {
        "billing_npi": "1999999984",
        "billing_name": "OTHER AGENCY",
        "billing_taxonomy": None,
        "billing_tax_id": None,
    }


def test_payers_answers_in_a_file_with_claims_are_a_note() -> None:
    answer = {"resourceType": "ExplanationOfBenefit", "id": "e1", "status": "active"}
    batch = read(bundle(claim(), others=resources() | {"e": answer}))
    assert batch.file_findings.select("severity", "claim_key", "message").rows() == [
        (
            "note",
            None,
            "the file also holds 1 ExplanationOfBenefit resource: a payer's answer to a claim, which is not checked",
        )
    ]
