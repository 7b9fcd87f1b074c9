"""What reference files say of a program holds for its overlays too.

A file names the state's program (`ks-chw`); a plan's overlay on it is a program of its own in the run. Its lines are
compared with the rows of its bases as with its own.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from billing.policy.codesets import CodeSets
from billing.reference_columns import REFERENCE_COLUMNS
from billing.references import References

_FILES = tuple(
    name
    for name, columns in REFERENCE_COLUMNS.items()
    if name != "history" and any(column.name == "program" for column in columns)
)
"""Files whose rows may name a program. A line of the history belongs to one program only (`billing/windows.py`)."""


def bases_of(codesets: CodeSets) -> dict[str, list[str]]:
    """Return each program that selected overlays go on top of, with the ids of these."""
    overlays: dict[str, list[str]] = {}
    for program in codesets.programs:
        for base in program.bases:
            overlays.setdefault(base, []).append(program.id)
    return overlays


def for_overlays(references: References, codesets: CodeSets) -> References:
    """Repeat the rows that name a program for the overlays on it, behind the rows of the file."""
    overlays = bases_of(codesets)
    if not overlays:
        return references
    program = pl.DataFrame(
        [(base, overlay) for base in sorted(overlays) for overlay in overlays[base]],
        schema={"program": pl.String, "overlay": pl.String},
        orient="row",
    )
    files = {}
    for name in _FILES:
        rows = getattr(references, name)
        if rows is not None:
            more = rows.join(program, on="program", how="inner", maintain_order="left_right")
            more = more.with_columns(program="overlay").select(rows.columns)
            files[name] = pl.concat([rows, more])
    return replace(references, **files)
