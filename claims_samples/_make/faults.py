"""Faults that any program's claims may have. Each is a small story told at the desk, with what must be found.

Every fault has members of its own, so that no other claim of the batch changes what is found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from .desk import Desk
from .model import Claim
from .people import bad_npi

Fault = Callable[[Desk], None]


def again(desk: Desk, claim: Claim, **changes: Any) -> Claim:
    """Add a second claim for the same member, biller and worker; changed as said."""
    lines = changes.pop("lines", claim.lines)
    kept = {name: getattr(claim, name) for name in ("member", "agency", "worker", "place", "diagnoses")}
    return desk.claim(*(replace(line) for line in lines), **(kept | changes))


def exact_duplicate(desk: Desk) -> None:
    """The same claim twice, under two numbers: the later one is refused."""
    claim = desk.claim(desk.line(desk.day()))
    desk.expect(again(desk, claim), 1, "national.duplicates")


def suspect_duplicate(desk: Desk) -> None:
    """The same visit claimed for two workers: someone looks."""
    claim = desk.claim(desk.line(desk.day()), worker=desk.worker(1))
    desk.expect(again(desk, claim, worker=desk.worker(2)), 1, "national.duplicates", at_most="review")


def two_lines_of_one_visit(desk: Desk) -> None:
    """Two lines of one claim for the same day and code: someone looks."""
    claim = desk.claim(desk.line(desk.day()), desk.line(desk.day()))
    desk.expect(claim, 2, "national.duplicates", at_most="review")


def repeated_claim_id(desk: Desk) -> None:
    """Two members' claims under one claim number: someone looks at the later."""
    claim = desk.claim(desk.line(desk.day()), agency=desk.agency(0))
    later = desk.claim(desk.line(desk.day()), agency=desk.agency(0), id=claim.id)
    desk.expect(later, None, "national.duplicates", at_most="review")


def bad_rendering_npi(desk: Desk) -> None:
    """The worker's NPI has a mistyped digit."""
    worker = desk.worker(3)
    claim = desk.claim(desk.line(desk.day()), worker=replace(worker, id=bad_npi(worker.id)))
    desk.expect(claim, None, "national.npi", provider="rendering")


def pointer_beyond_diagnoses(desk: Desk) -> None:
    """The line points to a third diagnosis of a claim that has one."""
    claim = desk.claim(desk.line(desk.day(), pointers=(1, 3)), diagnoses=desk.profile.principal[:1])
    desk.expect(claim, 1, "national.diagnosis_pointers")


def total_differs_from_lines(desk: Desk) -> None:
    """The claim's total is not the sum of its lines."""
    claim = desk.claim(desk.line(desk.day(44)), desk.line(desk.day(43)))
    claim.total = claim.cents() + 500
    desk.expect(claim, None, "national.charges")


def place_28(desk: Desk) -> None:
    """Place of service 28 does not exist."""
    desk.expect(desk.claim(desk.line(desk.day()), place="28"), None, "national.place_codes")


def future_date(desk: Desk) -> None:
    """The service is after the day the batch is received."""
    desk.expect(desk.claim(desk.line(desk.day(-18))), 1, "national.service_dates", against=["received_date"])


def end_before_start(desk: Desk) -> None:
    """A date range that ends before it begins."""
    claim = desk.claim(desk.line(desk.day(40), end=desk.day(45)))
    desk.expect(claim, 1, "national.service_dates", against=["itself"])


def zero_units(desk: Desk) -> None:
    """A line of no units."""
    desk.expect(desk.claim(desk.line(desk.day(), units="0")), 1, "national.units")


def fractional_units(desk: Desk) -> None:
    """Half a unit: only common practice says that units are whole."""
    desk.expect(desk.claim(desk.line(desk.day(), units="1.5")), 1, "national.units", at_most="review")


def replacement_without_original(desk: Desk) -> None:
    """Frequency 7 without the payer's number of the claim it replaces; the payer may still find it."""
    claim = desk.claim(desk.line(desk.day()), frequency="7")
    desk.expect(claim, None, "national.claim_frequency", at_most="review")


def replaced_in_the_batch(desk: Desk) -> None:
    """An original and its replacement in one batch: send only the corrected one."""
    claim = desk.claim(desk.line(desk.day(), units=2))
    later = again(desk, claim, lines=[desk.line(desk.day(), units=1)], frequency="7", original="SAMPLEPCN0001")
    desk.expect(claim, None, "national.claim_frequency", at_most="review")
    desk.expect(later, None, "national.claim_frequency", at_most="review")


def member_id_missing(desk: Desk) -> None:
    """The member has no id."""
    claim = desk.claim(desk.line(desk.day()), member=replace(desk.member(), id=""))
    desk.expect(claim, None, "national.required_fields", field="member_id")


def unknown_code(desk: Desk) -> None:
    """A code no program of the run knows is held for someone to look at."""
    line = desk.line(desk.day(), code="99213", modifiers=())
    desk.expect(desk.claim(line), 1, "national.covered_services", at_most="review")


def extra_modifier(desk: Desk) -> None:
    """A modifier no source mentions stands beside the right ones."""
    service = next(iter(desk.services.values()))
    line = desk.line(desk.day(), modifiers=(*service.get("modifiers", ()), "U8"))
    desk.expect(desk.claim(line), 1, f"services.{service['id']}", at_most="review")


def clean_void(desk: Desk) -> None:
    """A void of a paid claim, units wrong on purpose: nothing to find."""
    desk.claim(desk.line(desk.day(), units=40), frequency="8", original="SAMPLEPCN0002")


def clean_replacement(desk: Desk) -> None:
    """A replacement of a claim that is not in the batch: nothing to find."""
    desk.claim(desk.line(desk.day()), frequency="7", original="SAMPLEPCN0003")


def clean_range(desk: Desk) -> None:
    """Three units over a range of three days: within every limit however they are spread."""
    desk.claim(desk.line(desk.day(42), units=3, end=desk.day(42) + timedelta(days=2)))


EVERYWHERE: tuple[Fault, ...] = (
    exact_duplicate, bad_rendering_npi, pointer_beyond_diagnoses, total_differs_from_lines, place_28, zero_units,
    member_id_missing, unknown_code, extra_modifier, clean_void,
)  # fmt: skip
"""The faults every program's sample has."""

GENERAL: tuple[Fault, ...] = (
    *EVERYWHERE, suspect_duplicate, two_lines_of_one_visit, future_date, end_before_start, fractional_units,
    replacement_without_original, replaced_in_the_batch, clean_replacement, clean_range,
)  # fmt: skip
"""The faults that depend on no program at all and that a large batch may repeat."""
