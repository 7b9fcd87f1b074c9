"""Plain texts for `in_words`: the same code, number and list is written the same way in the sentences of every kind."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from billing.policy.schema import Rate, Service
from billing.rules._words import and_list, or_list

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_PERIODS = {
    "state_fiscal_year": "per fiscal year", "lifetime": "in a lifetime", "episode": "per episode of care",
}  # fmt: skip
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


def period_text(per: str, length: int | None = None) -> str:
    """Write a period: `per day`, `in a lifetime`, `in any 90 days`.

    Args:
        per: Kind of period.
        length: How many days or months a rolling window is long.
    """
    if per.startswith("rolling_") and length is not None:
        return f"in any {counted_text(length, per.removeprefix('rolling_').removesuffix('s'))}"
    return _PERIODS.get(per) or f"per {plain_text(per)}"


def begins_text(week_starts: str | None, year_begins: str | None) -> str:
    """Say when a week or a fiscal year begins: `the year beginning on July 1`; empty for other periods."""
    if week_starts is not None:
        return f"the week beginning on {week_starts.capitalize()}"
    if year_begins is None:
        return ""
    month, day = year_begins.split("-")
    return f"the year beginning on {month_name[int(month)]} {int(day)}"


def rate_text(rate: Rate) -> str:
    """Write what a unit pays: `$14.15 a unit`, `$18.92 (upstate) or $21.22 (downstate) a unit`."""
    if rate.amount is not None:
        return f"{_dollars(rate.amount)} a unit"
    return f"{or_list(f'{_dollars(amount)} ({plain_text(region)})' for region, amount in rate.amounts.items())} a unit"


def _dollars(amount: Decimal) -> str:
    """Write US dollars with two places, or with as many as the rate has."""
    return f"${amount:,.2f}" if amount == round(amount, 2) else f"${amount:,f}"


def plain_text(word: str) -> str:
    """Write a word of a program file without underscores: `plan of care`."""
    return word.replace("_", " ")


def in_letters(number: int) -> str:
    """Write a small number in letters: `three`; a larger one in digits."""
    return _NUMBERS[number] if 0 < number < len(_NUMBERS) else str(number)
