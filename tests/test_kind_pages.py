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
    assert kind_page("ages") == KindPage(
        kind="ages",
        title="Members outside the ages a service is for.",
        checks=(
            (
                "The member's age in completed years on the first day of the service is at least `min` and at most "
                "`max`: *through 20* ends the day before the 21st birthday. Who is born on 29 February turns older on 1 "
                "March."
            ),
        ),
        matters="Youth and adult services share codes; the wrong one for the age is denied (CARC 6).",
        example=Example(
            fails="a 17-year-old in a service from 18",
            rule="xx-peer.ages.adults",
            passes="an 18-year-old, from the day of the birthday on",
            instead="bill the youth service if that is what was given, or mend the birth date if it is mistyped.",
        ),
        policy_key="ages",
        keys=(
            Key("min", "whole number, 0 or more", is_needed=False, default="", meaning="Youngest age; null: no lower end."),
            Key("max", "whole number, 0 or more", is_needed=False, default="", meaning="Oldest age; null: no upper end."),
        ),
        service_keys=(),
        needs="birth date and service date on the claim",
        files=(),
        also_called="age limit, age range, minimum age, maximum age, youth, adult, EPSDT",
        causes=(
            Cause("age_out_of_range", "Members outside the ages the service is for", "CO 6 with remark N129",
                  ("A7:475", "A8:475"), sure=True),
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
