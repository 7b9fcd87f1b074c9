"""A clean 837P with every loop that matters, and what the conformance check says when parts of it are changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from billing.batch import Batch
from billing.formats.x12.claims837 import read_837
from tests.x12_files import as_bytes, billing_loop, claim, interchange, subscriber_loop, transaction

OTHER_PAYER = [
    "SBR*S*18*******CI", "CAS*PR*1*10", "AMT*D*30", "OI***Y***Y", "NM1*IL*1*SAMPLE*ANN****MI*X1",
    "NM1*PR*2*OTHER PLAN*****PI*OP1",
]  # fmt: skip
PATIENT = ["HL*3*2*23*0", "PAT*19", "NM1*QC*1*CHILD*TOM", "N3*2 ELM ST", "N4*TOPEKA*KS*66603", "DMG*D8*20150301*M"]


class Error(NamedTuple):
    """The columns of an error that say what it is; `place` is loop and element, `2010BB NM109`."""

    position: int
    place: str
    codes: str
    cause: str
    unit: str


def clean() -> list[str]:
    """One claim of a subscriber with two lines, and one of a dependent: segments 1 to 53."""
    return interchange(
        transaction([
            *billing_loop(1), *subscriber_loop(2, 1, child="1"), *claim("C1", 2), *PATIENT, *claim("C2", 1),
        ])
    )  # fmt: skip


def edited(old: str, new: Sequence[str], *, nth: int = 1) -> list[str]:
    """Put segments in the place of the nth segment that begins with `old`; the SE counts what is there then."""
    segments = clean()
    hit = [index for index, segment in enumerate(segments) if segment.startswith(old)][nth - 1]
    segments[hit : hit + 1] = new
    return recounted(segments)


def recounted(segments: Sequence[str]) -> list[str]:
    """Let SE01 say how many segments there are from ST to SE."""
    segments = list(segments)
    start = next(index for index, segment in enumerate(segments) if segment.startswith("ST*"))
    end = next(index for index, segment in enumerate(segments) if segment.startswith("SE*"))
    segments[end] = f"SE*{end - start + 1}*0001"
    return segments


def read(segments: Sequence[str]) -> Batch:
    """Read segments as a file."""
    return read_837(as_bytes(segments), "x.837")


def errors(segments: Sequence[str]) -> list[Error]:
    """Say what the check finds in segments, in file order."""
    found = []
    for row in read(segments).syntax_errors.iter_rows(named=True):
        label = row["segment_id"] or "?"
        label += f"{row['element']:02}" if row["element"] is not None else ""
        label += f"-{row['component']}" if row["component"] is not None else ""
        names = ("segment_error", "element_error", "set_error", "group_error", "interchange_error")
        codes = " ".join(f"{name[0].upper()}{row[name]}" for name in names if row[name])
        place = f"{row['loop']} {label}" if row["loop"] else label
        found.append(Error(row["position"], place, codes, row["cause"], row["unit"]))
    return found


def position(segments: Sequence[str], begins: str, nth: int = 1) -> int:
    """Return the number of the nth segment that begins so."""
    return [index for index, segment in enumerate(segments, 1) if segment.startswith(begins)][nth - 1]
