"""What the codes of acknowledgements mean, in our own words, and what to do.

`codesets/national/acknowledgement_codes.csv` has one row per list and code: `list`, `code`, `meaning`, `fix`,
`ended` (last day of use, empty: in use), `source` and `read_on`. Sources: `pyx12-999` and `pyx12-837`, the maps that
the pyx12 package installs; `public-copies`, copies of the public code lists in open-source programs; `cedi` and
`caresource`, rejection pages of these payers; `reasons`, `codesets/national/reasons.yaml`. The lists change three
times a year. A code that is not there is said to be unknown.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

LISTS = (
    "interchange_status", "interchange_note", "set_status", "group_status", "segment_error", "element_error",
    "set_error", "group_error", "category", "status", "entity", "loop", "segment", "element",
)  # fmt: skip


class Meaning(NamedTuple):
    """What a code means.

    Attributes:
        code: The code.
        words: Its meaning in our words.
        fix: What to do; empty: nothing.
        is_known: False when the list does not hold it.
    """

    code: str
    words: str
    fix: str
    is_known: bool = True


def meaning(of: str, code: str) -> Meaning:
    """Look a code up in one of `LISTS`; the `fix` of an element is for a value that is no number."""
    known = _codes().get((of, code))
    if known is None:
        words = f"code {code or '(empty)'}, which cleanclaim does not know"
        return Meaning(code, words, "ask who sent it what it means", is_known=False)
    return known


def name_of(of: str, code: str) -> str:
    """Return the words of a loop, segment or element, or of who someone is; empty when it has none."""
    known = _codes().get((of, code))
    return known.words if known else ""


@cache
def _codes() -> dict[tuple[str, str], Meaning]:
    text = (files("codesets") / "national" / "acknowledgement_codes.csv").read_text(encoding="utf-8")
    return {
        (row["list"], row["code"]): Meaning(row["code"], row["meaning"], row["fix"])
        for row in csv.DictReader(text.splitlines())
    }
