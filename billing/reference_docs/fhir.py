"""`fhir.md`: which FHIR files are read, where each value of a claim stands in them, and what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from billing.claim_columns import CLAIM_COLUMNS, LINE_COLUMNS, Column
from billing.formats.fhir import systems
from billing.formats.fhir.places import CLAIM_PLACES, LINE_PLACES, Place
from billing.reference_docs.markdown import code, page, plain, table

_READ = (
    (
        "A `Claim`, or a `Bundle` (collection, batch, transaction, searchset), in JSON or XML",
        "JSON up to 128 MB, XML up to 64 MB",
    ),
    ("NDJSON: one resource on each line", "any size; a line up to 16 MB"),
)
_REFUSED = (
    "institutional, dental, pharmacy and vision claims; requests for authorization or an estimate (`use`)",
    "claims that are not `active`",
    "`ExplanationOfBenefit` and `ClaimResponse`: they are payers' answers",
    (
        "claims of other versions: those before R4 (`organization`, `item.service`, `use: complete`) and R5 and later "
        "(`subject`, `item.productOrServiceEnd`)"
    ),
    "a `modifierExtension` or `implicitRules`, which may turn the meaning around",
    "an element that R4 does not have, with the nearest name",
    "money that is no exact amount of cents in USD; no `net` and no price to work it out of; an `item` with `detail`",
    "two different values where there can be one: two NPIs of one provider, two renderers of one line",
    "a `DOCTYPE`, or another encoding than UTF-8",
)
_SYSTEMS = (
    ("procedure and modifier that begin with a letter", systems.HCPCS),
    ("procedure and modifier of digits", systems.CPT),
    ("diagnosis", systems.ICD_10_CM),
    ("place of service", systems.PLACE_OF_SERVICE),
    ("taxonomy", systems.TAXONOMY),
    ("NPI", systems.NPI),
    ("tax number", systems.TAX_ID),
)
_EXTENSIONS = (
    (systems.LINE_AUTHORIZATION, "valueString", "authorization number of a line"),
    (systems.LINE_TRACE, "valueIdentifier", "the biller's own number for a line"),
    (systems.START_TIME, "valueTime", "when the session began"),
    (systems.END_TIME, "valueTime", "when the session ended"),
    (systems.GROUP_SIZE, "valueUnsignedInt", "how many members took part"),
    (systems.SESSION, "valueString", "the session that members of a group share"),
    (systems.WORKER, "valueString", "NPI or id of the worker, when that is not the rendering provider"),
    (systems.PREGNANT, "valueBoolean", "of the subscriber; of the member see the table"),
    (systems.SEX, "valueString", "a sex that is none of F, M and U, as it came"),
    (
        systems.AS_SENT,
        "column, text",
        "a value that could not be read where it came from, such as a day that is no day",
    ),
)


def fhir_markdown() -> str:
    """Return the page."""
    return page(
        "# FHIR R4 claims",
        "",
        "`cleanclaim validate claims.json --state KS --out results` reads FHIR R4 (4.0.1) `Claim` resources as it "
        "reads an 837P: the same claims give the same findings. What a file is, is told by its content; "
        "`--input-format fhir` says it outright.",
        "",
        "## What is read",
        "",
        table(("Form", "Size"), _READ),
        "A claim refers to its patient, coverage, payer and providers. They are looked for in the file: contained in"
        " the claim, as another entry of the Bundle (by `fullUrl`, by type and id, by identifier) or on another "
        "line. Nothing is fetched. What the file does not hold counts as absent, and the claim is held for review.",
        "",
        "Extensions, and elements of R4 that the table below does not name, are passed over. Not read as a claim, and "
        "said with the path, are:",
        "",
        (f"* {plain(words)}" for words in _REFUSED),
        "",
        "One such resource takes nothing else with it: the other claims are checked. A file in which nothing is a "
        "professional claim of R4 is refused as a whole.",
        "",
        "## Where each value stands",
        "",
        "*Field* is the name in claim JSON, *X12* the place in an 837P. `resolve()` follows a reference. A finding "
        "names line and element: `line 7 Bundle.entry[3] Claim.item[0].net`, entries and items counted from 0.",
        "",
        "### The claim",
        "",
        _places("Claim", CLAIM_COLUMNS, CLAIM_PLACES),
        "### The line",
        "",
        _places("item", LINE_COLUMNS, LINE_PLACES),
        "A code of a system that is not named here is shown as `system|code` and found by the rules about codes; it "
        "never passes for one of ours. Dates are whole days; of a moment the day and the time on its own clock count.",
        "",
        "## Systems",
        "",
        table(
            ("Of", "Written as", "Read as well"),
            ((what, code(names[0]), ", ".join(code(name) for name in names[1:])) for what, names in _SYSTEMS),
        ),
        "Of a procedure and a modifier any of the systems of both is read.",
        "",
        "## Extensions",
        "",
        table(("URL", "Value", "What it says"), ((code(url), code(kind), words) for url, kind, words in _EXTENSIONS)),
        "## What comes out",
        "",
        "* `accepted`, `review` and `rejected` have the form that came in: lines stay lines, a Bundle stays a Bundle"
        " with the entries that its claims need, XML stays XML. The text of a line or JSON entry is not touched. "
        "When every claim is accepted, `accepted` is the input, byte for byte.",
        "* `claimresponse`, in the same form, has a `ClaimResponse` for each claim: `outcome` is `complete` (ready "
        "to send), `partial` (held) or `error` (rejected); `error` holds what rejects, with its line and the code a "
        "payer would answer with; `processNote` holds every finding in words. It says that no payer has decided.",
        "* `billing.formats.fhir.write.write_fhir(batch)` writes any claims as FHIR, also those that came as X12 or "
        "JSON. Each claim contains what it refers to. What R4 demands and the claim does not say is marked as "
        "unknown.",
        "",
        "An ICD-10-CM code is written with its dot and read without it.",
    )


def _places(element: str, columns: Iterable[Column], places: Iterable[Place]) -> Iterator[str]:
    of_column = {place.column: place for place in places}
    read = [column for column in columns if column.path]
    grouped = groupby(read, key=lambda column: (of_column[column.name].path, of_column[column.name].says))
    yield from table(
        ("Field", "X12", "Element", "What counts"),
        [_row(element, list(alike), path, says) for (path, says), alike in grouped],
    )


def _row(element: str, columns: list[Column], path: str, says: str) -> tuple[str, str, str, str]:
    """Return one row; fields that stand in one place share it, each part of the claim named once."""
    fields = [column.path if len(columns) == 1 else column.path.partition(".")[0] for column in columns]
    loops = [column.x12 if len(columns) == 1 else column.x12.partition(" ")[0] for column in columns]
    return (
        ", ".join(code(field) for field in dict.fromkeys(fields)),
        plain(", ".join(dict.fromkeys(loops))),
        code(f"{element}.{path}"),
        plain(says),
    )
