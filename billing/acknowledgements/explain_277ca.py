"""A 277CA in words: what became of each claim, by its number, and of the lines it was refused for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from billing.acknowledgements.codes import meaning, name_of
from billing.acknowledgements.explanation import (
    ACCEPTED,
    ERRORS,
    RECEIVED,
    REJECTED,
    UNKNOWN,
    Answer,
    Code,
    Remark,
    Sent,
)
from billing.acknowledgements.ink import NOT_SENT
from billing.acknowledgements.matching import match_claim, match_line, unspoken
from billing.acknowledgements.original import Originals
from billing.acknowledgements.received import ReceivedSet, Segment
from billing.claim_columns import MONEY_TEXT
from billing.wording import Masks, counted, dollars, plain

_VERDICTS = {
    "A0": ACCEPTED, "A1": RECEIVED, "A2": ACCEPTED, "A5": ACCEPTED, "A3": REJECTED, "A4": ERRORS, "A6": REJECTED,
    "A7": REJECTED, "A8": REJECTED,
}  # fmt: skip
_ACTIONS = {"U": REJECTED, "WQ": ACCEPTED}
_LEVELS = {"20": "source", "21": "submitter", "19": "provider", "PT": "patient"}
_WORST_FIRST = (REJECTED, ERRORS, UNKNOWN, RECEIVED, ACCEPTED)
_STATUSES = (1, 10, 11)
_FREE_TEXT = 12
_NOBODY = "the party named"
_DAY = re.compile(r"[0-9]{8}")
_COUNT = re.compile(r"[0-9]{1,15}")
_MONEY = re.compile(MONEY_TEXT)


@dataclass(slots=True)
class _State:
    """Where a reader of a 277CA is."""

    originals: Originals
    answer: Answer
    level: str = "source"
    name: str = ""
    masks: Masks = field(default_factory=Masks)
    claim: Remark | None = None
    line: Remark | None = None
    claim_key: int | None = None
    matched: set[int] = field(default_factory=set)
    refused: int = 0
    refused_amount: Decimal = Decimal(0)
    parties: list[str] = field(default_factory=list)


def explain_277ca(received: ReceivedSet, originals: Originals) -> Answer:
    """Explain a 277CA."""
    state = _State(originals, Answer("277CA", received.position, "claims"))
    for segment in received.segments:
        step = _STEPS.get(segment.id)
        if step:
            step(state, segment)
    _close_claim(state)
    state.answer.about = " to ".join(state.parties) or "claims"
    state.answer.missing += _missing(state, received)
    return state.answer


def _missing(state: _State, received: ReceivedSet) -> Iterator[str]:
    """Yield what the answer does not say and should."""
    if not received.is_whole:
        yield "the 277CA is cut short: what it said behind its last segment is lost"
    named = [remark for remark in state.answer.remarks if remark.level == "claim" and remark.verdict == REJECTED]
    more = state.refused - len(named)
    if more > 0:
        amount = state.refused_amount - sum((remark.amount or Decimal(0) for remark in named), Decimal(0))
        number = counted(more, "more claim is", "more claims are")
        yield f"{number} counted as rejected ({dollars(amount)}) and not named: look in the 999 for these"
    yield from unspoken(state.originals, state.matched)


# ------------------------------------------------------------------------------------------------------- the segments


def _level(state: _State, segment: Segment) -> None:
    _close_claim(state)
    state.level, state.name = _LEVELS.get(segment[3], "level"), ""


def _named(state: _State, segment: Segment) -> None:
    last, first, identifier = plain(segment[3]), plain(segment[4]), plain(segment[9])
    if state.level == "patient":
        said = [text if text != NOT_SENT else None for text in (last, first, identifier)]
        state.masks = Masks((said[0] or None, said[1] or None), (said[2] or None,), state.originals.show_members)
        return
    state.name = " ".join(part for part in (first, last) if part) or identifier
    if state.level in {"source", "submitter"} and state.name:
        state.parties.append(state.name)


def _trace(state: _State, segment: Segment) -> None:
    """Take a TRN: below a patient it begins a claim, below a submitter it names the batch."""
    if state.level != "patient":
        return
    _close_claim(state)
    claim_id = plain(segment[2])
    state.claim = Remark("277CA", "claim", UNKNOWN, segment.position, f"claim {claim_id or 'without a number'}")
    state.claim.claim_id, state.claim.member = claim_id or None, state.masks.member()


def _status(state: _State, segment: Segment) -> None:
    """Take an STC, of a line, a claim, a provider or the submitter."""
    codes = [code for number in _STATUSES if (code := _code(segment, number)) is not None]
    verdict, amount = _verdict(segment, codes), _amount(segment[4])
    of = state.line or state.claim
    if of is None:
        who = f" {state.name}" if state.name else ""
        remark = Remark("277CA", state.level, verdict, segment.position, f"{state.level}{who}", codes, amount=amount)
        state.answer.remarks.append(remark)
        return
    of.verdict = verdict if not of.codes else min(of.verdict, verdict, key=_WORST_FIRST.index)
    of.codes += [code for code in codes if code.code not in {one.code for one in of.codes}]
    of.amount = amount if amount is not None else of.amount
    if segment[_FREE_TEXT]:
        of.note = _without_member(segment[_FREE_TEXT], state.masks)


def _quantity(state: _State, segment: Segment) -> None:
    if state.level == "submitter" and segment[1] == "AA" and _COUNT.fullmatch(segment[2]):
        state.refused += int(segment[2])


def _sum(state: _State, segment: Segment) -> None:
    if state.level == "submitter" and segment[1] == "YY":
        state.refused_amount += _amount(segment[2]) or Decimal(0)


def _service(state: _State, segment: Segment) -> None:
    """Take an SVC, which begins a line."""
    if state.claim is None:
        return
    _close_line(state)
    service = [plain(part) for part in segment.components(1)[1:] if part.strip()]
    state.line = Remark("277CA", "line", REJECTED, segment.position, "line", claim_id=state.claim.claim_id)
    state.line.service, state.line.amount = " ".join(service) or None, _amount(segment[2])


def _reference(state: _State, segment: Segment) -> None:
    number = plain(segment[2])
    if state.line and segment[1] == "FJ":
        state.line.line = number or None
    elif state.claim and segment[1] == "1K" and number:
        state.claim.note = " · ".join(filter(None, (state.claim.note, f"the payer's claim number is {number}")))


def _day(state: _State, segment: Segment) -> None:
    if state.line and segment[1] == "472":
        days = " to ".join(map(_iso, plain(segment[3]).split("-")))
        state.line.service = f"{state.line.service or 'a service'} on {days}"


def _iso(day: str) -> str:
    """Write a day as 2026-12-31; what is no CCYYMMDD stays as it is."""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if _DAY.fullmatch(day) else day


_STEPS = {
    "HL": _level, "NM1": _named, "TRN": _trace, "STC": _status, "QTY": _quantity, "AMT": _sum, "SVC": _service,
    "REF": _reference, "DTP": _day,
}  # fmt: skip


# -------------------------------------------------------------------------------------------------- claims and lines


def _close_line(state: _State) -> None:
    line, state.line = state.line, None
    if line is None or state.claim is None:
        return
    line.about = f"line {line.line}" if line.line else "line without a number"
    state.claim.parts.append(line)


def _close_claim(state: _State) -> None:
    """Lay a claim beside the original, and its lines."""
    _close_line(state)
    claim, state.claim = state.claim, None
    if claim is None:
        return
    state.answer.remarks.append(claim)
    if not state.originals.names:
        return
    claim_key, claim.unmatched = match_claim(state.originals, claim, state.matched)
    if claim_key is None:
        return
    state.matched.add(claim_key)
    if claim.verdict in {ACCEPTED, RECEIVED}:
        return
    claim.sent = _sent(state.originals, claim_key)
    for line in claim.parts:
        match_line(state.originals, claim_key, line)


def _sent(originals: Originals, claim_key: int) -> Sent:
    claim = originals.claim(claim_key)
    return Sent(claim["input"], claim["position"], originals.segment_text(claim["input"], claim["position"]))


# ------------------------------------------------------------------------------------------------------------- codes


def _code(segment: Segment, number: int) -> Code | None:
    """Read a composite `category:status:entity`; null where there is none."""
    parts = [plain(part) for part in segment.components(number)]
    if not any(parts):
        return None
    category, status, entity = (*parts, "", "", "")[:3]
    of_category, of_status = meaning("category", category), meaning("status", status)
    words = of_status.words
    who = name_of("entity", entity) or (f"party {entity}, which cleanclaim does not know" if entity else "")
    if _NOBODY in words:
        words = words.replace(_NOBODY, who or "a party that the code leaves open")
    elif who:
        words = f"{words} ({who})"
    code = ":".join(part for part in (category, status, entity) if part)
    fix = of_status.fix or of_category.fix
    return Code(f"STC{number:02d}", code, f"{of_category.words}: {words}", fix)


def _verdict(segment: Segment, codes: list[Code]) -> str:
    """Decide by the category; where no category is known, by the action."""
    known = [_VERDICTS[category] for code in codes if (category := code.code[:2]) in _VERDICTS]
    if known:
        return min(known, key=_WORST_FIRST.index)
    return _ACTIONS.get(segment[3], UNKNOWN)


def _amount(text: str) -> Decimal | None:
    return Decimal(text) if _MONEY.fullmatch(text) else None


def _without_member(text: str, masks: Masks) -> str:
    """Return a payer's free text without the patient's name and id."""
    said = masks.text(text)
    if masks.show:
        return said
    for name in masks.names:
        if name and len(name) > 1:
            said = re.sub(re.escape(plain(name)), "…", said, flags=re.IGNORECASE)
    return said
