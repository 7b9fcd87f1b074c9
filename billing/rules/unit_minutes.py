"""Units that the minutes of the service do not earn, and minutes that would earn more units than were billed.

What it checks:
    Start and end time give the minutes, the service's `rounding` the units they earn: `full_unit` (whole units alone),
    `up_to` (every unit begun), `midpoint` (a unit once more than half of it has passed; also "nearest"), `cms_8_single`
    and `cms_8_total` (Medicare's eight-minute rule, per service and over the day's services), `tenth_of_hour` (to the
    nearest six minutes), `per_session` and `per_day` (one each). Below `minimum_minutes` nothing is earned. The minutes
    of each session are rounded, or those of a member's day with one worker, as `rounding_scope` says; where no source
    says which, only what both readings refuse is rejected. Where no rounding is sourced, only units beyond every rule
    are found: more than were begun. More units than earned are rejected; fewer are a note, with what could be billed.

Why it matters:
    Units without the minutes are what auditors take back first (CARC 16, 152); minutes without units are money left.

Example:
    H0038 x 4, 09:00 to 09:50, full units of 15 minutes -> xx-peer.services.individual

    Instead: bill the 3 units that 50 minutes earn; never change the times to fit the units.

Policy key:
    services, their unit_minutes, rounding, rounding_scope, minimum_minutes

Needs:
    start and end times, which an 837P does not carry; a line without them is not checked, nor is a unit of a month,
    since the contacts of the month are not on the claim

Also called:
    time to units, rounding rule, 8-minute rule, midpoint rule, unit conversion, start and stop times, overbilled units
"""

from __future__ import annotations

SERVICE_FACT = True
VALUES = {
    "rounding": "rounding_source", "minimum_minutes": "rounding_source", "unit_minutes": "unit_minutes_source",
}  # fmt: skip
"""What it compares in a service, each with the key of its source."""
