"""FHIR in XML: a text to the same resources as JSON gives, and back.

A document type declaration is refused before anything is parsed: FHIR has none, and entities live in it. Nothing is
fetched, depth and size are limited.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from lxml import etree

from billing.formats.fhir.checking import Node, UnreadableError
from billing.formats.fhir.shapes import SHAPES

FHIR = "http://hl7.org/fhir"
_XML = f"{{{FHIR}}}"
_PROLOG = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_HEAD = 200
_READ_ENCODINGS = (b"utf-8", b"us-ascii", b"ascii")
_HOLDERS = ("contained", "resource")
_EXTENSION: dict[str, tuple[str | None, bool]] = {
    "extension": ("Extension", True),
    "valueIdentifier": ("Identifier", False),
}


def parse(data: bytes) -> etree._Element:
    """Parse a document.

    Returns:
        Its root element.

    Raises:
        UnreadableError: It is no well-formed XML, declares entities, or has an encoding that is not read.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    encoding = _ENCODING.match(data)
    if b"\x00" in data[:_HEAD] or (encoding and encoding[1].lower() not in _READ_ENCODINGS):
        raise UnreadableError("only UTF-8 is read as FHIR in XML: save the file as UTF-8, and say so in its first line")
    prolog = _PROLOG.match(data)
    if prolog and data.startswith(b"<!", prolog.end()):
        raise UnreadableError("FHIR in XML has no document type declaration (DOCTYPE): leave it out")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableError(f"this is no well-formed XML, from line {error.lineno or 1} on") from None
    except ValueError:
        raise UnreadableError("this is no well-formed XML") from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # a parsed document has one
        raise UnreadableError("FHIR in XML has no document type declaration (DOCTYPE): leave it out")
    return root


def resource_name(element: etree._Element) -> str | None:
    """Return the type of the resource an element is; null when it is none of FHIR."""
    tag = str(element.tag)
    return tag[len(_XML) :] if tag.startswith(_XML) else None


def resource_of(element: etree._Element, kind: str | None = None) -> Node:
    """Return an element as the resource that JSON would give.

    Args:
        element: The element.
        kind: The type of it, where that is not its name.

    Raises:
        UnreadableError: It holds an element that is not FHIR's, or text beside elements.
    """
    name = resource_name(element)
    if name is None:
        raise UnreadableError("this is an element of another language than FHIR")
    return {"resourceType": name} | _inside(element, kind or name)


def _inside(element: etree._Element, kind: str | None) -> Node:
    """Return the attributes and children of an element; repeated ones and those that R4 repeats are lists."""
    shape = _EXTENSION if kind == "Extension" else SHAPES.get(kind or "", {})
    node: dict[str, Any] = {name: element.attrib[name] for name in ("id", "url") if name in element.attrib}
    if _has_text(element.text):
        raise UnreadableError("holds text outside of a value")
    for child in element:
        if _has_text(child.tail):
            raise UnreadableError("holds text outside of a value")
        name = resource_name(child)
        if name is None:
            raise UnreadableError("holds an element of another language than FHIR")
        if name == "text" and "Narrative" in (shape.get("text") or ()):
            continue
        inner, is_list = shape.get(name, ("Extension", True) if name == "extension" else (None, False))
        value = _value(child, name, inner)
        if name in node and not isinstance(node[name], list):
            node[name] = [node[name], value]
        elif name in node:
            node[name].append(value)
        else:
            node[name] = [value] if is_list else value
    return node


def _has_text(text: str | None) -> bool:
    return text is not None and not text.isspace()


def _value(element: etree._Element, name: str, kind: str | None) -> object:
    if name in _HOLDERS and kind == "Resource":
        children = list(element)
        if len(children) != 1:
            raise UnreadableError("must hold one resource", name)
        return resource_of(children[0])
    if kind is None or kind not in SHAPES:
        value = element.get("value")
        if value is not None or (kind is None and all(resource_name(child) == "extension" for child in element)):
            return value
    return _inside(element, kind)


# -------------------------------------------------------------------------------------------------------- writing


def element_of(resource: Node) -> etree._Element:
    """Return a resource as an element of XML.

    Raises:
        ValueError: It holds a character that XML cannot hold.
    """
    element = etree.Element(f"{_XML}{resource['resourceType']}", nsmap={None: FHIR})  # type: ignore[dict-item]
    _fill(element, {name: value for name, value in resource.items() if name != "resourceType"}, is_resource=True)
    return element


def _fill(element: etree._Element, node: Node, *, is_resource: bool = False) -> None:
    for name, value in node.items():
        if name == "url" and element.tag == f"{_XML}extension":
            element.set("url", str(value))
        elif name == "id" and not is_resource:
            element.set("id", str(value))
        elif name.startswith("_"):
            if name[1:] not in node:
                _fill(etree.SubElement(element, _XML + name[1:]), value)
        elif isinstance(value, list):
            beside = node.get(f"_{name}") or [None] * len(value)
            for item, extra in zip(value, beside, strict=True):
                _append(element, name, item, extra)
        else:
            _append(element, name, value, node.get(f"_{name}"))


def _append(element: etree._Element, name: str, value: object, extra: Node | None) -> None:
    child = etree.SubElement(element, _XML + name)
    if extra:
        _fill(child, extra)
    if isinstance(value, dict) and "resourceType" in value:
        child.append(element_of(value))
    elif isinstance(value, dict):
        _fill(child, value)
    elif value is not None:
        child.set("value", _written(value))


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
