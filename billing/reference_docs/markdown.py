"""Markdown as GitHub shows it: tables, links, and text that cannot be taken for markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

GENERATED = "*Generated from the code sets by `make docs`; do not edit.*"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table; a column without a single value is left out, and a table without rows altogether."""
    listed = [list(row) for row in rows]
    kept = [place for place in range(len(headings)) if any(row[place] for row in listed)]
    if not kept:
        return
    yield f"| {' | '.join(headings[place] for place in kept)} |"
    yield f"|{'|'.join('---' for _ in kept)}|"
    for row in listed:
        yield f"| {' | '.join(row[place].replace('|', chr(92) + '|') for place in kept)} |"
    yield ""


def link(text: str, address: str) -> str:
    """Return a link; just the text where there is no address."""
    return f"[{plain(text)}]({address.replace(' ', '%20').replace(')', '%29')})" if address else plain(text)


def plain(text: str) -> str:
    """Return text in which nothing is markup, except code in backticks."""
    parts = text.split("`")
    return "`".join(part if number % 2 else _escaped(part) for number, part in enumerate(parts))


def _escaped(text: str) -> str:
    for sign in ("*", "_", "<", "[", "]"):
        text = text.replace(sign, f"\\{sign}")
    return text


def code(text: str) -> str:
    """Return text as code."""
    return f"`{text}`"


def page(*lines: str | Iterable[str]) -> str:
    """Join the lines of a page, with one empty line where several would be, and a note that it is generated."""
    flat: list[str] = []
    for part in (*lines, "", GENERATED):
        flat += [part] if isinstance(part, str) else list(part)
    kept = [line for number, line in enumerate(flat) if line or (number and flat[number - 1])]
    return "\n".join(kept).strip() + "\n"
