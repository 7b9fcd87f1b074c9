"""Plain texts for `in_words`: the same code, number and list is written the same way in the sentences of every kind."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from billing.policy.schema import Service
from billing.rules._words import and_list

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_DELIVERIES = {"individual": "one member", "group": "a group", "individual_or_group": "one member or a group"}


def services_named(ids: Literal["all"] | Iterable[str], services: Iterable[Service]) -> tuple[Service, ...]:
    """Return the services of a program that an entry names."""
    return tuple(service for service in services if ids == "all" or service.id in ids)


def code_text(service: Service) -> str:
    """Write what a line of a service carries: `98960 U7`."""
    return " ".join((service.procedure, *service.modifiers))


def codes_text(services: Iterable[Service]) -> str:
    """Write the codes of services, each once: `98960 U7, 98961 U7 and 98962 U7`; empty without services."""
    codes = dict.fromkeys(code_text(service) for service in services)
    return and_list(codes) if codes else ""


def service_text(service: Service) -> str:
    """Name a service: its own few words, else for how many members it is."""
    return service.name or _DELIVERIES[service.delivery]


def number_text(number: Decimal | int) -> str:
    """Write a number without zeros behind the point: `4`, `2.5`."""
    plain = f"{number:f}" if isinstance(number, Decimal) else str(number)
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def counted_text(number: Decimal | int, one: str, many: str | None = None) -> str:
    """Write a number with its noun: `1 day`, `2.5 units`."""
    return f"{number_text(number)} {one if number == 1 else many or one + 's'}"


def range_text(least: int | None, most: int | None, one: str, many: str | None = None) -> str:
    """Write a range with its noun: `1 member`, `2 to 4 members`, `at least 2 members`, `at most 12 members`."""
    if least is not None and most is not None and least != most:
        return f"{least} to {counted_text(most, one, many)}"
    if least is not None:
        return f"{'' if least == most else 'at least '}{counted_text(least, one, many)}"
    return f"any number of {many or one + 's'}" if most is None else f"at most {counted_text(most, one, many)}"


def together_text(services: Iterable[Service]) -> str:
    """Say that several services share what is counted: `all three codes together`; empty for a single one."""
    listed = list(services)
    listed = [service for service in listed if service.ended is None] or listed  # a retired one shares nothing any more
    together = {code_text(service) for service in listed}
    if len(together) < 2:  # noqa: PLR2004 one shares with nothing
        return ""
    noun = "codes" if len({service.procedure for service in listed}) == len(together) else "services"
    return f"both {noun} together" if len(together) == 2 else f"all {in_letters(len(together))} {noun} together"  # noqa: PLR2004


def each_text(services: Iterable[Service]) -> str:
    """Say that each of several services is counted by itself; empty for a single one."""
    return "each service by itself" if len(set(map(code_text, services))) > 1 else ""


def in_letters(number: int) -> str:
    """Write a small number in letters: `three`; a larger one in digits."""
    return _NUMBERS[number] if 0 < number < len(_NUMBERS) else str(number)
