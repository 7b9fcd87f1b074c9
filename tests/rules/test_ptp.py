"""Pairs of codes of a made-up list, billed for one member on one day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from billing.policy.codesets import Fact
from billing.references import References
from billing.rules import ptp
from billing.rules._kind import Context
from tests.rules import windows
from tests.rules.code_lists import an_absent_list, an_edition, with_lists
from tests.rules.harness import RECEIVED, an_entry
from tests.rules.windows import judged, line, severities

FROM = date(2020, 1, 1)
PAIRS = [
    ("11111", "22222", FROM, None, 0), ("11111", "33333", FROM, None, 1), ("11111", "44444", FROM, None, 9),
    ("11111", "55555", date(2026, 5, 5), date(2026, 5, 6), 0), ("22222", "33333", None, None, 0),
]  # fmt: skip
SPRING = an_edition("ptp", PAIRS, edition="Q2", first="2026-04-01", last="2026-06-30")
SUMMER = an_edition(
    "ptp", [("22222", "11111", FROM, None, 0)], edition="Q3", first="2026-07-01", last="2026-09-30", official=False
)
PAID: dict[str, Any] = {"is_history": True, "status": "paid"}


def a_fact(*editions: Any, **entry: Any) -> Fact:
    given = {"list": "ptp-list", "modifiers": ["59", "XE"], **entry}
    return with_lists(an_entry(ptp, **given), *(editions or (SPRING, SUMMER)))


def a_code(claim_id: str, code: str, *modifiers: str, when: str | None = "2026-05-05", **values: Any) -> dict[str, Any]:
    return line(claim_id, when, procedure_code=code, modifiers=list(modifiers), **values)


def found(*lines: dict[str, Any]) -> list[tuple[str, str]]:
    return severities(judged(ptp, a_fact(), lines))


def caps(*lines: dict[str, Any]) -> list[list[str]]:
    return judged(ptp, a_fact(), lines).get_column("capped_by").to_list()


@pytest.mark.parametrize("first", ["C1", "C2"])
def test_the_line_with_the_second_code_is_found_whichever_comes_first(first: str) -> None:
    lines = [a_code("C1", "11111"), a_code("C2", "22222")]
    lines = lines if first == "C1" else lines[::-1]
    assert found(*lines) == [("C2 line 1", "reject")]


@pytest.mark.parametrize(
    "other", [{"when": "2026-05-06"}, {"member_id": "M2"}, {"billing_npi": "1999999984"}, {"when": None}, {"member_id": None},
              {"billing_npi": None}],
)  # fmt: skip
def test_another_day_member_or_biller_is_no_pair(other: dict[str, Any]) -> None:
    assert found(a_code("C1", "11111"), a_code("C2", "22222", **other)) == []


@pytest.mark.parametrize("second", ["44444", "11111", "66666"])
def test_codes_that_are_no_pair_in_force_pass(second: str) -> None:
    assert found(a_code("C1", "11111"), a_code("C2", second)) == []


@pytest.mark.parametrize(("day", "expected"), [("2026-05-04", []), ("2026-05-05", [("C2 line 1", "reject")]),
                                               ("2026-05-06", [("C2 line 1", "reject")]), ("2026-05-07", [])])  # fmt: skip
def test_a_pair_applies_from_its_first_to_its_last_day(day: str, expected: list[Any]) -> None:
    assert found(a_code("C1", "11111", when=day), a_code("C2", "55555", when=day)) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-03-31", []), ("2026-04-01", [("C2 line 1", "reject")]), ("2026-06-30", [("C2 line 1", "reject")]),
        ("2026-07-01", [("C1 line 1", "review")]), ("2026-10-01", []),
    ],
)  # fmt: skip
def test_the_edition_for_the_day_says_which_pairs_there_are(day: str, expected: list[Any]) -> None:
    assert found(a_code("C1", "11111", when=day), a_code("C2", "22222", when=day)) == expected


@pytest.mark.parametrize(
    ("on_first", "on_second", "expected"),
    [
        ([], ["59"], "passes"), (["U7"], ["U7", "XE"], "passes"), ([], [], "reject"), (["U7"], [], "reject"),
        ([], ["LT"], "which modifiers set a pair apart is common practice"),
        (["59"], [], "whether the payer takes the modifier on the first code of the pair is not known"),
        (["59"], ["LT"], "whether the payer takes the modifier on the first code of the pair is not known"),
        ([], [""], "reject"),
    ],
)  # fmt: skip
def test_a_modifier_on_the_second_code_sets_a_pair_apart_that_allows_one(
    on_first: list[str], on_second: list[str], expected: str
) -> None:
    capped = caps(a_code("C1", "11111", *on_first), a_code("C2", "33333", *on_second))
    assert capped == {"passes": [], "reject": [[]]}.get(expected, [[expected]])


@pytest.mark.parametrize(("on_first", "on_second"), [(["59"], []), ([], ["59"]), ([], ["LT"])])
def test_no_modifier_sets_a_pair_apart_that_allows_none(on_first: list[str], on_second: list[str]) -> None:
    assert caps(a_code("C1", "11111", *on_first), a_code("C2", "22222", *on_second)) == [[]]


def test_history_is_a_pair_with_the_batch_and_is_never_found() -> None:
    assert found(a_code("H1", "11111", **PAID), a_code("C2", "22222")) == [("C2 line 1", "reject")]
    assert found(a_code("H1", "11111", **PAID), a_code("H2", "22222", **PAID)) == []
    assert found(a_code("C1", "11111"), a_code("H2", "22222", **PAID)) == [("C1 line 1", "review")]
    assert caps(a_code("C1", "11111"), a_code("H2", "22222", **PAID)) == [[
        "the second code of the pair was billed before, and which of the two the payer denies is not known"
    ]]  # fmt: skip


def test_a_modifier_on_a_second_code_that_was_paid_before_sets_the_pair_apart() -> None:
    assert found(a_code("C1", "11111"), a_code("H2", "33333", "59", **PAID)) == []
    assert [cap[1:] for cap in caps(a_code("C1", "11111", "59"), a_code("H2", "33333", **PAID))] == [
        ["whether the payer takes the modifier on the first code of the pair is not known"]
    ]


def test_what_does_not_count_is_no_pair() -> None:
    assert found(a_code("C1", "11111", counts=False), a_code("C2", "22222")) == []


def test_a_pair_with_a_claim_that_is_rejected_anyway_is_held_for_review() -> None:
    assert caps(a_code("C1", "11111", stands=False), a_code("C2", "22222")) == [["fits only while C1 stays out"]]
    lines = (a_code("C1", "11111", stands=False), a_code("C3", "11111"), a_code("C2", "22222"))
    assert judged(ptp, a_fact(), lines).select("where", "related").rows() == [("C2 line 1", ["C3 line 1"])]
    assert caps(*lines) == [[]]


@pytest.mark.parametrize("ranged", ["C1", "C2"])
def test_a_range_that_takes_the_day_in_is_held_for_review(ranged: str) -> None:
    codes = {"C1": "11111", "C2": "22222"}
    lines = [
        a_code(name, code, when="2026-05-04", service_end_date="2026-05-06") if name == ranged else a_code(name, code)
        for name, code in codes.items()
    ]
    assert caps(*lines) == [["which days of a date range had a service is not known"]]


def test_of_several_pairs_the_surest_is_told_once() -> None:
    lines = (a_code("C1", "11111", "59"), a_code("C2", "33333"), a_code("C3", "22222"))
    verdicts = judged(ptp, a_fact(), lines)
    assert verdicts.select("where", "found").rows() == [
        ("C2 line 1", "33333 and 22222"),
        ("C3 line 1", "22222 and 11111"),
    ]


@pytest.mark.parametrize(
    ("second", "modifiers", "remedy"),
    [
        ("22222", ["59"], "Bill 11111 alone; no modifier sets this pair apart."),
        ("33333", ["59", "XE"],
         "Bill 11111 alone; if the record of the day holds two services, add 59 or XE to 33333."),
        ("33333", [],
         "Bill 11111 alone; if the record of the day holds two services, add the modifier that the payer names to 33333."),
    ],
)  # fmt: skip
def test_what_is_said_of_a_pair(second: str, modifiers: list[str], remedy: str) -> None:
    verdicts = judged(ptp, a_fact(modifiers=modifiers), [a_code("C1", "11111"), a_code("C2", second, "U7")])
    assert verdicts.select("cause", "column", "message", "remedy", "found", "allowed", "related").rows() == [(
        "ptp_conflict", "procedure_code",
        f"{second} U7 on 2026-05-05 stands beside 11111 (C1 line 1); PTP Q2 does not pay {second} with 11111.",
        remedy, f"{second} and 11111", "one of them on one day", ["C1 line 1"],
    )]  # fmt: skip


def test_of_a_pair_whose_second_code_was_paid_before_the_first_is_told_as_first() -> None:
    verdicts = judged(ptp, a_fact(), [a_code("C1", "11111"), a_code("H2", "22222", **PAID)])
    assert verdicts.get_column("message").to_list() == [
        "11111 on 2026-05-05 stands beside 22222 (H2 line 1); PTP Q2 does not pay 22222 with 11111."
    ]


def asked(fact: Fact, *lines: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The claims it says it cannot check, and those it could say something about."""
    frame = windows.rows(lines)
    keys = ptp.unchecked(fact, Context(frame.lazy(), References(), RECEIVED)).collect()
    unchecked = frame.join(keys, on="line_key", how="semi")
    concerned = frame.filter(ptp.concerns(fact))
    return tuple(sorted(each.get_column("claim_id").to_list()) for each in (unchecked, concerned))  # type: ignore[return-value]


def test_lines_in_no_edition_are_not_checked_where_the_member_has_another_code() -> None:
    lines = [
        a_code("C1", "11111", when="2026-06-30"), a_code("C2", "22222", when="2026-10-01"), a_code("C3", "22222", when=None),
        a_code("C4", "11111", when="2026-10-01", member_id="M2"), a_code("H1", "11111", when="2026-10-01", **PAID),
        a_code("C5", "11111", when="2026-09-30", service_end_date="2026-10-01"),
    ]  # fmt: skip
    assert asked(a_fact(), *lines) == (["C2", "C5"], ["C1"])
    assert ptp.unchecked_needs(a_fact()) == "ptp-list list"


def test_without_an_edition_nothing_is_checked() -> None:
    lines = [a_code("C1", "11111"), a_code("C2", "22222")]
    assert asked(a_fact(an_absent_list("ptp")), *lines) == (["C1", "C2"], [])
