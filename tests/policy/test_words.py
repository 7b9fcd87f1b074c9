"""Facts in words, what should be mended, and the schema for editors."""

from __future__ import annotations

import json

import pytest

from billing.policy import json_schema, loading
from billing.policy.lint import lint
from billing.policy.translating import known_keys
from billing.policy.words import fact_in_words, severity_in_words
from billing.rules import KINDS, timely_filing
from tests.policy.conftest import Shelf, a_program


def test_facts_of_kinds_without_words_of_their_own_are_spelled_out(shelf: Shelf) -> None:
    text = a_program().replace("max: 4}, source", 'max: 4}, also_allowed: ["95"], other_modifiers: refused, source')
    entry = "  - {id: weekly, at_most: 2.50, per: week, when: {age_under: 21}, shadow: true, severity: note, source: bulletin}\n"
    shelf.put("states/xx/xx-chw.yaml", text.replace("sources:", entry + "sources:"))
    program = loading.load_codesets(["xx-chw"]).programs[0]
    reading = "review, because it rests on a reading: a month is a calendar month"
    words = [(fact.kind, fact_in_words(fact, program.services), severity_in_words(fact)) for fact in program.facts]
    assert words == [
        ("covered_services", "98960 U7: covered services.", "reject"),
        ("modifiers", "98960 U7: modifiers U7.", "reject"),
        ("covered_services", "98960 HQ: covered services.", "reject"),
        ("group_size", "98960 HQ: group size min 2, max 4.", "reject"),
        ("modifiers", "98960 HQ: modifiers HQ.", "reject"),
        ("unit_limits", "Unit limits: at most 4 units per day. Only for 98960 U7.", "reject"),
        ("unit_limits", "Unit limits: at most 24 units per month.", reading),
        ("unit_limits",
         "Unit limits: at most 2.5 units per week. Only for members under 21. On trial: it decides nothing.", "note"),
    ]  # fmt: skip


def test_a_source_that_nobody_cites_and_a_number_without_an_address_should_be_mended(shelf: Shelf) -> None:
    text = a_program(more="  other: {title: A, publisher: B, form: page, read_on: 2026-11-22, official: true}\n")
    shelf.put("states/xx/xx-chw.yaml", text)
    shelf.put("states/yy/yy-chw.yaml", a_program("yy-chw").replace("https://example.org/bulletin", "''"))
    files = loading.load_library().files
    assert [str(problem) for problem in lint(files, files)] == [
        "codesets/states/xx/xx-chw.yaml:15:3: other: no entry cites this source\n  fix: cite it, or take it out",
        (
            "codesets/states/yy/yy-chw.yaml:8:61: unit_minutes: a number whose source has no address\n"
            "  fix: give the source its `url`, or say in its `note` where it was read"
        ),
        (
            "codesets/states/yy/yy-chw.yaml:11:41: at_most: a number whose source has no address\n"
            "  fix: give the source its `url`, or say in its `note` where it was read"
        ),
        (
            "codesets/states/yy/yy-chw.yaml:12:19: at_most: a number whose source has no address\n"
            "  fix: give the source its `url`, or say in its `note` where it was read"
        ),
    ]


def test_a_source_that_an_overlay_replaces_is_cited_by_its_base(shelf: Shelf) -> None:
    shelf.put("states/xx/xx-chw.yaml", a_program())
    newer = "{title: A newer bulletin, publisher: B, form: page, read_on: 2026-11-22, official: true}"
    shelf.put_local("xx-chw.yaml", f"program: xx-chw\nextends: xx-chw\nsources: {{bulletin: {newer}}}\n")
    library = loading.load_library([shelf.local])
    assert lint([file for file in library.files if file.layer == "folder"], library.files) == []
    assert library.programs["xx-chw"].facts[0].source.title == "A newer bulletin"


def test_the_schema_knows_every_key_and_describes_it() -> None:
    schema = json_schema.program_schema()
    assert schema["additionalProperties"] is False
    assert {
        "program",
        "services",
        "sources",
        *(k for k in KINDS if hasattr(KINDS[k], "Entry")),
    } <= set(schema["properties"])
    service = schema["$defs"]["Service"]["properties"]
    assert service["procedure"] == {"description": "Procedure code.", "title": "Procedure", "type": "string"}
    assert service["date_ranges"]["enum"] == ["allowed", "refused"]


def test_the_schema_describes_what_stands_inside_an_entry_and_keys_that_python_spells_otherwise() -> None:
    definitions = json_schema.program_schema()["$defs"]
    assert definitions["Extension"]["description"].startswith("More time after something happened")
    assert definitions["Extension"]["properties"]["after"]["description"].startswith("What happened")
    assert definitions["Conditions"]["properties"]["pregnant"]["description"].startswith("The member is pregnant")
    assert definitions["Episode"]["properties"]["file"]["description"] == "The file that holds it."
    filing = next(each for each in definitions.values() if "from" in each.get("properties", {}))["properties"]
    assert filing["from"]["description"].startswith("What the time counts from")
    assert filing["for"]["description"].startswith("What is sent")


def test_a_key_that_python_spells_otherwise_is_offered_as_files_write_it() -> None:
    keys = known_keys(timely_filing.Entry, ())
    assert {"from", "for"} <= set(keys)
    assert {"from_", "for_"}.isdisjoint(keys)


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    schema = json_schema.program_schema()
    refs = [part.split('"')[0] for part in json.dumps(schema).split('"$ref": "#/$defs/')[1:]]
    assert refs
    assert set(refs) <= set(schema["$defs"])


@pytest.mark.parametrize("name", ["unit_limits", "required_fields"])
def test_entries_of_a_kind_complete_the_common_keys_too(name: str) -> None:
    schema = json_schema.program_schema()
    entry = schema["properties"][name]["items"]["anyOf"][0]["$ref"].rsplit("/", 1)[1]
    assert {"id", "services", "source", "effective", "ended", "assumed", "severity", "shadow", "when"} <= set(
        schema["$defs"][entry]["properties"]
    )
