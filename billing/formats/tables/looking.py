"""What the values of a column look like: dates and in which order, codes, amounts, names. For guessing a map."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property

import polars as pl

from billing.formats.tables.column_map import DateOrder
from billing.formats.tables.dates import needs_order, read_dates, read_times
from billing.formats.tables.map_file import USUAL_SPLITS
from billing.formats.tables.numbers import plain_number
from billing.formats.tables.sheet import ERRORS

_NPI = re.compile(r"[12][0-9]{9}")
_CODE = re.compile(r"[A-Za-z][0-9]{4}|[0-9]{5}(?:\.0)?|[0-9]{4}[A-Za-z]")
_CODE_WITH_MODIFIERS = re.compile(r"(?:[A-Za-z][0-9]{4}|[0-9]{5})(?:[\s:,/(-]+[A-Za-z0-9]{2}\)?)+")
_MODIFIER = re.compile(r"[A-Za-z0-9]{2}(?:[\s:,]+[A-Za-z0-9]{2}){0,3}")
_DIAGNOSES = re.compile(
    r"[A-TV-Za-tv-z][0-9][0-9A-Za-z](?:\.?[0-9A-Za-z]{1,4})?(?:[\s,;|/]+[A-TV-Za-tv-z][0-9][0-9A-Za-z](?:\.?[0-9A-Za-z]{1,4})?)*"
)
_AMOUNT = re.compile(r"\(?-?[0-9]+(?:\.[0-9]+)?\)?")
_COMMA_NAME = re.compile(r"[^,0-9]+,\s*[^,0-9]+")
_SPACE_NAME = re.compile(r"[^,0-9\s]+(?:\s+[^,0-9\s]+){1,2}")
_ID = re.compile(r"(?=.*[0-9])[A-Za-z0-9-]{4,20}(?:\.0)?")
_PLACE = re.compile(r"[0-9]{1,2}")
_DECIMAL_COMMA = re.compile(r"[^0-9]*[0-9.]+,[0-9]{1,2}[^0-9]*")
_BETWEEN_TIMES = re.compile(USUAL_SPLITS["start_time", "end_time"])
_LUHN_START = 24
_MOST = 500
MOSTLY, HALF = 0.8, 0.5
_ORDERS: tuple[DateOrder, DateOrder] = ("month-day-year", "day-month-year")


class Look:
    """The first 500 values of one column, and what most of them look like."""

    def __init__(self, texts: pl.Series, enough: float = MOSTLY) -> None:
        """Look at a column of cells (null: empty); `enough` is the share of values that makes it what it is."""
        found = texts.drop_nulls().filter(~texts.drop_nulls().is_in(ERRORS))
        self.filled = len(found)
        self.enough = enough
        self.values: list[str] = found.head(_MOST).to_list()
        self.distinct: list[str] = found.unique(maintain_order=True).head(_MOST).to_list()

    def mostly(self, test: re.Pattern[str] | Callable[[str], bool]) -> bool:
        """Tell whether enough values pass a test; a column of none passes none."""
        passes = test.fullmatch if isinstance(test, re.Pattern) else test
        good = sum(bool(passes(value)) for value in self.values)
        return bool(self.values) and good >= len(self.values) * self.enough

    @cached_property
    def is_dates(self) -> bool:
        """Dates, however they are written."""
        texts = pl.Series(self.values, dtype=pl.String)
        either = [read_dates(texts, order=order, years_from=1930, of_person=False).values for order in _ORDERS]
        return self._most_of(either[0].fill_null(either[1]))

    @cached_property
    def date_order(self) -> str | None:
        """Order of month and day where a number above 12 tells it; empty: none is needed; null: it cannot be told."""
        texts = pl.Series(self.distinct, dtype=pl.String)
        unclear = texts.filter(needs_order(texts))
        if unclear.is_empty():
            return ""
        month_first, day_first = (
            read_dates(unclear, order=order, years_from=1930, of_person=False).values.is_not_null() for order in _ORDERS
        )
        told = (bool((month_first & ~day_first).any()), bool((day_first & ~month_first).any()))
        return {(True, False): _ORDERS[0], (False, True): _ORDERS[1]}.get(told)

    @cached_property
    def is_times(self) -> bool:
        """Times of day."""
        return self._most_of(read_times(pl.Series(self.values, dtype=pl.String)).values)

    @cached_property
    def is_time_ranges(self) -> bool:
        """Two times of day with a dash or `to` between them."""
        halves = [_BETWEEN_TIMES.split(value) for value in self.distinct]
        if not halves or any(len(each) != 2 for each in halves):  # noqa: PLR2004 begin and end
            return False
        return self._most_of(read_times(pl.Series([half for each in halves for half in each], dtype=pl.String)).values)

    @property
    def is_npis(self) -> bool:
        """National Provider Identifiers, by their check digit."""
        return self.mostly(lambda value: bool(_NPI.fullmatch(value)) and _check_digit_fits(value))

    @property
    def is_codes(self) -> bool:
        """Procedure codes."""
        return self.mostly(_CODE)

    @property
    def has_modifiers_behind(self) -> bool:
        """Procedure codes, some of them with modifiers behind."""
        return self.mostly(lambda value: bool(_CODE.fullmatch(value) or _CODE_WITH_MODIFIERS.fullmatch(value))) and any(
            _CODE_WITH_MODIFIERS.fullmatch(value) for value in self.values
        )

    @property
    def is_modifiers(self) -> bool:
        """Modifiers."""
        return self.mostly(_MODIFIER)

    @property
    def is_diagnoses(self) -> bool:
        """Diagnosis codes."""
        return self.mostly(_DIAGNOSES)

    @property
    def is_amounts(self) -> bool:
        """Numbers: money or units."""
        plain = plain_number(pl.Series(self.values, dtype=pl.String), self.decimal)
        good = sum(bool(_AMOUNT.fullmatch(value)) for value in plain.to_list())
        return bool(self.values) and good >= len(self.values) * self.enough

    @property
    def decimal(self) -> str:
        """Sign before the cents."""
        return "," if self.mostly(_DECIMAL_COMMA) else "."

    @property
    def is_comma_names(self) -> bool:
        """Names, last name first."""
        return self.mostly(_COMMA_NAME)

    @property
    def is_space_names(self) -> bool:
        """Names, first name first."""
        return self.mostly(_SPACE_NAME)

    @property
    def is_ids(self) -> bool:
        """Ids with digits in them."""
        return self.mostly(_ID)

    @property
    def is_places(self) -> bool:
        """Numbers of places of service."""
        return self.mostly(_PLACE)

    @property
    def lost_digits(self) -> int | None:
        """The length that most ids have, where some of digits only are shorter; null where none is."""
        lengths = [len(value) for value in self.distinct if value.isdigit()]
        if not lengths:
            return None
        usual = max(set(lengths), key=lambda length: (lengths.count(length), length))
        return usual if min(lengths) < usual and lengths.count(usual) * 2 >= len(lengths) else None

    def _most_of(self, read: pl.Series) -> bool:
        return bool(self.values) and len(read) - read.null_count() >= len(read) * self.enough


def _check_digit_fits(npi: str) -> bool:
    digits = [int(digit) for digit in npi]
    doubled = sum(digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2])  # noqa: PLR2004 two digits from 5 on
    return (_LUHN_START + doubled + sum(digits[-1::-2])) % 10 == 0


def words_of(values: Sequence[str], pattern: str, most: int) -> list[str]:
    """Return the values that do not have a pattern, at most so many, in order."""
    return [value for value in values if not re.fullmatch(pattern, value)][:most]
