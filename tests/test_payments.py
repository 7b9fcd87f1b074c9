"""What accepted claims should bring, by the rates of their services."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from billing.claims import Claim
from billing.judgement import DECISION_SCHEMA
from billing.payments import with_expected_payment
from billing.policy.codesets import CodeSets, Program
from tests.rules.harness import a_claim, a_line, a_service, placed

MAY = {"amount": "14.15", "effective": "2026-05-01", "ended": "2026-05-31", "source": "s1"}
JUNE = {"amount": "15.00", "effective": "2026-06-01", "source": "s1"}
OTHER = {"id": "P9", "paid": "10.00", "decided_on": "2026-05-20"}


def codesets(*rates: dict[str, Any], program: str = "xx-chw") -> CodeSets:
    def made(program_id: str, *services: Any) -> Program:
        return Program(program_id, "", None, None, "in_force", None, None, (), services, (), {})

    service = a_service(rates=rates or (MAY, JUNE))
    return CodeSets((made("yy-peer", a_service()), made(program, service)), made("national"), {}, "", "")


def expected(
    *claims: Claim, sets: CodeSets | None = None, decision: str = "accepted", **how: Any
) -> list[Decimal | None]:
    rows = placed(*claims, **how)
    decisions = pl.DataFrame(
        [{"claim_key": key, "decision": decision} for key in range(len(claims))], schema=DECISION_SCHEMA
    )
    made = with_expected_payment(decisions, rows, (sets or codesets()).programs)
    assert made.drop("expected_payment").equals(decisions.drop("expected_payment"))
    assert dict(made.schema) == DECISION_SCHEMA
    return made.get_column("expected_payment").to_list()


def visit(charge: str = "100.00", units: str | None = "4", **values: Any) -> dict[str, Any]:
    return a_line(charge=charge, units=units, **values)


@pytest.mark.parametrize(
    ("charge", "payment"), [("100.00", "56.60"), ("56.60", "56.60"), ("56.59", "56.59"), ("40.00", "40.00")]
)
def test_a_payer_pays_the_charge_or_the_rate_whichever_is_less(charge: str, payment: str) -> None:
    assert expected(a_claim(visit(charge))) == [Decimal(payment)]


def test_the_lines_of_a_claim_are_added_up_each_by_its_own_rate() -> None:
    lines = [visit(), visit(service_date="2026-06-01", line_number=2), visit("1.00", line_number=3)]
    assert expected(a_claim(*lines), a_claim(visit(units="1"))) == [Decimal("117.60"), Decimal("14.15")]


def test_until_every_line_has_a_rate_it_is_not_known() -> None:
    lines = [visit(), visit(service_date="2026-04-30", line_number=2)]
    assert expected(a_claim(*lines), a_claim(visit())) == [None, Decimal("56.60")]


@pytest.mark.parametrize(("day", "end", "payment"), [
    ("2026-04-30", None, None), ("2026-05-01", None, "56.60"), ("2026-05-31", None, "56.60"), ("2026-06-01", None, "60.00"),
    ("2030-01-01", None, "60.00"), ("2026-05-30", "2026-05-31", "56.60"), ("2026-05-31", "2026-06-01", None), (None, None, None),
])  # fmt: skip
def test_all_days_of_a_line_lie_in_one_rate(day: str | None, end: str | None, payment: str | None) -> None:
    claim = a_claim(visit(service_date=day, service_end_date=end))
    assert expected(claim) == [None if payment is None else Decimal(payment)]


@pytest.mark.parametrize("of_line", [{"units": None}, {"unit_basis": "MJ"}])
def test_without_units_it_is_not_known(of_line: dict[str, Any]) -> None:
    assert expected(a_claim(a_line(**{"charge": "100.00", **of_line}))) == [None]


@pytest.mark.parametrize(
    "how", [{"how": "nearest"}, {"how": "tied"}, {"service": "group"}, {"program": "yy-peer"}, {"program": None}]
)
def test_a_line_that_is_not_surely_of_a_service_with_a_rate_has_none(how: dict[str, Any]) -> None:
    assert expected(a_claim(visit()), **how) == [None]


def test_rates_that_differ_by_region_are_no_one_rate() -> None:
    by_region = {"amounts": {"upstate": "18.92", "downstate": "21.22"}, "effective": "2026-05-01", "source": "s1"}
    assert expected(a_claim(visit()), sets=codesets(by_region)) == [None]


def test_a_program_without_rates_leaves_everything_unknown() -> None:
    assert expected(a_claim(visit()), sets=CodeSets(codesets().programs[:1], codesets().national, {}, "", "")) == [None]


@pytest.mark.parametrize(("payers", "payment"), [
    ([OTHER], "46.60"), ([OTHER, OTHER], "36.60"), ([{**OTHER, "paid": "0.00"}], "56.60"), ([{**OTHER, "paid": "56.60"}], "0.00"),
    ([{**OTHER, "paid": "99.00"}], "0.00"), ([OTHER, {"id": "P8"}], None), ([{"id": "P8"}], None),
])  # fmt: skip
def test_what_other_payers_paid_is_taken_off_and_never_more(payers: list[dict[str, Any]], payment: str | None) -> None:
    assert expected(a_claim(visit(), other_payers=payers)) == [None if payment is None else Decimal(payment)]


def test_a_void_brings_nothing_and_a_replacement_what_it_says() -> None:
    void, replacement = (a_claim(visit(), frequency_code=code) for code in ("8", "7"))
    assert expected(void, replacement) == [Decimal("0.00"), Decimal("56.60")]
    assert expected(a_claim(visit(service_date="2026-04-30"), frequency_code="8")) == [None]


@pytest.mark.parametrize("decision", ["review", "rejected"])
def test_only_accepted_claims_are_expected_to_bring_anything(decision: str) -> None:
    assert expected(a_claim(visit()), decision=decision) == [None]


def test_large_amounts_stay_exact() -> None:
    rate = {"amount": "9999.9999", "effective": "2026-05-01", "source": "s1"}
    claim = a_claim(visit("999999999999.99", "123456.789"))
    assert expected(claim, sets=codesets(rate)) == [Decimal("1234567877.65")]
