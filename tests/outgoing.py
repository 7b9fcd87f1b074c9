"""Settings and claims for tests of what is written: made-up senders, payers and people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billing.settings import Settings
from billing.settings.reading import parse_settings

CREATED = datetime(2026, 5, 31, 9, 30)  # noqa: DTZ001 an envelope has no time zone

SETTINGS = """\
submitter:
  name: "EXAMPLE BILLING"
  id: "SENDER01"
  contact: {name: "BILLING OFFICE", phone: "800-555-0100", email: "billing@example.org"}
receiver: {name: "EXAMPLE MEDICAID", id: "KMAP"}
interchange:
  usage: T
billing_providers:
  - npi: "1234567893"
    taxonomy: "251S00000X"
    tax_id: "48-0000000"
    name: "EXAMPLE AGENCY"
    address: {line1: "1 MAIN ST", city: "TOPEKA", state: "KS", zip: "66603-0001"}
payers:
  - {id: "KMAP", name: "EXAMPLE MEDICAID", filing_indicator: MC}
  - {id: "MEDICARE", name: "MEDICARE", filing_indicator: MB}
"""

NAMED = """\
providers:
  - {npi: "1000000004", last_name: "WORKER", first_name: "ANN", taxonomy: "172V00000X"}
  - npi: "1000000012"
    name: "EXAMPLE CENTER"
    address: {line1: "3 OAK ST", city: "TOPEKA", state: "KS", zip: "666030003"}
defaults:
  place_of_service: "12"
  diagnosis_pointers: [1]
  member_address: {line1: "2 ELM ST", city: "TOPEKA", state: "KS", zip: "66603"}
  sex: U
"""


def settings(more: str = "", **replaced: str) -> Settings:
    """The settings above with more keys at the end, and texts replaced: `usage_T="usage: P"`."""
    text = SETTINGS + more
    for old, new in replaced.items():
        before = old.replace("_", ": ", 1)
        assert before in text
        text = text.replace(before, new)
    return parse_settings(text.encode(), "cleanclaim.yaml")


def record(claim_id: str = "C1", **changed: Any) -> dict[str, Any]:
    """A claim of the claim JSON that says everything an 837P needs; `lines__units` style keys change the line."""
    line: dict[str, Any] = {
        "line_number": 1, "procedure_code": "98960", "modifiers": ["U7"], "charge": "92.00", "units": "4",
        "unit_basis": "UN", "service_date": "2026-05-05", "diagnosis_pointers": [1], "line_control_number": f"{claim_id}L1",
    }  # fmt: skip
    made: dict[str, Any] = {
        "claim_id": claim_id,
        "member": {
            "id": "00123456789", "last_name": "DOE", "first_name": "JANE", "birth_date": "1990-01-31", "sex": "F",
            "address": {"line1": "2 ELM ST", "city": "TOPEKA", "state": "KS", "zip": "66603"},
        },
        "relationship": "18",
        "payer": {"id": "KMAP", "name": "EXAMPLE MEDICAID"},
        "filing_indicator": "MC",
        "billing_provider": {
            "npi": "1234567893", "taxonomy": "251S00000X", "tax_id": "480000000", "name": "EXAMPLE AGENCY",
            "address": {"line1": "1 MAIN ST", "city": "TOPEKA", "state": "KS", "zip": "666030001"},
        },
        "rendering_provider": {"npi": "1000000004", "taxonomy": "172V00000X", "name": "WORKER, ANN"},
        "place_of_service": "12",
        "frequency_code": "1",
        "diagnoses": ["F330", "Z5900"],
        "charge": "92.00",
        "lines": [line],
    }  # fmt: skip
    for key, value in changed.items():
        if key.startswith("line__"):
            line[key.removeprefix("line__")] = value
        else:
            made[key] = value
    return made
