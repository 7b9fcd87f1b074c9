"""One `item` of a claim to one row of `lines`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from billing.formats.fhir import systems
from billing.formats.fhir.checking import Node, UnreadableError
from billing.formats.fhir.row import Row
from billing.formats.fhir.values import (
    code_or_token,
    extension,
    has_time,
    money,
    text,
    trace,
    units,
    whole,
)

_CENT = Decimal("0.01")


def read_item(item: Node, diagnoses: Mapping[str, int], place_of_claim: str | None) -> Row:
    """Read a line.

    Args:
        item: The item, in the shape of R4.
        diagnoses: Sequence number of every diagnosis of the claim, and its position from 1.
        place_of_claim: The claim's place of service; a line that says the same has none of its own.

    Raises:
        UnreadableError: Its money cannot be established, or it is made of parts; the path begins inside the item.
    """
    line = Row("line")
    if item.get("detail"):
        raise UnreadableError("a line made of parts cannot be read: make each part a line", "detail")
    line.put_whole("line_number", text(item.get("sequence")))
    line["procedure_code"] = code_or_token(item.get("productOrService"), systems.PROCEDURES)
    line["modifiers"] = _modifiers(item)
    line["charge"] = _charge(item)
    _put_quantity(line, item)
    _put_dates(line, item)
    place = code_or_token(item.get("locationCodeableConcept"), systems.PLACE_OF_SERVICE)
    line["place_of_service"] = None if place == place_of_claim else place
    _put_pointers(line, item, diagnoses)
    _put_extensions(line, item)
    return line


def _modifiers(item: Node) -> list[str]:
    """Return the modifiers in the order sent; one that holds no code is blank, so that the others keep their places."""
    codes = [code_or_token(concept, systems.PROCEDURES) or "" for concept in item.get("modifier") or ()]
    while codes and not codes[-1]:
        codes.pop()
    return codes


def _charge(item: Node) -> Decimal:
    """Return `net`, and without it the price of one times how many, where that is whole cents."""
    net = money(item.get("net"), "net")
    if net is not None:
        return net
    price = money(item.get("unitPrice"), "unitPrice")
    if price is None:
        raise UnreadableError("is missing: a line says what it costs", "net")
    count = text((item.get("quantity") or {}).get("value"))
    factor = text(item.get("factor"))
    parts = [units(each) for each in (count, factor) if each is not None]
    if count is None or None in parts:
        raise UnreadableError("is missing, and cannot be worked out of price and quantity", "net")
    charge = price
    for part in parts:
        charge *= part or Decimal(0)
    if charge != charge.quantize(_CENT):
        raise UnreadableError("is missing, and price times quantity is no whole number of cents", "net")
    return charge.quantize(_CENT)


def _put_quantity(line: Row, item: Node) -> None:
    quantity = item.get("quantity") or {}
    if quantity.get("comparator"):
        raise UnreadableError("a line bills an exact number of units", "quantity", "comparator")
    line.put_units("units", text(quantity.get("value")))
    system, code = text(quantity.get("system")), text(quantity.get("code"))
    if system == systems.X12_UNIT_BASIS or (system is None and code in ("UN", "MJ")):
        line["unit_basis"] = code
    elif system == systems.UCUM and code is not None:
        line["unit_basis"] = "MJ" if code == "min" else "UN" if code == "1" or code[0] == "{" else code
    elif code is not None:
        line["unit_basis"] = f"{system}|{code}"


def _put_dates(line: Row, item: Node) -> None:
    """Read the day or days, and where the period says times, when the session began and ended."""
    period = item.get("servicedPeriod") or {}
    first, last = text(period.get("start")), text(period.get("end"))
    line.put_day("service_date", text(item.get("servicedDate")) or first)
    line.put_day("service_end_date", last)
    for column, url, moment in (
        ("start_time", systems.START_TIME, first),
        ("end_time", systems.END_TIME, last),
    ):
        said = extension(item, url, "valueTime")
        line.put_clock(column, said or (moment if has_time(moment) else None))


def _put_pointers(line: Row, item: Node, diagnoses: Mapping[str, int]) -> None:
    """Turn sequence numbers of diagnoses into positions; one beyond all diagnoses stays as it is."""
    sent = [text(each) or "" for each in item.get("diagnosisSequence") or ()]
    pointers = []
    for sequence in sent:
        number = diagnoses.get(sequence, whole(sequence))
        if number is None or (sequence not in diagnoses and number in diagnoses.values()):
            line.malformed.append(("diagnosis_pointers", ":".join(sent)))
            return
        pointers.append(number)
    line["diagnosis_pointers"] = pointers


def _put_extensions(line: Row, item: Node) -> None:
    line["prior_authorization"] = extension(item, systems.LINE_AUTHORIZATION, "valueString")
    line["line_control_number"] = trace(item, systems.LINE_TRACE)
    line.put_whole("group_size", extension(item, systems.GROUP_SIZE, "valueUnsignedInt"))
    line["session_id"] = extension(item, systems.SESSION, "valueString")
    line["worker"] = extension(item, systems.WORKER, "valueString")
