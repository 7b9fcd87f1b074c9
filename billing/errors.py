"""The errors a user can fix, as one tree.

    CleanclaimError                 the base class; the command line catches this and nothing broader
    ├── UsageError                  the call itself cannot be carried out (exit 2)
    │   ├── NoProgramError          no program was named and none could be chosen
    │   └── OutputExistsError       the results folder is not empty and was not written by cleanclaim
    ├── InputError                  a file that is no claims file, or cannot be opened (exit 2)
    │   └── ColumnMapError          a column map with errors, or one that does not fit its service log (exit 2)
    ├── ReferenceFileError          a members, workers, history ... file with a wrong column or value (exit 2)
    │   └── MissingReferenceError   a reference that `--require` names was not given (exit 2)
    ├── CodeSetError                a program file with errors, each with file, line and column (exit 2)
    └── SettingsError               a settings file with errors, or that lacks what a claim needs to be sent (exit 2)

Every message says place, problem, fix, and never holds a member's data: values of claims and of reference
files that could identify a person are left out, only their file, row and column are named.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CleanclaimError(Exception):
    """Something a user can fix. `str(error)` is the whole text to show, ready to print."""


class UsageError(CleanclaimError):
    """The call itself cannot be carried out as written."""


class NoProgramError(UsageError):
    """No program was named, and none could be chosen by the batch's payer ids."""


class OutputExistsError(UsageError):
    """The results folder exists, is not empty, and `overwrite` was not given or does not own it."""


class InputError(CleanclaimError):
    """A file that is no claims file, or that cannot be opened or read."""


class ColumnMapError(InputError):
    """A column map of a service log that has errors, or that does not fit the log."""


class ReferenceFileError(CleanclaimError):
    """A reference file with an unknown column, a missing column, or a value that cannot be read."""


class MissingReferenceError(ReferenceFileError):
    """A reference file that was required was not given."""


class CodeSetError(CleanclaimError):
    """A program file that cannot be used; holds one problem per line of its text."""


class SettingsError(CleanclaimError):
    """A settings file with errors, or one that lacks what a claim needs to be sent; one problem per line."""


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, or None when nothing is close."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `did you mean 'x'?`, or an empty string when nothing is close."""
    near = nearest_name(name, known)
    return f"did you mean '{near}'?" if near else ""
