"""Whole batches: plain, with faults, large, broken; and the sidecar that says what must be found in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .desk import Desk, Expected, decisions
from .faults import EVERYWHERE, GENERAL
from .features import FEATURES
from .model import Claim
from .people import agency
from .profiles import PROFILES
from .program_faults import PROGRAM_FAULTS

RECEIVED = date(2026, 11, 22)
FAULTY_SHARE = 0.10
CLAIMS_PER_MEMBER = 8


@dataclass(slots=True)
class Made:
    """A batch, its claims in the order they are written.

    Attributes:
        desk: Where it was made; holds claims and expected findings.
        unreadable: Claims of it that cannot be read.
        unpriced: Those of them whose charge cannot be read either.
        mended: Claims the reader must keep, cut short, for review.
        notices: Places of the envelope that are wrong, `SE01`.
    """

    desk: Desk
    unreadable: list[Claim] = field(default_factory=list)
    unpriced: list[Claim] = field(default_factory=list)
    mended: list[Claim] = field(default_factory=list)
    notices: tuple[str, ...] = ()


def plain(program: str, count: int, seed: int = 1, features: Iterable[str] = (), *, latin: bool = False) -> Made:
    """Return a batch without any fault."""
    desk = Desk(PROFILES[program], RECEIVED, seed, latin=latin)
    desk.plain_claims(count, per_member=4)
    for name in features:
        FEATURES[name](desk)
    if latin:
        _expect_accents(desk)
    return Made(desk)


def with_each_fault(program: str, seed: int = 1) -> Made:
    """Return a small batch with each of a program's faults once."""
    desk = Desk(PROFILES[program], RECEIVED, seed)
    desk.plain_claims(5, per_member=3)
    general = GENERAL if program == "ks-chw" else EVERYWHERE
    for fault in (*general, *PROGRAM_FAULTS[program]):
        fault(desk)
    return Made(desk)


def large(program: str, count: int, seed: int, features: Iterable[str] = (), *, latin: bool = False) -> Made:
    """Return a batch of that many claims of many agencies, about a tenth of them with some fault."""
    desk = Desk(PROFILES[program], RECEIVED, seed, agencies=max(1, min(40, count // 250)), latin=latin)
    choices = (*GENERAL, *PROGRAM_FAULTS[program])
    faulty: set[int] = set()
    seen = 0
    while len(faulty) < count * FAULTY_SHARE and len(desk.claims) < count - 20:
        choices[int(desk.rng.random() * len(choices))](desk)
        faulty.update(id(expected.claim) for expected in desk.expected[seen:])
        seen = len(desk.expected)
    desk.plain_claims(count - len(desk.claims), per_member=CLAIMS_PER_MEMBER)
    for name in features:
        FEATURES[name](desk)
    if latin:
        _expect_accents(desk)
    desk.claims.sort(key=lambda claim: (claim.agency.npi, claim.lines[0].day))
    return Made(desk)


def two_agencies(program: str, count: int) -> Made:
    """Return a plain batch, the second half of it another agency's."""
    made = plain(program, count)
    profile = made.desk.profile
    middle = made.desk.claims[len(made.desk.claims) // 2].member
    later = False
    for claim in made.desk.claims:
        later = later or claim.member is middle
        if later:
            claim.agency = agency(1, profile.state, profile.agency_taxonomy)
    return made


def broken() -> Made:
    """Return a batch with claims that cannot be read, and some that can although a value is not what it should be."""
    desk = Desk(PROFILES["ks-chw"], RECEIVED, 1)
    made = Made(desk)

    def claim(*edits: tuple[str, str], **values: Any) -> Claim:
        line = desk.line(desk.day(), service="individual")
        fresh = desk.claim(line, diagnoses=("E119",), place="12", **values)
        fresh.edits = tuple((old.replace("ID", fresh.id), new.replace("ID", fresh.id)) for old, new in edits)
        return fresh

    claim()
    made.unreadable.append(claim(("CLM*ID*", "CLM**")))
    claim()
    made.unreadable.append(claim(("CLM*ID*23*", "CLM*ID*2E1*")))
    made.unreadable.append(claim(("*23*UN*", "*23,00*UN*")))
    made.unreadable.append(claim(("SV1*HC:98960:U7*23*UN*1***1~", "")))
    head = claim()
    mangled = desk.claim(desk.line(desk.day(30)), member=head.member, diagnoses=("I10",))
    mangled.edits = ((f"CLM*{mangled.id}*", f"CLN*{mangled.id}*"),)
    made.mended.append(head)
    made.unreadable.append(mangled)
    made.unpriced += [made.unreadable[1], mangled]
    bad_date = claim(("D8*20261013~", "D8*20261345~"))
    desk.expect(bad_date, 1, "national.service_dates", against=["itself"])
    bad_units = claim(("*UN*1*", "*UN*ONE*"))
    desk.expect(bad_units, 1, "national.units")
    claim()
    return made


def sidecar(made: Made, name: str) -> str:
    """Return the text of `<name>.expected.json`: what must be found in the batch, as the seeded faults say.

    Charges are USD. `findings` are sorted by claim, line (whole claims first), rule and severity.
    """
    desk = made.desk
    readable = [claim for claim in desk.claims if not any(claim is lost for lost in made.unreadable)]
    groups = decisions(readable, desk.expected)
    for claim in made.mended:
        if any(claim is accepted for accepted in groups["accepted"]):
            groups["accepted"] = [other for other in groups["accepted"] if other is not claim]
            groups["review"].append(claim)
    groups["unreadable"] = [claim for claim in made.unreadable if not any(claim is lost for lost in made.unpriced)]
    charges = {name: _dollars(claims) for name, claims in groups.items()}
    findings = [
        {"claim_id": found.claim.id, "line_number": found.line, "rule": found.rule, "severity": found.severity}
        for found in desk.expected
    ]
    content = {
        "input": name,
        "received": desk.received.isoformat(),
        "programs": [desk.profile.program],
        "claims": len(desk.claims),
        **{decision: len(claims) for decision, claims in groups.items()},
        "unreadable": len(made.unreadable),
        "charges": {
            "total": _dollars([claim for claims in groups.values() for claim in claims]),
            **charges,
            "unreadable_without_charge": len(made.unpriced),
        },
        "findings": sorted(findings, key=_order),
        "mended_claims": [claim.id for claim in made.mended],
        "file_findings": list(made.notices),
    }
    return json.dumps(content, indent=1) + "\n"


def _expect_accents(desk: Desk) -> None:
    """Expect a note on the last and on the first name of every member: X12 knows no accents without agreement."""
    rule = "national.conformance.character-outside-set"
    desk.expected += [Expected(claim, None, rule, "note") for claim in desk.claims for _ in ("last", "first")]


def _order(finding: dict[str, Any]) -> tuple[str, int, str, str]:
    return finding["claim_id"], finding["line_number"] or 0, finding["rule"], finding["severity"]


def _dollars(claims: Sequence[Claim]) -> str:
    whole, rest = divmod(sum(claim.cents() for claim in claims), 100)
    return f"{whole}.{rest:02d}"
