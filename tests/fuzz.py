"""Damage the sample files at random, and see that every one of them is checked or refused in words.

    python -m tests.fuzz --mutants 10000 --seed 1

The same seed makes the same mutants. A mutant that ends otherwise is written to the folder named with `--keep`.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

import billing
from billing.cli.failures import COULD_NOT, FOUND, NOTHING
from billing.errors import CleanclaimError
from billing.formats import read
from billing.policy.codesets import CodeSets
from billing.result import Result

SAMPLES = Path(__file__).resolve().parents[1] / "claims_samples"
SMALL = 9_000  # bytes; a larger sample only takes longer
BYTES = b"~*:^|>\n\r\t \0\x1a\"'{}[],0A9SHCL\x7f\x80\xc3\xff"
RECEIVED = "2026-11-22"


@cache
def originals() -> tuple[tuple[str, bytes], ...]:
    """Return the small sample files, by name."""
    files = [*sorted(SAMPLES.rglob("*.837")), *sorted(SAMPLES.rglob("*.jsonl"))]
    return tuple((path.name, path.read_bytes()) for path in files if path.stat().st_size < SMALL)


@cache
def codesets() -> CodeSets:
    """Return the code sets the mutants are judged by."""
    return billing.load_codesets(programs=["ks-chw"])


def mutant(seed: int) -> tuple[str, bytes]:
    """Make a damaged file: its name, and its bytes."""
    chance = random.Random(seed)  # noqa: S311 to damage files, the same way each time
    name, content = chance.choice(originals())
    data = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        chance.choice(CHANGES)(data, chance)
    return name, chance.choice(PACKINGS)(bytes(data), chance)


def check(name: str, data: bytes) -> int:
    """Check a file as the command does; returns its exit status.

    Raises:
        AssertionError: A claim or a cent is in none, or in two, of the results, or does not come out again.
    """
    try:
        result = billing.validate(io.BytesIO(data), codesets(), received=RECEIVED)
    except CleanclaimError as error:
        assert "\n  fix: " in str(error), (name, str(error))
        return COULD_NOT
    _check_conservation(result)
    return FOUND if result.needs_action else NOTHING


def check_reading(name: str, data: bytes) -> int:
    """Read a file without judging its claims; returns the exit status that the command would have at least."""
    try:
        batch = read(io.BytesIO(data))
    except CleanclaimError as error:
        assert "\n  fix: " in str(error), (name, str(error))
        return COULD_NOT
    assert batch.claims.get_column("charge").null_count() == 0, "charges"
    assert set(batch.lines.get_column("claim_key")) == set(batch.claims.get_column("claim_key")), "lines"
    return FOUND if len(batch.unreadable) else NOTHING


def _check_conservation(result: Result) -> None:
    summary = result.summary
    names = ("accepted", "review", "rejected", "unreadable")
    assert summary["claims"] == sum(summary[name] for name in names), "claims"
    charges = {name: Decimal(summary["charges"][name]) for name in ("total", *names)}
    assert charges["total"] == sum(charges[name] for name in names), "charges"
    for decision in names[:3]:
        keys = result.keys(decision)
        for source in result.batch.sources:
            own = result.batch.claims.filter(input=source.name).join(keys.to_frame("claim_key"), on="claim_key")
            written = source.subset(keys)
            again = (
                read(written, input_format="jsonl" if "json" in source.suffix else "837").claims if written else None
            )
            came = (0, None) if again is None else (len(again), again.get_column("charge").sum())
            assert came == (len(own), own.get_column("charge").sum() if len(own) else None), decision


# --------------------------------------------------------------------------------------------------------- damages


def _place(data: bytearray, chance: random.Random) -> int:
    return chance.randrange(len(data)) if data else 0


def _set(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    data[at : at + 1] = bytes([chance.choice(BYTES)])


def _insert(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    data[at:at] = bytes([chance.choice(BYTES)]) * chance.choice([1, 1, 3, 500])


def _delete(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    del data[at : at + chance.choice([1, 2, 10, 300])]


def _repeat(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    data[at:at] = data[at : at + chance.choice([10, 100, 2000])]


def _move(data: bytearray, chance: random.Random) -> None:
    at, size = _place(data, chance), chance.choice([20, 200])
    part = data[at : at + size]
    del data[at : at + size]
    to = _place(data, chance)
    data[to:to] = part


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _glue(data: bytearray, chance: random.Random) -> None:
    del data[len(data) - chance.choice([0, 1, 2, 30]) :]
    data += chance.choice(originals())[1]


def _lose_all(data: bytearray, chance: random.Random) -> None:
    lost = chance.choice(BYTES)
    data[:] = bytes(byte for byte in data if byte != lost)


CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _set, _set, _set, _insert, _insert, _delete, _delete, _repeat, _move, _cut, _glue, _lose_all,
)  # fmt: skip


def _as_it_is(data: bytes, _: random.Random) -> bytes:
    return data


def _zipped(data: bytes, _: random.Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("a.837"), data)
        archive.writestr(zipfile.ZipInfo("b.837"), data)
    return buffer.getvalue()


def _damaged_archive(data: bytes, chance: random.Random) -> bytes:
    packed = bytearray(_zipped(data, chance) if chance.random() < 0.5 else gzip.compress(data, mtime=0))
    chance.choice((_set, _delete, _cut, _insert))(packed, chance)
    return bytes(packed)


def _in_utf_16(data: bytes, _: random.Random) -> bytes:
    return data.decode("latin-1").encode("utf-16")


PACKINGS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_as_it_is,) * 12, _zipped, _damaged_archive, _damaged_archive, _in_utf_16,
)  # fmt: skip


def main() -> None:
    """Check as many mutants as asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first one; those behind it count on")
    parser.add_argument("--keep", type=Path, help="folder for the mutants that end otherwise")
    arguments = parser.parse_args()
    ends: Counter[str] = Counter()
    for seed in range(arguments.seed, arguments.seed + arguments.mutants):
        name, data = mutant(seed)
        try:
            ends[f"exit status {check(name, data)}"] += 1
        except Exception as error:  # noqa: BLE001 any is what is looked for
            ends["failed"] += 1
            sys.stdout.write(f"seed {seed}, {name}: {type(error).__name__} {str(error)[:200]}\n")
            if arguments.keep:
                (arguments.keep / f"{seed}-{name}").write_bytes(data)
    sys.stdout.write(", ".join(f"{count} {end}" for end, count in sorted(ends.items())) + "\n")
    raise SystemExit(bool(ends["failed"]))


if __name__ == "__main__":
    main()
