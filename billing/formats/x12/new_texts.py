"""Texts as X12 carries them: no blanks at their ends, none empty, and plain letters where settings want them."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from billing.claims import OTHER_PAYER
from billing.settings.model import Settings


def without_blanks(frame: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Take blanks off the ends of texts, and accents off letters where the settings say so; an empty text is null."""
    clean = _plain_letters if settings.interchange.accents == "plain" else _stripped
    changed = []
    for name, dtype in frame.schema.items():
        if frame.get_column(name).null_count() == len(frame):
            continue
        if dtype == pl.String:
            changed.append(_empty_is_null(clean(pl.col(name))).alias(name))
        elif isinstance(dtype, pl.Struct):
            fields = [_cleaned_field(pl.col(name).struct.field(part.name), part, clean) for part in dtype.fields]
            changed.append(pl.when(pl.col(name).is_not_null()).then(pl.struct(fields)).alias(name))
        elif dtype == pl.List(pl.String):
            changed.append(pl.col(name).list.eval(clean(pl.element())))
        elif dtype == pl.List(OTHER_PAYER) and frame.select(pl.col(name).list.len().any()).item():
            fields = [_cleaned_field(pl.element().struct.field(part.name), part, clean) for part in OTHER_PAYER.fields]
            changed.append(pl.col(name).list.eval(pl.struct(fields)))
    return frame.with_columns(changed)


def _cleaned_field(value: pl.Expr, part: pl.Field, clean: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    return _empty_is_null(clean(value)).alias(part.name) if part.dtype == pl.String else value.alias(part.name)


def _stripped(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars()


def _plain_letters(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().str.normalize("NFKD").str.replace_all(r"\p{M}", "")


def _empty_is_null(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)
