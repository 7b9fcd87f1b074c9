"""The page about the differential test: `docs/generate.py` writes it from the table, a test compares it."""

from __future__ import annotations

from collections.abc import Iterator

from billing.reference_docs.markdown import code, page, plain, table
from tests.formats.x12.conformance.disagreements import Entry, entries
from tests.formats.x12.conformance.mutants import BY_MODULE, TWO_DEFECTS

NAME = "conformance-pyx12.md"

_HOW = {
    "same": ("Two names for one thing", "Both report it at the same place, under another code or at another segment."),
    "pyx12": ("Only pyx12 reports it", "The check says nothing there, or says it of another segment."),
    "cleanclaim": ("Only the check reports it", "pyx12 lets it pass, or stops looking before it gets there."),
    "softer": ("Both report it, and the check refuses nothing for it", "The claim is held for review, or only noted."),
}
_SORTS = {
    "mutate_segments": "Segments and loops",
    "mutate_elements": "Elements",
    "mutate_values": "Values",
    "mutate_envelopes": "Envelopes",
}


def pyx12_page() -> str:
    """Return the page."""
    kinds = sum(map(len, BY_MODULE.values())) + 1
    return page(
        "# The conformance check against pyx12",
        "",
        "[pyx12](https://github.com/azoner/pyx12) validates X12 files segment by segment. The tests break valid 837P "
        f"files in {kinds} ways, let the check and pyx12 judge each of them, and compare verdict, place and code of "
        "every error. Where they differ, the difference is listed here with its reason, or the test fails; and an "
        "entry that its own example no longer hits fails too.",
        "",
        '`CLEANCLAIM_MUTANTS=100000 make test ARGS="-k differential"` tries more than the 5,000 files of every run; '
        "`python -m tests.formats.x12.conformance.differential --mutants 100000` prints what it finds.",
        "",
        "## Where they differ",
        "",
        "What either side reports is written as patterns: `S` and a code of IK304 for a segment, `E` and one of IK403 for "
        "an element, `T` and one of IK502 for a set, `G` and one of AK905 for a group, `I` and one of TA105 for an "
        "interchange. `SHL1`, `SHL2`, `SLX` and `SSEG1` are pyx12's own; `crash` is an exception.",
        "",
        _sections(),
        "## How the files are broken",
        "",
        "The files that are broken are valid: small ones drawn from the guide's map, in which every loop and segment "
        "that it allows stands at least once, parts of the samples, and a file of several envelopes.",
        "",
        _kinds(),
    )  # fmt: skip


def _sections() -> Iterator[str]:
    for how, (heading, lead) in _HOW.items():
        yield from (f"### {heading}", "", lead, "")
        rows = [
            [
                plain(entry.name),
                _pattern(entry, "pyx12"),
                _pattern(entry, "cleanclaim"),
                plain(entry.because),
                entry.example.partition(" ")[0].replace("_", " "),
            ]
            for entry in entries()
            if entry.how == how
        ]
        yield from table(("What", "pyx12", "The check", "Why", "For example"), rows)


def _pattern(entry: Entry, side: str) -> str:
    """What an entry asks of one side's error, as patterns."""
    asked = entry.pyx12 if side == "pyx12" else entry.cleanclaim
    return "<br>".join(f"{name} {code(pattern.pattern)}" for name, pattern in asked.items())


def _kinds() -> Iterator[str]:
    for module, names in BY_MODULE.items():
        words = ", ".join(name.replace("_", " ") for name in names)
        yield f"* {_SORTS[module.rpartition('.')[2]]}: {words}."
    yield f"* {TWO_DEFECTS.replace('_', ' ').capitalize()} at once: one of a segment or an element, and one of an element."
    yield ""
