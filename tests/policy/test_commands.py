"""`cleanclaim codeset`, `rules` and `explain`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from billing.cli.codeset import codeset
from billing.cli.explain import explain
from billing.cli.rules import rules
from billing.errors import CodeSetError, UsageError
from tests.policy.conftest import Shelf, a_program


@pytest.fixture
def one(shelf: Shelf) -> Shelf:
    shelf.put("states/xx/xx-chw.yaml", a_program())
    return shelf


def run(*words: str | Path) -> Result:
    name, *arguments = (str(word) for word in words)
    command = {"codeset": codeset, "rules": rules, "explain": explain}[name]
    return CliRunner().invoke(command, arguments, standalone_mode=False)


@pytest.mark.usefixtures("one")
def test_checking_sound_shipped_files_finds_nothing() -> None:
    result = run("codeset", "check")
    assert (result.return_value, result.output) == (0, "2 program files, 5 entries and services: nothing to mend\n")


def test_checking_a_folder_tells_what_should_be_mended(one: Shelf) -> None:
    extra = "  other: {title: A, publisher: B, form: page, read_on: 2026-11-22, official: true}\n"
    path = one.put_local("yy-chw.yaml", a_program("yy-chw", more=extra))
    result = run("codeset", "check", one.local)
    assert (result.return_value, result.output) == (1, (
        f"{path}:15:3: other: no entry cites this source\n  fix: cite it, or take it out\n"
        "1 program file, 4 entries and services: 1 thing to mend\n"
    ))  # fmt: skip


def test_checking_a_broken_folder_raises_its_errors(one: Shelf) -> None:
    one.put_local("yy-chw.yaml", a_program("yy-chw").replace("per: day", "per: dya"))
    result = run("codeset", "check", one.local)
    assert isinstance(result.exception, CodeSetError)


def test_the_schema_is_printed_as_json() -> None:
    result = run("codeset", "schema")
    assert (result.return_value, json.loads(result.output)["title"]) == (0, "cleanclaim program file")


@pytest.mark.usefixtures("one")
def test_rules_as_json_give_dates_source_and_cap() -> None:
    result = run("rules", "xx-chw", "--format", "json")
    assert json.loads(result.output)[-1] == {
        "program": "xx-chw",
        "rule": "xx-chw.unit_limits.monthly",
        "kind": "unit_limits",
        "what": "Unit limits: at most 24 units per month.",
        "effective": "2023-07-01",
        "ended": None,
        "severity": "review",
        "capped_by": ["it rests on a reading: a month is a calendar month"],
        "shadow": False,
        "source": "A bulletin",
        "dated": "2023-06-29",
        "url": "https://example.org/bulletin",
        "official": True,
        "assumed": "a month is a calendar month",
    }


@pytest.mark.usefixtures("one")
def test_rules_as_csv_have_one_row_per_rule_of_all_programs_in_force_and_of_every_claim() -> None:
    rows = list(csv.DictReader(io.StringIO(run("rules", "--format", "csv").output)))
    assert [(row["rule"], row["kind"], row["official"]) for row in rows] == [
        ("national.places.known", "places", "true"),
        ("xx-chw.services.individual", "covered_services", "true"),
        ("xx-chw.services.individual", "modifiers", "true"),
        ("xx-chw.services.group", "covered_services", "true"),
        ("xx-chw.services.group", "group_size", "true"),
        ("xx-chw.services.group", "modifiers", "true"),
        ("xx-chw.unit_limits.daily", "unit_limits", "true"),
        ("xx-chw.unit_limits.monthly", "unit_limits", "true"),
    ]


@pytest.mark.usefixtures("one")
def test_rules_as_markdown() -> None:
    markdown = run("rules", "xx-chw", "--format", "md").output.splitlines()
    assert markdown[:2] == ["| rule | kind | what | dates | severity | source |", "|---|---|---|---|---|---|"]
    assert markdown[-2] == (
        "| `xx-chw.unit_limits.daily` | unit_limits | Unit limits: at most 4 units per day. Only for 98960 U7. | "
        "2023-07-01 on | reject | [A bulletin](https://example.org/bulletin) (2023-06-29) |"
    )


@pytest.mark.usefixtures("one")
def test_rules_without_a_program_list_the_programs() -> None:
    assert run("rules").output.splitlines() == [
        "all national  Rules on every claim; 1 rule",
        "XX  xx-chw    A made-up program; 2 services, 2 rules",
        "",
        "`cleanclaim rules PROGRAM` lists the rules of one program, `--format csv` those of all.",
    ]


@pytest.mark.usefixtures("one")
def test_a_kind_is_explained_by_its_page_as_far_as_it_has_one() -> None:
    assert run("explain", "modifiers").output.splitlines() == [
        "modifiers",
        "Modifiers of a service.",
        "",
        "What it checks",
        "  Modifiers.",
        "",
        "In a program file",
        "    required  list of texts (may be left out).",
        "    Every entry may also have id, services, source, effective, ended, assumed, severity, shadow,",
        "    when, unless.",
        "",
        "Programs that use it",
        "  xx-chw",
    ]


@pytest.mark.usefixtures("one")
def test_an_entry_is_explained_with_dates_source_cap_and_layer() -> None:
    assert run("explain", "xx-chw.unit_limits.monthly").output.splitlines() == [
        "xx-chw.unit_limits.monthly",
        "",
        "  Unit limits: at most 24 units per month.",
        "",
        "  program    xx-chw, A made-up program",
        "  services   98960 U7, one member or a group; 98960 HQ, one member or a group",
        "  dates      2023-07-01 on, by date of service",
        "  a finding  holds the claim for review, because it rests on a reading: a month is a calendar month",
        "  source     A bulletin, A state",
        "             bulletin, dated 2023-06-29, official, read on 2026-11-22",
        "             https://example.org/bulletin",
        "  kind       unit_limits: Units over a limit",
        "  written in codesets/states/xx/xx-chw.yaml:12",
        "  layer      state program; no other layer speaks of it",
    ]


def layer(path: str, *folders: Path) -> list[str]:
    """What `explain` says of the layers of an entry, once for each program that has it; lines are joined."""
    options = [part for folder in folders for part in ("--codesets", folder)]
    pages = run("explain", path, *options).output.split("\n  layer ")[1:]
    return [" ".join(page.partition(f"\n{path}\n")[0].split()) for page in pages]


def test_explaining_says_which_layer_won_and_what_it_replaced(one: Shelf) -> None:
    path = one.put_local(
        "xx-chw.yaml",
        "program: xx-chw\nextends: xx-chw\nunit_limits:\n  - {id: daily, at_most: 6, per: day, source: bulletin}\n"
        "  - {id: weekly, at_most: 9, per: week, source: bulletin}\n  - {id: monthly, ended: 2026-12-31}\n",
    )
    base = "codesets/states/xx/xx-chw.yaml"
    assert layer("xx-chw.unit_limits.daily", one.local) == [
        f"local folder; {path}:4 replaces {base}:11 (state program) services: [individual] -> all at_most: 4 -> 6"
    ]
    assert layer("xx-chw.unit_limits.weekly", one.local) == [f"local folder; {path} adds it to xx-chw"]
    assert layer("xx-chw.unit_limits.monthly", one.local) == [
        f"local folder; {path}:6 replaces {base}:12 (state program) ended: not stated -> 2026-12-31"
    ]
    assert layer("xx-chw.services.group", one.local) == [f"state program, as xx-chw has it; {path} leaves it unchanged"]
    assert layer("xx-chw.unit_limits.daily") == ["state program; no other layer speaks of it"]


def test_explaining_an_entry_of_three_layers_tells_what_each_replaced(one: Shelf) -> None:
    one.put(
        "payers/plan/xx-plan.yaml",
        'program: xx-plan\nextends: xx-chw\npayers: ["P1"]\nunit_limits:\n'
        '  - {id: daily, at_most: 8, per: day, when: {payers: ["P1"]}, source: bulletin}\n',
    )
    path = one.put_local(
        "xx-plan.yaml",
        "program: xx-plan\nextends: xx-plan\nunit_limits:\n  - {id: daily, at_most: 8, per: day, source: bulletin}\n",
    )
    plan, base = "codesets/payers/plan/xx-plan.yaml", "codesets/states/xx/xx-chw.yaml"
    own, of_plan = layer("xx-chw.unit_limits.daily", one.local)
    assert own == "state program; no other layer speaks of it"
    assert of_plan == (
        f"local folder; {path}:4 replaces {plan}:5 (payer overlay) when: {{payers: [P1]}} -> not stated "
        f"before, payer overlay; {plan}:5 replaces {base}:11 (state program) services: [individual] -> all "
        "when: not stated -> {payers: [P1]} at_most: 4 -> 8"
    )


@pytest.mark.usefixtures("one")
def test_a_program_is_explained_with_its_entries() -> None:
    assert run("explain", "xx-chw").output.splitlines() == [
        "xx-chw",
        "  name       A made-up program",
        "  state      XX",
        "  status     in force",
        "  dates      2023-07-01 on",
        "  payers     not sourced",
        "  no rule on rates, combinations, place of service, telehealth, diagnoses, age of the member,",
        "             authorization, order, plan of care, worker, supervision, biller, filing deadline",
        "  written in codesets/states/xx/xx-chw.yaml (state)",
        "",
        "  xx-chw.services.individual",
        "    98960 U7: covered services.",
        "    98960 U7: modifiers U7.",
        "",
        "  xx-chw.services.group",
        "    98960 HQ: covered services.",
        "    98960 HQ: group size min 2, max 4.",
        "    98960 HQ: modifiers HQ.",
        "",
        "  xx-chw.unit_limits.daily",
        "    Unit limits: at most 4 units per day. Only for 98960 U7.",
        "",
        "  xx-chw.unit_limits.monthly",
        "    Unit limits: at most 24 units per month.",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("rules", "xx-chv"), "xx-chv: no program has this id\n  fix: did you mean 'xx-chw'?"),
        (("rules", "qq"), "qq: no program has this id\n  fix: the programs are national, xx-chw"),
        (("explain", "unit_limit"),
         "unit_limit: no rule kind, program or entry has this name\n  fix: did you mean 'unit_limits'?"),
        (("explain", "xx-chw.unit_limits.dayly"),
         ("xx-chw.unit_limits.dayly: no rule kind, program or entry has this name\n"
         "  fix: did you mean 'xx-chw.unit_limits.daily'?")),
        (("explain", "?"),
         ("?: no rule kind, program or entry has this name\n"
         "  fix: `cleanclaim rules` lists the programs, `cleanclaim rules PROGRAM` its paths")),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("one")
def test_an_unknown_name_gets_the_nearest(words: tuple[str, ...], message: str) -> None:
    error = run(*words).exception
    assert isinstance(error, UsageError)
    assert str(error) == message
