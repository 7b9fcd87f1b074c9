"""`cleanclaim settings`: write a settings file to fill in, check one, say what its keys are for."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from billing.cli.failures import NOTHING
from billing.errors import OutputExistsError, UsageError
from billing.settings import SETTINGS_FILE, Settings, load_settings
from billing.settings.reading import settings_schema, skeleton
from billing.wording import USAGES, counted


@click.group()
def settings() -> None:
    """Write, check or explain the settings file, which an 837P is written with."""


@settings.command()
@click.argument("file", default=SETTINGS_FILE, metavar="[FILE]")
def new(file: str) -> int:
    """Write a settings file to fill in, every key explained. FILE is cleanclaim.yaml unless it is named."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise OutputExistsError(f"{file}: exists, and is not replaced\n  fix: name another file") from None
    except OSError as error:
        reason = (error.strerror or "it cannot be made").lower()
        raise UsageError(f"{file}: cannot be written: {reason}\n  fix: name a file in a folder of yours") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(skeleton())
    click.echo(f"{file}: written. Fill it in, then run: cleanclaim settings check {file}")
    return NOTHING


@settings.command()
@click.argument("file", default=SETTINGS_FILE, metavar="[FILE]")
def check(file: str) -> int:
    """Say what is wrong with a settings file or missing in it. FILE is cleanclaim.yaml unless it is named.

    Exit status: 0 nothing, 2 the file has errors.
    """
    for line in _in_words(load_settings(file)):
        click.echo(line)
    return NOTHING


@settings.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="Text to read, or JSON Schema for an editor.")  # fmt: skip
def schema(form: str) -> int:
    """Say what each key of a settings file is for."""
    made = settings_schema()
    if form == "json":
        click.echo(json.dumps(made, indent=2, ensure_ascii=False))
        return NOTHING
    for name, purpose, is_required in _keys(made, made, ""):
        click.echo(f"{name:<46} {'' if is_required else '(may be left out) '}{purpose}")
    return NOTHING


def _in_words(settings: Settings) -> Iterator[str]:
    """Say what files will be written with these settings, so that a wrong one is seen."""
    from billing.control_numbers import next_number  # noqa: PLC0415 loaded when there are settings

    envelope = settings.interchange
    sender = envelope.sender_id or settings.submitter.id
    receiver = envelope.receiver_id or settings.receiver.id
    yield f"Nothing to mend. A file written with these settings is a {USAGES[envelope.usage]} file"
    yield f"  from      {settings.submitter.name} ({envelope.sender_qualifier} {sender})"
    yield f"  to        {settings.receiver.name} ({envelope.receiver_qualifier} {receiver})"
    for provider in settings.billing_providers:
        yield f"  paid      {provider.full_name} (NPI {provider.npi or 'none'}, tax id {provider.tax_id})"
    for payer in settings.payers:
        yield f"  payer     {payer.name} ({payer.id}, {payer.filing_indicator})"
    yield f"  names     of {counted(len(settings.providers), 'provider')} that claims may name by NPI alone"
    file = settings.control_number_file
    if file is None:
        yield "  numbers   none kept: give --control-number N each time, or name a file under control_numbers"
    else:
        yield f"  numbers   next is {next_number(file)}, kept in {Path(file).name}"


def _keys(whole: dict[str, Any], part: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, bool]]:
    """Yield each key with dots, what it is for, and whether it must be there."""
    for name, said in part["properties"].items():
        inner, is_list = _model_of(whole, said)
        dotted = f"{prefix}{name}{'[]' if is_list else ''}"
        yield dotted, said.get("description", ""), name in part.get("required", ())
        if inner is not None:
            yield from _keys(whole, inner, f"{dotted}.")


def _model_of(whole: dict[str, Any], said: dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
    """Find the map that a key holds, and whether it holds a list of them."""
    if "items" in said:
        inner, _ = _model_of(whole, said["items"])
        return inner, True
    for each in (said, *said.get("anyOf", ())):
        if "$ref" in each:
            found: dict[str, Any] = whole["$defs"][each["$ref"].rpartition("/")[2]]
            return found, False
    return None, False
