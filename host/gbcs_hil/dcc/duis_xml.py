"""XML as DUIS has it: one namespace, elements in a fixed order, simple texts."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from lxml import etree

from gbcs_hil.errors import BadInput

SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"

_Value = TypeVar("_Value")


def parse(document: bytes) -> etree._Element:
    """Read XML that may come from anywhere: no document type, no entities, no network.

    Raises:
        BadInput: it is no such XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise BadInput(f"DUIS: no XML: {error.msg}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadInput("DUIS: a document type is not allowed")
    return root


class Children:
    """The children of an element, taken one after the other as the schema orders them.

    They are of the element's namespace.
    """

    def __init__(self, element: etree._Element) -> None:
        name = etree.QName(element)
        self._name, self._namespace = name.localname, name.namespace
        self._left = [child for child in element if child.tag != SIGNATURE]

    def optional(self, name: str) -> etree._Element | None:
        """Take the next child if it has this name."""
        if self._left and self._left[0].tag == f"{{{self._namespace}}}{name}":
            return self._left.pop(0)
        return None

    def one(self, name: str) -> etree._Element:
        """Take the next child, which has this name."""
        child = self.optional(name)
        if child is None:
            found = etree.QName(self._left[0]).localname if self._left else "its end"
            raise BadInput(f"DUIS: in {self._name}, {name} is expected, not {found}")
        return child

    def value(self, name: str, convert: Callable[[str], _Value]) -> _Value:
        """Take the next child and convert its text."""
        return _convert(self.one(name), convert)

    def optional_value(self, name: str, convert: Callable[[str], _Value]) -> _Value | None:
        """Take the next child if it has this name, and convert its text."""
        child = self.optional(name)
        return None if child is None else _convert(child, convert)

    def finish(self) -> None:
        """Refuse what is left."""
        if self._left:
            found = etree.QName(self._left[0]).localname
            raise BadInput(f"DUIS: in {self._name}, {found} is not expected")


def _convert(element: etree._Element, convert: Callable[[str], _Value]) -> _Value:
    text = (element.text or "").strip()
    try:
        return convert(text)
    except (ValueError, KeyError, binascii.Error):
        name = etree.QName(element).localname
        raise BadInput(f"DUIS: {name} cannot be {text[:60]!r}") from None


def add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    """Append a child, of its parent's namespace."""
    child = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    child.text = text
    return child


def time_of(text: str) -> datetime:
    """Read an xs:dateTime; without time zone it is UTC."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)


def time_text(time: datetime) -> str:
    """Write an xs:dateTime."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def truth_of(text: str) -> bool:
    """Read an xs:boolean."""
    return {"true": True, "1": True, "false": False, "0": False}[text]


def truth_text(value: bool) -> str:
    """Write an xs:boolean."""
    return "true" if value else "false"


def octets_of(text: str) -> bytes:
    """Read an xs:base64Binary."""
    return base64.b64decode("".join(text.split()), validate=True)


def octets_text(octets: bytes) -> str:
    """Write an xs:base64Binary."""
    return base64.b64encode(octets).decode()
