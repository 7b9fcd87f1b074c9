"""What a conformance error says: the sentence, what is allowed, and what to do. Never a value of the claim.

Written once per distinct error of a file, so plain Python. Names of loops and segments are short words of our own.
"""

from __future__ import annotations

from typing import NamedTuple

from billing.formats.x12.conformance.causes import CAUSES
from billing.formats.x12.conformance.guide import Element, Guide, Segment

LOOPS = {
    "": "an unknown level",
    "ISA": "the interchange", "IEA": "the interchange", "TA1": "the interchange", "GS": "the group", "GE": "the group",
    "ST": "the transaction", "SE": "the transaction", "1000A": "the submitter", "1000B": "the receiver",
    "2000A": "the billing provider's level", "2010AA": "the billing provider", "2010AB": "the pay-to address",
    "2010AC": "the pay-to plan", "2000B": "the subscriber's level", "2010BA": "the subscriber", "2010BB": "the payer",
    "2000C": "the patient's level", "2010CA": "the patient", "2300": "the claim", "2310A": "the referring provider",
    "2310B": "the rendering provider", "2310C": "the place of service", "2310D": "the supervising provider",
    "2310E": "the pick-up place", "2310F": "the drop-off place", "2320": "the other payer's part",
    "2330A": "the other insured", "2330B": "the other payer", "2330C": "the other payer's referring provider",
    "2330D": "the other payer's rendering provider", "2330E": "the other payer's place of service",
    "2330F": "the other payer's supervising provider", "2330G": "the other payer's billing provider",
    "2400": "the service line", "2410": "the line's drug", "2420A": "the line's rendering provider",
    "2420B": "the line's purchased service provider", "2420C": "the line's place of service",
    "2420D": "the line's supervising provider", "2420E": "the line's ordering provider",
    "2420F": "the line's referring provider", "2420G": "the line's pick-up place",
    "2420H": "the line's drop-off place", "2430": "the other payer's decision on the line", "2440": "the line's form",
}  # fmt: skip
"""Every loop in words."""

SEGMENTS = {
    "AMT": "amount", "BHT": "start of the transaction", "CAS": "adjustments", "CLM": "claim", "CN1": "contract",
    "CR1": "ambulance transport", "CR2": "spinal manipulation", "CR3": "equipment certification", "CRC": "condition",
    "CTP": "drug quantity", "CUR": "currency", "DMG": "birth date and sex", "DTP": "date", "FRM": "form answer",
    "HCP": "repricing", "HI": "diagnoses or conditions", "HL": "level", "K3": "file information", "LIN": "drug",
    "LQ": "form", "LX": "line number", "MEA": "measurement", "MOA": "outpatient remarks", "N3": "street",
    "N4": "city, state and ZIP code", "NM1": "name", "NTE": "note", "OI": "other insurance", "PAT": "patient",
    "PER": "contact", "PRV": "taxonomy", "PS1": "purchased service", "PWK": "attachment", "QTY": "quantity",
    "REF": "number", "SBR": "coverage", "SV1": "service", "SV5": "equipment service", "SVD": "line decision",
}  # fmt: skip
"""What the segments are about, in words."""

_VENDOR = "Ask your billing software's vendor to"
_RECORDS = "in from your records"
_SENTENCES = {
    # About segments and loops: `about` names the segment, `loop` the loop.
    "segment_missing": ("{about} of {loop} is missing.", "Fill it in, or a" + _VENDOR[1:] + " send {qualified}."),
    "loop_missing": ("{Loop} is missing: it begins with {qualified}.", "Fill it in, or a" + _VENDOR[1:] + " send it."),
    "segment_repeated": ("{about} comes too often in {loop}: {most} at most.", "Leave out what is too much."),
    "loop_repeated": ("{Loop} comes too often: {most} at most.", "Leave out what is too much, or split the claim."),
    "segment_misplaced": ("{about} of {loop} stands behind segments that must follow it.",
                          _VENDOR + " send {name} in the guide's order."),
    "segment_unexpected": ("{about} stands where the guide has no place for it, in or behind {loop}.",
                           "Leave it out, or correct its qualifier."),
    "segment_unknown": ("A segment in or behind {loop} has an id that no 837P knows.", "Leave it out, or mend its id."),
    "segment_not_used": ("{about} of {loop} is not used.", "Leave it out."),
    "separators_at_end": ("{about} of {loop} ends in empty elements.", _VENDOR + " leave them out."),
    # About elements: `name` is the element.
    "element_missing": ("{name} of {loop} is missing.", f"Fill it {_RECORDS}."),
    "element_excess": ("{about} of {loop} has more elements than the guide knows.", "Leave out what is too much."),
    "component_excess": ("{name} of {loop} has more components than the guide knows.", "Leave out what is too much."),
    "element_not_used": ("{name} of {loop} is filled; the guide has it empty.", "Leave it empty."),
    "element_repeated": ("{name} of {loop} holds several values; it takes one.", "Send one value."),
    "element_too_short": ("{name} of {loop} is too short: at least {shortest}.", f"Fill it {_RECORDS}."),
    "element_too_long": ("{name} of {loop} is too long: at most {longest}.", "Check it against your records."),
    "text_too_long": ("{name} of {loop} is too long: at most {longest}.", "Shorten it."),
    "number_malformed": ("{name} of {loop} is no {kind}.", "Write digits only, with a point for decimals."),
    "character_outside_set": ("{name} of {loop} has a character that X12 does not know.",
                              "Write it in plain letters without accents."),
    "control_character": ("{name} of {loop} has a control character.", "Type the value anew."),
    "blanks_at_end": ("{name} of {loop} ends in blanks.", "Leave the blanks out."),
    "code_unknown": ("{name} of {loop} has a code that is not taken there.", "Use one of the codes allowed."),
    "pattern_broken": ("{name} of {loop} does not look as the guide wants it.", "Check it against your records."),
    "day_malformed": ("{name} of {loop} is no date.", "Write a day of the calendar as {kind}."),
    "time_malformed": ("{name} of {loop} is no time of the day.", "Write it as HHMM."),
    "element_exclusive": ("{name} of {loop} cannot stand together with {others}.", "Leave one of them out."),
    "element_conditional": ("{name} of {loop} is missing beside {others}.", "Fill in both, or leave both out."),
    "element_one_of": ("{name} of {loop}: at least one of {others} is needed.", "Fill one of them in."),
    # About the numbers that hold the file together.
    "hierarchy_number_wrong": ("{name} of {loop} does not count up from 1.", _VENDOR + " number the levels."),
    "hierarchy_parent_wrong": ("{name} of {loop} does not name the level above it.", _VENDOR + " number the levels."),
    "hierarchy_child_wrong": ("{name} of {loop} does not say whether a level hangs on it.", _VENDOR + " set it."),
    "line_number_wrong": ("{name} of {loop} does not count up from 1.", _VENDOR + " number the lines."),
    "hierarchy_level_unknown": ("{name} names no level: it is 20, 22 or 23.", _VENDOR + " name the level."),
    "group_missing": ("The transaction stands in no group: there is no GS in front of it.", _VENDOR + " open a group."),
    "interchange_missing": ("The group stands in no interchange: there is no ISA in front of it.",
                            _VENDOR + " open an interchange."),
    "set_not_supported": ("The transaction is no professional claim (837P).", "Send it to whoever takes its kind."),
    "set_trailer_missing": ("The SE that closes this ST is missing.", _VENDOR + " close it."),
    "set_number_differs": ("{name} is not the number of the ST it closes.", _VENDOR + " repeat the number."),
    "set_count_wrong": ("{name} is not the number of segments: {others}.", _VENDOR + " count them."),
    "set_number_repeated": ("{name} is the number of an earlier transaction of the group.", _VENDOR + " count up."),
    "group_trailer_missing": ("The GE that closes this GS is missing.", _VENDOR + " close it."),
    "group_number_differs": ("{name} is not the number of the GS it closes.", _VENDOR + " repeat the number."),
    "group_count_wrong": ("{name} is not the number of transactions: {others}.", _VENDOR + " count them."),
    "group_number_repeated": ("{name} is the number of an earlier group.", _VENDOR + " count up."),
    "interchange_trailer_missing": ("The IEA that closes this ISA is missing.", _VENDOR + " close it."),
    "interchange_number_differs": ("{name} is not the number of the ISA it closes.", _VENDOR + " repeat the number."),
    "interchange_count_wrong": ("{name} is not the number of groups: {others}.", _VENDOR + " count them."),
    "interchange_number_repeated": ("{name} is the number of an earlier interchange.", _VENDOR + " count up."),
    "version_unknown": ("{name} names no issue of the guide that is known.", "Write 005010X222A1."),
    "version_noted": ("{name} names another issue of the guide; it is read as 005010X222A1.",
                      "Ask the receiver which one to write."),
}  # fmt: skip
"""The sentence and the remedy of each cause."""

_ALLOWED = {
    "segment_missing": "{qualified}",
    "loop_missing": "{qualified}",
    "segment_repeated": "{most} at most",
    "loop_repeated": "{most} at most",
    "separators_at_end": "nothing",
    "element_missing": "{codes}",
    "element_not_used": "nothing",
    "element_too_short": "at least {shortest}",
    "element_too_long": "at most {longest}",
    "text_too_long": "at most {longest}",
    "number_malformed": "a {kind}",
    "code_unknown": "{codes}",
    "hierarchy_level_unknown": "20, 22, 23",
    "day_malformed": "{kind}",
    "time_malformed": "HHMM",
}
"""What is allowed, where the sentence does not say it all."""

_OF_ISA = {1: "010", 2: "011", 3: "012", 4: "013", 5: "005", 6: "006", 7: "007", 8: "008", 9: "014", 10: "015",
           11: "026", 12: "017", 13: "018", 14: "019", 15: "020", 16: "027"}  # fmt: skip
"""Note code of TA105 for each element of the ISA."""

_KINDS = {"N0": "whole number", "R": "number", "country": "countries", "states": "states", "currency": "currencies",
          "remark_code": "remark codes", "pos": "places of service"}  # fmt: skip
_FORMATS = {"D8": "CCYYMMDD", "DT": "CCYYMMDD", "RD8": "CCYYMMDD-CCYYMMDD", "D6": "YYMMDD", "TM": "HHMM"}

_MOST_CODES = 12

_PRIVATE_LOOPS = frozenset({"2000B", "2010BA", "2000C", "2010CA", "2330A"})
_PUBLIC_LOOPS = frozenset({
    "ISA", "IEA", "TA1", "GS", "GE", "ST", "SE", "1000A", "1000B", "2000A", "2010AA", "2010AB", "2010AC", "2010BB",
    "2330B",
})  # fmt: skip


class Worded(NamedTuple):
    """What is said of an error, and how it is coded."""

    severity: str
    segment_error: str | None
    element_error: str | None
    set_error: str | None
    group_error: str | None
    interchange_error: str | None
    data_element: str | None
    allowed: str | None
    is_private: bool
    message: str
    remedy: str


class Subject(NamedTuple):
    """What an error is about.

    Attributes:
        cause: Its cause.
        place: Number of the place in the guide; null: none.
        loop: Id of the loop.
        segment_id: Id of the segment; null when it is no id.
        element: Number of the element; null: the segment itself.
        component: Number of the component; null: the whole element.
        detail: What the words need beside: how often it may come, the elements of a syntax note, a date's format.
    """

    cause: str
    place: int | None
    loop: str
    segment_id: str | None
    element: int | None
    component: int | None
    detail: str | None


def put_into_words(subject: Subject, guide: Guide) -> Worded:
    """Put an error into words."""
    cause = CAUSES[subject.cause]
    place = None if subject.place is None else guide.segments[subject.place]
    element = _element(place, subject.element, subject.component)
    fields = _fields(subject, place, element)
    message, remedy = (text.format_map(fields) for text in _SENTENCES[subject.cause])
    return Worded(
        severity=cause.severity,
        segment_error=cause.segment_error or None,
        element_error=cause.element_error or None,
        set_error=cause.set_error or _set_error(subject),
        group_error=cause.group_error or _group_error(subject),
        interchange_error=cause.interchange_error or _interchange_error(subject),
        data_element=element.data_element if element else None,
        allowed=_ALLOWED.get(subject.cause, "").format_map(fields) or None,
        is_private=_is_private(subject.loop, place, element),
        message=message,
        remedy=remedy,
    )


def _interchange_error(subject: Subject) -> str | None:
    """Return the note code of TA105 for an error in an element of the ISA or IEA."""
    if subject.loop == "IEA":
        return "021" if subject.element == 1 else "001"
    return _OF_ISA.get(subject.element or 0, "022") if subject.loop == "ISA" else None


def _group_error(subject: Subject) -> str | None:
    """Return the code of AK905 for an error in an element of the GS or GE that has one."""
    of_element = {("GS", 1): "1", ("GS", 6): "6", ("GE", 1): "5", ("GE", 2): "4"}
    return of_element.get((subject.loop, subject.element or 0))


def _set_error(subject: Subject) -> str | None:
    """Return the code of IK502 for an error in an element of the ST or SE that has one."""
    of_element = {("ST", 1): "6", ("ST", 2): "7", ("SE", 1): "4", ("SE", 2): "3"}
    is_own = subject.segment_id == subject.loop
    return of_element.get((subject.loop, subject.element or 0)) if is_own else None


def label(segment_id: str | None, element: int | None, component: int | None) -> str:
    """Name a place in a segment: `NM1`, `NM109`, `SV101-2`."""
    name = segment_id or "the segment"
    if element is not None:
        name += f"{element:02}"
    return name if component is None else f"{name}-{component}"


def _element(place: Segment | None, number: int | None, component: int | None) -> Element | None:
    if place is None or number is None:
        return None
    element = next((each for each in place.elements if each.number == number), None)
    if element is not None and component is not None:
        return next((each for each in element.components if each.number == component), None)
    return element


def _is_private(loop: str, place: Segment | None, element: Element | None) -> bool:
    """Tell whether a value is, or may be, a member's data: all text of the loops about people, and free text below."""
    if loop in _PUBLIC_LOOPS:
        return False
    if place is None or element is None or loop in _PRIVATE_LOOPS:
        return True
    is_code_list = place.segment_id in {"HI", "SV1", "SVD"}
    return element.data_type == "AN" and not is_code_list


def _fields(subject: Subject, place: Segment | None, element: Element | None) -> dict[str, str]:
    """Return what the sentences may name."""
    loop = LOOPS.get(subject.loop, "this part")
    if subject.loop[:1].isdigit():
        loop += f" (loop {subject.loop})"
    segment = subject.segment_id or "A segment"
    kind = ""
    if element is not None:
        kind = _KINDS.get(element.listed or element.data_type, "")
    return {
        "about": f"{segment} ({SEGMENTS[segment]})" if segment in SEGMENTS else segment,
        "name": label(subject.segment_id, subject.element, subject.component),
        "loop": loop,
        "Loop": loop[:1].upper() + loop[1:],
        "qualified": _qualified(place),
        "most": "once" if subject.detail == "1" else f"{subject.detail} times",
        "shortest": _characters(element.shortest, element) if element else "",
        "longest": _characters(element.longest, element) if element else "",
        "kind": _FORMATS.get(subject.detail or "", kind),
        "others": _others(subject),
        "codes": _codes(element),
    }


def _others(subject: Subject) -> str:
    """Name the elements of a note but the one that the error is about."""
    own = label(subject.segment_id, subject.element, None)
    return " and ".join(each for each in (subject.detail or "").split() if each != own)


def _codes(element: Element | None) -> str:
    """Name the codes that an element takes, or the first of them."""
    if element is not None and element.listed:
        return f"a code on the list of {_KINDS[element.listed]}"
    if element is None or not element.codes:
        return "a value"
    more = len(element.codes) - _MOST_CODES
    said = ", ".join(element.codes[:_MOST_CODES])
    return f"{said} and {more} more" if more > 0 else said


def _qualified(place: Segment | None) -> str:
    """Name a place by id and qualifier: `NM1*PR`, `REF*EI or SY`."""
    if place is None:
        return "the segment"
    codes = sorted(place.qualifiers)
    return f"{place.segment_id}*{' or '.join(codes[:3])}" if codes and place.key == (1, 0) else place.segment_id


def _characters(count: int, element: Element) -> str:
    unit = "digit" if element.data_type in {"N0", "R"} else "character"
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
