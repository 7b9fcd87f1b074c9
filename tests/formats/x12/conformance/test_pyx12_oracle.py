"""The oracle says what pyx12 itself says, the seeds are valid, and the mutants are many and always the same."""

from __future__ import annotations

import functools
import hashlib
import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import pyx12.map_if
import pyx12.x12n_document

from tests.formats.x12.conformance.drawn import all_segments
from tests.formats.x12.conformance.mutants import TWO_DEFECTS, mutant
from tests.formats.x12.conformance.mutation import KINDS
from tests.formats.x12.conformance.pieces import written
from tests.formats.x12.conformance.pyx12_oracle import CRASH, judge, parameters
from tests.formats.x12.conformance.seeds import seeds

ROOT = Path(__file__).resolve().parents[4]
EVERY_KIND = range(len(KINDS) + 1)


@pytest.fixture(scope="module", autouse=True)
def one_map() -> Iterator[None]:
    """Read each of pyx12's maps once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyx12.map_if, "load_map_file", functools.cache(pyx12.map_if.load_map_file))
        yield


def said_by_pyx12(text: str, log: pytest.LogCaptureFixture) -> tuple[bool, list[str]]:
    """The verdict of pyx12's public function and what it logs of each error; it may also fall over."""
    logging.getLogger("pyx12").setLevel(logging.ERROR)
    log.clear()
    try:
        is_valid = pyx12.x12n_document.x12n_document(parameters(), io.StringIO(text), None, None)
    except Exception:  # noqa: BLE001 - a crash of the oracle is one of its answers
        is_valid = False
    messages = [record.getMessage() for record in log.records if record.name == "pyx12.error_handler"]
    return is_valid, sorted(message.partition(" - ")[2] for message in messages)


@pytest.mark.parametrize("number", EVERY_KIND)
def test_the_oracle_says_what_the_public_function_of_pyx12_says(number: int, caplog: pytest.LogCaptureFixture) -> None:
    text = mutant(number).text
    is_valid, messages = said_by_pyx12(text, caplog)
    judgement = judge(text)
    assert judgement.is_valid == is_valid
    texts = sorted(row.text for row in judgement.rows if row.code != CRASH)
    falls_over = len(texts) < len(judgement.rows)
    assert falls_over or len(texts) == len(messages)
    # The log adds the value to some messages; what stands behind a crash, only the oracle still sees.
    assert falls_over or [text for text, said in zip(texts, messages, strict=True) if not said.startswith(text)] == []


def test_every_seed_is_valid_and_every_segment_of_the_guide_stands_in_one() -> None:
    assert [seed.name for seed in seeds() if not judge(written(seed.pieces)).is_valid] == []
    given = {piece.node.get_path() for seed in seeds() for piece in seed.pieces}
    assert [path for path in all_segments() if path not in given] == []


def test_there_are_many_kinds_of_defect_and_a_mutant_says_its_kind_and_place() -> None:
    assert len(KINDS) > 100
    made = [mutant(number) for number in EVERY_KIND]
    assert [each.kind for each in made] == [*KINDS, TWO_DEFECTS]
    assert [each.kind for each in made if not all(place.position for place in each.places)] == []


def digest(numbers: range) -> str:
    """One number for the bytes of many mutants."""
    return hashlib.sha256("".join(mutant(number).text for number in numbers).encode()).hexdigest()


def test_the_same_number_gives_the_same_bytes_in_every_process() -> None:
    program = "from tests.formats.x12.conformance.test_pyx12_oracle import digest; print(digest(range(90, 200)))"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    other = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT,
                           env=environment)  # fmt: skip
    assert other.stdout.strip() == digest(range(90, 200))
