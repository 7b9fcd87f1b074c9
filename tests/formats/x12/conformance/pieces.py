"""A file as pieces: its segments, each with the node of the guide's map that it belongs to, and what a node allows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.formats.x12.conformance.pyx12_oracle import guide_map, loop_of

GUIDE = "005010X222A1"
"""What GS08 and ST03 of an 837P say."""
DAYS = ("20260105", "20260217", "20260331", "20260530", "20240229")
_WORDS = ("SAMPLE", "EXAMPLE", "MOCKWELL", "A1", "DRAFT 7", "B-2/C", "X(1)", "O'NEIL")


@dataclass(slots=True)
class Piece:
    """One segment: its id and elements, and the node of the map it belongs to; components are joined with `:`."""

    parts: list[str]
    node: Any = None

    @property
    def id(self) -> str:
        """The segment's id."""
        return self.parts[0]

    @property
    def text(self) -> str:
        """The segment as it is written, without its terminator."""
        return "*".join(self.parts)

    @property
    def loop(self) -> str:
        """The loop of the guide; empty: envelope or header."""
        return loop_of(self.node)

    def copy(self) -> Piece:
        """Return a piece that can be broken without breaking this one."""
        return Piece(list(self.parts), self.node)


def written(pieces: Sequence[Piece]) -> str:
    """Write pieces as a file."""
    return "".join(f"{piece.text}~\n" for piece in pieces)


def value_of(element: Any, chance: random.Random) -> str:
    """Draw a value that an element of the map allows."""
    kind, least, most = measure(element)
    codes = codes_of(element)
    if codes:
        return chance.choice(codes)
    if element.res:
        return "480000000"
    if kind == "R" or kind.startswith("N"):
        whole = chance.choice(["1", "12", "80"])[: max(1, most)]
        return whole.zfill(least) if kind != "R" else chance.choice([whole, f"{whole}.5"])
    if kind in ("DT", "D8", "RD8"):
        return chance.choice(DAYS)
    if kind == "TM":
        return "0930"
    word = chance.choice(_WORDS)
    word = (word if len(word) >= least else word.ljust(least, "9"))[:most].rstrip()
    return word if len(word) >= least else "9" * least


def measure(element: Any) -> tuple[str, int, int]:
    """Return an element's data type, least and greatest length."""
    data = guide_map().data_elements.get_by_elem_num(element.data_ele)
    return str(data["data_type"]), int(data["min_len"]), int(data["max_len"])


@cache
def _listed(name: str) -> list[str]:
    return sorted(filter(None, guide_map().ext_codes.codes[name]["codes"]))


def codes_of(element: Any) -> list[str]:
    """Return the codes that an element allows; none: it takes any."""
    codes = [code for code in element.valid_codes if code and not _is_certificate(element, code)]
    return codes or (_listed(element.external_codes) if element.external_codes else [])


def _is_certificate(element: Any, code: str) -> bool:
    return element.id == "PWK01" and code == "CT" and element.parent.parent.id == "2400"
