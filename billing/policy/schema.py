"""What a program file may say: sources, services, and the base of every rule kind's entry.

A rule kind's own `Entry` (in `billing/rules/<kind>.py`) extends `PolicyEntry`. All models refuse unknown keys
and are frozen. Codes are text, `effective` and `ended` are dates of service and both inclusive.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from billing.policy.conditions import Conditions


def _text_only(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f'codes are text: write "{value}" in quotes')
    return value


Code = Annotated[str, BeforeValidator(_text_only)]
EntryId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Severity = Literal["reject", "review", "note"]


class PolicyModel(BaseModel):
    """Base of everything a program file may write: frozen, unknown keys refused, values kept out of messages."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class Source(PolicyModel):
    """One public document that facts are read from.

    Attributes:
        title: Its title, in our own short words where the title is long.
        publisher: Who issued it.
        form: Kind of document; decides whether it counts as current (see `billing/policy/provenance.py`).
        dated: The date the document carries, `2023-06-29`, `2019` or `2024-01`; null when it carries none.
        url: Public address; may be empty for a source that has none.
        read_on: The day it was read for this code set.
        official: True when the state, the payer, CMS or a legislature issued it.
        historical: True when it is known to be replaced.
        note: What a reader should know about it.
    """

    title: str
    publisher: str
    form: Literal["bulletin", "manual", "page", "statute", "regulation", "standard", "article", "practice"]
    dated: str | None = None
    url: str = ""
    read_on: date
    official: bool
    historical: bool = False
    note: str = ""


class PolicyEntry(PolicyModel):
    """What every entry of every kind may write.

    Attributes:
        id: Its name in the block; the path is `<program>.<kind>.<id>`.
        services: The services it applies to: `all`, or a list of service ids.
        source: Id of the source the fact was read in.
        effective: First date of service it applies to; null: the program's.
        ended: Last date of service it applies to; null: the program's.
        assumed: The reading of ambiguous words it rests on; caps its findings at review.
        severity: Severity of its findings before caps.
        shadow: True: evaluated and reported, but decides nothing.
        when: Conditions that narrow it; all must hold.
        unless: Conditions under which it does not hold, `{pregnant: true}`; all must hold.
    """

    id: EntryId
    services: Literal["all"] | tuple[str, ...] = "all"
    source: str
    effective: date | None = None
    ended: date | None = None
    assumed: str | None = None
    severity: Severity = "reject"
    shadow: bool = False
    when: Conditions | None = None
    unless: Conditions | None = None


class GroupSize(PolicyModel):
    """How many members a session may have; null means that end is not sourced."""

    min: Annotated[int, Field(ge=1)] | None = None
    max: Annotated[int, Field(ge=1)] | None = None


class Rate(PolicyModel):
    """What the program pays for a unit, from a day on.

    Attributes:
        amount: USD per unit; null where it differs by region.
        amounts: USD per unit by region, in the words of the source; empty where it is one amount.
        effective: First date of service, inclusive.
        ended: Last date of service, inclusive; null: still in force.
        source: Id of the source it was read in.
    """

    amount: Annotated[Decimal, Field(gt=0, decimal_places=4)] | None = None
    amounts: dict[str, Annotated[Decimal, Field(gt=0, decimal_places=4)]] = {}
    effective: date
    ended: date | None = None
    source: str

    @model_validator(mode="after")
    def _is_one_rate(self) -> Self:
        if (self.amount is None) == (not self.amounts):
            raise ValueError('write amount: "14.15", or amounts by region: {upstate: "18.92", downstate: "21.22"}')
        return self

    @property
    def least(self) -> Decimal:
        """The lowest amount of all regions, USD per unit."""
        return min(self.amounts.values()) if self.amount is None else self.amount


Rounding = Literal[
    "full_unit", "up_to", "midpoint", "cms_8_single", "cms_8_total", "tenth_of_hour", "per_session", "per_day"
]
_UNIT_OF = {"cms_8_single": 15, "cms_8_total": 15, "tenth_of_hour": 60, "per_session": None, "per_day": None}
"""Roundings that are made for one length of unit; per session and per day have none."""
_SCOPE_OF = {"cms_8_total": "day", "per_session": "session", "per_day": "day"}
"""Roundings that say themselves what is rounded."""


class Service(PolicyModel):
    """What may be billed. A line belongs to the most specific service it matches.

    Attributes:
        id: Its name; the path is `<program>.services.<id>`.
        procedure: Procedure code.
        modifiers: The modifiers that identify it: all must stand on the line, in any order.
        also_allowed: Modifiers that may stand beside them.
        other_modifiers: What any further modifier is worth: `review`, or `refused` when the source closes the set.
        modifier_positions: Modifier to the position (1 to 4) it must stand in, when the source says so.
        delivery: individual, group, or individual_or_group where the source does not tell them apart.
        group_size: Members per session; its source is `group_size_source`, else `source`.
        unit_minutes: Minutes in one unit; its source is `unit_minutes_source`, else `source`.
        rounding: How minutes become units (`billing/rules/unit_minutes.py` has each rule); null: not sourced.
        rounding_scope: What is rounded: each session, or the minutes of a day or a month added up; null: not sourced.
        minimum_minutes: Fewer minutes than these earn no unit.
        minutes_before: Minutes of the month that another service pays for, before this one's begin.
        rounding_source: Source of the rounding, its scope and its least minutes, else `source`.
        date_ranges: refused: each day needs its own line.
        rates: Dated payment rates.
        name: In our own few words, for messages.
        source: Id of the source it was read in.
        effective: First date of service it may be billed; null: the program's.
        ended: Last date of service it may be billed; null: the program's.
        assumed: The reading of ambiguous words it rests on; caps findings about it at review.
    """

    id: EntryId
    procedure: Code
    modifiers: tuple[Code, ...] = ()
    also_allowed: tuple[Code, ...] = ()
    other_modifiers: Literal["review", "refused"] = "review"
    modifier_positions: dict[str, Annotated[int, Field(ge=1, le=4)]] = {}
    delivery: Literal["individual", "group", "individual_or_group"] = "individual_or_group"
    group_size: GroupSize | None = None
    group_size_source: str | None = None
    unit_minutes: Annotated[int, Field(ge=1)] | None = None
    unit_minutes_source: str | None = None
    rounding: Rounding | None = None
    rounding_scope: Literal["session", "day", "month"] | None = None
    minimum_minutes: Annotated[int, Field(ge=1)] | None = None
    minutes_before: Annotated[int, Field(ge=1)] | None = None
    rounding_source: str | None = None
    date_ranges: Literal["allowed", "refused"] = "allowed"
    rates: tuple[Rate, ...] = ()
    name: str = ""
    source: str
    effective: date | None = None
    ended: date | None = None
    assumed: str | None = None

    @model_validator(mode="after")
    def _rounding_is_complete(self) -> Self:
        rounding = self.rounding
        if rounding is not None:
            unit = _UNIT_OF.get(rounding, self.unit_minutes)
            if unit != self.unit_minutes:
                raise ValueError(f"rounding: {rounding} has {f'unit_minutes: {unit}' if unit else 'no unit_minutes'}")
            if unit is None and rounding not in _UNIT_OF:
                raise ValueError(f"rounding: {rounding} needs unit_minutes")
            if self.rounding_scope not in {None, _SCOPE_OF.get(rounding, self.rounding_scope)}:
                raise ValueError(f"rounding: {rounding} is per {_SCOPE_OF[rounding]}; take rounding_scope out")
        if self.minutes_before is not None and self.rounding_scope != "month":
            raise ValueError("minutes_before means nothing without rounding_scope: month")
        return self
