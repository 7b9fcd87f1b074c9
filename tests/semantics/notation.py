"""What the scenarios of judging bring beside claims: whole program files with plain values, and X12 text.

Claims, lines and history are written in the notation of `billing/scenarios/notation.py`.
"""

from __future__ import annotations

from typing import Any

from billing.scenarios.naming import Names
from billing.scenarios.notation import claim as read_claim
from billing.scenarios.reference_rows import rows
from tests import x12_files

RECEIVED = "2026-11-22"
_NAMES = Names()
_SOURCE = {"title": "A bulletin", "publisher": "A state", "form": "bulletin", "dated": "2024-01-15",
           "read_on": "2026-11-22", "official": True}  # fmt: skip
_PROGRAM = {"state": "XX", "name": "Example services", "status": "in_force"}


def program(program_id: str, blocks: dict[str, Any]) -> dict[str, Any]:
    """A whole program file: every entry has the one source unless it names another."""
    made: dict[str, Any] = {"program": program_id, **({} if "extends" in blocks else _PROGRAM)}
    for key, value in blocks.items():
        is_block = isinstance(value, list) and value and isinstance(value[0], dict)
        made[key] = [{"source": "s1", **entry} for entry in value] if is_block else value
    sources = {name: {**_SOURCE, **(own or {})} for name, own in {"s1": {}, **blocks.get("sources", {})}.items()}
    return {**made, "sources": sources}


def claim(short: dict[str, Any] | str) -> dict[str, Any]:
    """A claim of the claim JSON."""
    return read_claim(short, _NAMES)


def history(text: str) -> dict[str, str]:
    """A row of the history file."""
    [row] = rows("history", text, _NAMES)
    return row


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
