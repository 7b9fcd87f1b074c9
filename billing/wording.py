"""Findings and claims put into words, the same words in every report: money, counts, places, sources, masked members.

Text of a claim may hold anything its sender put there. `plain` makes it safe for a terminal; `Masks` keeps a
member's name and id out of what a person passes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

DECISION_WORDS = {"accepted": "ready to send", "review": "needs a look", "rejected": "rejected"}
SEVERITY_WORDS = {"reject": "rejected", "review": "needs a look", "note": "note"}
USAGES = {"T": "test", "P": "production"}
REFERENCE_OPTIONS = {
    "members": "--members", "enrollments": "--enrollments", "providers": "--providers", "workers": "--workers",
    "authorizations": "--authorizations", "orders": "--orders", "other_coverage": "--other-coverage",
    "history": "--history",
}  # fmt: skip
MEMBER_COLUMNS = ("member_last_name", "member_first_name", "member_id", "subscriber_id")  # columns of claims
PERSONAL = ("member.", "member_", "subscriber.", "subscriber_")  # fields, in JSON and in frames, that say who it is
_SHORTEST_HIDDEN = 4  # an id shorter than this would blot out ordinary numbers
_SHORTEST_WITH_END = 8  # only of a longer id do the last four say little


def dollars(amount: Decimal | str | int | None) -> str:
    """Return `$1,104.00`; `unknown` for null."""
    if amount is None:
        return "unknown"
    value = Decimal(amount)
    return f"-${-value:,.2f}" if value < 0 else f"${value:,.2f}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return `1 claim` or `2 claims`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def plain(text: str | None) -> str:
    """Return text on one line without control characters, so that it cannot steer a terminal; null is empty."""
    if not text or text.isprintable():
        return text or ""
    return "".join(character if character.isprintable() else " " for character in text)


def where(finding: Mapping[str, Any]) -> str:
    """Return where a finding's value stands: `batch.837 segment 214 (2400 SV104), CMS-1500 box 24G`."""
    place = finding["place"] or {}
    parts = finding["input"] or ""
    if place.get("cell"):
        parts += f" {place['cell']}"
    elif finding["position"] is not None:
        parts += f" {unit_of(finding['input'])} {finding['position']}"
    if place.get("x12") and not place.get("cell"):
        parts += f" ({place['x12']})"
    boxes = f", CMS-1500 box {place['form_box']}" if place.get("form_box") else ""
    return plain(parts.strip() + boxes)


def by_whose_word(source: Mapping[str, Any] | None) -> str:
    """Return `KMAP bulletin 23175 (2023-06-29), official`, and the reading it rests on; without a source, the file."""
    if not source or not source["title"]:
        return "the file itself"
    words = source["title"]
    if source["dated"]:
        words += f" ({source['dated']})"
    words += ", official" if source["official"] else ", not official"
    if source["assumed"]:
        words += f"; reading: {source['assumed']}"
    return plain(words)


def what_to_supply(needs: str, partly: bool) -> str:
    """Return what would let a rule be checked: `supply --members FILE`."""
    if needs in REFERENCE_OPTIONS:
        extent = "only this batch was counted; " if partly and needs == "history" else ""
        return f"{extent}supply {REFERENCE_OPTIONS[needs]} FILE"
    if needs == "group_size":
        return "the input does not say how many members took part (an 837P has no place for it); nothing to supply"
    if needs.endswith(" list"):
        return f"no {needs} is loaded for these days or codes; `cleanclaim codeset status` says what there is"
    if needs.endswith(" file"):
        return f"supply the {needs}"
    if needs == "worker":
        return "the claims do not say which worker gave the service"
    return f"the input carries no {needs.replace('_', ' ')}"


def subject(finding: Mapping[str, Any]) -> str:
    """Return what a finding is about: `C17 line 2`, `C17`, or the file's name."""
    if finding["claim_id"] is None:
        return plain(finding["input"] or "the file")
    line = f" line {finding['line_number']}" if finding["line_number"] is not None else ""
    return plain(finding["claim_id"]) + line


@dataclass(frozen=True)
class Masks:
    """Keeps one claim's member and subscriber out of the texts about it.

    Attributes:
        names: (last name, first name) of the member; either may be null.
        ids: Ids of the member and of the subscriber, as sent; nulls allowed.
        show: True: nothing is masked.
    """

    names: tuple[str | None, str | None] = (None, None)
    ids: tuple[str | None, ...] = ()
    show: bool = False

    @classmethod
    def of_claim(cls, claim: Mapping[str, Any] | None, *, show: bool = False) -> Masks:
        """Make the masks of a row of `claims`; null for a finding about a file."""
        if claim is None:
            return cls(show=show)
        last_name, first_name, *ids = (claim[column] for column in MEMBER_COLUMNS)
        return cls((last_name, first_name), tuple(ids), show)

    def member(self) -> str:
        """Return `J. D. …4417`, or the name and id when they are shown; `unknown` when there are none."""
        last, first = self.names
        member_id = self.ids[0] if self.ids else None
        if self.show:
            return plain(" ".join(part for part in (first, last, member_id) if part)) or "unknown"
        initials = " ".join(f"{name[0]}." for name in (first, last) if name)
        return plain(f"{initials} {_ending(member_id)}".strip()) or "unknown"

    def text(self, text: str | None) -> str:
        """Return a text with the ids shortened to their last digits."""
        safe = plain(text)
        for member_id, ending in self._hidden:
            safe = safe.replace(member_id, ending)
        return safe

    @cached_property
    def _hidden(self) -> list[tuple[str, str]]:
        """What is shortened in texts, and to what."""
        ids = [] if self.show else [one for one in self.ids if one and len(one) >= _SHORTEST_HIDDEN]
        return [(plain(one), _ending(one)) for one in ids]

    def value(self, text: str | None, column: str | None) -> str:
        """Return a found or allowed value; one that is the member's own is not shown at all."""
        if not self.show and text and (column or "").startswith(PERSONAL):
            return "not shown"
        return self.text(text)


def _ending(member_id: str | None) -> str:
    if not member_id:
        return ""
    return f"…{member_id[-4:]}" if len(member_id) >= _SHORTEST_WITH_END else "…"


def unit_of(name: str | None) -> str:
    """Return what positions of an input count: lines of JSON, rows of a table, claims handed over, or segments."""
    name = (name or "").lower()
    if name in {"claims", "frames"}:
        return "claim"
    if name.endswith((".csv", ".xlsx", ".xlsm", ".tsv", ".tab", ".parquet", ".pq")):
        return "row"
    return "line" if name.endswith((".jsonl", ".json", ".ndjson", ".xml", ".fhir")) else "segment"
