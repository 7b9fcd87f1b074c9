"""What the loader makes of a program file, where it looks, and what it remembers."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from time import process_time

import pytest

from billing.errors import UsageError
from billing.policy import loading
from billing.policy.codesets import Fact, Program
from billing.policy.loading import load_codesets, load_library
from tests.policy.conftest import Shelf, a_program


def the_program(shelf: Shelf, text: str) -> Program:
    shelf.put("states/xx/xx-chw.yaml", text)
    return loading.load_codesets(programs=["xx-chw"]).program("xx-chw")


def outline(program: Program) -> list[tuple[str, str, tuple[str, ...] | None, int]]:
    return [(fact.path, fact.kind, fact.services, fact.line) for fact in program.facts]


def a_fact(program: Program, path: str, kind: str = "") -> Fact:
    return next(fact for fact in program.facts if fact.path == path and kind in {"", fact.kind})


def test_facts_stand_in_the_order_of_the_file_one_per_entry_and_per_service_and_kind(shelf: Shelf) -> None:
    program = the_program(shelf, a_program())
    assert outline(program) == [
        ("xx-chw.services.individual", "covered_services", ("individual",), 8),
        ("xx-chw.services.individual", "modifiers", ("individual",), 8),
        ("xx-chw.services.group", "covered_services", ("group",), 9),
        ("xx-chw.services.group", "group_size", ("group",), 9),
        ("xx-chw.services.group", "modifiers", ("group",), 9),
        ("xx-chw.unit_limits.daily", "unit_limits", ("individual",), 11),
        ("xx-chw.unit_limits.monthly", "unit_limits", None, 12),
    ]


def test_a_group_size_rests_on_its_own_source_when_it_has_one(shelf: Shelf) -> None:
    text = a_program(
        more="  post: {title: A post, publisher: X, form: article, read_on: 2026-11-22, official: false}\n"
    )
    program = the_program(shelf, text.replace("max: 4}, source", "max: 4}, group_size_source: post, source"))
    group = "xx-chw.services.group"
    assert a_fact(program, group, "group_size").source.title == "A post"
    assert a_fact(program, group, "covered_services").source.title == "A bulletin"
    assert a_fact(program, group, "group_size").caps == ("its source is unofficial", "its source is an article")
    assert a_fact(program, group, "covered_services").caps == ()


def test_numbers_are_decimal_and_codes_are_text(shelf: Shelf) -> None:
    program = the_program(shelf, a_program().replace("at_most: 4", "at_most: 2.50"))
    limit = vars(a_fact(program, "xx-chw.unit_limits.daily").entry)
    assert (limit["at_most"], type(limit["at_most"])) == (Decimal("2.50"), Decimal)
    assert program.services[0].procedure == "98960"


def test_an_entry_inherits_the_dates_of_its_program(shelf: Shelf) -> None:
    text = a_program().replace("status:", "ended: 2026-12-31\nstatus:")
    text = text.replace("per: day,", "per: day, effective: 2024-01-01,")
    program = the_program(shelf, text.replace("per: month,", "per: month, ended: 2023-12-31,"))
    dates = {fact.path: (fact.effective, fact.ended) for fact in program.facts}
    assert dates == {
        "xx-chw.services.individual": (date(2023, 7, 1), date(2026, 12, 31)),
        "xx-chw.services.group": (date(2023, 7, 1), date(2026, 12, 31)),
        "xx-chw.unit_limits.daily": (date(2024, 1, 1), date(2026, 12, 31)),
        "xx-chw.unit_limits.monthly": (date(2023, 7, 1), date(2023, 12, 31)),
    }
    assert program.services[0].ended == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("ended", "first"),
    [("2023-06-29", None), ("2023-06-30", None), ("2023-07-01", date(2023, 7, 1)), ("2023-07-02", date(2023, 7, 1))],
)
def test_a_service_retired_before_its_program_began_has_no_first_day(
    shelf: Shelf, ended: str, first: date | None
) -> None:
    program = the_program(shelf, a_program().replace('["HQ"],', f'["HQ"], ended: {ended},'))
    fact = a_fact(program, "xx-chw.services.group")
    assert (fact.effective, fact.ended) == (first, date.fromisoformat(ended))
    assert program.services[1].effective == first


def test_versions_of_an_entry_may_follow_each_other_without_a_gap(shelf: Shelf) -> None:
    text = a_program().replace("per: day,", "per: day, ended: 2023-12-31,")
    newer = "  - {id: daily, services: [individual], at_most: 6, per: day, effective: 2024-01-01, source: bulletin}\n"
    program = the_program(shelf, text.replace("sources:", newer + "sources:"))
    versions = [fact for fact in program.facts if fact.path == "xx-chw.unit_limits.daily"]
    assert [(fact.effective, fact.ended) for fact in versions] == [
        (date(2023, 7, 1), date(2023, 12, 31)),
        (date(2024, 1, 1), None),
    ]


def test_services_of_one_code_are_no_tie_when_dates_or_modifiers_differ(shelf: Shelf) -> None:
    text = a_program().replace('["HQ"],', '["U7"], effective: 2024-01-01,')
    program = the_program(shelf, text.replace('["U7"], unit', '["U7"], ended: 2023-12-31, unit'))
    assert [service.id for service in program.services] == ["individual", "group"]


def test_a_published_year_is_text_with_or_without_quotes(shelf: Shelf) -> None:
    program = the_program(shelf, a_program().replace("dated: 2023-06-29", "dated: 2019"))
    assert program.sources["bulletin"].dated == "2019"


def test_known_codes_name_all_programs_selected_or_not(shelf: Shelf) -> None:
    shelf.put("states/xx/xx-chw.yaml", a_program())
    shelf.put("states/xx/xx-peer.yaml", a_program("xx-peer", code="H0038", status="proposed"))
    shelf.put("states/yy/yy-chw.yaml", a_program("yy-chw"))
    codesets = loading.load_codesets(programs=["xx-chw"])
    assert codesets.known_codes == {"98960": ("xx-chw", "yy-chw"), "H0038": ("xx-peer",)}


def test_national_rules_apply_to_every_line_and_are_no_program(shelf: Shelf) -> None:
    shelf.put("states/xx/xx-chw.yaml", a_program())
    codesets = loading.load_codesets()
    assert outline(codesets.national) == [("national.places.known", "places", None, 4)]
    assert [program.id for program in codesets.programs] == ["xx-chw"]


def test_scenarios_lists_and_hidden_files_are_no_programs(shelf: Shelf) -> None:
    shelf.put("states/xx/xx-chw.yaml", a_program())
    for name in (
        "states/xx/xx-chw.scenarios.yaml",
        "national/reasons.yaml",
        "states/.drafts/a.yaml",
        "states/xx/a.csv",
    ):
        shelf.put(name, "no: program")
    assert [program.id for program in loading.list_programs()] == ["xx-chw"]


def test_the_hash_depends_on_every_file_and_not_on_where_they_stand(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put("states/xx/xx-chw.yaml", a_program())
    first = loading.load_codesets().sha256
    shelf.put("states/xx/xx-chw.yaml", a_program() + "# another remark\n")
    second = loading.load_codesets().sha256
    shelf.put_local("yy-chw.yaml", a_program("yy-chw"))
    third = loading.load_codesets(folders=[shelf.local]).sha256
    assert len({first, second, third}) == 3
    shelf.local.rename(tmp_path / "elsewhere")
    assert loading.load_codesets(folders=[tmp_path / "elsewhere"]).sha256 == third


def test_the_same_files_are_read_once_and_a_changed_one_again(shelf: Shelf) -> None:
    path = shelf.put("states/xx/xx-chw.yaml", a_program())
    first = loading.load_codesets().programs[0]
    assert loading.load_codesets().programs[0] is first
    path.write_text(a_program().replace("A made-up program", "A different name"), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert loading.load_codesets().programs[0].name == "A different name"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: None, "{}: is not a folder\n  fix: name a folder that holds program files"),
        (lambda folder: folder.write_text(""), "{}: is not a folder\n  fix: name a folder that holds program files"),
        (lambda folder: folder.mkdir(),
         "{}: holds no program file\n  fix: put program files there, named <program>.yaml"),
    ],
)  # fmt: skip
def test_a_folder_that_is_none_or_empty_is_an_error(shelf: Shelf, make: object, message: str) -> None:
    make(shelf.local)  # type: ignore[operator]
    with pytest.raises(UsageError) as raised:
        loading.load_codesets(folders=[shelf.local])
    assert str(raised.value) == message.format(shelf.local)


def test_eighty_programs_load_in_a_fraction_of_a_second_and_again_for_next_to_nothing(shelf: Shelf) -> None:
    for number in range(80):
        name = f"xx-p{number}"
        shelf.put(f"states/xx/{name}.yaml", a_program(name).replace("individual", "one-member"))
    loading.load_codesets()
    loading._library.cache_clear()
    start = process_time()
    loading.load_codesets()
    first = process_time() - start
    start = process_time()
    loading.load_codesets()
    assert (first < 0.4, process_time() - start < 0.1) == (True, True)


def test_the_programs_that_know_a_code_are_the_same_when_only_files_that_name_it_are_read() -> None:
    every = load_library().known_codes()
    known = load_codesets(programs=["ks-chw"]).known_codes
    assert {code: known[code] for code in every} == every
    assert [known.get(code) for code in ("99999", "9896", "")] == [None, None, None]


def test_the_files_are_read_once_however_many_codes_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    known = load_codesets(programs=["ks-chw"]).known_codes
    loading._quoted.cache_clear()
    loading._knowing.cache_clear()
    reads: list[int] = []
    found = list(loading._shipped_files())

    def counted() -> list[loading._Found]:
        reads.append(1)
        return found

    monkeypatch.setattr(loading, "_shipped_files", counted)
    assert [known.get(f"X{number}", ()) for number in range(50)] == [()] * 50
    assert len(reads) == 1
