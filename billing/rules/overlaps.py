"""Sessions of one worker with two members, or of one member twice, at the same time.

What it checks:
    Of a worker: no two sessions with different members overlap in time. Lines of one group session are one session:
    the same session id, or a group service with the same code, place and times. Of a member: no two services overlap.
    A session that ends when the next begins does not overlap it. The later of the two is reported.

Why it matters:
    Nobody is in two places at once: payers rarely deny it at entry, and take it back in an audit years later.

Example:
    98960 from 09:30 for one member, the worker with another until 10:00 -> national.overlaps.worker

    Passes: 98960 from 10:00 for the second member, the worker with the first until 10:00

    Instead: mend the time that was written down wrongly, or bill the group service if it was one session.

Policy key:
    overlaps

Needs:
    start and end times, which an 837P does not carry; for the worker's sessions, who the worker is

Also called:
    overlapping sessions, double booking, concurrent services, impossible schedule, time conflict
"""

from __future__ import annotations

from typing import Literal

from billing.policy.schema import PolicyEntry


class Entry(PolicyEntry):
    """Whose sessions may not overlap.

    Attributes:
        of: worker: one worker with different members. member: one member with whatever worker.
    """

    of: Literal["worker", "member"]
