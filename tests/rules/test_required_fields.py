from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.rules import required_fields as kind
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed


@pytest.mark.parametrize(
    ("field", "claim", "line", "cause", "message"),
    [
        ("member_id", {"member": {}}, None, "member_id_missing", "The claim lacks the member's id."),
        ("member_id", {"member": {"id": "  "}}, None, "member_id_missing", "The claim lacks the member's id."),
        ("billing_npi", {"billing_provider": {}}, None, "billing_npi_invalid", "The claim lacks the billing NPI."),
        ("diagnoses", {"diagnoses": []}, None, "dx_missing", "The claim lacks a diagnosis."),
        ("units", {}, {"units": None}, "units_invalid", "The line lacks the units."),
        ("service_date", {}, {"service_date": None}, "date_invalid", "The line lacks the service date."),
        ("place_of_service", {"place_of_service": None}, {}, "pos_invalid", "The line lacks the place of service."),
        ("procedure_code", {}, {"procedure_code": None}, "procedure_code_invalid",
         "The line lacks the procedure code."),
        ("start_time", {}, {"start_time": None}, "required_value_missing", "The line lacks the start time."),
        ("diagnosis_pointers", {}, {"diagnosis_pointers": []}, "dx_pointer_invalid",
         "The line lacks the diagnosis pointer."),
    ],
)  # fmt: skip
def test_an_absent_value_is_a_finding_at_the_claim_or_line_it_belongs_to(
    field: str, claim: dict[str, Any], line: dict[str, Any] | None, cause: str, message: str
) -> None:
    found = judge(kind, an_entry(kind, field=field), placed(a_claim(a_line(**(line or {})), **claim)))
    assert found == [Found(None if line is None else 1, cause, "fail", message, "nothing", None)]


@pytest.mark.parametrize(
    "field",
    ["member_id", "member_birth_date", "payer_id", "billing_npi", "billing_taxonomy", "frequency_code", "diagnoses",
     "line_number", "procedure_code", "units", "service_date", "place_of_service", "diagnosis_pointers",
     "rendering_npi"],
)  # fmt: skip
def test_a_value_that_is_there_is_no_finding(field: str) -> None:
    assert judge(kind, an_entry(kind, field=field), placed(a_claim())) == []


def test_a_claim_of_two_lines_is_told_once_that_its_member_id_is_missing() -> None:
    rows = placed(a_claim(a_line(), a_line(line_number=2), member={}))
    assert [item.line for item in judge(kind, an_entry(kind, field="member_id"), rows)] == [None]


def test_a_value_that_may_stand_in_its_place_is_enough() -> None:
    entry = an_entry(kind, field="billing_npi", in_its_place="billing_other_id")
    assert judge(kind, entry, placed(a_claim(billing_provider={"other_id": "A1"}))) == []
    assert [item.cause for item in judge(kind, entry, placed(a_claim(billing_provider={})))] == ["billing_npi_invalid"]


@pytest.mark.parametrize("field", ["units", "service_date", "diagnosis_pointers"])
def test_a_value_that_cannot_be_read_is_not_missing(field: str) -> None:
    empty: Any = [] if field == "diagnosis_pointers" else None
    claim = a_claim(a_line(**{field: empty}), malformed=[{"line_number": 1, "column": field, "text": "4x"}])
    assert judge(kind, an_entry(kind, field=field), placed(claim)) == []


def test_a_void_is_looked_at_too() -> None:
    rows = placed(a_claim(a_line(units=None), frequency_code="8"))
    assert [item.cause for item in judge(kind, an_entry(kind, field="units"), rows)] == ["units_invalid"]


def test_a_field_of_no_name_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(ValidationError, match="no value of this name can be required; did you mean 'units'"):
        an_entry(kind, field="unit")


def test_every_value_that_may_be_required_can_be_asked_for() -> None:
    for field in kind.FIELDS:
        assert {item.verdict for item in judge(kind, an_entry(kind, field=field), placed(a_claim()))} <= {"fail"}


def test_a_line_number_that_cannot_be_read_is_quoted() -> None:
    rows = placed(a_claim(malformed=[{"line_number": 1, "column": "line_number", "text": "A"}]))
    rows = rows.with_columns(line_number=pl.lit(None, pl.UInt32))
    found = judge(kind, an_entry(kind, field="line_number"), rows)
    assert found == [Found(None, "required_value_missing", "fail", "The line lacks the line number.", "A", None)]
