"""Billing providers: taxonomies by the claim, types and enrolment by the providers file."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.policy.codesets import Fact
from billing.references import References, read_references
from billing.rules import billing_providers
from tests.rules.harness import Found, a_claim, an_entry, judge, placed, said
from tests.rules.windows import a_fact, judged, line, rows, severities, unchecked_lines

NO_CLINICS = a_fact(billing_providers, excluded_types=["RHC", "FQHC"])
AGENCIES = a_fact(billing_providers, required_types=["agency"])
ENROLLED = a_fact(billing_providers, enrolled=True)
TAXONOMIES = {"required_taxonomies": ["172V00000X", "251S00000X"], "excluded_taxonomies": ["251S00000X"]}
SPAN = {"npi": "1234567893", "effective": "2026-05-01", "ended": "2026-05-31", "provider_type": "agency",
        "program": None}  # fmt: skip


def file(*spans: dict[str, Any], without: str = "") -> References:
    given = [{**SPAN, **span} for span in spans]
    frame = pl.DataFrame(given, schema_overrides=dict.fromkeys(SPAN, pl.String))
    return read_references(providers=frame.drop(without) if without else frame)


def visit(day: str = "2026-05-05", **values: Any) -> dict[str, Any]:
    return line("C1", day, **values)


def worth(fact: Fact, references: References, *lines: dict[str, Any]) -> list[tuple[str, str]]:
    found = judged(billing_providers, fact, lines or [visit()], references)
    return list(zip(found["cause"].to_list(), [worth for _, worth in severities(found)], strict=True))


def of_taxonomy(taxonomy: str | None, **entry: Any) -> list[Found]:
    claim = a_claim(billing_provider={"npi": "1234567893", "taxonomy": taxonomy})
    return judge(billing_providers, an_entry(billing_providers, **entry), placed(claim))


@pytest.mark.parametrize(("taxonomy", "causes"), [
    ("172V00000X", []), ("251S00000X", ["excluded"]), ("261QR1300X", ["other"]), (None, ["missing"]), ("", ["missing"]),
])  # fmt: skip
def test_the_taxonomy_on_the_claim_is_one_that_may_bill(taxonomy: str | None, causes: list[str]) -> None:
    wrong = f"The billing provider's taxonomy on the claim is {taxonomy}; "
    words = {
        "excluded": Found(1, "taxonomy_not_allowed", "fail", f"{wrong}251S00000X may not bill this service.",
                          taxonomy, None),
        "other": Found(1, "taxonomy_not_allowed", "fail",
                       f"{wrong}this service takes 172V00000X or 251S00000X.", taxonomy, None),
        "missing": Found(1, "taxonomy_missing", "fail", "The claim gives no taxonomy of the billing provider; this "
                         "service takes 172V00000X or 251S00000X.", "nothing", "review"),
    }  # fmt: skip
    assert of_taxonomy(taxonomy, **TAXONOMIES) == [words[cause] for cause in causes]


def test_an_excluded_taxonomy_alone_does_not_ask_for_one() -> None:
    assert of_taxonomy(None, excluded_taxonomies=["251S00000X"]) == []


@pytest.mark.parametrize(("entry", "taxonomy", "told"), [
    ({"required_taxonomies": ["172V00000X"]}, "251S00000X", ("taxonomy_not_allowed", "billing_taxonomy", "172V00000X", None)),
    ({"excluded_taxonomies": ["251S00000X"]}, "251S00000X", ("taxonomy_not_allowed", "billing_taxonomy", "a taxonomy other than 251S00000X", None)),
    ({"required_taxonomies": ["172V00000X"]}, None, ("taxonomy_missing", "billing_taxonomy", "172V00000X", "the payer may know the taxonomy by the NPI")),
])  # fmt: skip
def test_taxonomies_are_told_with_the_place_and_the_remedy(
    entry: dict[str, Any], taxonomy: str | None, told: tuple[str, ...]
) -> None:
    frame = placed(a_claim(billing_provider={"npi": "1234567893", "taxonomy": taxonomy}))
    ((what, remedy),) = said(billing_providers, an_entry(billing_providers, **entry), frame)
    assert tuple(what)[:4] == told
    for_this = "" if taxonomy is None else " for this service"
    assert remedy == f"Send the taxonomy that the billing provider is enrolled with{for_this}."


@pytest.mark.parametrize(("day", "found"), [
    ("2026-04-30", [("provider_not_enrolled", "reject")]), ("2026-05-01", []), ("2026-05-31", []),
    ("2026-06-01", [("provider_not_enrolled", "reject")]),
])  # fmt: skip
def test_the_first_and_last_day_of_an_enrolment_count(day: str, found: list[tuple[str, str]]) -> None:
    assert worth(ENROLLED, file({}), visit(day)) == found


def test_a_day_outside_the_enrolment_is_told_with_its_dates() -> None:
    found = judged(billing_providers, ENROLLED, [visit("2026-06-01")], file({}))
    assert found.select("message", "remedy", "found", "allowed", "column", "verdict").row(0) == (
        "The providers file has the billing provider enrolled for 2026-05-01 to 2026-05-31; 2026-06-01 is not in it.",
        "Check the enrolment with the payer; bring the providers file up to date, or hold the line.",
        "2026-06-01", "2026-05-01 to 2026-05-31", "billing_npi", "fail",
    )  # fmt: skip


def test_every_day_of_a_range_is_enrolled_in_one_span_or_in_two_that_meet() -> None:
    range_of_days = visit("2026-05-31", service_end_date="2026-06-01")
    assert worth(ENROLLED, file({}), range_of_days) == [("provider_not_enrolled", "reject")]
    assert worth(ENROLLED, file({}, {"effective": "2026-06-01", "ended": None}), range_of_days) == []


def test_an_enrolment_for_another_program_does_not_count() -> None:
    found = judged(billing_providers, ENROLLED, [visit()], file({"program": "yy-peer"}))
    assert found.select("cause", "message", "allowed").rows() == [
        ("provider_not_enrolled", "The providers file does not have the billing provider enrolled for this program.",
         "a day of enrolment for this program"),
    ]  # fmt: skip
    assert worth(ENROLLED, file({"program": "xx-chw"})) == []
    assert worth(ENROLLED, file({"program": "yy-peer"}, {"program": "xx-chw"})) == []


def test_a_biller_who_is_not_in_the_file_is_reviewed_once_per_claim() -> None:
    found = judged(billing_providers, ENROLLED, [visit(), visit("2026-05-06"), line("C2")], file({"npi": "1999999984"}))
    assert found.select("where", "line_key", "cause", "verdict", "at_most", "capped_by", "message").rows() == [
        (claim, None, "provider_not_enrolled", "unknown", "review", ["the providers file does not list this billing provider"],
         "The providers file does not list the billing provider of this claim.") for claim in ("C1", "C2")
    ]  # fmt: skip
    assert found.select("remedy", "found", "allowed").row(0) == (
        "Check the NPI of the billing provider, or add the provider to the providers file.",
        "not in the providers file", "a provider of the providers file",
    )  # fmt: skip


@pytest.mark.parametrize(("types", "found"), [
    (["agency"], []), (["Agency"], []), (["RHC"], ["reject"]), ([None], ["review"]), (["RHC", "agency"], []),
    (["RHC", None], ["review"]), ([None, "agency"], []),
])  # fmt: skip
def test_one_row_of_a_required_type_is_enough(types: list[str | None], found: list[str]) -> None:
    spans = [{"provider_type": name} for name in types]
    assert worth(AGENCIES, file(*spans)) == [("provider_type_not_allowed", each) for each in found]


def test_another_type_is_told_with_what_the_file_says() -> None:
    found = judged(billing_providers, AGENCIES, [visit()], file({"provider_type": "RHC"}, {"provider_type": "clinic"}))
    assert found.select("message", "remedy", "found", "allowed", "column").row(0) == (
        "The providers file lists the billing provider as RHC and clinic, not as agency.",
        "Bill through a provider of a type that may bill the service, or bring the providers file up to date.",
        "RHC and clinic", "agency", "billing_npi",
    )  # fmt: skip


def test_a_type_must_be_required_on_the_day_itself() -> None:
    found = judged(
        billing_providers,
        AGENCIES,
        [visit("2026-06-01")],
        file({}, {"effective": "2026-06-01", "provider_type": "RHC", "ended": None}),
    )
    assert found.select("message", "found").row(0) == (
        "The providers file lists the billing provider as agency for 2026-05-01 to 2026-05-31; 2026-06-01 is not in it.", "RHC",
    )  # fmt: skip
    assert severities(found) == [("C1 line 1", "reject")]
    never = judged(billing_providers, AGENCIES, [visit("2026-06-01")], file({"provider_type": "RHC"}))
    assert never.select("message", "found").row(0) == (
        "The providers file does not list the billing provider as agency on 2026-06-01.", "no such type on the day",
    )  # fmt: skip


def test_without_a_type_on_the_day_a_person_looks() -> None:
    found = judged(billing_providers, AGENCIES, [visit()], file({"provider_type": None}))
    assert found.select("verdict", "at_most", "message", "capped_by", "remedy", "found", "allowed").row(0) == (
        "unknown", "review", "The providers file gives the billing provider no type on 2026-05-05.",
        ["the providers file gives this billing provider no type"],
        "Add the type of the billing provider to the providers file.", "no type", "agency",
    )  # fmt: skip


def test_one_who_is_not_enrolled_is_not_judged_by_type_as_well() -> None:
    both = a_fact(billing_providers, enrolled=True, required_types=["agency"], excluded_types=["RHC"])
    assert worth(both, file({"provider_type": "RHC"}), visit("2026-06-01")) == [("provider_not_enrolled", "reject")]
    assert worth(both, file({"provider_type": None}), visit("2026-06-01")) == [("provider_not_enrolled", "reject")]
    assert worth(both, file({"provider_type": "RHC"})) == [("provider_type_not_allowed", "reject")]


@pytest.mark.parametrize(("types", "found"), [
    (["agency"], []), (["rhc"], ["reject"]), (["RHC", "FQHC"], ["reject"]), (["RHC", "agency"], ["review"]),
    (["RHC", None], ["reject"]), ([None], ["review"]), ([None, "agency"], []),
])  # fmt: skip
def test_an_excluded_type_may_not_bill_unless_the_provider_has_another(
    types: list[str | None], found: list[str]
) -> None:
    spans = [{"provider_type": name} for name in types]
    assert worth(NO_CLINICS, file(*spans)) == [("provider_type_not_allowed", each) for each in found]


def test_an_excluded_type_is_told_with_what_the_file_says() -> None:
    sure = judged(billing_providers, NO_CLINICS, [visit()], file({"provider_type": "RHC"}))
    assert sure.select("message", "remedy", "found", "allowed", "capped_by", "column").row(0) == (
        "The providers file lists the billing provider as RHC; RHC or FQHC may not bill this.",
        "Bill through a provider of another type, or take the line out.", "RHC", "a type other than RHC or FQHC", [],
        "billing_npi",
    )  # fmt: skip
    mixed = judged(billing_providers, NO_CLINICS, [visit()], file({"provider_type": "RHC"}, {}))
    assert mixed.select("message", "remedy", "capped_by").row(0) == (
        "The providers file lists the billing provider as RHC and agency; RHC or FQHC may not bill this.",
        "Check as which of its types the provider bills this service; only another type may.",
        ["the providers file lists this biller under another type too"],
    )  # fmt: skip


@pytest.mark.parametrize(("day", "end", "found"), [
    ("2026-04-30", None, []), ("2026-05-01", None, ["reject"]), ("2026-05-31", None, ["reject"]), ("2026-06-01", None, []),
    ("2026-04-30", "2026-05-01", ["review"]), ("2026-05-31", "2026-06-01", ["review"]),
])  # fmt: skip
def test_an_excluded_type_counts_on_its_own_days(day: str, end: str | None, found: list[str]) -> None:
    spans = file(
        {"provider_type": "RHC"},
        {"effective": "2026-01-01", "ended": "2026-04-30"},
        {"effective": "2026-06-01", "ended": None},
    )
    assert worth(NO_CLINICS, spans, visit(day, service_end_date=end)) == [
        ("provider_type_not_allowed", each) for each in found
    ]


def test_on_a_day_without_a_row_an_excluded_type_is_not_known() -> None:
    found = judged(billing_providers, NO_CLINICS, [visit("2026-06-01")], file({}))
    assert severities(found) == [("C1 line 1", "review")]
    assert found.select("verdict", "message", "allowed").row(0) == (
        "unknown", "The providers file gives the billing provider no type on 2026-06-01.", "a type",
    )  # fmt: skip


def test_a_file_without_types_checks_the_enrolment_alone() -> None:
    both = a_fact(billing_providers, enrolled=True, required_types=["clinic"], excluded_types=["agency"])
    assert worth(both, file({}, without="provider_type")) == []
    assert worth(both, file({}, without="provider_type"), visit("2026-06-01")) == [("provider_not_enrolled", "reject")]
    assert billing_providers.reads(both) == (("providers", "provider_type"),)
    assert billing_providers.reads(NO_CLINICS) == billing_providers.reads(AGENCIES) == billing_providers.reads(both)
    assert billing_providers.reads(ENROLLED) == ()


def test_the_file_is_asked_for_only_where_the_entry_needs_it_and_the_claim_has_a_biller() -> None:
    frame = rows([visit(), line("C2", billing_npi=None)])
    by_claim = a_fact(billing_providers, required_taxonomies=["172V00000X"])
    for fact, asked in (
        (by_claim, [False, False]),
        (ENROLLED, [True, False]),
        (AGENCIES, [True, False]),
        (NO_CLINICS, [True, False]),
    ):
        assert frame.select(billing_providers.concerns(fact)).to_series().to_list() == asked
    assert worth(ENROLLED, file({"npi": "1"}), line("C2", billing_npi=None)) == []
    assert worth(ENROLLED, file({"npi": "1"}), visit(None)) == []  # type: ignore[arg-type]


def test_a_biller_without_an_npi_is_not_looked_up_and_that_is_said() -> None:
    frame = rows([visit(), line("C2", billing_npi=None), line("C3", billing_npi=None, frequency_code="8")])
    by_taxonomy = a_fact(billing_providers, excluded_taxonomies=["1"])
    lacking = [unchecked_lines(billing_providers, fact, frame, file({})) for fact in (ENROLLED, by_taxonomy)]
    assert lacking == [[1], []]
    assert billing_providers.unchecked_needs(ENROLLED) == "billing_npi"


def test_voids_are_left_out() -> None:
    assert worth(ENROLLED, file({}), visit("2026-07-01", frequency_code="8")) == []


def test_an_entry_must_say_something() -> None:
    with pytest.raises(ValidationError, match="name types or taxonomies, or write enrolled: true"):
        billing_providers.Entry.model_validate({"id": "rule", "source": "s1"})
