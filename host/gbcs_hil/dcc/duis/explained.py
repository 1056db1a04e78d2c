"""Saying what a DUIS document is, element by element, for a person."""

from lxml import etree

from gbcs_hil.dcc.duis.documents import SEND, SEND_SIGNED, TRANSFORM, read_document
from gbcs_hil.dcc.duis.elements import SIGNATURE, octets_of, parse
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.der import read_only
from gbcs_hil.gbcs.explain import explain as explain_message
from gbcs_hil.gbcs.explain_der import certificate
from gbcs_hil.gbcs.node import Node, Source
from gbcs_hil.gbcs.printable import printable

_VARIANTS = {
    SEND: "a request to be sent",
    TRANSFORM: "a request to be transformed",
    SEND_SIGNED: "a Signed Pre-Command",
}
_CERTIFICATES = {"DigitalSigning", "KeyAgreement", "KeyAgreementTopUp", "Certificate"}


def explain(document: bytes, policy: Policy | None = None) -> Node:
    """Explain a Service Request or Signed Pre-Command in DUIS XML.

    Args:
        document: the XML.
        policy: says what the schema's public part leaves open; the default one without it.

    Returns:
        The tree of its elements: certificates and a Signed Pre-Command are taken apart.

    Raises:
        BadInput: it is none that the bench knows, or malformed; says where.
    """
    carried = policy or Policy()
    read = read_document(document, carried)
    signature = (
        "with an XML signature, which is not checked"
        if read.signed
        else "without an XML signature"
    )
    value = f"SRV {read.contents.variant}, {_VARIANTS[read.command_variant]}, {signature}"
    root = parse(document)
    parts = (_part(child, carried) for child in root if child.tag != SIGNATURE)
    return Node(etree.QName(root).localname, value, 0, b"", tuple(parts))


def _part(element: etree._Element, policy: Policy) -> Node:
    name = etree.QName(element).localname
    text = (element.text or "").strip()
    if len(element) or not text:
        return Node(name, "", 0, b"", tuple(_part(child, policy) for child in element))
    if name in _CERTIFICATES:
        return _certificate(name, octets_of(text))
    if name == policy.duis_signed_payload:
        octets = octets_of(text)
        return Node(name, "", 0, octets, (explain_message(octets),))
    return Node(name, printable(text), 0, b"")


def _certificate(name: str, octets: bytes) -> Node:
    source = Source(octets)
    try:
        return certificate(source, read_only(octets, 0, len(octets)), name)
    except GbcsError as error:
        return source.node(name, f"unreadable, {error}", 0, len(octets))
