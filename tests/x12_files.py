"""Small 837P files for tests: one function per shape, all people made up."""

from __future__ import annotations

from collections.abc import Sequence

ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260601*1200*^*00501*000000001*0*P*:"
GS = "GS*HC*SENDER*RECEIVER*20260601*1200*1*X*005010X222A1"
HEADER = [
    "BHT*0019*00*1*20260601*1200*CH",
    "NM1*41*2*EXAMPLE AGENCY*****46*123",
    "PER*IC*BILLING*TE*5555550100",
    "NM1*40*2*EXAMPLE MEDICAID*****46*456",
]
BILLING = [
    "PRV*BI*PXC*251S00000X",
    "NM1*85*2*EXAMPLE AGENCY*****XX*1234567893",
    "N3*1 MAIN ST",
    "N4*TOPEKA*KS*666030000",
    "REF*EI*480000000",
]


def billing_loop(number: int, segments: Sequence[str] = BILLING) -> list[str]:
    """A 2000A loop."""
    return [f"HL*{number}**20*1", *segments]


def subscriber_loop(
    number: int, parent: int, *, member: str = "00000000001", last: str = "SAMPLE", child: str = "0"
) -> list[str]:
    """A 2000B loop."""
    return [
        f"HL*{number}*{parent}*22*{child}",
        "SBR*P*18*******MC" if child == "0" else "SBR*P********MC",
        f"NM1*IL*1*{last}*ANN****MI*{member}",
        "N3*2 ELM ST",
        "N4*TOPEKA*KS*66603",
        "DMG*D8*19900131*F",
        "NM1*PR*2*EXAMPLE MEDICAID*****PI*KMAP",
    ]


def claim(claim_id: str, lines: int = 1, *, extra: Sequence[str] = (), line_extra: Sequence[str] = ()) -> list[str]:
    """A 2300 loop with its lines, 46.00 each."""
    segments = [f"CLM*{claim_id}*{46 * lines}.00***12:B:1*Y*A*Y*Y", *extra, "HI*ABK:F330*ABF:Z5900"]
    segments += ["NM1*82*1*WORKER*ANN****XX*1000000004", "PRV*PE*PXC*172V00000X"]
    for number in range(1, lines + 1):
        segments += [f"LX*{number}", "SV1*HC:98960:U7*46.00*UN*2***1", f"DTP*472*D8*202605{number:02d}", *line_extra]
        segments += [f"REF*6R*{claim_id}L{number}"]
    return segments


def transaction(body: Sequence[str], number: str = "0001") -> list[str]:
    """An ST to SE with its header and right counts."""
    inside = [f"ST*837*{number}*005010X222A1", *HEADER, *body]
    return [*inside, f"SE*{len(inside) + 1}*{number}"]


def interchange(*transactions: Sequence[str], control: str = "000000001") -> list[str]:
    """An ISA to IEA with one group."""
    sets = [segment for segments in transactions for segment in segments]
    return [ISA.replace("000000001", control), GS, *sets, f"GE*{len(transactions)}*1", f"IEA*1*{control}"]


def simple_body(claims: int = 3, lines: int = 2) -> list[str]:
    """One biller, one claim per member."""
    body = billing_loop(1)
    for number in range(claims):
        body += subscriber_loop(number + 2, 1, member=f"{number:011d}") + claim(f"C{number}", lines)
    return body


def as_bytes(segments: Sequence[str], *, terminator: str = "~", line_end: str = "\n", element: str = "*",
             component: str = ":", encoding: str = "latin-1", last_line_end: bool = True) -> bytes:  # fmt: skip
    """Write segments with any delimiters."""
    text = (terminator + line_end).join(segments) + terminator + (line_end if last_line_end else "")
    table = str.maketrans({"*": element, ":": component, "~": terminator})
    return text.translate(table).encode(encoding)
