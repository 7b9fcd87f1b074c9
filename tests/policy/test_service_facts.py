"""Facts about services: which kinds are given one, by whose word, and how it reads."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from billing.policy import loading
from billing.policy.codesets import Fact
from billing.policy.schema import Service, Source
from billing.policy.words import fact_in_words
from billing.rules import KINDS, unit_minutes
from tests.policy.conftest import BULLETIN, Shelf

PROGRAM = """\
program: xx-peer
state: XX
name: Peer support
status: in_force
services:
  - {{id: peer, procedure: "H0038", source: bulletin, {}}}
sources:
  bulletin: {}
  blog: {{title: A blog, publisher: P, form: article, url: https://example.org/b, read_on: 2026-11-22, official: false}}
"""


def facts(shelf: Shelf, keys: str) -> list[Fact]:
    KINDS["unit_minutes"] = unit_minutes  # the shelf puts the table of kinds back
    shelf.put("states/xx/xx-peer.yaml", PROGRAM.format(keys, BULLETIN))
    return [fact for fact in loading.load_codesets(["xx-peer"]).programs[0].facts if fact.kind == "unit_minutes"]


@pytest.mark.parametrize(
    ("keys", "titles"),
    [
        ("name: peer", []),
        ("unit_minutes: 15", ["A bulletin"]),
        ("unit_minutes: 15, unit_minutes_source: blog", ["A blog"]),
        ("rounding: per_day", ["A bulletin"]),
        ("minimum_minutes: 8, rounding_source: blog", ["A blog"]),
        ("unit_minutes: 15, unit_minutes_source: blog, rounding: midpoint", ["A bulletin"]),
    ],
)
def test_a_service_that_says_something_of_its_minutes_has_a_fact_that_names_whose_word_it_is(
    shelf: Shelf, keys: str, titles: list[str]
) -> None:
    assert [fact.source.title for fact in facts(shelf, keys)] == titles


def test_a_fact_that_rests_on_two_sources_is_capped_by_either(shelf: Shelf) -> None:
    by_blog = ("its source is unofficial", "its source is an article")
    for keys, caps in (
        ("unit_minutes: 15, rounding: midpoint", ()),
        ("unit_minutes: 15, unit_minutes_source: blog, rounding: midpoint", by_blog),
        ("unit_minutes: 15, rounding: midpoint, rounding_source: blog", by_blog),
        ("unit_minutes: 15, unit_minutes_source: blog, rounding: midpoint, rounding_source: blog", by_blog),
    ):
        assert [fact.caps for fact in facts(shelf, keys)] == [caps]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"unit_minutes": 15, "rounding": "full_unit"}, "For H0038 minutes are billed in full units of 15 minutes."),
        ({"unit_minutes": 15, "rounding": "midpoint", "minimum_minutes": 8, "rounding_scope": "day"},
         "For H0038 minutes are billed in units of 15 minutes, to the nearest, none under 8 minutes. They are rounded per day."),
        ({"rounding": "per_day"}, "For H0038 minutes are billed one per day."),
        ({"minimum_minutes": 8}, "For H0038 minutes are billed none under 8 minutes."),
        ({"unit_minutes": 15}, "A unit of H0038 is 15 minutes; how minutes are rounded is not sourced."),
        ({"unit_minutes": 15, "minimum_minutes": 8},
         "A unit of H0038 is 15 minutes, none under 8; how minutes are rounded is not sourced."),
        ({"unit_minutes": 30, "rounding": "full_unit", "rounding_scope": "month", "minutes_before": 60},
         "For H0038 minutes are billed in full units of 30 minutes. They are rounded per month. The first 60 minutes are another service's."),
    ],
)  # fmt: skip
def test_how_minutes_become_units_is_put_into_words(values: dict[str, Any], words: str) -> None:
    service = Service(id="peer", procedure="H0038", source="s1", **values)
    source = Source(title="A", publisher="B", form="manual", read_on=date(2026, 11, 22), official=True)
    fact = Fact("xx-peer.services.peer", "unit_minutes", service, "xx-peer", ("peer",), None, None, source)
    assert fact_in_words(fact) == words
