"""A second interchange with delimiters of its own, glued behind a segment that lost its terminator: nothing is lost."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest

from billing.formats.x12.claims837 import read_837
from tests.x12_files import as_bytes, interchange, simple_body, transaction

FIRST = interchange(transaction(simple_body(2, 1)))
SECOND = interchange(transaction(simple_body(3, 1)), control="000000002")
SHORTENED = SECOND[0].replace(" ", "")
CUTS = range(8, len(FIRST) + 1)
HOW = ({"terminator": "!", "element": "|", "component": ">"}, {"terminator": "!"}, {"element": "|", "component": ">"})


def glued(cut: int, header: str, at: int | None, how: dict[str, str]) -> bytes:
    """The first interchange up to `cut` without its last terminator, and the second with a `~` in segment `at`."""
    segments = [header, *SECOND[1:]]
    if at is not None:
        segments[at] += "*X@Y"
    behind = as_bytes(segments, **how).replace(b"@", b"~")  # type: ignore[arg-type]
    return as_bytes(FIRST[:cut]).removesuffix(b"~\n") + behind


@pytest.mark.parametrize("how", HOW, ids=str)
@pytest.mark.parametrize("header", [SECOND[0], SHORTENED], ids=["whole", "shortened"])
def test_every_claim_behind_is_read_or_unreadable(header: str, how: dict[str, str]) -> None:
    for cut, at in product(CUTS[::15], (None, 0)):
        batch = read_837(glued(cut, header, at, how), "x.837")
        before = read_837(as_bytes(FIRST[:cut]), "x.837")
        behind = len(batch.claims) - len(before.claims)
        # A header that can be read opens a part of its own; otherwise what hides is said to be unreadable.
        assert behind == 3 or batch.unreadable["charge"].null_count() > before.unreadable["charge"].null_count(), (
            cut,
            at,
        )


@pytest.mark.parametrize("cut", CUTS[::4])
def test_a_header_that_can_be_read_is_found_behind_any_segment(cut: int) -> None:
    batch = read_837(glued(cut, SHORTENED, 4, HOW[0]), "x.837")
    assert batch.claims["claim_id"].to_list()[-3:] == ["C0", "C1", "C2"]
    assert batch.claims["charge"].tail(3).sum() == Decimal("138.00")
    assert batch.sources[0].subset(batch.claims["claim_key"].tail(3)).startswith(b"ISA|00|")
