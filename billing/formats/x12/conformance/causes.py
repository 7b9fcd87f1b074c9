"""Breaches of the 837P's implementation guide, 005010X222A1: structure, elements, codes, numbers.

What it checks:
    Every segment of an 837P file stands where the guide has a place for it, as often as it may, with what it requires:
    loops, segments, elements and components, their length, type and codes, the notes on which elements go together,
    the numbers of levels and lines, and the envelope. A value that another rule reports is reported once, by that rule.

    A claim is held by its own breaches and by those of the loops above it. What is wrong with a transaction, a group
    or an interchange is a finding about the file. `docs/conformance.md` lists every cause.

Why it matters:
    A payer's front end refuses the claim, or the transaction with all its claims, before anyone looks at it (999).

Example:
    a rendering provider with NM108 XX and no NM109 -> national.conformance.element-conditional

    Passes: the same with the NPI in NM109

    Instead: fill in the NPI, or leave out both elements.

Policy key:
    none; the guide's own map decides

Needs:
    an 837P file; other formats have no segments

Also called:
    syntax check, SNIP levels 1 and 2, implementation guide edit, TR3 compliance, HIPAA validation
"""

from __future__ import annotations

from typing import NamedTuple


class Cause(NamedTuple):
    """A cause: what an acknowledgement calls it, and how much a receiver refuses for it.

    Severity is judged per cause: `reject` where receivers refuse, `review` where they commonly take or mend the value
    but may refuse it, `note` where nothing is refused.

    Attributes:
        severity: reject, review or note.
        segment_error: Code of IK304; empty: none.
        element_error: Code of IK403; empty: none.
        set_error: Code of IK502; empty: none.
        group_error: Code of AK905; empty: none.
        interchange_error: Code of TA105; empty: none.
    """

    severity: str
    segment_error: str = ""
    element_error: str = ""
    set_error: str = ""
    group_error: str = ""
    interchange_error: str = ""


CAUSES = {
    # Segments and loops.
    "segment_missing": Cause("reject", "3"),
    "loop_missing": Cause("reject", "3"),
    "segment_repeated": Cause("reject", "5"),
    "loop_repeated": Cause("reject", "4"),
    "segment_misplaced": Cause("reject", "7"),
    "segment_unexpected": Cause("reject", "2"),
    "segment_unknown": Cause("reject", "1"),
    "segment_not_used": Cause("reject", "I4"),
    # Receivers read past empty elements at the end of a segment, though X12 wants them left out.
    "separators_at_end": Cause("review", "8"),
    # Elements.
    "element_missing": Cause("reject", "8", "1"),
    "element_excess": Cause("reject", "8", "3"),
    "component_excess": Cause("reject", "8", "13"),
    "element_not_used": Cause("reject", "8", "I10"),
    "element_repeated": Cause("reject", "8", "12"),
    "element_too_short": Cause("reject", "8", "4"),
    "element_too_long": Cause("reject", "8", "5"),
    # Receivers cut a name, an address or a note to the length there is.
    "text_too_long": Cause("review", "8", "5"),
    "number_malformed": Cause("reject", "8", "6"),
    # X12 knows letters with accents by agreement only; most receivers read them, or plain ones in their place.
    "character_outside_set": Cause("note", "8", "6"),
    "control_character": Cause("reject", "8", "6"),
    # Blanks at the end are commonly taken off.
    "blanks_at_end": Cause("review", "8", "6"),
    "code_unknown": Cause("reject", "8", "7"),
    "pattern_broken": Cause("reject", "8", "I12"),
    "day_malformed": Cause("reject", "8", "8"),
    "time_malformed": Cause("reject", "8", "9"),
    "element_exclusive": Cause("reject", "8", "10"),
    "element_conditional": Cause("reject", "8", "2"),
    "element_one_of": Cause("reject", "8", "2"),
    # The numbers that hold a transaction together; whoever cuts the file up writes them anew.
    "hierarchy_number_wrong": Cause("review", "8", "7"),
    "hierarchy_level_unknown": Cause("reject", "8", "7"),
    "hierarchy_parent_wrong": Cause("reject", "8", "7"),
    "hierarchy_child_wrong": Cause("review", "8", "7"),
    "line_number_wrong": Cause("review", "8", "7"),
    # The envelope. Counts, numbers and trailers are findings of their own kind, which the writer mends.
    "set_trailer_missing": Cause("review", set_error="2"),
    "set_number_differs": Cause("review", set_error="3"),
    "set_count_wrong": Cause("review", set_error="4"),
    "set_number_repeated": Cause("review", set_error="23"),
    "group_missing": Cause("reject", "2", interchange_error="024"),
    "interchange_missing": Cause("reject", "2", interchange_error="024"),
    "set_not_supported": Cause("reject", set_error="1"),
    "group_trailer_missing": Cause("review", group_error="3"),
    "group_number_differs": Cause("review", group_error="4"),
    "group_count_wrong": Cause("review", group_error="5"),
    "group_number_repeated": Cause("review", group_error="19"),
    "interchange_trailer_missing": Cause("review", interchange_error="023"),
    "interchange_number_differs": Cause("review", interchange_error="001"),
    "interchange_count_wrong": Cause("review", interchange_error="021"),
    "interchange_number_repeated": Cause("review", interchange_error="025"),
    "version_unknown": Cause("reject", "8", "7", group_error="2"),
    "version_noted": Cause("note"),
}
"""Every cause, by its word."""
