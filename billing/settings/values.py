"""The values that a settings file may hold: texts that X12 can carry, identifiers with their check, codes.

Every refusal says in words what is wrong; the place is added by `reading.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

import polars as pl
from pydantic import BeforeValidator

from billing.rules.npi import check_sum

CARRIED = r"A-Za-z0-9 !\"&'()*+,\-./:;?=%~@\[\]_{}\\|<>#$^"
"""Characters that an X12 file may hold, for a regular expression; delimiters are among them until they are chosen."""

_NOT_CARRIED = re.compile(f"[^{CARRIED}]")
_TEN_DIGITS = re.compile(r"[0-9]{10}\Z")


def checked(check: Callable[[str], str]) -> BeforeValidator:
    """Make a validator of a check that returns the text to keep, or raises ValueError with words."""

    def run(value: object) -> object:
        return check(value) if isinstance(value, str) else value

    return BeforeValidator(run)


def text_of(longest: int, shortest: int = 1) -> BeforeValidator:
    """Make a validator of texts that X12 can carry in an element of at most `longest` characters."""

    def check(value: str) -> str:
        if value != value.strip() or not value:
            raise ValueError("is empty or has blanks at an end; X12 carries neither")
        if not shortest <= len(value) <= longest:
            raise ValueError(f"has {len(value)} characters; X12 takes {shortest} to {longest} here")
        if found := _NOT_CARRIED.search(value):
            raise ValueError(f"holds {found.group()!r}, which X12 does not carry; write plain letters without accents")
        return value

    return checked(check)


def _npi(value: str) -> str:
    if not _TEN_DIGITS.match(value):
        raise ValueError("an NPI has ten digits")
    if pl.select(check_sum(pl.lit(value))).item() % 10:
        raise ValueError("this is no NPI: its last digit does not fit the others; look for swapped digits")
    return value


def _taxonomy(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Z]{9}X", value):
        raise ValueError('a taxonomy is ten capital letters and digits and ends in X, such as "251S00000X"')
    return value


def _tax_id(value: str) -> str:
    digits = value.replace("-", "")
    if not re.fullmatch(r"[0-9]{9}", digits):
        raise ValueError("a tax id has nine digits")
    return digits


def _zip(value: str) -> str:
    digits = value.replace("-", "")
    if not re.fullmatch(r"[0-9]{5}([0-9]{4})?", digits):
        raise ValueError("a ZIP has five or nine digits")
    return digits


def _zip_of_nine(value: str) -> str:
    digits = _zip(value)
    if len(digits) != 9:  # noqa: PLR2004  ZIP+4
        raise ValueError("the guide demands all nine digits of the ZIP here; the post office's ZIP lookup has them")
    return digits


def _state(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", value):
        raise ValueError('write the state as two capital letters, such as "KS"')
    return value


def _phone(value: str) -> str:
    digits = re.sub(r"[ ().-]", "", value)
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise ValueError("a telephone or fax number has ten digits, area code first")
    return digits


def _separator(value: str) -> str:
    if len(value) != 1 or not re.fullmatch(r"[!\"&'()*+/:;?=%~@\[\]_{}\\|<>#$^]", value):
        raise ValueError("a delimiter is one sign that is no letter, digit, blank, point, comma or hyphen")
    return value


NPI = Annotated[str, checked(_npi)]
TAXONOMY = Annotated[str, checked(_taxonomy)]
TAX_ID = Annotated[str, checked(_tax_id)]
ZIP = Annotated[str, checked(_zip)]
NINE_DIGIT_ZIP = Annotated[str, checked(_zip_of_nine)]
STATE = Annotated[str, checked(_state)]
PHONE = Annotated[str, checked(_phone)]
SEPARATOR = Annotated[str, checked(_separator)]
LAST_NAME = Annotated[str, text_of(60)]
FIRST_NAME = Annotated[str, text_of(35)]
STREET = Annotated[str, text_of(55)]
CITY = Annotated[str, text_of(30, 2)]
ID = Annotated[str, text_of(80, 2)]
INTERCHANGE_ID = Annotated[str, text_of(15)]
GROUP_ID = Annotated[str, text_of(15, 2)]
EMAIL = Annotated[str, text_of(256)]
EXTENSION = Annotated[str, text_of(10)]
REFERENCE = Annotated[str, text_of(50)]
