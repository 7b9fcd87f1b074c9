"""Check Medicaid claims for peer-support and community health worker services before they are sent.

    import billing

    codesets = billing.load_codesets(programs=["ks-chw"])
    result = billing.validate("batch.837", codesets, received="2026-11-22")
    result.write("out/")

The names below are the public surface. They are loaded when they are first used, so that importing this package,
and `cleanclaim --help`, cost nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from billing.version import __version__

if TYPE_CHECKING:
    from billing.claims import Claim, ServiceLine
    from billing.errors import (
        CleanclaimError,
        CodeSetError,
        ColumnMapError,
        InputError,
        MissingReferenceError,
        NoProgramError,
        OutputExistsError,
        ReferenceFileError,
        SettingsError,
        UsageError,
    )
    from billing.policy.loading import load_codesets
    from billing.result import Result
    from billing.validation import validate

_HOME = {
    "Claim": "billing.claims",
    "CleanclaimError": "billing.errors",
    "CodeSetError": "billing.errors",
    "ColumnMapError": "billing.errors",
    "InputError": "billing.errors",
    "MissingReferenceError": "billing.errors",
    "NoProgramError": "billing.errors",
    "OutputExistsError": "billing.errors",
    "ReferenceFileError": "billing.errors",
    "Result": "billing.result",
    "ServiceLine": "billing.claims",
    "SettingsError": "billing.errors",
    "UsageError": "billing.errors",
    "load_codesets": "billing.policy.loading",
    "validate": "billing.validation",
}

__all__ = [
    "Claim",
    "CleanclaimError",
    "CodeSetError",
    "ColumnMapError",
    "InputError",
    "MissingReferenceError",
    "NoProgramError",
    "OutputExistsError",
    "ReferenceFileError",
    "Result",
    "ServiceLine",
    "SettingsError",
    "UsageError",
    "__version__",
    "load_codesets",
    "validate",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'billing' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
