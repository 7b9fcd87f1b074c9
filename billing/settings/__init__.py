"""The settings file, `cleanclaim.yaml`: what an 837P needs to say that neither a service log nor claim JSON says.

`model.py` has its keys, `reading.py` reads it and says what is wrong with it and where, `skeleton.yaml` is what
`cleanclaim settings new` writes.
"""

from __future__ import annotations

from billing.settings.model import Settings
from billing.settings.reading import SETTINGS_FILE, load_settings

__all__ = ["SETTINGS_FILE", "Settings", "load_settings"]
