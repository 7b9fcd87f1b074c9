"""Claims written as FHIR: nothing is lost on the way and back, and what is written has the shape of R4."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.claim import Claim as PublishedClaim
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from billing.batch import Batch
from billing.claims import (
    Address,
    BillingProvider,
    Claim,
    Facility,
    MalformedValue,
    OtherPayer,
    Payer,
    Person,
    Provider,
    ServiceLine,
)
from billing.errors import UsageError
from billing.formats import read
from billing.formats.fhir.read import read_fhir
from billing.formats.fhir.write import Form, write_fhir, write_fhir_bundle, write_fhir_xml
from billing.samples import sample_folder

FORMS: tuple[Form, ...] = ("ndjson", "bundle", "xml")
SAMPLES = sorted(sample_folder().rglob("*.837"))

TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=9).filter(
    lambda text: not text.isspace()
)
CODE = st.sampled_from(["F330", "Z5900", "I10", "U7", "HQ", "95", "98960", "H0038", "x", "ä 1", "http://a|b"])
DAY = st.dates(date(1900, 1, 1), date(2099, 12, 31))
MONEY = st.decimals(-1, 10**13, places=2)
CLOCK = st.times().map(lambda value: value.replace(microsecond=0))


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def some_of(model: Callable[..., Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The model with any of its fields left out."""
    return st.fixed_dictionaries({}, optional=fields).map(lambda values: model(**values))


ADDRESS = some_of(Address, line1=TEXT, line2=TEXT, city=TEXT, state=TEXT, zip=TEXT)
PERSON = {
    "id": TEXT, "last_name": TEXT, "first_name": TEXT, "birth_date": DAY, "pregnant": st.booleans(), "death_date": DAY,
    "sex": st.sampled_from(["F", "M", "U", "X", "f"]), "address": ADDRESS,
}  # fmt: skip
PROVIDER = {"npi": TEXT, "taxonomy": TEXT, "name": TEXT, "other_id": TEXT}
CODES = st.lists(CODE, max_size=4).map(tuple)
MODIFIERS = st.lists(CODE | st.just(""), max_size=4).filter(lambda codes: not codes or codes[-1] != "").map(tuple)
LINE = {
    "procedure_code": CODE, "modifiers": MODIFIERS, "units": st.decimals(0, 10**6, places=3), "unit_basis": CODE,
    "service_date": DAY, "service_end_date": DAY, "place_of_service": CODE,
    "diagnosis_pointers": st.lists(st.integers(0, 12), max_size=4).map(tuple),
    "rendering_provider": some_of(Provider, **PROVIDER), "supervising_provider": some_of(Provider, **PROVIDER),
    "ordering_provider": some_of(Provider, **PROVIDER), "referring_provider": some_of(Provider, **PROVIDER),
    "prior_authorization": TEXT, "line_control_number": TEXT, "start_time": CLOCK, "end_time": CLOCK,
    "group_size": st.integers(0, 99), "session_id": TEXT, "worker": TEXT,
}  # fmt: skip
CLAIM = {
    "member": some_of(Person, **PERSON), "subscriber": some_of(Person, **PERSON),
    "relationship": st.sampled_from(["18", "19", "01", "G8", "ZZ"]),
    "payer": some_of(Payer, id=TEXT, name=TEXT), "filing_indicator": CODE,
    "billing_provider": some_of(BillingProvider, **PROVIDER, tax_id=TEXT, address=ADDRESS),
    "rendering_provider": some_of(Provider, **PROVIDER), "supervising_provider": some_of(Provider, **PROVIDER),
    "ordering_provider": some_of(Provider, **PROVIDER), "referring_provider": some_of(Provider, **PROVIDER),
    "service_facility": some_of(Facility, **PROVIDER, address=ADDRESS), "place_of_service": CODE,
    "frequency_code": CODE, "original_claim_id": TEXT, "prior_authorization": TEXT, "delay_reason": CODE,
    "diagnoses": CODES, "received_date": DAY,
    "other_payers": st.lists(some_of(OtherPayer, id=TEXT, name=TEXT, paid=MONEY, decided_on=DAY), max_size=2).map(tuple),
}  # fmt: skip


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    """A claim with any of its fields, and now and then a value that could not be read."""
    count = draw(st.integers(1, 3))
    lines = [
        draw(
            some_of(
                lambda number=number, **values: ServiceLine(line_number=number, charge=Decimal("1.50"), **values),
                **LINE,
            )
        )
        for number in range(1, count + 1)
    ]
    fields = draw(st.fixed_dictionaries({}, optional=CLAIM))
    made = Claim(claim_id=draw(TEXT), charge=draw(MONEY), lines=tuple(lines), **fields)
    unread = draw(st.sampled_from([(), (("service_date", 1),), (("units", count), ("member_birth_date", None))]))
    kept = tuple(MalformedValue(line_number=line, column=column, text=draw(TEXT)) for column, line in unread)
    cleared = [
        line.model_copy(update={column: None for column, number in unread if number == line.line_number})
        for line in made.lines
    ]
    member = made.member.model_copy(update={"birth_date": None}) if len(kept) > 1 else made.member
    return made.model_copy(update={"lines": tuple(cleared), "malformed": kept, "member": member})


def frames(batch: Batch) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The claims of a batch; a place that every line names is the claim's, and one the claim names no line's own."""
    of_claim, of_line = pl.col("of_claim"), pl.col("place_of_service")
    lines = batch.lines.with_columns(
        shared=pl.when((of_line.n_unique() == 1) & of_line.is_not_null().all()).then(of_line.first()).over("claim_key")
    )
    shared = lines.group_by("claim_key").agg(pl.col("shared").first())
    claims_ = batch.claims.join(shared, on="claim_key", how="left", maintain_order="left").with_columns(
        place_of_service=pl.coalesce("place_of_service", "shared")
    )
    lines = lines.join(
        claims_.select("claim_key", of_claim="place_of_service"), on="claim_key", how="left", maintain_order="left"
    )
    lines = lines.with_columns(place_of_service=pl.when(of_line.ne_missing(of_claim)).then(of_line))
    return (
        claims_.drop("shared", "position", "input"),
        lines.drop("shared", "of_claim", "position"),
        batch.malformed.sort(pl.all()),
    )


def assert_same(found: Batch, expected: Batch) -> None:
    assert found.unreadable.get_column("reason").to_list() == []
    for one, other in zip(frames(found), frames(expected), strict=True):
        assert_frame_equal(one, other)


@settings(max_examples=30)
@given(st.lists(claims(), min_size=1, max_size=3))
def test_any_claim_comes_back_from_json_and_xml_as_it_was(made: list[Claim]) -> None:
    expected = read(made)
    for form in FORMS:
        assert_same(read_fhir(write_fhir(expected, form=form), "claims"), expected)


@settings(max_examples=15)
@given(claims())
def test_any_claim_is_written_in_the_shape_that_is_published(made: Claim) -> None:
    assume(all(pointer for line in made.lines for pointer in line.diagnosis_pointers))  # R4 counts from 1
    [line] = write_fhir(read([made])).splitlines()
    PublishedClaim.model_validate_json(line)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_sample_comes_back_as_it_was(sample: Path) -> None:
    expected = read(sample)
    for form in ("ndjson", "xml"):
        assert_same(read_fhir(write_fhir(expected, form=form), "claims"), expected)


@pytest.mark.parametrize(
    "name", ["ks_chw.837", "shapes/cob.837", "shapes/dependents_2000c.837", "shapes/broken_claims.837"]
)
def test_a_sample_is_written_in_the_shape_that_is_published(name: str) -> None:
    batch = read(sample_folder() / name)
    for line in write_fhir(batch).splitlines():
        PublishedClaim.model_validate_json(line)
    Bundle.model_validate_json(write_fhir_bundle(batch))
    Bundle.model_validate_xml(write_fhir_xml(batch))


def test_a_sample_of_ours_has_the_shape_that_is_published() -> None:
    Bundle.model_validate_json((sample_folder() / "shapes" / "ks_chw.fhir.json").read_bytes())


def test_one_claim_is_written_like_this() -> None:
    made = Claim(
        claim_id="C1", charge=Decimal("92.00"), diagnoses=("F330",), member=Person(id="M1", last_name="DOE"),
        lines=(ServiceLine(line_number=1, procedure_code="98960", modifiers=("U7",), charge=Decimal("92.00"),
                           units=Decimal(4), unit_basis="UN", service_date=date(2026, 5, 5), start_time=time(9)),),
    )  # fmt: skip
    text = write_fhir(read([made])).decode()
    written = json.loads(text)
    assert '"total": {"value": 92.00, "currency": "USD"}' in text
    assert [resource["resourceType"] for resource in written.pop("contained")] == ["Patient", "Coverage"]
    unknown = {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
    }
    assert written == {
        "resourceType": "Claim",
        "id": written["id"],
        "identifier": [{"value": "C1"}],
        "status": "active",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": "professional"}]},
        "use": "claim",
        "patient": {"reference": "#patient"},
        "_created": unknown,
        "provider": unknown,
        "priority": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/processpriority", "code": "normal"}]},
        "diagnosis": [
            {
                "sequence": 1,
                "diagnosisCodeableConcept": {
                    "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F33.0"}]
                },
                "type": [
                    {
                        "coding": [
                            {"system": "http://terminology.hl7.org/CodeSystem/ex-diagnosistype", "code": "principal"}
                        ]
                    }
                ],
            }
        ],
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"reference": "#coverage"}}],
        "item": [
            {
                "extension": [{"url": "urn:cleanclaim:start-time", "valueTime": "09:00:00"}],
                "sequence": 1,
                "productOrService": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "98960"}]},
                "modifier": [
                    {"coding": [{"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "U7"}]}
                ],
                "servicedDate": "2026-05-05",
                "quantity": {"value": 4, "system": "https://codesystem.x12.org/005010/355", "code": "UN"},
                "net": {"value": 92.0, "currency": "USD"},
            }
        ],
        "total": {"value": 92.0, "currency": "USD"},
    }


def test_the_same_claims_are_the_same_bytes_and_claims_of_one_number_have_ids_of_their_own() -> None:
    batch = read(SAMPLES[0])
    assert write_fhir(batch) == write_fhir(read(SAMPLES[0]))
    ids = [json.loads(line)["id"] for line in write_fhir(batch).splitlines()]
    assert len(set(ids)) == len(ids)


def test_a_character_that_xml_cannot_hold_is_said() -> None:
    made = Claim(claim_id="C\x00", charge=Decimal(1), lines=(ServiceLine(line_number=1, charge=Decimal(1)),))
    assert read_fhir(write_fhir(read([made])), "x").claims.item(0, "claim_id") == "C\x00"
    with pytest.raises(UsageError, match=r"XML cannot hold.*\n  fix: write FHIR in JSON"):
        write_fhir(read([made]), form="xml")


def test_a_batch_without_claims_is_no_lines_or_an_empty_bundle() -> None:
    none = read([])
    assert write_fhir(none) == b""
    assert json.loads(write_fhir(none, form="bundle")) == {"resourceType": "Bundle", "type": "collection"}
    Bundle.model_validate_xml(write_fhir(none, form="xml"))
