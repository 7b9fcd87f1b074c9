from __future__ import annotations

from typing import Any

import pytest

from billing.scenarios.naming import Names, OwnNames, npi, with_digits
from billing.scenarios.notation import CLAIM_DEFAULTS, NotationError, claim, line
from billing.scenarios.reference_rows import rows

PLAIN = Names()
A_LINE = {
    "line_number": 1, "procedure_code": "98960", "modifiers": [], "charge": "92.00", "units": "1", "unit_basis": "UN",
    "service_date": "2026-05-05", "diagnosis_pointers": [1],
}  # fmt: skip
A_CLAIM = {
    "claim_id": "C1", "lines": [A_LINE], "charge": "92.00", "member": {"id": "M1", "birth_date": "1990-01-31"},
    "billing_provider": {"npi": "1234567893"}, "rendering_provider": {"npi": "1558598797"}, "place_of_service": "12",
    "frequency_code": "1", "payer": {"id": "P1"}, "diagnoses": ["F330"],
}  # fmt: skip


def test_a_claim_that_says_only_its_code_is_plain() -> None:
    assert claim("C1 98960", PLAIN) == A_CLAIM
    assert claim({"C1": 98960}, PLAIN) == A_CLAIM


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("98960 U7 HQ", {"modifiers": ["U7", "HQ"]}),
        ("98960 x4", {"units": "4"}),
        ("98960 x-", {"units": None}),
        ("98960 2026-05-07", {"service_date": "2026-05-07"}),
        ("98960 2026-05-07..2026-05-09", {"service_date": "2026-05-07", "service_end_date": "2026-05-09"}),
        ("98960 on-", {"service_date": None}),
        ("98960 on20261345", {"service_date": "20261345"}),
        ("98960 09:00-10:30", {"start_time": "09:00", "end_time": "10:30"}),
        ("98960 @11", {"place_of_service": "11"}),
        ("98960 $46.50", {"charge": "46.50"}),
        ("98960 group_size=3 session=S1", {"group_size": 3, "session_id": "S1"}),
        ("98960 line_number=first", {"line_number": "first"}),
        ("98960 worker=W2", {"worker": "W2"}),
        ("98960 rendering=W2:172V00000X", {"rendering_provider": {"npi": "W2", "taxonomy": "172V00000X"}}),
        ("98960 rendering=- ordering=D1", {"rendering_provider": None, "ordering_provider": {"npi": "D1"}}),
        ("98960 authorization=PA1 pointers=1:2", {"prior_authorization": "PA1", "diagnosis_pointers": [1, 2]}),
    ],
)
def test_a_line_says_what_differs(text: str, fields: dict[str, Any]) -> None:
    assert line(text) == {"procedure_code": "98960", "modifiers": [], **fields}


def test_a_claim_has_fields_of_its_own_and_the_charge_of_its_lines() -> None:
    short = {"C1": ["98960 $10.00", "98961 U7 $2.50"], "member": "M2", "pregnant": True, "biller_taxonomy": "251S00000X",
             "service_facility.npi": "F1", "place": None}  # fmt: skip
    lines = [
        {**A_LINE, "charge": "10.00"},
        {**A_LINE, "line_number": 2, "procedure_code": "98961", "modifiers": ["U7"], "charge": "2.50"},
    ]
    assert claim(short, PLAIN) == {
        **A_CLAIM, "lines": lines, "charge": "12.50", "member": {"id": "M2", "birth_date": "1990-01-31", "pregnant": True},
        "billing_provider": {"npi": "1234567893", "taxonomy": "251S00000X"}, "service_facility": {"npi": "F1"},
        "place_of_service": None,
    }  # fmt: skip


def test_defaults_go_below_what_a_claim_says() -> None:
    made = claim("C1 98960 x2", PLAIN, {"place": "11", "line": "x3 09:00-10:00 $5.00"})
    assert made == {
        **A_CLAIM, "place_of_service": "11", "charge": "5.00",
        "lines": [{**A_LINE, "units": "2", "charge": "5.00", "start_time": "09:00", "end_time": "10:00"}],
    }  # fmt: skip


def test_each_is_a_line_for_every_day_both_ends_included() -> None:
    made = claim("C1 98960 x4 each 2026-02-27..2026-03-01", PLAIN)
    assert [(each["line_number"], each["service_date"], each["units"]) for each in made["lines"]] == [
        (1, "2026-02-27", "4"), (2, "2026-02-28", "4"), (3, "2026-03-01", "4"),
    ]  # fmt: skip
    assert made["charge"] == "276.00"


@pytest.mark.parametrize(
    ("file", "text", "row"),
    [
        ("members", "M1 2026-01-01.. benefit_plan=A", {"member_id": "M1", "effective": "2026-01-01", "ended": "", "benefit_plan": "A"}),
        ("enrollments", "M1 residential 2026-01-01..2026-02-28", {"member_id": "M1", "kind": "residential", "effective": "2026-01-01", "ended": "2026-02-28"}),
        ("providers", "B1 2026-01-01.. provider_type=FQHC", {"npi": "1234567893", "effective": "2026-01-01", "ended": "", "provider_type": "FQHC"}),
        ("workers", "W1 chw 2026-01-01.. agency_npi=B1", {"npi": "1558598797", "worker_type": "chw", "effective": "2026-01-01", "ended": "", "agency_npi": "1234567893"}),
        ("authorizations", "PA1 M1 98960 U7 HQ x20 2026-01-01..", {"number": "PA1", "member_id": "M1", "procedure_code": "98960", "modifiers": "U7:HQ", "units": "20", "effective": "2026-01-01", "ended": ""}),
        ("authorizations", "PA1 M1 2026-01-01..", {"number": "PA1", "member_id": "M1", "effective": "2026-01-01", "ended": ""}),
        ("orders", "M1 referral 2026-01-01", {"member_id": "M1", "kind": "referral", "date": "2026-01-01", "ended": ""}),
        ("other_coverage", "M1 medicare 2026-01-01..", {"member_id": "M1", "kind": "medicare", "effective": "2026-01-01", "ended": ""}),
        ("history", "H1 paid 98960 U7 x3 2026-05-01 payer_claim_id=P9", {"member_id": "M1", "billing_npi": "1234567893", "rendering_npi": "1558598797", "line_number": "1", "units": "3", "service_date": "2026-05-01", "procedure_code": "98960", "modifiers": "U7", "payer_claim_id": "P9", "claim_id": "H1", "status": "paid"}),
    ],
)  # fmt: skip
def test_a_row_is_one_text(file: str, text: str, row: dict[str, str]) -> None:
    assert rows(file, text, PLAIN) == [row]


def test_each_is_a_row_of_the_history_for_every_day() -> None:
    made = rows("history", "H1 paid 98960 x4 each 2026-05-01..2026-05-02", PLAIN)
    assert [(row["line_number"], row["service_date"], row["units"]) for row in made] == [
        ("1", "2026-05-01", "4"), ("2", "2026-05-02", "4"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("short", "words"),
    [
        ("C1", "the line is empty"),
        ({"C1": []}, "C1: no service line"),
        ({"C1": None}, "C1: no service line"),
        ("C1 98960 x4 u7", "'u7' is no part of a line"),
        ("C1 98960 9:00-10:00", "'9:00-10:00' is no part of a line"),
        ("C1 98960 group=3", "group: a line has no field of this name"),
        ("C1 98960 $ten", "a line's charge is no amount"),
        ("C1 98960 each 2026-05-02..2026-05-01", "each 2026-05-02..2026-05-01: holds 0 days"),
        ("C1 98960 each 2026-05-02..2026-05-32", "2026-05-02..2026-05-32: is no span of days"),
        ({"C1": "98960", "membr": "M2"}, "membr: a claim has no field of this name"),
    ],
)
def test_what_cannot_be_read_as_a_claim_is_said(short: Any, words: str) -> None:
    with pytest.raises(NotationError, match=f"^{words}$"):
        claim(short, PLAIN)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("members", "M1 2026-01-01", "'2026-01-01' is one day, not a span"),
        ("workers", "W1 2026-01-01..", "the row of the workers file lacks effective"),
        ("workers", "W1 chw U7 2026-01-01..", "'U7' is no part of a row of the workers file"),
        ("members", "M1 2026-01-01.. plan=A", "plan: the members file has no column of this name"),
        ("history", "H1 paid", "'H1 paid' is no row of the history file"),
        ("history", "H1 paid 98960 @12", "place_of_service: the history file has no column of this name"),
    ],
)
def test_what_cannot_be_read_as_a_row_is_said(file: str, text: str, words: str) -> None:
    with pytest.raises(NotationError, match=f"^{words}$"):
        rows(file, text, PLAIN)


# -------------------------------------------------------------------------------------------------------- names


def test_a_made_up_npi_has_its_check_digit() -> None:
    assert [npi(number) for number in (1, 2, 23456789)] == ["1000000012", "1000000020", "1234567893"]


def test_a_scenario_has_people_and_numbers_of_its_own() -> None:
    first = OwnNames(1)
    second = OwnNames(2, first.numbers)
    made = [claim({"C1": "98960 worker=W1 session=S1", "authorization": "PA1"}, names) for names in (first, second)]
    flat = [
        {each["claim_id"], each["member"]["id"], each["billing_provider"]["npi"], each["rendering_provider"]["npi"],
         each["lines"][0]["worker"], each["lines"][0]["session_id"], each["prior_authorization"]}
        for each in made
    ]  # fmt: skip
    assert [len(ids) for ids in flat] == [6, 6]  # the worker is the rendering provider
    assert flat[0].isdisjoint(flat[1])


def test_texts_are_told_with_the_names_that_the_scenario_wrote() -> None:
    names = OwnNames(3)
    made = f"{names.claim('C12')} line 1 by {names.provider('W2')}, {names.number('PA1')}; 1999999984 is not its own"
    assert names.told(made) == "C12 line 1 by W2, PA1; 1999999984 is not its own"


def test_ids_written_out_in_full_stay_and_are_remembered() -> None:
    names = OwnNames(1)
    assert (names.provider("1234567890"), names.member("00123456789")) == ("1234567890", "00123456789")
    assert names.literals == {"1234567890", "00123456789"}


def test_member_ids_follow_the_pattern_of_the_file() -> None:
    assert with_digits("AA###A", 7) == "AA007A"
    assert OwnNames(1, member_ids="9#####").member("M1") == "900001"


def test_every_default_of_a_claim_can_be_taken_away() -> None:
    made = claim({"C1": "98960", **dict.fromkeys(CLAIM_DEFAULTS)}, PLAIN)
    assert made == {
        "claim_id": "C1", "lines": [A_LINE], "charge": "92.00", "member": {"id": None, "birth_date": None},
        "billing_provider": {"npi": None}, "rendering_provider": {"npi": None}, "place_of_service": None,
        "frequency_code": None, "payer": {"id": None}, "diagnoses": None,
    }  # fmt: skip
