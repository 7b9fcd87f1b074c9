"""Telehealth lines: the medium, the modifiers and the place a program takes."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.policy.codesets import Fact
from billing.policy.lists import telehealth_marks
from billing.rules import telehealth
from tests.rules.harness import Found, Said, a_claim, a_fact, a_line, an_entry, judge, placed, said


def entry(**values: Any) -> Fact:
    return an_entry(telehealth, **values)


def rows(*modifiers: str, place: str | None = "11", **values: Any) -> pl.DataFrame:
    return placed(a_claim(a_line(modifiers=["U7", *modifiers], **values), place_of_service=place))


def found(fact: Fact, *modifiers: str, place: str | None = "11", **values: Any) -> list[tuple[str, str, str | None]]:
    judged = judge(telehealth, fact, rows(*modifiers, place=place, **values))
    return [(item.cause, item.verdict, item.found) for item in judged]


IN_PERSON = entry(video="refused", audio_only="refused")
VIDEO = entry(video="allowed", audio_only="refused")
AUDIO = entry(video="refused", audio_only="allowed")
ACCEPTED = entry(modifiers=["95", "93"])
BOTH = entry(modifiers=["95"], places=["02", "10"], needs="both")
NOT_COVERED, MODIFIER, PLACE = "telehealth_not_covered", "telehealth_modifier", "telehealth_place"


def test_the_national_list_tells_places_and_the_medium_of_each_modifier() -> None:
    assert telehealth_marks().places == ("02", "10")
    assert telehealth_marks().media == {
        "95": "video", "GT": "video", "93": "audio_only", "FQ": "audio_only", "GQ": "recorded", "G0": "any",
    }  # fmt: skip


@pytest.mark.parametrize(
    "fact", [IN_PERSON, VIDEO, AUDIO, ACCEPTED, BOTH, entry(one_medium=True), entry(places=["02"])]
)
def test_a_visit_in_person_is_not_its_business(fact: Fact) -> None:
    assert found(fact) == []
    assert found(fact, "HQ", "FR") == []


@pytest.mark.parametrize(
    ("fact", "modifier", "is_found"),
    [(VIDEO, "93", True), (VIDEO, "FQ", True), (VIDEO, "95", False), (VIDEO, "GT", False), (VIDEO, "GQ", False),
     (AUDIO, "95", True), (AUDIO, "GT", True), (AUDIO, "93", False), (AUDIO, "FQ", False), (AUDIO, "G0", False),
     (IN_PERSON, "95", True), (IN_PERSON, "93", True), (IN_PERSON, "GQ", True), (IN_PERSON, "G0", True)],
)  # fmt: skip
def test_a_medium_that_is_refused_is_not_covered(fact: Fact, modifier: str, is_found: bool) -> None:
    assert found(fact, modifier) == ([(NOT_COVERED, "fail", modifier)] if is_found else [])
    assert found(fact, modifier, place="10") == ([(NOT_COVERED, "fail", modifier)] if is_found else [])


def test_a_telehealth_place_alone_says_no_medium_but_is_not_in_person() -> None:
    assert found(VIDEO, place="10") == []
    assert found(AUDIO, place="02") == []
    assert found(IN_PERSON, place="10") == [(NOT_COVERED, "fail", "10")]


def test_a_line_marked_as_both_media_is_the_national_rules_business() -> None:
    assert found(VIDEO, "95", "93") == []
    assert found(AUDIO, "GT", "FQ") == []
    assert judge(telehealth, entry(one_medium=True), rows("95", "93")) == [
        Found(1, "telehealth_contradiction", "fail",
              "95 and 93 on one line: live video and audio only exclude each other.", "95, 93", None),
    ]  # fmt: skip
    assert found(entry(one_medium=True), "FQ", "GT") == [("telehealth_contradiction", "fail", "FQ, GT")]
    assert found(entry(one_medium=True), "95", "GT") == []
    assert found(entry(one_medium=True), "93", "FQ") == []


def test_only_modifiers_of_the_source_are_accepted() -> None:
    assert found(ACCEPTED, "95") == []
    assert found(ACCEPTED, "93", place="10") == []
    assert judge(telehealth, ACCEPTED, rows("GT")) == [
        Found(1, MODIFIER, "fail", "GT on 98960 U7 GT; the program takes 95 or 93 for telehealth.", "GT", None),
    ]  # fmt: skip
    assert found(entry(modifiers=["GT"]), "95", "FQ") == [(MODIFIER, "fail", "95, FQ")]


def test_a_state_may_have_telehealth_modifiers_and_places_of_its_own() -> None:
    fact = entry(modifiers=["U9"], places=["77"], needs="both")
    assert found(fact, "U9", place="77") == []
    assert found(fact, place="77") == [(MODIFIER, "fail", "no telehealth modifier")]
    assert found(fact, "U9", place="11") == [(PLACE, "fail", "11")]


def test_a_refused_medium_is_said_once() -> None:
    fact = entry(audio_only="refused", modifiers=["95"], places=["02"], needs="both")
    assert found(fact, "93", place="10") == [(NOT_COVERED, "fail", "93")]
    assert found(fact, "GT", place="10") == [(MODIFIER, "fail", "GT"), (PLACE, "fail", "10")]


@pytest.mark.parametrize(
    ("needs", "modifiers", "place", "expected"),
    [
        ("both", ["95"], "10", []), ("both", ["95"], "11", [(PLACE, "fail", "11")]),
        ("both", [], "02", [(MODIFIER, "fail", "no telehealth modifier")]), ("both", [], "11", []),
        ("both", ["95"], None, [(PLACE, "unknown", None)]), ("modifier", ["95"], None, []),
        ("modifier", [], None, [(MODIFIER, "unknown", "no telehealth modifier")]),
        ("place", ["95"], "10", []), ("place", ["95"], "11", [(PLACE, "fail", "11")]), ("place", [], "02", []),
        ("modifier", ["95"], "11", []), ("modifier", [], "10", [(MODIFIER, "fail", "no telehealth modifier")]),
        ("modifier", ["GQ"], "10", []),
    ],
)  # fmt: skip
def test_place_and_modifier_go_together_where_the_source_wants_the_pair(
    needs: str, modifiers: list[str], place: str | None, expected: list[Any]
) -> None:
    assert found(entry(needs=needs), *modifiers, place=place) == expected


def test_a_place_of_telehealth_that_the_source_does_not_name_is_found() -> None:
    fact = entry(places=["02"])
    assert found(fact, place="02") == []
    assert found(entry(places=["02"], needs="place"), place="10") == [(PLACE, "fail", "10")]
    assert found(fact, "95", place="11") == []
    assert judge(telehealth, fact, rows("95", place="10")) == [
        Found(1, PLACE, "fail", "98960 U7 95 at place 10; the program takes 02 for telehealth.", "10", None),
    ]  # fmt: skip


def test_another_service_and_another_day_are_not_judged() -> None:
    made = an_entry(telehealth, video="refused", audio_only="refused", services=["follow-up"])
    assert found(made, "95") == []
    ended = a_fact(made.entry.model_copy(update={"services": "all"}), ended=date(2026, 5, 4))
    assert found(ended, "95") == []
    assert found(ended, "95", service_date="2026-05-04") == [(NOT_COVERED, "fail", "95")]


COMPARE = "Compare the line with the record of the visit: "


@pytest.mark.parametrize(
    ("fact", "modifiers", "place", "expected", "remedy"),
    [
        (VIDEO, ["93"], "10", Said(NOT_COVERED, "modifiers", "not audio only"),
         f"{COMPARE}mend the modifier if another medium was used, else the program does not pay for the visit."),
        (IN_PERSON, ["93"], "10", Said(NOT_COVERED, "modifiers", "a visit in person"),
         f"{COMPARE}mend what is mistyped, else the program does not pay for the visit."),
        (IN_PERSON, [], "10", Said(NOT_COVERED, "place_of_service", "a visit in person"),
         f"{COMPARE}mend what is mistyped, else the program does not pay for the visit."),
        (ACCEPTED, ["GT"], "10", Said(MODIFIER, "modifiers", "95 or 93"),
         "Send 95 in place of GT: the program takes it for the same medium."),
        (ACCEPTED, ["FQ"], "10", Said(MODIFIER, "modifiers", "95 or 93"),
         "Send 93 in place of FQ: the program takes it for the same medium."),
        (ACCEPTED, ["GQ"], "10", Said(MODIFIER, "modifiers", "95 or 93"), f"{COMPARE}send 95 or 93, as the medium was."),
        (entry(modifiers=["95", "93"], needs="modifier"), [], "10", Said(MODIFIER, "modifiers", "95 or 93"),
         f"{COMPARE}add 95 for live video, 93 for audio only; mend the place if the visit was in person."),
        (BOTH, ["95"], "11", Said(PLACE, "place_of_service", "02 or 10"),
         f"{COMPARE}send 02 or 10 for telehealth, or no telehealth modifier for a visit in person."),
        (entry(one_medium=True), ["95", "93"], "10", Said("telehealth_contradiction", "modifiers", "95 or GT or else 93 or FQ"),
         f"{COMPARE}keep the modifier of the medium that was used."),
    ],
)  # fmt: skip
def test_a_finding_says_which_modifier_or_place_would_do(
    fact: Fact, modifiers: list[str], place: str, expected: Said, remedy: str
) -> None:
    assert said(telehealth, fact, rows(*modifiers, place=place)) == [(expected, remedy)]


@pytest.mark.parametrize(
    ("fact", "modifiers", "place", "message"),
    [
        (VIDEO, ["93"], "10", "98960 U7 93 is audio only by 93; the program does not pay it so."),
        (AUDIO, ["GT"], "10", "98960 U7 GT is live video by GT; the program does not pay it so."),
        (IN_PERSON, ["95", "93"], "10", "98960 U7 95 93 is telehealth by 95 and 93; the program pays it in person alone."),
        (IN_PERSON, [], "02", "98960 U7 is telehealth by place 02; the program pays it in person alone."),
        (entry(modifiers=["95"], needs="modifier"), [], "02", "98960 U7 at place 02 lacks 95."),
        (BOTH, [], "11", None),
        (entry(places=["02"]), [], "10", "98960 U7 at place 10; the program takes 02 for telehealth."),
    ],
)  # fmt: skip
def test_a_message_says_what_was_found_and_what_the_program_takes(
    fact: Fact, modifiers: list[str], place: str, message: str | None
) -> None:
    assert [item.message for item in judge(telehealth, fact, rows(*modifiers, place=place))] == (
        [message] if message else []
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "says nothing: write video: refused"),
        ({"video": "refused", "audio_only": "refused", "needs": "both"}, "take modifiers, places and needs out"),
        ({"video": "refused", "audio_only": "refused", "modifiers": ["95"]}, "take modifiers, places and needs out"),
        ({"video": "refused", "audio_only": "refused", "places": ["02"]}, "take modifiers, places and needs out"),
        ({"audio_only": "refused", "modifiers": ["95", "93"]}, "93 stands for audio only, which the entry refuses"),
        ({"video": "refused", "modifiers": ["GT"]}, "GT stands for live video, which the entry refuses"),
    ],
)  # fmt: skip
def test_an_entry_that_says_nothing_or_contradicts_itself_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        entry(**values)
