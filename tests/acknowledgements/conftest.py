"""pyx12 reads each of its maps once for all files, and texts are laid out for 100 columns."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest
import pyx12.map_if


@pytest.fixture(scope="module", autouse=True)
def one_map() -> Iterator[None]:
    """Read each map once for all files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyx12.map_if, "load_map_file", functools.cache(pyx12.map_if.load_map_file))
        yield


@pytest.fixture(autouse=True)
def hundred_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay texts out alike on every terminal."""
    monkeypatch.setenv("COLUMNS", "100")
