"""Who ordered or referred: on the claim, of a type that may, and enrolled."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.references import References, read_references
from billing.rules import ordering_providers
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed, said
from tests.rules.windows import a_fact, judged, line, rows, severities

FACT = a_fact(ordering_providers, types=["physician", "nurse"], enrolled=True)
SPAN = {"npi": "D1", "effective": "2026-05-01", "ended": "2026-05-31", "provider_type": "Physician", "program": None}


def file(*spans: dict[str, Any], without: str = "") -> References:
    given = [{**SPAN, **span} for span in spans]
    frame = pl.DataFrame(given, schema_overrides=dict.fromkeys(SPAN, pl.String))
    return read_references(providers=frame.drop(without) if without else frame)


def ordered(day: str = "2026-05-05", **values: Any) -> dict[str, Any]:
    return line("C1", day, **{"ordering_npi": "D1", **values})


def worth(references: References, *lines: dict[str, Any], fact: Any = FACT) -> list[str]:
    found = judged(ordering_providers, fact, lines or [ordered()], references)
    assert set(found["cause"]) <= {"ordering_provider_not_eligible"}
    return [worth for _, worth in severities(found)]


def found_on(claim: dict[str, Any], of_line: dict[str, Any], **entry: Any) -> list[Found]:
    frame = placed(a_claim(a_line(**of_line), **claim))
    return judge(ordering_providers, an_entry(ordering_providers, **entry), frame)


DOCTOR = {"npi": "1003000126"}


@pytest.mark.parametrize(("claim", "of_line", "entry"), [
    ({"ordering_provider": DOCTOR}, {}, {}), ({"referring_provider": DOCTOR}, {}, {}), ({}, {"ordering_provider": DOCTOR}, {}),
    ({"referring_provider": DOCTOR}, {}, {"roles": ["referring"]}), ({}, {}, {"required": False, "enrolled": True}),
    ({}, {"ordering_provider": DOCTOR}, {"on_line": True}), ({}, {"referring_provider": DOCTOR}, {"on_line": True}),
])  # fmt: skip
def test_one_provider_of_the_roles_is_enough(
    claim: dict[str, Any], of_line: dict[str, Any], entry: dict[str, Any]
) -> None:
    assert found_on(claim, of_line, **entry) == []


@pytest.mark.parametrize(("claim", "of_line", "entry", "cause", "words"), [
    ({}, {}, {}, "missing_order", "No ordering or referring provider stands on the line or the claim"),
    ({"ordering_provider": {"npi": " "}}, {}, {}, "missing_order", "No ordering or referring provider stands on the line or the claim"),
    ({"referring_provider": DOCTOR}, {}, {"roles": ["ordering"]}, "missing_order", "No ordering provider stands on the line or the claim"),
    ({"ordering_provider": DOCTOR}, {}, {"roles": ["referring"]}, "missing_referral", "No referring provider stands on the line or the claim"),
    ({"ordering_provider": DOCTOR}, {}, {"on_line": True}, "missing_order", "No ordering or referring provider stands on the line"),
])  # fmt: skip
def test_a_missing_provider_shows_without_a_file(
    claim: dict[str, Any], of_line: dict[str, Any], entry: dict[str, Any], cause: str, words: str
) -> None:
    assert found_on(claim, of_line, **entry) == [
        Found(1, cause, "fail", f"{words}; 98960 U7 needs one.", "no provider", None)
    ]


@pytest.mark.parametrize(("entry", "told"), [
    ({"types": ["nurse", "physician"]}, ("missing_order", "ordering_npi", "a provider of type nurse or physician", "ordering or referring")),
    ({"roles": ["referring"]}, ("missing_referral", "referring_npi", "the referring provider", "referring")),
])  # fmt: skip
def test_a_missing_provider_is_told_with_the_place_and_the_remedy(entry: dict[str, Any], told: tuple[str, ...]) -> None:
    ((what, remedy),) = said(ordering_providers, an_entry(ordering_providers, **entry), placed(a_claim()))
    assert tuple(what)[:4] == (*told[:3], None)
    assert (
        remedy == f"Write the NPI of who recommended the service as the {told[3]} provider; without one, hold the line."
    )


@pytest.mark.parametrize(("day", "found"), [
    ("2026-04-30", ["reject"]), ("2026-05-01", []), ("2026-05-31", []), ("2026-06-01", ["reject"]),
])  # fmt: skip
def test_the_first_and_last_day_of_an_enrolment_count(day: str, found: list[str]) -> None:
    assert worth(file({}), ordered(day)) == found
    assert worth(file({}), line("C1", day, referring_npi="D1")) == found


def test_one_who_is_not_enrolled_is_told_with_the_dates() -> None:
    found = judged(
        ordering_providers, FACT, [ordered("2026-06-01"), line("C2", "2026-06-01", referring_npi="D1")], file({})
    )
    assert found.select("where", "column", "found").rows() == [
        ("C1 line 1", "ordering_npi", "2026-06-01"), ("C2 line 1", "referring_npi", "2026-06-01"),
    ]  # fmt: skip
    assert found["message"].to_list() == [
        f"The providers file has the {role} provider enrolled for 2026-05-01 to 2026-05-31; 2026-06-01 is not in it."
        for role in ("ordering", "referring")
    ]


def test_another_type_is_rejected_with_what_the_file_says() -> None:
    found = judged(
        ordering_providers, FACT, [ordered(), line("C2", referring_npi="D1")], file({"provider_type": "clinic"})
    )
    assert severities(found) == [("C1 line 1", "reject"), ("C2 line 1", "reject")]
    assert found.select("message", "remedy", "found", "allowed").rows() == [
        (f"The providers file lists the {role} provider as clinic, not as physician or nurse.",
         f"Check who {did} the service and what the providers file says of that provider; if both are right, hold the line.",
         "clinic", "physician or nurse") for role, did in (("ordering", "ordered"), ("referring", "referred for"))
    ]  # fmt: skip


def test_types_are_not_judged_where_none_is_named_or_the_file_has_none() -> None:
    enrolled = a_fact(ordering_providers, enrolled=True)
    assert worth(file({"provider_type": "clinic"}), fact=enrolled) == []
    assert worth(file({}, without="provider_type")) == []
    assert worth(file({}, without="provider_type"), ordered("2026-06-01")) == ["reject"]
    assert ordering_providers.reads(FACT) == (("providers", "provider_type"),)
    assert ordering_providers.reads(enrolled) == ()


def test_a_type_alone_needs_no_other_enrolment_on_the_day() -> None:
    by_type = a_fact(ordering_providers, types=["physician"])
    assert worth(file({}), fact=by_type) == []
    assert worth(file({}), ordered("2026-06-01"), fact=by_type) == ["reject"]
    assert worth(file({"provider_type": None}), fact=by_type) == ["review"]


def test_one_who_is_not_in_the_file_is_reviewed() -> None:
    found = judged(ordering_providers, FACT, [ordered(ordering_npi="D9")], file({}))
    assert found.select("where", "verdict", "at_most", "capped_by", "message").rows() == [
        ("C1 line 1", "unknown", "review", ["the providers file does not list this ordering provider"],
         "The providers file does not list the ordering provider of this line."),
    ]  # fmt: skip


@pytest.mark.parametrize(("ordering", "referring", "found"), [
    ("D1", "D9", []), ("D9", "D1", []), ("D9", "D2", ["review"]), ("D2", "D9", ["review"]), ("D2", "D3", ["reject"]),
    ("D2", "D4", ["review"]),
])  # fmt: skip
def test_of_two_providers_one_who_fits_is_enough_and_what_is_open_is_reviewed(
    ordering: str, referring: str, found: list[str]
) -> None:
    spans = file(
        {},
        {"npi": "D2", "provider_type": "clinic"},
        {"npi": "D3", "ended": "2026-05-02"},
        {"npi": "D4", "provider_type": None},
    )
    assert worth(spans, ordered(ordering_npi=ordering, referring_npi=referring)) == found


def test_of_two_who_do_not_fit_the_first_of_the_roles_is_told() -> None:
    found = judged(ordering_providers, FACT, [ordered(ordering_npi="D2", referring_npi="D3"), ordered()],
                   file({}, {"npi": "D2", "provider_type": "clinic"}, {"npi": "D3", "ended": "2026-05-02"}))  # fmt: skip
    assert found.select("where", "column").rows() == [("C1 line 1", "ordering_npi")]


def test_only_the_roles_of_the_entry_are_looked_at() -> None:
    referring = a_fact(ordering_providers, roles=["referring"], enrolled=True)
    assert worth(file({}), ordered("2026-06-01", referring_npi=None), fact=referring) == []
    assert worth(file({}), ordered("2026-06-01", referring_npi="D1"), fact=referring) == ["reject"]
    of_line = a_fact(ordering_providers, on_line=True, enrolled=True)
    assert worth(file({}), ordered("2026-06-01"), fact=of_line) == []
    assert worth(file({}), ordered("2026-06-01", line_ordering_npi="D1"), fact=of_line) == ["reject"]
    assert worth(file({}), ordered("2026-06-01", line_referring_npi="D1"), fact=of_line) == ["reject"]


def test_the_file_is_asked_for_only_where_a_provider_is_named_and_the_entry_needs_it() -> None:
    frame = rows([ordered(), line("C2"), line("C3", referring_npi="D1"), ordered(ordering_npi=" ")])
    named = a_fact(ordering_providers)
    for fact, asked in (
        (FACT, [True, False, True, False]),
        (named, [False] * 4),
        (a_fact(ordering_providers, types=["nurse"]), [True, False, True, False]),
    ):
        assert frame.select(ordering_providers.concerns(fact)).to_series().to_list() == asked


def test_voids_and_lines_without_a_date_are_left_out() -> None:
    assert worth(file({}), ordered("2026-07-01", frequency_code="8")) == []
    assert worth(file({}), ordered(None, ordering_npi="D9")) == []  # type: ignore[arg-type]


def test_no_message_holds_the_provider() -> None:
    found = judged(ordering_providers, FACT, [ordered("2026-06-01"), ordered(ordering_npi="D9")], file({}))
    assert not found.select(pl.concat_str("message", "remedy", "found", "allowed").str.contains("D1|D9").any()).item()


def test_an_entry_must_check_something() -> None:
    with pytest.raises(ValidationError, match="nothing is checked: write required: true, types, or enrolled: true"):
        ordering_providers.Entry.model_validate({"id": "rule", "source": "s1", "required": False})
