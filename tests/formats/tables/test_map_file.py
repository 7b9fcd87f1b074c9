"""A column map is read strictly: each problem with its place, and what to write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from billing.errors import ColumnMapError
from billing.formats import read
from billing.formats.tables.map_file import read_column_map
from tests.logs import column_map, columns, csv_text, visit

SOUND = """\
dates: month-day-year
claims: {by: member, per: day}
columns:
  "Client": [member_last_name, member_first_name]
  "ID": {to: member_id, digits: 11}
  "DOS": service_date
  "Code": [procedure_code, modifiers]
  "Units": units
  "Charge": charge
constants:
  billing_npi: "1234567893"
workers:
  "Quinn": {npi: "1000200034", type: peer}
worker_types:
  peer: {taxonomy: "175T00000X"}
"""


@pytest.fixture
def problems(tmp_path: Path) -> Callable[..., str]:
    """Return a function that reads the sound map with changes, and returns the text of its error."""

    def text(*changes: tuple[str, str], content: str | bytes | None = None) -> str:
        written = SOUND
        for old, new in changes:
            assert old in written
            written = written.replace(old, new)
        path = tmp_path / "map.yaml"
        data = written if content is None else content
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        with pytest.raises(ColumnMapError) as caught:
            read_column_map(path)
        return str(caught.value)

    return text


def test_a_sound_map_is_read_from_a_file_and_from_a_dict(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(SOUND, "utf-8")
    found, name = read_column_map(str(path))
    assert name == "map.yaml"
    assert found.columns["ID"].to == ("member_id",)
    assert found.columns["Client"].to == ("member_last_name", "member_first_name")
    again = read_column_map(found.model_dump(exclude_none=True, by_alias=True))
    assert again == (found, "column_map")
    assert read_column_map(found) == (found, "column_map")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("service_date", "servic_date"), ("map.yaml:6:10: no column of a claim has the name 'servic_date'\n  fix: did you mean 'service_date'?\n"
         "map.yaml:3:1: columns: none gives service_date\n  fix: add a column `...: service_date`")),
        (("dates: month-day-year", "dates: american"), ("map.yaml:1:8: dates: 'american' is not one of its words\n"
         "  fix: write one of month-day-year, day-month-year, year-month-day")),
        (("digits: 11", "digit: 11"), "map.yaml:5:25: digit: no key here has this name\n  fix: did you mean 'digits'?"),
        (("claims:", "claim:"), "map.yaml:2:1: claim: no key here has this name\n  fix: did you mean 'claims'?"),
        (('billing_npi: "1234567893"', "billing_npi: 1234567893"), 'map.yaml:11:16: billing_npi: codes are text: write "1234567893" in quotes'),
        (("billing_npi:", "biling_npi:"), "map.yaml:11:3: no column of a claim has the name 'biling_npi'\n  fix: did you mean 'billing_npi'?"),
        (('billing_npi: "1234567893"', 'received_date: "soon"'), "map.yaml:11:18: received_date: the value cannot be read\n  fix: write a date as 2026-05-31"),
        (('"Units": units', '"Units": charge'), "map.yaml:9:3: charge: two columns give it\n  fix: keep one of them, or join them under `join:`"),
        (("billing_npi:", "units:"), "map.yaml:11:3: units: a column of the log and a constant both give it\n  fix: keep one of them"),
        (("[procedure_code, modifiers]", "[procedure_code, group_size]"), ("map.yaml:7:11: to: what stands between procedure_code and group_size is not said\n"
         '  fix: add `split: ","`, or what stands between them')),
        (("{by: member, per: day}", "{by: member}"), ("map.yaml:2:9: claims: per goes with by: member, and only with it\n"
         "  fix: write `{by: member, per: day}`, or week or month")),
        (("per: day", "per: week"), ("map.yaml:2:9: claims: week_starts goes with per: week, and only with it\n"
         "  fix: write `{by: member, per: week, week_starts: sunday}`")),
        (("by: member, per: day", "by: claim_id"), "map.yaml:2:14: by: no column gives claim_id\n  fix: map it, or write `{by: member, per: day}`"),
        (("claims: {by: member, per: day}\n", ""), ("map.yaml:1:1: claims: how rows become claims is not said, and no column gives claim_id\n"
         "  fix: add `claims: {by: member, per: day}`, or a column `...: claim_id`")),
        (('  "Charge": charge\n', ""), ("map.yaml:3:1: columns: none gives charge\n"
         '  fix: add a column `...: charge`; charges may be worked out, `charges: {per_unit: {"H0038": "16.25"}}`')),
        (("  peer: {", "  chw: {"), ("map.yaml:13:38: type: nothing is said of the type peer\n"
         '  fix: add `worker_types: {peer: {taxonomy: "..."}}`')),
        (("service_date", '{to: service_date, values: {x: ""}}'), ("map.yaml:6:41: values: what 'x' stands for is not filled in\n"
         "  fix: write the code, or take the line out")),
        (("1000200034", "FILL IN"), "map.yaml:13:18: npi: is not filled in yet\n  fix: put the value in, or take the line out"),
        (("digits: 11", "digits: 011"), 'map.yaml:5:33: digits: codes are text: write "011" in quotes'),
    ],
)  # fmt: skip
def test_a_problem_says_place_problem_and_fix(
    problems: Callable[..., str], change: tuple[str, str], expected: str
) -> None:
    lines = problems(change).split("\nmap.yaml:")
    assert sorted(lines[:1] + [f"map.yaml:{line}" for line in lines[1:]]) == sorted(
        part if part.startswith("map.yaml:") else f"map.yaml:{part}" for part in expected.split("\nmap.yaml:")
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "map.yaml: is empty\n  fix: make one with: cleanclaim map guess FILE --out MAP"),
        ("- a\n", "map.yaml:1:1: is no column map\n  fix: begin with `columns:`"),
        (b"columns: \xff\n", "map.yaml:1:10: is not UTF-8 text\n  fix: save the file as UTF-8"),
    ],
)
def test_a_file_that_is_no_map_is_refused_whole(
    problems: Callable[..., str], content: str | bytes, expected: str
) -> None:
    assert problems(content=content) == expected


def test_a_map_that_is_not_there_names_the_nearest_file(tmp_path: Path) -> None:
    (tmp_path / "peers.yaml").write_text(SOUND, "utf-8")
    with pytest.raises(ColumnMapError, match=r"peer\.yaml: there is no such file\n  fix: did you mean 'peers\.yaml'\?"):
        read_column_map(tmp_path / "peer.yaml")


def test_a_problem_of_a_map_that_is_no_file_has_no_line() -> None:
    with pytest.raises(ColumnMapError, match=r"^column_map: no column of a claim has the name 'unit'"):
        read_column_map(column_map(columns=columns(Units="unit")))


@pytest.mark.parametrize(
    ("headers", "hint"),
    [
        (("Client", "ID", "DOS", "Code", "Unit", "Charge", "Place"), "did you mean 'Unit'?"),
        (("1", "2", "3", "4", "5", "6", "7"), "compare the map with the headers, and header_row: 1 with their row"),
    ],
)
def test_a_map_that_does_not_fit_the_log_says_which_header_is_missing(headers: tuple[str, ...], hint: str) -> None:
    with pytest.raises(ColumnMapError) as caught:
        read(csv_text([visit()], headers), name="log.csv", column_map=column_map())
    missing = "Units" if "Client" in headers else "Client"
    assert str(caught.value) == f"log.csv: no column has the header '{missing}', which column_map names\n  fix: {hint}"


def test_headers_are_compared_without_capitals_and_line_breaks() -> None:
    headers: tuple[Any, ...] = ("CLIENT", " id ", "D O S", "Code", "units", "Charge", "Place")
    batch = read(
        csv_text([visit()], headers), column_map=column_map(columns=columns(DOS=None) | {"d  o\ns": "service_date"})
    )
    assert len(batch.claims) == 1
