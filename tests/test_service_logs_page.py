"""docs/service-logs.md: what it shows is what the commands print, and what it writes into maps is understood."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from billing.cli import main
from billing.formats.tables.column_map import ColumnMap
from billing.formats.tables.fields import FIELDS
from tests.logs import LOGS, ROOT

PAGE = (ROOT / "docs" / "service-logs.md").read_text("utf-8")
SHOWN = re.findall(r"```text\n\$ cleanclaim (.+)\n((?:.*\n)*?)```", PAGE)
SNIPPETS = [
    snippet
    for row in re.findall(r"^\| .* \| (`.*`).* \|$", PAGE, re.MULTILINE)
    for snippet in re.findall(r"`([^`]+: [^`]+)`", row)
]
MENDED = {
    '"46,00"': "46.00", "13/45/2026": "10/3/2026", "9E+10": "00900000008", "#REF!": "2", " at 9, no answer": " at 9; no answer",
    "U7,5,$115.00": "U7,4,$92.00",
}  # fmt: skip


def test_every_command_prints_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("chw_month.csv", "chw_month.map.yaml"):
        shutil.copy(LOGS / name, tmp_path)
    text = (LOGS / "chw_month.csv").read_bytes().decode("cp1252")
    for spoiled, right in MENDED.items():
        assert spoiled in text
        text = text.replace(spoiled, right)
    (tmp_path / "mended.csv").write_bytes(text.encode("cp1252"))
    assert len(SHOWN) == 4
    for command, shown in SHOWN:
        printed = (
            "\n".join(line.rstrip() for line in CliRunner().invoke(main, command.split()).stdout.splitlines()) + "\n"
        )
        first, *others = shown.split("...\n")
        assert printed.startswith(first), command
        assert all(part in printed for part in others), command
        assert "...\n" in shown or printed == shown, command


def test_every_line_for_a_map_is_understood() -> None:
    assert len(SNIPPETS) >= 15
    for snippet in SNIPPETS:
        if re.match(r"\{|[0-9]", snippet):
            continue
        written = yaml.safe_load(snippet)
        part = {"columns": written} if snippet.startswith('"') else {"columns": {}, **written}
        assert {*ColumnMap.model_validate(part).targets()} <= set(FIELDS), snippet
