"""What a table does not give back: found by reading it, so that nothing is lost without being named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from billing.batch import Batch
from billing.formats.tables.constants import USUAL
from billing.formats.tables.fields import FIELDS
from billing.formats.tables.new_cells import cells_of_claims
from billing.formats.tables.new_table import TITLE, sheet_of
from billing.formats.tables.new_values import OWN, values_of
from billing.formats.tables.reading import read_log
from billing.formats.tables.sheet import cleaned
from billing.formats.writers import Lost, lost_columns
from billing.settings.model import Settings

_OTHERWISE = (
    "a cell is read without line breaks and blanks at its ends, its codes in capitals and without dots; "
    "zeros that seem to lack are put back, or the id is doubted"
)
_UNREAD = "a text that could not be read comes back otherwise, and its claim is held all the same"
_OWN = "each row says what holds for its line; what the claim says for itself, beside that, has no place"
_BACK = "back "


def lost_in_table(batch: Batch, settings: Settings | None) -> list[Lost]:  # noqa: ARG001  the same under all settings
    """Say what a table has no place for or gives back otherwise: columns, with the number of claims."""
    back, rows = _read_back(batch)
    rows = rows.filter(~pl.col("is_missing").any().over("claim_key"))
    found = [
        *lost_columns(batch, ["other_payers"], []),
        *_whole_claims(batch, rows),
        *_values(rows),
        *_own_values(rows),
        *_unread_texts(batch, back, rows),
    ]
    return [each for each in found if each.claims]


def _read_back(batch: Batch) -> tuple[Batch, pl.DataFrame]:
    """Read what would be written.

    Returns:
        The claims that come back; and one row per line of the batch, with its values, those that come back (`back `
        before their names), and `is_missing`: it does not come back.
    """
    sheet = sheet_of(cells_of_claims(batch))
    sheet = replace(sheet, texts=cleaned(sheet.texts))
    back = read_log(lambda *_: sheet, b"", TITLE, None, (0, 0))
    came = values_of(back).join(back.lines.select("line_key", row="position"), on="line_key", maintain_order="left")
    came = came.rename({name: f"{_BACK}{name}" for name in came.columns if name != "row"})
    rows = values_of(batch).with_row_index("row", 2)
    rows = rows.join(came, on="row", how="left", maintain_order="left")
    return back, rows.with_columns(is_missing=pl.col(f"{_BACK}line_key").is_null())


def _whole_claims(batch: Batch, rows: pl.DataFrame) -> Iterator[Lost]:
    """Count claims that do not come back, and those that come back as one with another."""
    without = batch.claims.join(batch.lines, on="claim_key", how="anti")
    yield Lost("claims", len(without), "a table has one row per service line, and they have none")
    gone = batch.claims.join(rows, on="claim_key", how="anti").join(without, on="claim_key", how="anti")
    yield Lost("claims", len(gone), "their id is empty, or a row reads like no visit (a total, the header again)")
    pairs = rows.select("claim_key", f"{_BACK}claim_key").unique()
    together = pairs.filter(pl.len().over(f"{_BACK}claim_key") > 1)
    words = "rows of one claim id, member, payer and biller are read as one claim"
    yield Lost("claim_id", together.get_column("claim_key").n_unique(), words)


def _values(rows: pl.DataFrame) -> Iterator[Lost]:
    for name, field in FIELDS.items():
        given, came = rows.get_column(name), rows.get_column(f"{_BACK}{name}")
        differs = given.ne_missing(came)
        if not differs.any():
            continue
        is_usual = differs & given.is_null() if name in USUAL else pl.repeat(value=False, n=len(rows), eager=True)
        called = f"lines.{name}" if field.of_line and not field.both else name
        yield _counted(called, rows.filter(is_usual), f"a row without one is read as {USUAL.get(name)}")
        yield _counted(called, rows.filter(differs & ~is_usual), _OTHERWISE)


def _own_values(rows: pl.DataFrame) -> Iterator[Lost]:
    """Count claims whose own value comes back on none of their lines; a place, which rules ask for, as another one."""
    for name in [name for name, field in FIELDS.items() if field.both]:
        own = pl.col(f"{OWN}{name}")
        is_nowhere = own.ne_missing(pl.col(name)).all().over("claim_key")
        is_other = own.ne_missing(pl.col(f"{_BACK}{OWN}{name}"))
        changed = rows.filter(own.is_not_null() & (is_other if name == "place_of_service" else is_nowhere))
        yield _counted(name, changed, _OWN)


def _unread_texts(batch: Batch, back: Batch, rows: pl.DataFrame) -> Iterator[Lost]:
    """Count claims whose unreadable values come back as another text, as none, or where there was none."""
    keys = rows.select("claim_key", "line_key", f"{_BACK}claim_key", f"{_BACK}line_key")
    of_claims = keys.select(f"{_BACK}claim_key", key="claim_key").unique(f"{_BACK}claim_key", keep="first")
    of_lines = keys.select(f"{_BACK}line_key", number="line_key")
    came = back.malformed.rename({"claim_key": f"{_BACK}claim_key", "line_key": f"{_BACK}line_key"})
    came = came.join(of_claims, on=f"{_BACK}claim_key", maintain_order="left")
    came = came.join(of_lines, on=f"{_BACK}line_key", how="left", maintain_order="left")
    came = came.select("column", "text", claim_key="key", line_key="number")
    given = batch.malformed.join(keys, on="claim_key", how="semi").select(came.columns)
    both = [
        one.join(other, on=came.columns, how="anti", nulls_equal=True) for one, other in ((given, came), (came, given))
    ]
    differing = pl.concat(both)
    for name in differing.get_column("column").unique().sort():
        of_line = name in FIELDS and FIELDS[name].of_line
        yield _counted(f"lines.{name}" if of_line else name, differing.filter(pl.col("column") == name), _UNREAD)


def _counted(what: str, rows: pl.DataFrame, why: str) -> Lost:
    return Lost(what, rows.get_column("claim_key").n_unique(), why)
