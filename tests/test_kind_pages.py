"""The page of a kind as data, read from the kind's own file."""

from __future__ import annotations

from types import ModuleType

import pytest

from billing.kind_pages import Cause, Example, KindPage, kind_page, used_by
from billing.policy.keys import Key
from billing.policy.loading import load_library
from billing.reasons import titles
from billing.rules import KINDS

every_kind = pytest.mark.parametrize("kind", KINDS)


def test_a_page_holds_what_the_file_says() -> None:
    assert kind_page("diagnosis_pointers") == KindPage(
        kind="diagnosis_pointers",
        title="Lines that point to diagnoses the claim does not have.",
        checks=(
            (
                "Each pointer of a line is the place of one of the claim's diagnoses, counted from 1; a line has no more "
                "pointers than it has room for, and none twice. A line without pointers is `required_fields`' business."
            ),
        ),
        matters="The payer cannot tell why the service was given and returns the claim (277CA A7:477, CARC 16).",
        example=Example(
            fails="pointer 3 on a claim with two diagnoses",
            rule="national.diagnosis_pointers.within",
            passes="pointers 1 and 2 on that claim",
            instead="point to the place of the diagnosis the visit was for.",
        ),
        policy_key="diagnosis_pointers",
        keys=(
            Key("at_most", "whole number, 1 or more", is_needed=False, default="4", meaning="Most pointers on one line."),
        ),
        service_keys=(),
        needs="nothing but the claims",
        files=(),
        also_called="dx pointer, diagnosis reference, SV107, box 24E",
        causes=(
            Cause("dx_pointer_invalid", "Lines that point to no diagnosis of the claim", "CO 16 with remark M76",
                  ("A6:477", "A7:477"), sure=False),
            Cause("dx_pointer_repeated", "Lines that point to the same diagnosis twice", "CO 16 with remark M76",
                  ("A7:477",), sure=False),
        ),
    )  # fmt: skip


def test_a_kind_about_services_names_the_keys_of_services_it_reads() -> None:
    assert [key.name for key in kind_page("modifiers").service_keys] == [
        "modifiers", "also_allowed", "other_modifiers", "modifier_positions",
    ]  # fmt: skip
    assert [key.name for key in kind_page("covered_services").service_keys] == [
        "procedure", "date_ranges", "effective", "ended",
    ]  # fmt: skip
    assert [key.name for key in kind_page("group_size").service_keys] == ["group_size"]


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("eligibility", ("without --members it is not checked",)),
        ("unit_limits", ("without --history it is checked in part: only this batch is looked at",)),
        ("npi", ()),
    ],
)
def test_a_page_names_the_files_without_which_it_is_not_checked(kind: str, files: tuple[str, ...]) -> None:
    assert kind_page(kind).files == files


@pytest.mark.parametrize(
    ("kind", "causes"),
    [
        ("npi", ["billing_npi_invalid", "rendering_npi_invalid", "supervising_npi_invalid", "ordering_npi_invalid",
                 "referring_npi_invalid", "facility_npi_invalid"]),
        ("service_dates", ["dob_after_service", "service_after_death", "future_date", "date_invalid",
                           "birth_date_invalid", "death_date_invalid"]),
        ("unit_limits", ["units_over_daily_limit", "units_over_period_limit", "lifetime_limit",
                         "authorization_exhausted"]),
        ("group_size", ["group_size"]),
        ("orders", ["missing_referral", "ordering_provider_not_eligible"]),
    ],
)  # fmt: skip
def test_the_causes_of_a_kind_are_those_its_file_names(kind: str, causes: list[str]) -> None:
    found = kind_page(kind).causes
    order = list(titles())
    assert [cause.cause for cause in found] == sorted(causes, key=order.index)


@every_kind
def test_every_kind_has_a_cause_an_example_and_a_meaning_for_each_key(kind: str) -> None:
    page = kind_page(kind)
    assert page.causes
    assert page.example is not None
    assert page.example.passes
    assert [key.name for key in (*page.keys, *page.service_keys) if not key.meaning] == []


def test_a_cause_that_no_payer_has_a_code_for_has_no_answer() -> None:
    cause = next(cause for cause in kind_page("covered_services").causes if cause.cause == "program_not_clear")
    assert (cause.answer, cause.claim_status) == ("", ())


def test_a_kind_without_a_file_of_its_own_names_no_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "made_up", ModuleType("made_up", "A made-up kind."))
    page = kind_page("made_up")
    assert (page.title, page.causes, page.example, page.checks, page.keys) == ("A made-up kind.", (), None, ("",), ())


def test_a_kind_is_used_by_the_programs_that_have_entries_or_services_for_it() -> None:
    library = load_library()
    assert used_by(library, "npi") == {"national": 6}
    assert used_by(library, "timely_filing")["ks-chw"] == 1
    assert used_by(library, "group_size")["ks-chw"] == 3
