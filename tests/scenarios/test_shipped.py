"""The shipped code sets against their own scenarios."""

from __future__ import annotations

from typing import Any

import pytest

from billing.scenarios.collecting import collect
from billing.scenarios.testing import report_on


def shipped_programs() -> list[Any]:
    return [pytest.param(file.program, id=file.program) for file in collect().files]


@pytest.mark.parametrize("program", shipped_programs())
def test_every_scenario_of_a_shipped_code_set_finds_what_it_expects(program: str) -> None:
    collected = collect(programs=[program])
    report = report_on(collected.files[0], collected.library, coverage=True)
    assert report.failures == []
    assert report.uncovered == []
