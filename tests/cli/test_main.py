"""The door: commands, help, version, and how fast it opens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import billing
from billing.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("polars", "pydantic", "rich", "lxml", "yaml")


def test_help_lists_every_command_in_the_order_people_need_them() -> None:
    done = CliRunner().invoke(main, ["--help"], prog_name="cleanclaim")
    assert done.exit_code == 0
    listed = done.stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)


def test_help_loads_no_library_that_it_does_not_need() -> None:
    script = f"import sys; sys.argv = ['cleanclaim', '--help']\nfrom billing.cli import main\ntry: main()\nexcept SystemExit: pass\nsys.stderr.write(' '.join(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "validate" in done.stdout


def test_the_version_is_the_packages() -> None:
    done = CliRunner().invoke(main, ["--version"], prog_name="cleanclaim")
    assert (done.exit_code, done.stdout) == (0, f"cleanclaim {billing.__version__}\n")


@pytest.mark.parametrize(("argument", "near"), [("validat", "Did you mean 'validate'?"), ("frobnicate", "")])
def test_an_unknown_command_ends_with_2(argument: str, near: str) -> None:
    done = CliRunner().invoke(main, [argument], prog_name="cleanclaim")
    assert done.exit_code == 2
    assert f"No such command '{argument}'" in done.stderr
    assert near in done.stderr


def test_a_checkout_has_the_same_door() -> None:
    done = subprocess.run([sys.executable, "cli.py", "--version"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"cleanclaim {billing.__version__}\n"


def test_every_public_name_can_be_imported() -> None:
    assert [name for name in billing.__all__ if not hasattr(billing, name)] == []
    assert sorted(billing.__all__) == billing.__all__
    assert dir(billing) == sorted(billing.__all__)


def test_a_name_that_is_not_public_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'billing' has no attribute 'validat'"):
        billing.validat  # noqa: B018 the access is the test
