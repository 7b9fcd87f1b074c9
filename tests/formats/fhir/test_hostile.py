"""Files that are out to break the reader: refused or unreadable in words, in bounded time and memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.errors import CleanclaimError, InputError
from billing.formats import read as read_any
from billing.formats.fhir import documents
from billing.formats.fhir import read as reading
from billing.formats.fhir.read import read_fhir
from billing.formats.fhir.write import to_xml
from tests.fhir_files import bundle, claim, contained, lines

XML = to_xml(json.loads(bundle(claim("A"), claim("B"))))
BUNDLE = bundle(claim("A"), claim("B"))
LINES = lines(contained(claim("A")), contained(claim("B")))
BOMB = b"".join(
    b'<!ENTITY l%d "%s">' % (number, b"&l%d;" % (number - 1) * 10 if number else b"lol" * 10) for number in range(10)
)


def refused(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_fhir(data, "may")
    return str(caught.value).partition("\n")[0]


@pytest.mark.parametrize(
    "prolog",
    [
        b"<!DOCTYPE Bundle [" + BOMB + b"]>",
        b'<!DOCTYPE Bundle [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE Bundle SYSTEM "http://example.org/evil.dtd">',
        b'<!DOCTYPE Bundle [<!ENTITY % p SYSTEM "http://example.org/evil.dtd"> %p;]>',
        b"<!-- one --><?two three?>\n<!DOCTYPE Bundle>",
        b"<!doctype Bundle>",
    ],
)  # fmt: skip
def test_a_document_type_is_refused_before_anything_is_parsed(prolog: bytes) -> None:
    head, _, body = XML.partition(b"\n")
    data = head + prolog + body.replace(b'"claim"', b'"&l9;"').replace(b'value="A"', b'value="&x;"')
    assert refused(data) == "may: FHIR in XML has no document type declaration (DOCTYPE): leave it out"


def test_an_entity_that_nobody_declared_is_no_well_formed_xml() -> None:
    assert refused(XML.replace(b'"claim"', b'"&x;"')).startswith("may: this is no well-formed XML, from line ")


def test_no_file_and_no_network_is_touched_by_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket", None)
    body = XML.replace(b"<Bundle ", b'<Bundle xmlns:xi="http://www.w3.org/2001/XInclude" ')
    body = body.replace(b"<type ", b'<xi:include href="file:///etc/passwd" parse="text"/><type ', 1)
    body = body.replace(b"?>", b'?><?xml-stylesheet href="http://example.org/x.xsl"?>', 1)
    assert read_fhir(body, "may").claims.get_column("claim_id").to_list() == ["A", "B"]


@pytest.mark.parametrize("deep", [300, 100_000])
def test_deep_nesting_is_refused_or_unreadable(deep: int) -> None:
    nested = b"<extension>" * deep + b"</extension>" * deep
    assert refused(XML.replace(b"<use ", nested + b"<use ", 1)).startswith(
        "may: this is no well-formed XML, from line "
    )
    text = '{"extension": ' * deep + "1" + "}" * deep
    one = json.dumps(contained(claim("A"))).replace('"use": "claim"', f'"use": "claim", "extension": [{text}]').encode()
    batch = read_fhir(LINES + one + b"\n", "may")
    assert len(batch.claims) + len(batch.unreadable) == 3
    assert len(batch.claims) == (3 if deep == 300 else 2)
    broken = read_fhir(BUNDLE.replace(b'"use": "claim"', f'"use": "claim", "extension": [{text}]'.encode(), 1), "may")
    assert len(broken.claims) == (2 if deep == 300 else 1)


@pytest.mark.parametrize(
    "number",
    ["1e999999", "-1E+400", "9" * 100_000, "0." + "0" * 100_000 + "1", "NaN", "Infinity", "-Infinity", "1e-999999"],
)
@pytest.mark.parametrize(
    "place", ['"net": {"value": ', '"quantity": {"value": ', '"sequence": ', '"total": {"value": ']
)
def test_numbers_out_of_all_bounds_are_unreadable_or_kept_as_text(number: str, place: str) -> None:
    text = json.dumps(contained(claim("A")))
    start = text.rindex(place) + len(place)
    stop = min(text.index(mark, start) for mark in ",}" if mark in text[start:])
    batch = read_fhir(LINES + (text[:start] + number + text[stop:] + "\n").encode(), "may")
    assert len(batch.claims) + len(batch.unreadable) == 3
    if "total" in place or "net" in place:
        assert len(batch.claims) == 2
    assert number not in "".join(batch.unreadable.get_column("reason").to_list())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_xml_in_utf_16_is_refused_in_words(encoding: str) -> None:
    data = XML.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
    assert "UTF-16" in refused(data)
    with pytest.raises(InputError, match="\n  fix: "):
        read_any(data)


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252", "UTF-7", "no-such"])
def test_xml_in_another_encoding_is_refused_in_words(encoding: str) -> None:
    data = XML.replace(b'encoding="UTF-8"', f"encoding='{encoding}'".encode())
    assert (
        refused(data) == "may: only UTF-8 is read as FHIR in XML: save the file as UTF-8, and say so in its first line"
    )


def test_bytes_that_are_no_utf_8_are_refused_or_unreadable() -> None:
    assert refused(BUNDLE.replace(b"JANE", b"J\xe9NE")).startswith("may: byte ")
    assert refused(XML.replace(b"JANE", b"J\xe9NE")).startswith("may: this is no well-formed XML, from line ")
    batch = read_fhir(LINES.replace(b"JANE", b"J\xe9NE", 1), "may")
    assert batch.claims.get_column("claim_id").to_list() == ["B"]


def test_a_line_that_is_too_long_is_unreadable_and_never_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LONGEST_LINE", 5000)
    long = json.dumps(contained(claim("LONG", text={"status": "generated", "div": "x" * 6000}))).encode()
    batch = read_fhir(LINES + long + b"\n", "may")
    assert batch.claims.get_column("claim_id").to_list() == ["A", "B"]
    assert batch.unreadable.get_column("reason").to_list() == ["the line is 0 MB long; a claim has at most 0"]


def test_a_document_that_is_too_large_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_DOCUMENT", 2**20)
    monkeypatch.setattr(reading, "LARGEST_XML", 2**20)
    for start in (b'{"resourceType": "Bundle", "type": "', b'<Bundle xmlns="http://hl7.org/fhir"><type value="'):
        data = start + b"x" * 2**21
        tracemalloc.start()
        words = refused(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert words == "may: the file is 2 MB in one piece; write one resource per line, or at most 1 MB of claims"
        assert peak < 3 * len(data)


def test_a_document_of_countless_tiny_values_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_PARTS", 1_000_000)
    for data in (
        b'{"resourceType": "Bundle", "entry": [' + b"1," * 2_000_000 + b"1]}",
        b'{"resourceType": "Claim", "item": [' + b"{}" * 2_000_000 + b"]}",
        b'<Bundle xmlns="http://hl7.org/fhir">' + b"<a/>" * 1_000_000 + b"</Bundle>",
    ):
        assert refused(data).startswith(
            "may: the file is one piece of some 2 million values; write one resource per line"
        )


def test_many_broken_entries_cost_no_more_than_the_file_is_long() -> None:
    began = time.process_time()
    data = b'{"resourceType": "Bundle", "entry": [' + b",".join([b'{"resource": {]}'] * 3000) + b"]}"
    with pytest.raises(InputError):
        read_fhir(data + b"x", "may")
    unclosed = b'{"resourceType": "Bundle", "entry": [' + b'{"resource": [' * 100_000
    assert len(read_fhir(unclosed, "may").unreadable) == 1
    assert time.process_time() - began < 5


def test_many_claims_of_one_id_are_found_in_no_more_than_their_number() -> None:
    began = time.process_time()
    data = lines(*(claim("C", id="same", related=[{"claim": {"reference": "Claim/same"}}]) for _ in range(500)))
    batch = read_fhir(data, "may")
    assert len(batch.claims) == 500
    assert batch.sources[0].subset(batch.claims.get_column("claim_key").head(250)).count(b"\n") == 250
    assert time.process_time() - began < 5


@settings(max_examples=80)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_in_words(data: st.DataObject) -> None:
    sound = data.draw(st.sampled_from([BUNDLE, LINES, XML]))
    start = data.draw(st.integers(0, len(sound)))
    stop = data.draw(st.integers(start, min(len(sound), start + 40)))
    damaged = (
        sound[:start]
        + data.draw(st.binary(max_size=6) | st.sampled_from([b'"', b"{", b"]", b"<", b"&lt;"]))
        + sound[stop:]
    )
    try:
        batch = read_fhir(damaged, "may")
    except CleanclaimError as error:
        assert "\n  fix: " in str(error)
        return
    source = batch.sources[0]
    half = source.subset(batch.claims.get_column("claim_key").head(1))
    if not batch.claims.is_empty():
        again = read_fhir(half, "may")
        assert again.claims.get_column("claim_id").to_list() == batch.claims.get_column("claim_id").head(1).to_list()


def test_anything_at_all_is_a_batch_or_refused_in_words() -> None:
    odd: list[Any] = [b"", b"{", b"{}", b"[]", b"null", b"{}\n{}", b"<a/>", b"<", b'{"resourceType": "Claim"}', b'{"resourceType": 7}',
                      b'{"resourceType": "Bundle"}', b'{"resourceType": "Bundle", "entry": 7}', b'{"resourceType": "Bundle", "entry": [7, null, {}, [], {"resource": null}]}']  # fmt: skip
    for data in odd:
        try:
            batch = read_fhir(data, "may")
        except InputError as error:
            assert "\n  fix: " in str(error)
        else:
            assert batch.claims.is_empty()
            assert not batch.unreadable.is_empty()
