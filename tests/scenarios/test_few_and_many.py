"""Few rows and many are asked in different ways; what is found must be the same."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from billing import engine, row_kinds, verdicts, window_kinds
from billing.engine import judge
from billing.errors import NoProgramError
from billing.judgement import Judgement
from billing.scenarios.collecting import collect
from billing.scenarios.running import Group, make_groups

NEVER, ALWAYS = 0, 10**9
BOUNDS = (
    (verdicts, "_FEW_ROWS"), (row_kinds, "FEW_ROWS"), (engine, "FEW_ROWS"), (window_kinds, "MANY_ROWS"),
)  # fmt: skip
IN_BOTH_WAYS = ("ks-chw", "national", "nc-pss")  # scenarios are few rows already, and seldom more than that


def shipped_programs() -> list[Any]:
    return [pytest.param(file.program, id=file.program) for file in collect().files]


def judged(group: Group, received: date) -> Judgement | None:
    """What is found; null where no program can be chosen."""
    try:
        return judge(group.batch, group.codesets, group.references, received=received)
    except NoProgramError:
        return None


@pytest.mark.parametrize("program", shipped_programs())
def test_rows_are_judged_alike_however_many_there_are(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    collected = collect(programs=[program])
    file = collected.files[0]
    groups = [group for group in make_groups(file, collected.library) if len(group.batch.claims)]
    usual = [judged(group, file.received) for group in groups]
    for most in (NEVER, ALWAYS) if program in IN_BOTH_WAYS else (NEVER,):
        for module, name in BOUNDS:
            monkeypatch.setattr(module, name, most)
        for group, expected in zip(groups, usual, strict=True):
            found = judged(group, file.received)
            assert (found is None) == (expected is None)
            for frame in ("findings", "decisions", "not_checked", "rules") if found is not None else ():
                here, there = getattr(found, frame), getattr(expected, frame)
                assert here.equals(there), f"{frame}, few rows are up to {most}: {_difference(here, there)}"


def _difference(here: pl.DataFrame, there: pl.DataFrame) -> str:
    return "\n".join(sorted({str(row) for row in here.rows()} ^ {str(row) for row in there.rows()})[:4])
