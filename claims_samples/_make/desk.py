"""The desk at which a batch is put together: plain claims, and what a fault says about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from .model import Agency, Claim, Line, Person
from .people import agency, member, worker
from .profiles import Allowance, Profile, entry, program, services

SEVERITIES = ("note", "review", "reject")
TWO_DIAGNOSES = 0.6  # share of claims
UNDATED_IS_OLD = ("bulletin", "manual", "page")


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that a fault must lead to. `line` is null for a finding about the whole claim."""

    claim: Claim
    line: int | None
    rule: str
    severity: str


class Desk:
    """Makes claims of one program and keeps the findings that are expected of them.

    Attributes:
        profile: The program's dress.
        received: Day the batch is received.
        rng: The one source of chance.
        claims: The batch so far, in input order.
        expected: The findings so far.
    """

    def __init__(self, profile: Profile, received: date, seed: int, *, agencies: int = 1, latin: bool = False) -> None:
        """Start an empty batch."""
        self.profile = profile
        self.received = received
        self.rng = Random(f"{profile.program}:{seed}")
        self.claims: list[Claim] = []
        self.expected: list[Expected] = []
        self.services = services(profile.program)
        self._agencies = agencies
        self._latin = latin
        self._members = 0
        self._numbers = 0

    def member(self) -> Person:
        """Return a member nobody has seen yet."""
        self._members += 1
        return member(self._members, self.profile.state, self.rng, latin=self._latin)

    def agency(self, number: int | None = None) -> Agency:
        """Return an agency of the batch, any by default."""
        chosen = int(self.rng.random() * self._agencies) if number is None else number
        return agency(chosen, self.profile.state, self.profile.agency_taxonomy)

    def worker(self, number: int) -> Person:
        """Return the worker of that number."""
        return worker(number, self.profile.state)

    def line(self, day: date, units: int | str = 1, service: str | None = None, **values: Any) -> Line:
        """Return a line of a service (default: the program's first), charged by the unit."""
        chosen = self.services[service] if service else next(iter(self.services.values()))
        price = self.profile.cents.get(chosen["id"], self.profile.cents[""])
        cents = price * units if isinstance(units, int) else price
        values.setdefault("modifiers", tuple(chosen.get("modifiers", ())))
        values.setdefault("code", chosen["procedure"])
        return Line(cents=cents, units=str(units), day=day, **values)

    def claim(self, *lines: Line, **values: Any) -> Claim:
        """Add a claim of these lines to the batch; a new member's unless one is given."""
        rng, profile = self.rng, self.profile
        self._numbers += 1
        values.setdefault("id", f"{profile.state}{self._numbers:06d}")
        values.setdefault("member", self.member() if "member" not in values else None)
        values.setdefault("agency", self.agency())
        values.setdefault("worker", self.worker(int(rng.random() * 12)))
        values.setdefault("place", profile.places[int(rng.random() * len(profile.places))])
        if "diagnoses" not in values:
            principal = profile.principal[int(rng.random() * len(profile.principal))]
            second = profile.other[int(rng.random() * len(profile.other))]
            values["diagnoses"] = (
                (principal, second) if rng.random() < TWO_DIAGNOSES and second != principal else (principal,)
            )
        claim = Claim(lines=list(lines), **values)
        self.claims.append(claim)
        return claim

    def day(self, back: int = 40) -> date:
        """Return a day that many days before the batch is received."""
        return self.received - timedelta(days=back)

    def expect(self, claim: Claim, line: int | None, rule: str, at_most: str = "reject", **facts: object) -> None:
        """Say what the rule must find.

        Args:
            claim: The claim with the fault.
            line: Number of the line, null for the whole claim.
            rule: `unit_limits.daily` of the program, `services.<id>`, or `national.npi` for the national entry of
                that kind with these `facts`.
            at_most: Where the rules of judging cap this case lower than the entry.
            facts: Keys and values by which the national entry is known.
        """
        owner = self.profile.program
        kind, _, name = rule.partition(".")
        if kind == "national":
            owner, kind, name = kind, name, ""
        found = entry(owner, kind, name or None, **facts)
        severity = min(at_most, entry_severity(owner, found), key=SEVERITIES.index)
        self.expected.append(Expected(claim, line, f"{owner}.{kind}.{found['id']}", severity))

    def plain_claims(self, count: int, per_member: int, days: int = 250) -> None:
        """Add that many claims without any fault: visits of members over months, within every limit."""
        wanted = len(self.claims) + count
        while len(self.claims) < wanted:
            self._plain_claims_of_one_member(min(per_member, wanted - len(self.claims)), days)

    def _plain_claims_of_one_member(self, count: int, days: int) -> None:
        rng, allowance = self.rng, Allowance(self.profile.program)
        person, biller, helper = self.member(), self.agency(), self.worker(int(rng.random() * 12))
        ids = list(self.services)
        day = self.day(days - int(rng.random() * 14))
        step = max(2, (days - 30) // (count + 1))
        for _ in range(count):
            day += timedelta(days=1 + int(rng.random() * step))
            lines = []
            for _ in range(1 + int(rng.random() * 2.5)):
                units = min(allowance.room(day), 1 + int(rng.random() * self.profile.most_units))
                if units > 0:
                    allowance.use(day, units)
                    lines.append(self.line(day, units, ids[int(max(0.0, rng.random() * 1.5 - 0.5) * len(ids))]))
                day += timedelta(days=1)
            if not lines or day >= self.received:
                return
            self.claim(*lines, member=person, agency=biller, worker=helper)


def entry_severity(program_id: str, found: dict[str, Any]) -> str:
    """Return the highest severity findings of an entry may have, from what its program file says of its source."""
    source: dict[str, Any] = program(program_id)["sources"][found["source"]]
    severity: str = found.get("severity", "reject")
    undated = source["form"] in UNDATED_IS_OLD and not source.get("dated")
    weak = not source["official"] or source.get("historical") or source["form"] in ("article", "practice")
    if severity == "reject" and (found.get("assumed") or undated or weak):
        return "review"
    return severity


def decisions(claims: Sequence[Claim], expected: Sequence[Expected]) -> dict[str, list[Claim]]:
    """Return the claims by the decision the expected findings lead to."""
    worst: dict[int, int] = {}
    for finding in expected:
        key = id(finding.claim)  # two claims may carry one claim id
        worst[key] = max(worst.get(key, 0), SEVERITIES.index(finding.severity))
    named = ("accepted", "review", "rejected")
    return {name: [claim for claim in claims if worst.get(id(claim), 0) == rank] for rank, name in enumerate(named)}
