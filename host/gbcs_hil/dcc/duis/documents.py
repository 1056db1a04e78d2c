"""Service Requests as DUIS XML, read and written.

Element names and their order are those of the DUIS schema 5.4 as far as public sources tell;
what they do not tell is a switch of the policy. A document is checked as it is read: an element
out of place is refused, and what cannot be read back is not written.
"""

from dataclasses import dataclass, field

from lxml import etree

from gbcs_hil.dcc.duis.bodies import READERS, WRITERS
from gbcs_hil.dcc.duis.elements import (
    Children,
    add,
    integer_of,
    octets_of,
    octets_text,
    parse,
    short,
    time_text,
)
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.requests import RequestId, ServiceRequest, SignedPreCommand
from gbcs_hil.dcc.services import SERVICES, Service
from gbcs_hil.errors import BadInput, GbcsError
from gbcs_hil.gbcs.message import parse as parse_message

SCHEMA_VERSION = "5.4"

SEND, TRANSFORM, SEND_SIGNED = 1, 4, 5
"""Command variants: a request to be sent as it is, a critical one to be transformed, and its
Signed Pre-Command to be sent."""

_SIGNED_BODY = "SignedPreCommand"
_SEQUENCED = ("FirstInSequence", "PrecedingServiceRequestID")
_AS_RECALLED = Policy()


@dataclass(frozen=True)
class Document:
    """What a DUIS document holds.

    Attributes:
        command_variant: `SEND`, `TRANSFORM` or `SEND_SIGNED`.
        contents: a Signed Pre-Command for `SEND_SIGNED`, else a Service Request.
        signed: whether there is an XML signature; nobody has looked at it.
    """

    command_variant: int
    contents: ServiceRequest | SignedPreCommand
    signed: bool = field(default=False, compare=False)


def read(document: bytes, policy: Policy = _AS_RECALLED) -> ServiceRequest:
    """Read a Service Request; an XML signature is neither needed nor looked at.

    Raises:
        BadInput: it is none of those that the bench knows, or malformed; says where.
    """
    contents = read_document(document, policy).contents
    if isinstance(contents, SignedPreCommand):
        raise BadInput("DUIS: a Signed Pre-Command does not say what was asked for")
    return contents


def read_document(document: bytes, policy: Policy = _AS_RECALLED) -> Document:
    """Read a Service Request or a Signed Pre-Command; see `read`.

    Raises:
        BadInput: it is none that the bench knows, or malformed; says where.
    """
    root = parse(document)
    if root.tag != f"{{{policy.duis_namespace}}}Request":
        found = short(str(root.tag))
        raise BadInput(
            f"DUIS: the document is a {found}, not a Request of {policy.duis_namespace}"
        )
    request = Children.of_document(root)
    header = Children(request.one("Header"))
    identifier = header.value("RequestID", RequestId.parse)
    variant = header.value("CommandVariant", integer_of)
    reference = header.value("ServiceReference", str)
    service = SERVICES.get(header.value("ServiceReferenceVariant", str))
    if service is None or variant not in _variants(service) or reference != service.reference:
        raise BadInput("DUIS: the bench knows no such Service Reference and Command Variant")
    for name in _SEQUENCED:
        if header.optional(name) is not None:
            raise BadInput(f"DUIS: {name}: the bench has no sequences of Service Requests")
    body = Children(request.one("Body"))
    result: ServiceRequest | SignedPreCommand
    if variant == SEND_SIGNED:
        contents = Children(body.one(_SIGNED_BODY))
        octets = contents.value(policy.duis_signed_payload, octets_of)
        try:
            result = SignedPreCommand(identifier, service.variant, parse_message(octets))
        except GbcsError as error:
            raise BadInput(f"DUIS: the Signed Pre-Command is none: {error}") from None
    else:
        contents = Children(body.one(service.element))
        result = READERS[service.variant](identifier, contents, policy)
    signed = request.signature()
    for element in (contents, body, header, request):
        element.finish()
    return Document(variant, result, signed)


def write(
    request: ServiceRequest, policy: Policy = _AS_RECALLED, command_variant: int | None = None
) -> bytes:
    """Write a Service Request, unsigned.

    Args:
        request: what to write.
        policy: says what the schema's public part leaves open.
        command_variant: by default `TRANSFORM` for a critical request, `SEND` for another; a
            critical one to SMETS1 is sent too.

    Raises:
        BadInput: DUIS has no word for its contents, or cannot tell them exactly.
    """
    service = request.service
    variant = command_variant or (TRANSFORM if service.critical else SEND)
    root, body = _envelope(request.id, variant, service, policy)
    contents = add(body, service.element)
    if request.execution is not None:
        add(contents, "ExecutionDateTime", time_text(request.execution))
    WRITERS[service.variant](contents, request, policy)
    document = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    if read(document, policy) != request:
        raise BadInput(f"DUIS cannot tell exactly what {request.id} asks for")
    return document


def write_signed(signed: SignedPreCommand, policy: Policy = _AS_RECALLED) -> bytes:
    """Write a Signed Pre-Command, without an XML signature."""
    root, body = _envelope(signed.id, SEND_SIGNED, SERVICES[signed.variant], policy)
    octets = signed.message.encode()
    add(add(body, _SIGNED_BODY), policy.duis_signed_payload, octets_text(octets))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _variants(service: Service) -> tuple[int, ...]:
    return (SEND, TRANSFORM, SEND_SIGNED) if service.critical else (SEND,)


def _envelope(
    identifier: RequestId, variant: int, service: Service, policy: Policy
) -> tuple[etree._Element, etree._Element]:
    """Return a document with its header, and its empty body."""
    namespace = policy.duis_namespace
    root = etree.Element(f"{{{namespace}}}Request", nsmap={"sr": namespace})
    root.set("schemaVersion", SCHEMA_VERSION)
    header = add(root, "Header")
    add(header, "RequestID", str(identifier))
    add(header, "CommandVariant", str(variant))
    add(header, "ServiceReference", service.reference)
    add(header, "ServiceReferenceVariant", service.variant)
    return root, add(root, "Body")
