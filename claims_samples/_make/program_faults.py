"""Faults against the rules of one program each; limits are read from the program files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from . import faults
from .desk import Desk
from .faults import Fault, again
from .model import Claim, Person
from .profiles import entry, months_before


def _limit(desk: Desk, name: str) -> int:
    return int(entry(desk.profile.program, "unit_limits", name)["at_most"])


def _first(desk: Desk) -> str:
    return f"services.{next(iter(desk.services))}"


def _series(desk: Desk, days: Sequence[date], units: int, **values: object) -> list[Claim]:
    """Add claims of one member, one on each day."""
    first = desk.claim(desk.line(days[0], units=units), **values)
    return [first, *(again(desk, first, lines=[desk.line(day, units=units)], **values) for day in days[1:])]


def one_line_over_the_day(desk: Desk) -> None:
    """One unit more than a day allows, on one line."""
    claim = desk.claim(desk.line(desk.day(), units=_limit(desk, "daily") + 1))
    desk.expect(claim, 1, "unit_limits.daily")


def two_claims_over_the_day(desk: Desk) -> None:
    """Two claims of one code on one day, over the limit together; as a pair they also look like a duplicate."""
    limit = _limit(desk, "daily")
    claim = desk.claim(desk.line(desk.day(), units=limit - 1))
    later = again(desk, claim, lines=[desk.line(desk.day(), units=2)])
    desk.expect(later, 1, "unit_limits.daily")
    desk.expect(later, 1, "national.duplicates", at_most="review")


def two_codes_over_the_day(desk: Desk) -> None:
    """Two codes on one day, over the limit only when both count towards one."""
    claim = desk.claim(desk.line(desk.day(), units=_limit(desk, "daily") - 1))
    later = again(desk, claim, lines=[desk.line(desk.day(), units=2, service="small-group")])
    desk.expect(later, 1, "unit_limits.daily", at_most="review")


def at_the_daily_limit(desk: Desk) -> None:
    """Exactly what a day allows: nothing to find."""
    desk.claim(desk.line(desk.day(), units=_limit(desk, "daily")))


def over_the_month(desk: Desk) -> None:
    """Seven full days in one month; the seventh is over the month's limit."""
    month = desk.day(60).replace(day=2)
    full = _limit(desk, "daily")
    days = [month + timedelta(days=3 * number) for number in range(_limit(desk, "monthly") // full + 1)]
    desk.expect(_series(desk, days, full)[-1], 1, "unit_limits.monthly")


def over_the_month_with_number(desk: Desk) -> None:
    """The same with an authorization number on the last claim: only the authorization itself can tell."""
    month = desk.day(90).replace(day=2)
    full = _limit(desk, "daily")
    days = [month + timedelta(days=3 * number) for number in range(_limit(desk, "monthly") // full)]
    within = _series(desk, days, full)
    lines = [desk.line(days[-1] + timedelta(days=3), units=2)]
    later = again(desk, within[0], lines=lines, authorization="SAMPLEPA01")
    desk.expect(later, 1, "unit_limits.monthly", at_most="review")


def identifying_modifier_missing(desk: Desk) -> None:
    """The code without the modifier that makes it this program's service."""
    desk.expect(desk.claim(desk.line(desk.day(), modifiers=())), 1, _first(desk))


def another_modifier_instead(desk: Desk) -> None:
    """Another modifier in its place: the right one is missing; the other is not reported again."""
    desk.expect(desk.claim(desk.line(desk.day(), modifiers=("U8",))), 1, _first(desk))


def filed_late(desk: Desk) -> None:
    """The service is older than the filing limit."""
    claim = desk.claim(desk.line(months_before(desk.received, 13)))
    desk.expect(claim, 1, "timely_filing")


def filed_on_the_last_day(desk: Desk) -> None:
    """The last day on which the service may still be filed: nothing to find."""
    within = entry(desk.profile.program, "timely_filing")["within"]
    desk.claim(desk.line(months_before(desk.received, within)))


def other_diagnosis(desk: Desk) -> None:
    """No diagnosis of the kinds the program names."""
    claim = desk.claim(desk.line(desk.day()), diagnoses=("Z5941",))
    desk.expect(claim, 1, "diagnoses", at_most="review")


def _aged(desk: Desk, years: int, on: date) -> Person:
    """Return a new member who completes that many years on that day."""
    return replace(desk.member(), birth=on.replace(year=on.year - years))


def too_young(desk: Desk) -> None:
    """The day before the member is old enough."""
    youngest = entry(desk.profile.program, "ages")["min"]
    claim = desk.claim(desk.line(desk.day()), member=_aged(desk, youngest, desk.day() + timedelta(days=1)))
    desk.expect(claim, 1, "ages")


def old_enough_today(desk: Desk) -> None:
    """The birthday itself: nothing to find."""
    youngest = entry(desk.profile.program, "ages")["min"]
    desk.claim(desk.line(desk.day()), member=_aged(desk, youngest, desk.day()))


def birth_date_missing(desk: Desk) -> None:
    """An age limit and no birth date: reported once, as missing."""
    claim = desk.claim(desk.line(desk.day()), member=replace(desk.member(), birth=None))
    desk.expect(claim, None, "national.required_fields", field="member_birth_date")


def retired_codes(desk: Desk) -> None:
    """The modifiers of a service that ended years ago."""
    for service, modifiers in (("retired-individual", ("U4",)), ("retired-group", ("HQ", "U4"))):
        claim = desk.claim(desk.line(desk.day(), modifiers=modifiers))
        desk.expect(claim, 1, f"services.{service}")


def over_the_unmanaged_units(desk: Desk) -> None:
    """More than a fiscal year's units without authorization; a number on the claim leaves it open."""
    full = _limit(desk, "unmanaged")
    days = [desk.day(70 - 7 * number) for number in range(4)]
    desk.expect(_series(desk, [*days[:3], days[3]], full // 3)[-1], 1, "unit_limits.unmanaged")
    within = _series(desk, days[:3], full // 3)
    later = again(desk, within[0], lines=[desk.line(days[3], units=4)], authorization="SAMPLEPA02")
    desk.expect(later, 1, "unit_limits.unmanaged", at_most="review")


def two_fiscal_years(desk: Desk) -> None:
    """A fiscal year's units in June and again in July: nothing to find."""
    june = date(desk.received.year, 6, 30)
    _series(desk, [june - timedelta(days=7), june, june + timedelta(days=1), june + timedelta(days=8)],
            _limit(desk, "unmanaged") // 2)  # fmt: skip


def over_six_months(desk: Desk) -> None:
    """Thirteen full weeks are the limit; the fourteenth visit is over, unless the first has left the window."""
    units = _limit(desk, "six-months") // 13
    days = [desk.day(120 - 7 * number) for number in range(14)]
    desk.expect(_series(desk, days, units)[-1], 1, "unit_limits.six-months", at_most="review")
    last = desk.day(5)
    first = months_before(last, 6)
    _series(desk, [first, *(desk.day(100 - 7 * number) for number in range(12)), last], units)


def seventeen_visits(desk: Desk) -> None:
    """One visit more than a month allows."""
    month = desk.day(60).replace(day=1)
    days = [month + timedelta(days=number) for number in range(_limit(desk, "monthly-visits") + 1)]
    desk.expect(_series(desk, days, 1)[-1], 1, "unit_limits.monthly-visits")


def two_codes_on_one_day(desk: Desk) -> None:
    """Two of the program's codes for one member on one day, within the units."""
    claim = desk.claim(desk.line(desk.day()))
    later = again(desk, claim, lines=[desk.line(desk.day(), service="small-group")])
    desk.expect(later, 1, "same_day.one-code")


def other_code_of_the_family(desk: Desk) -> None:
    """A group code that no source lists for this program: held for someone to look at."""
    line = desk.line(desk.day(), code="98961", modifiers=())
    desk.expect(desk.claim(line), 1, "national.covered_services", at_most="review")


DAILY: tuple[Fault, ...] = (one_line_over_the_day, at_the_daily_limit)
PROGRAM_FAULTS: dict[str, tuple[Fault, ...]] = {
    "ks-chw": (*DAILY, two_claims_over_the_day, two_codes_over_the_day, over_the_month, identifying_modifier_missing,
               another_modifier_instead, filed_late, filed_on_the_last_day, faults.repeated_claim_id),
    "nj-sud-peer": (*DAILY, identifying_modifier_missing, another_modifier_instead, other_diagnosis, too_young,
                    old_enough_today, birth_date_missing),
    "nc-pss": (retired_codes, over_the_unmanaged_units, two_fiscal_years),
    "tx-peer-specialist": (over_six_months, too_young, old_enough_today, birth_date_missing, other_diagnosis),
    "mi-chw": (seventeen_visits, other_code_of_the_family),
    "az-chw": (*DAILY, over_the_month, over_the_month_with_number, two_codes_on_one_day),
}  # fmt: skip
"""The faults of each program's own sample."""
