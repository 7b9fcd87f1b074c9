"""Lines for standard output, in colour or plain."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console as Rich

from billing.reports.console import Line, Plain, terminal

ROOT = Path(__file__).resolve().parents[2]
LINE = Line("\n  ", ("✗ ", "red"), "three ", ("claims", "bold"))


def test_a_line_is_its_parts_without_their_styles() -> None:
    assert str(LINE) == "\n  ✗ three claims"
    assert str(Line("all", style="bold")) == "all"


def test_a_terminal_shows_the_styles() -> None:
    shown = io.StringIO()
    console = Rich(file=shown, force_terminal=True, color_system="standard", legacy_windows=False)
    console.print(LINE, soft_wrap=True)
    console.print(Line("all", style="bold"))
    assert shown.getvalue() == "\n  \x1b[31m✗ \x1b[0mthree \x1b[1mclaims\x1b[0m\n\x1b[1mall\x1b[0m\n"


def test_what_is_no_terminal_gets_the_same_words(capsys: pytest.CaptureFixture[str]) -> None:
    console = terminal()
    assert isinstance(console, Plain)
    console.print(LINE, soft_wrap=True)
    console.print()
    console.print("[bold]as it is[/] " + "x" * 200)
    assert capsys.readouterr().out == "\n  ✗ three claims\n\n[bold]as it is[/] " + "x" * 200 + "\n"


@pytest.mark.parametrize("name", ["FORCE_COLOR", "TTY_COMPATIBLE"])
def test_colour_can_be_asked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    assert isinstance(terminal(), Rich)


def test_a_run_whose_output_is_no_terminal_loads_no_library_for_colours(tmp_path: Path) -> None:
    sample = ROOT / "claims_samples" / "ks_chw.837"
    arguments = ["cleanclaim", "validate", str(sample), "--program", "ks-chw", "--out", str(tmp_path / "out")]
    script = (
        f"import sys; sys.argv = {arguments!r}\nfrom billing.cli import main\ntry: main()\nexcept SystemExit: pass\n"
        "sys.stderr.write('rich' if 'rich' in sys.modules else '')"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "What to do first" in done.stdout
    assert (tmp_path / "out" / "report.html").is_file()
