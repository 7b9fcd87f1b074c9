"""The shipped code sets against their own scenarios."""

from __future__ import annotations

from typing import Any

import pytest

from billing.cli.test import failure_lines
from billing.scenarios.collecting import collect
from billing.scenarios.files import ScenarioFile
from billing.scenarios.running import run


def shipped_files() -> list[Any]:
    return [pytest.param(file, id=file.program) for file in collect().files]


@pytest.mark.parametrize("file", shipped_files())
def test_every_scenario_of_a_shipped_code_set_finds_what_it_expects(file: ScenarioFile) -> None:
    done = run(file, collect(programs=[file.program]).library)
    assert [(failure.scenario.it, *failure_lines(failure)) for failure in done.failures] == []
