"""The JSON of `cleanclaim explain-ack --format json`.

    schema_version    1
    file, originals   names of the files
    needs_action      as the exit status says it
    passed_over       transaction sets of the file that are no acknowledgement of claims
    answers           one per TA1, 999 and 277CA: kind, position (segment number in FILE), about, missing, remarks

A remark has `level`, `verdict` (accepted, received, errors, rejected, unknown), `position`, `about`, `codes` (place,
code, words, fix), and where they apply `claim_id`, `line`, `amount` (USD, text), `member`, `value`, `service`, `note`,
`sent` (file, position, text), `unmatched` and `parts`, which are remarks again. What does not apply is absent.
"""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from billing.acknowledgements.explanation import Explanation

SCHEMA_VERSION = 1


def explanation_as_data(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as the dictionary described above."""
    return {
        "schema_version": SCHEMA_VERSION,
        "file": explanation.file,
        "originals": explanation.originals,
        "needs_action": explanation.needs_action,
        "passed_over": explanation.passed_over,
        "answers": [
            {
                "kind": answer.kind,
                "position": answer.position,
                "about": answer.about,
                "missing": answer.missing,
                "remarks": [_present(asdict(remark)) for remark in answer.remarks],
            }
            for answer in explanation.answers
        ],
    }


def _present(remark: dict[str, Any]) -> dict[str, Any]:
    """Leave out what does not apply, and write money as text with two places."""
    kept: dict[str, Any] = {}
    for name, value in remark.items():
        if name == "kind" or value is None or value == "" or (name == "parts" and not value):
            continue
        if isinstance(value, Decimal):
            kept[name] = f"{value:.2f}"
        elif name == "parts":
            kept[name] = [_present(part) for part in value]
        else:
            kept[name] = value
    return kept
