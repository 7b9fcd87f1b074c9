"""The columns of what an X12 file does against its implementation guide.

One row per error, as an acknowledgement would report it: where it stands, which code says it, and how much of the
file its receiver would refuse for it. Filled by the conformance check, read by the findings and the acknowledgements.
"""

from __future__ import annotations

from typing import Any

import polars as pl

UNITS = ("element", "line", "claim", "transaction", "group", "interchange")
"""What a receiver refuses for an error, smallest first; `element`: nothing, it is said and the rest is taken."""

SYNTAX_ERROR_SCHEMA: dict[str, Any] = {
    "input": pl.String,  # name of the file
    "position": pl.UInt32,  # number of the segment in the file, from 1; for what is missing, the segment that shows it
    "file_line": pl.UInt32,  # line of the file that segment begins on, from 1
    "interchange": pl.UInt32,  # which ISA of the file, from 1
    "group": pl.UInt32,  # which GS of the interchange, from 1; null: outside any
    "transaction": pl.UInt32,  # which ST of the group, from 1; null: outside any
    "set_position": pl.UInt32,  # number of the segment counted from its ST = 1; null: outside any
    "claim_key": pl.UInt32,  # the claim it is about; null: none, or several
    "line_key": pl.UInt32,  # the service line it is about; null: the claim itself
    "unit": pl.String,  # of UNITS
    "loop": pl.String,  # loop of the guide, `2010BB`; null: envelope
    "segment_id": pl.String,  # `NM1`
    "segment_error": pl.String,  # code of IK304; null: none
    "element": pl.UInt8,  # element of the segment, from 1; null: the segment itself
    "component": pl.UInt8,  # component of the element, from 1; null: the whole
    "repeat": pl.UInt8,  # which repeat of the element, from 1; null: it does not repeat
    "data_element": pl.String,  # X12's number of the data element, `67`; null: unknown
    "element_error": pl.String,  # code of IK403; null: none
    "set_error": pl.String,  # code of IK502; null: none
    "group_error": pl.String,  # code of AK905; null: none
    "interchange_error": pl.String,  # note code of TA105; null: none
    "value": pl.String,  # what stands there; may be a member's data, so see `is_private`
    "is_private": pl.Boolean,  # the value is, or may be, data of a member: never shown unmasked
    "allowed": pl.String,  # what is allowed there, in words
    "cause": pl.String,  # word for grouping, `element_too_long`
    "severity": pl.String,  # reject, review, note
    "message": pl.String,  # the sentence for a biller, without member data
    "remedy": pl.String,  # what to do
}
"""One row per error, in file order."""
