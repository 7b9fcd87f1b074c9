"""Made-up code lists for the rules that look codes up: one edition per call of `an_edition`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from billing.policy.code_lists import COLUMNS, CodeLists, Edition, Holds, Manifest, put_together
from billing.policy.codesets import Fact
from billing.policy.schema import Source

CMS = Source(
    title="A list", publisher="CMS", form="page", dated="2026-07-01", read_on=date(2026, 11, 22), official=True
)


def an_edition(
    holds: Holds, rows: list[tuple[Any, ...]], *, name: str | None = None, edition: str = "2026", first: str | None = None,
    last: str | None = None, official: bool = True, **manifest: Any,
) -> Edition:  # fmt: skip
    """An edition with these rows; `first` and `last` are the days it covers."""
    source = CMS.model_copy(update={"official": official})
    about = Manifest(
        list=name or f"{holds}-list", holds=holds, title=holds.upper(), edition=edition, file="rows.csv",
        effective=first, ended=last, source=source, **manifest,
    )  # fmt: skip
    schema = {column.name: column.dtype for column in COLUMNS[holds]}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    frame = frame.sort(frame.columns[0])
    return Edition(about, 0, f"{edition}.yaml", lambda: frame)


def an_absent_list(holds: Holds) -> Edition:
    """A list of which there is no edition."""
    about = Manifest(list=f"{holds}-list", holds=holds, title=holds.upper(), source=CMS)
    return Edition(about, 0, "none.yaml", pl.DataFrame)


def lists_of(*editions: Edition) -> CodeLists:
    lists, problems = put_together(editions)
    assert problems == []
    return lists


def with_lists(fact: Fact, *editions: Edition) -> Fact:
    """The fact, in a run with these lists."""
    return replace(fact, lists=lists_of(*editions))
