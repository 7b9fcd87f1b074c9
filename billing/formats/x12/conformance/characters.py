"""Which characters a value may have, as regular expressions."""

from __future__ import annotations

import re

from billing.formats.x12.delimiters import Delimiters, character

EXTENDED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!\"&'()*+,-./:;?= abcdefghijklmnopqrstuvwxyz%~@[]_{}\\|<>^`#$"
"""What X12 allows in text: its basic set (capitals, digits, some signs) and its extended one."""

CONTROL = r"[\x00-\x1f\x7f]"


def text_class(delimiters: Delimiters, repetition: str, *, without: str = "") -> str:
    """Return the class of characters that text may have in a file with these delimiters."""
    marks = {character(byte) for byte in (delimiters.element, delimiters.component, delimiters.terminator)}
    marks |= {repetition, *without}
    return "[" + "".join(re.escape(each) for each in EXTENDED if each not in marks) + "]"


def literal(mark: str) -> str:
    """Return a pattern of one character."""
    return rf"\x{{{ord(mark):x}}}"


def other_than(mark: str) -> str:
    """Return a pattern of any character but one."""
    return rf"[^\x{{{ord(mark):x}}}]"
