"""Values in a page: each escaped exactly once, one by one and by the column."""

from __future__ import annotations

import ast
from datetime import date
from html import unescape
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import billing.reports
from billing.reports.markup import Html, escape, fill, join
from billing.reports.markup_rows import choose, fill_rows, html_of, joined, where_said

EVIL = "</td><script>alert(1)</script>\" onmouseover='x' & &amp; {0} {evil} %s \\1 $1"
SAFE = (
    "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#34; onmouseover=&#39;x&#39; &amp; &amp;amp; {0} {evil} %s \\1 $1"
)
CELL = '<td title="{title}">{text}</td>'
OUTER = "<tr>{cell}{more}</tr>"
REPORTS = Path(billing.reports.__file__).parent


def test_what_could_end_a_text_or_an_attribute_is_escaped() -> None:
    assert fill(CELL, title=EVIL, text=EVIL) == f'<td title="{SAFE}">{SAFE}</td>'


def test_html_goes_in_as_it_is_and_is_never_escaped_again() -> None:
    cell = fill(CELL, title="a & b", text=1)
    assert fill(OUTER, cell=cell, more=Html("<td>")) == '<tr><td title="a &amp; b">1</td><td></tr>'
    assert escape(escape("<")) == "&lt;"


@pytest.mark.parametrize("text", [Html("<b>") + "<i>", f"{Html('<b>')}<i>", Html("<b>").upper()])
def test_html_that_became_text_again_is_escaped(text: str) -> None:
    assert type(text) is str
    assert "<" not in escape(text)


def test_numbers_and_dates_are_written_as_text() -> None:
    assert fill(CELL, title=1200, text=date(2026, 5, 5)) == '<td title="1200">2026-05-05</td>'


def test_a_name_without_a_value_is_a_bug() -> None:
    with pytest.raises(KeyError, match="text"):
        fill(CELL, title="")
    with pytest.raises(KeyError, match="text"):
        fill_rows(CELL, title=pl.lit(""))


def test_plain_text_cannot_be_joined_to_html() -> None:
    assert join(iter([Html("<b>"), escape("<")])) == "<b>&lt;"
    with pytest.raises(TypeError, match="escape a text, or fill a template with it"):
        join([Html("<b>"), "<i>"])  # type: ignore[list-item]  # the mistake under test


def test_a_column_is_escaped_as_its_values_are() -> None:
    frame = pl.DataFrame({"title": [EVIL, "a", None], "number": [1, None, 3]})
    row = fill_rows(CELL, title=pl.col("title"), text=pl.col("number"))
    assert html_of(frame, row) == f'<td title="{SAFE}">1</td><td title="a"></td><td title="">3</td>'
    assert type(html_of(frame, row)) is Html


def test_a_column_of_html_goes_in_as_it_is() -> None:
    frame = pl.DataFrame({"text": ["<", ">"]})
    cell = fill_rows(CELL, title=pl.lit("'"), text=pl.col("text"))
    row = fill_rows(OUTER, cell=cell, more=choose(pl.col("text"), {"<": Html("<i>"), ">": Html("<b>")}))
    assert html_of(frame, row) == ('<tr><td title="&#39;">&lt;</td><i></tr><tr><td title="&#39;">&gt;</td><b></tr>')


def test_a_value_without_a_piece_of_html_stops_the_page() -> None:
    with pytest.raises(pl.exceptions.InvalidOperationError, match="replace_strict"):
        html_of(pl.DataFrame({"text": ["x"]}), choose(pl.col("text"), {"<": Html("<i>")}))


def test_what_is_not_said_leaves_nothing_or_what_stands_for_it() -> None:
    frame = pl.DataFrame({"text": ["<", "", None], "other": ["", "&", None]})
    filled = fill_rows("<b>{text}</b>", text=pl.col("text"))
    assert html_of(frame, where_said(pl.col("text"), filled)) == "<b>&lt;</b>"
    assert html_of(frame, where_said(pl.col("text"), filled, otherwise=pl.col("other"))) == "<b>&lt;</b>&amp;"


def test_the_rows_of_a_group_are_joined_in_their_order() -> None:
    frame = pl.DataFrame({"group": [1, 2, 1], "text": ["<", "b", "a"]})
    row = joined(fill_rows("{text};", text=pl.col("text")))
    groups = frame.group_by("group", maintain_order=True).agg(html=row.expression)
    assert groups.rows() == [(1, "&lt;;a;"), (2, "b;")]


@given(st.text())
def test_any_text_comes_out_of_the_page_as_it_went_in(text: str) -> None:
    escaped = escape(text)
    assert set(escaped).isdisjoint("<>\"'")
    assert unescape(escaped) == text
    assert html_of(pl.DataFrame({"text": [text]}), fill_rows("{text}", text=pl.col("text"))) == escaped


def test_templates_are_constants_and_only_constants_are_taken_for_html() -> None:
    odd = []
    for module in sorted(REPORTS.glob("*.py")):
        tree = ast.parse(module.read_text("utf-8"))
        constants = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name, first = ast.unparse(call.func), call.args[0] if call.args else None
            is_constant = isinstance(first, ast.Constant) or (isinstance(first, ast.Name) and first.id in constants)
            if name in {"fill", "fill_rows", "Html", "HtmlColumn"} and not is_constant:
                odd.append(f"{module.name}: {ast.unparse(call)}")
    assert [place for place in odd if not place.startswith("markup")] == [
        "html.py: Html((_HERE / name).read_text('utf-8'))",  # the page's own style and script
        "html_claims.py: fill_rows(template, **{name: count})",  # called with two constants of the module
        "html_claims.py: HtmlColumn(pl.col('findings'))",  # `folded` made it
    ]
