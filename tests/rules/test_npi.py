from __future__ import annotations

import pytest

from billing.rules import npi as kind
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed

CHECK_DIGIT = "The billing NPI {} fails its check digit; one of its digits is mistyped."
SHAPE = "The billing NPI {} is not ten digits that begin with 1 or 2."


@pytest.mark.parametrize("number", ["1234567893", "1558598797", "1245319599", "1999999984"])
def test_a_number_with_its_check_digit_passes(number: str) -> None:
    assert judge(kind, an_entry(kind, provider="billing"), placed(a_claim(billing_provider={"npi": number}))) == []


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("1234567890", CHECK_DIGIT), ("1234567983", CHECK_DIGIT), ("0234567893", SHAPE), ("3234567890", SHAPE),
        ("123456789", SHAPE), ("12345678930", SHAPE), ("123456789X", SHAPE),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_an_npi_is_a_finding_for_the_claim(number: str, message: str) -> None:
    found = judge(kind, an_entry(kind, provider="billing"), placed(a_claim(billing_provider={"npi": number})))
    assert found == [Found(None, "billing_npi_invalid", "fail", message.format(number), number, None)]


def test_a_line_with_its_own_rendering_provider_is_told_apart_from_the_claim() -> None:
    lines = (a_line(), a_line(line_number=2, rendering_provider={"npi": "1234567890"}))
    entry = an_entry(kind, provider="rendering")
    assert [item.line for item in judge(kind, entry, placed(a_claim(*lines)))] == [2]
    both = judge(kind, entry, placed(a_claim(*lines, rendering_provider={"npi": "123"})))
    assert [(item.line, item.found) for item in both] == [(None, "123"), (2, "1234567890")]


@pytest.mark.parametrize("provider", ["billing", "facility", "rendering", "supervising", "ordering", "referring"])
def test_an_absent_number_is_not_looked_at(provider: str) -> None:
    bare = a_claim(billing_provider={"npi": " "}, rendering_provider=None)
    assert judge(kind, an_entry(kind, provider=provider), placed(bare)) == []


@pytest.mark.parametrize("provider", ["supervising", "ordering", "referring"])
def test_every_provider_of_a_claim_has_a_cause_of_its_own(provider: str) -> None:
    rows = placed(a_claim(frequency_code="8", **{f"{provider}_provider": {"npi": "1"}}))
    assert [item.cause for item in judge(kind, an_entry(kind, provider=provider), rows)] == [f"{provider}_npi_invalid"]


def test_the_service_place_is_a_claims_own() -> None:
    rows = placed(a_claim(service_facility={"npi": "1"}))
    found = judge(kind, an_entry(kind, provider="facility"), rows)
    assert [(item.line, item.cause) for item in found] == [(None, "facility_npi_invalid")]
