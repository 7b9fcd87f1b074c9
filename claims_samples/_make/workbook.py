"""A workbook of plain cells, written without compression so that the same cells give the same bytes everywhere."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from xml.sax.saxutils import escape

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 a workbook knows no zone
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{NAMESPACE}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="h:mm\\ AM/PM"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf/><xf numFmtId="14" applyNumberFormat="1"/>'
    '<xf numFmtId="164" applyNumberFormat="1"/></cellXfs>'
    "</styleSheet>"
)


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula with the value it last had; null: it was never worked out."""

    text: str
    value: float | None


Cell = str | int | float | date | time | Formula | None


def write(sheets: dict[str, Sequence[Sequence[Cell]]], merges: Sequence[str] = ()) -> bytes:
    """Return a workbook of these sheets; `merges` (`A4:A5`) are merged cells of the first."""
    numbers = range(1, len(sheets) + 1)
    parts = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + _type("workbook", "sheet.main")
        + _type("styles", "styles")
        + "".join(_type(f"worksheets/sheet{number}", "worksheet") for number in numbers)
        + "</Types>",
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{NAMESPACE}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(
            f'<sheet name="{escape(title)}" sheetId="{number}" r:id="rId{number}"/>'
            for number, title in zip(numbers, sheets, strict=True)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            [*(("worksheet", f"worksheets/sheet{number}.xml") for number in numbers), ("styles", "styles.xml")]
        ),
        "xl/styles.xml": _STYLES,
    }
    for number, rows in zip(numbers, sheets.values(), strict=True):
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(rows, merges if number == 1 else ())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode())
    return out.getvalue()


def _type(part: str, kind: str) -> str:
    content = f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"
    return f'<Override PartName="/xl/{part}.xml" ContentType="{content}"/>'


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _sheet(rows: Sequence[Sequence[Cell]], merges: Sequence[str]) -> str:
    body = "".join(
        f'<row r="{number}">{"".join(_cells(number, row))}</row>'
        for number, row in enumerate(rows, 1)
        if any_filled(row)
    )
    merged = "".join(f'<mergeCell ref="{merge}"/>' for merge in merges)
    merged = f'<mergeCells count="{len(merges)}">{merged}</mergeCells>' if merges else ""
    return f'{_HEAD}<worksheet xmlns="{NAMESPACE}"><sheetData>{body}</sheetData>{merged}</worksheet>'


def any_filled(row: Sequence[Cell]) -> bool:
    """Tell whether a row holds anything."""
    return any(cell is not None for cell in row)


def _cells(number: int, row: Sequence[Cell]) -> Iterator[str]:
    for at, cell in enumerate(row):
        if cell is not None:
            yield _cell(f"{chr(ord('A') + at)}{number}", cell)


def _cell(place: str, cell: Cell) -> str:
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    if isinstance(cell, Formula):
        value = "" if cell.value is None else f"<v>{cell.value}</v>"
        return f'<c r="{place}"><f>{escape(cell.text)}</f>{value}</c>'
    if isinstance(cell, time):
        return f'<c r="{place}" s="2"><v>{(cell.hour * 60 + cell.minute) / 1440}</v></c>'
    if isinstance(cell, date):
        days = (datetime.combine(cell, time()) - _DAY_ZERO).days
        return f'<c r="{place}" s="1"><v>{days}</v></c>'
    return f'<c r="{place}"><v>{cell}</v></c>'
