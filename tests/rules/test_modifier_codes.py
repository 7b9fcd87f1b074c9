from __future__ import annotations

import pytest

from billing.policy.codesets import Fact
from billing.rules import modifier_codes
from tests.rules.code_lists import an_edition, with_lists
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed

PRACTICE = "review"


@pytest.mark.parametrize("modifiers", [[], ["U7"], ["U7", "HQ", "95", "59"], ["U7", ""], ["U7", "", ""]])
def test_up_to_four_modifiers_of_two_characters_pass(modifiers: list[str]) -> None:
    assert judge(modifier_codes, an_entry(modifier_codes), placed(a_claim(a_line(modifiers=modifiers)))) == []


@pytest.mark.parametrize(
    ("modifiers", "message"),
    [
        (["u7", "HQ", "H"], "u7, H is not two capitals or digits."),
        (["U7", "", "HQ"], "An empty modifier stands before a filled one."),
        (["U1", "U2", "U3", "U4", "U5"], "5 modifiers; a line holds four."),
        ([" ", "U7"], "  is not two capitals or digits."),
        (["", "u7"], "u7 is not two capitals or digits. An empty modifier stands before a filled one."),
    ],
)
def test_all_that_is_wrong_with_the_modifiers_of_a_line_is_one_finding(modifiers: list[str], message: str) -> None:
    found = judge(modifier_codes, an_entry(modifier_codes), placed(a_claim(a_line(modifiers=modifiers))))
    assert found == [Found(1, "invalid_modifier", "fail", message, ", ".join(modifiers), None)]


def test_a_repeated_modifier_is_looked_at_by_a_person() -> None:
    found = judge(modifier_codes, an_entry(modifier_codes), placed(a_claim(a_line(modifiers=["HQ", "U7", "HQ"]))))
    message = "HQ stands on the line more than once."
    assert found == [Found(1, "duplicate_modifier", "fail", message, "HQ, U7, HQ", PRACTICE)]


MEANINGS = an_edition(
    "modifiers", [("HQ", "format", "group", ""), ("HR", "format", "with the client", "")], name="modifiers"
)


def one_of(*codes: str) -> Fact:
    return with_lists(an_entry(modifier_codes, one_of=codes), MEANINGS)


@pytest.mark.parametrize(
    ("modifiers", "found"),
    [
        ([], None), (["HQ"], None), (["HQ", "U7"], None), (["HQ", "HQ"], None), (["HQX", "TT"], None), (["U7", "", "TT"], None),
        (["HQ", "TT"], "HQ, TT"), (["TT", "HQ"], "TT, HQ"), (["U7", "TT", "95", "HQ"], "TT, HQ"), (["HQ", "", "TT"], "HQ, TT"),
        (["HQ", "HQ", "TT"], "HQ, TT"),
    ],
)  # fmt: skip
def test_two_that_contradict_each_other_stand_on_one_line_wherever_they_stand(
    modifiers: list[str], found: str | None
) -> None:
    told = judge(modifier_codes, one_of("HQ", "TT"), placed(a_claim(a_line(modifiers=modifiers))))
    assert [(item.cause, item.found) for item in told] == ([("modifiers_contradict", found)] if found else [])


def test_of_several_all_that_stand_there_are_named_with_what_they_mean_where_that_is_known() -> None:
    told = judge(modifier_codes, one_of("HQ", "HR", "HS"), placed(a_claim(a_line(modifiers=["HS", "HR", "HQ"]))))
    message = (
        "HS and HR (with the client) and HQ (group) stand on one line; they say different things about the same visit."
    )
    assert told == [Found(1, "modifiers_contradict", "fail", message, "HS, HR, HQ", None)]


def test_without_the_list_the_modifiers_are_named_alone() -> None:
    told = judge(
        modifier_codes, an_entry(modifier_codes, one_of=["HQ", "TT"]), placed(a_claim(a_line(modifiers=["HQ", "TT"])))
    )
    assert [item.message for item in told] == [
        "HQ and TT stand on one line; they say different things about the same visit."
    ]


def test_an_entry_that_names_modifiers_says_nothing_about_their_shape() -> None:
    assert judge(modifier_codes, one_of("HQ", "TT"), placed(a_claim(a_line(modifiers=["x", "x"])))) == []


def test_what_means_something_in_a_pattern_is_taken_as_it_stands() -> None:
    assert judge(modifier_codes, one_of("..", "HQ"), placed(a_claim(a_line(modifiers=["TT", "HQ"])))) == []
