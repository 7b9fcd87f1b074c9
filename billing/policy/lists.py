"""National code lists that rules look things up in, read once from the `codesets` package."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def informational_modifiers() -> frozenset[str]:
    """Return the modifiers that inform and change neither the service, nor its price, nor its limit.

    They may stand beside a service's own modifiers in every program, unless its source closes the set. Telehealth,
    staff level, group and state-defined modifiers are not among them: a state may pay by those.
    """
    text = (files("codesets") / "national" / "informational_modifiers.csv").read_text(encoding="utf-8")
    return frozenset(row["modifier"] for row in csv.DictReader(text.splitlines()))
