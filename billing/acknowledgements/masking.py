"""Showing a segment of a claims file without what says who the member is.

What is shown is listed, so that what nobody thought of stays hidden: of a member's own loops only marks and
qualifiers, of claims and lines what a biller mends (codes, dates, amounts, numbers of claims and providers).
"""

from __future__ import annotations

from collections.abc import Sequence

from billing.wording import plain

HIDDEN = "…"
_MEMBERS = ("IL", "QC")  # NM101 of a member or subscriber
_PROVIDERS = ("40", "41", "85", "87", "PE", "PR", "82", "77", "DN", "P3", "DQ", "DK", "QB", "PW", "45")
_PLAIN = (
    "ISA", "GS", "ST", "SE", "GE", "IEA", "BHT", "HL", "PRV", "CUR", "CLM", "DTP", "HI", "LX", "SV5", "QTY", "MEA",
    "CTP", "CN1", "AMT", "CR1", "CR2", "CR3", "CRC", "HCP", "CAS", "OI", "MOA", "PS1", "SVD", "LIN", "LQ",
)  # fmt: skip
_SHOWN = {
    "NM1": (1, 2, 8), "SBR": (1, 2, 5, 9), "PAT": (1, 2, 3, 4, 9), "DMG": (1,), "REF": (1,), "PER": (1, 3, 5, 7),
    "NTE": (1,), "PWK": (1, 2, 5), "SV1": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
}  # fmt: skip
"""Elements that are shown of segments that are not shown whole."""

_NUMBERS = ("G1", "F8", "9F", "6R", "D9", "X4", "4N", "F5", "EI", "G2", "LU", "0B", "1G", "2U", "FY", "NF")
"""Qualifiers of numbers that say nothing of who the member is; of the rest the number is hidden."""
_PASSWORDS = {"ISA": (2, 4)}


def is_shown(elements: Sequence[str], number: int, named: str | None) -> bool:
    """Tell whether an element may be shown.

    Args:
        elements: The segment's elements, the id first.
        number: Which of them.
        named: NM101 of the name the segment stands under, itself included; null: none.
    """
    segment_id = elements[0]
    if number == 0:
        return True
    if segment_id in _PASSWORDS:
        return number not in _PASSWORDS[segment_id]
    if segment_id in _PLAIN:
        return True
    if segment_id in {"NM1", "N2", "N3", "N4", "PER"} and named in _PROVIDERS:
        return True
    if segment_id == "REF":
        qualifier = elements[1] if len(elements) > 1 else ""
        return number == 1 or (number == 2 and qualifier in _NUMBERS and named not in _MEMBERS)  # noqa: PLR2004 the number of a REF
    return number in _SHOWN.get(segment_id, ())


def shown(elements: Sequence[str], mark: str, named: str | None, *, show_members: bool) -> str:
    """Return the text of a segment with what is hidden as `…`, on one line."""
    parts = [
        text if show_members or not text or is_shown(elements, number, named) else HIDDEN
        for number, text in enumerate(elements)
    ]
    return plain(mark.join(parts))
