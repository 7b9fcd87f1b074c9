"""What the kinds share: words for numbers, dates and lists, shares of a charge, and which rows a fact is about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from billing.policy.codesets import Fact
from billing.rules import _words as words
from billing.rules import same_day
from billing.rules._windows import JUDGED_SCHEMA, checkable, in_force, missing, share_of, stays_out, verdicts
from tests.rules.windows import a_fact, line, rows


def one(expression: pl.Expr, **columns: Any) -> Any:
    return pl.DataFrame({name: [value] for name, value in columns.items()}).select(expression).item()


@pytest.mark.parametrize(
    ("units", "text"),
    [
        ("4.000", "4"),
        ("2.500", "2.5"),
        ("10", "10"),
        ("100.000", "100"),
        ("0.000", "0"),
        ("0.050", "0.05"),
        (None, None),
    ],
)
def test_units_have_no_zeros_behind_the_point(units: str | None, text: str | None) -> None:
    number = None if units is None else Decimal(units)
    frame = pl.DataFrame({"units": [number]}, schema={"units": pl.Decimal(18, 3)})
    assert frame.select(words.units_text(pl.col("units"))).item() == text


def test_money_has_two_places_and_dates_are_iso() -> None:
    money = pl.DataFrame({"charge": [Decimal("92.10")]}, schema={"charge": pl.Decimal(18, 2)})
    assert money.select(words.money_text(pl.col("charge"))).item() == "92.10"
    assert one(words.date_text(pl.col("day")), day=date(2026, 5, 5)) == "2026-05-05"


@pytest.mark.parametrize(
    ("last", "text"),
    [(date(2026, 5, 7), "2026-05-05 to 2026-05-07"), (date(2026, 5, 5), "2026-05-05"), (date(2026, 5, 4), "2026-05-05"),
     (None, "2026-05-05")],
)  # fmt: skip
def test_days_are_one_date_or_two(last: date | None, text: str) -> None:
    frame = pl.DataFrame(
        {"service_date": [date(2026, 5, 5)], "last_date": [last]}, schema_overrides={"last_date": pl.Date}
    )
    assert frame.select(words.days_text()).item() == text


def test_lists_read_aloud() -> None:
    assert [words.or_list(codes) for codes in (["11"], ["11", "12"], ["11", "12", "99"])] == [
        "11",
        "11 or 12",
        "11, 12 or 99",
    ]
    assert [words.and_list(codes) for codes in (["11"], ["11", "12"], ["11", "12", "99"])] == [
        "11", "11 and 12", "11, 12 and 99",
    ]  # fmt: skip
    codes = pl.DataFrame({"codes": [["U7", "HQ"], ["U7"], [], None]}, schema={"codes": pl.List(pl.String)})
    assert codes.select(words.listed(pl.col("codes"))).to_series().to_list() == ["U7, HQ", "U7", "none", None]


@pytest.mark.parametrize(("count", "text"), [(0, "0 diagnoses"), (1, "1 diagnosis"), (2, "2 diagnoses")])
def test_singular_and_plural_agree(count: int, text: str) -> None:
    assert one(words.counted(pl.col("count"), "diagnosis", "diagnoses"), count=count) == text
    assert one(words.counted(pl.col("count"), "unit"), count=count).endswith(" unit" if count == 1 else " units")


def test_a_code_is_written_with_its_modifiers_and_without_a_code_they_stand_alone() -> None:
    given = {"procedure_code": ["98960", "98960", None], "modifiers": [["U7", "HQ"], [], ["U7"]]}
    assert pl.DataFrame(given).select(words.coded()).to_series().to_list() == ["98960 U7 HQ", "98960", "U7"]


def test_all_that_is_wrong_is_said_and_what_is_unknown_is_not() -> None:
    said = words.sentences((pl.col("a"), "A."), (pl.col("b"), pl.lit("B.")), (pl.col("c"), "C."))
    assert one(said, a=True, b=False, c=True) == "A. C."
    frame = pl.DataFrame({"a": [None], "b": [True], "c": [False]}, schema_overrides={"a": pl.Boolean})
    assert frame.select(said).item() == "B."


def test_blank_is_null_empty_or_spaces() -> None:
    frame = pl.DataFrame({"id": [None, "", "  ", "x"]})
    assert frame.select(words.is_blank("id")).to_series().to_list() == [True, True, True, False]


@pytest.mark.parametrize(
    ("charge", "part", "whole", "share"),
    [
        ("92.00", "1", "2", "46.00"), ("0.01", "1", "2", "0.01"), ("0.01", "0.999", "2", "0.00"), ("100.00", "1", "3", "33.33"),
        ("100.00", "2", "3", "66.67"), ("92.00", "0", "2", "0.00"), ("92.00", "2", "2", "92.00"), ("92.00", "1", "0", "92.00"),
        ("9999999999999.99", "1", "3", "3333333333333.33"), ("1.00", "0.001", "0.003", "0.33"),
    ],
)  # fmt: skip
def test_a_share_of_a_charge_is_exact_and_half_up(charge: str, part: str, whole: str, share: str) -> None:
    values = {"charge": [Decimal(charge)], "part": [Decimal(part)], "whole": [Decimal(whole)]}
    schema = {"charge": pl.Decimal(18, 2), "part": pl.Decimal(38, 3), "whole": pl.Decimal(38, 3)}
    found = pl.DataFrame(values, schema=schema).select(share_of(*(pl.col(name) for name in values)))
    assert found.item() == Decimal(share)


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        (["C1"], "fits only while C1 stays out"), (["C1", "C2"], "fits only while C1 and C2 stay out"),
        (["C1", "C2", "C3"], "fits only while C1 and 2 more stay out"),
        ([], "fits only while claims that are rejected for other reasons stay out"),
        (None, "fits only while claims that are rejected for other reasons stay out"),
    ],
)  # fmt: skip
def test_who_must_stay_out_is_named(claims: list[str] | None, said: str) -> None:
    frame = pl.DataFrame({"claims": [claims]}, schema={"claims": pl.List(pl.String)})
    assert frame.select(stays_out(pl.col("claims"))).item() == said


def in_may(**dates: str) -> Fact:
    return a_fact(same_day, not_with="all", **dates)


@pytest.mark.parametrize(
    ("dates", "kept"),
    [
        ({}, [0, 1, 2, 3, 4]), ({"effective": "2026-05-05"}, [1, 2, 3, 4]), ({"ended": "2026-05-05"}, [0, 1, 2, 4]),
        ({"effective": "2026-05-05", "ended": "2026-05-05"}, [1, 2, 4]),
    ],
)  # fmt: skip
def test_a_fact_is_about_lines_with_a_day_in_its_dates_and_those_without_any(
    dates: dict[str, str], kept: list[int]
) -> None:
    given = [
        line("C0", "2026-05-04"), line("C1", "2026-05-04", service_end_date="2026-05-05"),
        line("C2", "2026-05-05", service_end_date="2026-05-06"), line("C3", "2026-05-06"), line("C4", None),
        line("C5", "2026-05-05", frequency_code="8"),
    ]  # fmt: skip
    frame = rows(given).lazy()
    assert checkable(frame, in_may(**dates)).sort("line_key").collect()["line_key"].to_list() == kept
    assert in_force(frame, in_may(**dates)).sort("line_key").collect()["line_key"].to_list() == [*kept, 5]


def test_the_first_value_that_is_missing_is_named_unless_it_is_there_and_unreadable() -> None:
    given = [line("C0", member_id=None, units=None), line("C1", units=None), line("C2"), line("C3", units=None)]
    frame = rows(given).sort("line_key").with_columns(
        units_text=pl.when(pl.col("line_key") == 3).then(pl.lit("4x"))
    )  # fmt: skip
    said = missing(frame, ["member_id", "units"], cause="some_cause", what="the limit")
    assert said.select("line_key", "cause", "verdict", "column", "missing", "message", "remedy", "found", "allowed").rows() == [
        (0, "some_cause", "unknown", "member_id", "member_id", "Without the member id the limit cannot be checked.",
         "Fill in the member id.", "nothing", "a line with its member id and units"),
        (1, "some_cause", "unknown", "units", "units", "Without the units the limit cannot be checked.",
         "Fill in the units.", "nothing", "a line with its member id and units"),
    ]  # fmt: skip


def test_a_verdict_has_every_column_with_nothing_where_nothing_is_said() -> None:
    frame = pl.DataFrame({"claim_key": [7], "line_key": [9]}, schema={"claim_key": pl.UInt32, "line_key": pl.UInt32})
    said = verdicts(frame, cause="c", column="units", message="m", remedy="r", found="f", allowed="a")
    assert said.schema == pl.Schema(JUDGED_SCHEMA)
    assert said.row(0, named=True) == {
        "claim_key": 7, "line_key": 9, "cause": "c", "verdict": "fail", "at_most": None, "capped_by": [], "column": "units",
        "message": "m", "remedy": "r", "found": "f", "allowed": "a", "related": [], "amount_at_risk": None, "missing": None,
    }  # fmt: skip
    caps = [pl.lit("x"), pl.lit(None, pl.String)]
    of_claim = verdicts(
        frame,
        cause="c",
        column="units",
        message="m",
        remedy="r",
        found="f",
        allowed="a",
        whole_claim=True,
        capped_by=caps,
    )
    assert of_claim.select("line_key", "capped_by").row(0) == (None, ["x"])
