"""The tables of this format: the published elements of R4, a place for every column, a page that shows them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fhir.resources.R4B import get_fhir_model_class

from billing.claim_columns import CLAIM_COLUMNS, LINE_COLUMNS
from billing.errors import InputError
from billing.formats.fhir import systems
from billing.formats.fhir.places import CLAIM_PLACES, LINE_PLACES
from billing.formats.fhir.read import read_fhir
from billing.formats.fhir.shapes import OPAQUE, SHAPES

NAMED = os.environ.get("CLEANCLAIM_SAMPLES", "")
FOLDER = Path(NAMED) / "fhir"
HELD = {
    "bfd-eob-carrier.json": "no professional claims (FHIR R4 Claim) in this file; it holds 1 ExplanationOfBenefit resource: a payer's answer to a claim",
    "hl7-claim-pre-r4-shape.json": "Claim.organization: this is a claim of a FHIR version before R4; cleanclaim reads R4 (4.0.1)",
    "hl7-claim-professional-r5-shape.xml": "Claim.subject: this is a claim of FHIR R5 or later; cleanclaim reads R4 (4.0.1)",
    "synthea-claims-r4.ndjson": "no professional claims (FHIR R4 Claim) in this file; it holds 60 institutional claims",
    "synthea-eob-r4.ndjson": "no professional claims (FHIR R4 Claim) in this file; it holds 20 ExplanationOfBenefit resources: payers' answers to claims",
}


@pytest.mark.parametrize("kind", SHAPES)
def test_a_type_has_the_elements_that_are_published(kind: str) -> None:
    model = get_fhir_model_class(kind)
    annotations = {field.alias or name: str(field.annotation) for name, field in model.model_fields.items()}
    published = {name: annotations[name] for name in model.elements_sequence()}
    shape = SHAPES[kind]
    assert list(shape) == list(published)
    assert {name for name, (_, is_list) in shape.items() if is_list} == {
        name for name, words in published.items() if "List[" in words
    }
    kinds = {name: inner for name, (inner, _) in shape.items() if inner not in {None, *OPAQUE}}
    assert all(f".{inner}Type" in published[name] for name, inner in kinds.items())
    values = {name for name, (inner, _) in shape.items() if inner is None}
    assert values == {name for name, words in published.items() if "abc." not in words}


def test_every_column_has_a_place_and_every_place_a_column() -> None:
    for columns, places in ((CLAIM_COLUMNS, CLAIM_PLACES), (LINE_COLUMNS, LINE_PLACES)):
        assert sorted(place.column for place in places) == sorted(column.name for column in columns if column.path)


@pytest.mark.parametrize("place", [*CLAIM_PLACES, *LINE_PLACES], ids=lambda place: place.column)
def test_a_place_is_a_path_of_r4(place: object) -> None:
    path = place.path  # type: ignore[attr-defined]  # a Place; the lists hold nothing else
    kinds = {"ClaimItem"} if place in LINE_PLACES else {"Claim"}
    targets = {"coverage": {"Coverage"}, "patient": {"Patient"}, "subscriber": {"Patient", "RelatedPerson"},
               "insurer": {"Organization"}, "facility": {"Location"},
               "provider": {"Practitioner", "PractitionerRole", "Organization"}}  # fmt: skip
    last = ""
    for element in path.split("."):
        if element == "resolve()":
            kinds = targets[last]
            continue
        known = [SHAPES[kind] for kind in kinds if kind in SHAPES and element in SHAPES[kind]]
        assert known, f"{element} of {kinds}"
        kinds = {str(shape[element][0]) for shape in known}
        last = element


def test_systems_and_extensions_are_absolute_and_said_once() -> None:
    listed = [
        systems.HCPCS,
        systems.CPT,
        systems.ICD_10_CM,
        systems.PLACE_OF_SERVICE,
        systems.TAXONOMY,
        systems.NPI,
        systems.TAX_ID,
    ]
    names = [name for each in listed for name in each]
    assert len(names) == len(set(names))
    assert all(name.startswith(("http://", "https://", "urn:")) for name in names)


@pytest.mark.skipif(not NAMED, reason="CLEANCLAIM_SAMPLES names no folder of public claim files")
def test_public_files_are_refused_with_what_they_hold() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(HELD)
    for name, words in HELD.items():
        with pytest.raises(InputError) as refused:
            read_fhir((FOLDER / name).read_bytes(), name)
        assert str(refused.value).partition("\n")[0] == f"{name}: {words}"
