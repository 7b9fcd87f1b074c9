"""The files of a result: which there are, what they are called, and what is in them.

    summary.json  decisions.csv  findings.csv  findings.jsonl  report.html
    accepted.*  review.*  rejected.*        the claims in the format they came in; absent when empty
    accepted.837                            those that did not come as X12, when there are settings to write them with
    unreadable.*  unreadable.csv            what could not be read as a claim; absent when there is none
    ta1.x12  999.x12  277ca.x12             what a receiver would answer (`COMPANIONS`); for X12 only

With several inputs `accepted`, `review`, `rejected` and `unreadable` are folders with one file per input.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from billing.batch import DecidedSource, Source, WritesToFile
from billing.claims import frames_to_claims
from billing.errors import UsageError
from billing.findings import DECISIONS
from billing.folders import Content, put_files, safe_name
from billing.formats.x12.outgoing import outgoing_file
from billing.reasons_of_lines import reasons_of_lines
from billing.tables import decisions_csv, findings_csv, findings_jsonl, unreadable_csv

if TYPE_CHECKING:
    from billing.result import Result

REPORT = "report.html"
LAST_CONTROL_NUMBER = 999_999_999
COMPANIONS: tuple[tuple[str, str], ...] = (
    ("billing.formats.x12.outgoing", "accepted_837"),
    ("billing.acknowledgements.outgoing", "acknowledgement_files"),
    ("billing.formats.fhir.claim_response", "claim_responses"),
)
"""Module and function of what is written beside the claims files, in order: `function(result)` yields names and bytes.

Each yields nothing when the result has no claims of its format.
"""
USES = {"accepted": "send", "review": "mend", "rejected": "mend", "unreadable": "mend"}


@dataclass(frozen=True)
class ClaimsFile:
    """One claims file of a result: its name in the folder, the decision, and where its claims come from."""

    name: str
    decision: str
    source: Source | None
    input: str | None

    @property
    def use(self) -> str:
        """`send`, or `mend`: a working copy that takes the place of nothing and is not to be sent as it is."""
        return USES[self.decision]


def write_result(
    result: Result,
    folder: str | PathLike[str],
    *,
    overwrite: bool = False,
    show_members: bool = False,
    control_number: int | None = None,
) -> Path:
    """Write a result; see `Result.write`."""
    numbers = {} if control_number is None else _control_numbers(result, control_number)
    result.control_number = numbers.get(outgoing_file(result) or "")
    return put_files(folder, _files(result, numbers, show_members=show_members), overwrite=overwrite)


def check_control_number(control_number: int) -> None:
    """Refuse what cannot be the number of an interchange.

    Raises:
        UsageError: It is no number of one to nine digits, or zero.
    """
    if not 1 <= control_number <= LAST_CONTROL_NUMBER:
        raise UsageError(
            f"--control-number {control_number}: an interchange has a number from 1 to {LAST_CONTROL_NUMBER}\n"
            "  fix: give the number that follows on from the last interchange you sent"
        )


def claims_files(result: Result) -> list[ClaimsFile]:
    """List the claims files of a result, those to send first; an input without claims of a decision has none."""
    sources: list[Source | None] = list(result.batch.sources) or [None]
    names = unique_names([safe_name(source.name) for source in sources if source])
    files = []
    for decision in (*DECISIONS, "unreadable"):
        for number, source in enumerate(sources):
            if not _holds(result, decision, source):
                continue
            suffix = safe_suffix(source.suffix) if source else ".jsonl"
            name = f"{decision}/{names[number]}" if len(sources) > 1 else f"{decision}{suffix}"
            table: object = source
            if decision == "unreadable" and len(sources) == 1 and isinstance(table, DecidedSource):
                name = table.unreadable_name
            files.append(ClaimsFile(name, decision, source, source.name if source else None))
    return files


def safe_suffix(suffix: str) -> str:
    """Return `.837` for `837`, `.837` or anything that tries to be a path."""
    return "." + ("".join(character for character in suffix if character.isalnum()) or "txt")


def _control_numbers(result: Result, first: int) -> dict[str, int]:
    """Number the interchanges of the accepted claims through all files: file name to the number of its first one.

    Raises:
        UsageError: `first` is no control number, the numbers run out, or an input is no X12.
    """
    check_control_number(first)
    sources, written_anew = result.batch.sources, outgoing_file(result)
    is_other = not sources or any(source.interchanges(_keys(result, "accepted", source)) is None for source in sources)
    if is_other and written_anew is None:
        raise UsageError(
            "--control-number: only X12 has interchanges to number, and these claims did not come as X12\n"
            "  fix: leave --control-number out"
        )
    numbers, following = {}, first
    for file in result.claims_files:
        if file.decision == "accepted" and file.source:
            numbers[file.name] = following
            following += file.source.interchanges(_keys(result, "accepted", file.source)) or 0
    if written_anew is not None:
        numbers[written_anew] = following
        following += 1
    if following - 1 > LAST_CONTROL_NUMBER:
        raise UsageError(
            f"--control-number {first}: numbers for {following - first} interchanges are needed, and "
            f"{LAST_CONTROL_NUMBER} is the last there is\n  fix: begin with a lower number"
        )
    return numbers


def _files(result: Result, control_numbers: Mapping[str, int], *, show_members: bool) -> Iterator[tuple[str, Content]]:
    from billing.reports.html import report_html  # noqa: PLC0415 it lists the files named here

    yield "summary.json", (json.dumps(result.summary, indent=2, ensure_ascii=False) + "\n").encode()
    yield "decisions.csv", partial(decisions_csv, result.decisions)
    yield "findings.csv", partial(findings_csv, result.findings)
    yield "findings.jsonl", partial(findings_jsonl, result.findings)
    for file in result.claims_files:
        yield file.name, _content(result, file, control_numbers.get(file.name))
    if not result.unreadable.is_empty():
        yield "unreadable.csv", partial(unreadable_csv, result.unreadable)
    for module, function in COMPANIONS:
        write: Callable[[Result], Iterator[tuple[str, bytes]]] = getattr(import_module(module), function)
        yield from write(result)
    yield REPORT, report_html(result, show_members=show_members).encode()


def _content(result: Result, file: ClaimsFile, control_number: int | None) -> Content:
    source = file.source
    if file.decision == "unreadable":
        return _unreadable(source)
    keys = _keys(result, file.decision, source)
    if source is None:
        return _claims_as_json(result, keys)
    own: object = source
    if isinstance(own, WritesToFile):
        return partial(own.write_subset, claim_keys=keys, control_number=control_number)
    if isinstance(own, DecidedSource) and control_number is None:
        return own.decided_subset(keys, reasons_of_lines(result))
    return source.subset(keys) if control_number is None else source.subset(keys, control_number=control_number)


def _unreadable(source: Source | None) -> Content:
    streaming: object = source
    if isinstance(streaming, WritesToFile):
        return streaming.write_unreadable
    return source.unreadable() if source else b""


def _claims_as_json(result: Result, keys: pl.Series) -> bytes:
    """Write claims that were handed over as objects or frames."""
    chosen = keys.to_frame("claim_key")
    frames = (result.batch.claims, result.batch.lines, result.batch.malformed)
    claims = frames_to_claims(*(frame.join(chosen, on="claim_key", how="semi") for frame in frames))
    return "".join(claim.model_dump_json(exclude_defaults=True) + "\n" for claim in claims).encode()


def _holds(result: Result, decision: str, source: Source | None) -> bool:
    """True when the input has claims of the decision, or unreadable text."""
    if decision == "unreadable":
        streaming: object = source
        if source is not None and isinstance(streaming, WritesToFile):
            return result.unreadable.get_column("input").is_in([source.name]).any()
        return source is not None and bool(source.unreadable())
    return not _keys(result, decision, source).is_empty()


def _keys(result: Result, decision: str, source: Source | None) -> pl.Series:
    chosen = result.decisions.filter(pl.col("decision") == decision)
    if source is not None:
        chosen = chosen.filter(pl.col("input") == source.name)
    return chosen.get_column("claim_key").sort()


def unique_names(names: list[str]) -> list[str]:
    """Number names that occur again, as on a disk that does not tell capitals from small letters."""
    taken: set[str] = set()
    unique = []
    for name in names:
        number, candidate = 1, name
        while candidate.lower() in taken:
            number += 1
            stem, dot, suffix = name.rpartition(".")
            candidate = f"{stem}-{number}{dot}{suffix}" if stem else f"{name}-{number}"
        taken.add(candidate.lower())
        unique.append(candidate)
    return unique
