"""Units against a made-up list of values: of a line, and of a member's day."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from billing.policy.codesets import Fact
from billing.references import References
from billing.rules import mue
from billing.rules._kind import Context
from tests.rules import windows
from tests.rules.code_lists import an_edition, with_lists
from tests.rules.harness import RECEIVED, a_claim, a_line, an_entry, placed
from tests.rules.windows import judged, line

SPRING = an_edition("mue", [("98960", 4), ("H2016", 1), ("T1012", 0), ("98961", None)], edition="Q2", first="2026-04-01", last="2026-06-30")  # fmt: skip
SUMMER = an_edition("mue", [("98960", 6)], edition="Q3", first="2026-07-01", last="2026-09-30", complete=False)
BY_LINE = "whether this payer adds up the lines of a day is not known"
ACROSS = "the days of the line lie in two editions of the list"
RANGE = "how the units of a date range fall on its days is not known"
MARKED = "GD asks the payer to look at the units above the edit"
PAID: dict[str, Any] = {"is_history": True, "status": "paid"}
UNOFFICIAL = "of the list MUE Q2, its source is unofficial"


def a_fact(*editions: Any, **entry: Any) -> Fact:
    given = {"list": "mue-list", "review_modifiers": ["GD"], **entry}
    return with_lists(an_entry(mue, **given), *(editions or (SPRING, SUMMER)))


# ------------------------------------------------------------------------------------------------------------ a line


def told(*lines: dict[str, Any], fact: Fact | None = None) -> list[tuple[Any, ...]]:
    """Of each line over its value: number, message, and why it is at most a review."""
    (check,) = mue.checks(fact or a_fact())
    rows = placed(a_claim(*(a_line(line_number=number, **values) for number, values in enumerate(lines, 1))))
    hit = rows.filter(check.applies, check.fails.fill_null(value=False))
    return hit.select("line_number", message=check.message, capped=check.capped_by).rows()


def over(units: str, day: str, words: str, code: str = "98960") -> str:
    return f"{units} units of {code} on {day}; the public MUE {words} on a line."


@pytest.mark.parametrize(
    ("units", "day", "words"),
    [
        ("4", "2026-04-01", None), ("5", "2026-04-01", "Q2 is 4"), ("4.001", "2026-06-30", "Q2 is 4"), ("4", "2026-06-30", None),
        ("6", "2026-07-01", None), ("7", "2026-07-01", "Q3 is 6"), ("7", "2026-09-30", "Q3 is 6"),
        ("99", "2026-03-31", None), ("99", "2026-10-01", None), ("99", None, None),
    ],
)  # fmt: skip
def test_the_value_of_the_edition_for_the_day_is_the_limit(units: str, day: str | None, words: str | None) -> None:
    expected = [(1, over(units, str(day), words), None)] if words else []
    assert told({"units": units, "service_date": day}) == expected


@pytest.mark.parametrize(("code", "found"), [("98961", False), ("H0038", False), ("H2016", True), ("T1012", True)])
def test_a_code_without_a_value_has_no_limit_and_a_value_of_zero_takes_none(code: str, found: bool) -> None:
    assert bool(told({"procedure_code": code, "units": "2", "service_date": "2026-05-05"})) is found


@pytest.mark.parametrize(
    ("units", "last", "message"),
    [
        ("12", "2026-05-07", None),
        (
            "12.001",
            "2026-05-07",
            "12.001 units of 98960 on 2026-05-05 to 2026-05-07; the public MUE Q2 is 4 a day on a line.",
        ),
        ("5", "2026-05-05", "5 units of 98960 on 2026-05-05; the public MUE Q2 is 4 on a line."),
    ],
)
def test_the_units_of_a_range_are_divided_by_its_days(units: str, last: str, message: str | None) -> None:
    found = told({"units": units, "service_date": "2026-05-05", "service_end_date": last})
    assert found == ([(1, message, None)] if message else [])


@pytest.mark.parametrize(("last", "cap"), [("2026-06-30", None), ("2026-07-01", ACROSS)])
def test_a_range_over_two_editions_is_held_for_review(last: str, cap: str | None) -> None:
    found = told({"units": "99", "service_date": "2026-06-29", "service_end_date": last})
    assert [item[2] for item in found] == [cap]


def test_a_marked_line_and_one_under_an_unofficial_list_are_held_for_review() -> None:
    fact = a_fact(an_edition("mue", [("98960", 4)], edition="Q2", official=False))
    lines: list[dict[str, Any]] = [{"units": "5"}, {"units": "5", "modifiers": ["U7", "GD"]}]
    assert [item[2] for item in told(*lines)] == [None, MARKED]
    assert [item[2] for item in told(*lines, fact=fact)] == [UNOFFICIAL, f"{MARKED}; {UNOFFICIAL}"]


def test_whether_it_is_capped_is_said_with_why() -> None:
    (check,) = mue.checks(a_fact())
    rows = placed(a_claim(a_line(units="5"), a_line(line_number=2, units="5", modifiers=["GD"])))
    assert rows.select(at_most=check.at_most).to_series().to_list() == [None, "review"]


def test_what_to_do_above_the_value_and_what_would_pass() -> None:
    def said(fact: Fact) -> tuple[Any, ...]:
        (check,) = mue.checks(fact)
        return (
            placed(a_claim(a_line(units="5")))
            .select(remedy=check.remedy, found=check.found, allowed=check.allowed)
            .row(0)
        )

    asks = "Bill what the record of the service holds. If that is more than 4, ask the payer how to bill the rest: no authorization lifts the edit"
    assert said(a_fact()) == (
        f"{asks}, but some payers look at the units above it on a line of their own with GD.",
        "5",
        "4",
    )
    assert said(a_fact(review_modifiers=[])) == (f"{asks}.", "5", "4")
    (check,) = mue.checks(a_fact())
    assert (check.cause, check.column, check.needs) == ("units_over_mue", "units", ("units",))


# ------------------------------------------------------------------------------------------------------------ a day


def day(claim_id: str, units: str | None = "1", when: str | None = "2026-05-05", **values: Any) -> dict[str, Any]:
    return line(claim_id, when, units, **values)


def found(*lines: dict[str, Any], fact: Fact | None = None) -> list[tuple[str, str]]:
    """Where the sum of a day is over, and what was found."""
    verdicts = judged(mue, fact or a_fact(), lines)
    assert set(verdicts.get_column("at_most")) <= {None, "review"}
    return verdicts.select("where", "found").rows()


def caps(*lines: dict[str, Any], fact: Fact | None = None) -> list[list[str]]:
    verdicts = judged(mue, fact or a_fact(reject_payers=["P1"]), lines)
    assert [(cap == []) == (most is None) for cap, most in verdicts.select("capped_by", "at_most").rows()].count(
        False
    ) == 0
    return verdicts.get_column("capped_by").to_list()


@pytest.mark.parametrize(
    ("last", "expected"), [("1", []), ("1.001", [("C2 line 1", "4.001")]), ("2", [("C2 line 1", "5")])]
)
def test_the_line_with_which_the_day_goes_over_is_found(last: str, expected: list[tuple[str, str]]) -> None:
    assert found(day("C1", "3"), day("C2", last)) == expected


def test_a_line_behind_one_that_is_over_is_over_too() -> None:
    assert found(day("C1", "4"), day("C2"), day("C3")) == [("C2 line 1", "5"), ("C3 line 1", "6")]


def test_what_is_over_by_itself_is_the_line_s_own_finding_and_still_counts() -> None:
    assert found(day("C1", "5")) == []
    assert found(day("C1", "5"), day("C2", "1")) == [("C2 line 1", "6")]


@pytest.mark.parametrize(
    "other",
    [
        {"when": "2026-05-06"},
        {"member_id": "M2"},
        {"billing_npi": "1999999984"},
        {"procedure_code": "98961"},
        {"when": None},
    ],
)
def test_another_day_member_biller_or_code_starts_at_zero(other: dict[str, Any]) -> None:
    assert found(day("C1", "4"), day("C2", "4", **other)) == []


@pytest.mark.parametrize("missing", [{"units": None}, {"member_id": None}, {"billing_npi": None}])
def test_a_line_that_lacks_what_is_added_up_is_left_to_others(missing: dict[str, Any]) -> None:
    assert found(day("C1", "4"), day("C2", **missing)) == []


def test_modifiers_do_not_make_another_day() -> None:
    assert found(day("C1", "4"), day("C2", modifiers=["HQ"])) == [("C2 line 1", "5")]


@pytest.mark.parametrize(("when", "expected"), [("2026-03-31", []), ("2026-04-01", [("C2 line 1", "5")]), ("2026-06-30", [("C2 line 1", "5")]),
                                                ("2026-07-01", []), ("2026-10-01", [])])  # fmt: skip
def test_the_sum_of_a_day_is_compared_by_the_edition_for_it(when: str, expected: list[Any]) -> None:
    assert found(day("C1", "4", when), day("C2", "1", when)) == expected


def test_history_counts_first_and_is_never_found() -> None:
    assert found(day("C2", "1"), day("H1", "4", **PAID)) == [("C2 line 1", "5")]
    assert found(day("H1", "4", **PAID), day("H2", "4", **PAID)) == []


def test_what_does_not_count_is_left_out() -> None:
    assert found(day("C1", "4", counts=False), day("C2", "1")) == []


def test_the_sum_is_held_for_review_unless_the_payer_is_known_to_deny_by_it() -> None:
    lines = [day("C1", "4"), day("C2", "1")]
    known = [{**each, "payer_id": "P1"} for each in lines]
    assert caps(*lines) == [[BY_LINE]]
    assert payer_caps(known, "P1") == [[]]
    assert payer_caps(known, "P2") == [[BY_LINE]]


def payer_caps(lines: list[dict[str, Any]], known: str) -> list[list[str]]:
    frame = windows.rows([{name: value for name, value in each.items() if name != "payer_id"} for each in lines])
    frame = frame.with_columns(payer_id=pl.lit("P1"))
    verdicts = mue.check(a_fact(reject_payers=[known]), Context(frame.lazy(), References(), RECEIVED)).collect()
    return verdicts.get_column("capped_by").to_list()


def test_why_it_is_held_is_said() -> None:
    assert caps(day("C1", "4"), day("C2", modifiers=["GD"])) == [[BY_LINE, MARKED]]
    assert caps(day("C1", "4", stands=False), day("C2")) == [[BY_LINE, "fits only while C1 stays out"]]
    assert caps(day("C1", "4", stands=False), day("C2", "4"), day("C3")) == [
        [BY_LINE, "fits only while C1 stays out"], [BY_LINE]
    ]  # fmt: skip
    unofficial = a_fact(an_edition("mue", [("98960", 4)], edition="Q2", official=False))
    assert caps(day("C1", "4"), day("C2"), fact=unofficial) == [[BY_LINE, UNOFFICIAL]]


def test_a_range_adds_the_same_to_each_of_its_days_and_is_held_for_review() -> None:
    spread = day("C1", "8", service_end_date="2026-05-06")
    assert found(spread, day("C2", "0.001", "2026-05-06")) == [("C2 line 1", "4.001")]
    assert found(spread, day("C2", "4", "2026-05-07")) == []
    assert caps(spread, day("C2", "1", "2026-05-06")) == [[BY_LINE, RANGE]]
    assert caps(day("C2", "4", "2026-05-05"), spread) == [[BY_LINE, RANGE]]


def test_a_range_is_found_once_on_the_first_day_it_is_over() -> None:
    verdicts = judged(
        mue,
        a_fact(),
        [day("H1", "4", **PAID), day("H2", "4", "2026-05-06", **PAID), day("C3", "3", service_end_date="2026-05-07")],
    )
    assert verdicts.select("where", "found").rows() == [("C3 line 1", "5")]
    assert verdicts.get_column("message").to_list() == [
        "5 units of 98960 on 2026-05-05, 1 of them here; the public MUE Q2 is 4, and may be meant for a day."
    ]


def test_what_is_said_of_the_sum_of_a_day() -> None:
    verdicts = judged(
        mue, a_fact(review_modifiers=[]), [day("C1", "2"), day("C1", "1.5", line_number=2), day("C2", "1.25")]
    )
    assert verdicts.select("cause", "column", "message", "remedy", "allowed", "related").rows() == [(
        "units_over_mue", "units",
        "4.75 units of 98960 on 2026-05-05, 1.25 of them here; the public MUE Q2 is 4, and may be meant for a day.",
        "Check whether the lines are one visit, and bill what the record of the day holds. If that is more than 4, ask the payer how to bill the rest: no authorization lifts the edit.",
        "4 a day", ["C1 line 1", "C1 line 2"],
    )]  # fmt: skip


def test_of_many_lines_before_it_the_first_are_named() -> None:
    verdicts = judged(mue, a_fact(), [day(f"C{number:02}", "0.1") for number in range(50)])
    related = verdicts.get_column("related").to_list()
    assert [len(names) for names in related] == [20] * 10
    assert related[-1][0] == "C00 line 1"


# ------------------------------------------------------------------------------------------------------ not checked


def test_a_line_in_no_edition_or_with_a_code_that_one_in_part_lacks_is_not_checked() -> None:
    lines = [
        day("C0", when="2026-03-31"), day("C1", when="2026-04-01"), day("C2", when="2026-06-30", procedure_code="G0001"),
        day("C3", when="2026-07-01"), day("C4", when="2026-07-01", procedure_code="G0001"), day("C5", when="2026-10-01"),
        day("C6", when=None), day("C7", when="2026-09-30", service_end_date="2026-10-01"),
        day("H1", when="2026-10-01", is_history=True, status="paid"),
    ]  # fmt: skip
    frame = windows.rows(lines)
    keys = windows.unchecked_lines(mue, a_fact(), frame)
    named = frame.filter(pl.col("line_key").is_in(keys)).get_column("claim_id").sort().to_list()
    assert named == ["C0", "C4", "C5", "C7"]
    assert mue.unchecked_needs(a_fact()) == "mue-list list"
    concerned = frame.filter(mue.concerns(a_fact())).get_column("claim_id").sort().to_list()
    assert concerned == ["C1", "C3", "C7"]
