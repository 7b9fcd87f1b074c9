"""The formats that claims are written in: one function each, `write_<format>(batch, settings) -> bytes`.

A format is one entry of `WRITERS`. Its module is loaded when claims are written in it. What it cannot carry it says
itself, in `<lost>(batch, settings)`, so that nothing is left out silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath
from typing import Any

import polars as pl

from billing.batch import Batch
from billing.errors import UsageError, did_you_mean
from billing.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that a format has no place for.

    Attributes:
        what: The column, or what else it is.
        claims: In how many claims it has a value.
        why: In words; empty: the format has no place for it.
    """

    what: str
    claims: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Writer:
    """One format.

    Attributes:
        name: As `--to` takes it.
        called: As it is spoken of.
        module: Its module.
        function: `(batch, settings) -> bytes`.
        endings: Of file names that mean it.
        needs_settings: True when it cannot be written without a settings file.
        lost: Module and function `(batch, settings) -> list of Lost`; null: it carries every column.
    """

    name: str
    called: str
    module: str
    function: str
    endings: tuple[str, ...]
    needs_settings: bool = False
    lost: tuple[str, str] | None = None


WRITERS = {
    writer.name: writer
    for writer in (
        Writer("837", "an 837P", "billing.formats.x12.new837", "write_837", (".837", ".x12", ".edi"),
               needs_settings=True, lost=("billing.formats.x12.new_lost", "lost_in_837")),
        Writer("jsonl", "claim JSON", "billing.formats.new_jsonl", "write_jsonl", (".jsonl", ".ndjson")),
        Writer("parquet", "Parquet", "billing.formats.new_parquet", "write_parquet", (".parquet", ".pq")),
        Writer("fhir", "FHIR, one claim per line", "billing.formats.fhir.write", "write_fhir", (".fhir",)),
        Writer("fhir-bundle", "a FHIR Bundle", "billing.formats.fhir.write", "write_fhir_bundle", (".json",)),
        Writer("fhir-xml", "a FHIR Bundle in XML", "billing.formats.fhir.write", "write_fhir_xml", (".xml",)),
        Writer("csv", "a CSV table", "billing.formats.tables.new_table", "write_csv", (".csv",),
               lost=("billing.formats.tables.new_lost", "lost_in_table")),
        Writer("xlsx", "an Excel workbook", "billing.formats.tables.new_table", "write_xlsx", (".xlsx",),
               lost=("billing.formats.tables.new_lost", "lost_in_table")),
    )
}  # fmt: skip


def writer_of(out: str, to: str | None) -> Writer:
    """Find the format that is meant, by name or by the ending of the file.

    Raises:
        UsageError: There is no such format, or the ending says nothing.
    """
    if to is not None:
        if to not in WRITERS:
            hint = did_you_mean(to, WRITERS) or f"write one of {', '.join(WRITERS)}"
            raise UsageError(f"--to {to}: no format has this name\n  fix: {hint}")
        return WRITERS[to]
    ending = PurePath(out).suffix.lower()
    for writer in WRITERS.values():
        if ending in writer.endings:
            return writer
    known = ", ".join(ending for writer in WRITERS.values() for ending in writer.endings)
    raise UsageError(
        f"{out}: this name does not say which format is meant\n"
        f"  fix: end it in one of {known}, or add --to with one of {', '.join(WRITERS)}"
    )


def write_claims(batch: Batch, writer: Writer, settings: Settings | None, **options: Any) -> bytes:
    """Write the claims of a batch in a format; `options` are its own (`control_number`, `created` for an 837P)."""
    function: Callable[..., bytes] = getattr(import_module(writer.module), writer.function)
    return function(batch, settings, **options)


def lost_claims(batch: Batch, writer: Writer, settings: Settings | None) -> list[Lost]:
    """Say what a format cannot carry of these claims; empty when it carries everything."""
    if writer.lost is None:
        return []
    module, name = writer.lost
    function: Callable[[Batch, Settings | None], list[Lost]] = getattr(import_module(module), name)
    return function(batch, settings)


def lost_columns(batch: Batch, claim_columns: Iterable[str], line_columns: Iterable[str]) -> list[Lost]:
    """Count the claims with a value in columns that a format has no place for; those without any are left out."""
    found = []
    for frame, columns, prefix in ((batch.claims, claim_columns, ""), (batch.lines, line_columns, "lines.")):
        for name in columns:
            claims = frame.filter(_says(name, frame.schema[name])).get_column("claim_key").n_unique()
            if claims:
                found.append(Lost(f"{prefix}{name}", claims))
    return found


def _says(name: str, dtype: Any) -> pl.Expr:  # noqa: ANN401  a type of Polars
    value = pl.col(name)
    return value.list.len() > 0 if isinstance(dtype, pl.List) else value.is_not_null()
