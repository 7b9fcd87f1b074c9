"""CMS's files of Medicaid NCCI edits, made into editions of code lists; none of them is believed."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import billing
from billing.errors import CodeSetError
from billing.policy import ncci_import
from billing.policy.code_lists import Edition
from billing.policy.loading import load_library
from billing.policy.ncci_import import Imported, import_ncci

TODAY = date(2026, 11, 25)
MUE_NAME = "MCD-MUE-PractitionerServices-Effective_10012026.txt"
TITLES = "National Correct Coding Initiative, Medicaid\r\nPractitioner Services MUE Edits\r\n\r\nHCPCS/CPT Code\tMUE Values\tMUE Rationale\r\n"
MUE = TITLES + "H2016\t1\tCode Descriptor / CPT Instruction\r\n98960\t4\tNature of Service\r\n0001F\t0\tCMS Policy\r\n"
PTP_NAME = "medicaid-ncci-2026-q4-ptp-edits-practitioner-services.txt"
PTP_TITLES = "Medicaid NCCI\tPractitioner\nColumn 1/Column 2 Edits\nColumn 1\tColumn 2\tEffective\tDeletion\tModifier\tRationale\n"
PTP = PTP_TITLES + "98961\t98960\t20200101\t\t0\tMisuse\n98960\t98962\t20200101\t20261115\t1\tMisuse\n"


@pytest.fixture
def put(tmp_path: Path) -> Any:
    def put_file(content: str | bytes, name: str = MUE_NAME) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put_file


def made(path: Path, **options: Any) -> Imported:
    return import_ncci(path, path.parent / "own", **{"read_on": TODAY, **options})


def edition(path: Path) -> Edition:
    (found,) = [
        each
        for listed in load_library([path.parent / "own"]).lists.values()
        for each in listed.editions
        if each.rank == 1
    ]
    return found


def zipped(**files: str | bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return data.getvalue()


# ------------------------------------------------------------------------------------------------------- what is read


def test_units_become_an_edition_of_their_quarter(put: Any) -> None:
    path = put(MUE)
    result = made(path)
    assert result == Imported(
        path.parent / "own/lists/medicaid-mue-practitioner.2026q4.yaml", "medicaid-mue-practitioner", "2026Q4", 3,
        date(2026, 10, 1), date(2026, 12, 31),
    )  # fmt: skip
    own = edition(path)
    assert own.rows.rows() == [("0001F", 0), ("98960", 4), ("H2016", 1)]
    assert own.caps == ()
    stated = own.manifest
    assert (stated.effective, stated.ended, stated.next_release, stated.complete) == (
        date(2026, 10, 1), date(2026, 12, 31), date(2027, 1, 1), True,
    )  # fmt: skip
    assert (stated.source.publisher, stated.source.dated, stated.source.read_on, stated.source.official) == (
        "CMS", "2026-10-01", TODAY, True,
    )  # fmt: skip
    assert f"Imported from {MUE_NAME}" in stated.source.note


def test_pairs_become_an_edition_without_those_deleted_before_it(put: Any) -> None:
    gone = "11111\t22222\t20200101\t20261001\t1\tMisuse\n11111\t33333\t20200101\t20261002\t9\tMisuse\n"
    path = put(PTP + gone, PTP_NAME)
    assert made(path).list == "medicaid-ptp-practitioner"
    assert edition(path).rows.rows() == [
        ("11111", "33333", date(2020, 1, 1), date(2026, 10, 1), 9),
        ("98960", "98962", date(2020, 1, 1), date(2026, 11, 14), 1),
        ("98961", "98960", date(2020, 1, 1), None, 0),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "98961\t98960\t20200101\t\t0\tMisuse", "98961\t98960\t20200101\t*\t0\tMisuse", "98961\t98960\t \t20200101\t*\t0\tMisuse",
        "98961\t98960\t*\t20200101\t\t0", "98961\t98960\t01/01/2020\t\t0\tMisuse", "98961\t98960\t20200101\t\t0",
    ],
)  # fmt: skip
def test_a_pair_in_force_is_read_however_its_line_says_so(put: Any, line: str) -> None:
    path = put(PTP_TITLES + line + "\n", PTP_NAME)
    made(path)
    assert edition(path).rows.rows() == [("98961", "98960", date(2020, 1, 1), None, 0)]


def test_a_zip_is_read_as_it_is_published_and_all_of_its_parts(put: Any) -> None:
    first, second = PTP_TITLES + "98961\t98960\t20200101\t\t0\n", PTP_TITLES + "11111\t22222\t20200101\t\t1\n"
    path = put(
        zipped(part1__TXT=first, part2__txt=second, readme__pdf=b"\0"), "medicaid-ncci-q4-2026-ptp-practitioner.zip"
    )
    assert made(path).rows == 2
    assert edition(path).rows.get_column("column_1").to_list() == ["11111", "98961"]


@pytest.mark.parametrize(
    ("name", "option", "expected"),
    [
        (MUE_NAME, None, "2026Q4"), ("x-2027-q1-practitioner.txt", None, "2027Q1"), ("Q3_2026.txt", None, "2026Q3"),
        ("x2026Q2x.txt", None, "2026Q2"), ("edits.txt", "2027q2", "2027Q2"), (MUE_NAME, "2025Q1", "2025Q1"),
    ],
)  # fmt: skip
def test_the_quarter_is_read_from_the_name_or_given(put: Any, name: str, option: str | None, expected: str) -> None:
    assert made(put(MUE, name), quarter=option).edition == expected


@pytest.mark.parametrize(
    ("quarter", "first", "last", "following"),
    [("2026Q1", (2026, 1, 1), (2026, 3, 31), (2026, 4, 1)), ("2026Q2", (2026, 4, 1), (2026, 6, 30), (2026, 7, 1)),
     ("2026Q3", (2026, 7, 1), (2026, 9, 30), (2026, 10, 1)), ("2026Q4", (2026, 10, 1), (2026, 12, 31), (2027, 1, 1))],
)  # fmt: skip
def test_a_quarter_lasts_three_months(put: Any, quarter: str, first: Any, last: Any, following: Any) -> None:
    path = put(MUE, "edits.txt")
    result = made(path, quarter=quarter)
    assert (result.effective, result.ended, edition(path).manifest.next_release) == (
        date(*first),
        date(*last),
        date(*following),
    )


def test_the_quarter_may_stand_in_the_titles(put: Any) -> None:
    assert made(put("Medicaid, effective 07/01/2026\n" + MUE, "edits.txt")).edition == "2026Q3"


def test_the_same_file_gives_the_same_bytes(put: Any) -> None:
    written = []
    for _ in range(2):
        folder = made(put(MUE), overwrite=True).manifest.parent
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert written[0] == written[1]
    assert sorted(written[0]) == ["medicaid-mue-practitioner.2026q4.csv", "medicaid-mue-practitioner.2026q4.yaml"]


def test_a_later_quarter_stands_beside_an_earlier_one_and_is_not_written_over(put: Any) -> None:
    made(put(MUE, "edits.txt"), quarter="2026Q4")
    path = put(MUE, "edits.txt")
    made(path, quarter="2027Q1")
    lists = load_library([path.parent / "own"]).lists["medicaid-mue-practitioner"]
    assert [each.manifest.edition for each in lists.editions] == ["2027Q1", "2026Q4", "2026Q3", "2026Q1"]
    with pytest.raises(CodeSetError, match=r"2026q4.yaml: is there already\n  fix: add --overwrite"):
        made(path, quarter="2026Q4")
    assert made(put(MUE.replace("98960\t4", "98960\t5"), "edits.txt"), quarter="2026Q4", overwrite=True).rows == 3
    assert ("98960", 5) in next(e for e in load_library([path.parent / "own"]).lists["medicaid-mue-practitioner"].editions
                                if e.manifest.edition == "2026Q4").rows.rows()  # fmt: skip


# ---------------------------------------------------------------------------------------------------- what is refused


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(CodeSetError) as caught:
        made(path, **options)
    assert not (path.parent / "own").exists()
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no line of Medicaid NCCI edits"),
        ("code,value\nH2016,1\n", "holds no line of Medicaid NCCI edits\n  fix: CMS's text files have lines of"),
        (b"\xd0\xcf\x11\xe0\0\0", "is no text file"),
        (MUE + "H2017 1 by hand\n", "line 8 is not as the lines before it\n  fix: download the file again"),
        (MUE + "H2017\t1234567\tx\n", "line 8 is not as the lines before it"),
        (MUE + "h2017\t1\tx\n", "line 8 is not as the lines before it"),
        (MUE + "H2016\t2\tx\n", "gives H2016 two values"),
        (MUE.replace("MUE Rationale", "MUE Adjudication Indicator"), "is Medicare's file; Medicaid's values differ"),
        (PTP_TITLES + "98961\t98960\t20201301\t\t0\n", "holds a date that is none"),
        (PTP_TITLES + "98961\t98960\t20200101\t20209901\t0\n", "holds a date that is none"),
        (PTP_TITLES + "98961\t98960\t20200101\t\t0\n98961\t98962\t20200101\t\t2\n", "line 5 is not as the lines before it"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_cms_s_is_refused_with_its_line(put: Any, content: str | bytes, message: str) -> None:
    assert refused(put(content)).startswith(f"{MUE_NAME}: {message}")


@pytest.mark.parametrize(
    ("name", "titles", "message"),
    [
        ("medicaid-ncci-2026-q4-mue-outpatient-hospital.txt", "", "is the file for outpatient services"),
        ("MCD-MUE-DME-SupplierServices-Effective_10012026.txt", "", "is the file for dme services"),
        ("edits-2026q4.txt", "Medicaid Hospital Services\n", "is the file for hospital services"),
        ("MCR_MUE_PractitionerServices_Eff_2026q4.txt", "", "is Medicare's file"),
        ("edits-2026q4.txt", "Medicare Practitioner Services\n", "is Medicare's file"),
        ("edits-2026q4.txt", "Medicaid Practitioner Services, not for Medicare\n", ""),
    ],
)  # fmt: skip
def test_medicare_s_files_and_those_for_other_services_are_refused(
    put: Any, name: str, titles: str, message: str
) -> None:
    path = put(f"{titles}H2016\t1\tx\n", name)
    if message:
        assert message in refused(path)
    else:
        assert made(path).rows == 1


@pytest.mark.parametrize(
    ("name", "option", "message"),
    [
        ("edits.txt", None, "edits.txt: does not say which quarter it is for\n  fix: say it with --quarter 2026Q4"),
        ("2026q3-2026q4.txt", None, "2026q3-2026q4.txt: names several quarters\n  fix: say it with --quarter 2026Q4"),
        ("edits.txt", "2026Q5", "--quarter 2026Q5: is no quarter\n  fix: write it as 2026Q4"),
        ("edits.txt", "soon", "--quarter soon: is no quarter\n  fix: write it as 2026Q4"),
    ],
)
def test_a_file_of_no_certain_quarter_is_refused(put: Any, name: str, option: str | None, message: str) -> None:
    assert refused(put(MUE, name), quarter=option) == message


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / "nothing.zip")
    (tmp_path / "folder").mkdir()
    assert "folder: is no file" in refused(tmp_path / "folder")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04 broken", "cannot be unpacked\n  fix: download it again"),
        (zipped(readme__pdf=b"x"), "holds no text file (.txt)"),
        (zipped(**{f"f{number}__txt": "" for number in range(51)}), "holds 51 files; CMS's has a few"),
        (zipped(a__txt=MUE, b__txt=PTP), "holds files of both kinds of edits"),
        (zipped(a__txt=MUE)[:-30], "cannot be unpacked"),
    ],
    ids=["broken", "no text", "too many", "both kinds", "cut off"],
)
def test_a_wrong_zip_is_refused(put: Any, data: bytes, message: str) -> None:
    assert refused(put(data, "medicaid-2026q4-practitioner.zip")).startswith(
        f"medicaid-2026q4-practitioner.zip: {message}"
    )


def test_a_zip_with_a_password_is_refused(put: Any) -> None:
    data = bytearray(zipped(a__txt=MUE))
    data[6] |= 1  # the flag of encryption, in the local header and in the directory
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    assert "a zip with a password is to be unpacked first" in refused(put(bytes(data), "x-2026q4.zip"))


def test_a_zip_that_unpacks_to_more_than_is_sane_is_refused_whatever_its_header_says(
    put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ncci_import, "MAX_TEXT_BYTES", 100_000)
    bomb = zipped(a__txt=MUE + "\n" * 60_000, b__txt=MUE + "\n" * 60_000)
    assert len(bomb) < 2_000
    assert "has more than 100,000 bytes when it is unpacked" in refused(put(bomb, "x-2026q4.zip"))
    small = bomb.replace((len(MUE) + 60_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert refused(put(small, "x-2026q4.zip")).startswith("x-2026q4.zip: ")


def test_a_file_that_is_too_large_is_not_opened(put: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ncci_import, "MAX_FILE_BYTES", 10)
    assert "bytes; such a file has at most 10" in refused(put(MUE))


def test_a_folder_that_cannot_be_written_to_is_said(put: Any) -> None:
    path = put(MUE)
    (path.parent / "own").write_text("a file")
    with pytest.raises(CodeSetError, match="own: cannot be written to"):
        made(path)


def test_names_inside_a_zip_are_read_as_names_alone(put: Any) -> None:
    path = put(zipped(**{"../../evil__txt": MUE}), "medicaid-2026q4-practitioner.zip")
    made(path)
    assert sorted(each.name for each in path.parent.rglob("*") if each.is_file()) == [
        "medicaid-2026q4-practitioner.zip", "medicaid-mue-practitioner.2026q4.csv", "medicaid-mue-practitioner.2026q4.yaml",
    ]  # fmt: skip


# --------------------------------------------------------------------------------------------------------- and judged


def judged(folder: Path, *codes: tuple[str, str, str]) -> billing.Result:
    """Validate claims of one member and day, each of one line: claim id, code, units."""
    line = {
        "charge": "1.00",
        "unit_basis": "UN",
        "diagnosis_pointers": [1],
        "service_date": "2026-10-05",
        "modifiers": ["U7"],
    }
    claims = [
        {"claim_id": claim_id, "member": {"id": "M1", "birth_date": "1990-01-31"}, "payer": {"id": "P1"},
         "billing_provider": {"npi": "1234567893"}, "place_of_service": "12", "frequency_code": "1", "diagnoses": ["F330"],
         "charge": "1.00", "lines": [{**line, "line_number": 1, "procedure_code": code, "units": units}]}
        for claim_id, code, units in codes
    ]  # fmt: skip
    codesets = billing.load_codesets(programs=["ks-chw"], folders=[folder])
    return billing.validate(claims, codesets, received="2026-11-22")


def found(result: billing.Result) -> list[tuple[Any, ...]]:
    of_edits = result.findings.filter(pl.col("kind").is_in(["mue", "ptp"]))
    return of_edits.select("claim_id", "rule", "severity", "message").rows()


def test_claims_are_judged_by_what_was_imported(put: Any) -> None:
    path = put(MUE)
    made(path)
    made(put(PTP, PTP_NAME))
    result = judged(path.parent / "own", ("C1", "98960", "5"), ("C2", "98961", "1"))
    assert found(result) == [
        ("C1", "national.mue.practitioner", "reject",
         "5 units of 98960 on 2026-10-05; the public Medicaid MUE 2026Q4 is 4 on a line."),
        ("C1", "national.ptp.pairs", "reject",
         "98960 U7 on 2026-10-05 stands beside 98961 (C2 line 1); Medicaid PTP 2026Q4 does not pay 98960 with 98961."),
    ]  # fmt: skip
    waiting = {(row["rule"], row["needs"]): row["lines"] for row in result.summary["not_checked"]}
    assert [rule for rule, needs in waiting if needs.startswith("medicaid")] == []
    assert [row["list"] for row in result.summary["stale_lists"]] == ["icd-10-cm"]


@pytest.mark.parametrize(("payers", "severity"), [('["P1"]', "reject"), ('["P2"]', "review"), ("[]", "review")])
def test_a_user_names_the_payers_that_deny_by_the_sum_of_a_day(put: Any, payers: str, severity: str) -> None:
    path = put(MUE)
    made(path)
    (path.parent / "own" / "national.yaml").write_text(
        "program: national\nextends: national\nmue:\n  - {id: practitioner, list: medicaid-mue-practitioner, "
        f"reject_payers: {payers}, source: smd-10-017}}\n"
    )
    assert found(judged(path.parent / "own", ("C1", "98960", "4"), ("C2", "98960", "1"))) == [
        ("C2", "national.mue.practitioner", severity,
         "5 units of 98960 on 2026-10-05, 1 of them here; the public Medicaid MUE 2026Q4 is 4, and may be meant for a day."),
    ]  # fmt: skip


def test_rows_that_are_wrong_end_the_run_with_their_place_and_no_finding(put: Any) -> None:
    path = put(MUE)
    made(path)
    (path.parent / "own/lists/icd.yaml").write_text(
        "list: icd-10-cm\nholds: diagnoses\ntitle: ICD\nedition: own\nfile: icd.csv\neffective: 2026-10-01\n"
        "source: {title: A, publisher: B, form: page, dated: 2026-10-01, read_on: 2026-10-01, official: true}\n"
    )
    (path.parent / "own/lists/icd.csv").write_text("code,billable\nF330,yes\n")
    with pytest.raises(
        CodeSetError, match=r"lists/icd.csv row 2: billable holds something else; write 1, or 0 for a heading"
    ):
        judged(path.parent / "own", ("C1", "98960", "1"))
