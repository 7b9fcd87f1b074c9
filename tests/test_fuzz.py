"""Files damaged at random are checked or refused in words; `python -m tests.fuzz` makes any number of them."""

from __future__ import annotations

import pytest

from billing.cli.failures import COULD_NOT, FOUND, NOTHING
from tests.fuzz import check, check_reading, mutant


@pytest.mark.parametrize("seeds", [range(first, first + 50) for first in range(0, 200, 50)], ids=str)
def test_a_damaged_file_is_checked_or_refused_in_words(seeds: range) -> None:
    # To read a mutant takes a fraction of the time that judging and writing it does.
    assert {(check if seed % 10 == 0 else check_reading)(*mutant(seed)) for seed in seeds} <= {
        NOTHING,
        FOUND,
        COULD_NOT,
    }
