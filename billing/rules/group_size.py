"""Sessions with more or fewer members than the service is for.

What it checks:
    The head count of the session lies within the service's group size, both ends included.

Why it matters:
    Group and single sessions are paid differently; one billed as the other is taken back in an audit (CARC 272).

Example:
    98961, a service for 2 to 4, with 5 members -> xx-chw.services.small-group

    Passes: 98961 with 2, 3 or 4 members

    Instead: bill the service for the number of members who took part.

Policy key:
    services, their group_size

Needs:
    the head count of the session, which an 837P does not carry; a line without it is not checked

Also called:
    group ratio, participants, head count, class size, individual or group
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import polars as pl

from billing.policy.codesets import Fact
from billing.policy.schema import GroupSize, Service
from billing.rules._entry_words import code_text, range_text
from billing.rules._kind import PLACED, Check, Services
from billing.rules._other_services import fitting
from billing.rules._words import coded, counted, sentence

SERVICE_FACT = True


def in_words(entry: Service, _services: Services) -> str:
    """Put an entry into a sentence."""
    size = entry.group_size or GroupSize()
    return f"{code_text(entry)}: {range_text(size.min, size.max, 'member')} in a session."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on a line's head count; none where the service has no sourced group size."""
    service = cast("Service", fact.entry)
    size = service.group_size
    if size is None or (size.min is None and size.max is None):
        return
    count = pl.col("group_size")
    yield Check(
        cause="group_size",
        applies=pl.col("placed").is_in(PLACED),
        fails=~_fits(size),
        column="group_size",
        message=sentence(counted(count, "member"), " in the session; ", coded(), f" is for {_sizes(size)}."),
        remedy=_remedy(service, fact.program_services),
        found=count.cast(pl.String),
        allowed=_sizes(size),
        uses=("group_size",),
    )


def _fits(size: GroupSize) -> pl.Expr:
    """Tell whether a line's head count is one that a size takes in."""
    count = pl.col("group_size")
    is_enough = count >= size.min if size.min is not None else pl.lit(value=True)
    return is_enough & (count <= size.max) if size.max is not None else is_enough


def _remedy(service: Service, services: Iterable[Service]) -> pl.Expr:
    """Name the service of the program whose size fits the head count, if its source gives one."""
    others = [other for other in services if other.id != service.id and other.group_size is not None]
    codes = fitting(others, lambda other: _fits(other.group_size or GroupSize()))
    many = counted(pl.col("group_size"), "member")
    return pl.coalesce(
        sentence("Check the attendance record; if it shows ", many, ", bill ", codes, "."),
        sentence("Check the attendance record; no other service of the program is known to be for ", many, "."),
    )


def _sizes(size: GroupSize) -> str:
    if size.min == size.max:
        return f"{size.min} alone"
    if size.max is None:
        return f"{size.min} or more"
    return f"{size.min} to {size.max}" if size.min is not None else f"up to {size.max}"
