"""States for which no policy could be written down, and why: `codesets/national/not_found.yaml`."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

from billing.policy.schema import PolicyModel

Finding = Literal["nothing_found", "none_in_force", "proposed", "law_only", "paid_otherwise", "not_readable",
                  "unofficial_only", "sources_differ"]  # fmt: skip

FINDINGS: dict[Finding, str] = {
    "nothing_found": "nothing found",
    "none_in_force": "no benefit in force",
    "proposed": "proposed only",
    "law_only": "a law, no billing policy",
    "paid_otherwise": "paid in another way",
    "not_readable": "policy could not be read",
    "unofficial_only": "unofficial sources only",
    "sources_differ": "sources differ",
}
"""What each finding is called."""


class GapSource(PolicyModel):
    """A document that speaks of a state without a usable policy.

    Attributes:
        title: Its title, in our own words where it has none.
        url: Public address; empty when it was not kept.
        dated: Its date, `2025` or `2025-02-10`; null when it carries none.
        official: True when the state issued it.
    """

    title: str
    url: str = ""
    dated: str | None = None
    official: bool


class Gap(PolicyModel):
    """What was found instead of a usable policy.

    Attributes:
        finding: In one word.
        words: In our own words.
        sources: The documents that say so; empty where nothing was found.
    """

    finding: Finding
    words: str
    sources: tuple[GapSource, ...] = ()


class Gaps(PolicyModel):
    """All of them, by workforce and state.

    Attributes:
        read_on: The day they were looked for.
        community_health_worker: State to what was found.
        peer_support: The same.
    """

    read_on: date
    community_health_worker: dict[str, Gap]
    peer_support: dict[str, Gap]


def load_gaps() -> Gaps:
    """Read the shipped list."""
    text = (files("codesets") / "national" / "not_found.yaml").read_text(encoding="utf-8")
    return Gaps.model_validate(yaml.safe_load(text))


@cache
def state_names() -> dict[str, str]:
    """Return the states and the District of Columbia by their two letters, in order of name."""
    text = (files("codesets") / "national" / "states.csv").read_text(encoding="utf-8")
    return {row["state"]: row["name"] for row in csv.DictReader(text.splitlines())}
