"""The one call: read the claims, judge them by the code sets, and return what was found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from os import PathLike
from typing import IO, TYPE_CHECKING, Any, Literal

import polars as pl

from billing.batch import Batch
from billing.engine import judge
from billing.errors import MissingReferenceError, ReferenceFileError, UsageError, did_you_mean
from billing.formats import read
from billing.policy.codesets import CodeSets
from billing.previous import read_previous
from billing.references import REFERENCE_NAMES, References, Table, read_references, table_name
from billing.result import Result
from billing.wording import REFERENCE_OPTIONS

if TYPE_CHECKING:
    from billing.claims import Claim
    from billing.formats.tables.map_file import GivenMap
    from billing.settings import Settings

Path = str | PathLike[str]
Source = Path | bytes | IO[bytes] | IO[str] | pl.DataFrame | Iterable["Path | Claim | Mapping[str, Any]"]
OTHER_SERVICES = ("review", "accept")
_TYPO = 0.8  # of 1: two letters changed places, one is missing; another state's program is less alike


def validate(
    source: Source,
    codesets: CodeSets,
    *,
    received: date | str | None = None,
    members: Table | None = None,
    enrollments: Table | None = None,
    providers: Table | None = None,
    workers: Table | None = None,
    authorizations: Table | None = None,
    orders: Table | None = None,
    other_coverage: Table | None = None,
    history: Table | None = None,
    require: Collection[str] = (),
    other_services: Literal["review", "accept"] = "review",
    input_format: str = "auto",
    column_map: GivenMap | None = None,
    previous: str | PathLike[str] | None = None,
    settings: str | PathLike[str] | None = None,
) -> Result:
    """Check claims and say, for each, whether it is ready to send, needs a look, or breaks a rule.

    Pure: nothing is printed, logged, sent or written.

    Args:
        source: A path or several, `-` for standard input, bytes, a file object, claims or dicts, or frames.
        codesets: What `load_codesets` returned.
        received: The day the payer receives the claims, for those that carry none; default: today.
        members: Who is covered, and when: path of a CSV or Parquet file, or a frame. So the files below. Members also
            as X12: an eligibility response (271) or an enrollment file (834).
        enrollments: Who is in a setting or service that excludes others.
        providers: Which billing providers are enrolled.
        workers: Which workers are certified.
        authorizations: What was authorized.
        orders: What was recommended or planned.
        other_coverage: What other insurance members have.
        history: What was billed before.
        require: Names of the files above without which nothing shall be checked.
        other_services: What a code in no selected program is worth: held for review, or passed with a note.
        input_format: `auto`, `837`, `jsonl`, `csv`, `xlsx`, `fhir` or `parquet`.
        column_map: Which columns of a table are which of ours: path of a YAML file, or a dict in its shape.
        previous: Folder of an earlier result, to say which of its findings are fixed, still there and new.
        settings: Settings file (`cleanclaim settings new`). Claims that did not come as X12 are judged as they are sent
            with it, and `Result.write` also writes the accepted ones as an 837P.

    Returns:
        Every claim of the input in exactly one of accepted, review, rejected and unreadable.

    Raises:
        UsageError: An argument has a value it cannot have, no program could be chosen, or `previous` is no result.
        InputError: The source is no claims file, or cannot be read.
        ReferenceFileError: A reference file has a wrong column or value, or a required one is missing.
        SettingsError: The settings file cannot be read or holds errors.
    """
    tables: dict[str, Table | None] = {
        "members": members,
        "enrollments": enrollments,
        "providers": providers,
        "workers": workers,
        "authorizations": authorizations,
        "orders": orders,
        "other_coverage": other_coverage,
        "history": history,
    }
    given = {name: table for name, table in tables.items() if table is not None}
    _check_required(require, given)
    if other_services not in OTHER_SERVICES:
        raise UsageError(f"other_services is '{other_services}'; write review or accept")
    if not hasattr(codesets, "national"):  # a program's name, most of the time
        kind = type(codesets).__name__
        raise UsageError(f"codesets is a {kind}\n  fix: hand over what load_codesets(programs=[...]) returned")
    day = received_date(received)
    earlier = None if previous is None else read_previous(previous)
    sender = None if settings is None else _settings(settings)
    batch = read(source, input_format=input_format, column_map=column_map)
    if sender is not None:
        batch = _as_sent(batch, sender)
    references = read_references(**given)
    _check_programs(references, codesets)
    judgement = judge(batch, codesets, references, received=day, other_services=other_services)
    names = {name: table_name(name, table) for name, table in given.items()}
    return Result(batch, judgement, codesets, day, names, previous=earlier, settings=sender, notes=references.notes)


def _as_sent(batch: Batch, sender: Settings) -> Batch:
    from billing.formats.x12.new_filling import as_sent  # noqa: PLC0415 few runs write an 837P anew

    return as_sent(batch, sender)


def _settings(path: str | PathLike[str]) -> Settings:
    from billing.settings import load_settings  # noqa: PLC0415 few runs write an 837P anew

    return load_settings(path)


def received_date(received: date | str | None) -> date:
    """Return the received date: today when none was given.

    Raises:
        UsageError: It is no ISO date.
    """
    if received is None:
        return date.today()  # noqa: DTZ011 the day where the user sits; the summary states it, so that a run can be repeated
    if isinstance(received, date):
        return received
    try:
        return date.fromisoformat(received)
    except ValueError:
        raise UsageError(f"--received {received}: is no date\n  fix: write a date as 2026-12-31") from None


def _check_programs(references: References, codesets: CodeSets) -> None:
    """Refuse a `program` cell that is a mistyped program of this run: its rows would count for no program at all."""
    chosen = [program.id for program in codesets.programs]
    for name in references.present:
        frame: pl.DataFrame = getattr(references, name)
        written = frame["program"].drop_nulls().unique().sort().to_list() if "program" in frame.columns else []
        for program in written:
            meant = get_close_matches(_spelled(program), chosen, n=1, cutoff=_TYPO)
            if program in chosen or not meant:
                continue
            if all(program not in programs for programs in codesets.known_codes.values()):
                raise ReferenceFileError(
                    f"{name} file: the program '{program}' is no program's id\n  fix: did you mean '{meant[0]}'?"
                )


def _spelled(program: str) -> str:
    return program.strip().lower().replace("_", "-").replace(" ", "-")


def _check_required(require: Collection[str], given: Mapping[str, object]) -> None:
    for name in require:
        if name not in REFERENCE_NAMES:
            hint = did_you_mean(name, REFERENCE_NAMES) or f"choose of {', '.join(REFERENCE_NAMES)}"
            raise UsageError(f"--require {name}: no reference file has this name\n  fix: {hint}")
        if name not in given:
            raise MissingReferenceError(
                f"the {name} file is required and was not given\n  fix: add {REFERENCE_OPTIONS[name]} FILE ({name}=)"
            )
