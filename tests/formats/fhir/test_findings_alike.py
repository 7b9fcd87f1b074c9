"""The same claims as X12, as claim JSON and as FHIR give the same findings, in the same words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import billing
from billing.claims import frames_to_claims
from billing.formats import read
from billing.formats.fhir.write import write_fhir
from billing.policy.codesets import CodeSets
from billing.samples import sample_folder

PROGRAMS = {
    "ks_chw": "ks-chw",
    "nj_sud_peer": "nj-sud-peer",
    "nc_pss": "nc-pss",
    "tx_peer_specialist": "tx-peer-specialist",
    "mi_chw": "mi-chw",
    "az_chw": "az-chw",
}
BATCHES = sorted(sample_folder().glob("*.837"))
PLACES = ("input", "position", "place")


@cache
def codesets(program: str) -> CodeSets:
    return billing.load_codesets(programs=[program])


def judged(data: bytes | Path, program: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings and decisions, without where they stand in the file."""
    result = billing.validate(data, codesets(program), received="2026-11-22")
    assert result.unreadable.is_empty()
    return result.findings.drop(PLACES), result.decisions.drop("input", "position")


@pytest.mark.parametrize("sample", BATCHES, ids=lambda path: path.stem)
def test_a_batch_gives_the_same_findings_in_every_format(sample: Path) -> None:
    program = PROGRAMS[sample.stem.removesuffix("_clean")]
    findings, decisions = judged(sample, program)
    batch = read(sample)
    json = "".join(
        claim.model_dump_json() + "\n" for claim in frames_to_claims(batch.claims, batch.lines, batch.malformed)
    )
    for data in (json.encode(), write_fhir(batch)):
        found, decided = judged(data, program)
        assert_frame_equal(found, findings)
        # What the format cannot carry, such as times in X12, is not checked in either.
        assert_frame_equal(decided, decisions)


def test_a_bundle_that_another_program_wrote_gives_the_findings_of_the_same_837() -> None:
    findings, _ = judged(sample_folder() / "ks_chw.837", "ks-chw")
    found, _ = judged(sample_folder() / "shapes" / "ks_chw.fhir.json", "ks-chw")
    assert_frame_equal(found, findings)


def test_a_finding_names_the_element_in_the_resource() -> None:
    sample = sample_folder() / "shapes" / "ks_chw.fhir.json"
    result = billing.validate(sample, codesets("ks-chw"), received="2026-11-22")
    over = result.findings.filter(pl.col("rule") == "ks-chw.unit_limits.daily").row(0, named=True)
    entry = sample.read_text().splitlines()[over["position"] - 1]
    assert f'"value": "{over["claim_id"]}"' in entry
    assert over["place"] == {
        "x12": "2400 SV104",
        "form_box": "24G",
        "column": "units",
        "cell": f"line {over['position']} Bundle.entry[{over['position'] - 2}] "
        f"Claim.item[{over['line_number'] - 1}].quantity.value",
    }
