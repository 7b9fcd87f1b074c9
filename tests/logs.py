"""Small service logs for tests: a map that fits them, CSV text, workbooks."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from billing.batch import Batch
from billing.formats import read

ROOT = Path(__file__).resolve().parents[1]
LOGS = ROOT / "claims_samples" / "service_logs"
HEADERS = ("Client", "ID", "DOS", "Code", "Units", "Charge", "Place")
VISIT = ("Doe, Jane", "00123456789", "5/4/2026", "98960 U7", "2", "46.00", "12")


def column_map(**changes: Any) -> dict[str, Any]:
    """The map of `HEADERS`; `changes` replace its keys."""
    return {
        "dates": "month-day-year",
        "claims": {"by": "member", "per": "day"},
        "columns": {
            "Client": ["member_last_name", "member_first_name"],
            "ID": "member_id",
            "DOS": "service_date",
            "Code": ["procedure_code", "modifiers"],
            "Units": "units",
            "Charge": "charge",
            "Place": "place_of_service",
        },
    } | changes


def columns(**changes: Any) -> dict[str, Any]:
    """The columns of the map; a null takes one out."""
    named = column_map()["columns"] | changes
    return {header: target for header, target in named.items() if target is not None}


def visit(**changes: str) -> list[str]:
    """One sound row of `HEADERS`."""
    return list((dict(zip(HEADERS, VISIT, strict=True)) | changes).values())


def csv_text(rows: Sequence[Sequence[str]], headers: Sequence[str] = HEADERS) -> bytes:
    """A CSV of these rows."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([headers, *rows])
    return out.getvalue().encode()


def read_rows(*rows: Sequence[str], map_changes: Mapping[str, Any] | None = None) -> Batch:
    """Read rows of `HEADERS`."""
    return read(csv_text(rows), name="log.csv", column_map=column_map(**(map_changes or {})))


def workbook() -> ModuleType:
    """The generator's writer of workbooks."""
    spec = importlib.util.spec_from_file_location("made_workbook", ROOT / "claims_samples" / "_make" / "workbook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys_modules = __import__("sys").modules
    sys_modules.setdefault("made_workbook", module)
    spec.loader.exec_module(module)
    return module


def said(batch: Batch) -> list[tuple[Any, ...]]:
    """What the reader noticed: row, cause, severity and message."""
    return batch.file_findings.select("position", "cause", "severity", "message").rows()
