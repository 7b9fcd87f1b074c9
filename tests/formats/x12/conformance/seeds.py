"""The valid files that are broken: some drawn from the guide's map, some in the shapes that senders write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.formats.x12.conformance.drawn import DRAWN, drawn
from tests.formats.x12.conformance.pieces import Piece, written
from tests.formats.x12.conformance.pyx12_oracle import walked

SAMPLES = Path(__file__).resolve().parents[4] / "claims_samples"
_MOST_SEGMENTS = 60


@dataclass(frozen=True, slots=True)
class Seed:
    """One valid file, as pieces."""

    name: str
    pieces: tuple[Piece, ...] = field(repr=False)

    def copies(self) -> list[Piece]:
        """Return pieces to break."""
        return [piece.copy() for piece in self.pieces]


@cache
def seeds() -> tuple[Seed, ...]:
    """Every valid file there is to break."""
    found = [Seed(f"drawn-{number}", tuple(drawn(number))) for number in range(DRAWN)]
    return (*found, *_shapes())


# ------------------------------------------------------------------------------------------ files as senders write them


def _shapes() -> Iterator[Seed]:
    """Cut small files out of the samples, and put several envelopes into one."""
    for path in (*sorted(SAMPLES.glob("*_clean.837")), *(SAMPLES / f"shapes/{name}.837" for name in
                 ("cob", "dependents_2000c", "ranges_and_line_workers", "two_agencies"))):  # fmt: skip
        text = path.read_text("utf-8").replace("\n", "")
        yield Seed(path.stem, tuple(_located(_cut(text.split("~")[:-1]))))
    yield Seed("several envelopes", tuple(_located(_several_envelopes())))


def _cut(segments: list[str]) -> list[str]:
    """Keep the first set, its last whole claims left out so that it stays small, and close it again."""
    end = next(at for at, segment in enumerate(segments) if segment.startswith("SE*"))
    starts = [at for at, segment in enumerate(segments[:end]) if segment.startswith(("HL*", "CLM*"))]
    behind_a_claim = starts[next(at for at, start in enumerate(starts) if segments[start].startswith("CLM*")) + 1 :]
    end = max((at for at in (*behind_a_claim, end) if at <= _MOST_SEGMENTS), default=end)
    return _closed(segments[:2], [segments[2:end]])


def _closed(head: Sequence[str], sets: Sequence[Sequence[str]]) -> list[str]:
    """Close an interchange of one group."""
    group, interchange = head[1].split("*")[6], head[0].split("*")[13]
    inside = [line for body in sets for line in (*body, f"SE*{len(body) + 1}*{body[0].split('*')[2]}")]
    return [*head, *inside, f"GE*{len(sets)}*{group}", f"IEA*1*{interchange}"]


def _several_envelopes() -> list[str]:
    """Two interchanges; the first with two groups, its first group with two sets."""
    plain = written(drawn(0)).replace("\n", "").split("~")[:-1]
    body = plain[2:-3]
    second = [line.replace("ST*837*0001", "ST*837*0002") for line in body]
    head = plain[:2]
    one = _closed(head, [body, second])[:-1]
    group = [head[1].replace("*1*X*", "*2*X*"), *_closed([head[0], head[1].replace("*1*X*", "*2*X*")], [body])[2:-1]]
    other = _closed([head[0].replace("000000001", "000000002"), head[1]], [body])
    return [*one, *group, "IEA*2*000000001", *other]


def _located(segments: list[str]) -> Iterator[Piece]:
    """Find the node of each segment."""
    text = "".join(f"{segment}~\n" for segment in segments)
    for segment, node in zip(segments, walked(text), strict=True):
        yield Piece(segment.split("*"), node)
