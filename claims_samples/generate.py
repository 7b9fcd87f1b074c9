"""Make the sample claims of this folder, or a batch of any size.

    python claims_samples/generate.py
        write every sample again, byte for byte the same

    python claims_samples/generate.py --claims 100000 --seed 1 --program ks-chw --out big.837
        write one batch and, beside it, `big.expected.json`

All people are synthetic. The same options give the same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from _make import batches, fhir, jsonl, logs, x12
from _make.batches import RECEIVED, Made
from _make.features import FEATURES
from _make.profiles import PROFILES
from _make.x12 import Layout

HERE = Path(__file__).resolve().parent
PROGRAM_FILES = {
    "ks-chw": "ks_chw",
    "nj-sud-peer": "nj_sud_peer",
    "nc-pss": "nc_pss",
    "tx-peer-specialist": "tx_peer_specialist",
    "mi-chw": "mi_chw",
    "az-chw": "az_chw",
}
ONE_EACH = Layout(claims_per_set=1)
KS = "ks-chw"


def samples() -> Iterator[tuple[str, bytes, str | None]]:
    """Yield every shipped sample: path under this folder, its bytes, and the text of its sidecar (a map has none)."""
    for program, name in PROGRAM_FILES.items():
        yield _x12(f"{name}.837", batches.with_each_fault(program))
        yield _x12(f"{name}_clean.837", batches.plain(program, 20, seed=2))
    yield from _shapes()
    yield from _logs()


def _logs() -> Iterator[tuple[str, bytes, str | None]]:
    small = batches.plain(KS, 6, seed=3)
    own = "service_logs/ks_chw.csv"
    yield own, logs.with_own_names(small.desk.claims, small.desk.profile), batches.sidecar(small, "ks_chw.csv")
    for log, content, column_map in (logs.chw_month(), logs.peer_week()):
        yield f"service_logs/{log.name}", content, log.sidecar()
        yield f"service_logs/{log.map}", column_map.encode(), None


def _shapes() -> Iterator[tuple[str, bytes, str]]:
    small = batches.plain(KS, 6, seed=3)
    yield _x12("shapes/ks_chw.837", small)
    yield (
        "shapes/ks_chw.jsonl",
        jsonl.write(small.desk.claims, small.desk.profile),
        batches.sidecar(small, "ks_chw.jsonl"),
    )
    faulty = batches.with_each_fault(KS)
    yield (
        "shapes/ks_chw.fhir.json",
        fhir.write(faulty.desk.claims, faulty.desk.profile),
        batches.sidecar(faulty, "ks_chw.fhir.json"),
    )
    yield _x12("shapes/dependents_2000c.837", batches.plain(KS, 8, features=["dependents"]))
    yield _x12("shapes/cob.837", batches.plain(KS, 8, features=["cob"]))
    yield _x12(
        "shapes/ranges_and_line_workers.837", batches.plain(KS, 8, features=["ranges", "line-workers", "repeat-hi"])
    )
    yield _x12("shapes/two_agencies.837", batches.two_agencies(KS, 8))
    yield _x12("shapes/two_interchanges.837", batches.plain(KS, 8), Layout(interchanges=2, claims_per_set=2))
    yield _x12("shapes/one_claim_per_set.837", batches.plain(KS, 4), ONE_EACH)
    yield _x12("shapes/wrapped.837", batches.plain(KS, 4), Layout(wrap=80))
    yield _x12("shapes/one_line.837", batches.plain(KS, 4), Layout(line_end=""))
    yield _x12("shapes/odd_delimiters.837", batches.plain(KS, 4), Layout(delimiters="|>!\x1d", line_end="\r\n"))
    yield _x12("shapes/newline_terminator.837", batches.plain(KS, 4), Layout(delimiters="*:^\n", line_end=""))
    yield _x12("shapes/latin1.837", batches.plain(KS, 4, latin=True), Layout(encoding="latin-1"))
    yield _x12("shapes/bom.837", batches.plain(KS, 4), Layout(bom=True))
    cut = batches.plain(KS, 4)
    cut.notices = ("SE01", "GE01", "IEA")
    yield _x12("shapes/trailer_errors.837", cut, Layout(trailers="wrong"))
    yield _x12("shapes/broken_claims.837", batches.broken())


def _x12(path: str, made: Made, layout: Layout | None = None) -> tuple[str, bytes, str]:
    content = x12.write(made.desk.claims, made.desk.profile, RECEIVED, layout or Layout())
    return path, content, batches.sidecar(made, Path(path).name)


def write_samples(folder: Path = HERE) -> None:
    """Write every shipped sample and its sidecar under a folder."""
    for path, content, expected in samples():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        if expected is not None:
            target.with_name(f"{sidecar_name(target.name)}.expected.json").write_text(expected, "utf-8")


def sidecar_name(name: str) -> str:
    """Return what a sample's sidecar is named by: its stem, or the whole name where an 837 has that stem already."""
    return name.removesuffix(".837")


def main() -> None:
    """Read the command line and write."""
    options = _parser().parse_args()
    if options.out is None:
        write_samples()
        return
    make = batches.plain if options.clean else batches.large
    made = make(options.program, options.claims, options.seed, options.feature, latin=options.latin1)
    layout = Layout(
        delimiters=options.delimiters,
        line_end="" if options.no_newline else "\n",
        claims_per_set=options.claims_per_set,
        interchanges=options.interchanges,
        encoding="latin-1" if options.latin1 else "utf-8",
        bom=options.bom,
        wrap=options.wrap,
        trailers="wrong" if options.trailer_errors else "right",
    )
    if options.trailer_errors:
        made.notices = ("SE01", "GE01", "IEA")
    claims, profile = made.desk.claims, made.desk.profile
    if options.out.suffix == ".jsonl":
        options.out.write_bytes(jsonl.write(claims, profile))
    else:
        options.out.write_bytes(x12.write(claims, profile, RECEIVED, layout))
    options.out.with_suffix(".expected.json").write_text(batches.sidecar(made, options.out.name), "utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Make sample claims: all shipped ones, or with --out one batch.")
    parser.add_argument("--out", type=Path, help="file to write, .837 or .jsonl; without it all samples are rewritten")
    parser.add_argument("--program", choices=sorted(PROFILES), default=KS)
    parser.add_argument("--claims", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clean", action="store_true", help="no faults, one agency")
    parser.add_argument("--feature", action="append", choices=sorted(FEATURES), default=[], help="may be repeated")
    parser.add_argument("--delimiters", default="*:^~", help="element, component, repetition, segment")
    parser.add_argument("--no-newline", action="store_true", help="nothing after a segment terminator")
    parser.add_argument("--claims-per-set", type=int, default=5000, help="claims in one ST; 1 for a set each")
    parser.add_argument("--interchanges", type=int, default=1)
    parser.add_argument("--latin1", action="store_true", help="accented names, written in Latin-1")
    parser.add_argument("--bom", action="store_true")
    parser.add_argument("--wrap", type=int, default=0, help="break into physical lines of this length")
    parser.add_argument("--trailer-errors", action="store_true", help="wrong SE and GE counts, no IEA")
    return parser


if __name__ == "__main__":
    main()
