"""The made-up program of `tests/toy.py` in place of the shipped ones, read on a terminal of 80 columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing.policy import loading
from tests.toy import PROGRAM, shelve


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of code sets with one program, that stands for the shipped ones."""
    folder = shelve(tmp_path / "codesets", xx_peer=PROGRAM)
    monkeypatch.setattr(loading, "shipped", lambda: folder)
    monkeypatch.setenv("COLUMNS", "80")
    return folder
