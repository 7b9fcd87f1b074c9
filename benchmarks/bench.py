"""How fast is it, and against what? One run prints everything side by side, on one generated file.

    python benchmarks/bench.py [--claims 100000] [--quick]

The file is seeded, so every run measures the same bytes. CPU seconds are user plus system time of all threads. What
is compared is measured in turns, five rounds of each after a warm-up, and a ratio is that of one round: the median
is printed with the least and the greatest beside it. Ratios are what to quote: machines differ, and shared ones
differ from minute to minute.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from unittest import mock

import polars as pl

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import billing  # noqa: E402
from billing.engine import judge  # noqa: E402
from billing.formats.x12 import conformance  # noqa: E402
from billing.formats.x12.claims837 import read_837  # noqa: E402
from billing.policy.loading import list_programs  # noqa: E402
from billing.references import read_references  # noqa: E402
from billing.syntax_errors import SYNTAX_ERROR_SCHEMA  # noqa: E402

RECEIVED = date(2026, 11, 22)
PYX12_CLAIMS = 2_000
ROUNDS, QUICK_ROUNDS = 5, 2


def cpu_seconds(action: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    start = time.process_time()
    action()
    return time.process_time() - start


def in_turns(actions: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the CPU seconds of each action, by round; the first round is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(rounds + 1):
        for name, action in actions.items():
            taken = cpu_seconds(action)
            seconds[name] += [taken] if number else []
    return seconds


def ratio(over: Sequence[float], under: Sequence[float]) -> str:
    """Put the ratio of two figures, round by round, into words: its median, least and greatest."""
    ratios = sorted(a / b for a, b in zip(over, under, strict=True))
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def make_file(folder: Path, claims: int) -> Path:
    """Generate the benchmark's 837P file of that many claims."""
    out = folder / f"bench-{claims}.837"
    command = [sys.executable, str(ROOT / "claims_samples" / "generate.py"), "--claims", str(claims), "--seed", "1",
               "--program", "ks-chw", "--out", str(out)]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return out


def end_to_end(file: Path, folder: Path) -> tuple[float, float, float]:
    """Run the command as a user would; returns CPU seconds, wall seconds and peak memory in MB."""
    out = Path(tempfile.mkdtemp(dir=folder)) / "out"
    command = [sys.executable, str(ROOT / "cli.py"), "validate", str(file), "--program", "ks-chw",
               "--received", RECEIVED.isoformat(), "--out", str(out)]  # fmt: skip
    start = time.perf_counter()
    # An installed command has its bytecode: a shell that forbids writing it would have it compiled at every start.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        message = f"validate ended with status {os.waitstatus_to_exitcode(status)}"
        raise RuntimeError(message)
    process.returncode = 0
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def pyx12_seconds(data: bytes, folder: Path) -> tuple[float, int]:
    """Let pyx12 validate a cut of the file; returns CPU seconds and the number of claims."""
    import pyx12.error_handler  # noqa: PLC0415 - a peer, loaded only to be measured
    import pyx12.params  # noqa: PLC0415
    import pyx12.x12n_document  # noqa: PLC0415

    logging.getLogger("pyx12").setLevel(logging.CRITICAL)  # what it finds is of no interest here
    batch = read_837(data, "cut")
    cut = folder / "cut.837"
    cut.write_bytes(batch.sources[0].subset(batch.claims.get_column("claim_key").head(PYX12_CLAIMS)))
    start = time.process_time()
    with (folder / "cut.999").open("w") as ack:
        pyx12.x12n_document.x12n_document(pyx12.params.params(), str(cut), ack, None)
    return time.process_time() - start, min(PYX12_CLAIMS, len(batch.claims))


@contextlib.contextmanager
def without_conformance() -> Iterator[None]:
    """Read as if a file's conformance to its implementation guide were not checked."""
    nothing = pl.DataFrame(schema={**SYNTAX_ERROR_SCHEMA, "scope": pl.UInt32})
    with mock.patch.object(conformance, "check", return_value=nothing):
        yield


def read_alone(data: bytes) -> None:
    """Read the claims of a file, and do not check it against its guide."""
    with without_conformance():
        read_837(data, "bench.837")


def split_loop(data: bytes) -> int:
    """Split every segment into its elements with plain Python."""
    return sum(len(segment.split("*")) for segment in data.decode("latin-1").split("~"))


def floor(data: bytes) -> pl.DataFrame:
    """Let Polars cut the bytes at the segment terminator, and do nothing else."""
    return pl.read_csv(io.BytesIO(data), has_header=False, separator="\x01", eol_char="~", quote_char=None,
                       schema={"segment": pl.String}, infer_schema=False)  # fmt: skip


def one_claim_ms(codesets: billing.CodeSets, data: bytes) -> list[float]:
    """Return the milliseconds of one claim through the library, fifty times, sorted."""
    claim = next(iter(billing.validate(data, codesets, received=RECEIVED).accepted))
    times = []
    for _ in range(60):
        start = time.perf_counter()
        billing.validate([claim], codesets, received=RECEIVED)
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times[10:])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="10,000 claims, two rounds")
    options = parser.parse_args()
    claims, rounds = (10_000, QUICK_ROUNDS) if options.quick else (options.claims, ROUNDS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        big, small = make_file(folder, claims), make_file(folder, claims // 10)
        data = big.read_bytes()
        print(
            f"{claims:,} claims, {len(data) / 1e6:.1f} MB, {data.count(b'~'):,} segments; {os.cpu_count()} processors; "
            f"{rounds} rounds\n"
        )
        print_commands(big, small, claims, rounds, folder)
        print_library(data, small.read_bytes(), claims, rounds)


def print_commands(big: Path, small: Path, claims: int, rounds: int, folder: Path) -> None:
    """Measure the whole command against pyx12, and against itself on a tenth of the claims."""
    data = big.read_bytes()
    of_peer, of_big, of_small, walls, peaks = [], [], [], [], []
    for _ in range(rounds):
        pyx12_cpu, pyx12_claims = pyx12_seconds(data, folder)
        of_peer.append(pyx12_cpu / pyx12_claims)
        cpu, wall, peak = end_to_end(big, folder)
        of_big.append(cpu)
        walls.append(wall)
        peaks.append(peak)
        of_small.append(end_to_end(small, folder)[0])
    print(f"validate, end to end, all files written: {statistics.median(of_big):.2f} CPU s, "
          f"{statistics.median(walls):.2f} s wall, {max(peaks):,.0f} MB peak memory (aim: under 1,000)")  # fmt: skip
    print(f"pyx12's validator, a cut of {pyx12_claims:,} claims: {statistics.median(of_peer) * pyx12_claims:.2f} CPU s")
    print(f"end to end against pyx12, claims per CPU second: {ratio(of_peer, [cpu / claims for cpu in of_big])} times "
          "(aim: 100)")  # fmt: skip
    print(f"{claims // 10:,} -> {claims:,} claims: {ratio(of_big, of_small)} times the CPU for 10 times the claims\n")


def print_library(data: bytes, few: bytes, claims: int, rounds: int) -> None:
    """Measure the parts, in one process: reading, rules, and one claim."""
    codesets = billing.load_codesets(programs=["ks-chw"])
    every = billing.load_codesets(programs=[each.id for each in list_programs() if each.status != "incomplete"])
    batch, references = read_837(data, "bench.837"), read_references()
    parts = in_turns(
        {
            "reading, conformance checked": lambda: read_837(data, "bench.837"),
            "reading alone": lambda: read_alone(data),
            "floor: Polars splits the bytes": lambda: floor(data),
            "rules alone, one program": lambda: judge(batch, codesets, references, received=RECEIVED),
            "rules alone, all programs": lambda: judge(batch, every, references, received=RECEIVED),
            "plain Python split loop": lambda: split_loop(data),
        },
        rounds,
    )
    print(f"{'in one process':<36}{'CPU s':>9}{'claims / CPU s':>17}")
    for what, seconds in parts.items():
        middle = statistics.median(seconds)
        print(f"{what:<36}{middle:>9.2f}{claims / middle:>17,.0f}")
    conforming, reading, lowest, of_one, of_all, _ = parts.values()
    check = [both - alone for both, alone in zip(conforming, reading, strict=True)]
    print(f"\nreading against the floor: {ratio(reading, lowest)} times its CPU (aim: at most 12)")
    print(f"conformance to the guide against reading: {ratio(check, reading)} (aim: at most 1)")
    print(f"conformance to the guide: {claims / statistics.median(check):,.0f} claims / CPU s")
    print(f"rules with all {len(every.programs)} programs against one: {ratio(of_all, of_one)} (aim: under 1.15)")
    for what, loaded in (("", codesets), (f", {len(every.programs)} programs loaded", every)):
        times = one_claim_ms(loaded, few)
        print(f"one claim through the library{what}: {statistics.median(times):.1f} ms median, {times[0]:.1f} to "
              f"{times[-1]:.1f} (aim: under 25)")  # fmt: skip
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this benchmark itself: {own:,.0f} MB")


if __name__ == "__main__":
    main()
