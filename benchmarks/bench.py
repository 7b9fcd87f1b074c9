"""How fast is it, and against what? One run prints everything side by side, on one generated file.

    python benchmarks/bench.py [--claims 100000] [--quick]

The file is seeded, so every run measures the same bytes. CPU seconds are user plus system time of all threads;
each in-process figure is the median of five after a warm-up. Ratios within a run are what to quote: machines
differ, and shared ones differ from minute to minute.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import billing  # noqa: E402
from billing.engine import judge  # noqa: E402
from billing.formats.x12.claims837 import read_837  # noqa: E402
from billing.policy.loading import list_programs  # noqa: E402
from billing.references import read_references  # noqa: E402

RECEIVED = date(2026, 11, 22)
PYX12_CLAIMS = 2_000
RUNS, QUICK_RUNS = 5, 2


def cpu_seconds(action: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median CPU seconds of `runs` calls after one that is not counted."""
    action()
    times = []
    for _ in range(runs):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return statistics.median(times)


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

    batch = read_837(data, "cut")
    cut = folder / "cut.837"
    cut.write_bytes(batch.sources[0].subset(batch.claims.get_column("claim_key").head(PYX12_CLAIMS)))
    start = time.process_time()
    with (folder / "cut.999").open("w") as ack:
        pyx12.x12n_document.x12n_document(pyx12.params.params(), str(cut), ack, None)
    return time.process_time() - start, min(PYX12_CLAIMS, len(batch.claims))


def split_loop(data: bytes) -> int:
    """Split every segment into its elements with plain Python."""
    return sum(len(segment.split("*")) for segment in data.decode("latin-1").split("~"))


def floor(data: bytes) -> pl.DataFrame:
    """Let Polars cut the bytes at the segment terminator, and do nothing else."""
    return pl.read_csv(io.BytesIO(data), has_header=False, separator="\x01", eol_char="~", quote_char=None,
                       schema={"segment": pl.String}, infer_schema=False)  # fmt: skip


def one_claim_ms(codesets: billing.CodeSets, data: bytes) -> float:
    """Return the median milliseconds of one claim through the library."""
    claim = next(iter(billing.validate(data, codesets, received=RECEIVED).accepted))
    times = []
    for _ in range(60):
        start = time.perf_counter()
        billing.validate([claim], codesets, received=RECEIVED)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[10:])


def conformance_seconds(data: bytes, runs: int) -> tuple[float, float]:
    """Return the CPU seconds of checking the file against its implementation guide, and of reading it beside that.

    Both are measured in the same calls of the reader, so that a machine that slows down slows both.
    """
    from billing.formats.x12 import conformance  # noqa: PLC0415 - its `check` is replaced by one that is timed

    check, times = conformance.check, []

    def timed(*arguments: Any, **named: Any) -> pl.DataFrame:
        start = time.process_time()
        errors = check(*arguments, **named)
        times.append(time.process_time() - start)
        return errors

    conformance.check = timed
    try:
        read_837(data, "warm-up")
        whole, checks = [], []
        for _ in range(runs):
            times.clear()
            start = time.process_time()
            read_837(data, "timed")
            whole.append(time.process_time() - start)
            checks.append(sum(times))
    finally:
        conformance.check = check
    rest = [each - own for each, own in zip(whole, checks, strict=True)]
    return statistics.median(checks), statistics.median(rest)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="10,000 claims, two runs")
    options = parser.parse_args()
    claims, runs = (10_000, QUICK_RUNS) if options.quick else (options.claims, RUNS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        big, small = make_file(folder, claims), make_file(folder, claims // 10)
        data = big.read_bytes()
        codesets = billing.load_codesets(programs=["ks-chw"])
        print(
            f"{claims:,} claims, {len(data) / 1e6:.1f} MB, {data.count(b'~'):,} segments; {os.cpu_count()} processors\n"
        )
        pyx12_cpu, pyx12_claims = pyx12_seconds(data, folder)
        pyx12_rate = pyx12_claims / pyx12_cpu
        of_big = [end_to_end(big, folder) for _ in range(3 if runs == RUNS else 1)]
        of_small = [end_to_end(small, folder) for _ in range(3 if runs == RUNS else 1)]
        (cpu, wall, peak), (small_cpu, _, _) = (
            tuple(statistics.median(x) for x in zip(*part, strict=True)) for part in (of_big, of_small)
        )
        batch = read_837(data, big.name)
        references = read_references()
        rules = cpu_seconds(lambda: judge(batch, codesets, references, received=RECEIVED), runs)
        every = billing.load_codesets(programs=[each.id for each in list_programs() if each.status != "incomplete"])
        rules_of_all = cpu_seconds(lambda: judge(batch, every, references, received=RECEIVED), runs)
        reading = cpu_seconds(lambda: read_837(data, big.name), runs)
        conformance, rest_of_reading = conformance_seconds(data, runs)
        lowest = cpu_seconds(lambda: floor(data), runs)
        python = cpu_seconds(lambda: split_loop(data), runs)
        rows = [
            ("validate, end to end, all files written", cpu, claims / cpu),
            ("  reading alone", reading, claims / reading),
            ("    of that against the guide", conformance, claims / conformance),
            ("  rules alone", rules, claims / rules),
            (f"pyx12 validator ({pyx12_claims:,} claims of the file)", pyx12_cpu, pyx12_rate),
            ("plain Python split loop", python, claims / python),
            ("floor: Polars splits the bytes", lowest, claims / lowest),
        ]
        print(f"{'':<46}{'CPU s':>9}{'claims / CPU s':>17}{'x pyx12':>9}")
        for what, seconds, rate in rows:
            print(f"{what:<46}{seconds:>9.2f}{rate:>17,.0f}{rate / pyx12_rate:>9,.0f}")
        print(f"\nend to end: {wall:.2f} s wall, {peak:,.0f} MB peak memory (aim: under 1,000)")
        print(f"end to end against pyx12: {claims / cpu / pyx12_rate:,.0f} times (aim: 100)")
        print(f"reading against the floor: {reading / lowest:.1f} times its CPU (aim: at most 12)")
        print(f"checking the guide: {conformance / rest_of_reading:.2f} times the rest of reading (aim: at most 1)")
        print(f"{claims // 10:,} -> {claims:,} claims: {cpu / small_cpu:.1f} times the CPU for 10 times the claims")
        print(
            f"rules with all {len(every.programs)} programs loaded: {rules_of_all / rules:.2f} times those of one "
            "(aim: under 1.15)"
        )
        for what, loaded in (("", codesets), (f", {len(every.programs)} programs loaded", every)):
            middle = one_claim_ms(loaded, small.read_bytes())
            print(f"one claim through the library{what}: {middle:.1f} ms median (aim: under 25)")
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory of this benchmark itself: {own:,.0f} MB")


if __name__ == "__main__":
    main()
