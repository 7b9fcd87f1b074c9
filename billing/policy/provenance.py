"""Why a fact's findings cannot be more than `review`: what is known of the source it was read in.

A rejection needs an official source that is known to be current. Bulletins, manuals and pages count as current when
they carry a date; statutes and regulations count as of the day they were read; the adopted implementation guide is
in force by law. Articles and common practice inform a person, they reject nothing. The facts of a program that is
itself proposed, or kept for its history, are not known to be in force either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.policy.schema import Source

if TYPE_CHECKING:
    from billing.policy.codesets import Status

MUST_BE_DATED = frozenset({"bulletin", "manual", "page"})
_NEVER_REJECTS = {
    "article": "its source is an article",
    "practice": "it rests on common practice, not on a published rule",
}
_STATUS = {
    "proposed": "its program is proposed, not in force",
    "historical": "its program is historical, not known to be current",
    "incomplete": "its program is incomplete",
}


def caps(source: Source, assumed: str | None = None, status: Status = "in_force") -> tuple[str, ...]:
    """Say why a fact's findings are at most `review`.

    Args:
        source: Where the fact was read.
        assumed: The reading of ambiguous words it rests on; null: none.
        status: Status of its program.

    Returns:
        One reason each, in words that follow "because"; empty when its findings may reject.
    """
    reasons = []
    if not source.official:
        reasons.append("its source is unofficial")
    if source.form in _NEVER_REJECTS:
        reasons.append(_NEVER_REJECTS[source.form])
    if source.historical:
        reasons.append("its source is historical")
    if source.form in MUST_BE_DATED and source.dated is None:
        reasons.append("its source carries no date")
    if assumed:
        reasons.append(f"it rests on a reading: {assumed}")
    if status in _STATUS:
        reasons.append(_STATUS[status])
    return tuple(reasons)
