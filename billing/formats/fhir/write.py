"""Write claims as FHIR R4: one resource per line, or in a Bundle, in JSON or XML."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, Literal

from billing.batch import Batch
from billing.errors import UsageError
from billing.formats.fhir.build import claim_resource
from billing.formats.fhir.checking import Node

NAMESPACE = uuid.UUID("5b0f6d0e-6a2f-5d53-9f6e-3c1d6b0a7e11")
"""Of the ids that are made: the same claims get the same ids in every run."""

Form = Literal["ndjson", "bundle", "xml"]


def write_fhir(batch: Batch, settings: object = None, *, form: Form = "ndjson") -> bytes:  # noqa: ARG001 every format's writer takes settings; FHIR needs none
    """Write the claims of a batch as FHIR.

    Args:
        batch: The claims. What could not be read as a claim is not in the file.
        settings: Passed over: nothing of a sender's own has to be added.
        form: `ndjson`, one claim per line; `bundle`, a collection in JSON; `xml`, the same in XML.

    Returns:
        The file. Each claim contains what it refers to, so that a line or an entry can be understood alone; reading
        the file gives the same claims.

    Raises:
        UsageError: A claim holds a character that XML cannot hold.
    """
    resources = list(resources_of(batch))
    if form == "ndjson":
        return "".join(f"{to_json(resource)}\n" for resource in resources).encode()
    bundle = bundle_of(resources)
    return to_xml(bundle) if form == "xml" else f"{to_json(bundle, entries_on_lines=True)}\n".encode()


def write_fhir_bundle(batch: Batch, settings: object = None) -> bytes:
    """Write the claims of a batch as one Bundle in JSON; see `write_fhir`."""
    return write_fhir(batch, settings, form="bundle")


def write_fhir_xml(batch: Batch, settings: object = None) -> bytes:
    """Write the claims of a batch as one Bundle in XML; see `write_fhir`."""
    return write_fhir(batch, settings, form="xml")


def resources_of(batch: Batch) -> Iterator[Node]:
    """Yield the claims of a batch as resources, in order."""
    lines_of = _by_claim(batch.lines.sort("line_key").iter_rows(named=True))
    malformed_of = _by_claim(batch.malformed.iter_rows(named=True))
    for number, claim in enumerate(batch.claims.sort("claim_key").iter_rows(named=True), 1):
        key = claim["claim_key"]
        id_ = made_id("claim", str(number), claim["claim_id"])
        yield claim_resource(claim, lines_of[key], malformed_of[key], id_)


def _by_claim(rows: Iterable[dict[str, Any]]) -> defaultdict[int, list[dict[str, Any]]]:
    grouped: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["claim_key"]].append(row)
    return grouped


def made_id(*parts: str) -> str:
    """Return the id of a resource that has none, the same for the same parts."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(parts)))


def bundle_of(resources: Iterable[Node]) -> Node:
    """Return a collection of resources whose ids are UUIDs."""
    entries = [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection"} | ({"entry": entries} if entries else {})


def to_xml(resource: Node) -> bytes:
    """Return a resource in XML.

    Raises:
        UsageError: It holds a character that XML cannot hold.
    """
    from lxml import etree  # noqa: PLC0415 most runs write no XML

    from billing.formats.fhir.xml_text import element_of  # noqa: PLC0415 likewise

    try:
        element = element_of(resource)
    except ValueError:
        raise UsageError(
            "a claim holds a character that XML cannot hold, such as a zero byte\n  fix: write FHIR in JSON"
        ) from None
    etree.indent(element)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(element, encoding="utf-8") + b"\n"


def to_json(node: object, *, entries_on_lines: bool = False) -> str:
    """Return a resource in JSON; decimals keep their digits."""
    if isinstance(node, str):
        return encode_basestring(node)
    if isinstance(node, dict):
        if entries_on_lines and isinstance(entries := node.get("entry"), list):
            head = to_json({name: value for name, value in node.items() if name != "entry"})
            return f'{head[:-1]}, "entry": [\n' + ",\n".join(to_json(entry) for entry in entries) + "\n]}"
        return "{" + ", ".join([f'"{name}": {to_json(value)}' for name, value in node.items()]) + "}"
    if isinstance(node, list):
        return "[" + ", ".join([to_json(item) for item in node]) + "]"
    if isinstance(node, Decimal):
        return f"{node:f}"
    return json.dumps(node)
