"""Dates, times, amounts and codes as people and spreadsheets write them."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from billing.claims import MONEY, UNITS
from billing.formats.tables.codes import read_list, read_text, without_errors
from billing.formats.tables.dates import needs_order, read_dates, read_times
from billing.formats.tables.numbers import read_amounts, read_booleans, read_counts
from billing.formats.tables.readings import Read

MAY = date(2026, 5, 6)


def texts(*values: str | None) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def causes(read: Read) -> list[tuple[str, bool]]:
    return [(issue.cause, issue.is_note) for issue in read.issues]


def dates(
    *values: str, order: Any = "month-day-year", years_from: int | None = None, of_person: bool = False
) -> list[Any]:
    return read_dates(texts(*values), order=order, years_from=years_from, of_person=of_person).values.to_list()


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-06", "2026-5-6", "2026/05/06", "20260506", "2026-05-06 00:00:00", "2026-05-06T09:30", "5/6/2026", "05/06/2026",
        "5-6-2026", "5.6.2026", "5/6/26", "5/6/2026 0:00", "5/6/2026 9:30 AM", "May 6, 2026", "may 6 2026", "May 6th, 2026",
        "6 May 2026", "06-MAY-26", "6-May-2026", "Wed, May 6, 2026", "Wednesday 5/6/2026", "46148", "46148.0",
    ],
)  # fmt: skip
def test_a_date_is_read_as_it_is_written(text: str) -> None:
    assert dates(text) == [MAY]


@pytest.mark.parametrize("text", ["13/45/2026", "5/6", "2026", "soon", "2026-02-30", "31/12/2026", "123456", "1/2/3/4"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert dates(text) == [None]


def test_the_map_says_which_number_is_the_month() -> None:
    assert dates("5/6/2026", order="day-month-year") == [date(2026, 6, 5)]
    assert dates("5/6/2026", "2026-05-06", "May 6, 2026", order=None) == [None, MAY, MAY]
    assert needs_order(texts("5/6/2026", "2026-05-06", "May 6, 2026", "46148", None)).to_list() == [
        True, False, False, False, False,
    ]  # fmt: skip


def test_two_digits_of_a_year_are_this_century_for_services_and_nothing_for_births() -> None:
    assert dates("5/6/26", of_person=True) == [None]
    assert dates("5/6/26", "5/6/31", of_person=True, years_from=1930) == [MAY, date(1931, 5, 6)]


def test_a_serial_number_of_days_is_a_date_and_that_is_noted() -> None:
    read = read_dates(texts("46148", "5/6/2026"), order="month-day-year", years_from=None, of_person=False)
    assert causes(read) == [("dates_that_stood_as_serial_numbers", True)]
    assert read.issues[0].cells.to_list() == [True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9:00", time(9)), ("09:00:00", time(9)), ("9:00 AM", time(9)), ("9:05 pm", time(21, 5)), ("12:00 AM", time(0)),
        ("12:30 p.m.", time(12, 30)), ("1:30p", time(13, 30)), ("9 am", time(9)), ("0930", time(9, 30)), ("9.30", time(9, 30)),
        ("0.375", time(9)), ("1899-12-30 09:00:00", time(9)), ("5/4/2026 1:30 PM", time(13, 30)), ("25:00", None), ("13:00 PM", None), ("9", None), ("noon", None), ("9:75", None),
    ],
)  # fmt: skip
def test_a_time_is_read_as_it_is_written(text: str, expected: time | None) -> None:
    assert read_times(texts(text)).values.to_list() == [expected]


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("92", ".", "92.00"), ("92.5", ".", "92.50"), ("92.0000", ".", "92.00"), ("$1,104.00", ".", "1104.00"), ("USD 92", ".", "92.00"),
        ("(92.00)", ".", "-92.00"), ("-92.00", ".", "-92.00"), ("92,00", ".", None), ("92.005", ".", None), ("9e2", ".", None),
        ("1,23,456", ".", None), ("92,00", ",", "92.00"), ("1.104,00", ",", "1104.00"), ("92.00", ",", None), ("1.104", ",", "1104.00"),
        ("1 104,00", ",", "1104.00"), ("free", ".", None), ("", ".", None),
    ],
)  # fmt: skip
def test_money_is_read_as_the_map_says_and_never_rounded(text: str, decimal: str, expected: str | None) -> None:
    found = read_amounts(texts(text or None), MONEY, decimal).values.to_list()
    assert found == [None if expected is None else Decimal(expected)]


def test_units_counts_and_yes_or_no() -> None:
    assert read_amounts(texts("2.5", "4.0", "x"), UNITS, ".").values.to_list() == [Decimal("2.5"), Decimal(4), None]
    assert read_counts(texts("4", "4.0", "-1", "four")).values.to_list() == [4, 4, None, None]
    assert read_booleans(texts("Yes", "n", "TRUE", "0", "maybe")).values.to_list() == [True, False, True, False, None]


@pytest.mark.parametrize(
    ("text", "name", "digits", "expected", "said"),
    [
        ("98960.0", "procedure_code", None, "98960", [("codes_turned_into_numbers", True)]),
        ("h0038", "procedure_code", None, "H0038", []),
        ("2", "place_of_service", None, "02", [("leading_zeros_put_back", True)]),
        ("12", "place_of_service", None, "12", []),
        ("123456789", "member_id", 11, "00123456789", [("leading_zeros_put_back", True)]),
        ("8600", "member_address_zip", None, "08600", [("leading_zeros_put_back", True)]),
        ("1.23E+10", "member_id", None, None, [("digits_lost_to_scientific_notation", False)]),
        ("1.23456789012E+11", "member_id", None, "123456789012", [("numbers_written_out", True)]),
        ("12E34", "member_id", None, "12E34", []),
        ("Female", "member_sex", None, "F", []),
        ("1.0", "member_last_name", None, "1.0", []),
    ],
)
def test_codes_that_a_spreadsheet_spoiled_are_mended_where_that_takes_no_guess(
    text: str, name: str, digits: int | None, expected: str | None, said: list[tuple[str, bool]]
) -> None:
    read = read_text(texts(text), name, digits)
    assert (read.values.to_list(), causes(read)) == ([expected], said)


def test_an_id_shorter_than_most_is_held_and_the_others_stay() -> None:
    ids = ["00123456789", "00123456780", "00123456781", "123456782", "00123456783"]
    read = read_text(texts(*ids, None), "member_id", None)
    assert read.values.to_list() == [*ids[:3], None, ids[4], None]
    assert causes(read) == [("ids_that_may_have_lost_zeros", False)]
    assert causes(read_text(texts("1234567", "12345678", "ABC1"), "member_id", None)) == []
    assert read_text(texts(*ids), "member_id", "various").values.to_list() == ids


def test_lists_are_split_whatever_parts_them() -> None:
    assert read_list(texts("HQ:U4", "hq u4", "HQ, U4", None), "modifiers").values.to_list() == [["HQ", "U4"]] * 3 + [[]]
    assert read_list(texts("F33.0; Z59.0", "E11.9|I10"), "diagnoses").values.to_list() == [
        ["F330", "Z590"],
        ["E119", "I10"],
    ]
    pointers = read_list(texts("1,2", "AB", "1.0", "x"), "diagnosis_pointers")
    assert pointers.values.to_list() == [[1, 2], [1, 2], [1], []]
    assert causes(pointers) == [("diagnosis_pointers_not_read", False)]


def test_the_error_of_a_formula_is_no_value() -> None:
    read = without_errors(texts("#N/A", "#REF!", "H0038", "#1"))
    assert (read.values.to_list(), causes(read)) == (
        [None, None, "H0038", "#1"],
        [("cells_with_a_formula_error", False)],
    )
