"""Claim JSON written from the frames: short, in the contract's order, and the same claims when it is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from billing.batch import Batch
from billing.claims import Claim, frames_to_claims
from billing.formats import read
from billing.formats.new_jsonl import write_jsonl
from tests.outgoing import record

SAMPLES = Path(__file__).resolve().parents[2] / "claims_samples"


def claims_of(batch: Batch) -> list[Claim]:
    return list(frames_to_claims(batch.claims, batch.lines, batch.malformed))


@pytest.mark.parametrize(
    "path", [SAMPLES / "ks_chw.837", *sorted(SAMPLES.glob("shapes/*.837"))], ids=lambda path: path.stem
)
def test_every_sample_is_the_same_claims_when_it_is_read_back(path: Path) -> None:
    batch = read(path)
    content = write_jsonl(batch)
    assert claims_of(read(content)) == claims_of(batch)
    assert write_jsonl(read(content)) == content


def test_a_claim_is_one_line_that_says_nothing_it_need_not() -> None:
    made = record(
        line__units="4.50", line__start_time="09:00", line__end_time="10:30:15", line__group_size=3,
        other_payers=[{"id": "MEDICARE", "paid": "20.50", "decided_on": "2026-05-10"}], service_facility={"npi": "1"},
        line__diagnosis_pointers="1:x",
    )  # fmt: skip
    lines = write_jsonl(read([made])).decode().splitlines()
    assert len(lines) == 1
    expected: dict[str, Any] = made | {"malformed": [{"line_number": 1, "column": "diagnosis_pointers", "text": "1:x"}]}
    expected["lines"] = [{k: v for k, v in made["lines"][0].items() if k != "diagnosis_pointers"} | {"units": "4.5"}]
    assert json.loads(lines[0]) == expected
    assert "null" not in lines[0]
    assert lines[0].startswith('{"claim_id":"C1","member":{"id":"00123456789","last_name":"DOE"')


@examples(max_examples=12)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), min_size=1, max_size=4))
def test_any_text_comes_back_as_it_was(texts: list[str]) -> None:
    made = [
        record(
            f"C{number}",
            original_claim_id=text,
            line__session_id=f'"payer":null,{text}{{}}',
            member={"last_name": text},
        )
        for number, text in enumerate([*texts, '","a":null,"b":{}', "\\", '\\"x":null'])
    ]
    batch = read(made)
    assert claims_of(read(write_jsonl(batch))) == claims_of(batch)


def test_no_claims_are_no_line() -> None:
    assert write_jsonl(Batch()) == b""
