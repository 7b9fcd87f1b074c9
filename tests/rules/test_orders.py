"""Recommendations and referrals by the orders file: there, in force, begun in time, signed by who may."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from billing.policy.codesets import Fact
from billing.references import References, read_references
from billing.rules import orders
from tests.rules.windows import a_fact, judged, line, rows, severities

FACT = a_fact(orders, kinds=["recommendation", "referral"])
FOR_30_DAYS = a_fact(orders, kinds=["recommendation"], valid_days=30)
WITHIN_30 = a_fact(orders, kinds=["recommendation"], start_within_days=30)
BY_DOCTOR = a_fact(orders, kinds=["recommendation"], signed_by=["Physician", "nurse"])
ORDER = {"member_id": "M1", "kind": "recommendation", "date": "2026-05-01", "ended": None, "ordering_npi": "D1",
         "program": None}  # fmt: skip
DOCTOR = {"npi": "D1", "effective": "2026-05-01", "ended": "2026-05-31", "provider_type": "physician"}
OLD = {"claim_id": "H1", "line_number": "1", "member_id": "M9", "procedure_code": "X", "units": "1", "service_date": "2020-01-01",
       "status": "paid"}  # fmt: skip
MISSING, SIGNER = "missing_referral", "ordering_provider_not_eligible"


def frame(default: dict[str, Any], given: tuple[dict[str, Any], ...], without: str) -> pl.DataFrame:
    made = pl.DataFrame([{**default, **values} for values in given], schema_overrides=dict.fromkeys(default, pl.String))
    return made.drop(without) if without else made


def file(*given: dict[str, Any], without: str = "", **others: Any) -> References:
    return read_references(orders=frame(ORDER, given, without), **others)


def with_history(*given: dict[str, Any]) -> References:
    return file(*given, history=frame(OLD, ({},), ""))


def signed(*doctors: dict[str, Any], order: dict[str, Any] | None = None, without: str = "") -> References:
    return file(order or {}, providers=frame(DOCTOR, doctors or ({},), without))


def visit(day: str | None = "2026-05-05", end: str | None = None, **values: Any) -> dict[str, Any]:
    return line("C1", day, service_end_date=end, **values)


def past(day: str, **values: Any) -> dict[str, Any]:
    return line(**{"claim_id": "H1", "day": day, "is_history": True, "status": "paid", **values})


def worth(fact: Fact, references: References, *lines: dict[str, Any]) -> list[tuple[str, str]]:
    found = judged(orders, fact, lines or [visit()], references)
    return list(zip(found["cause"].to_list(), [worth for _, worth in severities(found)], strict=True))


# ------------------------------------------------------------------------------------------------ there and in force


@pytest.mark.parametrize(
    ("day", "found"), [("2026-04-30", [(MISSING, "reject")]), ("2026-05-01", []), ("2030-01-01", [])]
)
def test_an_order_holds_from_its_date_on(day: str, found: list[tuple[str, str]]) -> None:
    assert worth(FACT, file({}), visit(day)) == found


@pytest.mark.parametrize(("day", "found"), [("2026-05-20", []), ("2026-05-21", [(MISSING, "reject")])])
def test_an_order_that_was_ended_holds_on_its_last_day(day: str, found: list[tuple[str, str]]) -> None:
    assert worth(FACT, file({"ended": "2026-05-20"}), visit(day)) == found


@pytest.mark.parametrize(("day", "found"), [("2026-05-31", []), ("2026-06-01", [(MISSING, "reject")])])
def test_thirty_days_end_with_the_thirtieth_day_after_the_date(day: str, found: list[tuple[str, str]]) -> None:
    assert worth(FOR_30_DAYS, file({}), visit(day)) == found
    assert worth(FOR_30_DAYS, file({"ended": "2026-12-31"}), visit(day)) == found


def test_what_was_ended_earlier_is_not_in_force_for_its_thirty_days() -> None:
    assert worth(FOR_30_DAYS, file({"ended": "2026-05-10"}), visit("2026-05-11")) == [(MISSING, "reject")]


@pytest.mark.parametrize(("day", "found"), [("2026-02-28", []), ("2026-03-01", [(MISSING, "reject")])])
def test_months_end_on_the_last_day_of_a_shorter_month(day: str, found: list[tuple[str, str]]) -> None:
    for_a_month = a_fact(orders, kinds=["recommendation"], valid_months=1)
    assert worth(for_a_month, file({"date": "2026-01-31"}), visit(day)) == found


def test_every_day_of_a_range_is_covered_by_one_order_or_by_two_that_meet() -> None:
    range_of_days = visit("2026-05-31", "2026-06-01")
    assert worth(FOR_30_DAYS, file({}), range_of_days) == [(MISSING, "reject")]
    assert worth(FOR_30_DAYS, file({}, {"date": "2026-06-01"}), range_of_days) == []


def test_one_of_the_kinds_is_enough_and_another_kind_is_none() -> None:
    assert worth(FACT, file({"kind": "referral"})) == []
    assert worth(FACT, file({"kind": "plan_of_care"})) == [(MISSING, "reject")]
    assert worth(FOR_30_DAYS, file({"kind": "referral"})) == [(MISSING, "reject")]


def test_an_order_for_another_program_does_not_count() -> None:
    assert worth(FACT, file({"program": "yy-peer"})) == [(MISSING, "reject")]
    assert worth(FACT, file({"program": "xx-chw"})) == []


def test_a_day_without_an_order_is_told_with_the_nearest() -> None:
    found = judged(
        orders,
        FACT,
        [visit("2026-04-30"), visit("2026-06-05")],
        file({"date": "2026-07-01"}, {"ended": "2026-05-20"}, {"date": "2026-04-01", "ended": "2026-04-02"}),
    )
    assert found.select("message", "remedy", "found", "allowed", "column", "verdict").rows() == [
        (("The nearest recommendation or referral in the orders file holds for 2026-05-01 to 2026-05-20; "
          f"{day} is not in it."),
         "If there is a recommendation or referral for the day, add it to the orders file; without one, hold the line.",
         day, "2026-05-01 to 2026-05-20", "service_date", "fail") for day in ("2026-04-30", "2026-06-05")
    ]  # fmt: skip


def test_a_member_without_an_order_for_the_program_is_told_so() -> None:
    found = judged(orders, FOR_30_DAYS, [visit()], file({"program": "yy-peer"}))
    assert found.select("message", "found", "allowed").rows() == [
        ("The orders file holds no recommendation of the member for this program.", "no recommendation",
         "a recommendation that holds on the day"),
    ]  # fmt: skip


def test_a_member_who_is_not_in_the_file_is_reviewed_once_per_claim() -> None:
    lines = [visit(member_id="M2"), visit("2026-05-06", member_id="M2"), line("C2", member_id="M3")]
    found = judged(orders, FACT, lines, file({}))
    assert found.select("where", "line_key", "cause", "verdict", "at_most", "capped_by").rows() == [
        (claim, None, MISSING, "unknown", "review", ["the orders file does not list this member"]) for claim in ("C1", "C2")
    ]  # fmt: skip
    assert found.select("message", "remedy", "found", "allowed", "column").row(0) == (
        "The orders file does not list this claim's member, so no recommendation or referral is known.",
        "Check the member id, or add the recommendation or referral to the orders file.", "not in the orders file",
        "a recommendation or referral in the orders file", "member_id",
    )  # fmt: skip


def test_under_a_standing_order_nothing_is_checked() -> None:
    standing = a_fact(orders, standing_order=True)
    frame = rows([visit(), line("C2", member_id=None)])
    assert frame.select(orders.concerns(standing)).to_series().to_list() == [False, False]
    assert frame.select(orders.concerns(FACT)).to_series().to_list() == [True, False]
    assert [orders.references(fact) for fact in (standing, FACT)] == [(), ("orders",)]


# ------------------------------------------------------------------------------------------------- begun in time


@pytest.mark.parametrize(
    ("first", "found"), [("2026-05-01", []), ("2026-05-31", []), ("2026-06-01", [(MISSING, "reject")])]
)
def test_the_first_service_is_given_by_the_thirtieth_day_after_the_date(
    first: str, found: list[tuple[str, str]]
) -> None:
    assert worth(WITHIN_30, with_history({}), visit(first)) == found
    assert worth(WITHIN_30, with_history({}), past(first), visit("2026-07-01")) == found


def test_an_order_under_which_nothing_began_in_time_is_told_with_the_day_it_was_due() -> None:
    found = judged(orders, WITHIN_30, [visit("2026-06-01"), visit("2026-06-08")], with_history({}))
    assert found["message"].to_list() == [
        (f"The nearest recommendation in the orders file holds for 2026-05-01 to 2026-05-31; {day} is not in it. "
         "The first service was due by 2026-05-31.") for day in ("2026-06-01", "2026-06-08")
    ]  # fmt: skip


def test_once_begun_in_time_the_order_holds_for_later_services() -> None:
    assert worth(WITHIN_30, with_history({}), visit("2026-05-31"), visit("2026-12-31")) == []
    assert worth(WITHIN_30, with_history({"ended": "2026-06-30"}), visit("2026-05-31"), visit("2026-07-01")) == [
        (MISSING, "reject")
    ]


def test_a_service_before_the_order_or_of_another_member_does_not_begin_it() -> None:
    lines = [past("2026-04-30"), past("2026-05-02", member_id="M2", claim_id="H2"), visit("2026-06-01")]
    assert worth(WITHIN_30, with_history({}), *lines) == [(MISSING, "reject")]


def test_what_does_not_count_does_not_begin_it() -> None:
    assert worth(WITHIN_30, with_history({}), past("2026-05-02", counts=False), visit("2026-06-01")) == [
        (MISSING, "reject")
    ]


def test_a_later_order_begins_anew() -> None:
    assert worth(WITHIN_30, with_history({}, {"date": "2026-06-01"}), visit("2026-06-15")) == []


def test_without_history_an_order_is_not_said_to_have_lapsed() -> None:
    assert worth(WITHIN_30, file({}), visit("2026-12-31")) == []
    assert worth(WITHIN_30, file({}), visit("2026-04-30")) == [(MISSING, "reject")]
    assert [orders.partly(fact) for fact in (WITHIN_30, FACT)] == [("history",), ()]
    assert [orders.stage(fact) for fact in (WITHIN_30, FACT)] == [2, 1]


def test_lines_of_the_history_get_no_findings() -> None:
    assert worth(WITHIN_30, with_history({}), past("2026-04-01")) == []


# ----------------------------------------------------------------------------------------------------- who signed


@pytest.mark.parametrize(("doctor", "found"), [
    ({}, []), ({"provider_type": "NURSE"}, []), ({"provider_type": "clinic"}, [(SIGNER, "reject")]),
    ({"provider_type": None}, [(SIGNER, "review")]), ({"npi": "D2"}, [(SIGNER, "review")]),
    ({"effective": "2026-05-02"}, [(SIGNER, "review")]), ({"ended": "2026-05-01"}, []),
    ({"effective": "2026-04-01", "ended": "2026-04-30"}, [(SIGNER, "review")]), ({"ended": None}, []),
])  # fmt: skip
def test_who_signed_is_of_one_of_the_types_on_the_day_of_the_order(
    doctor: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert worth(BY_DOCTOR, signed(doctor)) == found


def test_who_signed_may_have_several_types() -> None:
    assert worth(BY_DOCTOR, signed({"provider_type": "clinic"}, {})) == []
    assert worth(BY_DOCTOR, signed({"provider_type": "clinic"}, {"provider_type": None})) == [(SIGNER, "review")]


def test_an_order_without_a_signer_is_reviewed_and_one_well_signed_is_enough() -> None:
    assert worth(BY_DOCTOR, signed(order={"ordering_npi": None})) == [(SIGNER, "review")]
    two = file({"ordering_npi": None}, {}, providers=frame(DOCTOR, ({},), ""))
    assert worth(BY_DOCTOR, two) == []


def test_a_signature_is_told_with_what_is_asked() -> None:
    (wrong,) = judged(orders, BY_DOCTOR, [visit()], signed({"provider_type": "clinic"})).to_dicts()
    (unknown,) = judged(orders, BY_DOCTOR, [visit()], signed({"npi": "D2"})).to_dicts()
    told = ("message", "remedy", "found", "allowed", "column", "capped_by", "verdict")
    assert [tuple(found[name] for name in told) for found in (wrong, unknown)] == [
        ("The recommendation that holds on 2026-05-05 is not signed by Physician or nurse.",
         "If Physician or nurse signed it, bring the two files up to date; if not, hold the line.",
         "signed by another type of provider", "Physician or nurse", "service_date", [], "fail"),
        ("Whether the recommendation that holds on 2026-05-05 is signed by Physician or nurse is not known.",
         "Add who signed it to the orders file, and that provider with its type to the providers file.", "type not known",
         "Physician or nurse", "service_date", ["the files do not say of which type the one who signed is"], "unknown"),
    ]  # fmt: skip


def test_where_the_files_cannot_say_who_signed_it_is_not_checked_and_that_is_said() -> None:
    assert worth(BY_DOCTOR, file({})) == []
    assert worth(BY_DOCTOR, signed({"provider_type": "clinic"}, without="provider_type")) == []
    assert (
        worth(BY_DOCTOR, file({}, without="ordering_npi", providers=frame(DOCTOR, ({"provider_type": "clinic"},), "")))
        == []
    )
    assert orders.partly(BY_DOCTOR) == ("providers",)
    assert orders.partly(a_fact(orders, kinds=["referral"], signed_by=["nurse"], start_within_days=1)) == (
        "history",
        "providers",
    )
    assert orders.reads(BY_DOCTOR) == (("orders", "ordering_npi"), ("providers", "provider_type"))
    assert orders.reads(FACT) == ()
    assert worth(FACT, signed({"provider_type": "clinic"})) == []


def test_without_an_order_on_the_day_the_signature_is_not_asked_for() -> None:
    assert worth(BY_DOCTOR, signed({"provider_type": "clinic"}), visit("2026-04-30")) == [(MISSING, "reject")]


# --------------------------------------------------------------------------------------------------- what is left out


@pytest.mark.parametrize("fact", [FACT, WITHIN_30])
def test_voids_and_lines_without_member_or_date_are_left_out(fact: Fact) -> None:
    for values in ({"frequency_code": "8"}, {"member_id": None}):
        assert worth(fact, with_history({}), visit("2026-04-30", **values)) == []
    assert worth(fact, with_history({"member_id": "M9"}), visit(None)) == []


def test_a_line_outside_the_entrys_dates_is_left_out() -> None:
    later = a_fact(orders, kinds=["recommendation"], effective="2026-05-01")
    assert worth(later, file({"date": "2026-07-01"}), visit("2026-04-30")) == []
    assert worth(later, file({"date": "2026-07-01"}), visit("2026-05-01")) == [(MISSING, "reject")]


@pytest.mark.parametrize(("entry", "words"), [
    ({}, "name the kinds of order that count"), ({"standing_order": True, "kinds": ["referral"]}, "remove the other keys"),
    ({"standing_order": True, "valid_days": 3}, "remove the other keys"),
    ({"kinds": ["referral"], "valid_days": 3, "valid_months": 1}, "write valid_days or valid_months, not both"),
])  # fmt: skip
def test_an_entry_is_one_rule(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        orders.Entry.model_validate({"id": "rule", "source": "s1", **entry})
