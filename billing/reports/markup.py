"""HTML made of templates and values, where every value is escaped exactly once.

    ITEM = "<li>{claim_id} {mark}</li>"
    fill(ITEM, claim_id=row["claim_id"], mark=Html("<b>!</b>"))

A template is a constant of our own with `{names}`; the values may hold anything a claim's sender chose. What is `Html`
already goes in as it is, everything else is escaped. Text glued onto `Html` with `+` or in an f-string is plain text
again, and so is escaped once more rather than not at all. `markup_rows` does the same for whole columns.
"""

from __future__ import annotations

from collections.abc import Iterable

ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
"""What could end a text or a quoted attribute, and what stands for it."""
_TABLE = str.maketrans(ESCAPES)


class Html(str):
    """Text that is HTML: a constant of our own, or made by the functions of this module."""

    __slots__ = ()


def escape(value: object) -> Html:
    """Return a value as text of a page, also inside a quoted attribute; `Html` stays as it is."""
    return value if type(value) is Html else Html(str(value).translate(_TABLE))


def fill(template: str, **values: object) -> Html:
    """Put values into a template, each escaped.

    Args:
        template: Constant HTML with a `{name}` per value; never text that came from outside.
        values: By name. Numbers and dates are written as `str` writes them; what a null says is the caller's business.

    Raises:
        KeyError: The template has a name that no value was given for.
    """
    return Html(template.format_map({name: escape(value) for name, value in values.items()}))


def join(parts: Iterable[Html]) -> Html:
    """Put pieces of HTML behind each other.

    Raises:
        TypeError: A piece is plain text.
    """
    pieces = list(parts)
    if not all(type(piece) is Html for piece in pieces):
        raise TypeError("join puts Html together; escape a text, or fill a template with it")
    return Html("".join(pieces))
