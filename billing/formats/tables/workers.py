"""Who gave a service: the log's name of a worker, and the NPI and taxonomy that the map gives for it."""

from __future__ import annotations

import polars as pl

from billing.formats.tables.column_map import ColumnMap
from billing.formats.tables.readings import Issue, held
from billing.formats.tables.sheet import header_key

_NPI = r"^[12][0-9]{9}$"
_PARTS = ("npi", "taxonomy", "name")


def with_workers(rows: pl.DataFrame, column_map: ColumnMap) -> tuple[pl.DataFrame, list[Issue]]:
    """Put what the map says of workers into the rows.

    `worker` becomes the NPI where it is known. The worker is the rendering provider too, unless the log or the map
    says who renders.

    Args:
        rows: One row per visit; `worker` as the log names them.
        column_map: The map.

    Returns:
        The rows, and what is to be said of cells of `worker`.
    """
    if "worker" not in rows.columns:
        return rows, []
    said = rows.get_column("worker")
    table = pl.DataFrame(
        [(header_key(name), *_known(about, column_map)) for name, about in column_map.workers.items()],
        schema={"key": pl.String, "npi": pl.String, "taxonomy": pl.String, "name": pl.String},
        orient="row",
    )
    keys = said.str.replace_all(r"\s+", " ").str.to_lowercase()
    known = keys.to_frame("key").join(table.unique("key", keep="first"), on="key", how="left", maintain_order="left")
    is_npi = said.str.contains(_NPI).fill_null(value=False)
    npi = known.get_column("npi").fill_null(said.set(~is_npi, None))
    known = known.with_columns(npi.alias("npi"))
    issues: list[Issue] = []
    if column_map.workers:
        strangers = said.is_not_null() & ~keys.is_in(table.get_column("key")) & ~is_npi
        issues = held(strangers, "workers_the_map_does_not_know", "names a worker that the map does not know",
                      "Add the name to the map under `workers:`, with the NPI.")  # fmt: skip
    if "rendering_npi" in rows.columns:
        return rows.with_columns(worker=npi.fill_null(said)), issues
    rows = rows.with_columns(worker=npi.fill_null(said))
    for part in _PARTS:
        name = f"rendering_{part}"
        own = rows.get_column(name) if name in rows.columns else pl.repeat(None, len(rows), dtype=pl.String, eager=True)
        rows = rows.with_columns(own.fill_null(known.get_column(part)).alias(name))
    return rows, issues


def _known(about: object, column_map: ColumnMap) -> tuple[str | None, str | None, str | None]:
    npi, kind, taxonomy, name = (getattr(about, part) for part in ("npi", "type", "taxonomy", "name"))
    defaults = column_map.worker_types.get(kind)
    return npi, taxonomy or (defaults.taxonomy if defaults else None), name
