from __future__ import annotations

import pytest

from billing.rules import charges
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed


@pytest.mark.parametrize("charge", ["92.00", "92.01", "91.99"])
def test_a_claim_charges_the_sum_of_its_lines_to_the_cent(charge: str) -> None:
    rows = placed(a_claim(a_line(charge="46.00"), a_line(line_number=2, charge="46.00"), charge=charge))
    message = f"The claim charges {charge}; its 2 lines charge 92.00."
    expected = [] if charge == "92.00" else [Found(None, "charge_total_mismatch", "fail", message, charge, None)]
    assert judge(charges, an_entry(charges), rows) == expected


def test_a_line_that_charges_nothing_is_looked_at_and_one_below_is_refused() -> None:
    rows = placed(a_claim(a_line(charge="0.00"), a_line(line_number=2, charge="-0.01")))
    assert judge(charges, an_entry(charges), rows) == [
        Found(1, "charge_invalid", "fail", "The line charges nothing: 0.00.", "0.00", "review"),
        Found(2, "charge_invalid", "fail", "The line charges less than nothing: -0.01.", "-0.01", None),
    ]
