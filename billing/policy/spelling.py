"""An entry spelled out field by field, for kinds that do not put their entries into words themselves.

Plain rather than pretty, but never in machine words: no underscores, no brackets, codes instead of the ids of services.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from billing.policy.conditions import Conditions
from billing.policy.schema import PolicyEntry, Service
from billing.rules._entry_words import code_text, codes_text, number_text, services_named

_WORD = re.compile(r"[a-z]+(_[a-z]+)+\Z")  # prior_authorization
_COUNTED = ("days", "weeks", "months", "years", "hours", "minutes", "units", "visits", "workers", "members")
_BEHIND = {"measure": "", "unit": "", "per": "per "}  # say what the number before them counts
_EXTENT = ("at_most_", "at_least_", "maximum_", "minimum_")
_ELSEWHERE = ("effective", "ended", "id")  # dates are told beside a sentence, ids are no words


def spelled_out(kind: str, entry: object, services: Sequence[Service], *, otherwise: str) -> str:
    """Put an entry into a sentence by its fields, such as `Billing providers: excluded types RHC, FQHC; enrolled`.

    Args:
        kind: Its kind.
        entry: The entry, or the service that a kind looks at.
        services: All services of the program, to name codes instead of ids.
        otherwise: What to say of an entry that states nothing of its own, without a full stop.
    """
    if isinstance(entry, Service):
        stated = "; ".join(_phrases(entry, (kind,), services))
        return f"{code_text(entry)}: {stated or _plain(kind)}."
    model = type(entry)
    names = [name for name in getattr(model, "model_fields", {}) if name not in PolicyEntry.model_fields]
    phrases = list(_phrases(entry, names, services))
    return f"{_plain(kind).capitalize()}: {'; '.join(phrases)}." if phrases else f"{otherwise}."


def _phrases(entry: object, names: Sequence[str], services: Sequence[Service]) -> Iterator[str]:
    said: list[str] = []
    for name in names:
        value = getattr(entry, name, None)
        if isinstance(value, Conditions) or name.endswith("source") or name.startswith("assumed"):
            continue
        if name in _BEHIND and said and value is not None:
            said[-1] += f" {_BEHIND[name]}{_text(value)}"  # `at most 4 units per day`, `within 12 months`
        elif (value == 0 and not isinstance(value, bool)) or value:
            said.append(_phrase(name.rstrip("_"), value, services))
        elif value is False and _is_otherwise_true(entry, name):
            said.append(f"not {_plain(name)}")
    yield from said


def _is_otherwise_true(entry: object, name: str) -> bool:
    fields = getattr(type(entry), "model_fields", {})
    return name in fields and fields[name].default is True


def _phrase(name: str, value: object, services: Sequence[Service]) -> str:
    if value is True:
        return _plain(name)
    if name.endswith(("services", "not_with")) and isinstance(value, (str, tuple)):
        return f"{_plain(name)} {codes_text(services_named(_ids(value), services)) or _text(value)}"
    for extent in _EXTENT:
        if name.startswith(extent):
            return f"{_plain(extent.rstrip('_'))} {_text(value)} {_plain(name.removeprefix(extent))}"
    label, _, last = name.rpartition("_")
    if last in _COUNTED and isinstance(value, (int, Decimal)):
        noun = last.removesuffix("s") if value == 1 else last
        return f"{_plain(label)} {_text(value)} {noun}".strip()
    return f"{_plain(name)} {_text(value)}"


def _ids(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value != "all" else value if isinstance(value, tuple) else ()


def _text(value: object) -> str:
    if isinstance(value, (Decimal, int)):
        return number_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return _of_model(value)
    if isinstance(value, (tuple, list, frozenset, set)):
        items = sorted(value) if isinstance(value, (frozenset, set)) else value
        return ", ".join(_text(item) for item in items)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    text = str(value)
    return _plain(text) if _WORD.match(text) else text


def _of_model(value: BaseModel) -> str:
    """Spell out a map: `min 2, max 4`, `amount 11.97, 2019-11-01 to 2023-12-31`."""
    names = [name for name in type(value).model_fields if name not in _ELSEWHERE]
    phrases = list(_phrases(value, names, ()))
    effective, ended = getattr(value, "effective", None), getattr(value, "ended", None)
    if effective or ended:
        first, last = (day.isoformat() if isinstance(day, date) else "" for day in (effective, ended))
        phrases.append(f"{first} to {last}" if first and last else f"from {first}" if first else f"until {last}")
    return ", ".join(phrases)


def _plain(name: str) -> str:
    return name.replace("_", " ").strip()
