"""The page of a rule kind as data: what it checks, its example, its keys, the answers of payers, the data it needs.

Read from the kind's own file, so that `cleanclaim explain` and `docs/kinds/` never differ from it.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from billing.policy.keys import Key, keys_of
from billing.policy.loading import Library
from billing.policy.schema import PolicyEntry, Service
from billing.reasons import reasons
from billing.rules import KINDS
from billing.wording import REFERENCE_OPTIONS

_SHARED = "billing.rules._"
OF_READERS = {"conformance": "billing.formats.x12.conformance.causes"}
"""Kinds of findings that no entry of a program file makes, but the reader of a format, with the file of their page."""

_HEADING = re.compile(r"^([A-Z][A-Za-z ]+):$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A claim that breaks the rule, one that keeps it, and what to do.

    Attributes:
        fails: What breaks it.
        rule: Path of the entry that finds it.
        passes: What keeps it; empty when the page gives none.
        instead: What the person can do.
    """

    fails: str
    rule: str
    passes: str
    instead: str


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of findings, and what a payer would answer.

    Attributes:
        cause: Its id in `codesets/national/reasons.yaml`.
        title: In our own words.
        answer: Adjustment group, reason and remark codes in words; empty when no payer answers with a code.
        claim_status: `A7:476` or `A7:562:85` of the 277CA.
        sure: True where a payer's own table shows the pairing.
    """

    cause: str
    title: str
    answer: str
    claim_status: tuple[str, ...]
    sure: bool


@dataclass(frozen=True, slots=True)
class KindPage:
    """Everything a reader may ask about a kind.

    Attributes:
        kind: Its name.
        title: Its first sentence.
        checks: What it checks, in paragraphs.
        matters: Why it matters.
        example: What breaks it and what does not; null when the page gives none.
        policy_key: The keys of a program file it reads, in words.
        keys: Keys of its own entries.
        service_keys: Keys of a service that it reads; empty for a kind that reads none.
        needs: The data it needs, in words.
        files: Options of the files without which it is not checked, or only in part, in words.
        also_called: Other names.
        causes: Its causes, in the order of the list of reasons.
    """

    kind: str
    title: str
    checks: tuple[str, ...]
    matters: str
    example: Example | None
    policy_key: str
    keys: tuple[Key, ...]
    service_keys: tuple[Key, ...]
    needs: str
    files: tuple[str, ...]
    also_called: str
    causes: tuple[Cause, ...]


def kind_page(kind: str) -> KindPage:
    """Return the page of a kind; what its file does not say is empty."""
    module = KINDS.get(kind) or import_module(OF_READERS[kind])
    title, sections = _sections(inspect.cleandoc(module.__doc__ or kind))
    policy_key = _flat(sections.get("Policy key", ""))
    entry = getattr(module, "Entry", None)
    service_keys = tuple(key for key in keys_of(Service) if _is_named(key.name, policy_key))
    return KindPage(
        kind=kind,
        title=title,
        checks=tuple(_flat(paragraph) for paragraph in sections.get("What it checks", "").split("\n\n")),
        matters=_flat(sections.get("Why it matters", "")),
        example=_example(sections.get("Example", "")),
        policy_key=policy_key,
        keys=tuple(keys_of(entry, without=PolicyEntry)) if entry is not None else (),
        service_keys=service_keys if getattr(module, "SERVICE_FACT", False) else (),
        needs=_flat(sections.get("Needs", "")),
        files=tuple(_files(module)),
        also_called=_flat(sections.get("Also called", "")),
        # A reader's causes are many, and no payer answers them one by one; a page under docs/ lists them.
        causes=tuple(_causes(module)) if kind in KINDS else (),
    )


def used_by(library: Library, kind: str) -> Mapping[str, int]:
    """Return the ids of the programs that have entries of a kind, or services it looks at, with how many."""
    counts = {program.id: sum(fact.kind == kind for fact in program.facts) for program in library.everything()}
    return {program: count for program, count in counts.items() if count}


def _sections(page: str) -> tuple[str, dict[str, str]]:
    title, *parts = _HEADING.split(page)
    texts = {heading: inspect.cleandoc(text) for heading, text in zip(parts[::2], parts[1::2], strict=True)}
    return title.strip(), texts


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _example(text: str) -> Example | None:
    first, *others = text.split("\n\n")
    fails, _, rule = _flat(first).partition(" -> ")
    told = {label: rest.strip() for label, _, rest in (_flat(part).partition(":") for part in others)}
    return Example(fails, rule, told.get("Passes", ""), told.get("Instead", "")) if fails else None


def _is_named(key: str, policy_key: str) -> bool:
    return re.search(rf"\b{key}\b", policy_key) is not None


def _files(module: ModuleType) -> Iterator[str]:
    for name in getattr(module, "REFERENCES", ()):
        yield f"without {REFERENCE_OPTIONS[name]} it is not checked"
    partly = getattr(module, "PARTLY", ())
    for name in () if callable(partly) else partly:
        yield f"without {REFERENCE_OPTIONS[name]} it is checked in part: only this batch is looked at"


def _causes(module: ModuleType) -> Iterator[Cause]:
    named = _named_causes(module)
    for reason in reasons().iter_rows(named=True):
        if reason["cause"] in named:
            answer = " ".join(filter(None, [reason["group"], reason["carc"]]))
            if answer and reason["rarc"]:
                answer += f" with remark {', '.join(reason['rarc'])}"
            yield Cause(reason["cause"], reason["title"], answer, tuple(reason["claim_status"]), reason["sure"])


def _named_causes(module: ModuleType) -> set[str]:
    """Read from a kind's file, and those it shares its work with, which causes its findings may have.

    These are the texts that are ids of causes. One that is put together (`f"{provider}_npi_invalid"`) stands for every
    cause it could become.
    """
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):  # made without a file
        return set()
    known = set(reasons().get_column("cause"))
    found: set[str] = set()
    for part in (tree, *_shared(tree)):
        texts = [
            node.value for node in ast.walk(part) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        patterns = [_pattern(node) for node in ast.walk(part) if isinstance(node, ast.JoinedStr)]
        found |= known.intersection(texts)
        found |= {cause for cause in known if any(re.fullmatch(pattern, cause) for pattern in patterns)}
    return found


def _shared(tree: ast.Module) -> Iterator[ast.Module]:
    """Yield the files of `billing/rules/_*.py` that a kind imports from."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_SHARED):
            yield ast.parse(inspect.getsource(import_module(str(node.module))))


def _pattern(text: ast.JoinedStr) -> str:
    """Return a pattern of what an f-string may become."""
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z]+" for part in text.values)
