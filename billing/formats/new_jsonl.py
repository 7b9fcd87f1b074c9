"""Write claims as JSON Lines, one claim in braces per line, every column of the frames in its place.

Columns become one nested value that Polars writes as JSON at once; what is null, and objects and lists without
anything in them, is taken out afterwards, because absent and null are the same. A pattern can do that: it begins with
the closing quote of a field's name and its colon, and inside a text every quote has a backslash in front of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from billing.batch import Batch
from billing.claims import CLAIM_COLUMNS, LINE_COLUMNS, OTHER_PAYER, UNITS, Column
from billing.settings.model import Settings

_NOTHING = (
    r',"[a-z_0-9]+":(?:null|\[\])', r'"[a-z_0-9]+":(?:null|\[\]),', r'"[a-z_0-9]+":(?:null|\[\])',
    r',"[a-z_0-9]+":\{\}', r'"[a-z_0-9]+":\{\},',
)  # fmt: skip
"""Fields that say nothing: behind another field, in front of one, alone; then objects that are empty by now."""


def write_jsonl(batch: Batch, settings: Settings | None = None) -> bytes:  # noqa: ARG001  JSON needs none
    """Write the claims of a batch as JSON Lines, in their order.

    Args:
        batch: The claims.
        settings: Passed over: claim JSON says everything itself.

    Returns:
        UTF-8; the same bytes for the same claims.
    """
    lines = _written(batch.lines.sort("claim_key", "line_key"))
    of_lines = lines.group_by("claim_key", maintain_order=True).agg(
        lines=pl.struct(_fields(lines, LINE_COLUMNS, [])) if len(lines) else pl.lit(None)
    )
    claims = _written(batch.claims.sort("claim_key")).join(of_lines, on="claim_key", how="left", maintain_order="left")
    extra = [pl.col("lines")]
    if not batch.malformed.is_empty():
        claims = claims.join(_malformed(batch), on="claim_key", how="left", maintain_order="left")
        extra = [pl.col("malformed"), *extra]
    text = claims.select(text=pl.struct(_fields(claims, CLAIM_COLUMNS, extra)).struct.json_encode()).to_series()
    for pattern in _NOTHING:
        text = text.str.replace_all(pattern, "")
    return "".join(f"{line}\n" for line in text.to_list()).encode()


def _malformed(batch: Batch) -> pl.DataFrame:
    """One row per claim with values that could not be read: these, as the claim JSON lists them."""
    numbers = batch.lines.select("line_key", "line_number")
    values = batch.malformed.join(numbers, on="line_key", how="left", maintain_order="left")
    return values.group_by("claim_key", maintain_order=True).agg(malformed=pl.struct("line_number", "column", "text"))


def _written(frame: pl.DataFrame) -> pl.DataFrame:
    """Give values the form that the claim JSON has: money and units as texts, days and times as ISO writes them."""
    written = []
    for name, dtype in frame.schema.items():
        value = pl.col(name)
        if dtype.is_decimal():
            written.append(_units(value) if dtype == UNITS else value.cast(pl.String))
        elif dtype == pl.Date:
            written.append(value.cast(pl.String))
        elif dtype == pl.Time:
            short = value.dt.second() == 0
            written.append(pl.when(short).then(value.dt.strftime("%H:%M")).otherwise(value.dt.strftime("%H:%M:%S")))
        elif dtype == pl.List(OTHER_PAYER):
            item = pl.element()
            fields = [item.struct.field(field.name).cast(pl.String) for field in OTHER_PAYER.fields]
            written.append(value.list.eval(pl.struct(fields)))
    return frame.with_columns(written)


def _units(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")


def _fields(frame: pl.DataFrame, columns: Iterable[Column], extra: Iterable[pl.Expr]) -> list[pl.Expr]:
    """Put columns under their places in the claim JSON, `payer.id`; one without any value in the frame is left out."""
    nested: dict[str, list[pl.Expr]] = {}
    for column in columns:
        if not column.path or frame.get_column(column.name).null_count() == len(frame):
            continue
        first, _, rest = column.path.partition(".")
        nested.setdefault(first, []).append(pl.col(column.name).alias(rest or first))
    placed = [
        fields[0] if fields[0].meta.output_name() == name else pl.struct(fields).alias(name)
        for name, fields in nested.items()
    ]
    return [*placed, *extra]
