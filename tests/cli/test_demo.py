"""`cleanclaim demo`: the samples, judged, every time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from billing.cli import main
from billing.cli.demo import FOLDER, demo_folder, samples


def test_the_demo_checks_every_sample_and_ends_with_0_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = CliRunner().invoke(main, ["demo"], prog_name="cleanclaim")
    second = CliRunner().invoke(main, ["demo"], prog_name="cleanclaim")
    assert (first.exit_code, first.stderr) == (0, "")
    assert (second.exit_code, second.stdout) == (0, first.stdout)
    for sample in samples():
        assert sample.path.name in first.stdout
        folder = tmp_path / FOLDER / sample.path.stem
        assert (folder / "report.html").is_file()
        assert json.loads((folder / "summary.json").read_text())["received"] == sample.received
    assert str(tmp_path / FOLDER / "ks_chw" / "report.html") in first.stdout


def test_samples_come_with_the_programs_they_are_judged_by() -> None:
    by_name = {sample.path.name: sample.programs for sample in samples()}
    assert by_name["ks_chw.837"] == ("ks-chw",)
    assert all(sample.path.is_file() for sample in samples())


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / FOLDER / "ks_chw").mkdir(parents=True)
    (tmp_path / FOLDER / "ks_chw" / "mine.txt").write_text("mine")
    chosen = demo_folder()
    assert chosen.parent != tmp_path
    assert chosen.name.startswith(f"{FOLDER}-")
    chosen.rmdir()
