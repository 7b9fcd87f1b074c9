"""One line of a claim as an `item`, and the small parts that resources are built of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from billing.formats.fhir import systems
from billing.formats.fhir.build_people import UNKNOWN
from billing.formats.fhir.checking import Node

_HCPCS = re.compile(r"[A-Z].*")


def without_empty(node: Node) -> Node:
    """Leave out what says nothing."""
    return {name: value for name, value in node.items() if value is not None and value not in ([], {})}


def coded(system: str, code: str | None) -> Node | None:
    """Return a concept of one code; null when there is none."""
    return None if code is None else {"coding": [{"system": system, "code": code}]}


def usd(amount: Decimal | None) -> Node | None:
    """Return an amount in USD."""
    return None if amount is None else {"value": amount, "currency": "USD"}


def item(
    claim: Mapping[str, Any], line: Mapping[str, Any], team: list[int], malformed: Sequence[Mapping[str, Any]]
) -> Node:
    """Return a line as an item.

    Args:
        claim: Its claim's row of `claims`.
        line: Its row of `lines`.
        team: Sequence numbers of its own members of the care team.
        malformed: Its claim's rows of `malformed`.
    """
    place = line["place_of_service"] if line["place_of_service"] is not None else claim["place_of_service"]
    first, last = line["service_date"], line["service_end_date"]
    number = line["line_number"]
    return without_empty(
        {
            "extension": _line_extensions(line) + as_sent(malformed, line["line_key"]),
            **({"_sequence": UNKNOWN} if number is None else {"sequence": number}),
            "careTeamSequence": team,
            "diagnosisSequence": list(line["diagnosis_pointers"] or []),
            "productOrService": _procedure(line["procedure_code"]) or UNKNOWN,
            "modifier": [_procedure(code) or UNKNOWN for code in line["modifiers"] or []],
            "servicedDate": None if first is None or last is not None else first.isoformat(),
            "servicedPeriod": None if last is None else _period(first, last),
            "locationCodeableConcept": coded(systems.PLACE_OF_SERVICE[0], place),
            "quantity": _quantity(line["units"], line["unit_basis"]),
            "net": usd(line["charge"]),
        }
    )


def _period(first: date | None, last: date) -> Node:
    return without_empty({"start": None if first is None else first.isoformat(), "end": last.isoformat()})


def _procedure(code: str | None) -> Node | None:
    """Return a procedure code or modifier: one of HCPCS where it begins with a letter, else one of CPT."""
    if not code:
        return None
    return coded(systems.HCPCS[0] if _HCPCS.fullmatch(code) else systems.CPT[0], code)


def _quantity(units: Decimal | None, basis: str | None) -> Node:
    value = None if units is None else units.normalize() + 0
    system = None if basis is None else systems.X12_UNIT_BASIS
    return without_empty({"value": value, "system": system, "code": basis})


def _line_extensions(line: Mapping[str, Any]) -> list[Node]:
    values: list[tuple[str, str, Any]] = [
        (systems.LINE_AUTHORIZATION, "valueString", line["prior_authorization"]),
        (systems.LINE_TRACE, "valueIdentifier", _identifier(line["line_control_number"])),
        (systems.START_TIME, "valueTime", _clock(line["start_time"])),
        (systems.END_TIME, "valueTime", _clock(line["end_time"])),
        (systems.GROUP_SIZE, "valueUnsignedInt", line["group_size"]),
        (systems.SESSION, "valueString", line["session_id"]),
        (systems.WORKER, "valueString", line["worker"]),
    ]
    return [{"url": url, kind: value} for url, kind, value in values if value is not None]


def _identifier(value: str | None) -> Node | None:
    return None if value is None else {"value": value}


def _clock(value: time | None) -> str | None:
    return None if value is None else value.isoformat(timespec="seconds")


def as_sent(malformed: Sequence[Mapping[str, Any]], line_key: int | None) -> list[Node]:
    """Return the values that FHIR has no way to hold, as the text they came in."""
    return [
        {
            "extension": [
                {"url": "column", "valueString": value["column"]},
                {"url": "text", "valueString": value["text"]},
            ],
            "url": systems.AS_SENT,
        }
        for value in malformed
        if value["line_key"] == line_key
    ]
