"""The shipped samples: an independent reader finds the sound ones valid, and the generator still writes them."""

from __future__ import annotations

import functools
import importlib.util
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import pyx12.map_if
import pyx12.params
import pyx12.x12n_document

SAMPLES = Path(__file__).resolve().parents[1] / "claims_samples"
ENVELOPE_OR_CLAIM_BROKEN = {"trailer_errors", "broken_claims"}
NOT_BASIC_LETTERS = {"latin1"}  # pyx12 knows no accents; the implementation guide leaves them to the trading partners
PARAMETERS = pyx12.params.params()  # one object: maps are kept by file and parameters
SOUND = sorted(
    path
    for path in (*SAMPLES.glob("*_clean.837"), *SAMPLES.glob("shapes/*.837"))
    if path.stem not in ENVELOPE_OR_CLAIM_BROKEN | NOT_BASIC_LETTERS
)


@pytest.fixture(scope="module", autouse=True)
def one_map() -> Iterator[None]:
    """Read the implementation guide's map once for all files; reading it takes longer than walking a sample."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyx12.map_if, "load_map_file", functools.cache(pyx12.map_if.load_map_file))
        yield


def is_valid(text: str) -> bool:
    """Say whether pyx12 finds nothing wrong with an 837."""
    return bool(pyx12.x12n_document.x12n_document(PARAMETERS, io.StringIO(text), None, None))


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_an_independent_reader_finds_the_sample_valid(path: Path) -> None:
    text = path.read_bytes().decode("utf-8-sig")
    assert is_valid(text.replace("\n", "") if path.stem == "wrapped" else text)


@pytest.mark.parametrize("name", sorted(ENVELOPE_OR_CLAIM_BROKEN))
def test_an_independent_reader_finds_the_broken_sample_broken(name: str) -> None:
    assert not is_valid((SAMPLES / f"shapes/{name}.837").read_text("utf-8"))


def test_there_is_a_sound_sample_for_each_program_and_shape() -> None:
    assert len(SOUND) == 18


def test_every_clean_sample_expects_nothing_and_every_sidecar_adds_up() -> None:
    sidecars = {path.name: json.loads(path.read_text("utf-8")) for path in SAMPLES.glob("**/*.expected.json")}
    decisions = ("accepted", "review", "rejected", "unreadable")
    assert {
        name for name, expected in sidecars.items() if expected["claims"] != sum(expected[key] for key in decisions)
    } == set()
    assert {name for name, expected in sidecars.items() if "_clean" in name and expected["findings"]} == set()


def test_the_generator_still_writes_the_shipped_samples() -> None:
    generate = _generator()
    written = {path: content for path, content, _ in generate.samples()}
    assert {path for path, content in written.items() if (SAMPLES / path).read_bytes() != content} == set()
    shipped = {
        path.relative_to(SAMPLES).as_posix()
        for path in SAMPLES.glob("**/*")
        if path.suffix in (".837", ".jsonl", ".csv", ".xlsx", ".yaml") or path.name.endswith(".fhir.json")
    }
    assert shipped == set(written)


def test_the_same_seed_gives_the_same_batch(tmp_path: Path) -> None:
    for name in ("one.837", "two.837"):
        options = ["--claims", "200", "--seed", "5", "--program", "az-chw", "--out", str(tmp_path / name)]
        subprocess.run([sys.executable, str(SAMPLES / "generate.py"), *options], check=True)
    one = (tmp_path / "one.837").read_bytes()
    assert one.count(b"\nCLM*") == 200
    assert one == (tmp_path / "two.837").read_bytes()


def _generator() -> ModuleType:
    sys.path.insert(0, str(SAMPLES))
    try:
        spec = importlib.util.spec_from_file_location("generate_samples", SAMPLES / "generate.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(SAMPLES))
    return module
