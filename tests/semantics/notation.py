"""The short notation of scenarios: programs, claims, history and X12 text, with plain values for all they leave out.

A line is written `98960 U7 x4 2026-05-05..2026-05-07 09:00-10:00 @12 $46.00 worker=W1`: code, modifiers, units, days, times,
place, charge, other fields; `x-` and `on-` leave units and days out. A line of the history has its claim's number and status
before that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests import x12_files

BILLER, WORKER, DAY, RECEIVED = "1234567893", "1558598797", "2026-05-05", "2026-11-22"
_SOURCE = {"title": "A bulletin", "publisher": "A state", "form": "bulletin", "dated": "2024-01-15",
           "read_on": "2026-11-22", "official": True}  # fmt: skip
_PROGRAM = {"state": "XX", "name": "Example services", "status": "in_force"}
_PATHS = {
    "member": "member.id", "born": "member.birth_date", "died": "member.death_date", "biller": "billing_provider.npi",
    "rendering": "rendering_provider.npi", "place": "place_of_service", "frequency": "frequency_code",
    "original": "original_claim_id", "authorization": "prior_authorization", "payer": "payer.id",
    "received": "received_date",
}  # fmt: skip
_CLAIM = {"member": "M1", "born": "1990-01-31", "biller": BILLER, "rendering": WORKER, "place": "12", "frequency": "1",
          "payer": "P1", "diagnoses": ["F330"]}  # fmt: skip
_LINE = {"charge": "92.00", "units": "1", "service_date": DAY, "diagnosis_pointers": [1], "unit_basis": "UN"}
_TOKENS = (
    (r"x(\S+)", ("units",)), (r"(\d{4}-\d\d-\d\d)", ("service_date",)), (r"\$(\S+)", ("charge",)),
    (r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", ("service_date", "service_end_date")),
    (r"(\d\d:\d\d)-(\d\d:\d\d)", ("start_time", "end_time")), (r"@(\d\d)", ("place_of_service",)),
    (r"on(\S+)", ("service_date",)),
)  # fmt: skip

_OTHER: dict[str, Callable[[str], Any]] = {
    "group_size": int, "diagnosis_pointers": lambda text: [int(part) for part in text.split(":")],
    "rendering_provider": lambda text: {"npi": text},
}  # fmt: skip


def program(program_id: str, blocks: dict[str, Any]) -> dict[str, Any]:
    """A whole program file: every entry has the one source unless it names another."""
    made: dict[str, Any] = {"program": program_id, **({} if "extends" in blocks else _PROGRAM)}
    for key, value in blocks.items():
        is_block = isinstance(value, list) and value and isinstance(value[0], dict)
        made[key] = [{"source": "s1", **entry} for entry in value] if is_block else value
    sources = {name: {**_SOURCE, **(own or {})} for name, own in {"s1": {}, **blocks.get("sources", {})}.items()}
    return {**made, "sources": sources}


def claim(short: dict[str, Any] | str) -> dict[str, Any]:
    """A claim of the claim JSON: `{C1: line or lines, member: M2, ...}`; its charge is the sum of its lines'."""
    if isinstance(short, str):
        short = dict([short.split(" ", 1)])
    (claim_id, lines), *given = short.items()
    made: dict[str, Any] = {"claim_id": claim_id}
    made["lines"] = [
        {**_LINE, "line_number": number, **line(text)}
        for number, text in enumerate([lines] if isinstance(lines, str) else lines, 1)
    ]
    made["charge"] = f"{sum(float(each['charge']) for each in made['lines']):.2f}"
    for key, value in {**_CLAIM, **dict(given)}.items():
        *holders, field = _PATHS.get(key, key).split(".")
        place = made
        for holder in holders:
            place = place.setdefault(holder, {})
        place[field] = value
    return made


def line(text: str) -> dict[str, Any]:
    """The fields that a line's text gives."""
    procedure, *tokens = text.split()
    made: dict[str, Any] = {"procedure_code": procedure, "modifiers": []}
    for token in tokens:
        key, equals, value = token.partition("=")
        if equals:
            made[key] = _OTHER.get(key, str)(value)
            continue
        for pattern, names in _TOKENS:
            if match := re.fullmatch(pattern, token):
                made |= {name: None if part == "-" else part for name, part in zip(names, match.groups(), strict=True)}
                break
        else:
            made["modifiers"].append(token)
    return made


def history(text: str) -> dict[str, str]:
    """A row of the history file: `H1 paid 98960 U7 x3 2026-05-05 payer_claim_id=P9`."""
    claim_id, status, rest = text.split(" ", 2)
    row = {"member_id": "M1", "billing_npi": BILLER, "rendering_npi": WORKER, "line_number": "1", "units": "1",
           "service_date": DAY, **line(rest)}  # fmt: skip
    return {**row, "modifiers": ":".join(row["modifiers"]), "claim_id": claim_id, "status": status}


def x12(text: str, edit: dict[str, str | None]) -> bytes:
    """An 837P of `biller N`, `member N PARENT ID`, `claim ID LINES` and raw segments; `edit` replaces segments of the file by
    how they begin, `null` takes one out."""  # fmt: skip
    body: list[str] = []
    for row in text.splitlines():
        match row.split():
            case ["biller", number]:
                body += x12_files.billing_loop(int(number))
            case ["member", number, parent, member]:
                body += x12_files.subscriber_loop(int(number), int(parent), member=member)
            case ["claim", claim_id, lines]:
                body += x12_files.claim(claim_id, int(lines))
            case _:
                body.append(row)
    segments = x12_files.interchange(x12_files.transaction(body))
    for begins, new in edit.items():
        hit = next(number for number, segment in enumerate(segments) if segment.startswith(begins))
        segments[hit : hit + 1] = [] if new is None else [new]
    return x12_files.as_bytes(segments)
