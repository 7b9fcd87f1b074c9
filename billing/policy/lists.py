"""National code lists that rules look things up in, read once from the `codesets` package."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@cache
def informational_modifiers() -> frozenset[str]:
    """Return the modifiers that inform and change neither the service, nor its price, nor its limit.

    They may stand beside a service's own modifiers in every program, unless its source closes the set. Telehealth,
    staff level, group and state-defined modifiers are not among them: a state may pay by those.
    """
    text = (files("codesets") / "national" / "informational_modifiers.csv").read_text(encoding="utf-8")
    return frozenset(row["modifier"] for row in csv.DictReader(text.splitlines()))


@dataclass(frozen=True, slots=True)
class TelehealthMarks:
    """What marks a line as telehealth, in the order of the list.

    Attributes:
        places: Places of service.
        media: Modifier to its medium: `video`, `audio_only`, `recorded`, or `any`.
    """

    places: tuple[str, ...]
    media: dict[str, str]

    def of(self, medium: str) -> tuple[str, ...]:
        """Return the modifiers of one medium."""
        return tuple(code for code, own in self.media.items() if own == medium)


@cache
def telehealth_marks() -> TelehealthMarks:
    """Return the national places and modifiers of telehealth.

    That a supervisor takes part by video (FR) is not among them: the service itself may be in person.
    """
    text = (files("codesets") / "national" / "telehealth.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return TelehealthMarks(
        places=tuple(row["code"] for row in rows if row["on"] == "place"),
        media={row["code"]: row["medium"] for row in rows if row["on"] == "modifier"},
    )
