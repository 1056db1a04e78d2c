"""XML as DUIS has it: one namespace, elements in a fixed order, simple texts.

A document may come from anywhere. What is in none of DUIS's, such as a processing instruction, an
attribute or a text between elements, is refused and not passed over: what is carried out is all
that there is.
"""

import base64
import binascii
import re
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from lxml import etree

from gbcs_hil.errors import BadInput

LARGEST = 1 << 18
"""Octets; a Service Request with six certificates has some ten thousand."""

SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"

_SHOWN = 80

_SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_TIME = re.compile(
    r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}(\.0+)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)

_Value = TypeVar("_Value")


def parse(document: bytes) -> etree._Element:
    """Read XML that may come from anywhere: no document type, no entities, no network.

    Raises:
        BadInput: it is no such XML, or larger than any Service Request.
    """
    if len(document) > LARGEST:
        raise BadInput(
            f"DUIS: {len(document):,} octets are no Service Request: {LARGEST:,} at most"
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise BadInput(f"DUIS: no XML: {error.msg}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadInput("DUIS: a document type is not allowed")
    if next(root.iter(etree.ProcessingInstruction, etree.Entity), None) is not None:
        raise BadInput("DUIS: a processing instruction is not allowed")
    return root


class Children:
    """The children of an element, taken one after the other as the schema orders them.

    They are of the element's namespace. The element has nothing else: no text and no attribute.

    Args:
        element: whose children.
        attributes: those that it may have.

    Raises:
        BadInput: it has something else.
    """

    def __init__(self, element: etree._Element, attributes: tuple[str, ...] = ()) -> None:
        name = etree.QName(element)
        self._name, self._namespace = name.localname, name.namespace
        self._left = deque(element)
        _refuse_attributes(element, attributes)
        for text in (element.text, *(child.tail for child in element)):
            if text and text.strip():
                raise BadInput(f"DUIS: in {self._name}, {short(text.strip())!r} is not expected")

    @classmethod
    def of_document(cls, root: etree._Element) -> "Children":
        """Return those of a document's root, which says of which version it is."""
        children = cls(root, ("schemaVersion", _SCHEMA_LOCATION))
        version = root.get("schemaVersion", "")
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", version):
            raise BadInput(f"DUIS: schemaVersion cannot be {short(version)!r}")
        return children

    def optional(self, name: str) -> etree._Element | None:
        """Take the next child if it has this name."""
        if self._left and self._left[0].tag == f"{{{self._namespace}}}{name}":
            return self._left.popleft()
        return None

    def one(self, name: str) -> etree._Element:
        """Take the next child, which has this name."""
        child = self.optional(name)
        if child is None:
            found = self._named(self._left[0]) if self._left else "its end"
            raise BadInput(f"DUIS: in {self._name}, {name} is expected, not {found}")
        return child

    def value(self, name: str, convert: Callable[[str], _Value]) -> _Value:
        """Take the next child and convert its text."""
        return _convert(self.one(name), convert)

    def optional_value(self, name: str, convert: Callable[[str], _Value]) -> _Value | None:
        """Take the next child if it has this name, and convert its text."""
        child = self.optional(name)
        return None if child is None else _convert(child, convert)

    def signature(self) -> bool:
        """Take the XML signature if it comes next, whatever it is; return whether it did."""
        there = bool(self._left) and self._left[0].tag == SIGNATURE
        if there:
            self._left.popleft()
        return there

    def finish(self) -> None:
        """Refuse what is left."""
        if self._left:
            raise BadInput(f"DUIS: in {self._name}, {self._named(self._left[0])} is not expected")

    def _named(self, child: etree._Element) -> str:
        """Return a child's name, with its namespace if that is the wrong one."""
        name = etree.QName(child)
        return short(name.localname if name.namespace == self._namespace else name.text)


def _refuse_attributes(element: etree._Element, allowed: tuple[str, ...] = ()) -> None:
    name = next((name for name in element.attrib if name not in allowed), None)
    if name is not None:
        where = etree.QName(element).localname
        raise BadInput(f"DUIS: in {where}, the attribute {short(str(name))} is not expected")


def _convert(element: etree._Element, convert: Callable[[str], _Value]) -> _Value:
    name = etree.QName(element).localname
    _refuse_attributes(element)
    if len(element):
        raise BadInput(
            f"DUIS: in {name}, {short(etree.QName(element[0]).localname)} is not expected"
        )
    text = (element.text or "").strip()
    try:
        return convert(text)
    except (ValueError, KeyError, OverflowError, binascii.Error):
        raise BadInput(f"DUIS: {name} cannot be {short(text)!r}") from None


def short(text: str) -> str:
    """Return as much of what a document says as the line shows that refuses it."""
    return text[:_SHOWN]


def add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    """Append a child, of its parent's namespace."""
    child = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    child.text = text
    return child


def integer_of(text: str) -> int:
    """Read an xs:integer of up to twenty digits."""
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def time_of(text: str) -> datetime:
    """Read an xs:dateTime of whole seconds, as GBCS's are; without time zone it is UTC."""
    if not _TIME.fullmatch(text):
        raise ValueError(text)
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
