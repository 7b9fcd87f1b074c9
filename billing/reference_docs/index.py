"""`docs/README.md`: where to find what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from billing.kind_pages import KindPage
from billing.policy.codesets import NATIONAL, Program
from billing.policy.loading import Library
from billing.policy.topics import CLAIM_DATA, TOPICS, topic_of
from billing.reference_docs.markdown import code, link, page, plain, table

_STATUS = {"in_force": "", "proposed": "proposed", "historical": "historical", "incomplete": "incomplete"}


def index_markdown(library: Library, kinds: list[KindPage], names: dict[str, str]) -> str:
    """Return the first page: programs by state, and rule kinds by what they are about."""
    return page(
        "# Reference",
        "",
        "What each program takes and what each kind of rule looks at, in words, with dates and sources. "
        f"{link('Coverage', 'coverage.md')} says state by state what is encoded and what is missing.",
        "",
        "The same on the command line: `cleanclaim codes H0038 --state NJ` for one code, `cleanclaim rules ks-chw` for "
        "a program, `cleanclaim explain unit_limits` for a kind, `cleanclaim explain ks-chw.unit_limits.daily` for an "
        "entry.",
        "",
        "## Programs",
        "",
        table(
            ("State", "Program", "Name", "Codes", "Status"),
            (_program(program, names) for program in in_order(library.programs.values(), names)),
        ),
        f"{link('Rules on every claim', f'programs/{NATIONAL}.md')} come on top of each program's own.",
        "",
        "## Kinds of rules",
        "",
        _kinds(kinds),
    )


def in_order(programs: Iterable[Program], names: dict[str, str]) -> list[Program]:
    """Return programs by the name of their state; those of no single state come last."""
    return sorted(programs, key=lambda program: (names.get(program.state or "", "~"), program.id))


def _program(program: Program, names: dict[str, str]) -> tuple[str, str, str, str, str]:
    codes = dict.fromkeys(service.procedure for service in program.services)
    return (
        names.get(program.state or "", program.state or ""),
        link(program.id, f"programs/{program.id}.md"),
        plain(program.name),
        ", ".join(codes),
        _STATUS[program.status],
    )


def _kinds(kinds: list[KindPage]) -> Iterator[str]:
    by_topic: dict[str, list[KindPage]] = {}
    for kind in kinds:
        by_topic.setdefault(topic_of(kind.kind), []).append(kind)
    rows = []
    for topic in (*TOPICS, CLAIM_DATA):
        for number, kind in enumerate(by_topic.get(topic, [])):
            name = topic[:1].upper() + topic[1:]
            rows.append(("" if number else name, link(code(kind.kind), f"kinds/{kind.kind}.md"), plain(kind.title)))
    yield from table(("About", "Kind", "What it finds"), rows)
