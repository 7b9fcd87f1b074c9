"""What a column map may say: which column of a log is which of ours, how its values are written, what stands nowhere.

The models are strict: an unknown key is an error. What they cannot know by themselves (names of our columns, what the
log's header row holds) is checked in `map_file.py` and `cells.py`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from billing.claim_columns import MONEY_TEXT
from billing.policy.schema import PolicyModel

DateOrder = Literal["month-day-year", "day-month-year", "year-month-day"]
WorkerType = Literal["chw", "peer", "recovery_peer", "family_peer", "youth_peer"]


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _column(value: object) -> object:
    """Take `Units: units` for `Units: {to: units}`."""
    return {"to": value} if isinstance(value, (str, list, tuple)) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Reading(PolicyModel):
    """How the cells of a column are written, and where they go.

    Attributes:
        to: Our column; or several, when a cell holds several values behind each other.
        split: What stands between them; null: what is usual for these columns.
        values: What a cell says to what it means, `{Office: "11"}`; capitals do not matter.
        dates: Order of day, month and year; null: the map's.
        decimal: Sign before the cents; null: the map's.
        two_digit_years_from: First year that a year of two digits may mean; null: the map's.
        digits: Digits of an id; shorter ones get the leading zeros back that a spreadsheet dropped. `various`: ids
            differ in length, and none is doubted for being short.
    """

    to: Names
    split: str | None = None
    values: dict[str, str] = Field(default_factory=dict)
    dates: DateOrder | None = None
    decimal: Literal[".", ","] | None = None
    two_digit_years_from: Annotated[int, Field(ge=1850, le=2100)] | None = None
    digits: Annotated[int, Field(ge=2, le=30)] | Literal["various"] | None = None


class Joined(Reading):
    """Several columns that hold one value together.

    Attributes:
        columns: Their headers, in order.
        with_: What is put between them, `with:` in the file.
    """

    columns: tuple[str, ...]
    with_: Annotated[str, Field(alias="with")] = " "


class Claims(PolicyModel):
    """How rows become claims.

    Attributes:
        by: `claim_id`: the rows of one claim id; `member`: a member's rows of a period; `row`: each row by itself.
        per: The period; given with `member` only.
        week_starts: First day of a week; given with `week` only.
        prefix: What made-up claim ids begin with.
    """

    by: Literal["claim_id", "member", "row"]
    per: Literal["day", "week", "month"] | None = None
    week_starts: Literal["monday", "sunday", "saturday"] | None = None
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{0,3}$")] = ""


class Worker(PolicyModel):
    """What the log's name of a worker stands for.

    Attributes:
        npi: NPI.
        type: Kind of worker; `worker_types` says what follows from it.
        taxonomy: Taxonomy code; null: the type's.
        name: Name as it should stand on the claim, last, first; null: none.
    """

    npi: str | None = None
    type: WorkerType | None = None
    taxonomy: str | None = None
    name: str | None = None


class WorkerDefaults(PolicyModel):
    """What holds for all workers of a type.

    Attributes:
        taxonomy: Taxonomy code.
    """

    taxonomy: str


def _money(value: Any) -> Any:  # noqa: ANN401 whatever the file holds
    for amount in value.values():
        if not re.fullmatch(MONEY_TEXT, amount):
            raise ValueError('write an amount in quotes, `"H0038 HF": "16.25"`')
    return value


class Charges(PolicyModel):
    """Charges that the log does not state.

    Attributes:
        per_unit: USD per unit by code, or by code and modifiers: `{"H0038": "16.25", "H0038 HQ": "4.10"}`.
    """

    per_unit: Annotated[dict[str, str], AfterValidator(_money)]

    def price(self, service: str) -> Decimal | None:
        """Return USD per unit of `H0038 HQ U4`, else of its code; null when neither is listed."""
        listed = {" ".join(key.upper().split()): Decimal(amount) for key, amount in self.per_unit.items()}
        code, _, modifiers = service.partition(" ")
        alike = {_service(key): amount for key, amount in listed.items()}
        return alike.get((code, frozenset(modifiers.split())), alike.get((code, frozenset())))


def _service(text: str) -> tuple[str, frozenset[str]]:
    code, _, modifiers = text.partition(" ")
    return code, frozenset(modifiers.split())


class ColumnMap(PolicyModel):
    """A whole map.

    Attributes:
        sheet: Name of the sheet in a workbook; null: the only one that holds anything.
        header_row: Row that holds the headers, from 1.
        separator: What parts the cells of a CSV; null: what the header row is parted by.
        dates: Order of day, month and year in dates written in numbers.
        decimal: Sign before the cents.
        two_digit_years_from: First year that a year of two digits may mean, `1930`: 29 is 2029, 30 is 1930.
        claims: How rows become claims; null: by claim id where a column holds one.
        columns: Header to our column.
        join: Values that stand in several columns.
        constants: Our column to the value that holds for every row.
        charges: Charges that the log does not state.
        workers: The log's name or id of a worker to what it stands for.
        worker_types: What holds for all workers of a type.
        ignore: Headers of columns that are not wanted.
    """

    sheet: str | None = None
    header_row: Annotated[int, Field(ge=1, le=200)] = 1
    separator: Annotated[str, Field(pattern=r"^[,;|\t]$")] | None = None
    dates: DateOrder | None = None
    decimal: Literal[".", ","] = "."
    two_digit_years_from: Annotated[int, Field(ge=1850, le=2100)] | None = None
    claims: Claims | None = None
    columns: dict[str, Annotated[Reading, BeforeValidator(_column)]]
    join: tuple[Joined, ...] = ()
    constants: dict[str, str] = Field(default_factory=dict)
    charges: Charges | None = None
    workers: dict[str, Worker] = Field(default_factory=dict)
    worker_types: dict[WorkerType, WorkerDefaults] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    def targets(self) -> list[str]:
        """Return every one of our columns that a column of the log goes to, repeated ones too."""
        return [name for reading in (*self.columns.values(), *self.join) for name in reading.to]
