"""`cleanclaim demo`: check the sample claims that come with cleanclaim, and show what a result looks like."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from billing.cli.failures import NOTHING, tolerating_closed_output
from billing.errors import OutputExistsError
from billing.samples import sample_folder

FOLDER = "cleanclaim-demo"
SIDECAR = ".expected.json"
SHOWN_IN_FULL = "ks_chw"


@dataclass(frozen=True, slots=True)
class Sample:
    """A claims file of the samples, and what its sidecar says it is to be judged by."""

    path: Path
    programs: tuple[str, ...]
    received: str


@click.command()
def demo() -> int:
    """Check the sample claims and write their reports. Synthetic people only; always exit 0."""
    import billing  # noqa: PLC0415 loaded when the command runs, so that --help is fast
    from billing.reports.console import terminal  # noqa: PLC0415 likewise
    from billing.reports.terminal import print_summary  # noqa: PLC0415 likewise

    found = list(samples())
    out = demo_folder()
    console = terminal()
    with tolerating_closed_output():
        console.print(
            "cleanclaim checks claims before they are sent. These samples are made up; nobody in them exists.\n"
        )
        width = max(len(sample.path.name) for sample in found)
        full = None
        for sample in found:
            codesets = billing.load_codesets(programs=list(sample.programs))
            result = billing.validate(sample.path, codesets, received=sample.received)
            folder = result.write(out / sample.path.stem, overwrite=True)
            counts = "  ".join(
                f"{result.summary[key]:>3} {key}" for key in ("accepted", "review", "rejected", "unreadable")
            )
            console.print(f"  {sample.path.name:<{width}}  {counts}")
            if sample.path.stem == SHOWN_IN_FULL or full is None:
                full = (result, folder)
        if full is not None:
            console.print()
            print_summary(full[0], console, full[1])
        console.print(f"\nAll results of the demo: {out}")
        console.print(f"Next, your own file: {command_name()} validate YOUR-FILE.837 --state KS --out results")
    return NOTHING


def samples() -> Iterator[Sample]:
    """Yield the samples that have a sidecar, in order of name."""
    for sidecar in sorted(sample_folder().glob(f"*{SIDECAR}")):
        expected = json.loads(sidecar.read_text("utf-8"))
        yield Sample(sidecar.parent / expected["input"], tuple(expected["programs"]), expected["received"])


def demo_folder() -> Path:
    """Return where the demo writes: beside the caller, or a temporary folder where that is not possible."""
    here = Path.cwd() / FOLDER
    may_write = os.access(here.parent, os.W_OK) and (not here.exists() or (here.is_dir() and not _is_foreign(here)))
    return here if may_write else Path(tempfile.mkdtemp(prefix=f"{FOLDER}-"))


def command_name() -> str:
    """Return what to type: `cleanclaim` where the shell finds it, else the path it was started by."""
    started_by = Path(sys.argv[0])
    is_found = shutil.which("cleanclaim") is not None or started_by.stem != "cleanclaim"
    return "cleanclaim" if is_found else str(started_by)


def _is_foreign(folder: Path) -> bool:
    """True when the folder holds anything that a demo did not write there, or that was changed since."""
    from billing.folders import check_folder  # noqa: PLC0415 with the work, not with --help

    try:
        for path in folder.iterdir():
            check_folder(path, overwrite=True)
    except OutputExistsError:
        return True
    return False
