"""One finding in the words of the HTML report: members masked, long texts cut, only addresses of the web linked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from billing.wording import Masks, by_whose_word, subject, where

LONGEST = 400  # characters of one text; a claim may hold any text its sender chose
FIELDS = (
    "claim_id", "line_number", "rule", "severity", "capped_by", "message", "remedy", "found", "allowed", "related",
    "source", "reason", "input", "position", "place",
)  # fmt: skip
"""The columns of `findings` that `finding_words` reads."""


class FindingWords(NamedTuple):
    """What the page says of one finding, all text. What is not there is empty."""

    subject: str
    decision: str
    message: str
    remedy: str
    found: str
    allowed: str
    related: str
    where: str
    source: str
    url: str
    rule: str
    capped_by: str
    codes: str
    sure: str


def clip(text: str) -> str:
    """Cut a very long text short."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def finding_words(finding: Mapping[str, Any], masks: Masks) -> FindingWords:
    """Put one finding into the words of the report."""
    column = (finding["place"] or {}).get("column")
    reason = finding["reason"] or {}
    codes = [f"{reason.get('group') or ''} {reason['carc']}".strip()] if reason.get("carc") else []
    url = (finding["source"] or {}).get("url") or ""
    return FindingWords(
        subject=clip(masks.text(subject(finding))),
        decision={"reject": "rejected", "review": "review"}.get(finding["severity"], "note"),
        message=clip(masks.text(finding["message"])),
        remedy=clip(masks.text(finding["remedy"])),
        found=clip(masks.value(finding["found"], column)),
        allowed=clip(masks.value(finding["allowed"], column)),
        related=clip(masks.text(", ".join(finding["related"] or []))),
        where=clip(masks.text(where(finding))),
        source=by_whose_word(finding["source"]),
        url=url if url.startswith(("https://", "http://")) else "",
        rule=finding["rule"],
        capped_by="; ".join(finding["capped_by"] or []),
        codes=" · ".join([*codes, *(reason.get("rarc") or [])]),
        sure="used by a payer for this" if reason.get("sure") else "closest match; payers differ",
    )


def rows(frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows of a frame as `iter_rows(named=True)` does, column by column: a third of its time with structs."""
    names = frame.columns
    for values in zip(*(column.to_list() for column in frame), strict=True):
        yield dict(zip(names, values, strict=True))


def frame_of(texts: Sequence[NamedTuple], fields: Sequence[str]) -> pl.DataFrame:
    """Return texts put into words one by one as a frame: one row per item, a column of text per field."""
    columns = zip(*texts, strict=True) if texts else ((),) * len(fields)
    return pl.DataFrame(
        {field: pl.Series(column, dtype=pl.String) for field, column in zip(fields, columns, strict=True)}
    )
