"""Claims written as 837P, 005010X222A1, in as many shapes as senders give it.

Everything is first written with the delimiters `*:^~`; `write` then counts the segments, closes the envelope and
changes delimiters, line ends and character set as the layout says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from .model import Agency, Claim, Line, OtherPayer, Person
from .profiles import Profile

GUIDE = "005010X222A1"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out.

    Attributes:
        delimiters: Element, component and repetition separator and segment terminator, in this order.
        line_end: Written after each terminator: a newline, both, or nothing.
        claims_per_set: At most this many claims in one ST; 1 gives each claim a set of its own.
        interchanges: ISA envelopes the sets are spread over.
        encoding: Character set.
        bom: Begin with a byte order mark.
        wrap: Break the file into physical lines of this length, in the middle of segments too; 0: do not.
        trailers: `right`, or `wrong` for false SE and GE counts and a missing IEA.
    """

    delimiters: str = "*:^~"
    line_end: str = "\n"
    claims_per_set: int = 5000
    interchanges: int = 1
    encoding: str = "utf-8"
    bom: bool = False
    wrap: int = 0
    trailers: str = "right"


def write(claims: Sequence[Claim], profile: Profile, received: date, layout: Layout) -> bytes:
    """Return the file. Claims of one agency stand together; the order within an agency is kept."""
    sets = list(_sets(claims, layout.claims_per_set))
    share = -(-len(sets) // layout.interchanges) or 1
    envelopes = [sets[at : at + share] for at in range(0, len(sets), share)] or [[]]
    text = "".join(
        _interchange(number, part, profile, received, layout) for number, part in enumerate(envelopes, start=1)
    )
    text = text.translate(str.maketrans("*:^~", layout.delimiters)) if layout.delimiters != "*:^~" else text
    if layout.wrap:
        text = "\n".join(text[at : at + layout.wrap] for at in range(0, len(text), layout.wrap)) + "\n"
    elif layout.line_end:
        text = text.replace(layout.delimiters[3], layout.delimiters[3] + layout.line_end)
    return (b"\xef\xbb\xbf" if layout.bom else b"") + text.encode(layout.encoding)


def _sets(claims: Sequence[Claim], most: int) -> Iterator[list[Claim]]:
    for _, of_agency in groupby(claims, key=lambda claim: claim.agency.npi):
        together = list(of_agency)
        for at in range(0, len(together), most):
            yield together[at : at + most]


def _interchange(number: int, sets: Sequence[Sequence[Claim]], profile: Profile, received: date, layout: Layout) -> str:
    day = f"{received:%Y%m%d}"
    wrong = layout.trailers == "wrong"
    head = (
        f"ISA*00*          *00*          *ZZ*{'SAMPLESENDER':<15}*ZZ*{profile.payer_id:<15}*{day[2:]}*0800*^*00501"
        f"*{number:09d}*0*T*:~GS*HC*SAMPLESENDER*{profile.payer_id}*{day}*0800*{number}*X*{GUIDE}~"
    )
    parts = [head]
    for index, claims in enumerate(sets, start=1):
        control = f"{number:02d}{index:04d}"
        body = f"ST*837*{control}*{GUIDE}~" + _transaction(claims, profile, f"{day}{control}", day)
        count = body.count("~") + 1 + (3 if wrong else 0)
        parts.append(f"{body}SE*{count}*{control}~")
    parts.append(f"GE*{len(sets) + (1 if wrong else 0)}*{number}~")
    if not wrong:
        parts.append(f"IEA*1*{number:09d}~")
    return "".join(parts)


def _transaction(claims: Sequence[Claim], profile: Profile, reference: str, day: str) -> str:
    head = (
        f"BHT*0019*00*{reference}*{day}*0800*CH~NM1*41*2*SAMPLE BILLING SERVICE*****46*SAMPLESENDER~"
        f"PER*IC*BILLING OFFICE*TE*8005550100~NM1*40*2*{profile.payer_name}*****46*{profile.payer_id}~"
    )
    parts = [head]
    level = 0
    for _, of_agency in groupby(claims, key=lambda claim: claim.agency.npi):
        together = list(of_agency)
        level += 1
        parent = level
        parts.append(_agency(together[0].agency, level))
        for _, of_subscriber in groupby(together, key=_subscriber_key):
            family = list(of_subscriber)
            level += 1
            parts.append(_subscriber(family[0], level, parent, profile))
            if family[0].subscriber is None:
                parts += [_claim(claim, profile) for claim in family]
                continue
            of_family = level
            for _, of_patient in groupby(family, key=lambda claim: claim.member):
                level += 1
                patient = list(of_patient)
                parts.append(_patient(patient[0].member, level, of_family))
                parts += [_claim(claim, profile) for claim in patient]
    return "".join(parts)


def _subscriber_key(claim: Claim) -> tuple[Person, bool, bool]:
    return claim.subscriber or claim.member, claim.subscriber is not None, claim.other_payer is not None


def _agency(agency: Agency, level: int) -> str:
    return (
        f"HL*{level}**20*1~PRV*BI*PXC*{agency.taxonomy}~NM1*85*2*{agency.name}*****XX*{agency.npi}~N3*{agency.street}~"
        f"N4*{agency.city}*{agency.state}*{agency.zip}~REF*EI*{agency.tax_id}~PER*IC*BILLING*TE*{agency.phone}~"
    )


def _subscriber(claim: Claim, level: int, parent: int, profile: Profile) -> str:
    person = claim.subscriber or claim.member
    has_child = claim.subscriber is not None
    order = "P" if claim.other_payer is None else "S"
    identity = f"****MI*{person.id}" if person.id else ""
    return (
        f"HL*{level}*{parent}*22*{1 if has_child else 0}~SBR*{order}*{'' if has_child else '18'}*******MC~"
        f"NM1*IL*1*{person.last}*{person.first}{identity}~{_home(person)}"
        f"NM1*PR*2*{profile.payer_name}*****PI*{profile.payer_id}~"
    )


def _patient(person: Person, level: int, parent: int) -> str:
    return f"HL*{level}*{parent}*23*0~PAT*19~NM1*QC*1*{person.last}*{person.first}~{_home(person)}"


def _home(person: Person) -> str:
    address = f"N3*{person.street}~N4*{person.city}*{person.state}*{person.zip}~"
    return address if person.birth is None else f"{address}DMG*D8*{_day(person.birth)}*{person.sex}~"


def _claim(claim: Claim, profile: Profile) -> str:
    parts = [f"CLM*{claim.id}*{money(claim.cents())}***{claim.place}:B:{claim.frequency}*Y*A*Y*Y~"]
    if claim.authorization:
        parts.append(f"REF*G1*{claim.authorization}~")
    if claim.original:
        parts.append(f"REF*F8*{claim.original}~")
    principal, *others = claim.diagnoses or ("",)
    parts.append("*".join((f"HI*ABK:{principal}", *(f"ABF:{code}" for code in others))) + "~")
    if claim.conditions:
        parts.append("*".join(("HI", *(f"BG:{code}" for code in claim.conditions))) + "~")
    parts.append(_rendering(claim.worker, profile))
    if claim.other_payer:
        parts.append(_other_payer(claim, claim.other_payer))
    parts += [_line(claim, number, line, profile) for number, line in enumerate(claim.lines, start=1)]
    text = "".join(parts)
    for old, new in claim.edits:
        if text.count(old) != 1:
            raise ValueError(f"the edit of claim {claim.id} must fit exactly one place")
        text = text.replace(old, new)
    return text


def _rendering(worker: Person, profile: Profile) -> str:
    return f"NM1*82*1*{worker.last}*{worker.first}****XX*{worker.id}~PRV*PE*PXC*{profile.worker_taxonomy}~"


def _other_payer(claim: Claim, payer: OtherPayer) -> str:
    person = claim.subscriber or claim.member
    return (
        f"SBR*P*18*******CI~AMT*D*{money(payer.paid)}~OI***Y***Y~NM1*IL*1*{person.last}*{person.first}****MI*P{person.id}~"
        f"NM1*PR*2*{payer.name}*****PI*{payer.id}~"
    )


def _line(claim: Claim, number: int, line: Line, profile: Profile) -> str:
    code = ":".join((line.code, *line.modifiers))
    dates = f"D8*{_day(line.day)}" if line.end is None else f"RD8*{_day(line.day)}-{_day(line.end)}"
    text = (
        f"LX*{number}~SV1*HC:{code}*{money(line.cents)}*UN*{line.units}*{line.place or ''}**"
        f"{':'.join(map(str, line.pointers))}~DTP*472*{dates}~"
    )
    text += f"REF*6R*{claim.id}L{number}~"
    if line.worker:
        text += _rendering(line.worker, profile)
    if claim.other_payer:
        paid, rest = _split(claim, claim.other_payer, number)
        text += (
            f"SVD*{claim.other_payer.id}*{money(paid)}*HC:{code}**{line.units}~CAS*PR*3*{money(rest)}~"
            f"DTP*573*D8*{_day(claim.other_payer.decided)}~"
        )
    return text


def _split(claim: Claim, payer: OtherPayer, number: int) -> tuple[int, int]:
    """Return what the earlier payer paid on a line and what it left, so that line and claim balance."""
    paid = payer.paid * claim.lines[number - 1].cents // claim.cents()
    if number == 1:
        paid += payer.paid - sum(payer.paid * line.cents // claim.cents() for line in claim.lines)
    return paid, claim.lines[number - 1].cents - paid


def money(cents: int) -> str:
    """Return cents as X12 writes money: no trailing zeros, no empty fraction."""
    whole, rest = divmod(cents, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


def _day(day: date) -> str:
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"
