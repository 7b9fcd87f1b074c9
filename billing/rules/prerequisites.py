"""Services billed without the service that must come with them or before them.

What it checks:
    For each line of the entry's services, the same member has a line of one of `needs_services` or `needs_codes` in the
    window, by the same provider where the entry says so: an add-on with its base in the same month, a series after its
    initiating visit. Lines of this batch count, and those of the history file. That a base was never given can only
    be said with a history that reaches back far enough; without one the line is held for review.

Why it matters:
    An add-on without its base, or a series without its first visit, is denied because the qualifying service is not
    found (CARC 107), and the whole month with it.

Example:
    G0022 on 2026-05-20, no G0019 by the same biller in 2026-05 -> us-medicare-chi.prerequisites.base

    Passes: G0022 on 2026-05-20 and G0019 on 2026-05-04 by the same biller

    Instead: bill the base service of that month too, if it was given; else the add-on is not payable.

Policy key:
    prerequisites

Needs:
    history, for bases that were billed before this batch

Also called:
    add-on code, primary code, base code, initiating visit, qualifying visit, precursor, face-to-face requirement
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from billing.periods import MONTH_DAY, Weekday
from billing.policy.schema import Code, PolicyEntry
from billing.rules._entry_words import begins_text, code_text, counted_text, plain_text, services_named
from billing.rules._kind import Services
from billing.rules._periods import complete_period
from billing.rules._words import or_list

_CODES = re.compile(r"([A-Z0-9]{5})(?:-([A-Z0-9]{5}))?")
_PERIOD_NEEDS = {
    "days": "length", "months": "length", "same_week": "week_starts", "same_state_fiscal_year": "year_begins",
}  # fmt: skip


def _code_or_range(text: str) -> str:
    found = _CODES.fullmatch(text)
    if found is None or (found[2] is not None and found[2] < found[1]):
        raise ValueError(f'\'{text}\' is neither a code nor a range: write "99213" or "99203-99205"')
    return text


CodeOrRange = Annotated[Code, AfterValidator(_code_or_range)]


class Entry(PolicyEntry):
    """What must be billed with or before the entry's services.

    Attributes:
        needs_services: Services of the program, one of which is needed.
        needs_codes: Procedure codes, or ranges of them (`99203-99205`), one of which is needed; of any program or none.
        excluded_codes: Codes, or ranges, that do not count although a range holds them.
        excluded_places: Places of service in which a needed line does not count; one whose place is not known counts.
        in_person: True: a needed line counts only when nothing marks it as telehealth. The line itself may be it.
        within: Where the needed line lies: in the same calendar period, in a window of `length` days or months that
            ends on the line's last day and is open at its far end, or ever.
        length: How many days or months.
        week_starts: First day of the week, for `same_week`.
        year_begins: Month and day a fiscal year begins on, `07-01`, for `same_state_fiscal_year`.
        by: Whose lines count.
        order: before: on the line's day or earlier. any: anywhere in the period.
    """

    needs_services: tuple[str, ...] = ()
    needs_codes: tuple[CodeOrRange, ...] = ()
    excluded_codes: tuple[CodeOrRange, ...] = ()
    excluded_places: tuple[Code, ...] = ()
    in_person: bool = False
    within: Literal[
        "same_day", "same_week", "same_month", "same_quarter", "same_calendar_year", "same_state_fiscal_year",
        "days", "months", "ever",
    ]  # fmt: skip
    length: Annotated[int, Field(ge=1)] | None = None
    week_starts: Weekday | None = None
    year_begins: Annotated[str, Field(pattern=MONTH_DAY)] | None = None
    by: Literal["same_billing_provider", "same_rendering_provider", "any"]
    order: Literal["before", "any"] = "any"

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if not (self.needs_services or self.needs_codes):
            raise ValueError('name what is needed: needs_services: [...] or needs_codes: ["99203-99205"]')
        complete_period(self, "within", _PERIOD_NEEDS)
        if self.length is not None and self.order == "any":
            raise ValueError("a window of days or months ends on the line's day: write order: before")
        return self


def in_words(entry: Entry, services: Services) -> str:
    """Put an entry into a sentence."""
    return " ".join(_sentences(entry, services))


def _sentences(entry: Entry, services: Services) -> Iterator[str]:
    own = dict.fromkeys(code_text(service) for service in services_named(entry.needs_services, services))
    by = {"same_billing_provider": " by the same billing provider",
          "same_rendering_provider": " by the same rendering provider", "any": ""}[entry.by]  # fmt: skip
    yield f"The member has {or_list((*own, *entry.needs_codes))}{by} {_when(entry)}."
    if entry.excluded_codes:
        yield f"{or_list(entry.excluded_codes)} does not count."
    if entry.excluded_places:
        yield f"At place of service {or_list(entry.excluded_places)} it does not count."
    if entry.in_person:
        yield "By telehealth it does not count."


def _when(entry: Entry) -> str:
    if entry.length is not None:
        return f"in the {counted_text(entry.length, entry.within.removesuffix('s'))} up to the line's last day"
    on_or_before = " on the line's day or before it" if entry.order == "before" else ""
    if entry.within == "ever":
        return on_or_before.strip() or "at any time"
    begins = begins_text(entry.week_starts, entry.year_begins)
    period = {"same_state_fiscal_year": "same fiscal year"}.get(entry.within, plain_text(entry.within))
    return f"{'on' if entry.within == 'same_day' else 'in'} the {period}{on_or_before}{f', {begins}' if begins else ''}"
