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
from billing.rules._words import coded, counted, sentence

SERVICE_FACT = True


def in_words(entry: Service, _services: Services) -> str:
    """Put an entry into a sentence."""
    size = entry.group_size or GroupSize()
    return f"{code_text(entry)}: {range_text(size.min, size.max, 'member')} in a session."


def checks(fact: Fact) -> Iterable[Check]:
    """Yield the condition on a line's head count; none where the service has no sourced group size."""
    size = cast("Service", fact.entry).group_size
    if size is None or (size.min is None and size.max is None):
        return
    count = pl.col("group_size")
    is_small = count < size.min if size.min is not None else pl.lit(value=False)
    is_large = count > size.max if size.max is not None else pl.lit(value=False)
    yield Check(
        cause="group_size",
        applies=pl.col("placed").is_in(PLACED),
        fails=is_small | is_large,
        column="group_size",
        message=sentence(counted(count, "member"), " in the session; ", coded(), f" is for {_sizes(size)}."),
        remedy="Check the attendance record, and bill the service for the number of members who took part.",
        found=count.cast(pl.String),
        allowed=_sizes(size),
        uses=("group_size",),
    )


def _sizes(size: GroupSize) -> str:
    if size.min == size.max:
        return f"{size.min} alone"
    if size.max is None:
        return f"{size.min} or more"
    return f"{size.min} to {size.max}" if size.min is not None else f"up to {size.max}"
