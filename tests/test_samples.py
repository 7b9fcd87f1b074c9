"""The shipped samples give the findings their sidecars promise, and clean ones give none."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import billing
from billing.samples import sample_folder

FOLDER = sample_folder()
SIDECARS = sorted(FOLDER.rglob("*.expected.json"))
COUNTS = ("claims", "accepted", "review", "rejected", "unreadable")


def named(path: Path) -> str:
    return str(path.relative_to(FOLDER)).removesuffix(".expected.json")


def sample_of(sidecar: Path) -> Path:
    """`ks_chw.expected.json` speaks of `ks_chw.837`, `ks_chw.jsonl.expected.json` of `ks_chw.jsonl`."""
    bare = sidecar.with_name(sidecar.name.removesuffix(".expected.json"))
    return bare if bare.exists() else bare.with_name(f"{bare.name}.837")


def validated(sidecar: Path) -> tuple[dict[str, Any], billing.Result]:
    expected = json.loads(sidecar.read_text())
    codesets = billing.load_codesets(programs=expected["programs"])
    column_map = sidecar.parent / expected["map"] if expected.get("map") else None
    return expected, billing.validate(
        sample_of(sidecar), codesets, received=expected["received"], column_map=column_map
    )


@pytest.mark.parametrize("sidecar", SIDECARS, ids=named)
def test_a_sample_gives_what_its_sidecar_promises(sidecar: Path) -> None:
    expected, result = validated(sidecar)
    about_claims = result.findings.filter(pl.col("kind") != "envelope")
    # A log without claim ids is spoken of by its rows.
    by_row = "noticed" in expected
    columns = ["row" if by_row else "claim_id", *([] if by_row else ["line_number"]), "rule", "severity"]
    promised = Counter(tuple(finding[name] for name in columns) for finding in expected["findings"])
    assert Counter(about_claims.with_columns(row="position").select(columns).rows()) == promised
    assert {name: result.summary[name] for name in COUNTS} == {name: expected[name] for name in COUNTS}
    assert result.summary["charges"] == expected["charges"]
    noticed = result.findings.filter(pl.col("kind") == "envelope")
    if by_row:
        seen = Counter(noticed.select("position", "cause", "severity").rows())
        assert seen == Counter((each["row"], each["cause"], each["severity"]) for each in expected["noticed"])
    else:
        of_file = noticed.filter(pl.col("claim_id").is_null()).get_column("place")
        assert sorted(place["x12"] for place in of_file) == sorted(expected["file_findings"])


@pytest.mark.parametrize("sidecar", [path for path in SIDECARS if "_clean." in path.name], ids=named)
def test_a_clean_batch_gives_no_finding_at_all(sidecar: Path) -> None:
    _, result = validated(sidecar)
    assert result.findings.is_empty()
    assert result.summary["accepted"] == result.summary["claims"] > 0


def test_every_sampled_program_has_a_clean_batch_and_one_with_faults() -> None:
    of_programs = {named(path) for path in SIDECARS if path.parent == FOLDER}
    programs = {name.removesuffix("_clean") for name in of_programs}
    assert of_programs == programs | {f"{program}_clean" for program in programs}
    assert programs >= {"az_chw", "ks_chw", "mi_chw", "nc_pss", "nj_sud_peer", "tx_peer_specialist"}


def test_every_shipped_program_has_scenarios() -> None:
    from billing.policy.loading import list_programs, shipped  # noqa: PLC0415 - slow to load, used once

    found = Path(str(shipped())).rglob("*.scenarios.yaml")
    with_scenarios = {path.name.removesuffix(".scenarios.yaml") for path in found}
    assert with_scenarios == {program.id for program in list_programs()} | {"national"}
