"""Code lists: their manifests, their editions, whose edition counts, and what is wrong with them."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from billing.errors import CodeSetError, UsageError
from billing.policy import list_files, loading
from billing.policy.code_lists import CodeList, days_in_words
from tests.policy.conftest import BULLETIN, Shelf, a_program

ROWS = "code,at_most\n98960,4\nH0038,\n"


def a_manifest(edition: str = "Q2", *, file: str = "mue.csv", first: str = "2026-04-01", last: str = "2026-06-30", more: str = "",
               holds: str = "mue") -> str:  # fmt: skip
    dates = (f"effective: {first}\n" if first else "") + (f"ended: {last}\n" if last else "")
    return f"list: units\nholds: {holds}\ntitle: Units\nedition: {edition}\nfile: {file}\n{dates}{more}source: {BULLETIN}\n"


@pytest.fixture
def put(shelf: Shelf) -> Callable[..., Path]:
    """Put an edition into the shipped folder, or into a user's."""
    shelf.put("states/xx/xx-chw.yaml", a_program())

    def put_edition(
        manifest: str, rows: str | bytes = ROWS, *, name: str = "units", file: str = "mue.csv", local: bool = False
    ) -> Path:
        folder = (shelf.local if local else shelf.shipped / "national") / "lists"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(rows if isinstance(rows, bytes) else rows.encode())
        path = folder / f"{name}.yaml"
        path.write_text(manifest)
        return path

    return put_edition


def units(*folders: Path) -> CodeList:
    return loading.load_library(folders).lists["units"]


def edition_on(listed: CodeList, *days: str | None) -> list[str | None]:
    frame = pl.DataFrame({"day": [date.fromisoformat(day) if day else None for day in days]}, schema={"day": pl.Date})
    places = frame.select(listed.edition_on("day")).to_series().to_list()
    return [None if place is None else listed.editions[place].manifest.edition for place in places]


# ----------------------------------------------------------------------------------------------- editions by the day


def test_an_edition_covers_its_first_and_last_day_and_none_beside_them(put: Callable[..., Path]) -> None:
    put(a_manifest())
    assert edition_on(units(), "2026-03-31", "2026-04-01", "2026-06-30", "2026-07-01", None) == [
        None,
        "Q2",
        "Q2",
        None,
        None,
    ]


def test_two_editions_stand_beside_each_other_and_a_gap_between_them_is_covered_by_none(
    put: Callable[..., Path],
) -> None:
    put(a_manifest())
    put(a_manifest("Q4", first="2026-10-01", last="", file="q4.csv"), name="q4", file="q4.csv")
    assert edition_on(units(), "2026-06-30", "2026-07-01", "2026-09-30", "2026-10-01", "2099-01-01") == [
        "Q2",
        None,
        None,
        "Q4",
        "Q4",
    ]
    newest = units().newest
    assert newest is not None
    assert newest.name == "Units Q4"


def test_an_edition_without_a_first_day_covers_all_days_before_its_last(put: Callable[..., Path]) -> None:
    put(a_manifest(first=""))
    assert edition_on(units(), "1999-01-01", "2026-06-30", "2026-07-01") == ["Q2", "Q2", None]


def test_rows_are_in_the_order_of_their_codes_and_typed(put: Callable[..., Path]) -> None:
    put(a_manifest(), "at_most,code\n,H0038\n4,98960\n")
    assert units().editions[0].rows.to_dicts() == [{"code": "98960", "at_most": 4}, {"code": "H0038", "at_most": None}]


def test_spaces_around_cells_are_none(put: Callable[..., Path]) -> None:
    put(a_manifest(), "code,at_most\n 98960 , 4\n")
    assert units().editions[0].rows.rows() == [("98960", 4)]


@pytest.mark.parametrize("form", ["csv.gz", "parquet"])
def test_rows_may_be_packed_or_parquet(put: Callable[..., Path], tmp_path: Path, form: str) -> None:
    data = gzip.compress(ROWS.encode())
    if form == "parquet":
        pl.DataFrame({"code": ["98960", "H0038"], "at_most": [4, None]}).write_parquet(tmp_path / "rows")
        data = (tmp_path / "rows").read_bytes()
    put(a_manifest(file=f"mue.{form}"), data, file=f"mue.{form}")
    assert units().editions[0].rows.rows() == [("98960", 4), ("H0038", None)]


def test_rows_are_not_read_before_they_are_asked_for_and_then_once(
    put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    texts = list_files._texts

    def noting(file: list_files.ListFile, data: bytes) -> pl.DataFrame:
        read.append(file.name)
        return texts(file, data)

    monkeypatch.setattr(list_files, "_texts", noting)
    put(a_manifest())
    edition = units().editions[0]
    assert read == []
    assert edition.rows is edition.rows is units().editions[0].rows
    assert read == ["mue.csv"]


def test_rows_that_changed_are_read_again(put: Callable[..., Path]) -> None:
    put(a_manifest())
    assert units().editions[0].rows.height == 2
    put(a_manifest(), "code,at_most\n98960,44\n")
    assert units().editions[0].rows.rows() == [("98960", 44)]


# ------------------------------------------------------------------------------------------------------ whose edition


def test_a_user_s_edition_of_other_days_stands_beside_the_shipped_one(put: Callable[..., Path], shelf: Shelf) -> None:
    put(a_manifest())
    put(a_manifest("Q3", first="2026-07-01", last="2026-09-30"), local=True)
    assert edition_on(units(shelf.local), "2026-06-30", "2026-07-01") == ["Q2", "Q3"]
    assert edition_on(units(), "2026-07-01") == [None]


def test_a_user_s_edition_of_the_same_name_takes_the_shipped_one_s_place(
    put: Callable[..., Path], shelf: Shelf
) -> None:
    put(a_manifest())
    put(a_manifest(), "code,at_most\n98960,9\n", local=True)
    assert [edition.rows.row(0) for edition in units(shelf.local).editions] == [("98960", 9)]


def test_on_days_that_both_cover_the_user_s_edition_counts(put: Callable[..., Path], shelf: Shelf) -> None:
    put(a_manifest())
    put(a_manifest("own", first="2026-05-01", last="2026-05-31"), local=True)
    days = ("2026-04-30", "2026-05-01", "2026-05-31", "2026-06-01")
    assert edition_on(units(shelf.local), *days) == ["Q2", "own", "own", "Q2"]


def test_a_folder_may_hold_lists_alone(put: Callable[..., Path], shelf: Shelf) -> None:
    put(a_manifest(), local=True)
    assert [program.id for program in loading.list_programs([shelf.local])] == ["xx-chw"]
    assert units(shelf.local).id == "units"


def test_an_empty_folder_of_lists_is_not_taken_for_code_sets(shelf: Shelf) -> None:
    shelf.put("states/xx/xx-chw.yaml", a_program())
    (shelf.local / "lists").mkdir(parents=True)
    with pytest.raises(UsageError, match="holds no program file"):
        loading.load_library([shelf.local])


def test_the_hash_of_the_code_sets_changes_with_a_manifest_and_with_its_rows(put: Callable[..., Path]) -> None:
    put(a_manifest())
    hashes = [loading.load_library().sha256]
    put(a_manifest(), ROWS.replace("4", "5"))
    hashes.append(loading.load_library().sha256)
    put(a_manifest(more="complete: false\n"), ROWS.replace("4", "5"))
    hashes.append(loading.load_library().sha256)
    assert len(set(hashes)) == 3
    put(a_manifest())
    assert loading.load_library().sha256 == hashes[0]


# -------------------------------------------------------------------------------------------------------------- stale


@pytest.mark.parametrize(
    ("more", "last", "fresh", "stale"),
    [
        ("next_release: 2026-07-01\n", "2026-06-30", "2026-06-30", "2026-07-01"),
        ("next_release: 2026-05-01\n", "2026-06-30", "2026-04-30", "2026-05-01"),
        ("", "2026-06-30", "2026-06-30", "2026-07-01"),
        ("", "", "2027-11-21", "2027-11-22"),
    ],
    ids=["next release", "next release before its end", "its last day", "a year after its source was read"],
)
def test_a_list_is_stale_from_the_day_a_newer_edition_was_to_be_expected(
    put: Callable[..., Path], more: str, last: str, fresh: str, stale: str
) -> None:
    put(a_manifest(more=more, last=last))
    assert [units().is_stale(date.fromisoformat(day)) for day in (fresh, stale)] == [False, True]


def test_the_newest_edition_decides_whether_a_list_is_stale(put: Callable[..., Path], shelf: Shelf) -> None:
    put(a_manifest())
    put(a_manifest("Q3", first="2026-07-01", last="2026-09-30"), local=True)
    assert (units().is_stale(date(2026, 9, 30)), units(shelf.local).is_stale(date(2026, 9, 30))) == (True, False)
    assert units(shelf.local).about.edition == "Q3"


def test_a_list_without_an_edition_is_not_stale_but_covers_nothing(put: Callable[..., Path]) -> None:
    put(f"list: units\nholds: ptp\ntitle: Units\nsource: {BULLETIN}\n")
    assert (units().editions, units().newest, units().is_stale(date(2099, 1, 1))) == ((), None, False)
    assert edition_on(units(), "2026-05-05") == [None]


# -------------------------------------------------------------------------------------------------- what can be wrong


def wrong(put: Callable[..., Path], manifest: str, **given: Any) -> str:
    put(manifest, **given)
    with pytest.raises(CodeSetError) as caught:
        loading.load_library()
    return str(caught.value)


LISTS = "codesets/national/lists"


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (a_manifest().replace("title", "titel"), "units.yaml:3:1: titel: no key here has this name\n  fix: did you mean 'title'?"),
        (a_manifest(file="../x.csv"), "units.yaml:5:7: file: '../x.csv' is not written as it should be"),
        (a_manifest(file="x.xlsx"), "units.yaml:5:7: file: 'x.xlsx' is not written as it should be"),
        (a_manifest(file="x.csv"), "units.yaml: file: there is no x.csv in the folder\n  fix: put it beside the manifest"),
        (a_manifest(holds="codes"), "units.yaml:2:8: holds: 'codes' is not one of its words"),
        (a_manifest(last="2026-02-30"), "units.yaml:7:8: ended: '2026-02-30' is not a date"),
        (a_manifest(last="2026-03-31"), "ended, 2026-03-31, lies before effective, 2026-04-01"),
        (a_manifest(more="next_release: soon\n"), "next_release: 'soon' is not a date"),
        (a_manifest("2026"), 'edition: codes are text: write "2026" in quotes'),
        (a_manifest(holds="places"), "a list of places covers every day; its rows may carry dates"),
        (f"list: units\nholds: places\ntitle: T\nsource: {BULLETIN}\n", "file: a list of places needs its rows"),
        (a_manifest().replace("file: mue.csv\n", ""), "edition and file go together"),
        ("- a\n", "units.yaml:1:1: is no manifest of a code list\n  fix: begin with `list: <id>`"),
        ("a: [\n", "units.yaml:2:1: cannot be read as YAML"),
        ("", "units.yaml:1:1: is empty"),
    ],
)  # fmt: skip
def test_a_wrong_manifest_is_refused_with_its_place(put: Callable[..., Path], manifest: str, message: str) -> None:
    assert message in wrong(put, manifest)


def test_two_editions_of_one_folder_may_not_cover_the_same_day(put: Callable[..., Path]) -> None:
    put(a_manifest())
    message = wrong(put, a_manifest("Q3", first="2026-06-30", last="2026-09-30"), name="more")
    assert message == (
        f"{LISTS}/units.yaml: effective: Units Q2 and Units Q3 ({LISTS}/more.yaml) cover the same days\n"
        "  fix: end the earlier edition the day before the later begins"
    )


def test_one_edition_may_not_stand_twice_in_a_folder_nor_hold_something_else(put: Callable[..., Path]) -> None:
    put(a_manifest())
    assert wrong(put, a_manifest(first="2026-07-01", last=""), name="more") == (
        f"{LISTS}/units.yaml: edition: {LISTS}/more.yaml holds this edition too\n  fix: give one of them another edition"
    )
    assert wrong(put, a_manifest("Q3", holds="ptp", first="2026-07-01", last=""), name="more") == (
        f"{LISTS}/units.yaml: holds: is mue, and ptp in {LISTS}/more.yaml\n  fix: give it another id under `list`"
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("code,at_most\n98960,4\n9896,4\n", "row 3: code holds something else; write a procedure code such as H0038"),
        ("code,at_most\n98960,four\n", "row 2: at_most holds something else; write whole units"),
        ("code,at_most\n98960,-1\n", "row 2: at_most holds something else"),
        ("code,at_most\n,4\n", "row 2: code holds something else"),
        ("code,at_most\n98960,4\n98960,5\n", "the code 98960 stands twice; keep one of its rows"),
        (
            "code,most\n98960,4\n",
            "the header names a column that such a list has not\n  fix: the columns are code, at_most",
        ),
        ("at_most\n4\n", "lacks the column code\n  fix: the columns are code, at_most"),
        ("code,at_most\n98960,4,4\n", "the rows cannot be read\n  fix: save it as CSV in UTF-8"),
        ("", "the rows cannot be read"),
    ],
)
def test_wrong_rows_are_refused_with_their_place_when_they_are_read(
    put: Callable[..., Path], rows: str, message: str
) -> None:
    put(a_manifest(), rows)
    edition = units().editions[0]
    with pytest.raises(CodeSetError, match=f"^{LISTS}/mue.csv:? ") as caught:
        _ = edition.rows
    assert message in str(caught.value)


def test_of_many_wrong_rows_the_first_are_told(put: Callable[..., Path]) -> None:
    put(a_manifest(), "code,at_most\n" + "x,1\n" * 30)
    with pytest.raises(CodeSetError) as caught:
        _ = units().editions[0].rows
    lines = str(caught.value).splitlines()
    assert (len(lines), lines[9], lines[10]) == (11, f"{LISTS}/mue.csv row 11: code holds something else; write a procedure code such as H0038",
                                                 f"{LISTS}/mue.csv: and 1 more")  # fmt: skip


def test_rows_whose_dates_are_turned_round_are_refused(put: Callable[..., Path]) -> None:
    put(a_manifest(holds="ptp"), "column_1,column_2,effective,ended,modifier\n11111,22222,2026-02-01,2026-01-31,0\n")
    with pytest.raises(CodeSetError, match="row 2: ended lies before effective; both days are part of the span"):
        _ = units().editions[0].rows


def test_a_file_that_is_not_the_one_its_manifest_speaks_of_is_refused(put: Callable[..., Path]) -> None:
    sha256 = hashlib.sha256(ROWS.encode()).hexdigest()
    put(a_manifest(more=f'sha256: "{sha256}"\n'))
    assert units().editions[0].rows.height == 2
    put(a_manifest(more=f'sha256: "{sha256}"\n'), ROWS + "98961,1\n")
    with pytest.raises(CodeSetError, match="is not the file its manifest speaks of"):
        _ = units().editions[0].rows


@pytest.mark.parametrize(
    "data", [b"\x1f\x8b nothing", gzip.compress(ROWS.encode())[:-9], b"code\n"], ids=["not packed", "cut off", "text"]
)
def test_a_packed_file_that_cannot_be_unpacked_is_refused(put: Callable[..., Path], data: bytes) -> None:
    put(a_manifest(file="mue.csv.gz"), data, file="mue.csv.gz")
    with pytest.raises(CodeSetError, match="cannot be unpacked"):
        _ = units().editions[0].rows


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(
    put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_files, "MAX_ROWS_BYTES", 10_000)
    put(a_manifest(file="mue.csv.gz"), gzip.compress(b"0" * 1_000_000), file="mue.csv.gz")
    with pytest.raises(CodeSetError, match="has more than 10,000 bytes when it is unpacked"):
        _ = units().editions[0].rows
    put(a_manifest(), "0" * 10_001)
    with pytest.raises(CodeSetError, match="has 10,001 bytes; a list has at most 10,000"):
        _ = units().editions[0].rows


def test_a_broken_parquet_file_is_refused_without_its_content(put: Callable[..., Path]) -> None:
    put(a_manifest(file="mue.parquet"), b"PAR1 secret PAR1", file="mue.parquet")
    with pytest.raises(CodeSetError, match="the rows cannot be read") as caught:
        _ = units().editions[0].rows
    assert "secret" not in str(caught.value)


def test_a_manifest_that_is_too_large_is_not_opened(put: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_files, "MAX_BYTES", 10)
    assert re.search(r"units.yaml: has \d+ bytes; a program file has at most", wrong(put, a_manifest()))


@pytest.mark.parametrize(
    ("span", "words"),
    [((None, None), "on every day"), ((date(2022, 1, 1), None), "from 2022-01-01"), ((None, date(2022, 1, 1)), "to 2022-01-01"),
     ((date(2022, 1, 1), date(2022, 2, 1)), "from 2022-01-01 to 2022-02-01")],
)  # fmt: skip
def test_days_are_put_into_words(span: Any, words: str) -> None:
    assert days_in_words(span) == words
