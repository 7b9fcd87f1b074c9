"""Things claims may carry beside the plain: put on plain claims of a batch, without changing what is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from .desk import Desk
from .model import OtherPayer, Person

Feature = Callable[[Desk], None]


def dependents(desk: Desk) -> None:
    """Make every second member a dependent: the claims stand in 2000C, under the subscriber's id."""
    family: dict[str, Person] = {}
    for claim in desk.claims:
        key = claim.member.id
        if int(key) % 2:
            parent = family.setdefault(key, replace(claim.member, first="GUARDIAN"))
            claim.subscriber = parent


def other_payers(desk: Desk) -> None:
    """Let a commercial payer have paid a part of every second claim, balanced by line and claim."""
    for claim in desk.claims[::2]:
        decided = claim.lines[-1].day + timedelta(days=5)
        claim.other_payer = OtherPayer("SAMPLECOMM", "SAMPLE COMMERCIAL PLAN", claim.cents() // 4, decided)


def ranges(desk: Desk) -> None:
    """Write the last line of every second claim as a range of one day (RD8 with both dates the same)."""
    for claim in desk.claims[::2]:
        claim.lines[-1].end = claim.lines[-1].day


def line_workers(desk: Desk) -> None:
    """Name another worker on the last line of every second claim (2420A)."""
    for claim in desk.claims[::2]:
        claim.lines[-1].worker = desk.worker(30)


def repeated_hi(desk: Desk) -> None:
    """Give every second claim a second HI segment: a condition code."""
    for claim in desk.claims[::2]:
        claim.conditions = ("17",)


FEATURES: dict[str, Feature] = {
    "dependents": dependents,
    "cob": other_payers,
    "ranges": ranges,
    "line-workers": line_workers,
    "repeat-hi": repeated_hi,
}
