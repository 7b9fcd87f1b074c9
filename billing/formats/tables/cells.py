"""From a sheet to the texts of our columns, by a column map: headers found, cells split, joined and translated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from billing.errors import ColumnMapError, nearest_name
from billing.formats.tables.column_map import ColumnMap, Joined, Reading
from billing.formats.tables.fields import LISTS
from billing.formats.tables.map_file import USUAL_SPLITS
from billing.formats.tables.readings import Issue, held, matches, noted
from billing.formats.tables.sheet import WRITTEN, Notice, Sheet, header_key, letters

NOT_FILLED = ("charge", "claim_charge", "units")
"""Fields that merged cells give once: an amount over three rows is not three times that amount."""

_SHAPES = {
    "place_of_service": (r"^[0-9]{1,2}(?:\.0+)?$", "places_not_translated", "a place of service, such as 11"),
    "procedure_code": (
        r"^(?:[A-Za-z][0-9]{4}|[0-9]{4}[A-Za-z0-9])(?:[^A-Za-z0-9]|$)",
        "services_not_translated",
        "a procedure code, such as H0038",
    ),
}


@dataclass(slots=True)
class Cells:
    """The texts of our columns, one row per row of the sheet.

    Attributes:
        texts: `row`, and per field a String column; `modifiers`, `modifiers.1` where several columns give a list.
        origins: Column of `texts` to the columns of the sheet it comes from, from 0.
        readings: Column of `texts` to how it is written.
        issues: What is to be said of cells: column of `texts`, and the issue over all rows of the sheet.
        notices: What is to be said of the file.
        filled: Cells that merged cells gave a value: row and column, and the row it stands in, from 0 below the header.
    """

    texts: pl.DataFrame
    origins: dict[str, tuple[int, ...]] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    issues: list[tuple[str, Issue]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    filled: list[tuple[int, int, int]] = field(default_factory=list)

    def parts(self, name: str) -> list[str]:
        """Return the columns of `texts` that give a field."""
        return [column for column in self.origins if column.partition(".")[0] == name]


def cells_of(sheet: Sheet, column_map: ColumnMap, map_name: str) -> Cells:
    """Take the texts of our columns out of a sheet.

    Raises:
        ColumnMapError: The map names a column that the sheet does not have.
    """
    cells = Cells(sheet.texts.select("row"))
    numbers = {header_key(header): number for number, header in enumerate(sheet.headers) if header}
    used: set[int] = set()
    for columns, reading in _readings(column_map):
        origin = tuple(_number(header, numbers, sheet, map_name) for header in columns)
        used.update(origin)
        texts = _translated(_joined(sheet, origin, reading), reading.values)
        for name in [name for name in reading.to if name in _SHAPES]:
            texts = _coded(cells, name, texts, reading)
        for named in _parts(texts, reading):
            _add(cells, sheet, named, origin, reading)
    ignored = {header_key(header) for header in (*column_map.ignore, *WRITTEN)}
    cells.notices += _not_used(sheet, used, ignored)
    return cells


def _readings(column_map: ColumnMap) -> Iterator[tuple[tuple[str, ...], Reading]]:
    for header, reading in column_map.columns.items():
        yield (header,), reading
    for joined in column_map.join:
        yield joined.columns, joined


def _number(header: str, numbers: Mapping[str, int], sheet: Sheet, map_name: str) -> int:
    found = numbers.get(header_key(header))
    if found is not None:
        return found
    named = [given for given in sheet.headers if given.replace("_", "").replace(" ", "").isalpha()]
    near = nearest_name(header, named)
    row = f"header_row: {sheet.header_row}"
    hint = f"did you mean '{near}'?" if near else f"compare the map with the headers, and {row} with their row"
    raise ColumnMapError(f"{sheet.name}: no column has the header '{header}', which {map_name} names\n  fix: {hint}")


def _joined(sheet: Sheet, origin: tuple[int, ...], reading: Reading) -> pl.Series:
    if len(origin) == 1:
        return sheet.texts.get_column(str(origin[0]))
    between = reading.with_ if isinstance(reading, Joined) else " "
    names = [str(number) for number in origin]
    joined = pl.concat_str(names, separator=between, ignore_nulls=True)
    return sheet.texts.select(pl.when(joined != "").then(joined)).to_series()


def _parts(texts: pl.Series, reading: Reading) -> Iterator[tuple[str, pl.Series]]:
    """Split cells into the fields they hold; the last takes what is left."""
    if len(reading.to) == 1:
        yield reading.to[0], texts
        return
    split = reading.split
    usual = USUAL_SPLITS.get(reading.to, "")
    rest = texts
    for name in reading.to[:-1]:
        part, rest = _cut(rest, split, usual)
        yield name, part
    yield reading.to[-1], rest


def _cut(texts: pl.Series, split: str | None, usual: str) -> tuple[pl.Series, pl.Series]:
    """Cut texts at the first separator: what stands before it, and behind it (null where there is none)."""
    marked = texts.str.replace(usual if split is None else split, "\x1f", literal=split is not None)
    halves = marked.str.splitn("\x1f", 2)
    before, behind = (halves.struct.field(f"field_{number}").str.strip_chars() for number in (0, 1))
    return _empty_is_null(before), _empty_is_null(behind)


def _empty_is_null(texts: pl.Series) -> pl.Series:
    return texts.set((texts == "").fill_null(value=False), None)


def _translated(texts: pl.Series, values: Mapping[str, str]) -> pl.Series:
    if not values:
        return texts
    known = {header_key(said): meant for said, meant in values.items()}
    keys = texts.str.replace_all(r"\s+", " ").str.to_lowercase()
    return keys.replace_strict(known, default=None, return_dtype=pl.String).fill_null(texts)


def _add(cells: Cells, sheet: Sheet, named: tuple[str, pl.Series], origin: tuple[int, ...], reading: Reading) -> None:
    name, texts = named
    column = name
    while column in cells.origins:  # another column of a list
        column = f"{name}.{len(cells.parts(name))}"
    if name not in NOT_FILLED:
        texts = _with_merges(cells, sheet, column, texts, origin)
    missing = [row for row, number in sheet.uncalculated if number in origin]
    if missing:
        issue = held(sheet.texts.get_column("row").is_in(missing) & texts.is_null(), "formulas_without_a_value",
                     "holds a formula whose value the workbook does not hold",
                     "Open the workbook in your spreadsheet program, save it, and check it again.")  # fmt: skip
        cells.issues += [(column, each) for each in issue]
    cells.texts = cells.texts.with_columns(texts.alias(column))
    cells.origins[column], cells.readings[column] = origin, reading


def _with_merges(cells: Cells, sheet: Sheet, column: str, texts: pl.Series, origin: tuple[int, ...]) -> pl.Series:
    """Give every row of merged cells the value that they show."""
    first = sheet.header_row + 1
    filled = [False] * len(texts)
    for merge in sheet.merges:
        top = merge.first_row - first
        if origin[0] + 1 != merge.first_column or not 0 <= top < len(texts) or merge.first_row == merge.last_row:
            continue
        below = range(top + 1, min(merge.last_row - first + 1, len(texts)))
        for place in below:
            filled[place] = True
        cells.filled += [(place, origin[0], top) for place in below]
        texts = texts.scatter(below, texts[top])
    issue = noted(pl.Series(filled, dtype=pl.Boolean), "merged_cells_read_for_each_row",
                  "belongs to merged cells; their value was read for each of their rows",
                  "Give each row its own value; merged cells cannot be sorted or filtered.")  # fmt: skip
    cells.issues += [(column, each) for each in issue]
    return texts


def _coded(cells: Cells, name: str, texts: pl.Series, reading: Reading) -> pl.Series:
    """Hold the words that stand where a code belongs and that the map does not translate."""
    pattern, cause, example = _SHAPES[name]
    if name == "procedure_code" and not reading.values:
        return texts  # a mistyped code is the rules' business
    is_word = texts.is_not_null() & ~matches(texts, pattern) & ~texts.str.starts_with("#").fill_null(value=False)
    remedy = f'Write {example}, or add the word to the map under `values:`, `{{"Office": "11"}}`.'
    if name == "procedure_code":
        remedy = f'Write {example}, or add the word to the map under `values:`, `{{"Peer support": "H0038 HF"}}`.'
    words = held(is_word, cause, "holds words that the map does not translate", remedy)
    cells.issues += [(name, each) for each in words]
    return texts.set(is_word, None)


def _not_used(sheet: Sheet, used: set[int], ignored: set[str]) -> Iterator[Notice]:
    """Name the columns that hold something and that the map does not mention."""
    left = [
        number
        for number, header in enumerate(sheet.headers)
        if number not in used
        and header_key(header) not in ignored
        and sheet.texts.get_column(str(number)).null_count() < len(sheet.texts)
    ]
    if left:
        words = f"columns that the map does not mention: {', '.join(_called(sheet, left))}"
        remedy = "Map them, or list them under `ignore:`; nothing of them was checked."
        yield Notice("columns_not_used", words, remedy)


def _called(sheet: Sheet, numbers: Iterable[int]) -> list[str]:
    return [sheet.headers[number] or letters(number) for number in numbers]


def is_list(column: str) -> bool:
    """Tell whether a column of `texts` gives a list."""
    return column.partition(".")[0] in LISTS
