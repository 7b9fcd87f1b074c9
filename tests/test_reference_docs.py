"""The pages under docs/: what is committed is what the code sets say now."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

from billing.policy import loading
from billing.policy.loading import load_library
from billing.reference_docs import pages
from billing.reference_docs.coverage import coverage_markdown
from billing.reference_docs.gaps import FINDINGS, Gap, Gaps, load_gaps, state_names
from billing.reference_docs.markdown import link, page, plain, table
from billing.reference_docs.programs import program_markdown
from tests.formats.x12.conformance import page as conformance
from tests.toy import PROGRAM, shelve

DOCS = Path(__file__).parents[1] / "docs"
OF_CODE_SETS = pages(load_library())
MADE = {**OF_CODE_SETS, conformance.NAME: conformance.pyx12_page()}
WRITTEN_BY_HAND = {"acknowledgements.md", "conformance.md", "formats.md", "service-logs.md"}
# Made where the public sample files are.
ELSEWHERE = {"compatibility.md"}

PROGRAM_PAGE = """\
# A made-up peer program

* Program: `xx-peer`, Kansas, peer support
* In force; dates of service: 2024-01-01 on
* Payer ids: PAYER1
* The rendering provider on the claim is the worker

## What may be billed

| Code | Modifiers | For | A unit is | In a session | Rate | Dates of service | Source |
|---|---|---|---|---|---|---|---|
| H0038 | HE | one member | 15 minutes [2](#sources) |  | $11.50 a unit, 2024-01-01 to 2025-12-31 [1](#sources)<br>$12.00 a unit, 2026-01-01 on [2](#sources) | 2024-01-01 on | [1](#sources) |
| H0038 | HE HQ | a group |  | 2 to 8 members |  | 2024-01-01 on | [1](#sources) |
| H0038 | U4 | one member in the older program |  |  |  | until 2023-12-31 | [1](#sources) |
| H2015 |  | one member or a group |  |  |  | 2027-01-01 on | [1](#sources) |

## Rules

### Modifiers

* H0038 is billed with HE. 95 or 93 may be added. Any other modifier is held for review, unless it only informs.
  <br>2024-01-01 on; may reject the claim; source [1](#sources); `xx-peer.services.individual`
* H0038 is billed with HE and HQ. The order counts: HE in place 1 and HQ in place 2. Any other modifier is refused, unless it only informs.
  <br>2024-01-01 on; may reject the claim; source [1](#sources); `xx-peer.services.group`
* H0038 is billed with U4. Any other modifier is held for review, unless it only informs.
  <br>until 2023-12-31; may reject the claim; source [1](#sources); `xx-peer.services.older`
* No modifier is named for H2015. A modifier is held for review, unless it only informs.
  <br>2027-01-01 on; may reject the claim; source [1](#sources); `xx-peer.services.coming`

### Length of a unit

* A unit of H0038 HE is 15 minutes; how minutes are rounded is not sourced.
  <br>2024-01-01 on; holds the claim for review, because its source is unofficial; its source is an article; source [2](#sources); `xx-peer.services.individual`

### Limits

* At most 16 units per member per day, both services together. Only for H0038 HE and H0038 HE HQ.
  <br>2024-01-01 on; may reject the claim; source [1](#sources); `xx-peer.unit_limits.daily`
* At most 400 units per member per fiscal year, the year beginning on July 1. An authorization lifts the limit: its own units then count. Only for H0038 HE. Only for members under 21, at place of service 02 or 10.
  <br>2024-01-01 on; holds the claim for review, because it rests on a reading: a year is the state's fiscal year; source [1](#sources); `xx-peer.unit_limits.yearly`
* At most 40 units per member per week, the week beginning on Sunday, all three services together.
  <br>2026-07-01 on; may reject the claim; source [1](#sources); `xx-peer.unit_limits.weekly`

### Age of the member

* The member is 18 or older. On trial: it decides nothing.
  <br>2024-01-01 on; source [2](#sources); `xx-peer.ages.adults`

### Filing deadline

* The claim is received within 6 months of the end of the month of service.
  <br>2024-01-01 on; may reject the claim; source [3](#sources); `xx-peer.timely_filing.six-months`

## What is not checked

* Supervision is documented. Not checked.
* No rule on: combinations, place of service, telehealth, diagnoses, authorization, order, plan of care, worker, supervision, biller. No source was found, or a note above says what is not checked.

## Sources

|  | Source | Form | Dated | Official | Read on | Note |
|---|---|---|---|---|---|---|
| 1 | [Bulletin 7](https://example.org/7), A state | bulletin | 2023-12-01 | yes | 2026-11-22 | Read in a copy. |
| 2 | [A blog](https://example.org/blog), Someone | article | 2024 | no | 2026-11-22 |  |
| 3 | Statute 12, A state | statute | no date | yes | 2026-11-22 |  |

Written in `codesets/states/xx/xx-peer.yaml`. `cleanclaim explain PATH` shows one entry, such as `xx-peer.services.individual`.

*Generated from the code sets by `make docs`; do not edit.*
"""

COVERAGE_PAGE = """\
# Coverage

2 programs of 1 state can be used, 1 template is incomplete, and for 2 states no program can be used. What could not be found was looked for until 2026-11-22; that is no proof that it does not exist.

A rule rejects a claim only on an official source that is known to be current. On an unofficial or undated source, or on a reading of ambiguous words, it holds the claim for a person to look at. What no source says is absent and not checked.

## At a glance

| State | Community health workers | Peer support |
|---|---|---|
| [Kansas](#kansas) | proposed only | [xx-peer](programs/xx-peer.md) |
| [Missouri](#missouri) | not written down | [xx-none](programs/xx-none.md) (incomplete) |
| [Ohio](#ohio) | proposed only | not written down |

## Templates

These hold rules without the codes to apply them to. A payer's overlay completes them.

| Template | Missing |
|---|---|
| [xx-none](programs/xx-none.md) | a sourced procedure code, its first day, its rules |

## State by state

### Kansas

**Community health workers**: proposed only. A bill was seen. Source: [SB 1](https://example.org/1), 2025, official; A blog, not official.

**[xx-peer](programs/xx-peer.md)**: A made-up peer program (in force, 2024-01-01 on)

* May be billed: H0038 HE, H0038 HE HQ and H2015
* For earlier dates: H0038 U4
* Rules on: length of a unit, group size, rates, limits, age of the member, filing deadline
* 7 entries may reject; 3 can, in whole or in part, only hold a claim for review
* Sources: [Bulletin 7](https://example.org/7) (bulletin, 2023-12-01, official); [A blog](https://example.org/blog) (article, 2024, not official); Statute 12 (statute, undated, official)
* No rule on: combinations, place of service, telehealth, diagnoses, authorization, order, plan of care, worker, supervision, biller
* Not checked: 1 note on the program's page

### Missouri

**Community health workers**: not written down.

**[xx-none](programs/xx-none.md)**: A benefit (incomplete, its first day was not found)

* Sources: [Bulletin 7](https://example.org/7) (bulletin, 2023-12-01, official); [A blog](https://example.org/blog) (article, 2024, not official); Statute 12 (statute, undated, official)
* No rule on: length of a unit, group size, rates, limits, combinations, place of service, telehealth, diagnoses, age of the member, authorization, order, plan of care, worker, supervision, biller, filing deadline
* Not checked: 1 note on the program's page

### Ohio

**Community health workers**: proposed only. A bill was seen. Source: [SB 1](https://example.org/1), 2025, official; A blog, not official.

**Peer support**: not written down.

## In no single state

**[us-all](programs/us-all.md)**: A made-up peer program (proposed, 2024-01-01 on)

* May be billed: H0038 HE, H0038 HE HQ and H2015
* For earlier dates: H0038 U4
* Rules on: length of a unit, group size, rates, limits, age of the member, filing deadline
* 0 entries may reject; 9 can, in whole or in part, only hold a claim for review
* Sources: [Bulletin 7](https://example.org/7) (bulletin, 2023-12-01, official); [A blog](https://example.org/blog) (article, 2024, not official); Statute 12 (statute, undated, official)
* No rule on: combinations, place of service, telehealth, diagnoses, authorization, order, plan of care, worker, supervision, biller
* Not checked: 1 note on the program's page

*Generated from the code sets by `make docs`; do not edit.*
"""


@pytest.mark.parametrize("name", MADE)
def test_a_committed_page_is_what_the_code_sets_say_now(name: str) -> None:
    path = DOCS / name
    assert path.exists(), "run `make docs`"
    assert path.read_text("utf-8") == MADE[name], "run `make docs`"


def test_no_page_is_left_of_a_kind_or_program_that_is_gone() -> None:
    committed = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert committed - WRITTEN_BY_HAND - ELSEWHERE == set(MADE), "run `make docs`"


def test_the_same_code_sets_give_the_same_pages() -> None:
    loading._library.cache_clear()
    assert pages(load_library()) == OF_CODE_SETS


@pytest.mark.parametrize("name", MADE)
def test_every_link_of_a_page_to_another_leads_somewhere(name: str) -> None:
    text = MADE[name]
    here = Path(name).parent
    for address in re.findall(r"(?<!\\)\]\(([^)]+)\)", text):
        if address.startswith("http"):
            continue
        file, _, anchor = address.partition("#")
        target = (here / file).as_posix() if file else name
        target = re.sub(r"[^/]+/\.\./", "", target)
        assert target in MADE
        headings = re.findall(r"^#+ (.*)$", MADE[target], re.MULTILINE)
        assert not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", MADE)
def test_a_table_has_as_many_cells_in_every_row(name: str) -> None:
    rows = [line for line in MADE[name].splitlines() if line.startswith("|")]
    blocks = re.split(r"\n(?!\|)", "\n".join(MADE[name].splitlines()))
    for block in blocks:
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines() if line.startswith("|")}
        assert len(counts) <= 1
    assert all(row.endswith("|") for row in rows)


# ---------------------------------------------------------------------------------------------- a made-up program


def a_toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **programs: str) -> loading.Library:
    folder = shelve(tmp_path / "codesets", **programs)
    monkeypatch.setattr(loading, "shipped", lambda: folder)
    return load_library()


def test_the_page_of_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = a_toy(tmp_path, monkeypatch, xx_peer=PROGRAM)
    assert program_markdown(library.programs["xx-peer"]) == PROGRAM_PAGE


def test_the_page_of_an_incomplete_program_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "program: xx-none\nstate: KS\nname: A benefit without codes\nstatus: incomplete\nnotes: [No code was found]\n"
    )
    sources = PROGRAM[PROGRAM.index("sources:") :]
    library = a_toy(tmp_path, monkeypatch, xx_none=text + sources)
    assert program_markdown(library.programs["xx-none"]).splitlines()[:6] == [
        "# A benefit without codes",
        "",
        "* Program: `xx-none`, Kansas",
        "* Incomplete: it cannot be used until what is missing is added; dates of service: its first day was not found",
        "* Missing: a sourced procedure code, its first day, its rules",
        "* Payer ids: none was found in a source",
    ]


def test_the_page_of_an_overlay_names_what_it_lies_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overlay = 'program: yy-plan\nextends: xx-peer\npayers: ["PLAN"]\n'
    library = a_toy(tmp_path, monkeypatch, xx_peer=PROGRAM, yy_plan=overlay)
    assert "* On top of [xx-peer](xx-peer.md)\n" in program_markdown(library.programs["yy-plan"])


def test_coverage_tells_each_state_by_its_programs_or_by_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = "program: xx-none\nstate: MO\nname: A benefit\nstatus: incomplete\nnotes: [No code was found]\n"
    template += PROGRAM[PROGRAM.index("sources:") :]
    nowhere = PROGRAM.replace("xx-peer", "us-all").replace("state: KS", "state: US").replace("in_force", "proposed")
    library = a_toy(tmp_path, monkeypatch, xx_peer=PROGRAM, xx_none=template, us_all=nowhere)
    gap = Gap.model_validate(
        {"finding": "proposed", "words": "A bill was seen.", "sources": [
            {"title": "SB 1", "url": "https://example.org/1", "dated": "2025", "official": True},
            {"title": "A blog", "official": False}]}
    )  # fmt: skip
    gaps = Gaps(read_on=load_gaps().read_on, community_health_worker={"KS": gap, "OH": gap}, peer_support={})
    names = {"KS": "Kansas", "MO": "Missouri", "OH": "Ohio"}
    assert coverage_markdown(list(library.programs.values()), gaps, names) == COVERAGE_PAGE


# ------------------------------------------------------------------------------------------------- what was not found


def test_what_was_not_found_is_told_of_known_states_with_known_findings() -> None:
    gaps = load_gaps()
    told = [*gaps.community_health_worker.items(), *gaps.peer_support.items()]
    assert {state for state, _ in told} <= set(state_names())
    assert {gap.finding for _, gap in told} == set(FINDINGS)
    assert [state for state, gap in told if not re.match(r"[A-Z].*\.$", gap.words)] == []
    assert len(state_names()) == 51


# ---------------------------------------------------------------------------------------------------------- Markdown


def test_a_column_without_values_is_left_out_and_so_is_a_table_without_rows() -> None:
    assert list(table(("a", "b", "c"), [("1", "", "x|y"), ("2", "", "")])) == [
        "| a | c |", "|---|---|", r"| 1 | x\|y |", "| 2 |  |", "",
    ]  # fmt: skip
    assert list(table(("a",), [])) == []


def test_text_is_no_markup_but_code_stays_code() -> None:
    assert plain("`unit_limits` of <b> [x] *y* a_b") == r"`unit_limits` of \<b> \[x\] \*y\* a\_b"
    assert link("A (b) [c]", "https://example.org/a b(c)") == r"[A (b) \[c\]](https://example.org/a%20b(c%29)"
    assert link("A", "") == "A"


def test_a_page_has_no_two_empty_lines_and_says_that_it_is_generated() -> None:
    assert page("# A", "", "", ["b", "", ""], "c") == (
        "# A\n\nb\n\nc\n\n*Generated from the code sets by `make docs`; do not edit.*\n"
    )


# ----------------------------------------------------------------------------------------------------- the generator


def test_the_generator_writes_every_page_and_removes_those_that_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "programs" / "gone.md"
    gone.parent.mkdir()
    gone.write_text("# Gone\n", encoding="utf-8")
    kept = tmp_path / "guide.md"
    kept.write_text("# A guide\n", encoding="utf-8")
    monkeypatch.delenv("CLEANCLAIM_SAMPLES", raising=False)
    monkeypatch.setattr(sys, "argv", ["generate.py", "--out", str(tmp_path)])
    runpy.run_path(str(DOCS / "generate.py"), run_name="__main__")
    written = {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in tmp_path.rglob("*.md")}
    assert written == {**MADE, "guide.md": "# A guide\n"}
    assert capsys.readouterr().out == f"{len(MADE)} pages in {tmp_path}\n"
