"""`guess_map`: a column map for a service log, proposed from the log itself."""

from __future__ import annotations

import csv
import io
import itertools

from billing.errors import InputError
from billing.formats.detect import detect
from billing.formats.tables.csv_file import SEPARATORS, read_csv
from billing.formats.tables.guessing import Guess, guess, header_row_of
from billing.formats.tables.sheet import Sheet
from billing.formats.tables.xlsx_file import first_rows, read_xlsx

_LOOKED_AT = 20  # rows among which the header row is looked for


def guess_map(data: bytes, name: str, *, title: str | None = None) -> Guess:
    """Guess a column map.

    Args:
        data: The whole log.
        name: Its name.
        title: Name of the sheet in a workbook; null: the one that looks most like a log.

    Raises:
        InputError: It is no table, or holds none.
    """
    kind = detect(data, name, has_map=True)
    if kind not in {"csv", "xlsx"}:
        raise InputError(f"{name}: this is {kind}, which needs no column map\n  fix: cleanclaim validate {name}")
    return guess(_csv(data, name) if kind == "csv" else _xlsx(data, name, title))


def _csv(data: bytes, name: str) -> Sheet:
    text = data[: 2**18].decode("utf-8-sig", "replace")
    found = []
    for separator in SEPARATORS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        found.append(header_row_of(list(itertools.islice(reader, _LOOKED_AT))))
    return read_csv(data, name, header_row=max(found, key=_likeness)[0])


def _xlsx(data: bytes, name: str, title: str | None) -> Sheet:
    """Read the named sheet, else the one that looks most like a log."""
    found = {sheet: header_row_of(rows) for sheet, rows in first_rows(data, name, _LOOKED_AT).items() if any(rows)}
    likely = max(found, key=lambda sheet: found[sheet][1], default=None)
    chosen = title if title is not None else likely
    return read_xlsx(data, name, title=chosen, header_row=found.get(chosen or "", (1, 0))[0])


def _likeness(found: tuple[int, int]) -> int:
    return found[1]
