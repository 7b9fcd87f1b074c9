from __future__ import annotations

import pytest

from billing.rules import procedure_codes
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed


@pytest.mark.parametrize("code", ["H0038", "98960", "0591T", "0001A", "V5299", "A0001"])
def test_a_procedure_code_of_five_characters_passes(code: str) -> None:
    assert judge(procedure_codes, an_entry(procedure_codes), placed(a_claim(a_line(procedure_code=code)))) == []


@pytest.mark.parametrize("code", ["h0038", "98960.0", "W1234", "8960", "989600", "H003B", "X"])
def test_a_procedure_code_of_another_shape_is_a_finding(code: str) -> None:
    found = judge(procedure_codes, an_entry(procedure_codes), placed(a_claim(a_line(procedure_code=code))))
    message = f"Procedure code {code} is not a letter and four digits, nor five digits."
    assert found == [Found(1, "procedure_code_invalid", "fail", message, code, None)]


@pytest.mark.parametrize("code", [None, " "])
def test_an_absent_procedure_code_is_not_looked_at(code: str | None) -> None:
    assert judge(procedure_codes, an_entry(procedure_codes), placed(a_claim(a_line(procedure_code=code)))) == []
