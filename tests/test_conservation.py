"""The law of every run: each claim and each cent comes out once, and the same input gives the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import billing
from billing.cli.demo import Sample, samples
from billing.result import Result
from tests.semantics.notation import RECEIVED, claim
from tests.x12_files import as_bytes, billing_loop, interchange, subscriber_loop, transaction
from tests.x12_files import claim as x12_claim

CODESETS = billing.load_codesets(programs=["ks-chw"])
PARTS = ("accepted", "review", "rejected", "unreadable")
LOOK = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
HISTORY = pl.DataFrame([{"claim_id": "H1", "line_number": "1", "member_id": "M1", "procedure_code": "98960", "units": "3",
                         "modifiers": "U7", "service_date": "2026-05-05", "status": "paid", "payer_claim_id": "P1"}])  # fmt: skip
SAID = ["claim_id", "line_number", "rule", "kind", "cause", "verdict", "severity", "capped_by", "shadow", "message", "remedy",
        "found", "allowed", "related", "amount_at_risk", "finding_id"]  # fmt: skip


# ------------------------------------------------------------------------------------------------------ what comes in

DAYS = st.sampled_from(["2026-05-05", "2026-05-06", "2026-05-31..2026-06-01", "on-", "on20261345", "2027-01-01"])
LINES = st.builds(
    "{} {} x{} {} ${}".format,
    st.sampled_from(["98960", "98961", "T1016", "9896"]), st.sampled_from(["U7", "U7 HE", "", "U7 U7"]),
    st.sampled_from(["1", "4", "5", "2.5", "0", "-1", "-", "9e2"]), DAYS, st.sampled_from(["46.00", "0.01", "0", "-1.5"]),
)  # fmt: skip
CLAIMS = st.fixed_dictionaries(
    {"id": st.sampled_from(["C1", "C2", "C3"]), "lines": st.lists(LINES, min_size=1, max_size=3)},
    optional={
        "member": st.sampled_from(["M2", "M3", None]), "frequency": st.sampled_from(["7", "8", "3"]),
        "original": st.sampled_from(["P1", "C1"]), "born": st.sampled_from([None, "2020-02-29", "1990-13-01"]),
        "place": st.sampled_from(["02", "1", None]), "charge": st.sampled_from(["1.00", "0.00"]),
    },
)  # fmt: skip


def made(parts: dict[str, Any]) -> dict[str, Any]:
    """A claim of the claim JSON from its drawn parts."""
    rest = {key: value for key, value in parts.items() if key not in {"id", "lines"}}
    return claim({parts["id"]: parts["lines"], **rest})


def replacing(old: str, new: str) -> Callable[[list[str]], list[str]]:
    return lambda segments: [segment.replace(old, new) for segment in segments]


def in_clm(old: str, new: str) -> Callable[[list[str]], list[str]]:
    return lambda segments: [segments[0].replace(old, new), *segments[1:]]


BROKEN: dict[str, Callable[[list[str]], list[str]]] = {
    "whole": list,
    "date": replacing("20260501", "20261345"),
    "units": replacing("UN*2", "UN*x"),
    "place": in_clm("12:B", "1:B"),
    "charge": in_clm(".00", ".005"),
    "line charge": replacing("U7*46.00", "U7*9e2"),
    "number": lambda segments: ["CLM**" + segments[0].split("*", 2)[2], *segments[1:]],
    "no line": lambda segments: [segment for segment in segments if segment[:2] not in {"LX", "SV", "DT", "RE"}],
    "mismatch": in_clm(".00", ".01"),
}
"""What can be wrong with a claim, done to its segments; after `charge` its dollars cannot be read."""


@st.composite
def files_837(draw: st.DrawFn) -> tuple[bytes, int, Decimal, int]:
    """Draw an 837P with how many claims it has, the dollars that can be read, and how many claims' dollars cannot."""
    faults = draw(st.lists(st.sampled_from(["whole", *BROKEN]), max_size=6))
    body, number, known = billing_loop(1), 1, Decimal(0)
    for index, fault in enumerate(faults):
        if index == 0 or draw(st.booleans()):
            number += 1
            body += subscriber_loop(number, 1, member=f"M{number}")
        lines = draw(st.integers(1, 3))
        body += BROKEN[fault](x12_claim(draw(st.sampled_from(["C1", f"C1{index}"])), lines))
        known += {"charge": Decimal(0), "mismatch": 46 * lines + Decimal("0.01")}.get(fault, Decimal(46 * lines))
    lost = draw(st.sampled_from(["none", "SE", "GE", "IEA"]))
    segments = [segment for segment in interchange(transaction(body)) if not segment.startswith(lost)]
    data = as_bytes(segments, line_end=draw(st.sampled_from(["", "\n", "\r\n"])))
    return data, len(faults), known, faults.count("charge")


GOOD_LINES = CLAIMS.map(lambda parts: json.dumps(made(parts)))
BAD_LINES = st.sampled_from(
    ['{"claim_id": "C8", "charge": "10.00", "linse": []}', '{"claim_id": "C8"', "[1]", "null", '{"claim_id": "", "charge": "5.00"}',
     '{"claim_id": "C8", "charge": 4.5, "lines": []}']
)  # fmt: skip


# -------------------------------------------------------------------------------------------------------- what comes out


def counted(result: Result) -> tuple[int, Decimal]:
    """Claims and dollars over the four parts, each counted where it lies, and the same as the summary says."""
    parts = {name: list(getattr(result, name)) for name in PARTS[:3]}
    claims = sum(map(len, parts.values())) + len(result.unreadable)
    unread = sum(result.unreadable["charge"].drop_nulls(), Decimal(0))
    cents = sum((each.charge for part in parts.values() for each in part), unread)
    assert {name: len(part) for name, part in parts.items()} == {name: result.summary[name] for name in parts}
    assert claims == result.summary["claims"] == sum(result.summary[name] for name in PARTS)
    charges = result.summary["charges"]
    assert cents == Decimal(charges["total"]) == sum(Decimal(charges[name]) for name in PARTS)
    return claims, cents


def written(result: Result, folder: Path) -> dict[str, bytes]:
    """Every file of a result with its content."""
    out = result.write(folder)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def of_part(files: dict[str, bytes], part: str) -> bytes:
    return b"".join(
        data for name, data in files.items() if name.startswith((f"{part}.", f"{part}/")) and not name.endswith(".csv")
    )


def starts_of_claims(data: bytes) -> Counter[bytes]:
    return Counter(segment.strip() for segment in data.split(b"~") if segment.strip().startswith(b"CLM"))


def whole_lines(data: bytes) -> Counter[bytes]:
    return Counter(line for line in data.splitlines() if line.strip())


def again(data: bytes) -> list[tuple[str, Decimal]]:
    """Claims that a written file gives when it is read once more."""
    if not data:
        return []
    result = billing.validate(data, CODESETS, received=RECEIVED)
    assert result.unreadable.is_empty()
    return list(result.decisions.select("claim_id", "charge").rows())


def rows(result: Result, part: str) -> list[tuple[str, Decimal]]:
    return list(result.decisions.filter(decision=part).select("claim_id", "charge").rows())


# ----------------------------------------------------------------------------------------------------------- the law


@LOOK
@given(st.lists(CLAIMS, max_size=6), st.booleans())
def test_claims_as_objects_come_out_once_to_the_cent(drawn: list[dict[str, Any]], has_history: bool) -> None:
    given_claims = [made(parts) for parts in drawn]
    options: dict[str, Any] = {"history": HISTORY} if has_history else {}
    result = billing.validate(given_claims, CODESETS, received=RECEIVED, **options)
    claims, cents = counted(result)
    assert (claims, cents) == (len(drawn), sum((Decimal(each["charge"]) for each in given_claims), Decimal(0)))
    with TemporaryDirectory() as folder:
        files = written(result, Path(folder) / "out")
        assert [again(of_part(files, part)) for part in PARTS[:3]] == [rows(result, part) for part in PARTS[:3]]


@LOOK
@given(files_837())
def test_claims_of_an_837_come_out_once_to_the_cent(drawn: tuple[bytes, int, Decimal, int]) -> None:
    data, count, known, unknown = drawn
    result = billing.validate(data, CODESETS, received=RECEIVED)
    assert counted(result) == (count, known)
    assert result.summary["charges"]["unreadable_without_charge"] == unknown
    with TemporaryDirectory() as folder:
        files = written(result, Path(folder) / "out")
    assert sum((starts_of_claims(of_part(files, part)) for part in PARTS), Counter()) == starts_of_claims(data)
    assert [again(of_part(files, part)) for part in PARTS[:3]] == [rows(result, part) for part in PARTS[:3]]


@LOOK
@given(
    st.lists(st.one_of(GOOD_LINES, GOOD_LINES, BAD_LINES, st.just("")), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_lines_of_json_come_out_once_as_they_came(lines: list[str], line_end: str, ends: bool) -> None:
    data = (line_end.join(lines) + (line_end if ends else "")).encode()
    if not any(line.startswith('{"claim_id"') for line in lines) and data.strip():
        with pytest.raises(billing.InputError):
            billing.validate(data, CODESETS, received=RECEIVED)
        return
    result = billing.validate(data, CODESETS, received=RECEIVED, input_format="jsonl")
    assert counted(result)[0] == sum(1 for line in lines if line)
    with TemporaryDirectory() as folder:
        files = written(result, Path(folder) / "out")
    assert sum((whole_lines(of_part(files, part)) for part in PARTS), Counter()) == whole_lines(data)
    assert [again(of_part(files, part)) for part in PARTS[:3]] == [rows(result, part) for part in PARTS[:3]]


@LOOK
@given(st.data())
def test_bytes_broken_anywhere_lose_no_claim_that_can_still_be_seen(data: st.DataObject) -> None:
    body = billing_loop(1)
    for number in range(2, 5):
        body += subscriber_loop(number, 1, member=f"M{number}") + x12_claim(f"C{number}", 2)
    content = bytearray(as_bytes(interchange(transaction(body))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(210, len(content) - 1))  # behind ISA and GS
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b"X", b"*", b"~", b"\x00", b"CLM*", b"HL*9"])
        )
    try:
        result = billing.validate(bytes(content), CODESETS, received=RECEIVED)
    except billing.InputError:
        return
    counted(result)
    with TemporaryDirectory() as folder:
        files = written(result, Path(folder) / "out")
    assert sum((starts_of_claims(of_part(files, part)) for part in PARTS), Counter()) == starts_of_claims(
        bytes(content)
    )


def test_several_inputs_keep_their_claims_apart(tmp_path: Path) -> None:
    one = as_bytes(
        interchange(
            transaction([*billing_loop(1), *subscriber_loop(2, 1, member="M1"), *x12_claim("C1"), *x12_claim("C2")])
        )
    )
    two = "\n".join([json.dumps(claim("C3 98960 U7 x5")), "{", json.dumps(claim("C4 98960 U7 2026-05-06"))]).encode()
    for name, content in (("a.837", one), ("b.jsonl", two)):
        (tmp_path / name).write_bytes(content)
    result = billing.validate([tmp_path / "a.837", tmp_path / "b.jsonl"], CODESETS, received=RECEIVED)
    assert counted(result) == (5, Decimal("276.00"))
    files = written(result, tmp_path / "out")
    assert sorted(name for name in files if "/" in name) == [
        "277ca/a.x12", "999/a.x12", "accepted/a.837", "accepted/b.jsonl", "rejected/a.837", "rejected/b.jsonl",
        "ta1/a.x12", "unreadable/b.jsonl",
    ]  # fmt: skip
    assert files["accepted/b.jsonl"] == two.splitlines(keepends=True)[2]
    assert files["rejected/b.jsonl"] == two.splitlines(keepends=True)[0]


# ------------------------------------------------------------------------------------------------------ the same again


@LOOK
@given(st.lists(CLAIMS, max_size=4))
def test_the_same_claims_give_the_same_bytes(drawn: list[dict[str, Any]]) -> None:
    def run(folder: Path) -> dict[str, bytes]:
        return written(
            billing.validate([made(parts) for parts in drawn], CODESETS, received=RECEIVED, history=HISTORY), folder
        )

    with TemporaryDirectory() as folder:
        assert run(Path(folder) / "one") == run(Path(folder) / "two")


_ANEW = """
import sys, billing
sample, program, received, out = sys.argv[1:]
billing.validate(sample, billing.load_codesets(programs=[program]), received=received).write(out)
"""


def test_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    sample = next(sample for sample in samples() if sample.path.stem == "ks_chw")
    here = written(checked(sample), tmp_path / "here")
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "POLARS_MAX_THREADS": "1"}
    command = [
        sys.executable,
        "-c",
        _ANEW,
        str(sample.path),
        sample.programs[0],
        sample.received,
        str(tmp_path / "there"),
    ]
    subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parent.parent)
    there = tmp_path / "there"
    assert {
        path.relative_to(there).as_posix(): path.read_bytes() for path in sorted(there.rglob("*")) if path.is_file()
    } == here


def checked(sample: Sample) -> Result:
    return billing.validate(
        sample.path, billing.load_codesets(programs=list(sample.programs)), received=sample.received
    )


def as_json(result: Result) -> bytes:
    """The readable claims of a result in the claim JSON."""
    found = [each for part in PARTS[:3] for each in getattr(result, part)]
    order = {key: number for number, key in enumerate(result.decisions["claim_id"])}
    found.sort(key=lambda each: order[each.claim_id])
    return "".join(each.model_dump_json(exclude_defaults=True) + "\n" for each in found).encode()


@pytest.mark.parametrize("sample", list(samples()), ids=lambda sample: sample.path.stem)
def test_the_same_claim_as_837_and_as_json_gives_the_same_findings(sample: Sample) -> None:
    result = checked(sample)
    codesets = billing.load_codesets(programs=list(sample.programs))
    other = billing.validate(as_json(result), codesets, received=sample.received)
    ours = result.findings.filter(pl.col("kind") != "envelope").select(SAID)
    assert other.findings.select(SAID).to_dicts() == ours.to_dicts()
    assert (
        other.decisions.select("claim_id", "decision").rows() == result.decisions.select("claim_id", "decision").rows()
    )
