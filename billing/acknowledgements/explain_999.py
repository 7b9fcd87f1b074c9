"""A 999 in words: for each segment it complains of, that segment, the value, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from billing.acknowledgements.codes import meaning, name_of
from billing.acknowledgements.explanation import ACCEPTED, ERRORS, REJECTED, UNKNOWN, Answer, Code, Remark, Sent
from billing.acknowledgements.masking import HIDDEN, is_shown
from billing.acknowledgements.original import Originals
from billing.acknowledgements.received import ReceivedSet, Segment
from billing.acknowledgements.sent import SentSet
from billing.wording import counted, dollars, plain

_SET_VERDICTS = {"A": ACCEPTED, "E": ERRORS, "R": REJECTED, "M": REJECTED, "W": REJECTED, "X": REJECTED}
_GROUP_VERDICTS = {**_SET_VERDICTS, "P": ERRORS}
_MISSING = ("3", "I6", "I7", "I8")
_CONTEXT_OF_CLAIM = "CLM01"
_BAD_CHARACTER = "6"


@dataclass(slots=True)
class _State:
    """Where a reader of a 999 is."""

    originals: Originals
    answer: Answer
    group: str = ""
    control: str = ""
    sent: SentSet | None = None
    unmatched: str = ""
    segments: list[Remark] = field(default_factory=list)
    rows: list[int | None] = field(default_factory=list)


def explain_999(received: ReceivedSet, originals: Originals) -> Answer:
    """Explain a 999, which answers one functional group."""
    state = _State(originals, Answer("999", received.position, "a group without a number"))
    for segment in received.segments:
        step = _STEPS.get(segment.id)
        if step:
            step(state, segment)
    if state.segments:  # an IK5 is missing
        _close_set(state, None)
    if not received.is_whole:
        state.answer.missing.append("the 999 is cut short: what it said behind its last segment is lost")
    return state.answer


def _group(state: _State, segment: Segment) -> None:
    state.group = plain(segment[2])
    state.answer.about = f"group {state.group or 'without a number'}"


def _set(state: _State, segment: Segment) -> None:
    if state.segments:
        _close_set(state, None)
    state.control, state.sent, state.unmatched = plain(segment[2]), None, ""
    found = state.originals.sets(state.group, state.control)
    if found:
        state.sent = found[0]
        if len(found) > 1:
            state.unmatched = f"{len(found)} sets of the originals have this number; the first is shown"
    elif state.originals.names:
        names = ", ".join(state.originals.names)
        what = (
            f"set {state.control} in group {state.group}"
            if state.originals.has_group(state.group)
            else f"group {state.group}"
        )
        state.unmatched = f"{what} is not in {names}"


def _segment(state: _State, segment: Segment) -> None:
    """Take an IK3: the segment, where it stands, and its code."""
    segment_id, code = plain(segment[1])[:3], plain(segment[4])
    position = int(segment[2]) if segment[2].isdecimal() and len(segment[2]) <= 10 else None  # noqa: PLR2004 as SE01
    said = meaning("segment_error", code)
    remark = Remark(
        "999",
        "segment",
        ERRORS,
        segment.position,
        _named("segment", segment_id),
        [Code("IK304", code, said.words, said.fix)],
    )
    row = state.sent.row(position) if state.sent and position is not None else None
    if state.sent and row is not None:
        place = state.sent.region.place(row)
        remark.sent = Sent(place.file, place.position, place.text)
        remark.claim_id, remark.line = place.claim_id, None if place.line is None else str(place.line)
        if place.segment_id != segment_id and code not in _MISSING:
            remark.unmatched = (
                f"{place.segment_id} stands at this place of {place.file}, not {segment_id}: "
                "the answer may be about another version of the file"
            )
    elif state.sent:
        remark.unmatched = f"the set has no segment {plain(segment[2]) or '(empty)'}"
    loop = f" in loop {_named('loop', plain(segment[3]))}" if segment[3] else ""
    where = f", segment {plain(segment[2])} of set {state.control}" if segment[2] else ""
    remark.about = f"{_named('segment', segment_id)}{loop}{where}"
    state.segments.append(remark)
    state.rows.append(row)


def _context(state: _State, segment: Segment) -> None:
    """Take the claim that a CTX names, where the original did not tell it."""
    parts = segment.components(1)
    if state.segments and len(parts) > 1 and parts[0] == _CONTEXT_OF_CLAIM:
        state.segments[-1].claim_id = state.segments[-1].claim_id or plain(parts[1])


def _element(state: _State, segment: Segment) -> None:
    """Take an IK4: the element, its code, and the value as the receiver copied it or as the original has it."""
    if not state.segments:
        return
    of = state.segments[-1]
    segment_id = of.about.split(" ", 1)[0]
    place = segment.components(1)
    number = int(place[0]) if place and place[0].isdecimal() and len(place[0]) <= 2 else None  # noqa: PLR2004 as IK401
    component = int(place[1]) if len(place) > 1 and place[1].isdecimal() and len(place[1]) <= 2 else None  # noqa: PLR2004 likewise
    code = plain(segment[3])
    said = meaning("element_error", code)
    reference = f"{segment_id}{number:02d}" if number is not None else segment_id
    of_element = meaning("element", reference)
    words = of_element.words if of_element.is_known else ""
    # What a number must look like is said better by what it counts.
    fix = (of_element.is_known and code == _BAD_CHARACTER and of_element.fix) or said.fix
    about = reference + (f"-{component}" if component else "") + (f", {words}" if words else "")
    remark = Remark("999", "element", of.verdict, segment.position, about, [Code("IK403", code, said.words, fix)])
    remark.value = _value(state, segment, number, component)
    of.parts.append(remark)


def _value(state: _State, segment: Segment, number: int | None, component: int | None) -> str | None:
    """Return the value at fault; hidden where it may say who the member is, null where nobody has it."""
    row = state.rows[-1]
    if state.sent and row is not None and number is not None and not state.segments[-1].unmatched:
        return state.sent.region.value(row, number, component) or plain(segment[4]) or None
    copy = plain(segment[4])
    if not copy:
        return None
    segment_id = state.segments[-1].about.split(" ", 1)[0]
    # Without the original nobody knows whose name a name segment has.
    is_safe = state.originals.show_members or (number is not None and is_shown([segment_id], number, None))
    return copy if is_safe else HIDDEN


def _set_end(state: _State, segment: Segment) -> None:
    _close_set(state, segment)


def _close_set(state: _State, segment: Segment | None) -> None:
    """Take an IK5: what became of the set, and so what its segments are."""
    status = plain(segment[1]) if segment else ""
    codes = []
    if segment:
        said = meaning("set_status", status)
        codes.append(Code("IK501", status, said.words, said.fix))
        codes += _codes("set_error", "IK5", segment, 2, without="5" if state.segments else "")
    verdict = _SET_VERDICTS.get(status, UNKNOWN)
    position = segment.position if segment else state.answer.position
    about = f"set {state.control or 'without a number'}"
    remark = Remark("999", "set", verdict, position, about, codes, unmatched=state.unmatched, parts=state.segments)
    if state.sent and verdict != ACCEPTED:
        place = state.sent.region.place(state.sent.first_row)
        remark.sent = Sent(place.file, place.position, place.text)
        number, remark.amount = state.originals.claims_in(state.sent)
        remark.about = f"{about} ({counted(number, 'claim')}, {dollars(remark.amount)})"
    for part in state.segments:
        part.verdict = REJECTED if verdict == REJECTED else ERRORS
        for element in part.parts:
            element.verdict = part.verdict
    state.answer.remarks.append(remark)
    state.segments, state.rows = [], []
    if segment is None:
        state.answer.missing.append(f"what became of set {state.control} is not said (IK5 is missing)")


def _group_end(state: _State, segment: Segment) -> None:
    """Take an AK9: what became of the group."""
    if state.segments:
        _close_set(state, None)
    status = plain(segment[1])
    said = meaning("group_status", status)
    codes = [Code("AK901", status, said.words, said.fix), *_codes("group_error", "AK9", segment, 5)]
    accepted, received = plain(segment[4]), plain(segment[3])
    counts = f" ({accepted} of {_sets(received)} accepted)" if accepted and received else ""
    about = f"group {state.group or 'without a number'}{counts}"
    remark = Remark("999", "group", _GROUP_VERDICTS.get(status, UNKNOWN), segment.position, about, codes)
    if state.originals.names and not state.originals.has_group(state.group):
        remark.unmatched = f"group {state.group} is not in {', '.join(state.originals.names)}"
    state.answer.remarks.append(remark)


def _sets(number: str) -> str:
    return counted(int(number), "set") if number.isdecimal() and len(number) <= 10 else f"{number} sets"  # noqa: PLR2004 a count


def _codes(of: str, name: str, segment: Segment, first: int, without: str = "") -> list[Code]:
    """Read the error codes at the end of an IK5 or AK9."""
    found = []
    for number in range(first, first + 5):
        code = plain(segment[number])
        if code and code != without:
            said = meaning(of, code)
            found.append(Code(f"{name}{number:02d}", code, said.words, said.fix))
    return found


def _named(of: str, code: str) -> str:
    """Return a loop's or segment's id and what it is: `DTP (date)`."""
    words = name_of(of, code)
    return f"{code} ({words})" if words else code or "without a name"


_STEPS = {
    "AK1": _group, "AK2": _set, "IK3": _segment, "CTX": _context, "IK4": _element, "IK5": _set_end, "AK9": _group_end,
}  # fmt: skip
