"""A folder of code sets with one small program and its scenarios, to be changed by the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = """\
program: xx-visits
state: XX
name: Example visits
effective: 2026-01-01
status: in_force

services:
  - {id: visit, procedure: "98960", source: s1}

unit_limits:
  - {id: daily, at_most: 4, measure: units, per: day, source: s1}

sources:
  s1: {title: A bulletin, publisher: A state, form: bulletin, dated: "2025-12-01", url: "https://example.org", read_on: 2026-11-22, official: true}
"""
SCENARIOS = """\
program: xx-visits
scenarios:
  - it: visits begin on the first day, not before
    claims: [C1 98960 2026-01-01, {C2: 98960 2025-12-31, member: M2}]
    expect: [services.visit reject C2 line 1]
  - it: a modifier that nobody names is looked at
    claims: [C1 98960 U9]
    expect: [services.visit review C1 line 1]
  - it: four units on a day pass, and a new day begins at zero
    claims: [C1 98960 x4 2026-05-05, C2 98960 x4 2026-05-06]
  - it: the fifth is rejected
    claims: [C1 98960 x5]
    expect: [unit_limits.daily reject C1 line 1]
"""

Write = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Write the program and its scenarios, with texts replaced in either; returns the folder."""

    def write(scenarios: str = SCENARIOS, program: str = PROGRAM) -> Path:
        (tmp_path / "xx-visits.yaml").write_text(program)
        (tmp_path / "xx-visits.scenarios.yaml").write_text(scenarios)
        return tmp_path

    return write
