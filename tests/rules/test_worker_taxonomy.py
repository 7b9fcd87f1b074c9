"""The taxonomy of who gave the service."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from billing.rules import worker_taxonomy
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed, said

FACT = an_entry(worker_taxonomy, taxonomies=["172V00000X", "175T00000X"])
CHW, OTHER = {"npi": "1558598797", "taxonomy": "172V00000X"}, {"npi": "1003000126", "taxonomy": "101Y00000X"}


def found_on(claim: dict[str, Any] | None, of_line: dict[str, Any] | None = None) -> list[Found]:
    return judge(worker_taxonomy, FACT, placed(a_claim(a_line(rendering_provider=of_line), rendering_provider=claim)))


@pytest.mark.parametrize(("claim", "of_line"), [(CHW, None), (OTHER, CHW), (None, CHW), (None, None)])
def test_a_taxonomy_of_the_workforce_on_line_or_claim_passes(
    claim: dict[str, Any] | None, of_line: dict[str, Any] | None
) -> None:
    assert found_on(claim, of_line) == []


@pytest.mark.parametrize(("claim", "of_line"), [(OTHER, None), (CHW, OTHER)])
def test_another_taxonomy_is_rejected(claim: dict[str, Any], of_line: dict[str, Any] | None) -> None:
    words = "The rendering provider's taxonomy is 101Y00000X; this service takes 172V00000X or 175T00000X."
    assert found_on(claim, of_line) == [Found(1, "taxonomy_not_allowed", "fail", words, "101Y00000X", None)]


@pytest.mark.parametrize(("claim", "of_line"), [
    ({"npi": "1558598797"}, None), ({"npi": "1558598797", "taxonomy": " "}, None), (CHW, {"npi": "1003000126"}),
])  # fmt: skip
def test_a_rendering_provider_without_a_taxonomy_is_looked_at(
    claim: dict[str, Any], of_line: dict[str, Any] | None
) -> None:
    words = "The rendering provider has no taxonomy on the claim; this service takes 172V00000X or 175T00000X."
    assert found_on(claim, of_line) == [Found(1, "taxonomy_missing", "fail", words, "nothing", "review")]


def test_the_claims_taxonomy_is_that_of_the_same_provider_on_the_line() -> None:
    assert found_on(CHW, {"npi": "1558598797"}) == []


def test_findings_tell_the_place_and_the_remedy() -> None:
    without = {"npi": "1003000126"}
    frame = placed(a_claim(rendering_provider=OTHER), a_claim(rendering_provider=without))
    allowed, send = "172V00000X or 175T00000X", "Send the taxonomy that the worker is enrolled with"
    assert [(tuple(what)[:4], remedy) for what, remedy in said(worker_taxonomy, FACT, frame)] == [
        (("taxonomy_not_allowed", "rendering_taxonomy", allowed, None), f"{send} for this service."),
        (("taxonomy_missing", "rendering_taxonomy", allowed, "the payer may know the taxonomy by the NPI"), f"{send}."),
    ]  # fmt: skip


def test_a_claim_without_a_rendering_provider_is_not_checked_and_said_so() -> None:
    assert [check.uses for check in worker_taxonomy.checks(FACT)] == [(), ("rendering_npi",)]


def test_an_entry_names_a_taxonomy() -> None:
    with pytest.raises(ValidationError, match="taxonomies"):
        worker_taxonomy.Entry.model_validate({"id": "rule", "source": "s1", "taxonomies": []})
