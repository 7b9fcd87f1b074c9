"""`docs/kinds/<kind>.md`: what a rule kind looks at, and its keys in a program file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from billing.kind_pages import Cause, KindPage
from billing.policy.codesets import NATIONAL
from billing.policy.keys import Key, keys_of
from billing.policy.schema import PolicyEntry
from billing.reference_docs.markdown import code, link, page, plain, table


def kind_markdown(kind: KindPage, programs: Mapping[str, int]) -> str:
    """Return a kind's page.

    Args:
        kind: The kind.
        programs: Ids of the programs that use it, with how many entries or services it looks at there.
    """
    return page(
        f"# {code(kind.kind)}",
        "",
        plain(kind.title),
        "",
        "## What it checks",
        "",
        (line for paragraph in kind.checks for line in (plain(paragraph), "")),
        "## Why claims are denied for it",
        "",
        plain(kind.matters),
        "",
        _causes(kind.causes),
        _example(kind),
        "## In a program file",
        "",
        f"Policy key: {_policy_key(kind)}.",
        "",
        table(("Key", "Type", "Needed", "Meaning"), (_key(key) for key in (*kind.service_keys, *kind.keys))),
        "Every entry may also have the [keys of every entry](README.md#keys-of-every-entry)." if kind.keys else "",
        "",
        "## Data it needs",
        "",
        f"{plain(kind.needs[:1].upper() + kind.needs[1:])}.".replace("..", "."),
        "",
        *(f"* {plain(file[:1].upper() + file[1:])}." for file in kind.files),
        "",
        "## Programs that use it",
        "",
        _programs(programs),
        "",
        "## Also called",
        "",
        plain(kind.also_called),
    )


def kinds_index(kinds: list[KindPage]) -> str:
    """Return the list of all kinds, and the keys that every entry may have."""
    return page(
        "# Rule kinds",
        "",
        "One kind is one sort of rule. `cleanclaim explain KIND` prints the same pages.",
        "",
        table(
            ("Kind", "What it finds"),
            ((link(code(kind.kind), f"{kind.kind}.md"), plain(kind.title)) for kind in kinds),
        ),
        "## Keys of every entry",
        "",
        "Whatever its kind, an entry of a program file may have these keys.",
        "",
        table(("Key", "Type", "Needed", "Meaning"), (_key(key) for key in keys_of(PolicyEntry))),
    )


def _policy_key(kind: KindPage) -> str:
    """Return the keys a kind reads, as code; the words between them stay words."""
    keys = {kind.kind, "services", *(key.name for key in (*kind.service_keys, *kind.keys))}
    words = re.split(r"(\w+)", kind.policy_key)
    return "".join(code(word) if word in keys else word for word in words)


def _causes(causes: tuple[Cause, ...]) -> Iterator[str]:
    if not causes:
        return
    yield "What a payer would answer, in its remittance or, before reading the claim, in a 277CA:"
    yield ""
    yield from table(("Cause", "Remittance", "277CA", "How sure"), (_cause(cause) for cause in causes))


def _cause(cause: Cause) -> tuple[str, str, str, str]:
    sure = "" if not cause.answer else "a payer's own table" if cause.sure else "paired by meaning"
    return plain(cause.title), cause.answer or "no code says it", ", ".join(cause.claim_status), sure


def _example(kind: KindPage) -> Iterator[str]:
    if kind.example is None:
        return
    yield "## Example"
    yield ""
    yield f"* Fails: {plain(kind.example.fails)}. Found by {code(kind.example.rule)}."
    if kind.example.passes:
        yield f"* Passes: {plain(kind.example.passes)}."
    if kind.example.instead:
        yield f"* Instead: {plain(kind.example.instead)}"
    yield ""


def _key(key: Key) -> tuple[str, str, str, str]:
    needed = "yes" if key.is_needed else f"no; {code(key.default)} when left out" if key.default else "no"
    return code(key.name), plain(key.form), needed, plain(key.meaning)


def _programs(programs: Mapping[str, int]) -> str:
    every = ["every claim (`national`)"] if NATIONAL in programs else []
    others = {name: count for name, count in programs.items() if name != NATIONAL}
    named = [f"{link(name, f'../programs/{name}.md')} ({count})" for name, count in others.items()]
    return ", ".join(every + named) or "None."
