"""Codes and ids as a spreadsheet leaves them: turned into numbers, without their leading zeros, cut to 1.23E+10."""

from __future__ import annotations

from typing import Literal

import polars as pl

from billing.formats.tables.readings import Issue, Read, held, matches, noted
from billing.formats.tables.sheet import ERRORS

WITH_POINT = r"^[0-9]+\.0+$"
SCIENTIFIC = r"^-?[0-9](?:[.,][0-9]+)?[eE][+-][0-9]+$"
DIAGNOSES, MODIFIERS, POINTERS = "diagnoses", "modifiers", "diagnosis_pointers"
_FREE = (
    "name",
    "address_line1",
    "address_line2",
    "address_city",
    "session_id",
    "worker",
)  # how a free text's name ends
_CAPITALS = ("procedure_code", "member_sex", "subscriber_sex", "frequency_code", "unit_basis", "filing_indicator")
_SEX = {"FEMALE": "F", "MALE": "M", "UNKNOWN": "U"}
_LEAST_ALIKE = 0.5  # share of ids that must have the full length before a shorter one is doubted
_FEW = 4  # ids from which on a length is the usual one
_RETYPE = "Copy the number from the member's card or your records, into a column formatted as text."


def is_code(name: str) -> bool:
    """Tell whether a text field holds a code or an id, not words."""
    return not name.endswith(_FREE)


def without_errors(texts: pl.Series) -> Read:
    """Take out the errors that a formula left (`#N/A`)."""
    is_error = texts.is_in(ERRORS).fill_null(value=False)
    if not is_error.any():
        return Read(texts)
    issues = held(
        is_error, "cells_with_a_formula_error", "holds the error of a formula", "Mend the formula, or type the value."
    )
    return Read(_without(texts, is_error), issues)


def read_text(texts: pl.Series, name: str, digits: int | Literal["various"] | None) -> Read:
    """Read a text field: free text as it is, codes and ids with what can be undone undone.

    Args:
        texts: One cell per row.
        name: The field.
        digits: Digits that its ids have, or that they differ in it; null: not said.
    """
    if not is_code(name):
        return Read(texts)
    issues = []
    turned = matches(texts, WITH_POINT)
    if turned.any():
        texts = _changed(texts, turned, texts.str.replace(r"\.0+$", ""))
        issues += noted(turned, "codes_turned_into_numbers", "stood as a number with decimals; read without them",
                        "Format the column as text.")  # fmt: skip
    cut = matches(texts, SCIENTIFIC)
    if cut.any():
        texts, more = _scientific(texts, cut)
        issues += more
    if digits != "various":
        texts, more = _leading_zeros(texts, name, digits)
        issues += more
    if name in _CAPITALS:
        texts = texts.str.to_uppercase()
    if name.endswith("_sex"):
        texts = texts.replace(_SEX)
    return Read(texts, issues)


def read_list(texts: pl.Series, name: str) -> Read:
    """Read a cell of several codes: modifiers, diagnoses without their dots, pointers as numbers."""
    lists = texts.fill_null("").str.to_uppercase()
    if name == DIAGNOSES:
        return Read(lists.str.replace_all(".", "", literal=True).str.extract_all(r"[^\s,;:|/]+"))
    if name == MODIFIERS:
        turned = matches(texts, WITH_POINT)
        issues = noted(turned, "codes_turned_into_numbers", "stood as a number with decimals; read without them",
                       "Format the column as text.")  # fmt: skip
        return Read(lists.str.replace_all(r"\.0+\b", "").str.extract_all(r"[A-Z0-9]+"), issues)
    # The paper form points with letters.
    numbers = lists.str.replace_many(list("ABCDEFGHIJKL"), [f" {number} " for number in range(1, 13)])
    found = numbers.str.replace_all(r"\.0+\b", "").str.extract_all(r"[0-9]+|[^0-9\s,;:|/]+")
    read = found.list.eval(pl.element().cast(pl.UInt32, strict=False))
    is_bad = read.list.eval(pl.element().is_null().any()).list.first().fill_null(value=False)
    issues = held(is_bad, "diagnosis_pointers_not_read", "holds no diagnosis pointers", "Write 1,2 or A,B.")
    return Read(pl.select(pl.when(~is_bad).then(read).otherwise(pl.lit([], pl.List(pl.UInt32)))).to_series(), issues)


def _scientific(texts: pl.Series, cut: pl.Series) -> tuple[pl.Series, list[Issue]]:
    """Write 1.2345E+4 out where no digit is lost; else the digits are gone."""
    parts = texts.str.replace(",", ".", literal=True).str.extract_groups(r"^([0-9])(?:\.([0-9]+))?[eE]\+([0-9]+)$")
    lead, decimals, exponent = (parts.struct.field(str(number)) for number in (1, 2, 3))
    is_whole = (decimals.str.len_chars().cast(pl.Int64) == exponent.cast(pl.Int64, strict=False)).fill_null(value=False)
    written = lead + decimals
    issues = noted(is_whole, "numbers_written_out", "stood in scientific notation with all its digits; written out",
                   "Format the column as text.")  # fmt: skip
    lost = cut & ~is_whole
    words = "stands in scientific notation, and digits of it are lost"
    issues += held(lost, "digits_lost_to_scientific_notation", words, _RETYPE)
    return _without(_changed(texts, is_whole, written), lost), issues


def _leading_zeros(texts: pl.Series, name: str, digits: int | None) -> tuple[pl.Series, list[Issue]]:
    """Put leading zeros back where the length is known; doubt ids shorter than the others."""
    if digits is None and name == "place_of_service":
        digits = 2
    if digits is None and name.endswith("_address_zip"):
        short = matches(texts, r"^[0-9]{4}(?:-[0-9]{4})?$")
        padded = "0" + texts
    elif digits is not None:
        short = matches(texts, rf"^[0-9]{{1,{digits - 1}}}$")
        padded = texts.str.zfill(digits)
    elif name == "member_id":
        return _doubted(texts)
    else:
        return texts, []
    if not short.any():
        return texts, []
    words = f"had lost its leading zeros; read with {digits or 5} digits"
    return _changed(texts, short, padded), noted(
        short, "leading_zeros_put_back", words, "Format the column as text, so that the zeros stay."
    )


def _doubted(texts: pl.Series) -> tuple[pl.Series, list[Issue]]:
    """Hold ids of digits that are shorter than most: a spreadsheet drops zeros, and which is not to be seen."""
    lengths = texts.str.len_chars().set(~matches(texts, r"^[0-9]+$"), None)
    ids = pl.DataFrame({"id": texts, "length": lengths}).drop_nulls().unique("id")
    if len(ids) < _FEW or ids.get_column("length").n_unique() == 1:
        return texts, []
    usual, count = ids.group_by("length").len().sort("len", "length", descending=True).row(0)
    if count < len(ids) * _LEAST_ALIKE:
        return texts, []
    short = (lengths < usual).fill_null(value=False)
    words = f"is shorter than most ids here, which have {usual} digits; leading zeros may be lost"
    remedy = (
        "Compare it with the member's card; if all ids have that many digits, write "
        f"`digits: {usual}` beside `to:` in the map; if ids differ in length, `digits: various`."
    )
    return _without(texts, short), held(short, "ids_that_may_have_lost_zeros", words, remedy)


def _changed(texts: pl.Series, where: pl.Series, to: pl.Series) -> pl.Series:
    return pl.select(pl.when(where).then(to).otherwise(texts)).to_series().alias(texts.name)


def _without(texts: pl.Series, where: pl.Series) -> pl.Series:
    return pl.select(pl.when(~where).then(texts)).to_series().alias(texts.name)
