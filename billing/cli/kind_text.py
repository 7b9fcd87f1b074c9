"""The page of a rule kind for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from billing.cli.layout import labelled, paragraph
from billing.kind_pages import Cause, KindPage
from billing.policy.codesets import NATIONAL
from billing.policy.keys import Key
from billing.policy.schema import PolicyEntry


def kind_in_text(page: KindPage, programs: Mapping[str, int]) -> Iterator[str]:
    """Yield the lines of a kind's page.

    Args:
        page: The page.
        programs: Ids of the programs that use it, each with how many entries or services it looks at there.
    """
    yield page.kind
    yield from paragraph(page.title)
    yield from _section("What it checks", page.checks)
    yield from _section("Why claims are denied for it", [page.matters])
    for cause in page.causes:
        yield from paragraph(_cause(cause), 2, 2)
    if any(not cause.sure for cause in page.causes):
        yield from paragraph("(*) paired by their meaning: a payer may answer with other codes.", 2)
    if page.example is not None:
        yield from _section("Example", [])
        yield from labelled("fails", page.example.fails)
        yield from labelled("", f"found by {page.example.rule}")
        yield from labelled("passes", page.example.passes)
        yield from labelled("instead", page.example.instead)
    yield from _keys(page)
    yield from _section("Data it needs", [page.needs, *page.files])
    yield from _section("Programs that use it", [_programs(programs)])
    yield from _section("Also called", [page.also_called])


def _section(heading: str, paragraphs: tuple[str, ...] | list[str]) -> Iterator[str]:
    if any(paragraphs) or not paragraphs:
        yield ""
        yield heading
    for text in paragraphs:
        yield from paragraph(text, 2)


def _cause(cause: Cause) -> str:
    if not cause.answer:
        return f"- {cause.title}: held before it is sent; no payer's code says it."
    status = f", or returned unread (277CA {', '.join(cause.claim_status)})" if cause.claim_status else ""
    return f"- {cause.title}: {cause.answer}{status}{'' if cause.sure else ' (*)'}"


def _keys(page: KindPage) -> Iterator[str]:
    keys = (*page.service_keys, *page.keys)
    yield from _section("In a program file", [page.policy_key] if page.policy_key or not keys else [])
    columns = max((len(key.name) for key in keys), default=0) + 2
    for key in keys:
        yield from labelled(key.name, _key(key), indent=4, columns=columns)
    if page.keys:
        common = ", ".join(PolicyEntry.model_fields)
        yield from paragraph(f"Every entry may also have {common}.", 4)


def _key(key: Key) -> str:
    needed = "needed" if key.is_needed else f"{key.default} when left out" if key.default else "may be left out"
    return f"{key.form} ({needed}). {key.meaning}"


def _programs(programs: Mapping[str, int]) -> str:
    named = [name for name in programs if name != NATIONAL]
    words = (["every claim"] if NATIONAL in programs else []) + named
    return ", ".join(words) or "none of those that are loaded"
