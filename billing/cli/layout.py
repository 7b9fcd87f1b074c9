"""Text laid out for a terminal of any width: paragraphs and labels with text beside them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from textwrap import wrap

_UNATTENDED = 100  # columns, where nobody looks at a terminal
_NARROWEST, _WIDEST = 40, 110  # a longer line is hard to read
LABEL = 11


def width() -> int:
    """Return how many columns a text may have: the terminal's, within what can be read."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal():
        columns = int(asked)
    else:
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNATTENDED
    return min(max(columns, _NARROWEST), _WIDEST)


def paragraph(text: str, indent: int = 0, hanging: int = 0) -> Iterator[str]:
    """Yield a text in lines.

    Args:
        text: The text; addresses and paths in it stay whole.
        indent: Columns before every line.
        hanging: Further columns before all lines but the first.
    """
    yield from wrap(
        text,
        width(),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def labelled(label: str, text: str, *, indent: int = 2, columns: int = LABEL) -> Iterator[str]:
    """Yield a label and, beside it, its text in lines; nothing for an empty text.

    Args:
        label: The label; empty for a text that belongs to the label above it.
        text: The text.
        indent: Columns before the label.
        columns: Columns of the label.
    """
    if not text:
        return
    beside = indent + max(columns, len(label) + 1)
    first, *others = list(paragraph(text, beside)) or [""]
    yield f"{' ' * indent}{label}".ljust(beside) + first[beside:]
    yield from others
