"""The short notation of scenarios: claims and their lines, with plain values for all they leave out.

A line is written `98960 U7 x4 2026-05-05..2026-05-07 09:00-10:00 @12 $46.00 worker=W2`: code, modifiers, units, days,
times, place, charge, other fields; `x-` and `on-` leave units and days out, and `each 2026-05-01..2026-05-16` is a line
for every one of these days. A claim is its number and its lines: `C1 98960 U7 x4`, or `{C1: [line, line], member: M2}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from billing.claims import Claim, ServiceLine
from billing.errors import did_you_mean
from billing.scenarios.naming import Names

DAY = "2026-05-05"
"""Date of service of a line that names none, a Tuesday."""

SHORT_FIELDS = {
    "member": "member.id", "born": "member.birth_date", "died": "member.death_date", "sex": "member.sex",
    "pregnant": "member.pregnant", "biller": "billing_provider.npi", "biller_taxonomy": "billing_provider.taxonomy",
    "rendering": "rendering_provider.npi", "rendering_taxonomy": "rendering_provider.taxonomy",
    "supervising": "supervising_provider.npi", "ordering": "ordering_provider.npi",
    "referring": "referring_provider.npi", "place": "place_of_service", "frequency": "frequency_code",
    "original": "original_claim_id", "authorization": "prior_authorization", "payer": "payer.id",
    "received": "received_date",
}  # fmt: skip
"""Short names of a claim's fields; a field of the claim JSON may also be written as there, `service_facility.npi`."""

CLAIM_DEFAULTS = {
    "member": "M1", "born": "1990-01-31", "biller": "B1", "rendering": "W1", "place": "12", "frequency": "1",
    "payer": "P1", "diagnoses": ["F330"],
}  # fmt: skip
LINE_DEFAULTS = {"charge": "92.00", "units": "1", "unit_basis": "UN", "service_date": DAY, "diagnosis_pointers": [1]}

_SHORT_LINE_FIELDS = {
    "rendering": "rendering_provider", "supervising": "supervising_provider", "ordering": "ordering_provider",
    "referring": "referring_provider", "authorization": "prior_authorization", "session": "session_id",
    "pointers": "diagnosis_pointers", "place": "place_of_service",
}  # fmt: skip
_TOKENS = (
    (r"x(\S+)", ("units",)), (r"(\d{4}-\d\d-\d\d)", ("service_date",)), (r"\$(\S+)", ("charge",)),
    (r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", ("service_date", "service_end_date")),
    (r"(\d\d:\d\d)-(\d\d:\d\d)", ("start_time", "end_time")), (r"@(\d\d)", ("place_of_service",)),
    (r"on(\S+)", ("service_date",)),
)  # fmt: skip
_MODIFIER = re.compile(r"[A-Z0-9]{1,4}")
EACH = re.compile(r"\beach (\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
"""The part of a text that stands for a line on every one of some days."""
_MOST_DAYS = 400


class NotationError(ValueError):
    """A text that cannot be read.

    Attributes:
        words: What is wrong, the part of the text first.
        fix: What to write instead; may be empty.
    """

    def __init__(self, words: str, fix: str = "") -> None:
        super().__init__(words)
        self.words, self.fix = words, fix


def claim(short: Mapping[str, Any] | str, names: Names, defaults: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Read a claim.

    Args:
        short: `C1 98960 U7 x4`, or `{C1: line or lines, member: M2, ...}`.
        names: Makes ids of the names it writes.
        defaults: Fields of every claim, as a claim writes them; `line` is a text put before every line's own.

    Returns:
        The claim JSON; its charge is the sum of its lines' unless it is stated.

    Raises:
        NotationError: Some part of it cannot be read.
    """
    if isinstance(short, str):
        claim_id, _, text = short.partition(" ")
        short = {claim_id: text}
    (claim_id, lines), *given = short.items()
    stated = {**CLAIM_DEFAULTS, **(defaults or {})}
    before = str(stated.pop("line", ""))
    # YAML reads a line that is nothing but a CPT code as a number; it has no leading zero to lose.
    texts = [str(text) if type(text) is int else text for text in (lines if isinstance(lines, list) else [lines])]
    if not all(isinstance(text, str) for text in texts) or not texts:
        raise NotationError(f"{claim_id}: no service line", f"write `{claim_id}: 98960 x4`, or a list of such texts")
    fields = [fields for text in texts for fields in expanded(text, before)]
    made: dict[str, Any] = {"claim_id": names.claim(claim_id), "lines": []}
    for number, each in enumerate(fields, 1):
        made["lines"].append(named_line({"line_number": number, **each}, names))
    made["charge"] = _total(made["lines"])
    for key, value in {**stated, **dict(given)}.items():
        put(made, key, value, names)
    return made


def expanded(text: str, before: str = "") -> list[dict[str, Any]]:
    """Read a line's text, or the lines that `each` makes of it; names are left as written."""
    days = EACH.search(text)
    if days is None:
        return [{**LINE_DEFAULTS, **_tokens(before.split()), **line(text)}]
    rest = text.replace(days[0], "")
    return [
        {**LINE_DEFAULTS, **_tokens(before.split()), **line(rest), "service_date": day}
        for day in days_between(days[1], days[2])
    ]


def line(text: str) -> dict[str, Any]:
    """Read the fields that a line's text gives; names are left as written."""
    procedure, *tokens = text.split() or [""]
    if not procedure:
        raise NotationError("the line is empty", "write its code first: `98960 U7 x4`")
    return {"procedure_code": procedure, "modifiers": [], **_tokens(tokens)}


def _tokens(tokens: Iterable[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    modifiers: list[str] = []
    for token in tokens:
        key, equals, value = token.partition("=")
        if equals:
            key = _SHORT_LINE_FIELDS.get(key, key)
            if key not in ServiceLine.model_fields:
                known = [*_SHORT_LINE_FIELDS, *ServiceLine.model_fields]
                raise NotationError(f"{key}: a line has no field of this name", did_you_mean(key, known))
            made[key] = _OTHER.get(key, str)(value)
            continue
        for pattern, columns in _TOKENS:
            if match := re.fullmatch(pattern, token):
                made |= {
                    name: None if part == "-" else part for name, part in zip(columns, match.groups(), strict=True)
                }
                break
        else:
            if not _MODIFIER.fullmatch(token):
                fix = "a line is `98960 U7 x4 2026-05-05 09:00-10:00 @12 $46.00 worker=W2`"
                raise NotationError(f"'{token}' is no part of a line", fix)
            modifiers.append(token)
    return {**made, "modifiers": modifiers} if modifiers else made


def _provider(text: str) -> dict[str, str] | None:
    """Read `W2`, or `W2:172V00000X` with its taxonomy; `-` takes the provider away."""
    npi, _, taxonomy = text.partition(":")
    return None if text == "-" else {"npi": npi, **({"taxonomy": taxonomy} if taxonomy else {})}


def _whole(text: str) -> int | str:
    """Read a whole number; any other text stays as it is, for a case about a value that cannot be read."""
    return int(text) if text.isdigit() else text


_OTHER: dict[str, Callable[[str], Any]] = {
    "group_size": _whole, "line_number": _whole, "modifiers": lambda text: text.split(":"),
    "diagnosis_pointers": lambda text: [_whole(part) for part in text.split(":")],
    "rendering_provider": _provider, "supervising_provider": _provider, "ordering_provider": _provider,
    "referring_provider": _provider,
}  # fmt: skip


def named_line(fields: dict[str, Any], names: Names) -> dict[str, Any]:
    """Put ids in the place of the names that a line writes."""
    for key, value in fields.items():
        if key in {"prior_authorization", "session_id"} and value is not None:
            fields[key] = names.number(value)
        elif key == "worker" and value is not None:
            fields[key] = names.provider(value)
        elif key.endswith("_provider") and value is not None:
            fields[key] = {**value, "npi": names.provider(value["npi"])}
    return fields


def put(made: dict[str, Any], key: str, value: object, names: Names) -> None:
    """Put one field of a claim, under its short or its own name, in its place in the claim JSON."""
    path = SHORT_FIELDS.get(key, key)
    *holders, field = path.split(".")
    if (holders or [field])[0] not in Claim.model_fields:
        raise NotationError(
            f"{key}: a claim has no field of this name",
            did_you_mean(key, [*SHORT_FIELDS, *Claim.model_fields]) or f"it may have {', '.join(SHORT_FIELDS)}",
        )
    place = made
    for holder in holders:
        place = place.setdefault(holder, {})
    place[field] = _named(path, value, names)


def _named(path: str, value: object, names: Names) -> object:
    if not isinstance(value, str):
        return value
    if path in {"member.id", "subscriber.id"}:
        return names.member(value)
    if path.endswith(".npi"):
        return names.provider(value)
    if path in {"prior_authorization", "original_claim_id"}:
        return names.number(value)
    return value


def _total(lines: Iterable[Mapping[str, Any]]) -> str:
    try:
        return str(sum((Decimal(each["charge"] or "0") for each in lines), Decimal(0)))
    except InvalidOperation:
        raise NotationError("a line's charge is no amount", "write dollars as $46.00") from None


def days_between(first: str, last: str) -> list[str]:
    """Return every day from the first to the last."""
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise NotationError(f"{first}..{last}: is no span of days", "write 2026-05-01..2026-05-16") from None
    count = (end - start).days + 1
    if not 1 <= count <= _MOST_DAYS:
        raise NotationError(f"each {first}..{last}: holds {count} days", f"write 1 to {_MOST_DAYS} days")
    return [(start + timedelta(days)).isoformat() for days in range(count)]
