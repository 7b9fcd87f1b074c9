"""What the claims of each program look like. Codes, limits and ages come from the program files, never from here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CODESETS = Path(__file__).resolve().parents[2] / "codesets"
SOCIAL = ("Z5941", "Z5982", "Z602", "E119", "I10", "J45909")
SUBSTANCE = ("F1020", "F1120", "F1520", "F1221")
MENTAL = ("F331", "F411", "F3181", "F4310")


@dataclass(frozen=True, slots=True)
class Profile:
    """How a program's plain claims are dressed.

    Attributes:
        program: Program id.
        state: Where agencies and members live.
        agency_taxonomy: Taxonomy of the billing provider.
        worker_taxonomy: Taxonomy of the rendering provider.
        places: Places of service.
        principal: Principal diagnoses.
        other: Further diagnoses.
        cents: Charge of one unit by service id; `""` for all others.
        most_units: Units of one visit, at most.
    """

    program: str
    state: str
    agency_taxonomy: str
    worker_taxonomy: str
    places: tuple[str, ...]
    principal: tuple[str, ...]
    other: tuple[str, ...]
    cents: dict[str, int]
    most_units: int

    @property
    def payer_id(self) -> str:
        """Id of the payer, the same for sender's and receiver's purposes."""
        return f"SAMPLE{self.state}MCD"

    @property
    def payer_name(self) -> str:
        """Name of the payer."""
        return f"SAMPLE {self.state} MEDICAID"


_CHW: dict[str, Any] = {
    "agency_taxonomy": "251B00000X", "worker_taxonomy": "172V00000X", "places": ("12", "11", "12", "27"),
    "principal": SOCIAL, "other": (*SOCIAL, "F329"), "most_units": 4,
}  # fmt: skip
_PEER: dict[str, Any] = {"agency_taxonomy": "251S00000X", "worker_taxonomy": "175T00000X", "places": ("53", "12", "11")}
PROFILES = {
    profile.program: profile
    for profile in (
        Profile("ks-chw", "KS", cents={"small-group": 1150, "large-group": 850, "": 2300}, **_CHW),
        Profile("mi-chw", "MI", cents={"": 2500}, **_CHW),
        Profile("az-chw", "AZ", cents={"small-group": 1275, "large-group": 925, "": 2475}, **_CHW),
        Profile("nj-sud-peer", "NJ", cents={"": 1625}, principal=SUBSTANCE, other=MENTAL, most_units=8,
                **(_PEER | {"agency_taxonomy": "261QR0405X", "places": ("57", "57", "11")})),
        Profile("nc-pss", "NC", cents={"group": 310, "": 1250}, principal=MENTAL, other=SUBSTANCE, most_units=3,
                **_PEER),
        Profile("tx-peer-specialist", "TX", cents={"": 1875}, principal=MENTAL, other=SUBSTANCE, most_units=6, **_PEER),
    )
}  # fmt: skip


@cache
def program(program_id: str) -> dict[str, Any]:
    """Return a program file as it is written; `national` is the rules on every claim."""
    (path,) = CODESETS.glob(f"**/{program_id}.yaml")
    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return content


def services(program_id: str) -> dict[str, dict[str, Any]]:
    """Return the services of a program that may still be billed, by id."""
    return {service["id"]: service for service in program(program_id)["services"] if "ended" not in service}


def entry(program_id: str, kind: str, entry_id: str | None = None, **facts: object) -> dict[str, Any]:
    """Return the one entry of a kind with that id, or with those facts."""
    found: list[dict[str, Any]] = [
        item
        for item in program(program_id)[kind]
        if entry_id in (None, item["id"]) and all(item.get(key) == value for key, value in facts.items())
    ]
    if len(found) != 1:
        raise LookupError(f"{program_id}.{kind}: {len(found)} entries have id {entry_id} and {facts}")
    return found[0]


class Allowance:
    """Keeps one member's plain visits within every limit of a program that units and days can break."""

    _PERIODS = ("day", "month", "state_fiscal_year", "rolling_months")

    def __init__(self, program_id: str) -> None:
        """Start with nothing used."""
        limits = program(program_id).get("unit_limits", [])
        self._limits = [
            (number, limit["per"], limit["at_most"], limit["measure"], limit)
            for number, limit in enumerate(limits)
            if limit["measure"] in ("units", "visits") and limit["per"] in self._PERIODS
        ]
        self._used: defaultdict[tuple[int, object], int] = defaultdict(int)
        self._days: list[tuple[date, int]] = []

    def room(self, day: date) -> int:
        """Return how many units still fit on that day; days must be asked for in order."""
        left = 99
        for number, per, at_most, measure, limit in self._limits:
            if per == "rolling_months":
                begin = months_before(day, limit["length"])
                used = sum(units for earlier, units in self._days if earlier > begin)
            else:
                used = self._used[number, _period(day, per, limit)]
            left = min(left, at_most - used if measure == "units" else 99 * (used < at_most))
        return left

    def use(self, day: date, units: int) -> None:
        """Count a visit."""
        self._days.append((day, units))
        for number, per, _, measure, limit in self._limits:
            if per != "rolling_months":
                self._used[number, _period(day, per, limit)] += units if measure == "units" else 1


def _period(day: date, per: str, limit: dict[str, Any]) -> object:
    if per == "day":
        return day
    if per == "month":
        return day.year * 12 + day.month
    month, first = map(int, limit["year_begins"].split("-"))
    return day.year + ((day.month, day.day) >= (month, first))


def months_before(day: date, months: int) -> date:
    """Return the same day `months` earlier, the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(last, day.day))
        except ValueError:
            continue
    raise AssertionError
