"""`guess_map`: a column map for a service log, proposed from the log itself."""

from __future__ import annotations

import csv
import io

from billing.errors import InputError
from billing.formats.detect import detect
from billing.formats.tables.csv_file import read_csv
from billing.formats.tables.guessing import Guess, guess, header_row_of
from billing.formats.tables.sheet import Sheet
from billing.formats.tables.xlsx_file import first_rows, read_xlsx

_LOOKED_AT = 20  # rows among which the header row is looked for


def guess_map(data: bytes, name: str, *, title: str | None = None) -> Guess:
    """Guess a column map.

    Args:
        data: The whole log.
        name: Its name.
        title: Name of the sheet in a workbook; null: the only one that holds anything.

    Raises:
        InputError: It is no table, or holds none.
    """
    kind = detect(data, name, has_map=True)
    if kind not in {"csv", "xlsx"}:
        raise InputError(f"{name}: this is {kind}, which needs no column map\n  fix: cleanclaim validate {name}")
    return guess(_csv(data, name) if kind == "csv" else _xlsx(data, name, title))


def _csv(data: bytes, name: str) -> Sheet:
    text = data[: 2**18].decode("utf-8-sig", "replace")
    best = 1
    for separator in (",", ";", "\t", "|"):
        rows = [
            row for row, _ in zip(csv.reader(io.StringIO(text), delimiter=separator), range(_LOOKED_AT), strict=False)
        ]
        best = max(best, header_row_of(rows))
    return read_csv(data, name, header_row=best)


def _xlsx(data: bytes, name: str, title: str | None) -> Sheet:
    at = header_row_of(first_rows(data, name, title, _LOOKED_AT))
    return read_xlsx(data, name, title=title, header_row=at)
