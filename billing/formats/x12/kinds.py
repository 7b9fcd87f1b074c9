"""The kinds of X12 that are sent in place of professional claims, in words, with what to do about each."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from billing.errors import InputError
from billing.formats.x12.tree import PROFESSIONAL

SHOWN = 3


class Kind(NamedTuple):
    """A kind of X12 file.

    Attributes:
        set_id: ST01.
        guide: How its implementation guide (ST03, GS08) begins; empty: any.
        words: What it holds.
        fix: What to do.
    """

    set_id: str
    guide: str
    words: str
    fix: str


_VERSION_4010 = "export the claims in version 5010 (005010X222A1), which took the place of 4010 in 2012"
_ANSWER = "name the claims file: this one is an answer of the payer, or a question to it"
_OTHER_CLAIMS = "send the professional claims (837P) in a file of their own; other claims are not checked"
_COVERAGE = "give it with --members, and name the claims file"
_FIX = f"send an 837P file of version {PROFESSIONAL}A1"

KINDS = (
    Kind("837", "005010X223", "institutional claims", _OTHER_CLAIMS),
    Kind("837", "005010X224", "dental claims", _OTHER_CLAIMS),
    Kind("837", "004010X098", "professional claims in the old version 4010", _VERSION_4010),
    Kind("837", "004010X096", "institutional claims in the old version 4010", _OTHER_CLAIMS),
    Kind("837", "004010X097", "dental claims in the old version 4010", _OTHER_CLAIMS),
    Kind("837", "", "claims of another kind", _FIX),
    Kind("835", "", "what a payer paid and why: a remittance advice", _ANSWER),
    Kind("277", "005010X214", "which claims a payer took in: a claim acknowledgment, 277CA", _ANSWER),
    Kind("277", "", "the status of claims", _ANSWER),
    Kind("276", "", "questions about the status of claims", _ANSWER),
    Kind("270", "", "questions about eligibility", _ANSWER),
    Kind("271", "", "answers about eligibility", _COVERAGE),
    Kind("834", "", "enrollments", _COVERAGE),
    Kind("278", "", "requests for authorization, or answers to them", _ANSWER),
    Kind("820", "", "payments of premiums", _ANSWER),
    Kind("997", "", "whether a file could be read: an acknowledgment", _ANSWER),
    Kind("999", "", "whether a file could be read: an acknowledgment", _ANSWER),
)


def other_transactions(said: pl.DataFrame, name: str) -> InputError:
    """Say what a file holds in place of professional claims.

    Args:
        said: One row per transaction: `set_id` and `implementation`.
        name: The file's name.
    """
    distinct = said.select("set_id", "implementation").unique(maintain_order=True).head(SHOWN)
    kinds = [(_code(*row), _kind(*row)) for row in distinct.iter_rows()]
    seen = ", ".join(f"{code} ({kind.words})" if kind else code for code, kind in kinds)
    fixes = {kind.fix if kind else _FIX for _, kind in kinds}
    return InputError(
        f"{name}: no professional claims (837P, {PROFESSIONAL}A1) in this file; it holds {seen}\n"
        f"  fix: {fixes.pop() if len(fixes) == 1 else _FIX}"
    )


def _code(set_id: str | None, guide: str | None) -> str:
    return f"{set_id or ''} {guide or ''}".strip()[:24]


def _kind(set_id: str | None, guide: str | None) -> Kind | None:
    fits = (kind for kind in KINDS if kind.set_id == set_id and (guide or "").startswith(kind.guide))
    return next(fits, None)
