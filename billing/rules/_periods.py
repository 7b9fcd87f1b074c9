"""What entries with a period share: that what a period needs is given, and nothing that means nothing for it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

WEEK_AND_YEAR = {"week": "week_starts", "state_fiscal_year": "year_begins"}
"""Period to the key without which its first day is not known."""


def complete_period(entry: BaseModel, key: str, needs: Mapping[str, str] = WEEK_AND_YEAR) -> None:
    """Refuse an entry whose period lacks what it needs, or has what means nothing for it.

    Args:
        entry: The entry.
        key: Its key that names the period, `per`.
        needs: Period to the key it needs.

    Raises:
        ValueError: In words for a program file.
    """
    period = getattr(entry, key)
    for name in dict.fromkeys(needs.values()):
        is_needed, is_given = needs.get(period) == name, getattr(entry, name) is not None
        if is_needed and not is_given:
            raise ValueError(f"{key}: {period} needs {name}")
        if is_given and not is_needed:
            raise ValueError(f"{name} means nothing with {key}: {period}")
