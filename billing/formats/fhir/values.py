"""Single values out of a resource that has the shape of R4: texts, days, money, codes, identifiers, extensions."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from datetime import date, time
from decimal import Decimal

from billing.claim_columns import MONEY_TEXT, UNITS_TEXT
from billing.formats.fhir.checking import Node, UnreadableError, check
from billing.formats.fhir.systems import OUTDATED_USES

_MONEY = re.compile(MONEY_TEXT)
_UNITS = re.compile(UNITS_TEXT)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_WHOLE = re.compile(r"[0-9]{1,9}")


def text(value: object, *path: str) -> str | None:
    """Return a text; blank and absent are the same.

    Raises:
        UnreadableError: It holds half a character, which no file can hold.
    """
    if type(value) is not str:
        return None
    if not value.isascii() and _HALF_CHARACTER.search(value):
        raise UnreadableError("holds a character that is not Unicode text", *path)
    return None if not value or value.isspace() else value


def is_true(value: object) -> bool:
    """Tell a true of JSON or XML."""
    return value is True or value == "true"


def money(amount: Node | None, *path: str) -> Decimal | None:
    """Return an amount in USD; null when there is none.

    Raises:
        UnreadableError: It is another currency or none, or no exact amount of cents.
    """
    value = text(amount.get("value")) if amount else None
    if amount is None or value is None:
        return None
    if not _MONEY.fullmatch(value):
        raise UnreadableError("money is digits with at most 2 decimals", *path, "value")
    if (currency := amount.get("currency")) != "USD":
        words = "only US dollars are read" if currency else "is missing: write USD"
        raise UnreadableError(words, *path, "currency")
    return Decimal(value)


def units(value: str) -> Decimal | None:
    """Return a number of units; null when the text is no number of at most three decimals."""
    return Decimal(value) if _UNITS.fullmatch(value) else None


def whole(value: str) -> int | None:
    """Return a whole number of up to nine digits; null when the text is none."""
    return int(value) if _WHOLE.fullmatch(value) else None


def day(value: str) -> date | None:
    """Return the day of a date or of a moment; null when the text names no day of the calendar."""
    moment = _MOMENT.fullmatch(value)
    written = moment[1] if moment else value
    try:
        return date.fromisoformat(written) if _DAY.fullmatch(written) else None
    except ValueError:
        return None


def clock(value: str) -> time | None:
    """Return the time of a moment as the clock on the wall showed it, or of a bare time; null: it has none."""
    moment = _MOMENT.fullmatch(value)
    try:
        return time.fromisoformat(moment[2] if moment else value)
    except ValueError:
        return None


def has_time(value: str | None) -> bool:
    """Tell whether a text says a time of its day."""
    return value is not None and "T" in value


def codings(*concepts: Node | None) -> list[tuple[str | None, str]]:
    """Return (system, code) of every coding that has a code."""
    found = []
    for concept in concepts:
        for coding in (concept and concept.get("coding")) or ():
            if code := text(coding.get("code")):
                found.append((text(coding.get("system")), code))  # noqa: PERF401 two tests in one read worse
    return found


def code_of(concept: Node | None, systems: Container[str]) -> str | None:
    """Return the code of a concept in one of these systems; null when it has none."""
    for coding in (concept and concept.get("coding")) or ():
        if coding.get("system") in systems and (code := text(coding.get("code"))):
            return code
    return None


def code_or_token(concept: Node | None, systems: Container[str]) -> str | None:
    """Return the code in one of these systems, or else one without a system, or else `system|code` of another.

    Such a token is no code of the systems asked for, so that the rules about codes find and show it.
    """
    if code := code_of(concept, systems):
        return code
    all_of = codings(concept)
    for system, code in all_of:
        if system is None:
            return code
    return next((f"{system}|{code}" for system, code in all_of), text((concept or {}).get("text")))


def identifiers(resource: Node | None) -> Iterator[tuple[str | None, str, set[str]]]:
    """Yield (system, value, codes of its types) of every identifier that has a value and is still in use."""
    for each in (resource or {}).get("identifier") or ():
        value = text(each.get("value"))
        if value and each.get("use") not in OUTDATED_USES:
            kinds = {code for _, code in codings(each["type"])} if "type" in each else set()
            yield text(each.get("system")), value, kinds


def only(values: Iterable[str | None], what: str, *path: str) -> str | None:
    """Return the one value there is, however often it is said; null when there is none.

    Raises:
        UnreadableError: Two different ones are given.
    """
    found = {value for value in values if value}
    if len(found) > 1:
        raise UnreadableError(f"names more than one {what}", *path)
    return next(iter(found), None)


def identifier(resource: Node | None, systems: Container[str], types: Container[str], what: str) -> str | None:
    """Return the identifier of a resource in one of these systems or of one of these types; null when it has none.

    Raises:
        UnreadableError: It has two different ones.
    """
    if not resource or not resource.get("identifier"):
        return None
    found = (
        value
        for system, value, kinds in identifiers(resource)
        if system in systems or any(kind in types for kind in kinds)
    )
    return only(found, what, "identifier")


def extension(node: Node, url: str, kind: str) -> str | None:
    """Return the text of an extension's value, `valueString` and the like; null when there is none."""
    for each in node.get("extension") or ():
        if isinstance(each, dict) and each.get("url") == url and type(each.get(kind)) is str:
            return text(each[kind])
    return None


def trace(node: Node, url: str) -> str | None:
    """Return the value of an extension that is an identifier; null when there is none."""
    for each in node.get("extension") or ():
        if isinstance(each, dict) and each.get("url") == url and isinstance(each.get("valueIdentifier"), dict):
            check(each["valueIdentifier"], "Identifier")
            return text(each["valueIdentifier"].get("value"))
    return None
