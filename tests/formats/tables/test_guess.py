"""A guessed map says what is sure, what to check and what is missing, and is valid when nothing is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import billing
from billing.errors import ColumnMapError, InputError
from billing.formats import read
from billing.formats.tables.guess import guess_map
from billing.formats.tables.guessing import synonyms
from billing.formats.tables.map_file import check_map
from billing.formats.tables.map_text import map_text, missing, to_check
from tests.logs import HEADERS, LOGS, csv_text, visit, workbook

CLEAR = (
    "Client Name",
    "Medicaid #",
    "DOB",
    "DOS",
    "CHW",
    "CPT",
    "Mod 1",
    "Mod 2",
    "Units",
    "Amount Billed",
    "POS",
    "Dx 1",
    "Auth No.",
    "Notes",
)
ROW = [
    "Doe, Jane",
    "00123456789",
    "1/31/1990",
    "5/14/2026",
    "Quinn Dummy",
    "98960",
    "U7",
    "",
    "2",
    "$46.00",
    "12",
    "Z60.2",
    "A17",
    "x",
]

PRINTED = """\
# Column map of log.csv, guessed from its headers and values. Look it through line by line.
#
#   sure     13 of 14 columns
#   check    nothing
#   missing  nothing
#   fill in  the agency's NPI; the agency's taxonomy; the agency's tax id; the agency's name; the
#            payer's id as in an 837P; the NPI of each worker
#
# CHECK: may be wrong. MISSING: the map cannot be used without it.
# FILL IN: claims are held without it; put the value in and take the # before the line away.
# Then: cleanclaim validate log.csv --map map.yaml
# `cleanclaim map fields` lists the names that a column can have.

dates: month-day-year
# CHECK: a member's rows of one day are one claim; `per: month` or `per: week` make fewer of them.
claims: {by: member, per: day}

columns:
  "Client Name": [member_last_name, member_first_name]
  "Medicaid #": member_id
  "DOB": member_birth_date
  "DOS": service_date
  "CHW": worker
  "CPT": procedure_code
  "Mod 1": modifiers
  "Mod 2": modifiers
  "Units": units
  "Amount Billed": charge
  "POS": place_of_service
  "Dx 1": diagnoses
  "Auth No.": prior_authorization

# What holds for every row.
constants:
  filing_indicator: "MC"      # Medicaid
  # billing_npi: "FILL IN"      # the agency's NPI
  # billing_taxonomy: "FILL IN"      # the agency's taxonomy
  # billing_tax_id: "FILL IN"      # the agency's tax id
  # billing_name: "FILL IN"      # the agency's name
  # payer_id: "FILL IN"      # the payer's id as in an 837P

# FILL IN: the NPI and taxonomy of each worker, and take the # before the lines away.
# workers:
#   "Quinn Dummy": {npi: "FILL IN", taxonomy: "FILL IN"}

# Columns that are not read.
ignore:
  - "Notes"      # no claim carries it
"""


def guessed(headers: tuple[str, ...], *rows: list[str]) -> dict[str, tuple[str, ...]]:
    """What each column is taken for; columns that are not read are left out."""
    found = guess_map(csv_text(rows, headers), "log.csv")
    return {each.header: each.to for each in found.suggestions if each.to}


def told(**columns: list[str]) -> Callable[[], dict[str, tuple[str, ...]]]:
    headers = tuple(columns)
    rows = [list(cells) for cells in zip(*columns.values(), strict=True)]
    return lambda: guessed(headers, *rows)


def test_a_guess_is_printed_with_what_is_sure_and_what_to_fill_in() -> None:
    rows = [[*ROW[:6], "U7", "HQ", *ROW[8:]], ROW]
    found = guess_map(csv_text(rows, CLEAR), "log.csv")
    assert map_text(found, "cleanclaim validate log.csv --map map.yaml") == PRINTED


def test_a_guess_with_nothing_missing_is_a_valid_map(tmp_path: Path) -> None:
    data = csv_text([ROW], CLEAR)
    path = tmp_path / "map.yaml"
    found = guess_map(data, "log.csv")
    path.write_text(map_text(found, ""), "utf-8")
    assert missing(found) == []
    batch = read(data, name="log.csv", column_map=path)
    assert (len(batch.claims), len(batch.unreadable)) == (1, 0)


@pytest.mark.parametrize("name", ["chw_month.csv", "peer_week.xlsx"])
def test_the_samples_maps_are_guessed_but_for_what_no_log_says(name: str) -> None:
    data = (LOGS / name).read_bytes()
    found = guess_map(data, name)
    written = yaml.safe_load(
        (LOGS / name.replace(".csv", ".map.yaml").replace(".xlsx", ".map.yaml")).read_text("utf-8")
    )
    expected = {
        header: target["to"] if isinstance(target, dict) else target for header, target in written["columns"].items()
    }
    assert {
        each.header: each.to[0] if len(each.to) == 1 else list(each.to) for each in found.suggestions if each.to
    } == expected
    assert found.sheet.header_row == written.get("header_row", 1)


@pytest.mark.parametrize(
    ("days", "order", "words"),
    [
        (["5/14/2026", "5/6/2026"], "month-day-year", []),
        (["14/5/2026", "5/6/2026", "13/45/2026"], "day-month-year", []),
        (["5/4/2026", "5/6/2026"], None, ["the order of month and day"]),
        (["5/14/2026", "14/5/2026"], None, ["the order of month and day"]),
        (["2026-05-14", "May 6, 2026"], "", []),
    ],
)
def test_the_order_of_month_and_day_is_taken_from_the_dates_or_asked_for(
    days: list[str], order: str | None, words: list[str]
) -> None:
    found = guess_map(csv_text([visit(DOS=day) for day in days]), "log.csv")
    assert (found.dates, missing(found)) == (order, words)
    text = map_text(found, "")
    if words:
        with pytest.raises(ColumnMapError, match="which number is the month"):
            read(csv_text([visit()]), name="log.csv", column_map=yaml.safe_load(text))
    else:
        assert check_map(yaml.safe_load(text), "map").dates == (order or None)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (told(Name=["Jane Doe", "Ann Roe"]), {"Name": ("member_first_name", "member_last_name")}),
        (told(Provider=["1000200034", "1000200042"]), {"Provider": ("rendering_npi",)}),
        (told(Service=["H0038 HF", "H0038:HQ"]), {"Service": ("procedure_code", "modifiers")}),
        (told(Service=["H0038", "98960"]), {"Service": ("procedure_code",)}),
        (told(Service=["Peer", "Group"]), {"Service": ("procedure_code", "modifiers")}),
        (told(Service=["Peer", "Group"], Code=["H0038", "H0038"]), {"Code": ("procedure_code",)}),
        (told(Hours=["9:00-10:00", "1:00 PM - 2:00 PM"]), {"Hours": ("start_time", "end_time")}),
        (told(Date=["soon", "later"]), {}),
        (told(**{"Medcaid ID": ["00123456789", "00123456780"]}), {"Medcaid ID": ("member_id",)}),
        (
            told(**{"Client's Medicaid ID Number": ["00123456789", "1"]}),
            {"Client's Medicaid ID Number": ("member_id",)},
        ),
        (told(Mood=["good", "bad"]), {}),
        (told(Units=["4", "2"], Qty=["4", "2"]), {"Units": ("units",)}),
    ],
)
def test_a_column_is_told_by_its_header_and_its_values_together(
    columns: Callable[[], dict[str, tuple[str, ...]]], expected: dict[str, tuple[str, ...]]
) -> None:
    assert columns() == expected


def test_words_for_places_that_mean_one_code_are_translated_and_others_asked_for() -> None:
    found = guess_map(csv_text([visit(Place="Office"), visit(Place="Library")]), "log.csv")
    (place,) = [each for each in found.suggestions if each.header == "Place"]
    assert place.values == {"Office": "11", "Library": ""}
    assert missing(found) == ["the order of month and day", "what the word in `Place` stands for"]
    with pytest.raises(ColumnMapError, match="values: what 'Library' stands for is not filled in"):
        check_map(yaml.safe_load(map_text(found, "")), "map")


def test_ids_of_which_some_lost_zeros_are_given_their_length() -> None:
    ids = ["00123456789", "00123456780", "123456781"]
    found = guess_map(csv_text([visit(ID=each) for each in ids], ("Client", "Medicaid ID", *HEADERS[2:])), "log.csv")
    assert [each.digits for each in found.suggestions if each.to == ("member_id",)] == [11]
    assert to_check(found) == ["Medicaid ID"]


def test_a_column_of_charges_per_unit_is_pointed_to_where_they_belong() -> None:
    found = guess_map(csv_text([visit()], (*HEADERS[:5], "Rate", "Place")), "log.csv")
    assert missing(found) == ["the charge", "the order of month and day"]
    assert "# MISSING: the log has charges per unit; say them here." in map_text(found, "")


def test_the_header_row_is_found_below_a_title() -> None:
    data = b"Peer services\n,,,,,,\n" + csv_text([visit()])
    assert guess_map(data, "log.csv").sheet.header_row == 3
    made = workbook().write({"Log": [["Peer services, May"], [], [], list(HEADERS), visit()]})
    assert guess_map(made, "log.xlsx").sheet.header_row == 4


def test_what_needs_no_map_is_said_to_need_none() -> None:
    with pytest.raises(
        InputError, match=r"^may\.837: this is 837, which needs no column map\n  fix: cleanclaim validate may\.837$"
    ):
        guess_map((LOGS.parent / "ks_chw.837").read_bytes(), "may.837")


def test_every_name_among_the_synonyms_is_ours_and_no_header_means_two_things() -> None:
    from billing.formats.tables.fields import FIELDS  # noqa: PLC0415 - for one comparison

    lists = synonyms()
    assert set(lists["headers"]) <= set(FIELDS)
    together = [words for part in ("headers", "together") for listed in lists[part].values() for words in listed]
    every = [*together, *lists["ignore"], *lists["rates"]]
    assert sorted(words for words in every if every.count(words) > 1) == []
    codes = billing.load_codesets(programs=["ks-chw"])
    assert codes.national is not None
    assert all(len(code) == 2 and code.isdigit() for code in lists["places"])
