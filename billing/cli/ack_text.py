"""The text of `cleanclaim explain-ack`: for every answer what was taken, then what to do, dearest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from billing.acknowledgements.explanation import (
    ACCEPTED,
    ERRORS,
    RECEIVED,
    REJECTED,
    UNKNOWN,
    Answer,
    Code,
    Explanation,
    Remark,
    Sent,
)
from billing.cli.layout import labelled, paragraph
from billing.wording import counted, dollars, plain, unit_of

MARKS = {ACCEPTED: "✓", RECEIVED: "·", ERRORS: "!", REJECTED: "✗", UNKNOWN: "?"}
_CLAIM_WORDS = {
    ACCEPTED: "accepted: the payer will decide on them",
    RECEIVED: "received, and not yet accepted",
    REJECTED: "rejected",
    ERRORS: "not found",
    UNKNOWN: "answered with a code that cleanclaim does not know",
}
_ON_A_LINE = "247"
_SEGMENTS = 20  # of an answer that are shown before the rest is counted
_CLAIMS = 5  # of one reason
_NEW_CLAIM = (
    "Send mended claims as new ones (frequency 1): what was rejected here never became a claim of the payer's, "
    "so there is nothing to replace."
)
_BESIDE = 8  # columns of a label


def explanation_in_text(explanation: Explanation) -> Iterator[str]:
    """Yield the lines of an explanation."""
    beside = f" beside {', '.join(map(plain, explanation.originals))}" if explanation.originals else ""
    yield f"{plain(explanation.file)}{beside}"
    for answer in _together(explanation.answers):
        yield ""
        yield from _answer(answer)
    if explanation.passed_over:
        yield ""
        yield from paragraph(f"Passed over, as no answer to claims: {', '.join(explanation.passed_over)}")
    if not explanation.originals:
        yield ""
        yield from paragraph("Name the file you sent with --original to see the segments and claims that are meant.")


def _together(answers: Iterable[Answer]) -> Iterator[Answer]:
    """Yield the answers, with those to the claims of one sender behind each other as one."""
    for (kind, about), same in groupby(answers, key=lambda answer: (answer.kind, answer.about)):
        several = list(same)
        if kind != "277CA" or len(several) == 1:
            yield from several
            continue
        remarks = [remark for answer in several for remark in answer.remarks]
        missing = [words for answer in several for words in answer.missing]
        yield Answer(kind, several[0].position, f"{about}, {len(several):,} batches", remarks, missing)


def _answer(answer: Answer) -> Iterator[str]:
    yield from paragraph(
        f"{answer.kind} for {answer.about}" if answer.kind != "277CA" else f"277CA from {answer.about}"
    )
    if answer.kind == "277CA":
        yield from _claims(answer)
    else:
        yield from _envelope(answer)
    for words in answer.missing:
        yield ""
        yield from paragraph(f"! {words}", 2, 2)


# ------------------------------------------------------------------------------------------------------ TA1 and 999


def _envelope(answer: Answer) -> Iterator[str]:
    """Yield what became of an interchange, or of the sets of a group and of the group."""
    good = [remark for remark in answer.remarks if _is_good_set(remark)]
    if good:
        names = good[0].about if len(good) == 1 else counted(len(good), "set")
        yield from paragraph(f"{MARKS[ACCEPTED]} {names}: accepted", 2, 2)
    for remark in answer.remarks:
        if not _is_good_set(remark):
            yield from _stated(remark)
            if remark.parts:
                yield ""


def _is_good_set(remark: Remark) -> bool:
    """Tell an accepted set; these are only counted."""
    return remark.level == "set" and remark.verdict == ACCEPTED and not remark.unmatched


def _stated(remark: Remark) -> Iterator[str]:
    """Yield a remark with its codes, its place, and the segments it complains of."""
    first, *others = remark.codes or [Code("", "", "no status is given", "")]
    said = first.words if remark.verdict == ACCEPTED else _with_code(first)
    yield from paragraph(f"{MARKS[remark.verdict]} {remark.about}: {said}", 2, 2)
    for code in others:
        yield from labelled("why", f"{code.words} ({code.place} {code.code})", indent=4, columns=_BESIDE)
        yield from labelled("fix", code.fix, indent=4, columns=_BESIDE)
    if not others or remark.level == "interchange":
        yield from labelled("then" if others else "fix", first.fix, indent=4, columns=_BESIDE)
    if remark.verdict != ACCEPTED and remark.level == "interchange":
        yield from labelled("where", _where(remark.sent), indent=4, columns=_BESIDE)
    yield from labelled("note", remark.unmatched, indent=4, columns=_BESIDE)
    for segment in remark.parts[:_SEGMENTS]:
        yield ""
        yield from _segment(segment)
    if len(remark.parts) > _SEGMENTS:
        yield ""
        yield from paragraph(f"and {len(remark.parts) - _SEGMENTS:,} more segments: --format json lists all", 4)


def _segment(remark: Remark) -> Iterator[str]:
    """Yield a segment that is complained of: where it is, how it was sent, what is wrong, what to do."""
    claim = f"claim {remark.claim_id}" if remark.claim_id else ""
    line = f" line {remark.line}" if claim and remark.line else ""
    head = f"{remark.sent.file} segment {remark.sent.position}" if remark.sent else remark.about
    yield from paragraph(f"{MARKS[remark.verdict]} {plain(head)}{', ' if claim else ''}{plain(claim)}{line}", 4, 2)
    code = remark.codes[0]
    if remark.sent:
        label = "before" if code.code in {"3", "I6", "I7", "I8"} else "sent"
        yield from labelled(label, remark.sent.text, indent=6, columns=_BESIDE)
    if not remark.parts:
        yield from labelled("why", f"{remark.about.split(',')[0]}: {_with_code(code)}", indent=6, columns=_BESIDE)
        yield from labelled("fix", code.fix, indent=6, columns=_BESIDE)
    for element in remark.parts:
        found = f"; {element.value} stands there" if element.value else ""
        said = element.codes[0]
        yield from labelled(
            "why", f"{element.about}: {said.words} (IK403 {said.code}){found}", indent=6, columns=_BESIDE
        )
        yield from labelled("fix", said.fix, indent=6, columns=_BESIDE)
    yield from labelled("note", remark.unmatched, indent=6, columns=_BESIDE)


def _with_code(code: Code) -> str:
    return f"{code.words} ({code.place} {code.code})" if code.place else code.words


# ------------------------------------------------------------------------------------------------------------ 277CA


@dataclass
class _Reason:
    """Claims and lines that were refused for the same reason."""

    codes: list[Code]
    verdict: str
    found: list[tuple[Remark, Remark]] = field(default_factory=list)

    @property
    def claims(self) -> list[Remark]:
        """The distinct claims."""
        return list({id(claim): claim for claim, _ in self.found}.values())

    @property
    def amount(self) -> Decimal:
        """USD of the distinct claims."""
        return sum((claim.amount or Decimal(0) for claim in self.claims), Decimal(0))


def _claims(answer: Answer) -> Iterator[str]:
    """Yield how many claims were taken and refused, then the reasons of the refused, dearest first."""
    claims = [remark for remark in answer.remarks if remark.level == "claim"]
    counts = []
    for verdict in (ACCEPTED, RECEIVED, ERRORS, UNKNOWN, REJECTED):
        mine = [claim for claim in claims if claim.verdict == verdict]
        if mine:
            amount = dollars(sum((claim.amount or Decimal(0) for claim in mine), Decimal(0)))
            counts.append((MARKS[verdict], counted(len(mine), "claim"), amount, _CLAIM_WORDS[verdict]))
    widths = [max((len(row[column]) for row in counts), default=0) for column in (1, 2)]
    for mark, number, amount, words in counts:
        yield f"  {mark} {number:>{widths[0]}}  {amount:>{widths[1]}}  {words}"
    for remark in answer.remarks:
        if remark.level != "claim" and remark.verdict not in {ACCEPTED, RECEIVED}:
            yield from _of_level(remark)
    reasons = sorted(_reasons(claims), key=lambda reason: (-reason.amount, [code.code for code in reason.codes]))
    for reason in reasons:
        yield ""
        yield from _reason(reason)
    yield from _unmatched(claims)
    if any(claim.verdict == REJECTED for claim in claims):
        yield ""
        yield from paragraph(_NEW_CLAIM, 2)


def _of_level(remark: Remark) -> Iterator[str]:
    """Yield a refusal of a submitter or a provider as a whole."""
    amount = f"  {dollars(remark.amount)}" if remark.amount is not None else ""
    for number, code in enumerate(remark.codes):
        head = f"{MARKS[remark.verdict]} {remark.about}{amount}: " if number == 0 else "  "
        yield from paragraph(f"{head}{code.words} ({code.code})", 2, 2)
        yield from labelled("fix", code.fix, indent=6, columns=_BESIDE)


def _reasons(claims: list[Remark]) -> list[_Reason]:
    """Gather what claims and lines were refused for; a claim that only points to its lines is not told twice."""
    reasons: dict[tuple[str, ...], _Reason] = {}
    for claim in claims:
        if claim.verdict in {ACCEPTED, RECEIVED}:
            continue
        for part in (claim, *claim.parts):
            codes = [code for code in part.codes if not (part is claim and claim.parts and _points_to_lines(code))]
            if codes:
                reason = reasons.setdefault(tuple(code.code for code in codes), _Reason(codes, part.verdict))
                reason.found.append((claim, part))
    return list(reasons.values())


def _points_to_lines(code: Code) -> bool:
    return code.code.split(":")[1:2] == [_ON_A_LINE]


def _reason(reason: _Reason) -> Iterator[str]:
    number = f"{counted(len(reason.claims), 'claim')}  {dollars(reason.amount)}"
    first, *others = reason.codes
    yield from paragraph(f"{MARKS[reason.verdict]} {number}  {first.code}  {first.words}", 2, 2)
    for code in others:
        yield from paragraph(f"and {code.code}  {code.words}", 4, 4)
    for fix in dict.fromkeys(code.fix for code in reason.codes):
        yield from labelled("fix", fix, indent=4, columns=_BESIDE)
    for claim, part in reason.found[:_CLAIMS]:
        yield from _refused(claim, part)
    if len(reason.found) > _CLAIMS:
        yield from paragraph(f"and {len(reason.found) - _CLAIMS:,} more: --format json lists all", 12)


def _refused(claim: Remark, part: Remark) -> Iterator[str]:
    """Yield one refused claim or line."""
    about = plain(claim.claim_id or "without a number") + (f" {part.about}" if part is not claim else "")
    details = [part.service, dollars(part.amount) if part.amount is not None else None, claim.member]
    said = ", ".join(detail for detail in details if detail)
    yield from labelled("claim", f"{about}: {said}" if said else about, indent=4, columns=_BESIDE)
    sent = part.sent or claim.sent
    yield from labelled("", _where(sent), indent=4, columns=_BESIDE)
    yield from labelled("", f"the payer writes: {part.note}" if part.note else "", indent=4, columns=_BESIDE)
    yield from labelled("", part.unmatched, indent=4, columns=_BESIDE)


def _unmatched(claims: list[Remark]) -> Iterator[str]:
    """Yield the accepted claims that the original does not hold; of refused ones it is said with them."""
    lost = [claim for claim in claims if claim.unmatched and claim.verdict in {ACCEPTED, RECEIVED}]
    if not lost:
        return
    yield ""
    yield from paragraph(f"! {counted(len(lost), 'claim')} that could not be laid beside the original", 2, 2)
    for claim in lost[:_CLAIMS]:
        yield from labelled(
            "claim", f"{plain(claim.claim_id or 'without a number')}: {claim.unmatched}", indent=4, columns=_BESIDE
        )
    if len(lost) > _CLAIMS:
        yield from paragraph(f"and {len(lost) - _CLAIMS:,} more: --format json lists all", 12)


def _where(sent: Sent | None) -> str:
    if sent is None:
        return ""
    text = f": {sent.text}" if sent.text else ""
    return f"{plain(sent.file)} {unit_of(sent.file)} {sent.position}{text}"
