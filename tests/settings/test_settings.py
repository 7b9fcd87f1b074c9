"""The settings file: what it takes, and every problem with its place and what to write."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from billing.cli.settings import settings as command
from billing.errors import CleanclaimError, SettingsError
from billing.policy.translating import model_in
from billing.settings import Settings, load_settings
from billing.settings.reading import parse_settings, settings_schema, skeleton
from tests.outgoing import NAMED, SETTINGS, settings


def problems(text: str) -> str:
    """What is said of a settings file that cannot be used."""
    with pytest.raises(SettingsError) as refused:
        parse_settings(text.encode(), "cleanclaim.yaml")
    return str(refused.value)


def test_settings_are_read_and_numbers_are_taken_without_their_hyphens() -> None:
    read = settings(NAMED)
    assert read.billing_providers[0].tax_id == "480000000"
    assert read.billing_providers[0].address.zip == "666030001"
    assert read.submitter.contact.phone == "8005550100"
    assert [provider.full_name for provider in read.providers] == ["WORKER, ANN", "EXAMPLE CENTER"]
    assert read.interchange.delimiters.signs == ("*", ":", "^", "~")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('  name: "EXAMPLE BILLING"\n', "",
         ("cleanclaim.yaml:2:3: submitter.name: is missing\n"
         "  fix: add `name: ...`, name the receiver knows the sender by (1000A NM103)")),
        ("usage: T", "usage: X",
         "cleanclaim.yaml:7:10: usage: 'X' is not one of its words\n  fix: write one of T, P"),
        ("usage: T", "usgae: T",
         "cleanclaim.yaml:7:3: usgae: no key here has this name\n  fix: did you mean 'usage'?"),
        ('npi: "1234567893"', "npi: 1234567893",
         'cleanclaim.yaml:9:10: npi: codes are text: write "1234567893" in quotes'),
        ('npi: "1234567893"', 'npi: "1234567890"',
         "cleanclaim.yaml:9:10: npi: this is no NPI: its last digit does not fit the others; look for swapped digits"),
        ("66603-0001", "66603",
         ("cleanclaim.yaml:13:69: zip: the guide demands all nine digits of the ZIP here; "
         "the post office's ZIP lookup has them")),
        ("48-0000000", "48-000", "cleanclaim.yaml:11:13: tax_id: a tax id has nine digits"),
        ("EXAMPLE AGENCY", "EXAMPLE: AGENCY",
         ("cleanclaim.yaml:12:11: billing_providers[1].name: holds ':', which is a delimiter of the file\n"
         "  fix: take it out, or choose another sign under interchange.delimiters")),
        ("EXAMPLE AGENCY", "AGENCÍA",
         "cleanclaim.yaml:12:11: name: holds 'Í', which X12 does not carry; write plain letters without accents"),
        ("EXAMPLE AGENCY", "<legal name>",
         ("cleanclaim.yaml:12:11: billing_providers[1].name: is not filled in\n"
         "  fix: write here: name of an organization (NM103)")),
        ('id: "MEDICARE"', 'id: "KMAP"', "cleanclaim.yaml:1:1: the file: payers lists one id twice; keep one of them"),
        ('id: "SENDER01"', 'id: "A-SENDER-ID-OF-MANY-LETTERS"',
         ("cleanclaim.yaml:1:1: the file: the submitter's id has more than 15 characters; "
         "give interchange.sender_id too")),
    ],
)  # fmt: skip
def test_a_problem_has_its_place_and_what_to_write(old: str, new: str, said: str) -> None:
    assert old in SETTINGS
    assert problems(SETTINGS.replace(old, new)) == said


def test_all_that_is_missing_is_said_by_name_with_what_it_is_for() -> None:
    assert problems("submitter: {}\n") == "\n".join(
        f"cleanclaim.yaml:1:{column}: {key}: is missing\n  fix: add `{key.rpartition('.')[2]}: ...`, {purpose}"
        for column, key, purpose in [
            (1, "billing_providers", "who is paid; the first is used where a claim names none (2010AA)"),
            (1, "interchange", "the envelope: test or production, ids, control numbers (ISA, GS)"),
            (1, "payers", "the payers; the first is used where a claim names none (2010BB, 2330B)"),
            (1, "receiver", "who takes the file in (1000B)"),
            (12, "submitter.contact", "whom the receiver calls about the file (1000A PER)"),
            (12, "submitter.id", "submitter id (ETIN) the receiver gave the sender (1000A NM109)"),
            (12, "submitter.name", "name the receiver knows the sender by (1000A NM103)"),
        ]
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cleanclaim.yaml:1:1: is empty\n  fix: `cleanclaim settings new` writes one to fill in"),
        ("- a\n", "cleanclaim.yaml:1:1: is no settings file\n  fix: begin with `submitter:`; `cleanclaim settings new`"),
        ("a: &x 1\n", "cleanclaim.yaml:1:4: anchors and aliases are not used in settings files"),
        ("submitter: {name: [", "cleanclaim.yaml:2:1: cannot be read as YAML"),
        ("submitter: 010\n", 'cleanclaim.yaml:1:12: submitter: codes are text: write "010" in quotes'),
    ],
)  # fmt: skip
def test_what_is_no_settings_file_is_said_in_a_sentence(text: str, said: str) -> None:
    assert said in problems(text)


def test_a_file_that_is_not_there_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such settings file\n  fix: `cleanclaim settings new`"):
        load_settings(tmp_path / "none.yaml")
    with pytest.raises(SettingsError, match="cannot be read: is a directory"):
        load_settings(tmp_path)


def test_the_file_of_control_numbers_lies_beside_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "cleanclaim.yaml"
    file.write_text(SETTINGS.replace("usage: T", "usage: T\n  control_numbers: numbers.json"))
    assert load_settings(file).control_number_file == tmp_path / "numbers.json"


def test_the_skeleton_names_every_key_and_loads_once_it_is_filled_in() -> None:
    text = re.sub(r"(?m)^(\s*)# (?=( *- | *)[a-z_0-9]+:|  )", r"\1", skeleton())
    filled = text
    for old, new in {
        "<ten digits>": "1234567893", "<nine digits>": "480000000", "<all nine digits>": "666030001",
        "<five or nine digits>": "66603", "<two letters>": "KS", "<ten characters>": "251S00000X",
    }.items():  # fmt: skip
        filled = filled.replace(old, new)
    filled = re.sub(r"<[^>]*>", "EXAMPLE", filled)
    for key in sorted(_keys(Settings)):
        assert re.search(rf"(?<![a-z_]){key}:", filled), key
    plain = re.sub(r"<[^>]*>", "EXAMPLE", skeleton().replace("<ten digits>", "1234567893")
                   .replace("<nine digits>", "480000000").replace("<all nine digits>", "666030001")
                   .replace("<two letters>", "KS").replace("<ten characters>", "251S00000X"))  # fmt: skip
    assert (
        parse_settings(plain.replace('phone: "1234567893"', 'phone: "8005550100"').encode(), "s").interchange.usage
        == "T"
    )


def _keys(model: type[BaseModel]) -> set[str]:
    found = set(model.model_fields)
    for field in model.model_fields.values():
        if (inner := model_in(field.annotation)) is not None:
            found |= _keys(inner)
    return found


def test_every_key_says_what_it_is_for() -> None:
    def silent(model: type[BaseModel]) -> list[str]:
        fields = model.model_fields.items()
        inside = [key for _, field in fields if (inner := model_in(field.annotation)) for key in silent(inner)]
        return [name for name, field in fields if not field.description] + inside

    assert silent(Settings) == []
    schema: dict[str, Any] = settings_schema()
    assert schema["required"] == ["submitter", "receiver", "interchange", "billing_providers", "payers"]
    assert schema["additionalProperties"] is False


# ------------------------------------------------------------------------------------------------------ the command


def test_a_new_file_is_written_for_its_owner_alone_and_never_over_another(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    assert CliRunner().invoke(command, ["new", str(file)], standalone_mode=False).exception is None
    assert file.read_text("utf-8") == skeleton()
    assert file.stat().st_mode & 0o077 == 0
    again = CliRunner().invoke(command, ["new", str(file)], standalone_mode=False).exception
    assert isinstance(again, CleanclaimError)
    assert "exists, and is not replaced" in str(again)


def test_a_checked_file_says_what_files_written_with_it_will_say(tmp_path: Path) -> None:
    file = tmp_path / "cleanclaim.yaml"
    file.write_text(SETTINGS.replace("usage: T", "usage: T\n  control_numbers: numbers.json") + NAMED)
    assert CliRunner().invoke(command, ["check", str(file)], standalone_mode=False).output == (
        "Nothing to mend. A file written with these settings is a test file\n"
        "  from      EXAMPLE BILLING (ZZ SENDER01)\n"
        "  to        EXAMPLE MEDICAID (ZZ KMAP)\n"
        "  paid      EXAMPLE AGENCY (NPI 1234567893, tax id 480000000)\n"
        "  payer     EXAMPLE MEDICAID (KMAP, MC)\n"
        "  payer     MEDICARE (MEDICARE, MB)\n"
        "  names     of 2 providers that claims may name by NPI alone\n"
        "  numbers   next is 1, kept in numbers.json\n"
    )


def test_the_schema_is_printed_for_people_and_for_editors() -> None:
    text = CliRunner().invoke(command, ["schema"], standalone_mode=False).output
    assert "\nbilling_providers[].address.zip                ZIP, all nine digits (N403)\n" in text
    assert json.loads(CliRunner().invoke(command, ["schema", "--format", "json"], standalone_mode=False).output) == (
        settings_schema()
    )
