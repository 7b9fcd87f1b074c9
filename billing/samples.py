"""Where the sample claims lie: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

from billing.errors import InputError

_PACKAGE = Path(__file__).resolve().parent


def sample_folder() -> Path:
    """Return the folder of the shipped sample claims, with its README.md.

    Raises:
        InputError: The installation is not complete.
    """
    for folder in (_PACKAGE / "_samples", _PACKAGE.parent / "claims_samples"):
        if folder.is_dir():
            return folder
    raise InputError("the sample claims are missing from this copy of cleanclaim\n  fix: install it again")
