"""What row kinds tell beside the message: the value at fault, what would pass, why it is only held, and what to do."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from billing.policy.codesets import Fact
from billing.rules import KINDS
from tests.rules.code_lists import an_edition, with_lists
from tests.rules.harness import Said, a_claim, a_fact, a_line, a_service, an_entry, placed, said

UNREAD = [
    {"line_number": 1, "column": "service_date", "text": "x"}, {"column": "member_birth_date", "text": "x"},
    {"column": "member_death_date", "text": "x"},
]  # fmt: skip
DATED = {"id": "1", "birth_date": "1990-01-01", "death_date": "2020-01-01"}


def entry(kind: str, **values: Any) -> Fact:
    return an_entry(KINDS[kind], **values)


def service(**values: Any) -> Fact:
    return a_fact(a_service(**values))


def in_may(first: date | None = date(2026, 5, 1), last: date | None = date(2026, 5, 31)) -> Fact:
    return a_fact(a_service(date_ranges="refused"), effective=first, ended=last)


def lines(*given: dict[str, Any], how: str = "exact", **claim: Any) -> pl.DataFrame:
    numbered = [a_line(**{"line_number": number, **values}) for number, values in enumerate(given or [{}], 1)]
    return placed(a_claim(*numbered, **claim), how=how, tied="a and b")


def in_use_02() -> Fact:
    rows = [("02", None, None, None, None), ("10", None, None, date(2022, 1, 1), None)]
    return with_lists(entry("place_codes", list="places-list"), an_edition("places", rows))


RATES = [{"amount": "14.15", "effective": "2026-05-01", "source": "s1"}]
OUTSIDE = {"service_date": "2026-06-30"}
ACROSS = {"service_date": "2026-05-31", "service_end_date": "2026-06-01"}
TIMES = "procedure_not_valid_on_date"
PARTLY = "part of the range lies within the service's dates"
OPEN_SET = "the source does not say that no other modifier may stand there"
CHECK_DIGIT = "ten digits that begin with 1 or 2 and end in the check digit"
REPEATED = "a modifier must not repeat is common practice, not part of the standard"

CASES: list[tuple[str, Fact, pl.DataFrame, list[Said]]] = [
    ("ages", entry("ages", min=40), lines(), [Said("age_out_of_range", "member_birth_date", "40 and over")]),
    ("charges", entry("charges"), lines({"charge": "0.00"}, {"charge": "-0.01"}, charge="5"), [
        Said("charge_total_mismatch", "charge", "-0.01"), Said("charge_invalid", "charge", "more than 0.00"),
        Said("charge_invalid", "charge", "more than 0.00", "the standard allows a charge of nothing"),
    ]),
    ("claim_frequency", entry("claim_frequency"), lines(frequency_code="6"),
     [Said("frequency_code_invalid", "frequency_code", "1, 7 or 8")]),
    ("claim_frequency", entry("claim_frequency"), lines(frequency_code="7"), [
        Said("replacement_without_original", "original_claim_id", "the payer's claim number",
             "the payer may still find the claim by member, code and date"),
    ]),
    ("claim_frequency", entry("claim_frequency"), lines(original_claim_id="X"), [
        Said("original_with_claim_number", "original_claim_id", "no number",
             "whether an original may carry a number depends on the payer"),
    ]),
    ("covered_services", in_may(), lines(OUTSIDE, ACROSS), [
        Said(TIMES, "service_date", "2026-05-01 to 2026-05-31", None, by_date=False),
        Said(TIMES, "service_date", "2026-05-01 to 2026-05-31", PARTLY, by_date=False),
        Said("span_dates_not_allowed", "service_date", "one day a line", None, by_date=False),
    ]),
    ("covered_services", in_may(None), lines(OUTSIDE), [Said(TIMES, "service_date", "any day to 2026-05-31", None, by_date=False)]),
    ("covered_services", in_may(date(2026, 7, 1), None), lines(OUTSIDE),
     [Said(TIMES, "service_date", "2026-07-01 to now", None, by_date=False)]),
    ("covered_services", entry("covered_services"), lines(how="other"), [
        Said("not_covered_code", "procedure_code", "a code that a program of this run covers",
             "a program outside this run may cover the code", by_date=False),
    ]),
    ("covered_services", entry("covered_services"), lines(how="unclear"), [
        Said("missing_modifier", "modifiers", "98960 U7 or 98960 U8", "no one service is nearest", by_date=False),
    ]),
    ("covered_services", entry("covered_services"), lines(how="tied"), [
        Said("program_not_clear", "procedure_code", "one program", "more than one program fits the line", by_date=False),
    ]),
    ("diagnoses", entry("diagnoses", any_of=["F10-F19", "F20"]), lines(), [Said("dx_not_covered", "diagnoses", "F10-F19 or F20")]),
    ("diagnoses", entry("diagnoses", excluded=["F33"], look_at="pointed"), lines(),
     [Said("dx_not_covered", "diagnosis_pointers", "none of F33")]),
    ("diagnosis_codes", entry("diagnosis_codes", at_most=2), lines(diagnoses=["F33.0", "F330", "F330"]), [
        Said("dx_invalid", "diagnoses", "3 to 7 letters and digits without a dot"),
        Said("too_many_diagnoses", "diagnoses", "2 diagnoses"),
        Said("dx_repeated", "diagnoses", "each diagnosis once", "that a diagnosis must not repeat is common practice"),
    ]),
    ("diagnosis_codes", entry("diagnosis_codes"), lines(diagnoses=["f330"]),
     [Said("dx_letter_case", "diagnoses", "capitals", "that codes are sent in capitals is common practice")]),
    ("diagnosis_pointers", entry("diagnosis_pointers"), lines({"diagnosis_pointers": [3, 3]}), [
        Said("dx_pointer_invalid", "diagnosis_pointers", "places 1 to 2, at most 4"),
        Said("dx_pointer_repeated", "diagnosis_pointers", "each diagnosis once",
             "that a pointer must not repeat is common practice"),
    ]),
    ("group_size", service(group_size={"min": 2, "max": 4}), lines({"group_size": 5}), [Said("group_size", "group_size", "2 to 4")]),
    ("member_id", entry("member_id"), lines(member={"id": "000000000"}),
     [Said("member_id_format", "member_id", "an id of letters and digits")]),
    ("member_id", entry("member_id", pattern="[0-9]{11}"), lines(member={"id": "ABC12345"}),
     [Said("member_id_format", "member_id", "the shape of the state's ids")]),
    ("modifier_codes", entry("modifier_codes"), lines({"modifiers": ["U7", "U7", "x"]}), [
        Said("invalid_modifier", "modifiers", "up to four modifiers of two characters"),
        Said("duplicate_modifier", "modifiers", "each modifier once", f"that {REPEATED}"),
    ]),
    ("modifier_codes", entry("modifier_codes", one_of=["HQ", "TT"]), lines({"modifiers": ["HQ", "TT"]}),
     [Said("modifiers_contradict", "modifiers", "one of HQ or TT")]),
    ("taxonomy_codes", entry("taxonomy_codes", provider="billing"), lines(billing_provider={"npi": "1", "taxonomy": "251S"}),
     [Said("taxonomy_invalid", "billing_taxonomy", "ten digits or capitals, the last an X")]),
    ("taxonomy_codes", entry("taxonomy_codes", provider="rendering"),
     lines({"rendering_provider": {"npi": "1", "taxonomy": "172v"}}, rendering_provider={"npi": "1", "taxonomy": "172"}), [
        Said("taxonomy_invalid", "rendering_taxonomy", "ten digits or capitals, the last an X"),
        Said("taxonomy_invalid", "rendering_taxonomy", "ten digits or capitals, the last an X"),
    ]),
    ("modifiers", service(modifiers=["U7", "HQ"]), lines(how="nearest"), [Said("missing_modifier", "modifiers", "U7 and HQ")]),
    ("modifiers", service(also_allowed=["95", "HQ"], modifier_positions={"HQ": 2}), lines({"modifiers": ["HQ", "U7", "GT"]}), [
        Said("invalid_modifier", "modifiers", "U7, 95 or HQ", OPEN_SET), Said("modifier_position", "modifiers", "HQ in place 2"),
    ]),
    ("modifiers", service(modifiers=[], other_modifiers="refused"), lines(), [Said("invalid_modifier", "modifiers", "no modifier")]),
    ("modifiers", entry("modifiers", required=["HE"], any_of=["95", "93"], excluded=["U7"]), lines(), [
        Said("missing_modifier", "modifiers", "HE and 95 or 93"), Said("invalid_modifier", "modifiers", "not U7"),
    ]),
    ("npi", entry("npi", provider="billing"), lines(billing_provider={"npi": "1234567890"}),
     [Said("billing_npi_invalid", "billing_npi", CHECK_DIGIT)]),
    ("place_codes", in_use_02(), lines(place_of_service="2"),
     [Said("pos_invalid", "place_of_service", "a place-of-service code of two digits")]),
    ("place_codes", in_use_02(), lines({"service_date": "2021-12-31"}, place_of_service="10"),
     [Said("pos_invalid", "place_of_service", "this place from 2022-01-01")]),
    ("places", entry("places", allowed=["11", "02", "21"], refused=["21"]), lines(),
     [Said("pos_not_allowed", "place_of_service", "11 or 02")]),
    ("places", entry("places", refused=["12"]), lines(), [Said("pos_not_allowed", "place_of_service", "not 12")]),
    ("procedure_codes", entry("procedure_codes"), lines({"procedure_code": "h0038"}),
     [Said("procedure_code_invalid", "procedure_code", "a letter and four digits, or five digits")]),
    ("required_fields", entry("required_fields", field="units"), lines({"units": None}),
     [Said("units_invalid", "units", "the units", None, by_date=False)]),
    ("service_dates", entry("service_dates"),
     lines({"service_date": "2026-11-23"}, {"service_date": "1980-01-01"}, malformed=UNREAD, member=DATED), [
        Said("date_invalid", "service_date", "a date, or a first day and a last day in that order", None, by_date=False),
        Said("birth_date_invalid", "member_birth_date", "a date", None, by_date=False),
        Said("death_date_invalid", "member_death_date", "a date", None, by_date=False),
        Said("future_date", "service_date", "up to 2026-11-22", None, by_date=False),
        Said("dob_after_service", "service_date", "not before the birth of the member", None, by_date=False),
        Said("service_after_death", "service_date", "not after the death of the member", None, by_date=False),
    ]),
    ("timely_filing", entry("timely_filing", within=1, unit="days"), lines(), [Said("timely_filing", "service_date", "by 2026-05-06")]),
    ("timely_filing", entry("timely_filing", within=1, unit="days"), lines(delay_reason="9"), [
        Said("timely_filing", "service_date", "by 2026-05-06",
             "the claim gives a reason for the delay, which only the payer can accept"),
    ]),
    ("timely_filing", entry("timely_filing", within=1, unit="days"), lines(frequency_code="7"), [
        Said("timely_filing", "service_date", "by 2026-05-06", "the time read is for first claims; corrections often have more"),
    ]),
    ("billing_providers", entry("billing_providers", required_taxonomies=["172V00000X"]), lines(),
     [Said("taxonomy_not_allowed", "billing_taxonomy", "172V00000X")]),
    ("ordering_providers", entry("ordering_providers", types=["nurse"]), lines(), [Said("missing_order", "ordering_npi", "a provider of type nurse")]),
    ("other_coverage", entry("other_coverage"), lines(other_payers=[{"id": "P9"}]),
     [Said("tpl_data_incomplete", "other_payers", "an amount of each other payer")]),
    ("rates", a_fact(a_service(rates=RATES), effective=date(2026, 5, 1)), lines({"charge": "1.00"}), [
        Said("charge_below_rate", "charge", "56.60 or more", "a charge below the rate is no error, only money left"),
    ]),
    ("supervision", entry("supervision", on_claim=True), lines(), [Said("supervisor_missing", "supervising_npi", "the supervising provider")]),
    ("telehealth", entry("telehealth", modifiers=["95"], audio_only="refused"), lines({"modifiers": ["93"]}, {"modifiers": ["GT"]}), [
        Said("telehealth_not_covered", "modifiers", "not audio only"), Said("telehealth_modifier", "modifiers", "95"),
    ]),
    ("worker_taxonomy", entry("worker_taxonomy", taxonomies=["172V00000X"]), lines(), [
        Said("taxonomy_missing", "rendering_taxonomy", "172V00000X", "the payer may know the taxonomy by the NPI"),
    ]),
    ("units", entry("units"), lines({"units": "0"}, {"units": "0.5", "unit_basis": "MJ"}), [
        Said("units_invalid", "units", "a number above 0", None, by_date=False),
        Said("units_fractional", "units", "whole units are billed"),
        Said("unit_basis_invalid", "unit_basis", "UN", "that these services are billed in units is common practice"),
    ]),
    ("units", a_fact(entry("units", decimals=2).entry, program="national"), lines({"units": "0.125"}), [
        Said("units_fractional", "units", "units have at most 2 decimals",
             "the standard allows decimals; whole units are common practice"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "fact", "rows", "told"), CASES, ids=[f"{case[0]}-{case[3][0].cause}" for case in CASES]
)
def test_a_finding_says_where_what_would_pass_and_why_it_is_only_held(
    kind: str, fact: Fact, rows: pl.DataFrame, told: list[Said]
) -> None:
    assert [each for each, _ in said(KINDS[kind], fact, rows)] == told


@pytest.mark.parametrize(
    ("kind", "fact", "rows", "remedy"),
    [
        ("diagnosis_codes", entry("diagnosis_codes"), lines(diagnoses=["f33.0"]), "Write F330, without the dot."),
        ("diagnosis_codes", entry("diagnosis_codes"), lines(diagnoses=["F33.0", "F-3"]),
         "Copy the codes from the record of the visit; leave the dot out."),
        ("diagnosis_codes", entry("diagnosis_codes"), lines(diagnoses=["f330", "z590", "F200"]), "Write F330, Z590."),
        ("place_codes", in_use_02(), lines(place_of_service="2"), "Write it with two digits: 02."),
        ("place_codes", in_use_02(), lines(place_of_service="77"),
         "Send the two-digit code of the place where the service was given; 99 is any other place."),
        ("place_codes", in_use_02(), lines({"service_date": "2021-12-31"}, place_of_service="10"),
         "Send the code that was in use for the place on that day, or mend the date if it is mistyped."),
        ("modifier_codes", entry("modifier_codes", one_of=["HQ", "TT"]), lines({"modifiers": ["HQ", "TT"]}),
         "Keep the one of HQ and TT that the record of the visit holds; two services take two lines."),
        ("procedure_codes", entry("procedure_codes"), lines({"procedure_code": "h00 38"}), "Write it as H0038."),
        ("procedure_codes", entry("procedure_codes"), lines({"procedure_code": "9896"}),
         "Copy the code of the service from the program's own list."),
        ("covered_services", in_may(), lines(ACROSS), "Put the days on either side of that date on lines of their own."),
        ("npi", entry("npi", provider="facility"), lines(service_facility={"npi": "3"}),
         "Look up the service place provider's number in the NPI registry and send that one."),
    ],
)  # fmt: skip
def test_a_remedy_writes_out_what_to_send_where_that_is_certain(
    kind: str, fact: Fact, rows: pl.DataFrame, remedy: str
) -> None:
    assert said(KINDS[kind], fact, rows)[0][1] == remedy


def test_every_row_kind_is_asked_here() -> None:
    row_kinds = {name for name, kind in KINDS.items() if hasattr(kind, "checks")}
    assert row_kinds == {case[0] for case in CASES} | {"prior_authorization", "mue"}  # these depend on their rows
