"""The rule kinds: one file of this folder is one kind, and the listing is the catalogue.

A file whose name begins with `_` holds what kinds share and is no kind itself.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType


def _discovered() -> dict[str, ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return {name: import_module(f"{__name__}.{name}") for name in names}


KINDS: dict[str, ModuleType] = _discovered()
"""Name of each kind (file, policy key, `kind` of its findings) to its module, in alphabetical order."""
