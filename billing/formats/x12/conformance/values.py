"""Single values: length, characters, type, codes. One error per value, the first that applies."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from billing.formats.x12.conformance.characters import CONTROL, EXTENDED
from billing.formats.x12.conformance.gates import FORMAT, MAY_BE_BLANK, PADDED
from billing.formats.x12.conformance.guide import BY_FORMAT
from billing.formats.x12.conformance.rules import code_table
from billing.formats.x12.delimiters import Delimiters, character

_TEXT = ["AN", "ID"]
_PROSE = ["1035", "1036", "1037", "1038", "1039", "93", "166", "19", "352", "449"]
"""Data elements of names, addresses and notes, which receivers cut; an identifier nobody cuts."""

_TIME = r"^([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9]([0-9]{1,2})?)?$"


class Marks(NamedTuple):
    """What parts the values of a region.

    Attributes:
        delimiters: Its delimiters.
        repetition: The repetition separator (ISA11).
    """

    delimiters: Delimiters
    repetition: str


def judge_values(values: pl.DataFrame, marks: Marks) -> pl.DataFrame:
    """Judge values by their rules.

    Args:
        values: One row per filled element or component: `asked`, `layout`, `element`, `component`, `value` and the
            columns of its rule, nulls where the guide has no such element.
        marks: The separators.

    Returns:
        One row per error: `asked`, `element`, `component`, `value`, `cause`, `detail`.
    """
    known = code_table().with_columns(is_known=pl.lit(value=True))
    values = values.join(
        known, on=["layout", "element", "component", "value"], how="left", nulls_equal=True, maintain_order="left"
    )
    values = _with_formats(values)
    judged = values.with_columns(cause=_cause(marks)).filter(pl.col("cause").is_not_null())
    # What is behind the last element, or the last component, is too much once.
    is_excess = pl.col("cause").is_in(["element_excess", "component_excess"])
    per_excess = pl.struct("asked", "cause", pl.when(pl.col("cause") == "component_excess").then("element"))
    judged = judged.filter(~is_excess | per_excess.is_first_distinct())
    detail = pl.when(pl.col("cause").is_in(["day_malformed", "time_malformed"])).then("format")
    return judged.select("asked", "element", "component", "value", "cause", detail=detail)


def _with_formats(values: pl.DataFrame) -> pl.DataFrame:
    """Add the `format` of dates and times: what the element in front says, or what their type is."""
    formats = values.filter(pl.col("data_element") == FORMAT)
    inside = pl.when(pl.col("component").is_not_null()).then("element")
    formats = formats.select("asked", inside=inside, said="value").unique(
        ["asked", "inside"], keep="first", maintain_order=True
    )
    values = values.with_columns(inside=inside).join(
        formats, on=["asked", "inside"], how="left", nulls_equal=True, maintain_order="left"
    )
    data_type = pl.col("data_type")
    return values.with_columns(format=pl.when(data_type == BY_FORMAT).then("said").otherwise(data_type))


def _cause(marks: Marks) -> pl.Expr:
    """Say what is wrong with a value; null: nothing."""
    value, data_type = pl.col("value"), pl.col("data_type")
    in_text = data_type.is_in([*_TEXT, BY_FORMAT])
    is_text = data_type.is_in(_TEXT)
    is_number = data_type.str.contains(r"^(R|N[0-9]?)$")
    digits = pl.when(is_number).then(value.str.replace_all(r"[-.]", "")).otherwise(value).str.len_chars()
    # The header of an interchange is padded, and may be blank where nothing is agreed.
    may_be_blank = pl.col("data_element").is_in(list(MAY_BE_BLANK))
    is_padded = pl.col("data_element").is_in([*MAY_BE_BLANK, *PADDED])
    is_required = pl.col("usage") == "R"
    is_blank = value.str.strip_chars(" ") == ""
    any_sign = "[^" + "".join(rf"\x{{{ord(each):x}}}" for each in EXTENDED) + "]"
    sub = character(marks.delimiters.component)
    cases = (
        (data_type.is_null() & pl.col("component").is_null(), "element_excess"),
        (data_type.is_null(), "component_excess"),
        (pl.col("usage") == "N", "element_not_used"),
        (data_type == "B", None),
        (value.str.contains(CONTROL), "control_character"),
        (value.str.contains(sub, literal=True), "component_excess"),
        (value.str.contains(marks.repetition, literal=True), "element_repeated"),
        (in_text & value.str.contains(any_sign), "character_outside_set"),
        (pl.col("has_codes") & is_blank & is_required, "element_missing"),
        (pl.col("has_codes") & pl.col("is_known").is_null(), "code_unknown"),
        (pl.col("has_codes"), None),
        (is_text & is_blank & ~may_be_blank & is_required, "element_missing"),
        (is_text & value.str.ends_with(" ") & ~is_padded, "blanks_at_end"),
        ((data_type == "R") & ~value.str.contains(r"^-?([0-9]+(\.[0-9]+)?|\.[0-9]+)$"), "number_malformed"),
        (is_number & (data_type != "R") & ~value.str.contains(r"^-?[0-9]+$"), "number_malformed"),
        (_is_bad_date(value), "day_malformed"),
        ((pl.col("format") == "TM") & ~value.str.contains(_TIME), "time_malformed"),
        (digits < pl.col("shortest"), "element_too_short"),
        ((digits > pl.col("longest")) & pl.col("data_element").is_in(_PROSE), "text_too_long"),
        (digits > pl.col("longest"), "element_too_long"),
        ((pl.col("pattern") == r"[0-9]{9}") & ~value.str.contains(r"[0-9]{9}"), "pattern_broken"),
    )
    cause = pl.lit(None, pl.String)
    for condition, name in reversed(cases):
        cause = pl.when(condition).then(pl.lit(name, pl.String)).otherwise(cause)
    return cause


def _is_bad_date(value: pl.Expr) -> pl.Expr:
    """Tell values that are no day, or no range of days, of the calendar."""
    written = pl.col("format")
    ends = value.str.splitn("-", 2)
    first, last = (_is_day(ends.struct.field(f"field_{end}")) for end in (0, 1))
    is_range = written == "RD8"
    six = value.str.contains(r"^[0-9]{6}$") & _is_day(pl.concat_str(pl.lit("20"), value))
    return (
        pl.when(is_range)
        .then(~(first & last))
        .when(written == "D8")
        .then(~_is_day(value))
        .when(written == "DT")
        .then(~(_is_day(value) | six))
        .when(written == "D6")
        .then(~six)
        .otherwise(statement=False)
    )


def _is_day(text: pl.Expr) -> pl.Expr:
    is_day = text.str.contains(r"^(18|19|20|21)[0-9]{6}$") & text.str.to_date("%Y%m%d", strict=False).is_not_null()
    return is_day.fill_null(value=False)
