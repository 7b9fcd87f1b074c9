"""Public claim files that nobody of this project wrote: each is read, or refused with a sentence.

They are not in the repository. The environment variable CLEANCLAIM_SAMPLES names the folder that holds them; every
shape of theirs is also made by our own generator (`claims_samples/shapes`).
"""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

import billing
from billing.errors import InputError
from billing.policy.codesets import CodeSets
from billing.reference_docs.compatibility import compatibility_markdown

NAMED = os.environ.get("CLEANCLAIM_SAMPLES", "")
FOLDER = Path(NAMED) / "837p"
pytestmark = pytest.mark.skipif(not NAMED, reason="CLEANCLAIM_SAMPLES names no folder of public claim files")

# Claims that are read, parts that are unreadable, disagreements of the envelope.
READ = {
    "edilens-837p.test.0001.edi": (2, 0, 0),
    "edilens-837p.test.0002.edi": (2, 0, 3),
    "edilens-837p.test.wrapped.edi": (2, 0, 0),
    "hccinfhir-837-0.txt": (5, 0, 0),
    "hccinfhir-837-11.txt": (1, 0, 1),
    "hccinfhir-837-12.txt": (1, 2, 2),
    **{
        f"lfh-demo.{name}.837": (1, 0, 0)
        for name in (
            "ambulance.example5", "autoaccident", "cob.2ndary.example4", "cob.example3.A", "cob.example3.B",
            "cob.example3.C", "cob.example4", "drug.example10.1", "drug.example10.2", "drug.example10.3", "example1",
            "example11", "example12", "example2", "example6", "example7", "example8", "example9",
        )
    },
}  # fmt: skip
OTHER = "send the professional claims (837P) in a file of their own; other claims are not checked"
OLD = "export the claims in version 5010 (005010X222A1), which took the place of 4010 in 2012"
ANSWER = "name the claims file: this one is an answer of the payer, or a question to it"
MIXED = "send an 837P file of version 005010X222A1"
# What each holds in place of professional claims, and what to do.
HOLDS = {
    **{f"hccinfhir-837-{number}.txt": ("837 005010X223A2 (institutional claims)", OTHER) for number in range(1, 11)},
    **dict.fromkeys(
        ("pyx12-837miss.txt", "pyx12-bad_2010AA_bug.txt", "pyx12-fail_no_IEA.txt", "pyx12-simple_837p.txt"),
        ("837 004010X098A1 (professional claims in the old version 4010)", OLD),
    ),
    **dict.fromkeys(
        ("pyx12-ordinal.txt", "pyx12-trailer_errors.txt", "pyx12-trailing_terms.txt"),
        ("837 004010X096A1 (institutional claims in the old version 4010)", OTHER),
    ),
    "pyx12-bad_header_looping.txt": ("835 004010X091A1 (what a payer paid and why: a remittance advice)", ANSWER),
    "pyx12-mult_isa.txt": (
        (
            "278 004010X094A1 (requests for authorization, or answers to them), "
            "837 004010X098A1 (professional claims in the old version 4010), "
            "835 004010X091A1 (what a payer paid and why: a remittance advice)"
        ),
        MIXED,
    ),
}


@pytest.fixture(scope="module")
def codesets() -> CodeSets:
    return billing.load_codesets(programs=["ks-chw"])


def test_the_tables_name_every_file_there_is() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(READ) | set(HOLDS)


@pytest.mark.parametrize("name", READ)
def test_a_professional_file_is_read_and_every_claim_is_decided(name: str, codesets: CodeSets) -> None:
    result = billing.validate(FOLDER / name, codesets, received="2026-11-22")
    claims, unreadable, envelope = READ[name]
    noticed = result.findings.filter(pl.col("kind") == "envelope")
    assert (len(result.decisions), len(result.unreadable), len(noticed)) == (claims, unreadable, envelope)
    # None of them carries a service that this program knows, so a person looks at each.
    assert result.summary["accepted"] == 0


@pytest.mark.parametrize("name", HOLDS)
def test_any_other_file_is_refused_with_what_it_holds(name: str, codesets: CodeSets) -> None:
    with pytest.raises(InputError) as refused:
        billing.validate(FOLDER / name, codesets, received="2026-11-22")
    assert str(refused.value) == (
        f"{name}: no professional claims (837P, 005010X222A1) in this file; it holds {HOLDS[name][0]}\n"
        f"  fix: {HOLDS[name][1]}"
    )


def test_the_page_of_these_files_says_what_happens_to_them_now() -> None:
    page = Path(__file__).resolve().parents[1] / "docs" / "compatibility.md"
    made = compatibility_markdown(Path(NAMED))
    assert page.read_text("utf-8") == made, "run `make docs` with CLEANCLAIM_SAMPLES set"
