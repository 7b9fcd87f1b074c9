"""The command line, `cleanclaim`. One file per command, loaded when it is called.

Exit status: 0 nothing to act on, 1 something found, 2 could not (a message says why, nothing was written),
3 failed part way or a bug (nothing half-written stays).
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import click

from billing.cli.failures import guarded
from billing.errors import did_you_mean
from billing.version import __version__

COMMANDS = {
    "validate": "Check claims and split them: ready, needs a look, rejected.",
    "convert": "Write claims as 837P, JSON, Parquet, FHIR, CSV or Excel.",
    "settings": "Write or check what an 837P needs beside claims.",
    "map": "Propose what the columns of a service log (CSV, XLSX) are.",
    "demo": "Check the sample claims that come with cleanclaim.",
    "explain": "Show the page of a rule kind, or of one entry of a program.",
    "explain-ack": "Put a TA1, 999 or 277CA into words.",
    "rules": "List what is checked, with sources and dates.",
    "codes": "Show what a line with a procedure code must carry, per program.",
    "codeset": "Check program files and code lists; import editions.",
    "test": "Run the scenarios of code sets.",
}
"""Command to its one line of help, kept here so that `--help` need not load the commands."""


class LazyGroup(click.Group):
    """A group whose commands are imported from `billing.cli.<name>` when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        """Return the commands in the order people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 click's signature
        """Import a command's module and return its command of the same name."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"billing.cli.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for one that does not exist, say the nearest name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS)
            ctx.fail(f"No such command '{args[0]}'.{' ' + hint[0].upper() + hint[1:] if hint else ''}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 click's signature
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:  # noqa: ANN401 click's signature
        """Run a command and end the process with one of the four exit codes."""

        def run() -> object:
            return click.Group.main(self, args, prog_name, complete_var, standalone_mode=False, **extra)

        return guarded(run) if standalone_mode else run()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="cleanclaim", message="%(prog)s %(version)s")
def main() -> None:
    """Check Medicaid claims for peer-support and community health worker services before you send them."""
