"""The claims a sample is made of, before they are written down.

Money is in cents. Texts that a fault spoils (units, dates) are kept as text, so that they can be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(slots=True, frozen=True)
class Person:
    """One synthetic person. `id` is a member's id at the payer, a worker's NPI."""

    id: str
    last: str
    first: str
    birth: date | None
    sex: str
    street: str
    city: str
    state: str
    zip: str


@dataclass(slots=True, frozen=True)
class Agency:
    """One synthetic billing provider."""

    npi: str
    name: str
    tax_id: str
    taxonomy: str
    phone: str
    street: str
    city: str
    state: str
    zip: str


@dataclass(slots=True)
class Line:
    """One service line. `end` makes it a date range; `units` is the text of SV104."""

    code: str
    modifiers: tuple[str, ...]
    cents: int
    units: str
    day: date
    end: date | None = None
    place: str | None = None
    pointers: tuple[int, ...] = (1,)
    worker: Person | None = None
    start_time: str | None = None
    end_time: str | None = None
    group_size: int | None = None


@dataclass(slots=True, frozen=True)
class OtherPayer:
    """An earlier payer that paid `paid` cents of the claim and left the rest to the next."""

    id: str
    name: str
    paid: int
    decided: date


@dataclass(slots=True)
class Claim:
    """One claim. `total` is CLM02 in cents where it shall differ from the sum of the lines.

    `edits` are replacements in the claim's finished segments: what a broken sender would do to them.
    """

    id: str
    member: Person
    agency: Agency
    worker: Person
    lines: list[Line]
    place: str
    diagnoses: tuple[str, ...]
    frequency: str = "1"
    original: str | None = None
    authorization: str | None = None
    total: int | None = None
    subscriber: Person | None = None
    other_payer: OtherPayer | None = None
    conditions: tuple[str, ...] = ()
    edits: tuple[tuple[str, str], ...] = ()

    def cents(self) -> int:
        """Return the claim's total charge in cents, as it is written in CLM02."""
        return sum(line.cents for line in self.lines) if self.total is None else self.total
