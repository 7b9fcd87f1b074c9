"""A TA1 in words: whether the interchange was taken, and what of its envelope was wrong."""

from __future__ import annotations

from billing.acknowledgements.codes import meaning
from billing.acknowledgements.explanation import ACCEPTED, ERRORS, REJECTED, UNKNOWN, Answer, Code, Remark, Sent
from billing.acknowledgements.original import Originals
from billing.acknowledgements.received import Segment
from billing.wording import plain

_VERDICTS = {"A": ACCEPTED, "E": ERRORS, "R": REJECTED}
_NO_NOTE = ("", "000")


def explain_ta1(segment: Segment, originals: Originals) -> Answer:
    """Explain a TA1."""
    control, status, note = plain(segment[1]), plain(segment[4]), plain(segment[5])
    said = meaning("interchange_status", status)
    codes = [Code("TA104", status, said.words, said.fix)]
    if note not in _NO_NOTE:
        why = meaning("interchange_note", note)
        codes.append(Code("TA105", note, why.words, why.fix))
    about = f"interchange {control or 'without a number'}"
    remark = Remark("TA1", "interchange", _VERDICTS.get(status, UNKNOWN), segment.position, about, codes)
    found = originals.interchanges(control)
    if found:
        region, row = found[0]
        place = region.place(row)
        remark.sent = Sent(place.file, place.position, place.text)
    elif originals.names:
        remark.unmatched = f"no interchange of {', '.join(originals.names)} has the number {control or '(empty)'}"
    return Answer("TA1", segment.position, _sent_on(about, segment), [remark])


def _sent_on(about: str, segment: Segment) -> str:
    day, time = plain(segment[2]), plain(segment[3])
    when = f" of 20{day[:2]}-{day[2:4]}-{day[4:]}" if len(day) == 6 and day.isdecimal() else ""  # noqa: PLR2004 YYMMDD
    clock = f" {time[:2]}:{time[2:4]}" if when and len(time) == 4 and time.isdecimal() else ""  # noqa: PLR2004 HHMM
    return about + when + clock
