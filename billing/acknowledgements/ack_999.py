"""999: what each transaction does against its implementation guide, one answer per functional group.

A transaction is accepted (A), accepted with errors (E) where its receiver would refuse at most single claims for
them, or rejected (R). A value that is a member's is not repeated (IK404), since nothing here needs it.
"""

from __future__ import annotations

import polars as pl

from billing.acknowledgements.enclosing import Kind, Reply, in_groups, in_interchanges, in_transactions
from billing.acknowledgements.envelopes import Envelope
from billing.acknowledgements.ink import Ink, together

KIND = Kind("999", "FA", "005010X231A1", ["interchange", "group"])
_SET = ["interchange_number", "group_number", "transaction_number"]
_OF_SET = {"interchange_number": "interchange", "group_number": "group", "transaction_number": "transaction"}
_GUIDE_ANSWERED = "005010X222A1"  # of a group that does not say its own
_SEGMENT_HAS_ERRORS = "8"
_SEGMENTS_IN_ERROR = "5"
_MOST_CODES = 5
_LONGEST_COPY = 99
_LONGEST_CLAIM_ID = 35
_LOOP_LENGTH = 4  # the base standard's name of a loop: 2010 for 2010BB
_REFUSES_SET = ("transaction", "group", "interchange")
_REFUSES_GROUP = ("group", "interchange")


def write_999(reply: Reply, errors: pl.DataFrame, claim_ids: pl.DataFrame) -> str:
    """Write an interchange of 999 for each interchange of a region that has a group.

    Args:
        reply: What is answered, and how.
        errors: The input's syntax errors, in file order; those that are notes leave no trace.
        claim_ids: `claim_key` and `claim_id` of the input's claims.
    """
    envelope, ink = reply.envelope, reply.ink
    errors = errors.filter(pl.col("severity") != "note")
    sets = _with_numbers(envelope, envelope.transactions)
    sets = _with_errors(sets, errors, claim_ids, ink)
    has_segments = pl.col("errors").is_not_null()
    status = pl.coalesce("status", pl.when(has_segments).then(pl.lit("E")), pl.lit("A"))
    codes = pl.concat_list(
        pl.when(has_segments).then(pl.lit([_SEGMENTS_IN_ERROR])).otherwise(pl.lit([], pl.List(pl.String))),
        pl.col("codes").fill_null(pl.lit([], pl.List(pl.String))),
    ).list.unique(maintain_order=True).list.head(_MOST_CODES)  # fmt: skip
    sets = sets.with_columns(status=status, codes=codes)
    head = ("AK2", _text("set_id", "[0-9]{3}", "837"), _text("control", ".{4,9}", "0000"))
    text = together(
        pl.coalesce(ink.segment(*head, pl.col("guide").str.slice(0, 35)), ink.segment(*head)),
        pl.col("errors"),
        _with_codes("IK5", [pl.col("status")], ink),
    )
    answered = sets.select("interchange", "group", "status", text=text)
    bodies = _groups(envelope, answered, errors, ink)
    rows = in_groups(in_transactions(bodies, KIND, reply), KIND, reply)
    return in_interchanges(rows, reply)


def _with_errors(sets: pl.DataFrame, errors: pl.DataFrame, claim_ids: pl.DataFrame, ink: Ink) -> pl.DataFrame:
    """Add `status` and `codes` of the sets with errors, and the text of their segments as `errors`; else nulls."""
    if errors.is_empty():  # as most files are
        nothing = pl.lit(None, pl.String)
        return sets.with_columns(status=nothing, codes=pl.lit(None, pl.List(pl.String)), errors=nothing)
    for found in (_status_of_sets(errors), _segments_in_error(errors, claim_ids, ink)):
        sets = sets.join(found, on=_SET, how="left", nulls_equal=True, maintain_order="left")
    return sets


def _with_numbers(envelope: Envelope, transactions: pl.DataFrame) -> pl.DataFrame:
    """Add the numbers by which syntax errors name interchange and group."""
    groups = envelope.groups.select("interchange", "group", "group_number")
    numbers = envelope.interchanges.select("interchange", "interchange_number")
    return transactions.join(groups, on=["interchange", "group"], how="left", maintain_order="left").join(
        numbers, on="interchange", how="left", maintain_order="left"
    )


def _status_of_sets(errors: pl.DataFrame) -> pl.DataFrame:
    """One row per transaction with errors: its key, `status` (E or R) and `codes` of IK502."""
    return (
        errors.filter(pl.col("transaction").is_not_null())
        .select(
            "set_error",
            **{key: pl.col(name) for key, name in _OF_SET.items()},
            refused=pl.col("unit").is_in(_REFUSES_SET),
        )
        .group_by(_SET)
        .agg(
            status=pl.when(pl.col("refused").any()).then(pl.lit("R")).otherwise(pl.lit("E")),
            codes=pl.col("set_error").drop_nulls().unique().sort(),
        )
    )


def _segments_in_error(errors: pl.DataFrame, claim_ids: pl.DataFrame, ink: Ink) -> pl.DataFrame:
    """One row per transaction: its key, and as `errors` IK3, CTX and IK4 of its segments in file order."""
    code = pl.coalesce(
        "segment_error", pl.when(pl.col("element_error").is_not_null()).then(pl.lit(_SEGMENT_HAS_ERRORS))
    )
    rows = errors.filter(pl.col("set_position").is_not_null() & pl.col("transaction").is_not_null())
    rows = rows.with_columns(
        loop=pl.col("loop").str.slice(0, _LOOP_LENGTH).fill_null(""),
        segment_error=code,
        **{key: pl.col(name) for key, name in _OF_SET.items()},
    ).filter(pl.col("segment_error").is_not_null() & pl.col("segment_id").is_not_null())
    claim_id = pl.col("claim_id")
    rows = rows.join(claim_ids, on="claim_key", how="left", maintain_order="left").with_columns(
        element_text=_element(ink),
        context=pl.when(claim_id.str.len_chars() <= _LONGEST_CLAIM_ID).then(
            ink.segment("CTX", pl.concat_str(pl.lit(ink.composite("CLM01", "")), claim_id))
        ),
    )
    position = ["set_position", "segment_id", "loop", "segment_error"]
    segments = rows.group_by(*_SET, *position, maintain_order=True).agg(
        pl.col("context").drop_nulls().first(), pl.col("element_text").str.join("")
    )
    text = together(
        ink.segment(
            "IK3", pl.col("segment_id"), pl.col("set_position").cast(pl.String), pl.col("loop"), pl.col("segment_error")
        ),
        pl.col("context"),
        pl.col("element_text"),
    )
    segments = segments.with_columns(text=text).sort(*_SET, "set_position", maintain_order=True)
    return segments.group_by(_SET, maintain_order=True).agg(errors=pl.col("text").str.join(""))


def _element(ink: Ink) -> pl.Expr:
    """Write an IK4; null for an error of the segment itself."""
    place = pl.concat_str(
        [pl.col(name).cast(pl.String).fill_null("") for name in ("element", "component", "repeat")],
        separator=ink.component,
    ).str.strip_chars_end(ink.component)
    value = pl.col("value").str.slice(0, _LONGEST_COPY)
    marks = [ink.element, ink.component, ink.repetition, ink.end]
    is_safe = (
        ~pl.col("is_private") & (value != "") & ~value.str.contains_any(marks) & ~value.str.contains(r"[\x00-\x1f\x7f]")
    )
    copy = pl.when(is_safe.fill_null(value=False)).then(value)
    has_element = pl.col("element_error").is_not_null() & pl.col("element").is_not_null()
    elements = ("IK4", place, pl.col("data_element").fill_null(""), pl.col("element_error"))
    return pl.when(has_element).then(pl.coalesce(ink.segment(*elements, copy), ink.segment(*elements)))


def _groups(envelope: Envelope, answered: pl.DataFrame, errors: pl.DataFrame, ink: Ink) -> pl.DataFrame:
    """Write AK1 to AK9 of each group: one row per group with `interchange`, `group` and `text`."""
    is_taken = pl.col("status") != "R"
    counts = answered.group_by("interchange", "group", maintain_order=True).agg(
        text=pl.col("text").str.join(""),
        received=pl.len(),
        taken=is_taken.sum(),
        clean=(pl.col("status") == "A").sum(),
    )
    of_groups = errors.filter(pl.col("group_error").is_not_null()).group_by(
        interchange_number="interchange", group_number="group"
    ).agg(
        refused=pl.col("unit").is_in(_REFUSES_GROUP).any(),
        codes=pl.col("group_error").unique().sort().head(_MOST_CODES),
    )  # fmt: skip
    groups = _with_numbers(
        envelope, envelope.groups.select("interchange", "group", "functional", "control", "version", "said_sets")
    )
    groups = groups.join(counts, on=["interchange", "group"], how="left", maintain_order="left").join(
        of_groups, on=["interchange_number", "group_number"], how="left", nulls_equal=True, maintain_order="left"
    )
    refused, received, taken = (
        pl.col("refused").fill_null(value=False),
        pl.col("received").fill_null(0),
        pl.when(pl.col("refused").fill_null(value=False)).then(0).otherwise(pl.col("taken").fill_null(0)),
    )
    has_codes = pl.col("codes").is_not_null()
    status = (
        pl.when(refused | (taken == 0) & (received > 0))
        .then(pl.lit("R"))
        .when(taken < received)
        .then(pl.lit("P"))
        .when(has_codes | (pl.col("clean") < received))
        .then(pl.lit("E"))
        .otherwise(pl.lit("A"))
    )
    groups = groups.with_columns(
        codes=pl.col("codes").fill_null(pl.lit([], pl.List(pl.String))), status=status, taken=taken, received=received
    )
    first = [_text("functional", "[A-Z]{2}", "HC"), _text("control", "[0-9]{1,9}", "0")]
    version = _text("version", ".{1,12}", _GUIDE_ANSWERED)
    said = _text("said_sets", "[0-9]{1,6}", pl.col("received").cast(pl.String))
    text = together(
        ink.segment("AK1", *first, version),
        pl.col("text"),
        _with_codes(
            "AK9", [pl.col("status"), said, pl.col("received").cast(pl.String), pl.col("taken").cast(pl.String)], ink
        ),
    )
    return groups.select("interchange", "group", text=text)


def _with_codes(segment_id: str, elements: list[pl.Expr], ink: Ink) -> pl.Expr:
    """Write a segment that ends with the list `codes`."""
    codes = pl.col("codes").list.join(ink.element)
    return pl.when(codes != "").then(ink.segment(segment_id, *elements, codes)).otherwise(
        ink.segment(segment_id, *elements)
    )  # fmt: skip


def _text(name: str, pattern: str, otherwise: str | pl.Expr) -> pl.Expr:
    """Return a column's value where it has the shape that the guide asks for, or another in its place."""
    instead = pl.lit(otherwise) if isinstance(otherwise, str) else otherwise
    fits = pl.col(name).str.contains(f"^{pattern}$").fill_null(value=False)
    return pl.when(fits).then(pl.col(name)).otherwise(instead)
