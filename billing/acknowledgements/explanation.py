"""What an acknowledgement says, put into words: the rows that text and JSON are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

ACCEPTED, RECEIVED, ERRORS, REJECTED, UNKNOWN = "accepted", "received", "errors", "rejected", "unknown"
"""Verdicts. `received`: not yet accepted; `errors`: accepted, with errors; `unknown`: the code is none we know."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code, where it stands, and what it means.

    Attributes:
        place: Element of the acknowledgement: `IK403`, `STC01`.
        code: As sent: `8`, `A7:562:85`.
        words: What it means.
        fix: What to do; empty: nothing.
    """

    place: str
    code: str
    words: str
    fix: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The segment of the original that is meant.

    Attributes:
        file: Name of the file.
        position: Number of the segment (of the line, in a JSON file), from 1.
        text: The segment, with what says who the member is as `…`; empty for other formats than X12.
    """

    file: str
    position: int
    text: str


@dataclass(slots=True)
class Remark:
    """One thing an acknowledgement says.

    Attributes:
        kind: `TA1`, `999` or `277CA`.
        level: interchange, group, set, segment, element; submitter, provider, claim, line.
        verdict: One of those above.
        position: Number of the segment of the acknowledgement that says it, from 1.
        about: What it is about, in words: `claim KS000007 line 1`.
        codes: The codes with their meaning.
        claim_id: The claim's number (CLM01), where it is about one.
        line: The line's number or the biller's own number of it.
        amount: USD, where one is stated.
        member: The patient, masked unless members are shown.
        value: The value at fault; `…` where it is hidden.
        service: The service of a line, `98960 U7 on 2026-10-13`.
        note: A free text of the payer.
        sent: Where it is in the original.
        unmatched: Why it could not be found in the original; empty: it was found, or no original was given.
        parts: What it says of smaller things: the elements of a segment, the lines of a claim.
    """

    kind: str
    level: str
    verdict: str
    position: int
    about: str
    codes: list[Code] = field(default_factory=list)
    claim_id: str | None = None
    line: str | None = None
    amount: Decimal | None = None
    member: str | None = None
    value: str | None = None
    service: str | None = None
    note: str | None = None
    sent: Sent | None = None
    unmatched: str = ""
    parts: list[Remark] = field(default_factory=list)


@dataclass(slots=True)
class Answer:
    """What one TA1, one 999 or one 277CA says.

    Attributes:
        kind: `TA1`, `999` or `277CA`.
        position: Number of its first segment in the file.
        about: What it answers, in words.
        remarks: In file order; those about an accepted claim or set too.
        missing: What it does not say and should: claims it leaves out, an end that was cut off.
    """

    kind: str
    position: int
    about: str
    remarks: list[Remark] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Explanation:
    """What a file of acknowledgements says.

    Attributes:
        file: Its name.
        originals: Names of the files it was laid beside.
        answers: In file order.
        passed_over: What the file holds besides, by its own name, with its segment.
    """

    file: str
    originals: list[str]
    answers: list[Answer]
    passed_over: list[str]

    @property
    def needs_action(self) -> bool:
        """True when something was not simply accepted, was not found in the original, or is missing."""
        return any(answer.missing or any(map(_needs_action, answer.remarks)) for answer in self.answers)


def _needs_action(remark: Remark) -> bool:
    return remark.verdict not in {ACCEPTED, RECEIVED} or bool(remark.unmatched) or any(map(_needs_action, remark.parts))
