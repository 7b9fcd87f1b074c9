"""The code lists that come with cleanclaim: what is on them, and that a run reads no more of them than it needs."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

import billing
from billing.policy import list_files
from billing.policy.code_lists import CodeLists, Edition
from billing.policy.lists import informational_modifiers
from billing.policy.loading import load_library
from billing.reports.html import report_html
from billing.reports.terminal import print_summary
from billing.rules import KINDS, diagnosis_codes, modifier_codes, taxonomy_codes

FOLDER = Path(__file__).parents[1] / "codesets" / "national" / "lists"
ICD = {"FY2025": (97_584, 74_260), "FY2026": (98_186, 74_719)}
"""Codes, and billable codes; those of FY2026 as in CMS's order file."""


def shipped() -> CodeLists:
    return load_library().lists


def an_edition(list_id: str, name: str) -> Edition:
    return next(edition for edition in shipped()[list_id].editions if edition.manifest.edition == name)


def codes_of(list_id: str, name: str) -> dict[str, Any]:
    rows = an_edition(list_id, name).rows
    return dict(rows.select("code", rows.columns[1]).rows())


# ---------------------------------------------------------------------------------------------------------- diagnoses


@pytest.mark.parametrize("year", ICD)
def test_the_diagnoses_of_a_year_are_all_there(year: str) -> None:
    rows = an_edition("icd-10-cm", year).rows
    assert (rows.height, rows.get_column("billable").sum()) == ICD[year]
    assert rows.get_column("code").str.contains(diagnosis_codes.SHAPE).all()


@pytest.mark.parametrize("year", ICD)
def test_a_code_is_billable_exactly_when_no_other_begins_with_it(year: str) -> None:
    codes = codes_of("icd-10-cm", year)
    headings = {code[:length] for code in codes for length in range(3, len(code))}
    assert {code for code, billable in codes.items() if not billable} == headings & set(codes)
    # What only fills a place up to the seventh character is no code of its own.
    assert {code[-1] for code in headings - set(codes)} == {"X"}


@pytest.mark.parametrize(
    ("code", "of_2025", "of_2026"),
    [
        ("F32", 0, 0), ("F320", 1, 1), ("Z590", 0, 0), ("Z5900", 1, 1), ("G35", 1, 0), ("G35A", None, 1), ("Z5986", 1, 0),
        ("QA00101", None, 1), ("B20", 1, 1), ("F99", 1, 1), ("S72001A", 1, 1), ("S72001", 0, 0), ("S301XXA", 1, None),
        ("F3", None, None), ("F01-F09", None, None), ("5", None, None), ("F32.0", None, None),
    ],
)  # fmt: skip
def test_headings_new_codes_and_split_codes_are_told_apart(code: str, of_2025: int | None, of_2026: int | None) -> None:
    assert [codes_of("icd-10-cm", year).get(code) for year in ICD] == [of_2025, of_2026]


def test_the_two_years_follow_each_other_without_a_gap() -> None:
    days = [
        date(2024, 9, 30),
        date(2024, 10, 1),
        date(2025, 9, 30),
        date(2025, 10, 1),
        date(2026, 9, 30),
        date(2026, 10, 1),
    ]
    listed = shipped()["icd-10-cm"]
    places = pl.DataFrame({"day": days}).select(listed.edition_on("day")).to_series()
    assert [None if place is None else listed.editions[place].manifest.edition for place in places] == [
        None, "FY2025", "FY2025", "FY2026", "FY2026", None
    ]  # fmt: skip


def test_the_diagnoses_take_little_room() -> None:
    assert [path.name for path in FOLDER.iterdir() if path.stat().st_size > 300_000] == []


# ------------------------------------------------------------------------------------------------------ the other lists


def test_the_places_are_those_of_cms_and_two_have_a_first_day() -> None:
    spans = shipped()["place-of-service"].editions[0].spans()
    assert len(spans) == 52
    assert {"00", "28", "30", "98"}.isdisjoint(spans)
    assert {code: span for code, span in spans.items() if span != ((None, None),)} == {
        "10": ((date(2022, 1, 1), None),), "58": ((date(2020, 1, 1), None),)
    }  # fmt: skip


def test_the_values_for_units_are_those_that_were_read() -> None:
    summer, winter = (codes_of("medicaid-mue-practitioner", quarter) for quarter in ("2026Q3", "2026Q1"))
    read = {"H0023": 1, "H0024": 1, "H0025": 1, "H2016": 1, "S9445": 2, "S9446": 2, "T1012": 1, "G0019": 1, "G0022": 4,
            "G0023": 1, "G0024": 4, "G0140": 1, "G0146": 4, "G0108": 6, "G0109": 12}  # fmt: skip
    absent = {"H0038", "H0046", "H2014", "H2015", "H2017", "H2023", "T1016", "T1017", "T1027", "S9482", "S5110", "98960",
              "98961", "98962"}  # fmt: skip
    assert {code: summer[code] for code in read} == read
    assert {code for code, value in summer.items() if value is None} == absent
    assert (len(summer), len(winter)) == (156, 68)
    assert {code for code, value in winter.items() if value is None} == {"98960", "98961", "98962"}
    assert [code for code in winter if code[0] in "HST"] == []
    assert {code for code in set(summer) & set(winter) if summer[code] != winter[code]} == set()


def test_no_value_for_units_may_reject_since_none_was_read_at_cms_itself() -> None:
    assert [bool(edition.caps) for edition in shipped()["medicaid-mue-practitioner"].editions] == [True, True]
    assert [edition.caps for edition in shipped()["icd-10-cm"].editions] == [(), ()]


def test_no_pair_is_shipped_since_none_was_read() -> None:
    assert shipped()["medicaid-ptp-practitioner"].editions == ()


def test_modifiers_that_rules_name_are_on_the_list_with_their_meaning() -> None:
    meanings = shipped()[modifier_codes.NAMED_IN].editions[0].meanings()
    named = {
        code
        for fact in load_library().national.facts
        if fact.kind == "modifier_codes"
        for code in getattr(fact.entry, "one_of", None) or ()
    }
    assert named == {"HR", "HS", "HL", "HM", "HN", "HO", "HP", "HQ", "TT", "UN", "UP", "UQ", "UR", "US"}
    assert named | informational_modifiers() <= set(meanings)
    assert len(meanings) == 96


def test_every_taxonomy_has_the_shape_that_is_asked_for() -> None:
    codes = shipped()[taxonomy_codes.NAMED_IN].editions[0].meanings()
    assert len(codes) == 59
    assert [code for code in codes if not re.match(taxonomy_codes.SHAPE, code)] == []


def test_every_list_that_an_entry_names_is_of_the_kind_that_looks_it_up() -> None:
    facts = [fact for program in load_library().everything() for fact in program.facts]
    named = [(fact.kind, shipped()[name].about.holds) for fact in facts if (name := getattr(fact.entry, "list", None))]
    assert sorted(named) == [
        ("diagnosis_codes", "diagnoses"),
        ("mue", "mue"),
        ("place_codes", "places"),
        ("ptp", "ptp"),
    ]
    assert [kind for kind, holds in named if holds != KINDS[kind].LIST_HOLDS] == []


# ---------------------------------------------------------------------------------------------------- read when needed


def a_claim(day: str, *diagnoses: str) -> dict[str, Any]:
    line = {"line_number": 1, "procedure_code": "98960", "modifiers": ["U7"], "charge": "92.00", "units": "4", "unit_basis": "UN",
            "service_date": day, "diagnosis_pointers": [1]}  # fmt: skip
    return {"claim_id": "C1", "member": {"id": "M1", "birth_date": "1990-01-31"}, "relationship": "18", "payer": {"id": "P1"},
            "billing_provider": {"npi": "1234567893"}, "rendering_provider": {"npi": "1000000004"}, "place_of_service": "12",
            "frequency_code": "1", "diagnoses": list(diagnoses), "charge": "92.00", "lines": [line]}  # fmt: skip


def judged(*claims: dict[str, Any]) -> billing.Result:
    return billing.validate(list(claims), billing.load_codesets(programs=["ks-chw"]), received="2026-11-22")


def read_for(monkeypatch: pytest.MonkeyPatch, *claims: dict[str, Any]) -> list[str]:
    """The files of diagnoses that a run reads."""
    read: list[str] = []
    texts = list_files._texts

    def noting(file: list_files.ListFile, data: bytes) -> pl.DataFrame:
        read.append(file.name)
        return texts(file, data)

    monkeypatch.setattr(list_files, "_texts", noting)
    list_files._read_rows.cache_clear()
    judged(*claims)
    return sorted(name for name in read if name.startswith("icd-10-cm"))


@pytest.mark.parametrize(
    ("day", "diagnoses", "read"),
    [("2026-10-01", ["F330"], []), ("2026-05-05", [], []), ("2026-05-05", ["F330"], ["icd-10-cm.fy2026.csv.gz"]),
     ("2025-09-30", ["F330"], ["icd-10-cm.fy2025.csv.gz"])],
)  # fmt: skip
def test_the_diagnoses_of_a_year_are_read_only_for_claims_of_that_year(
    monkeypatch: pytest.MonkeyPatch, day: str, diagnoses: list[str], read: list[str]
) -> None:
    assert read_for(monkeypatch, a_claim(day, *diagnoses)) == read


def test_a_run_says_which_claims_could_not_be_looked_up_and_which_lists_are_stale() -> None:
    result = judged(a_claim("2026-10-01", "F32"), {**a_claim("2026-09-30", "F32"), "claim_id": "C2"})
    about = result.findings.filter(pl.col("kind") == "diagnosis_codes")
    assert about.select("claim_id", "rule", "severity", "cause").rows() == [
        ("C2", "national.diagnosis_codes.billable", "reject", "dx_not_specific")
    ]
    waiting = [row for row in result.summary["not_checked"] if row["needs"].endswith(" list")]
    assert waiting == [
        {"rule": "national.diagnosis_codes.billable", "needs": "icd-10-cm list", "lines": 1, "partly": False},
        {"rule": "national.mue.practitioner", "needs": "medicaid-mue-practitioner list", "lines": 1, "partly": False},
    ]
    assert result.summary["stale_lists"] == [
        {"list": "icd-10-cm", "edition": "FY2026", "ended": "2026-09-30", "stale_from": "2026-10-01"},
        {"list": "medicaid-mue-practitioner", "edition": "2026Q3", "ended": "2026-09-30", "stale_from": "2026-10-01"},
    ]


def test_a_stale_list_is_a_warning_in_every_report() -> None:
    result = judged(a_claim("2026-09-01", "F330"))
    warning = (
        "the list icd-10-cm is stale: FY2026 covers services to 2026-09-30 and was to be replaced on 2026-10-01; "
        "`cleanclaim codeset status` says more"
    )
    console = Console(file=io.StringIO(), width=500)
    print_summary(result, console)
    assert f"  {warning}\n" in console.file.getvalue()  # type: ignore[attr-defined]  # it is the text above
    assert f"<li>{warning}</li>" in report_html(result)


def test_on_the_last_day_of_its_edition_no_list_is_stale() -> None:
    codesets = billing.load_codesets(programs=["ks-chw"])
    assert (
        billing.validate([a_claim("2026-09-01", "F330")], codesets, received="2026-09-30").summary["stale_lists"] == []
    )
