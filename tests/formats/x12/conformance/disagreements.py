"""The table of the ways in which the check and pyx12 may differ, and the conditions that its entries name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from billing.formats.x12.conformance.gates import NOT_JUDGED
from tests.formats.x12.conformance.pieces import Piece
from tests.formats.x12.conformance.said import REFUSED, Said

TABLE = Path(__file__).with_name("disagreements.yaml")


@dataclass(slots=True)
class Case:
    """One file and what both say of it.

    Attributes:
        kind: What is wrong with it.
        pieces: The file.
        theirs: pyx12's errors.
        ours: The check's errors.
    """

    kind: str
    pieces: Sequence[Piece]
    theirs: list[Said]
    ours: list[Said]


@dataclass(frozen=True, slots=True)
class Entry:
    """One way in which the two may differ.

    Attributes:
        name: Its word.
        example: A broken file that hits it, by its name.
        how: `same`: two words for one thing at one place; `pyx12`: only pyx12 says it; `cleanclaim`: only the check
            says it; `softer`: both say it, and the check does not refuse for it.
        because: The reason, for the page.
        pyx12: What pyx12's error must be: `code`, `segment`, `element`, `says` (patterns).
        cleanclaim: What ours must be: `code`, `segment`, `element`, `cause`, `severity` (patterns).
        mutants: Kinds of defect it may be hit by; empty: any.
        near: `same` only: the positions may differ by up to this many segments.
        same_code: `same` only: the codes must not differ.
        whole_segment: `same` only: the elements may differ.
        when: Name of a condition of `CONDITIONS`; empty: none.
    """

    name: str
    how: str
    because: str
    example: str
    pyx12: dict[str, re.Pattern[str]] = field(default_factory=dict)
    cleanclaim: dict[str, re.Pattern[str]] = field(default_factory=dict)
    mutants: frozenset[str] = frozenset()
    near: int = 0
    same_code: bool = False
    whole_segment: bool = False
    when: str = ""


@cache
def entries() -> tuple[Entry, ...]:
    """Read the documented disagreements."""
    return tuple(_entry(dict(each)) for each in yaml.safe_load(TABLE.read_text("utf-8"))["disagreements"])


def _entry(said: dict[str, Any]) -> Entry:
    for side in ("pyx12", "cleanclaim"):
        said[side] = {name: re.compile(str(pattern)) for name, pattern in said.get(side, {}).items()}
    said["because"] = " ".join(said["because"].split())
    return Entry(**{**said, "mutants": frozenset(said.get("mutants", ()))})


def fits(said: Said, wanted: dict[str, re.Pattern[str]]) -> bool:
    """Say whether an error is what an entry asks of it: `says` is searched, the others match as a whole."""
    values = {"code": said.code, "segment": said.segment_id, "element": _element(said), "says": said.cause,
              "cause": said.cause, "severity": said.severity, "loop": said.loop}  # fmt: skip
    for name, pattern in wanted.items():
        if name == "says":
            if not pattern.search(values[name]):
                return False
        elif not pattern.fullmatch(values[name]):
            return False
    return True


def _element(said: Said) -> str:
    return f"{said.element:02}" + (f"-{said.component}" if said.component else "") if said.element else ""


# ---------------------------------------------------------------------------------------------------- conditions


def _is_lost_in_front(case: Case, said: Said) -> bool:
    """pyx12 knew no place for an earlier segment of the set, of which the check has an error too."""
    ours = {other.position for other in case.ours}
    return any(other.code in _LOST and other.position < said.position and other.unit == said.unit
               and other.position in ours for other in case.theirs)  # fmt: skip


_LOST = ("S1", "SHL1", "SHL2", "crash")


def _is_unread(case: Case, said: Said) -> bool:
    """pyx12 knows no place for that very segment, and so looks at none of its elements."""
    return any(other.code in ("S1", "crash") and other.position == said.position for other in case.theirs)


def _is_said_there(case: Case, said: Said) -> bool:
    """The check has an error at the same segment."""
    return any(other.position == said.position for other in case.ours)


def _begins_again(case: Case, said: Said) -> bool:
    """The segment opens a loop that the segment in front has opened already."""
    at = said.position - 1
    return at > 0 and case.pieces[at].id == case.pieces[at - 1].id


def _comes_later(case: Case, said: Said) -> bool:
    """What is missing comes behind, within the set: a segment that may be it."""
    codes = {"S3": said.segment_id}
    behind = case.pieces[said.position - 1 :]
    end = next((at for at, piece in enumerate(behind) if piece.id == "SE"), len(behind))
    return any(piece.id == codes.get(said.code) and _is_of_loop(piece, said.loop) for piece in behind[:end])


def _is_of_loop(piece: Piece, loop: str) -> bool:
    return piece.node is not None and piece.loop == loop


def _is_said_of_element(case: Case, said: Said) -> bool:
    """The check has an error at the same element, or inside it."""
    return any((other.position, other.element) == (said.position, said.element) and other.element
               and other.component in (0, said.component) for other in case.ours)  # fmt: skip


def _is_listed_outside(case: Case, said: Said) -> bool:
    """The element's codes are those of a list that the check leaves to rules with dates, or to nobody."""
    node = case.pieces[said.position - 1].node.children[said.element - 1]
    node = node.children[said.component - 1] if said.component else node
    return node.external_codes in NOT_JUDGED


def _is_last(case: Case, said: Said) -> bool:
    """The file ends with that segment."""
    return said.position == len(case.pieces)


def _is_refused(case: Case, _: Said) -> bool:
    """The reader refuses the file."""
    return any(other.code == REFUSED for other in case.ours)


def _is_said_in_front(case: Case, said: Said) -> bool:
    """The check has an error at an earlier segment."""
    return any(other.position < said.position for other in case.ours)


def _is_said_by_pyx12(case: Case, said: Said) -> bool:
    """pyx12 has an error at the same segment."""
    return any(other.position == said.position for other in case.theirs)


CONDITIONS = {
    "pyx12 has an error there": _is_said_by_pyx12,
    "the reader refuses the file": _is_refused,
    "the check has an error in front": _is_said_in_front,
    "the file ends there": _is_last,
    "the check has an error at that element": _is_said_of_element,
    "the check does not judge by the list": _is_listed_outside,
    "it comes later": _comes_later,
    "the loop begins again at once": _begins_again,
    "pyx12 lost its place in front": _is_lost_in_front,
    "pyx12 has no place for the segment": _is_unread,
    "the check has an error there": _is_said_there,
}
"""Conditions that an entry may name."""


def holds(entry: Entry, case: Case, said: Said) -> bool:
    """Say whether an entry's condition holds of an error."""
    return not entry.when or CONDITIONS[entry.when](case, said)
