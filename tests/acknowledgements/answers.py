"""Runs and their acknowledgements, taken apart for the tests; pyx12 is the independent reader."""

from __future__ import annotations

import functools
import io
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyx12.params
import pyx12.x12n_document

import billing
from billing.acknowledgements.outgoing import acknowledgement_files
from billing.policy.codesets import CodeSets
from billing.result import Result
from billing.syntax_errors import SYNTAX_ERROR_SCHEMA
from tests.x12_files import as_bytes, interchange

SAMPLES = Path(__file__).resolve().parents[2] / "claims_samples"
PARAMETERS = pyx12.params.params()
EVERY = sorted(SAMPLES.glob("**/*.837"))
NOT_BASIC_LETTERS = {"latin1"}  # pyx12 knows no accents; the implementation guide leaves them to the trading partners
KINDS = ["ta1.x12", "999.x12", "277ca.x12"]


@functools.cache
def codesets() -> CodeSets:
    return billing.load_codesets(programs=["ks-chw", "az-chw", "mi-chw", "nc-pss", "nj-sud-peer", "tx-peer-specialist"])


@functools.cache
def sample(path: Path) -> Result:
    return billing.validate(path, codesets(), received="2026-11-22")


@functools.cache
def sample_files(path: Path) -> dict[str, bytes]:
    return dict(acknowledgement_files(sample(path)))


@functools.cache
def kansas() -> CodeSets:
    return billing.load_codesets(programs=["ks-chw"])


@functools.cache
def judged(data: bytes) -> Result:
    return billing.validate(data, kansas(), received="2026-11-22")


def run(data: bytes, syntax: list[dict[str, Any]] | None = None) -> Result:
    """Judge a file; with hand-made syntax errors in place of its own, where some are given."""
    result = judged(data)
    if syntax is None:
        return result
    frame = pl.DataFrame(syntax, schema=SYNTAX_ERROR_SCHEMA, orient="row")
    return Result(replace(result.batch, syntax_errors=frame), result.judgement, result.codesets, result.received)


def files_of(*segments: list[str], syntax: list[dict[str, Any]] | None = None, **marks: Any) -> dict[str, bytes]:
    """Return the acknowledgements of one interchange with these sets."""
    return dict(acknowledgement_files(run(as_bytes(interchange(*segments), **marks), syntax)))


def error(**said: Any) -> dict[str, Any]:
    """Return a syntax error of the first set that refuses a claim, with what a case says of it."""
    plain = {
        "input": "input.837", "position": 1, "interchange": 1, "group": 1, "transaction": 1, "unit": "claim",
        "severity": "reject", "is_private": False,
    }  # fmt: skip
    return dict.fromkeys(SYNTAX_ERROR_SCHEMA) | plain | said


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


def texts(answer: bytes, *ids: str) -> list[str]:
    """Return the segments of an answer that have one of the ids."""
    return ["*".join(each) for each in segments(answer) if each[0] in ids]


def totals(answer: bytes, level: str) -> dict[str, Decimal]:
    """Add up the quantities and amounts of a level: 21, the submitters, or 19, the providers."""
    added: dict[str, Decimal] = {}
    here = ""
    for segment in segments(answer):
        if segment[0] == "HL":
            here = segment[3]
        elif here == level and segment[0] in {"QTY", "AMT"}:
            added[segment[1]] = added.get(segment[1], Decimal(0)) + Decimal(segment[2])
    return added


def categories(answer: bytes) -> Counter[str]:
    """Count the claims of an answer by the category of their first status."""
    counted: Counter[str] = Counter()
    is_claim = False
    for segment in segments(answer):
        if segment[0] in {"HL", "SVC", "TRN"}:
            is_claim = segment[:2] == ["TRN", "2"] if segment[0] == "TRN" else False
        elif segment[0] == "STC" and is_claim:
            counted[segment[1].split(answer.decode("latin-1")[104])[0]] += 1
            is_claim = False
    return counted
