"""A shelf of code sets with its own tiny policies and its own kinds, so that no shipped file takes part."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any, Literal

import pytest

import billing.rules
from billing.policy import loading
from billing.policy.schema import PolicyEntry


class UnitLimit(PolicyEntry):
    at_most: Decimal
    measure: Literal["units", "minutes", "days"] = "units"
    per: Literal["day", "week", "month"]
    weeks: int | None = None


class SameDay(PolicyEntry):
    not_with: Literal["all"] | tuple[str, ...]


class Places(PolicyEntry):
    allowed: tuple[str, ...] | None = None


class Modifiers(PolicyEntry):
    required: tuple[str, ...] = ()


def a_kind(page: str, entry: Any = None, *, of_services: bool = False) -> ModuleType:
    kind = ModuleType("kind", page)
    if entry is not None:
        vars(kind)["Entry"] = entry
    vars(kind)["SERVICE_FACT"] = of_services
    return kind


KINDS = {
    "covered_services": a_kind("Services that are covered.", of_services=True),
    "group_size": a_kind("Members in a group.", of_services=True),
    "modifiers": a_kind("Modifiers of a service.\n\nWhat it checks:\n    Modifiers.", Modifiers, of_services=True),
    "places": a_kind("Places of service.", Places),
    "same_day": a_kind("Services that exclude each other.", SameDay),
    "unit_limits": a_kind("Units over a limit.", UnitLimit),
}

NATIONAL = """\
program: national
name: Rules on every claim
places:
  - {id: known, source: guide}
sources:
  guide: {title: The guide, publisher: X, form: standard, url: https://example.org/guide, read_on: 2026-11-22, official: true}
"""

BULLETIN = (
    "{title: A bulletin, publisher: A state, form: bulletin, dated: 2023-06-29, url: https://example.org/bulletin, "
    "read_on: 2026-11-22, official: true}"
)


class Shelf:
    """Writes files of code sets; `shipped` ones below one folder, a user's below another."""

    def __init__(self, root: Path) -> None:
        self.shipped = root / "shipped"
        self.local = root / "local"
        self.put("national/national.yaml", NATIONAL)

    def put(self, name: str, text: str) -> Path:
        return self.write(self.shipped / name, text)

    def put_local(self, name: str, text: str) -> Path:
        return self.write(self.local / name, text)

    @staticmethod
    def write(path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path


def a_program(name: str = "xx-chw", *, status: str = "in_force", more: str = "", code: str = "98960") -> str:
    return f"""\
program: {name}
state: {name[:2].upper()}
workforce: community_health_worker
name: A made-up program
effective: 2023-07-01
status: {status}
services:
  - {{id: individual, procedure: "{code}", modifiers: ["U7"], unit_minutes: 30, source: bulletin}}
  - {{id: group, procedure: "{code}", modifiers: ["HQ"], group_size: {{min: 2, max: 4}}, source: bulletin}}
unit_limits:
  - {{id: daily, services: [individual], at_most: 4, per: day, source: bulletin}}
  - {{id: monthly, at_most: 24, per: month, source: bulletin, assumed: a month is a calendar month}}
sources:
  bulletin: {BULLETIN}
{more}"""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    monkeypatch.setattr(loading, "shipped", lambda: shelf.shipped)
    monkeypatch.setenv("COLUMNS", "100")
    real = dict(billing.rules.KINDS)
    loading._library.cache_clear()
    _become(KINDS)
    yield shelf
    _become(real)
    loading._library.cache_clear()


def _become(kinds: dict[str, ModuleType]) -> None:
    """Change the one table of kinds that all modules share."""
    billing.rules.KINDS.clear()
    billing.rules.KINDS.update(kinds)
