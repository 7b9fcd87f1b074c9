"""Text laid out for a terminal of any width."""

from __future__ import annotations

import os
import sys

import pytest

from billing.cli.layout import labelled, paragraph, width


@pytest.mark.parametrize(("columns", "expected"), [("80", 80), ("20", 40), ("400", 110), ("", 100), ("wide", 100)])
def test_a_text_is_as_wide_as_can_be_read(monkeypatch: pytest.MonkeyPatch, columns: str, expected: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert width() == expected


def test_on_a_terminal_its_own_width_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((66, 24)))
    assert width() == 66


def test_a_paragraph_keeps_addresses_and_names_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    address = "https://example.org/a-very-long-address/that-does-not-fit-on-a-line"
    assert list(paragraph(f"Read it at {address} or ask.", 2, 2)) == ["  Read it at", f"    {address}", "    or ask."]


def test_a_label_stands_beside_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert list(labelled("limits", "At most 4 units per member per day, all together.")) == [
        "  limits     At most 4 units per member",
        "             per day, all together.",
    ]
    assert list(labelled("a long label indeed", "text")) == ["  a long label indeed text"]
    assert list(labelled("nothing", "")) == []
