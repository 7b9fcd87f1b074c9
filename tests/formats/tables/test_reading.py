"""Rows of a log become claims, or are said to be unreadable, or no visit: none is lost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import billing
from billing.batch import Batch
from billing.errors import InputError, UsageError
from billing.formats import read
from tests.logs import LOGS, ROOT, column_map, columns, csv_text, read_rows, said, visit

SHAPES = ROOT / "claims_samples" / "shapes"
REFERENCE_COLUMNS = ["claim_key", "line_key", "position", "input"]


def lost(batch: Batch) -> list[tuple[Any, ...]]:
    return batch.unreadable.select("first", "reason", "charge").rows()


def rows_of_claims(batch: Batch) -> list[list[int]]:
    return batch.lines.group_by("claim_key", maintain_order=True).agg("position").get_column("position").to_list()


def claim_column(batch: Batch, name: str) -> list[Any]:
    return batch.claims.get_column(name).to_list()


def line_column(batch: Batch, name: str) -> list[Any]:
    return batch.lines.get_column(name).to_list()


def test_the_same_claims_as_837_and_as_a_log_give_the_same_frames() -> None:
    log, x12 = read(LOGS / "ks_chw.csv"), read(SHAPES / "ks_chw.837")
    drop = [name for name in REFERENCE_COLUMNS if name in x12.claims.columns]
    assert_frame_equal(log.claims.drop(drop), x12.claims.drop(drop))
    drop = [name for name in REFERENCE_COLUMNS if name in x12.lines.columns]
    assert_frame_equal(log.lines.drop(drop), x12.lines.drop(drop))
    assert (len(log.malformed), len(log.unreadable), len(log.file_findings)) == (0, 0, 0)


def test_headers_that_are_not_our_names_need_a_map_and_the_error_says_how_to_make_one() -> None:
    with pytest.raises(InputError) as caught:
        read(csv_text([visit()]), name="log.csv")
    assert str(caught.value) == (
        "log.csv: 7 of the 7 columns have a name that cleanclaim does not know\n"
        "  fix: make a column map with `cleanclaim map guess log.csv --out map.yaml`, look it through, and add `--map map.yaml`"
    )


def test_our_own_names_without_a_claim_id_need_a_map_too() -> None:
    with pytest.raises(
        InputError, match=r"^log\.csv: no column gives claim_id, so that .*\n  fix: make a column map with"
    ):
        read(b"member_id,charge\n1,2\n", name="log.csv")


def test_a_members_rows_of_one_day_are_one_claim() -> None:
    batch = read_rows(
        visit(),
        visit(ID="00987654321"),
        visit(Units="1", Charge="23.00"),
        visit(DOS="5/5/2026"),
        visit(DOS="2026-05-04"),
    )
    assert rows_of_claims(batch) == [[2, 4, 6], [3], [5]]
    assert claim_column(batch, "charge") == [Decimal("115.00"), Decimal("46.00"), Decimal("46.00")]
    assert claim_column(batch, "position") == [2, 3, 5]
    assert line_column(batch, "line_number") == [1, 2, 3, 1, 1]
    assert claim_column(batch, "frequency_code") == ["1"] * 3
    assert (line_column(batch, "place_of_service"), claim_column(batch, "place_of_service")) == ([None] * 5, ["12"] * 3)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"by": "member", "per": "week", "week_starts": "sunday"}, [[2, 3], [4, 5]]),
        ({"by": "member", "per": "week", "week_starts": "monday"}, [[2, 3, 4], [5]]),
        ({"by": "member", "per": "month"}, [[2], [3, 4, 5]]),
        ({"by": "row"}, [[2], [3], [4], [5]]),
    ],
)
def test_rows_are_grouped_as_the_map_says(claims: Mapping[str, str], expected: list[list[int]]) -> None:
    # 2026-05-03 is a Sunday.
    rows = [visit(DOS=day) for day in ("4/27/2026", "5/2/2026", "5/3/2026", "5/9/2026")]
    assert rows_of_claims(read_rows(*rows, map_changes={"claims": claims})) == expected


def test_a_made_up_claim_id_is_the_same_in_every_run_and_says_nothing_of_the_member() -> None:
    batch = read_rows(visit(), visit(ID="00987654321"))
    again = read_rows(visit(ID="00987654321"), visit(), visit())
    assert claim_column(batch, "claim_id") == claim_column(again, "claim_id")[::-1]
    assert all(
        len(name) <= 20 and name.startswith("260504-") and "987654321" not in name
        for name in claim_column(batch, "claim_id")
    )


def test_more_rows_than_a_claim_has_lines_begin_another_claim() -> None:
    batch = read_rows(*[visit()] * 51)
    assert [len(rows) for rows in rows_of_claims(batch)] == [50, 1]
    assert len(set(claim_column(batch, "claim_id"))) == 2


def test_rows_of_one_claim_id_are_one_claim_unless_they_are_another_members() -> None:
    changes = {"claims": None, "columns": columns(Place="claim_id")}
    batch = read_rows(
        visit(Place="A"), visit(Place="B"), visit(Place="A"), visit(Place="A", ID="00987654321"), map_changes=changes
    )
    assert rows_of_claims(batch) == [[2, 4], [3], [5]]
    assert claim_column(batch, "claim_id") == ["A", "B", "A"]


def test_what_rows_of_a_claim_disagree_on_is_taken_from_the_first_and_held() -> None:
    batch = read_rows(visit(), visit(Client="Doe, Janet"), visit(Client=""))
    assert claim_column(batch, "member_first_name") == ["Jane"]
    message = (
        'Row 3 column "Client": not what the first row of the claim says of the member first name; the first was taken.'
    )
    assert said(batch) == [(3, "rows_of_a_claim_that_disagree", "review", message)]


def test_what_only_some_rows_of_a_claim_say_stays_with_them() -> None:
    batch = read_rows(visit(), visit(Place="11"), visit(DOS="5/5/2026"), visit(DOS="5/5/2026", Place=""))
    assert claim_column(batch, "place_of_service") == ["12", None]
    assert line_column(batch, "place_of_service") == [None, "11", "12", None]


@pytest.mark.parametrize(
    ("changes", "reason", "charge"),
    [
        ({"Charge": "free"}, 'the charge in column "Charge" is no amount of dollars', None),
        ({"Charge": ""}, 'the charge in column "Charge" is missing', None),
        ({"Charge": "46,00"}, 'the charge in column "Charge" is written with another decimal sign than the map\'s `decimal: "."`', None),
        ({"Charge": "#N/A"}, 'the charge in column "Charge" holds the error of a formula', None),
        ({"ID": ""}, 'the member\'s id in column "ID" is missing', Decimal("46.00")),
        ({"ID": "1.2E+10"}, 'the member\'s id in column "ID" stands in scientific notation, and digits of it are lost', Decimal("46.00")),
        ({"ID": "#REF!"}, 'the member\'s id in column "ID" holds the error of a formula', Decimal("46.00")),
    ],
)  # fmt: skip
def test_a_row_without_identity_or_money_is_unreadable_and_takes_no_other_member_with_it(
    changes: dict[str, str], reason: str, charge: Decimal | None
) -> None:
    batch = read_rows(visit(DOS="5/5/2026", ID="00987654321"), visit(**changes))
    assert lost(batch) == [(3, reason, charge)]
    assert rows_of_claims(batch) == [[2]]


def test_a_claim_that_lacks_a_row_is_not_read_at_all() -> None:
    batch = read_rows(visit(), visit(Charge="x"), visit(DOS="5/5/2026"))
    assert lost(batch) == [
        (2, "row 3 of the same claim cannot be read, so none of the claim is", Decimal("46.00")),
        (3, 'the charge in column "Charge" is no amount of dollars', None),
    ]
    assert rows_of_claims(batch) == [[4]]


def test_rows_that_are_no_visits_are_named() -> None:
    blank, header = [""] * 7, ["Client", "ID", "DOS", "CODE", "units", "Charge", "Place"]
    batch = read_rows(
        visit(),
        blank,
        header,
        visit(),
        ["Total", "", "", "", "4", "92.00", ""],
        ["", "", "", "", "4", "$92.00", ""],
        blank,
    )
    message = "5 rows are no visits and were left out: rows 3, 8 (blank), rows 6, 7 (totals), row 4 (the header again)"
    assert [each for each in said(batch) if each[1] == "rows_that_are_no_visits"] == [
        (3, "rows_that_are_no_visits", "note", message)
    ]
    assert rows_of_claims(batch) == [[2, 5]]
    assert batch.unreadable.is_empty()


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        (["92.00"], []),
        (["$92.00", "92.00"], []),
        (["", "many"], []),
        (["138.00"], ['row 4 column "Charge": the total is $138.00, and the rows above add up to $92.00']),
    ],
)
def test_a_total_that_differs_from_its_rows_is_told(totals: list[str], expected: list[str]) -> None:
    batch = read_rows(visit(), visit(DOS="5/5/2026"), *(["Total", "", "", "", "", total, ""] for total in totals))
    assert [
        message for _, cause, severity, message in said(batch) if (cause, severity) == ("total_that_differs", "review")
    ] == expected
    lost_too = read_rows(visit(Charge="x"), *(["Total", "", "", "", "", total, ""] for total in totals))
    assert "total_that_differs" not in lost_too.file_findings.get_column("cause").to_list()


def test_subtotals_are_compared_with_the_rows_since_the_last() -> None:
    total = ["Total", "", "", "", "", "46.00", ""]
    batch = read_rows(visit(), total, visit(DOS="5/5/2026"), total, ["Grand total", "", "", "", "", "92.00", ""])
    assert [cause for _, cause, _, _ in said(batch)] == ["rows_that_are_no_visits"]


def test_a_row_of_words_alone_is_unreadable_and_not_passed_over() -> None:
    batch = read_rows(visit(), ["Office closed", "", "", "", "", "", ""])
    assert [row for row, _, _ in lost(batch)] == [3]


def test_values_that_rules_quote_are_kept_as_text() -> None:
    batch = read_rows(visit(DOS="13/45/2026", Units="some"))
    assert batch.malformed.select("claim_key", "line_key", "column", "text").rows() == [
        (0, 0, "service_date", "13/45/2026"), (0, 0, "units", "some"),
    ]  # fmt: skip
    assert line_column(batch, "service_date") == [None]


def test_dates_whose_order_nobody_tells_stop_with_the_key_to_write() -> None:
    with pytest.raises(billing.ColumnMapError) as caught:
        read_rows(visit(DOS="2026-05-04"), visit(), map_changes={"dates": None})
    assert str(caught.value) == (
        'log.csv row 3 column "DOS": which number is the month and which the day is not said\n'
        "  fix: write `dates: month-day-year` (5/31/2026) or `dates: day-month-year` (31/5/2026) into column_map"
    )


def test_damage_is_noted_once_per_claim_with_its_cells() -> None:
    batch = read_rows(visit(Code="98960.0 U7", DOS="46146"), visit(Place="2", DOS="46146"))
    assert said(batch) == [
        (2, "codes_turned_into_numbers", "note",
         'Row 2 column "Code" stood as a number with decimals; read without them.'),
        (2, "dates_that_stood_as_serial_numbers", "note",
         'Row 2 column "DOS", row 3 column "DOS": each stood as a serial number of days; read as the date it counts to.'),
        (3, "leading_zeros_put_back", "note", 'Row 3 column "Place" had lost its leading zeros; read with 2 digits.'),
    ]  # fmt: skip
    assert line_column(batch, "procedure_code") == ["98960", "98960"]


def test_words_are_translated_and_those_that_are_not_are_held() -> None:
    place = {"to": "place_of_service", "values": {"Client's home": "12"}}
    code = {"to": ["procedure_code", "modifiers"], "values": {"CHW visit": "98960 U7"}}
    batch = read_rows(
        visit(Place="client's  HOME", Code="chw visit"), visit(DOS="5/5/2026", Place="somewhere", Code="a walk"),
        map_changes={"columns": columns(Place=place, Code=code)},
    )  # fmt: skip
    assert claim_column(batch, "place_of_service") == ["12", None]
    assert (line_column(batch, "procedure_code"), line_column(batch, "modifiers")) == (["98960", None], [["U7"], []])
    assert [(row, cause, severity) for row, cause, severity, _ in said(batch)] == [
        (3, "places_not_translated", "review"), (3, "services_not_translated", "review"),
    ]  # fmt: skip


def test_cells_are_split_and_joined() -> None:
    headers = ("ID", "Month", "Day", "Year", "Time", "Code", "M1", "M2", "Charge")
    told = {
        "claims": {"by": "row"}, "dates": "month-day-year",
        "columns": {"ID": "member_id", "Time": ["start_time", "end_time"], "Code": ["procedure_code", "modifiers"], "M1": "modifiers",
                    "M2": "modifiers", "Charge": "charge"},
        "join": [{"columns": ["Month", "Day", "Year"], "with": "/", "to": "service_date"}],
    }  # fmt: skip
    row = ["00123456789", "5", "4", "2026", "9:00 AM to 10:30 AM", "H0038-HF", "HQ", "", "65"]
    batch = read(csv_text([row], headers), column_map=told)
    line = batch.lines.row(0, named=True)
    assert [str(line[name]) for name in ("service_date", "start_time", "end_time", "procedure_code", "modifiers")] == [
        "2026-05-04", "09:00:00", "10:30:00", "H0038", "['HF', 'HQ']",
    ]  # fmt: skip


def test_the_map_gives_workers_their_npi_and_taxonomy() -> None:
    told = {
        "columns": columns(Place="worker"),
        "workers": {"Quinn Dummy": {"npi": "1000200034", "type": "peer"}, "Val": {"npi": "1000200042", "taxonomy": "172V00000X"}},
        "worker_types": {"peer": {"taxonomy": "175T00000X"}},
    }  # fmt: skip
    batch = read_rows(
        visit(Place="quinn  dummy"), visit(Place="Val"), visit(DOS="5/5/2026", Place="1000200059"), visit(DOS="5/6/2026", Place="Kim"),
        map_changes=told,
    )  # fmt: skip
    assert claim_column(batch, "rendering_npi") == ["1000200034", "1000200059", None]
    assert claim_column(batch, "rendering_taxonomy") == ["175T00000X", None, None]
    assert line_column(batch, "rendering_npi") == [None, "1000200042", None, None]
    assert line_column(batch, "worker") == ["1000200034", "1000200042", "1000200059", "Kim"]
    assert said(batch) == [
        (
            5,
            "workers_the_map_does_not_know",
            "review",
            'Row 5 column "Place" names a worker that the map does not know.',
        )
    ]


def test_constants_hold_for_every_row_and_charges_are_worked_out_from_units() -> None:
    told = {
        "columns": columns(Charge=None, Place=None),
        "constants": {"billing_npi": "1234567893", "place_of_service": "11", "received_date": "2026-06-01", "diagnoses": "F33.0 Z59.0"},
        "charges": {"per_unit": {"98960": "23.00", "98960 HQ U7": "11.25"}},
    }  # fmt: skip
    batch = read_rows(
        visit(Units="2.5"),
        visit(Code="98960 U7 HQ", Units="3"),
        visit(ID="00987654321", Code="98961"),
        map_changes=told,
    )
    assert line_column(batch, "charge") == [Decimal("57.50"), Decimal("33.75")]
    assert [reason for _, reason, _ in lost(batch)] == [
        "the charge cannot be worked out: the units cannot be read, or the map's `charges:` lacks the code"
    ]
    claim = batch.claims.row(0, named=True)
    assert [str(claim[name]) for name in ("billing_npi", "place_of_service", "received_date", "diagnoses")] == [
        "1234567893", "11", "2026-06-01", "['F330', 'Z590']",
    ]  # fmt: skip
    assert line_column(batch, "diagnosis_pointers") == [[1, 2], [1, 2]]


def test_diagnoses_of_rows_are_gathered_and_each_row_points_to_its_own() -> None:
    batch = read_rows(
        visit(Place="F33.0"),
        visit(Place="Z59.0, F33.0"),
        visit(Place=""),
        map_changes={"columns": columns(Place="diagnoses")},
    )
    assert claim_column(batch, "diagnoses") == [["F330", "Z590"]]
    assert line_column(batch, "diagnosis_pointers") == [[1], [2, 1], []]


def test_columns_that_nobody_mentions_are_named_and_our_own_are_passed_over() -> None:
    headers = ("Client", "ID", "DOS", "Code", "Units", "Charge", "Place", "Mood", "decision", "reasons", "Empty")
    data = csv_text([[*visit(), "good", "review", "why", ""]], headers)
    batch = read(data, column_map=column_map())
    assert [(cause, message) for _, cause, _, message in said(batch)] == [
        ("columns_not_used", "columns that the map does not mention: Mood")
    ]
    assert read(data, column_map=column_map(ignore=["Mood"])).file_findings.is_empty()


def test_a_log_behind_another_input_goes_on_with_its_keys() -> None:
    x12 = read(SHAPES / "ks_chw.837")
    log = csv_text([visit(Units="x"), visit(DOS="5/5/2026", Place="2")])
    both = read([SHAPES / "ks_chw.837", log], column_map=column_map())
    claims, lines = len(x12.claims), len(x12.lines)
    assert both.claims.get_column("claim_key").to_list() == list(range(claims + 2))
    assert both.lines.get_column("line_key").to_list() == list(range(lines + 2))
    assert both.malformed.select("claim_key", "line_key").rows() == [(claims, lines)]
    assert both.file_findings.get_column("claim_key").to_list() == [claims + 1]
    kept = both.sources[1].subset(pl.Series([claims + 1], dtype=pl.UInt32))
    assert kept == csv_text([visit(DOS="5/5/2026", Place="2")])


def test_a_map_that_no_input_needs_is_refused() -> None:
    with pytest.raises(
        UsageError, match=r"^a column map was given \(--map\), and no input is a table\n  fix: leave it out$"
    ):
        read(SHAPES / "ks_chw.837", column_map=column_map())
    with pytest.raises(UsageError, match="no input is a table"):
        read([{"claim_id": "C1"}], column_map=column_map())


CELL = {
    "ID": st.sampled_from(["00123456789", "00987654321", "", "1.2E+10", "#N/A"]),
    "DOS": st.sampled_from(["5/4/2026", "5/5/2026", "13/45/2026", "46146", ""]),
    "Code": st.sampled_from(["98960 U7", "98960.0", "Total", ""]),
    "Units": st.sampled_from(["2", "x", ""]),
    "Charge": st.sampled_from(["46.00", "$23.00", "free", ""]),
}  # fmt: skip
ROW = st.one_of(
    st.fixed_dictionaries(CELL).map(lambda changes: visit(**changes)),
    st.just([""] * 7),
    st.just(["Client", "ID", "DOS", "Code", "Units", "Charge", "Place"]),
    st.just([*visit(), "more"]),
)


@settings(max_examples=50)
@given(st.lists(ROW, max_size=8), st.sampled_from(["day", "month"]))
def test_every_row_is_a_line_or_unreadable_or_named_and_no_cent_is_lost(rows: list[list[str]], per: str) -> None:
    batch = read_rows(*rows, map_changes={"claims": {"by": "member", "per": per}})
    left_out = batch.file_findings.filter(pl.col("cause") == "rows_that_are_no_visits").get_column("message").to_list()
    named = int(left_out[0].split(" ")[0]) if left_out else 0
    of_lines = line_column(batch, "position")
    unreadable = batch.unreadable.get_column("first").to_list()
    assert len(set(of_lines) | set(unreadable)) == len(of_lines) + len(unreadable) == len(rows) - named
    assert batch.claims.get_column("charge").sum() == batch.lines.get_column("charge").sum()
    assert batch.claims.get_column("claim_key").to_list() == list(range(len(batch.claims)))
    assert batch.lines.get_column("line_key").to_list() == list(range(len(batch.lines)))
