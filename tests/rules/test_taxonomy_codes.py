from __future__ import annotations

import pytest

from billing.policy.codesets import Fact
from billing.rules import taxonomy_codes
from tests.rules.code_lists import an_edition, with_lists
from tests.rules.harness import Found, a_claim, a_line, an_entry, judge, placed, said

KNOWN = an_edition(
    "taxonomies",
    [("172V00000X", "worker", "community health worker"), ("175T00000X", "worker", "peer specialist")],
    name="provider-taxonomies",
)


def of(provider: str) -> Fact:
    return with_lists(an_entry(taxonomy_codes, provider=provider), KNOWN)


def billed(taxonomy: str | None) -> list[Found]:
    rows = placed(a_claim(billing_provider={"npi": "1234567893", "taxonomy": taxonomy}))
    return judge(taxonomy_codes, of("billing"), rows)


@pytest.mark.parametrize("taxonomy", ["251S00000X", "101YA0400X", "000000000X", "ABCDEFGHIX", None, "", " "])
def test_ten_characters_that_end_in_x_pass_whether_the_list_knows_them_or_not(taxonomy: str | None) -> None:
    assert billed(taxonomy) == []


@pytest.mark.parametrize(
    "taxonomy", ["251S0000X", "251S000000X", "251S00000Y", "251s00000X", "251S00000x", "251S-0000X", "251S 00000X", "X"]
)
def test_any_other_shape_is_a_finding(taxonomy: str) -> None:
    message = f"The billing provider's taxonomy {taxonomy} is not ten characters that end in X."
    assert billed(taxonomy) == [Found(None, "taxonomy_invalid", "fail", message, taxonomy, None)]


def test_the_rendering_provider_of_the_claim_is_told_once_and_a_line_s_own_on_its_line() -> None:
    lines = [a_line(), a_line(line_number=2, rendering_provider={"npi": "1558598797", "taxonomy": "172"}),
             a_line(line_number=3, rendering_provider={"npi": "1558598797", "taxonomy": "172V00000X"})]  # fmt: skip
    rows = placed(a_claim(*lines, rendering_provider={"npi": "1558598797", "taxonomy": "175"}))
    words = "The rendering provider's taxonomy {} is not ten characters that end in X."
    assert judge(taxonomy_codes, of("rendering"), rows) == [
        Found(None, "taxonomy_invalid", "fail", words.format("175"), "175", None),
        Found(2, "taxonomy_invalid", "fail", words.format("172"), "172", None),
    ]


@pytest.mark.parametrize(
    ("taxonomy", "remedy"),
    [
        ("251s00000x", "Write it as 251S00000X."),
        ("251S 0000-0X", "Write it as 251S00000X."),
        ("175T0000X", "Was 175T00000X (peer specialist) meant? Send it if the provider is enrolled with it."),
        ("172v000000x", "Was 172V00000X (community health worker) meant? Send it if the provider is enrolled with it."),
        ("9", "Copy the taxonomy that the provider is enrolled with at the payer."),
    ],
)
def test_what_was_meant_is_said_where_it_is_certain_or_on_the_list(taxonomy: str, remedy: str) -> None:
    rows = placed(a_claim(billing_provider={"npi": "1234567893", "taxonomy": taxonomy}))
    assert [words for _, words in said(taxonomy_codes, of("billing"), rows)] == [remedy]


def test_without_the_list_the_shape_is_still_looked_at() -> None:
    rows = placed(a_claim(billing_provider={"npi": "1234567893", "taxonomy": "175T0000X"}))
    found = said(taxonomy_codes, an_entry(taxonomy_codes, provider="billing"), rows)
    assert [remedy for _, remedy in found] == ["Copy the taxonomy that the provider is enrolled with at the payer."]
