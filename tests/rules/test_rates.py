"""Charges against the dated rates of a service."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

import billing
from billing.policy.schema import Rate
from billing.policy.words import fact_in_words, severity_in_words
from billing.rules import rates
from tests.rules.harness import Found, a_claim, a_fact, a_line, a_service, judge, placed, said

MAY = {"amount": "14.15", "effective": "2026-05-01", "ended": "2026-05-31", "source": "s1"}
JUNE = {"amount": "15.00", "effective": "2026-06-01", "source": "s2"}


def found_on(*rate: dict[str, Any], first: str = "2026-05-01", how: str = "exact", **of_line: Any) -> list[str | None]:
    """What is said of a line against the rate that begins on `first`."""
    fact = a_fact(a_service(rates=rate or (MAY, JUNE)), effective=date.fromisoformat(first))
    found = judge(rates, fact, placed(a_claim(a_line(**{"units": "4", **of_line})), how=how))
    assert {(item.cause, item.verdict, item.at_most) for item in found} <= {("charge_below_rate", "fail", "note")}
    return [item.found for item in found]


@pytest.mark.parametrize(("charge", "found"), [("56.59", ["56.59"]), ("56.60", []), ("56.61", [])])
def test_a_charge_below_units_times_the_rate_is_noted(charge: str, found: list[str]) -> None:
    assert found_on(charge=charge) == found


def test_a_low_charge_is_told_with_the_rate_and_what_is_lost() -> None:
    fact = a_fact(a_service(rates=(MAY,)), effective=date(2026, 5, 1))
    frame = placed(a_claim(a_line(charge="40.00")))
    (found,) = judge(rates, fact, frame)
    assert found == Found(1, "charge_below_rate", "fail", "Charged $40.00 for 4 units; the rate from 2026-05-01 is $14.15 a unit, "
                          "so $56.60 in all.", "40.00", "note")  # fmt: skip
    ((told, remedy),) = said(rates, fact, frame)
    assert tuple(told)[:4] == (
        "charge_below_rate",
        "charge",
        "56.60 or more",
        "a charge below the rate is no error, only money left",
    )
    assert remedy == "Charge at least $56.60 if your fee schedule allows it: no payer pays more than is charged."
    (check,) = rates.checks(fact)
    assert check.amount_at_risk is not None
    assert frame.select(check.amount_at_risk).item() == Decimal("16.60")


def test_one_unit_is_one_unit() -> None:
    fact = a_fact(a_service(rates=(MAY,)), effective=date(2026, 5, 1))
    (found,) = judge(rates, fact, placed(a_claim(a_line(charge="1.00", units="1"))))
    assert found.message == "Charged $1.00 for 1 unit; the rate from 2026-05-01 is $14.15 a unit, so $14.15 in all."


@pytest.mark.parametrize(("rate", "units", "due"), [
    ("10.005", "1", "10.01"), ("10.0049", "1", "10.00"), ("10.00", "0.333", "3.33"), ("2.88", "2.5", "7.20"),
    ("0.005", "1", "0.01"), ("0.0049", "1", "0.00"),
])  # fmt: skip
def test_what_is_due_is_rounded_half_up_to_the_cent(rate: str, units: str, due: str) -> None:
    assert a_line_of(rate, units) == Decimal(due)


def a_line_of(rate: str, units: str) -> Decimal:
    """What is due, read from what is lost of a charge of one cent."""
    fact = a_fact(a_service(rates=({**MAY, "amount": rate},)), effective=date(2026, 5, 1))
    (check,) = rates.checks(fact)
    assert check.amount_at_risk is not None
    lost: Decimal = placed(a_claim(a_line(charge="0.01", units=units))).select(check.amount_at_risk).item()
    return lost + Decimal("0.01")


@pytest.mark.parametrize(("day", "end", "first", "found"), [
    ("2026-04-30", None, "2026-05-01", False), ("2026-05-01", None, "2026-05-01", True), ("2026-05-31", None, "2026-05-01", True),
    ("2026-06-01", None, "2026-05-01", False), ("2026-05-31", None, "2026-06-01", False), ("2026-06-01", None, "2026-06-01", True),
    ("2030-01-01", None, "2026-06-01", True), ("2026-05-30", "2026-05-31", "2026-05-01", True),
    ("2026-05-31", "2026-06-01", "2026-05-01", False), ("2026-05-31", "2026-06-01", "2026-06-01", False),
    (None, None, "2026-05-01", False),
])  # fmt: skip
def test_all_days_of_a_line_lie_in_one_rate(day: str | None, end: str | None, first: str, found: bool) -> None:
    said_of = found_on(first=first, charge="1.00", service_date=day, service_end_date=end)
    assert said_of == (["1.00"] if found else [])


def test_each_rate_is_compared_with_its_own_amount() -> None:
    june = {"first": "2026-06-01", "service_date": "2026-06-05"}
    assert found_on(charge="59.99", **june) == ["59.99"]
    assert found_on(charge="60.00", **june) == []


def test_of_rates_by_region_the_lowest_is_compared_and_said_to_be() -> None:
    by_region = {"amounts": {"downstate": "21.22", "upstate": "18.92"}, "effective": "2026-05-01", "source": "s1"}
    assert found_on(by_region, charge="75.68") == []
    fact = a_fact(a_service(rates=(by_region,)), effective=date(2026, 5, 1))
    (found,) = judge(rates, fact, placed(a_claim(a_line(charge="75.67"))))
    assert (
        found.message
        == "Charged $75.67 for 4 units; the lowest rate from 2026-05-01 is $18.92 a unit, so $75.68 in all."
    )


@pytest.mark.parametrize("of_line", [
    {"charge": "0.00"}, {"charge": "-1.00"}, {"units": "0"}, {"units": "-4"}, {"units": None}, {"unit_basis": "MJ"},
])  # fmt: skip
def test_what_another_kind_finds_fault_with_is_not_compared(of_line: dict[str, Any]) -> None:
    assert found_on(**{"charge": "1.00", **of_line}) == []
    assert found_on(charge="1.00", unit_basis=None) == ["1.00"]


@pytest.mark.parametrize("how", ["nearest", "tied", "unclear", "other"])
def test_a_line_that_is_not_surely_of_the_service_is_not_compared(how: str) -> None:
    assert found_on(charge="1.00", how=how) == []


def test_a_rate_is_one_amount_or_amounts_by_region() -> None:
    for given in ({}, {"amount": "1.00", "amounts": {"upstate": "1.00"}}):
        with pytest.raises(ValidationError, match=r'write amount: "14\.15", or amounts by region'):
            Rate.model_validate({"effective": "2026-05-01", "source": "s1", **given})
    for amount in ("0", "-1.00", "1.00005"):
        with pytest.raises(ValidationError, match="amount"):
            Rate.model_validate({"effective": "2026-05-01", "source": "s1", "amount": amount})


PROGRAM = """\
program: xx-chw
state: XX
name: A made-up program
status: in_force
effective: 2024-01-01
services:
  - id: individual
    procedure: "98960"
    source: bulletin
    rates:
      - {amount: "14.15", effective: 2026-01-01, ended: 2026-05-31, source: schedule}
      - {amounts: {upstate: "18.92", downstate: "21.22"}, effective: 2026-06-01, source: bulletin}
  - {id: group, procedure: "98961", source: bulletin}
sources:
  bulletin: {title: Bulletin, publisher: A state, form: bulletin, dated: 2026-01-01, url: https://example.org/b, read_on: 2026-11-22, official: true}
  schedule: {title: Schedule, publisher: A plan, form: page, url: https://example.org/s, read_on: 2026-11-22, official: false}
"""


def test_each_rate_of_a_service_is_a_fact_with_its_own_dates_source_and_words(tmp_path: Path) -> None:
    (tmp_path / "xx-chw.yaml").write_text(PROGRAM, encoding="utf-8")
    program = billing.load_codesets(["xx-chw"], folders=[tmp_path]).program("xx-chw")
    facts = [fact for fact in program.facts if fact.kind == "rates"]
    assert [(fact.path, fact.services, fact.effective, fact.ended, fact.source.title) for fact in facts] == [
        ("xx-chw.services.individual", ("individual",), date(2026, 1, 1), date(2026, 5, 31), "Schedule"),
        ("xx-chw.services.individual", ("individual",), date(2026, 6, 1), None, "Bulletin"),
    ]
    assert [fact_in_words(fact) for fact in facts] == [
        "The rate of 98960 is $14.15 a unit. A charge below it is noted.",
        "The rate of 98960 is $18.92 (upstate) or $21.22 (downstate) a unit. A charge below it is noted.",
    ]
    assert [severity_in_words(fact) for fact in facts] == ["note", "note"]


def test_the_rates_of_a_service_are_one_rule_that_looked_at_the_lines_of_both(tmp_path: Path) -> None:
    (tmp_path / "xx-chw.yaml").write_text(PROGRAM, encoding="utf-8")
    claims = [a_claim(a_line(service_date=day, modifiers=[])) for day in ("2026-05-05", "2026-06-05", "2026-06-06")]
    result = billing.validate(claims, billing.load_codesets(["xx-chw"], folders=[tmp_path]), received="2026-11-22")
    rules = result.judgement.rules.filter(pl.col("kind") == "rates")
    assert rules.select("rule", "lines", "ran").rows() == [("xx-chw.services.individual", 3, True)]
