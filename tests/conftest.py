"""How every test of this suite runs."""

from __future__ import annotations

from hypothesis import settings

# The same examples on every run, and no clock: a slow machine is no failure.
settings.register_profile("cleanclaim", derandomize=True, deadline=None)
settings.load_profile("cleanclaim")
