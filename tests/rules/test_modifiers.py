from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from billing.rules import modifiers
from tests.rules.harness import Found, a_claim, a_fact, a_line, a_service, an_entry, judge, placed


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["U7"], "98960 U7 lacks HQ; the nearest service is 98960 U7 HQ."),
        ([], "98960 lacks U7, HQ; the nearest service is 98960 U7 HQ."),
    ],
)
def test_the_nearest_service_names_the_modifiers_that_are_missing(given: list[str], message: str) -> None:
    service = a_fact(a_service(modifiers=["U7", "HQ"]))
    rows = placed(a_claim(a_line(modifiers=given)), how="nearest")
    shown = ", ".join(given) or "none"
    assert judge(modifiers, service, rows) == [Found(1, "missing_modifier", "fail", message, shown, None)]


def test_a_line_that_is_nearest_by_another_thing_lacks_no_modifier() -> None:
    assert judge(modifiers, a_fact(a_service()), placed(a_claim(), how="nearest")) == []


@pytest.mark.parametrize("how", ["tied", "unclear"])
def test_a_line_that_is_tied_or_unclear_is_not_judged(how: str) -> None:
    rows = placed(a_claim(a_line(modifiers=["GT"])), how=how)
    assert judge(modifiers, a_fact(a_service(modifier_positions={"GT": 2})), rows) == []
    assert judge(modifiers, an_entry(modifiers, required=["HE"], any_of=["HF"], excluded=["GT"]), rows) == []


@pytest.mark.parametrize("given", [["U7"], ["95", "U7"], ["U7", "59", "CR", "KX"], ["U7", ""]])
def test_the_services_own_modifiers_and_those_that_only_inform_pass(given: list[str]) -> None:
    service = a_fact(a_service(also_allowed=["95"]))
    assert judge(modifiers, service, placed(a_claim(a_line(modifiers=given)))) == []


@pytest.mark.parametrize(("other_modifiers", "at_most"), [("review", "review"), ("refused", None)])
@pytest.mark.parametrize("other", ["GT", "93", "HM", "U1"])
def test_a_modifier_that_was_not_sourced_is_refused_only_where_the_source_closes_the_set(
    other: str, other_modifiers: str, at_most: str | None
) -> None:
    service = a_fact(a_service(other_modifiers=other_modifiers))
    rows = placed(a_claim(a_line(modifiers=[other, "U7", other])))
    message = f"{other} beside 98960 U7; the program names no such modifier for it."
    assert judge(modifiers, service, rows) == [Found(1, "invalid_modifier", "fail", message, other, at_most)]


def test_a_service_without_modifiers_lacks_none() -> None:
    service = a_fact(a_service(modifiers=[]))
    found = judge(modifiers, service, placed(a_claim(), how="nearest"))
    assert found == []
    assert [item.message for item in judge(modifiers, service, placed(a_claim()))] == [
        "U7 beside 98960; the program names no such modifier for it."
    ]


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        (["U7", "HQ"], []), (["HQ", "U7"], ["HQ belongs in place 2."]),
        (["U7", "95", "HQ"], ["HQ belongs in place 2."]), (["HQ"], ["HQ belongs in place 2."]), (["U7"], []),
    ],
)  # fmt: skip
def test_a_modifier_stands_in_the_place_the_program_asks_for(given: list[str], messages: list[str]) -> None:
    service = a_fact(a_service(also_allowed=["HQ", "95"], modifier_positions={"HQ": 2}))
    found = judge(modifiers, service, placed(a_claim(a_line(modifiers=given))))
    assert [item.message for item in found] == messages
    assert {(item.cause, item.found) for item in found} <= {("modifier_position", ", ".join(given))}


def test_each_modifier_out_of_place_is_named() -> None:
    service = a_fact(a_service(also_allowed=["HQ"], modifier_positions={"U7": 1, "HQ": 2}))
    rows = placed(a_claim(a_line(modifiers=["HQ", "U7"]), a_line(line_number=2, modifiers=["U7", "", "HQ"])))
    assert [item.message for item in judge(modifiers, service, rows)] == [
        "U7 belongs in place 1. HQ belongs in place 2.", "HQ belongs in place 2.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"required": ["U7"]}, []), ({"any_of": ["95", "U7"]}, []), ({"excluded": ["GT"]}, []),
        ({"required": ["HE", "U7", "HF"]}, [("missing_modifier", "98960 U7 lacks HE, HF.", "U7")]),
        ({"any_of": ["95", "93"]}, [("missing_modifier", "98960 U7 lacks one of 95 or 93.", "U7")]),
        ({"required": ["HE"], "any_of": ["U7"]}, [("missing_modifier", "98960 U7 lacks HE.", "U7")]),
        ({"excluded": ["U7"]}, [("invalid_modifier", "U7 on 98960 U7; the program does not take it there.", "U7")]),
        ({"required": ["HE"], "any_of": ["95"]},
         [("missing_modifier", "98960 U7 lacks HE. 98960 U7 lacks one of 95.", "U7")]),
    ],
)  # fmt: skip
def test_a_program_may_ask_for_more_modifiers(asked: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    found = judge(modifiers, an_entry(modifiers, **asked), placed(a_claim()))
    assert found == [Found(1, cause, "fail", message, shown, None) for cause, message, shown in expected]


def test_a_modifier_that_is_excluded_is_named_once() -> None:
    rows = placed(a_claim(a_line(modifiers=["GT", "GT"])))
    assert [item.found for item in judge(modifiers, an_entry(modifiers, excluded=["GT"]), rows)] == ["GT"]


def test_an_entry_that_asks_for_no_modifier_is_an_error() -> None:
    with pytest.raises(ValidationError, match='write required: \\["U7"\\]'):
        an_entry(modifiers)
