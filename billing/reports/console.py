"""Lines for standard output: in colour on a terminal, by way of rich; as they are anywhere else, without loading it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.text import Text

WIDTH = 100
_COLOUR_ANYWAY = ("FORCE_COLOR", "TTY_COMPATIBLE")  # rich takes these for a terminal


class Console(Protocol):
    """What lines are printed to: rich's console, or `Plain`."""

    @property
    def width(self) -> int:
        """Columns of a line."""

    def print(self, *objects: Any, soft_wrap: bool | None = None) -> None:
        """Print one `Line` or text, and a line end."""


class Line:
    """One line, or a blank one and the line below it, with its styles."""

    def __init__(self, *parts: str | tuple[str, str], style: str = "") -> None:
        """Put a line together of texts, some with a style of their own, as `("✗ ", "red")`."""
        self._parts = parts
        self._style = style

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else part[0] for part in self._parts)

    def __rich__(self) -> Text:
        from rich.text import Text  # noqa: PLC0415 only a terminal needs it

        return Text.assemble(*self._parts, style=self._style)


class Plain:
    """Standard output that is no terminal: lines as they are."""

    width = WIDTH

    def print(self, *objects: Any, soft_wrap: bool | None = None) -> None:  # noqa: ARG002 nothing is wrapped here
        """Print texts and a line end."""
        sys.stdout.write(" ".join(map(str, objects)) + "\n")


def terminal() -> Console:
    """Return a console for standard output, at most 100 columns wide, plain when that is not a terminal."""
    is_terminal = sys.stdout.isatty()
    if not is_terminal and not any(os.environ.get(name) for name in _COLOUR_ANYWAY):
        return Plain()
    from rich.console import Console as Rich  # noqa: PLC0415 only a terminal needs it

    width = min(WIDTH, os.get_terminal_size(sys.stdout.fileno()).columns) if is_terminal else WIDTH
    return Rich(width=width or WIDTH, highlight=False, markup=False, emoji=False)
