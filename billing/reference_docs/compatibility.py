"""The page that says what happens to files nobody in this project wrote: each is read, or refused with a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl

import billing
from billing.errors import CleanclaimError
from billing.policy.codesets import CodeSets
from billing.reference_docs.markdown import code, page, plain, table
from billing.references import read_references
from billing.result import Result
from billing.wording import counted

PROGRAM = "ks-chw"
RECEIVED = "2026-11-22"
MEMBERS = "271-834"
"""Folder of the files that are given with `--members`."""

# Beginning of a file's path, the project it is from, and its licence; the first that fits.
SOURCES = (
    ("837p/lfh-", "LinuxForHealth/x12", "Apache-2.0"),
    ("837p/edilens-", "kreddys/edi-lens", "MIT"),
    ("837p/hccinfhir-", "mimilabs/hccinfhir", "Apache-2.0"),
    ("837p/pyx12-", "azoner/pyx12", "BSD-3-Clause"),
    ("835/edilens-", "kreddys/edi-lens", "MIT"),
    ("835/pyx12-", "azoner/pyx12", "BSD-3-Clause"),
    ("835/", "LinuxForHealth/x12", "Apache-2.0"),
    ("277ca/edilens-", "kreddys/edi-lens", "MIT"),
    ("271-834/hccinfhir-", "mimilabs/hccinfhir", "Apache-2.0"),
    ("271-834/", "LinuxForHealth/x12", "Apache-2.0"),
    ("fhir/hl7-", "HL7/fhir", "CC0-1.0"),
    ("fhir/synthea-", "generated with tietai-synthea", "tool: Apache-2.0"),
    ("fhir/bfd-", "CMSgov/beneficiary-fhir-data", "CC0-1.0"),
)
_TITLES = {
    "837p": "Claims in X12",
    "271-834": "Eligibility responses (271) and enrollments (834), given with `--members`",
    "835": "Remittance advices (835)",
    "277ca": "Claim acknowledgments (277CA)",
    "fhir": "FHIR",
}
_INTRODUCTION = (
    "Every file of a collection from public projects, and what `cleanclaim validate` does with it: it is read, and "
    "each claim ends in exactly one of accepted, review, rejected and unreadable; or it is refused with a sentence. "
    "The files stand in this table by name only; they are not part of cleanclaim. Many were made to test parsers and "
    "are broken on purpose."
)
_JUDGED = (
    f"The claims are judged by {code(PROGRAM)}, and the rule kinds that hold or reject one are named. None of them is "
    "for a service that program knows, and most have made-up identifiers, so none is accepted."
)


def compatibility_markdown(folder: Path) -> str:
    """Return the page for a folder of sample files, which has a folder per kind of file."""
    codesets = billing.load_codesets(programs=[PROGRAM])
    return page("# Files of other projects", "", _INTRODUCTION, "", _JUDGED, "", _sections(folder, codesets))


def _sections(folder: Path, codesets: CodeSets) -> Iterator[str]:
    kinds = [path.name for path in folder.iterdir() if path.is_dir() and path.name != "licences"]
    order = list(_TITLES)
    for kind in sorted(kinds, key=lambda name: (order.index(name) if name in order else len(order), name)):
        yield from ("", f"## {_TITLES.get(kind, kind)}", "")
        rows = [_row(path, codesets) for path in sorted((folder / kind).iterdir())]
        yield from table(("File", "From", "Licence", "What happens"), rows)


def _row(path: Path, codesets: CodeSets) -> tuple[str, str, str, str]:
    kind = path.parent.name
    place = f"{kind}/{path.name}"
    project, licence = next((source[1:] for source in SOURCES if place.startswith(source[0])), ("", ""))
    try:
        said = _members(path) if kind == MEMBERS else _claims(path, codesets)
    except CleanclaimError as error:
        sentence, _, fix = str(error).partition("\n  fix: ")
        said = f"**Refused**: {plain(_without_name(sentence, path))}. To do: {plain(fix)}."
    return code(path.name), project, licence, said


def _without_name(sentence: str, path: Path) -> str:
    return "; ".join(part.strip() for part in sentence.replace(f"{path.name}: ", "").splitlines())


def _claims(path: Path, codesets: CodeSets) -> str:
    result = billing.validate(path, codesets, received=RECEIVED)
    summary = result.summary
    counts = ", ".join(
        f"{summary[name]} {words}"
        for name, words in (
            ("accepted", "accepted"), ("review", "in review"), ("rejected", "rejected"), ("unreadable", "unreadable"),
        )
    )  # fmt: skip
    lines = counted(result.batch.lines.height, "line")
    return f"**Read**: {counted(len(result.decisions), 'claim')}, {lines}; {counts}.{_noticed(result)}"


def _noticed(result: Result) -> str:
    """Say which rule kinds hold or reject a claim, what could not be read and why, and what is wrong with the file."""
    said = []
    held = result.findings.filter(pl.col("severity") != "note", pl.col("claim_id").is_not_null())
    if kinds := held.get_column("kind").unique().sort().to_list():
        said.append(f" Because of: {', '.join(map(code, kinds))}.")
    for word, frame, column in (
        ("Unreadable", result.unreadable, "reason"),
        ("Noticed", result.batch.file_findings, "message"),
    ):
        times = Counter(frame.get_column(column).to_list())
        parts = [f"{text} ({number} times)" if number > 1 else text for text, number in times.items()]
        if parts:
            said.append(f" {word}: {plain('; '.join(parts))}.")
    return "".join(said)


def _members(path: Path) -> str:
    references = read_references(members=path)
    rows = references.members
    assert rows is not None, "a members file was given"  # noqa: S101
    notes = [_without_name(note, path) for note in references.notes]
    more = f" Noticed: {plain('; '.join(notes))}." if notes else ""
    spans = counted(rows.height, "span")
    return f"**Read**: {spans} of coverage under {counted(rows['member_id'].n_unique(), 'member id')}.{more}"
