"""Claims written as a table: what a table can carry comes back, and what it cannot is named."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator
from datetime import date, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import billing
from billing.batch import Batch
from billing.claims import (
    Address,
    BillingProvider,
    Claim,
    Facility,
    MalformedValue,
    OtherPayer,
    Payer,
    Person,
    Provider,
    ServiceLine,
)
from billing.errors import InputError
from billing.formats import read
from billing.formats.tables import new_table
from billing.formats.tables.fields import FIELDS
from billing.formats.tables.new_lost import lost_in_table
from billing.formats.tables.new_table import write_csv, write_xlsx
from billing.formats.writers import Lost
from billing.policy.codesets import CodeSets
from billing.samples import sample_folder
from tests.outgoing import record

SAMPLES = [sample_folder() / "ks_chw.837", *sorted((sample_folder() / "shapes").glob("*.837"))]
WRITERS: dict[str, Callable[[Batch], bytes]] = {"claims.csv": write_csv, "claims.xlsx": write_xlsx}
OWN = "each row says what holds for its line; what the claim says for itself, beside that, has no place"
OTHERWISE = (
    "a cell is read without line breaks and blanks at its ends, its codes in capitals and without dots; "
    "zeros that seem to lack are put back, or the id is doubted"
)
KEYS = ("claim_key", "line_key", "input", "position")

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
WORDS = st.text("AzÉ09 ,.;:\"'=+-@|", min_size=1, max_size=8).map(str.strip).filter(lambda t: t and t[0] != "'")
ID = st.text("AZ09-=+@/", min_size=1, max_size=6).map("{}X".format)
DAY = st.dates(date(1900, 1, 1), date(2099, 12, 31))
CLOCK = st.times().map(lambda value: value.replace(microsecond=0))
MONEY = st.decimals(-(10**13), 10**13, places=2)
UNITS = st.decimals(0, 10**6, places=3)
CODES = st.sampled_from(["98960", "H0038", "T1012", "0591T"])
MODIFIERS = st.lists(st.sampled_from(["U7", "HQ", "95"]), max_size=4).map(tuple)
DIAGNOSES = st.lists(st.sampled_from(["F330", "Z5900", "I10"]), unique=True, max_size=3).map(tuple)
POINTERS = st.lists(st.integers(1, 12), max_size=4).map(tuple)
KNOWN = st.sampled_from(
    [
        Provider(npi="1000000004", taxonomy="172V00000X", name="WORKER, ANN"),
        Provider(npi="1000000012", other_id="00A"),
        Provider(npi="1000000020", name="=LEE"),
    ]
)
UNREAD = st.sampled_from(["5/4/2026", "2026-05-04", "20261345", "-x", "1,000", "3", "#N/A", "four", "Total"])


def some_of(model: Callable[..., Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=fields).map(lambda values: model(**values))


def fields_of(
    words: st.SearchStrategy[str], ids: st.SearchStrategy[str], provider: st.SearchStrategy[Provider], *, is_tame: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a claim and a line may say, of these texts."""

    def or_ids(tame: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return tame if is_tame else tame | ids

    place, zips = or_ids(st.sampled_from(["11", "12"])), or_ids(st.sampled_from(["66603", "66603-0001"]))
    address = some_of(Address, line1=words, line2=words, city=words, state=ids, zip=zips)
    sex = or_ids(st.sampled_from(["F", "M", "U"]))
    person = {"id": ids, "last_name": words, "first_name": words, "birth_date": DAY, "sex": sex,
              "pregnant": st.booleans(), "death_date": DAY, "address": address}  # fmt: skip
    who = {"npi": ids, "taxonomy": ids, "name": words, "other_id": ids}
    roles = {f"{role}_provider": provider for role in ("rendering", "supervising", "ordering", "referring")}
    line = {
        **roles, "procedure_code": or_ids(CODES), "modifiers": MODIFIERS, "units": UNITS, "service_date": DAY,
        "service_end_date": DAY, "place_of_service": place, "diagnosis_pointers": POINTERS, "prior_authorization": ids,
        "line_control_number": ids, "start_time": CLOCK, "end_time": CLOCK, "group_size": st.integers(0, 99),
        "session_id": words, "worker": words,
    }  # fmt: skip
    claim = {
        **roles, "member": some_of(Person, **person), "subscriber": some_of(Person, **person), "relationship": ids,
        "payer": some_of(Payer, id=ids, name=words), "filing_indicator": ids.map(str.upper),
        "billing_provider": some_of(BillingProvider, **who, tax_id=ids, address=address),
        "service_facility": some_of(Facility, **who, address=address), "place_of_service": place,
        "original_claim_id": ids, "prior_authorization": ids, "delay_reason": ids, "diagnoses": DIAGNOSES,
        "received_date": DAY,
    }  # fmt: skip
    return claim, line


TAME = fields_of(WORDS, ID, KNOWN, is_tame=True)
WILD = fields_of(
    ANY_TEXT, ANY_TEXT, some_of(Provider, npi=ID, taxonomy=ANY_TEXT, name=WORDS, other_id=ID), is_tame=False
)


@st.composite
def tame_claims(draw: st.DrawFn) -> list[Claim]:
    """Claims of which a table can carry everything, now and then with values that could not be read."""
    claim_fields, line_fields = TAME
    made = []
    for number in range(draw(st.integers(1, 3))):
        fields = st.fixed_dictionaries({}, optional=line_fields)
        lines = [draw(fields) for _ in range(draw(st.integers(1, 3)))]
        unread = draw(st.sampled_from([(), ("service_date",), ("units", "service_end_date")]))
        for name in unread:
            lines[0].pop(name, None)
        texts = tuple(
            MalformedValue(line_number=1, column=n, text=draw(st.sampled_from(["four", "-x"]))) for n in unread
        )
        claim = Claim(
            claim_id=f"C{number}", charge=draw(MONEY), frequency_code=draw(st.sampled_from("178")), malformed=texts,
            lines=tuple(ServiceLine(line_number=at, charge=draw(MONEY), unit_basis="UN", **line)
                        for at, line in enumerate(lines, 1)),
            **draw(st.fixed_dictionaries({}, optional=claim_fields)),
        )  # fmt: skip
        made.append(claim)
    return made


@st.composite
def wild_claims(draw: st.DrawFn) -> list[Claim]:
    """Any claims that can be said at all."""
    claim_fields, line_fields = WILD
    payers = st.lists(some_of(OtherPayer, id=ID, paid=MONEY), max_size=1).map(tuple)
    claim_fields = {**claim_fields, "frequency_code": ID, "other_payers": payers}
    made = []
    for _ in range(draw(st.integers(1, 3))):
        lines = [draw(st.fixed_dictionaries({}, optional=line_fields)) for _ in range(draw(st.integers(1, 2)))]
        fields = draw(st.fixed_dictionaries({}, optional=claim_fields))
        unread = draw(st.sampled_from([(), ("service_date",), ("units",), ("diagnosis_pointers",), ("line_number",)]))
        for name in unread:
            lines[0].pop(name, None)
        claim = Claim(
            claim_id=draw(st.sampled_from(["C1", "C2", "Total", "#N/A"]) | ANY_TEXT), charge=draw(MONEY),
            lines=tuple(ServiceLine(line_number=draw(st.integers(at * 5 - 5, at * 5 - 1)), charge=draw(MONEY), **line)
                        for at, line in enumerate(lines, 1)),
            **fields,
        )  # fmt: skip
        numbers = [line.line_number for line in claim.lines]
        texts = tuple(MalformedValue(line_number=numbers[0], column=n, text=draw(UNREAD | ANY_TEXT)) for n in unread)
        made.append(claim.model_copy(update={"malformed": texts}))
    return made


def rows_of(batch: Batch) -> dict[int, dict[str, Any]]:
    """What holds for each line, by its number in the batch: its claim's values, its own, texts that were not read."""
    claims = {claim["claim_key"]: claim for claim in batch.claims.iter_rows(named=True)}
    unread = batch.malformed.rows()
    rows = {}
    for number, line in enumerate(batch.lines.sort("claim_key", "line_key").iter_rows(named=True)):
        claim = claims[line["claim_key"]]
        row = {"claim_charge": claim["charge"], "lines.charge": line["charge"], "claim": claim["claim_key"]}
        for name, value in claim.items():
            if name.endswith("_address"):
                row |= {f"{name}_{part}": text for part, text in (value or dict.fromkeys(Address.model_fields)).items()}
            elif name in FIELDS and name not in line:
                row[name] = value
        for name, value in line.items():
            if name in FIELDS and name != "charge":
                row |= _of_both(name, line, claim) if name in claim else {f"lines.{name}": value}
        for claim_key, line_key, column, text in unread:
            if claim_key == line["claim_key"] and line_key in {None, line["line_key"]}:
                called = f"lines.{column}" if FIELDS[column].of_line else column
                row[called] = (row.get(called), text)
        rows[number] = row
    return rows


def _of_both(name: str, line: dict[str, Any], claim: dict[str, Any]) -> dict[str, Any]:
    role, _, part = name.partition("_")
    is_role = role in {"rendering", "supervising", "ordering", "referring"}
    npi = line[f"{role}_npi"] if is_role else None
    is_same = part == "npi" or npi in {None, claim[f"{role}_npi"] if is_role else None}
    return {name: line[name] if line[name] is not None else claim[name] if is_same else None}


def assert_alike(one: Batch, other: Batch) -> None:
    """Both hold the same, but for the names of the files and the places in them."""
    for name in ("claims", "lines", "malformed"):
        left, right = (getattr(each, name) for each in (one, other))
        assert_frame_equal(left.drop("input", "position", strict=False), right.drop("input", "position", strict=False))


@settings(max_examples=10)
@given(tame_claims())
def test_any_claim_that_a_table_can_carry_comes_back_as_it_was(made: list[Claim]) -> None:
    batch = read(made)
    back = read(write_csv(batch), name="claims.csv")
    assert rows_of(back) == rows_of(batch)
    assert back.unreadable.is_empty()
    assert back.file_findings.is_empty()
    assert {lost.why for lost in lost_in_table(batch, None)} <= {OWN}
    assert_alike(read(write_csv(back), name="claims.csv"), back)


@settings(max_examples=6)
@given(tame_claims())
def test_a_workbook_comes_back_as_the_csv_does(made: list[Claim]) -> None:
    batch = read(made)
    assert_alike(read(write_xlsx(batch), name="claims.xlsx"), read(write_csv(batch), name="claims.csv"))


@pytest.mark.parametrize(("name", "examples"), [("claims.csv", 12), ("claims.xlsx", 4)])
def test_whatever_comes_back_otherwise_is_named(name: str, examples: int) -> None:
    @settings(max_examples=examples)
    @given(wild_claims())
    def check(made: list[Claim]) -> None:
        batch = read(made)
        named = {lost.what for lost in lost_in_table(batch, None)}
        back = read(WRITERS[name](batch), name=name)
        assert set(_differing(batch, back)) <= named

    check()


def _differing(batch: Batch, back: Batch) -> Iterator[str]:
    given_rows, found = rows_of(batch), rows_of(back)
    at = dict(zip([row - 2 for row in back.lines["position"].to_list()], found.values(), strict=True))
    if batch.claims["other_payers"].list.len().sum():
        yield "other_payers"
    gone = {row["claim"] for number, row in given_rows.items() if number not in at}
    if gone:
        yield "claims"
    pairs = {(row["claim"], at[number]["claim"]) for number, row in given_rows.items() if number in at}
    if len({came for _, came in pairs}) < len(pairs):
        yield "claim_id"
    for number, row in given_rows.items():
        if row["claim"] not in gone:
            yield from (name for name, value in row.items() if name != "claim" and value != at[number][name])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_sample_comes_back_as_it_was_but_for_what_is_named(path: Path) -> None:
    batch = read(path)
    back = read(write_csv(batch), name="claims.csv")
    assert rows_of(back) == rows_of(batch)
    assert back.file_findings.is_empty()
    expected = {
        "cob": [Lost("other_payers", 4)],
        "ranges_and_line_workers": [Lost("rendering_npi", 1, OWN), Lost("rendering_name", 1, OWN)],
    }
    assert lost_in_table(batch, None) == expected.get(path.stem, [])


@cache
def codesets(program: str) -> CodeSets:
    return billing.load_codesets(programs=[program])


@pytest.mark.parametrize("sample", ["ks_chw", "nc_pss", "shapes/ranges_and_line_workers"])
@pytest.mark.parametrize("name", WRITERS)
def test_the_same_claims_give_the_same_findings(name: str, sample: str) -> None:
    program = codesets("nc-pss" if sample == "nc_pss" else "ks-chw")
    path = sample_folder() / f"{sample}.837"
    expected = billing.validate(path, program, received="2026-11-22")
    found = billing.validate(WRITERS[name](read(path)), program, received="2026-11-22")
    places = ("input", "position", "place")
    of_claims = pl.col("claim_key").is_not_null()  # what is said of a whole file goes with the file
    assert_frame_equal(found.findings.drop(places), expected.findings.filter(of_claims).drop(places))
    assert_frame_equal(found.decisions.drop("input", "position"), expected.decisions.drop("input", "position"))


def test_one_row_is_one_line_under_our_own_names() -> None:
    second = {"line_number": 2, "procedure_code": "98961", "charge": "8.50", "start_time": "09:30", "units": "1.50"}
    made = record(charge="100.50")
    made["lines"].append(second)
    assert write_csv(read([made])).decode() == (
        "claim_id,member_id,member_last_name,member_first_name,member_birth_date,member_sex,member_address_line1,"
        "member_address_city,member_address_state,member_address_zip,relationship,payer_id,payer_name,filing_indicator,"
        "billing_npi,billing_taxonomy,billing_name,billing_tax_id,billing_address_line1,billing_address_city,"
        "billing_address_state,billing_address_zip,frequency_code,diagnoses,line_number,procedure_code,modifiers,charge,"
        "units,unit_basis,service_date,place_of_service,diagnosis_pointers,rendering_npi,rendering_taxonomy,"
        "rendering_name,line_control_number,start_time,claim_charge\n"
        "C1,00123456789,DOE,JANE,1990-01-31,F,2 ELM ST,TOPEKA,KS,66603,18,KMAP,EXAMPLE MEDICAID,MC,1234567893,251S00000X,"
        "EXAMPLE AGENCY,480000000,1 MAIN ST,TOPEKA,KS,666030001,1,F330 Z5900,1,98960,U7,92.00,4,UN,2026-05-05,12,1,"
        '1000000004,172V00000X,"WORKER, ANN",C1L1,,100.50\n'
        "C1,00123456789,DOE,JANE,1990-01-31,F,2 ELM ST,TOPEKA,KS,66603,18,KMAP,EXAMPLE MEDICAID,MC,1234567893,251S00000X,"
        "EXAMPLE AGENCY,480000000,1 MAIN ST,TOPEKA,KS,666030001,1,F330 Z5900,2,98961,,8.50,1.5,,,12,,"
        '1000000004,172V00000X,"WORKER, ANN",,09:30,100.50\n'
    )


def test_only_amounts_are_numbers_in_a_workbook_and_no_text_is_a_formula() -> None:
    batch = read([record("=1+1", line__session_id="@A1", line__line_control_number="-7", original_claim_id="+1")])
    data = write_xlsx(batch)
    assert data == write_xlsx(batch)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    headers, cells = sheet.iter_rows()
    by_name = {header.value: cell for header, cell in zip(headers, cells, strict=True)}
    numbers = {name: cell.value for name, cell in by_name.items() if cell.data_type != "s" and cell.value is not None}
    assert numbers == {"charge": 92, "claim_charge": 92, "units": 4}
    assert [by_name[name].value for name in ("claim_id", "session_id", "line_control_number", "original_claim_id")] == [
        "=1+1", "@A1", "-7", "+1",
    ]  # fmt: skip
    assert_alike(read(data, name="claims.xlsx"), batch)


def test_cells_of_a_csv_that_begin_like_a_formula_are_inert_and_come_back() -> None:
    batch = read([record("=1+1", line__session_id="@A1", original_claim_id="+1x", member={"last_name": "-DASH"})])
    [row] = csv.DictReader(io.StringIO(write_csv(batch).decode()))
    assert [row[name] for name in ("claim_id", "session_id", "original_claim_id", "member_last_name")] == [
        "'=1+1", "'@A1", "'+1x", "'-DASH",
    ]  # fmt: skip
    assert_alike(read(write_csv(batch), name="claims.csv"), batch)


def test_a_table_with_wide_rows_is_told_without_a_map() -> None:
    batch = read(
        [record(f"C{number}", billing_provider={"name": "A" * 990, "other_id": "B" * 990}) for number in range(3)]
    )
    data = write_csv(batch)
    assert len(b"".join(data.splitlines(keepends=True)[:2])) < 4096 < len(b"".join(data.splitlines(keepends=True)[:3]))
    assert_alike(read(data, name="claims.csv"), batch)


def test_letters_beyond_ascii_bring_a_mark_by_which_spreadsheets_tell_them() -> None:
    batch = read([record(member={"last_name": "NÚÑEZ"})])
    assert write_csv(batch).startswith(b"\xef\xbb\xbfclaim_id,")
    assert_alike(read(write_csv(batch), name="claims.csv"), batch)


@pytest.mark.parametrize(
    ("column", "text", "came"),
    [
        ("units", "four", "four"), ("units", "1,000", "? 1,000"), ("service_date", "20261345", "20261345"),
        ("service_date", "5/4/2026", "? 5/4/2026"), ("service_date", "May 4, 2026", "? May 4, 2026"),
    ],
)  # fmt: skip
def test_a_text_that_could_not_be_read_stays_unread(column: str, text: str, came: str) -> None:
    made = record() | {"malformed": [{"line_number": 1, "column": column, "text": text}]}
    del made["lines"][0][column]
    batch = read([made])
    for name, write in WRITERS.items():
        back = read(write(batch), name=name)
        assert back.malformed.rows() == [(0, 0, column, came)]
        assert back.lines[column].to_list() == [None]
    why = "a text that could not be read comes back otherwise, and its claim is held all the same"
    assert lost_in_table(batch, None) == ([] if came == text else [Lost(f"lines.{column}", 1, why)])


def test_pointers_that_could_not_be_read_hold_their_claim_and_are_named() -> None:
    batch = read([record(line__diagnosis_pointers="A:x")])
    back = read(write_csv(batch), name="claims.csv")
    assert back.file_findings.select("cause", "severity").rows() == [("diagnosis_pointers_not_read", "review")]
    assert [lost.what for lost in lost_in_table(batch, None)] == ["lines.diagnosis_pointers"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"frequency_code": None}, [Lost("frequency_code", 1, "a row without one is read as 1")]),
        ({"line__unit_basis": None}, [Lost("lines.unit_basis", 1, "a row without one is read as UN")]),
        ({"relationship": None}, []),
        ({"line__start_time": "09:00:00"}, []),
        ({"line__procedure_code": "h0038"}, [Lost("lines.procedure_code", 1, OTHERWISE)]),
        ({"diagnoses": ["F33.0"]}, [Lost("diagnoses", 1, OTHERWISE)]),
        ({"line__place_of_service": "11"}, [Lost("place_of_service", 1, OWN)]),
        ({"original_claim_id": "'=1"}, [Lost("original_claim_id", 1, OTHERWISE)]),
        ({"original_claim_id": "1\x00"}, [Lost("original_claim_id", 1, OTHERWISE)]),
        ({"diagnoses": ["F33\x000"]}, [Lost("diagnoses", 1, OTHERWISE)]),
        ({"line__modifiers": ["U7", "h q\n"]}, [Lost("lines.modifiers", 1, OTHERWISE)]),
        ({"payer": {"name": "A\nB"}}, [Lost("payer_name", 1, OTHERWISE)]),
        ({"delay_reason": "x" * 1001}, [Lost("delay_reason", 1, OTHERWISE)]),
        ({"other_payers": [{"id": "MEDICARE"}]}, [Lost("other_payers", 1)]),
        ({"member": {"last_name": "  DOE"}}, [Lost("member_last_name", 1, OTHERWISE)]),
    ],
)
def test_what_a_table_gives_back_otherwise_is_named_with_its_reason(
    changed: dict[str, Any], expected: list[Lost]
) -> None:
    batch = read([record(**changed)])
    assert lost_in_table(batch, None) == expected
    assert len(read(write_csv(batch), name="claims.csv").claims) == 1


def test_claims_that_a_table_cannot_tell_apart_or_take_for_claims_are_named() -> None:
    twice = read([record("C1"), record("C2"), record("C1")])
    words = "rows of one claim id, member, payer and biller are read as one claim"
    assert Lost("claim_id", 2, words) in lost_in_table(twice, None)
    words = "their id is empty, or a row reads like no visit (a total, the header again)"
    assert lost_in_table(read([record("C1"), record("#N/A")]), None) == [Lost("claims", 1, words)]


def test_ids_that_would_be_doubted_for_their_length_are_named() -> None:
    ids = ["00000000001", "00000000002", "00000000003", "00000000004", "123"]
    batch = read([record(f"C{at}", member={"id": member}) for at, member in enumerate(ids)])
    assert lost_in_table(batch, None) == [Lost("member_id", 1, OTHERWISE)]


def test_times_of_day_and_yes_and_no_come_back() -> None:
    batch = read([record(line__start_time="09:00:30", line__end_time="23:59", member={"id": "A1", "pregnant": False})])
    back = read(write_csv(batch), name="claims.csv")
    assert back.lines.select("start_time", "end_time").row(0) == (time(9, 0, 30), time(23, 59))
    assert back.claims["member_pregnant"].to_list() == [False]


def test_amounts_with_more_digits_than_a_spreadsheet_keeps_stay_exact() -> None:
    batch = read([record(charge="9999999999999.99", line__charge="9999999999999.99")])
    assert read(write_xlsx(batch), name="claims.xlsx").claims["charge"].to_list() == [Decimal("9999999999999.99")]


def test_without_its_library_no_workbook_is_written_and_the_error_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(InputError, match="xlsxwriter") as caught:
        write_xlsx(read([record()]))
    assert str(caught.value) == (
        "an Excel workbook needs xlsxwriter, which is not installed\n"
        "  fix: pip install 'cleanclaim[excel]', or write .csv"
    )


def test_more_than_is_read_back_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = read([record("C1"), record("C2")])
    monkeypatch.setattr(new_table, "MOST_LINES", 2)
    with pytest.raises(InputError, match=r"^there are 2 service lines; such a table has at most 1"):
        write_csv(batch)
    monkeypatch.setattr(new_table, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="is the most that is read back"):
        write_xlsx(batch)
