"""One broken program file per message: each file of `broken/` says exactly this, place, problem and fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing.errors import CodeSetError
from billing.policy import loading
from billing.policy.yaml_tree import MAX_BYTES
from tests.policy.conftest import Shelf, a_program

BROKEN = Path(__file__).parent / "broken"

# File to its message, without the file's name in front of line and column.
MESSAGES = {
    "alias": """\
11:12: anchors and aliases are not used in program files
  fix: write the value out where it belongs""",
    "bad-date": """\
8:50: effective: '13/45/2026' is not a date
  fix: write a date as 2026-12-31""",
    "bad-id": """\
8:10: id: 'Daily Limit' is not written as it should be
  fix: write daily-limit""",
    "bad-published-date": """\
14:12: dated: 'June 2023' is not a date
  fix: write 2026-12-31, 2026-12 or 2026""",
    "bad-state": """\
2:8: state: 'xx' is not written as it should be
  fix: write XX""",
    "block-is-no-list": """\
8:3: unit_limits: a list of entries is expected
  fix: write a list, each entry beginning with `- id:`""",
    "duplicate-id": """\
9:10: id: 'daily' stands twice in unit_limits, first in line 8
  fix: give it another id, or give both their dates""",
    "duplicate-key": """\
5:1: state: this key stands twice, first in line 2
  fix: keep one of them""",
    "duplicate-key-in-braces": """\
8:39: at_most: this key stands twice, first in line 8
  fix: keep one of them""",
    "empty": """\
1:1: is empty
  fix: write `program:` and what follows it""",
    "empty-value": """\
11:11: title: is empty
  fix: write a value, or leave the key out""",
    "ended-before-effective": """\
8:69: ended: 2023-12-31 lies before effective, 2024-01-01
  fix: both are dates of service, the first and the last""",
    "entry-after-the-program": """\
9:50: effective: 2024-01-01 lies after the program's ended, 2023-12-31
  fix: both are dates of service, the first and the last""",
    "id-not-the-file-name": """\
1:10: program: the id is 'xx-chw' but the file is named 'id-not-the-file-name'
  fix: write `program: id-not-the-file-name`, or rename the file""",
    "impossible-date": """\
8:50: effective: '2026-02-30' is not a date
  fix: write a date as 2026-12-31""",
    "kind-without-entries": """\
7:1: group_size: this kind has no entries of its own
  fix: remove the block""",
    "list-for-a-text": """\
6:69: source: a text is expected, not a list
  fix: write one text""",
    "missing-key-of-an-entry": """\
8:5: at_most: is missing
  fix: add `at_most: ...`""",
    "missing-name": """\
1:1: name: is missing
  fix: add `name:`, or `extends:` when this file is an overlay""",
    "missing-program": """\
1:1: program: is missing
  fix: add `program: ...`""",
    "missing-services": """\
1:1: services: is missing
  fix: add `services:`, or `extends:` when this file is an overlay""",
    "nested-too-deep": """\
18:28: lists and maps are nested more than 20 deep
  fix: write it flatter""",
    "no-map": """\
1:1: is not a program
  fix: begin with `program: <id>`""",
    "no-service": """\
8:27: services: names no service
  fix: write all, or a list of service ids""",
    "not-yaml": """\
6:3: cannot be read as YAML: did not find expected node content
  fix: indent with spaces, close every quote and bracket, and put texts with ': ' or ' #' in quotes""",
    "number-in-words": """\
8:26: at_most: 'four' is not a number
  fix: write a number such as 4 or 11.97""",
    "number-too-small": """\
6:79: min: '0' is below the least that makes sense
  fix: write 1 or more""",
    "number-with-underscore": """\
8:26: at_most: readers of YAML disagree about 1_0
  fix: write a number in plain digits; for a text write "1_0"
""",
    "overlapping-rates": """\
6:129: rates: the dates of two rates overlap, from 2023-07-01 and from 2024-07-01
  fix: end the earlier rate the day before""",
    "overlapping-versions": """\
9:10: id: the dates of 'daily' overlap those in line 8 (until 2024-12-31)
  fix: end the earlier entry the day before this one begins""",
    "part-of-a-whole-number": """\
8:36: weeks: '1.5' is not a whole number
  fix: write a whole number such as 4""",
    "program-ended-before-effective": """\
5:8: ended: 2023-12-31 lies before effective, 2024-01-01
  fix: both are dates of service, the first and the last""",
    "second-document": """\
7:1: a second document begins here
  fix: write one program per file""",
    "service-as-text": """\
8:27: services: 'individual' is no list
  fix: write all, or a list: [individual]""",
    "tag": """\
8:26: tags such as !!int are not used
  fix: write the value without it""",
    "text-for-a-list": """\
6:53: modifiers: a list is expected, not 'U7'
  fix: write the items in brackets: [first, second]""",
    "tied-services": """\
7:10: id: 'other' and 'individual' (line 6) have the same procedure and modifiers
  fix: tell them apart by a modifier or by dates, or make them one service (delivery: individual_or_group)""",
    "unknown-base": """\
5:10: extends: no program below this file has the id 'xx-chv'
  fix: write the id of a program""",
    "unknown-key-inside-a-service": """\
6:85: from: no key here has this name
  fix: the keys here are amount, amounts, effective, ended, source""",
    "unknown-key-of-a-service": """\
6:42: modifers: no key here has this name
  fix: did you mean 'modifiers'?""",
    "unknown-key-of-a-source": """\
13:5: date: no key here has this name
  fix: did you mean 'dated'?""",
    "unknown-key-of-an-entry": """\
8:17: at_mots: no key here has this name
  fix: did you mean 'at_most'?""",
    "unknown-kind": """\
7:1: unit_limts: no rule kind has this name
  fix: did you mean 'unit_limits'?""",
    "unknown-service": """\
8:28: services: no service here has the id 'individul'
  fix: did you mean 'individual'?""",
    "unknown-service-not-with": """\
10:26: not_with: no service here has the id 'group'
  fix: the services are individual""",
    "unknown-source": """\
8:47: source: no source here has the id 'buletin'
  fix: did you mean 'bulletin'?""",
    "unknown-source-of-the-unit": """\
6:100: unit_minutes_source: no source here has the id 'kmap'
  fix: add `kmap:` under `sources:`""",
    "unquoted-modifier": """\
6:54: modifiers: codes are text: write "U7" in quotes""",
    "unquoted-modifier-read-as-false": """\
6:60: modifiers: codes are text: write "NO" in quotes""",
    "unquoted-place": """\
10:32: allowed: codes are text: write "02" in quotes
10:36: allowed: codes are text: write "99" in quotes""",
    "unquoted-procedure": """\
6:33: procedure: codes are text: write "98960" in quotes""",
    "word-not-in-the-list": """\
8:34: per: 'dayly' is not one of its words
  fix: did you mean 'day'? write one of day, week, month""",
    "yes-for-true": """\
17:15: official: readers of YAML disagree about yes
  fix: write true or false; for a text write "yes"
""",
}


def test_every_broken_file_has_its_message() -> None:
    assert sorted(path.stem for path in BROKEN.glob("*.yaml")) == sorted(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_broken_file_gets_place_problem_and_fix(name: str, shelf: Shelf) -> None:
    shelf.put(f"states/xx/{name}.yaml", (BROKEN / f"{name}.yaml").read_text(encoding="utf-8"))
    with pytest.raises(CodeSetError) as raised:
        loading.load_codesets()
    assert str(raised.value).replace(f"codesets/states/xx/{name}.yaml:", "") == MESSAGES[name].rstrip("\n")


def test_all_problems_of_all_files_are_told_at_once(shelf: Shelf) -> None:
    shelf.put(
        "states/xx/xx-chw.yaml", a_program().replace("at_most: 4", "at_most: four").replace("per: day", "per: dy")
    )
    shelf.put("states/yy/yy-chw.yaml", a_program("yy-chw").replace("unit_limits", "unit_limts"))
    with pytest.raises(CodeSetError) as raised:
        loading.load_codesets()
    places = [line.split(": ")[0] for line in str(raised.value).splitlines() if not line.startswith("  fix")]
    assert places == [
        "codesets/states/xx/xx-chw.yaml:11:50",
        "codesets/states/xx/xx-chw.yaml:11:61",
        "codesets/states/yy/yy-chw.yaml:10:1",
    ]


def test_a_file_of_the_largest_size_is_read(shelf: Shelf) -> None:
    text = a_program()
    shelf.put("states/xx/xx-chw.yaml", text + "#" * (MAX_BYTES - len(text)))
    assert [program.id for program in loading.load_codesets().programs] == ["xx-chw"]


def test_a_file_one_byte_larger_is_refused_unread(shelf: Shelf) -> None:
    text = a_program()
    shelf.put("states/xx/xx-chw.yaml", text + "#" * (MAX_BYTES - len(text) + 1))
    with pytest.raises(CodeSetError) as raised:
        loading.load_codesets()
    assert str(raised.value) == (
        "codesets/states/xx/xx-chw.yaml: has 1,000,001 bytes; a program file has at most 1,000,000\n"
        "  fix: name program files only"
    )


@pytest.mark.parametrize("opening", ["[", "- ", "{a: "])
def test_a_file_nested_without_end_is_refused_and_does_not_end_the_process(shelf: Shelf, opening: str) -> None:
    shelf.put("states/xx/xx-chw.yaml", opening * 200_000)
    with pytest.raises(CodeSetError, match="nested more than 20 deep"):
        loading.load_codesets()


def test_bytes_that_are_no_text_are_refused_with_their_place(shelf: Shelf) -> None:
    path = shelf.put("states/xx/xx-chw.yaml", "")
    path.write_bytes(b"program: xx-chw\nname: caf\xe9\n")
    with pytest.raises(CodeSetError) as raised:
        loading.load_codesets()
    assert str(raised.value) == (
        "codesets/states/xx/xx-chw.yaml:2:10: is not UTF-8 text\n  fix: save the file as UTF-8"
    )


def test_a_control_character_is_refused_with_its_place(shelf: Shelf) -> None:
    shelf.put("states/xx/xx-chw.yaml", 'program: "xx\x00"\n')
    with pytest.raises(CodeSetError) as raised:
        loading.load_codesets()
    assert str(raised.value) == (
        "codesets/states/xx/xx-chw.yaml:1:13: holds a character that no text file holds\n  fix: remove it"
    )


def test_a_missing_national_file_is_said(shelf: Shelf) -> None:
    (shelf.shipped / "national" / "national.yaml").unlink()
    with pytest.raises(
        CodeSetError, match=r"^codesets/national/national.yaml: is missing\n  fix: install cleanclaim again$"
    ):
        loading.load_codesets()


def test_services_in_the_national_file_are_refused(shelf: Shelf) -> None:
    path = shelf.shipped / "national" / "national.yaml"
    path.write_text(path.read_text() + 'services:\n  - {id: a, procedure: "98960", source: guide}\n', encoding="utf-8")
    with pytest.raises(CodeSetError, match=r":7:1: services: rules on every claim name no services$"):
        loading.load_codesets()
