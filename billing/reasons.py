"""What each cause of a finding is called, and the codes a payer would answer it with.

Read once, when first asked for, from `codesets/national/reasons.yaml`, which says how sure each pairing is.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl
import yaml

REASON_SCHEMA: dict[str, Any] = {
    "cause": pl.String,
    "group": pl.String,  # claim adjustment group: CO, OA, PR; null: no payer would answer with a code
    "carc": pl.String,  # claim adjustment reason code; null likewise
    "rarc": pl.List(pl.String),  # remark codes; empty list when none
    "claim_status": pl.List(pl.String),  # `A7:476` or `A7:562:85` of the 277CA; empty list when none
    "sure": pl.Boolean,  # true only where a payer's own table shows the pairing
    "title": pl.String,  # short words for a heading: "More units in a day than the program allows"
}
"""One row per cause, in the order of the file."""


@cache
def reasons() -> pl.DataFrame:
    """Return the codes and titles of all causes, one row per cause (`REASON_SCHEMA`)."""
    text = (files("codesets") / "national" / "reasons.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one where libyaml was built in
    listed = yaml.load(text, Loader=loader)  # noqa: S506 - both loaders are safe ones
    return pl.DataFrame([{"cause": cause, **reason} for cause, reason in listed.items()], schema=REASON_SCHEMA)


@cache
def titles() -> dict[str, str]:
    """Return the short words of each cause, for headings."""
    return dict(reasons().select("cause", "title").iter_rows())
