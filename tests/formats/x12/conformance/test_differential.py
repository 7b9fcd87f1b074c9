"""The conformance check against pyx12 on thousands of broken files: verdicts and places agree, or the table says why.

`CLEANCLAIM_MUTANTS` sets how many files (5,000 by default), so that a night may try many more.
"""

from __future__ import annotations

import os

import pytest

from tests.formats.x12.conformance.differential import FILES_PER_READ, Difference, cases, compare
from tests.formats.x12.conformance.disagreements import Case, entries
from tests.formats.x12.conformance.mutants import mutant, named
from tests.formats.x12.conformance.pieces import written
from tests.formats.x12.conformance.said import said_by_pyx12, said_by_us, said_by_us_of_one
from tests.formats.x12.conformance.seeds import seeds

FILES = int(os.environ.get("CLEANCLAIM_MUTANTS", "5000"))
SINGLE = range(7, 5000, 149)


@pytest.mark.parametrize("first", range(0, FILES, FILES_PER_READ))
def test_the_check_and_pyx12_agree_on_broken_files_or_the_table_says_why(first: int) -> None:
    numbers = range(first, min(first + FILES_PER_READ, FILES))
    differ = [(each.name, compare(case)) for each, case in cases(mutant(number) for number in numbers)]
    assert {name: _shown(difference) for name, difference in differ if not difference.is_explained} == {}


def _shown(difference: Difference) -> list[str]:
    sides = (("pyx12", difference.theirs), ("cleanclaim", difference.ours), ("softer", difference.softer))
    verdicts = [f"verdict on {unit}" for unit in sorted(difference.verdict)]
    return [*verdicts, *(f"{side}: {said}" for side, errors in sides for said in errors)]


@pytest.mark.parametrize("name", [entry.name for entry in entries()])
def test_an_entry_of_the_table_is_hit_by_its_example(name: str) -> None:
    entry = next(entry for entry in entries() if entry.name == name)
    each = named(entry.example)
    difference = compare(Case(each.kind, each.pieces, said_by_pyx12(each.text), said_by_us([each.pieces])[0]))
    assert name in difference.hit
    assert difference.is_explained, _shown(difference)


def test_files_read_as_interchanges_of_one_are_judged_as_files_read_one_by_one() -> None:
    files = [mutant(number) for number in SINGLE]
    together = said_by_us([each.pieces for each in files])
    alone = [said_by_us_of_one(each.text) for each in files]
    differ = {each.name: (one, other) for each, one, other in zip(files, together, alone, strict=True) if one != other}
    assert differ == {}


def test_the_check_finds_nothing_wrong_with_a_valid_file() -> None:
    answers = said_by_us([seed.pieces for seed in seeds()])
    assert {seed.name: answer for seed, answer in zip(seeds(), answers, strict=True) if answer} == {}
    assert said_by_us_of_one(written(seeds()[0].pieces)) == []
