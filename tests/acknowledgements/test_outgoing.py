"""What a run answers to its inputs: valid for an independent reader, and the same counts and cents as its summary."""

from __future__ import annotations

import functools
import io
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import pyx12.map_if
import pyx12.params
import pyx12.x12n_document

import billing
from billing.acknowledgements.outgoing import acknowledgement_files
from billing.policy.codesets import CodeSets
from billing.result import Result
from tests.results import four_claims_result
from tests.x12_files import as_bytes, claim, interchange, simple_body, subscriber_loop, billing_loop, transaction

SAMPLES = Path(__file__).resolve().parents[2] / "claims_samples"
PARAMETERS = pyx12.params.params()
EVERY = sorted(SAMPLES.glob("**/*.837"))
NOT_BASIC_LETTERS = {"latin1"}  # pyx12 knows no accents; the implementation guide leaves them to the trading partners
RECEIVED = "2026-11-22"


@pytest.fixture(scope="module", autouse=True)
def one_map() -> Iterator[None]:
    """Read each map once for all files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyx12.map_if, "load_map_file", functools.cache(pyx12.map_if.load_map_file))
        yield


@pytest.fixture(scope="module")
def codesets() -> CodeSets:
    programs = ("ks-chw", "az-chw", "mi-chw", "nc-pss", "nj-sud-peer", "tx-peer-specialist")
    return billing.load_codesets(programs=list(programs))


def complaints(answer: bytes) -> list[str]:
    """Return what pyx12 finds wrong with an answer."""
    found = io.StringIO()
    text = io.StringIO(answer.decode("latin-1"))
    is_valid = pyx12.x12n_document.x12n_document(PARAMETERS, text, None, None, fd_json=found)
    words = [line.strip() for line in found.getvalue().splitlines() if "err_str" in line]
    assert is_valid == (not words)
    return words


def segments(answer: bytes) -> list[list[str]]:
    """Return the elements of each segment of an answer."""
    text = answer.decode("latin-1")
    return [part.strip().split(text[3]) for part in text.split(text[105]) if part.strip()]


def answers(result: Result) -> dict[str, bytes]:
    return dict(acknowledgement_files(result))


def check(data: bytes | Path, codesets: CodeSets) -> tuple[Result, dict[str, bytes]]:
    result = billing.validate(data, codesets, received=RECEIVED)
    return result, answers(result)


def totals(answer: bytes, quantities: tuple[str, str]) -> dict[str, Decimal]:
    """Add up the quantities and amounts that stand with them: those of the submitter, or those of the providers."""
    added: Counter[str] = Counter()
    inside = False
    for segment in segments(answer):
        if segment[0] == "HL":
            inside = segment[3] == {"90": "21", "QA": "19"}[quantities[0]]
        elif inside and segment[0] in ("QTY", "AMT"):
            added[segment[1]] += Decimal(segment[2])  # type: ignore[assignment]  # Counter takes any number
    return dict(added)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_an_independent_reader_finds_every_answer_valid(path: Path, codesets: CodeSets) -> None:
    _, files = check(path, codesets)
    assert list(files) == ["ta1.x12", "999.x12", "277ca.x12"]
    found = {name: complaints(content) for name, content in files.items()}
    if path.stem in NOT_BASIC_LETTERS:
        assert all("invalid character" in words for words in found.pop("277ca.x12"))
    if path.stem == "broken_claims":
        # A claim without a date that can be read: the guide asks for one, and none is made up.
        missing = '"err_str": "Mandatory segment \\"Claim Level Service Date\\" (DTP) missing",'
        assert found.pop("277ca.x12") == [missing]
    assert not any(found.values())


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_the_277ca_counts_what_the_summary_counts_in_claims_and_in_cents(path: Path, codesets: CodeSets) -> None:
    result, files = check(path, codesets)
    summary, charges = result.summary, {name: Decimal(amount) for name, amount in result.summary["charges"].items() if name != "unreadable_without_charge"}
    answer = files["277ca.x12"]
    submitter, providers = totals(answer, ("90", "AA")), totals(answer, ("QA", "QC"))
    taken, refused = summary["accepted"] + summary["review"], summary["rejected"] + summary["unreadable"]
    assert {name: submitter.get(name, 0) for name in ("90", "AA", "YU", "YY")} == {
        "90": taken, "AA": refused, "YU": charges["accepted"] + charges["review"], "YY": charges["rejected"] + charges["unreadable"],
    }  # fmt: skip
    assert {name: providers.get(name, 0) for name in ("QA", "QC", "YU", "YY")} == {
        "QA": taken, "QC": summary["rejected"], "YU": charges["accepted"] + charges["review"], "YY": charges["rejected"],
    }  # fmt: skip
    statuses = Counter[str]()
    is_claim = False
    for segment in segments(answer):
        if segment[0] == "TRN":
            is_claim = True
        elif segment[0] in ("HL", "SVC"):
            is_claim = False
        elif segment[0] == "STC" and is_claim:
            statuses[segment[1].split(answer.decode("latin-1")[104])[0]] += 1
            is_claim = False
    levels = statuses.pop("A1") - summary["review"]
    assert statuses.get("A2", 0) == summary["accepted"]
    assert sum(statuses.values()) - statuses.get("A2", 0) == summary["rejected"]
    # One A1 more for each submitter and each provider.
    assert levels == sum(segment[0] == "HL" and segment[3] in ("21", "19") for segment in segments(answer))
