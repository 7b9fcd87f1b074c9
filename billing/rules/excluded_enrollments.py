"""Services during a stay or a service that excludes them, by the enrollments file.

What it checks:
    No day of a line lies in an enrollment of one of the entry's `kinds`: first and last day of the span count, as do
    all days between. A range of days that lies only partly in one is reviewed, since its services may fall on the
    others. The file lists who is enrolled somewhere, so a member whom it does not list is enrolled nowhere.

Why it matters:
    Who lives in a facility, or is in a service that already includes this one, has it paid there: the second payment
    is denied (CARC 60, 96, 97) or taken back.

Example:
    H0038 on 2026-05-05, residential from 2026-05-01 to 2026-05-31 -> xx-peer.excluded_enrollments.residential

    Instead: check the dates of the stay; bill the days before it and after it.

Policy key:
    excluded_enrollments

Needs:
    enrollments

Also called:
    residential, inpatient, institutional stay, ACT, enhanced care management, bundled service, program exclusion
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from billing.policy.schema import PolicyEntry

EnrollmentKind = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]


class Entry(PolicyEntry):
    """In which enrollments the services are not paid.

    Attributes:
        kinds: Values of the enrollments file's `kind`; upper or lower case in the file does not matter.
    """

    kinds: Annotated[tuple[EnrollmentKind, ...], Field(min_length=1)]
