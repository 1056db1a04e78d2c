"""Service Requests as DUIS XML, read and written.

Element names and their order are those of the DUIS schema 5.4 as far as public sources tell.
A document is checked as it is read: an element out of place is refused.
"""

from lxml import etree

from gbcs_hil.dcc.duis_bodies import READERS, WRITERS
from gbcs_hil.dcc.duis_xml import NAMESPACE, Children, add, parse, qualified, time_text
from gbcs_hil.dcc.requests import RequestId, ServiceRequest
from gbcs_hil.dcc.services import SERVICES
from gbcs_hil.errors import BadInput

SCHEMA_VERSION = "5.4"

TRANSFORM, SEND = 4, 1
"""Command variants: a critical request to be transformed, a non-critical one to be sent."""


def read(document: bytes) -> ServiceRequest:
    """Read a Service Request; an XML signature is neither needed nor looked at.

    Raises:
        BadInput: it is none of those that the bench knows, or malformed; says where.
    """
    root = parse(document)
    if root.tag != qualified("Request"):
        raise BadInput(f"DUIS: the document is a {root.tag}, not a Request of {NAMESPACE}")
    request = Children(root)
    header = Children(request.one("Header"))
    identifier = header.value("RequestID", RequestId.parse)
    variant = header.value("CommandVariant", int)
    header.value("ServiceReference", str)
    service = SERVICES.get(header.value("ServiceReferenceVariant", str))
    if service is None or variant != (TRANSFORM if service.critical else SEND):
        raise BadInput("DUIS: the bench knows no such Service Reference and Command Variant")
    body = Children(request.one("Body"))
    contents = Children(body.one(service.element))
    result = READERS[service.variant](identifier, contents)
    for element in (contents, body, header, request):
        element.finish()
    return result


def write(request: ServiceRequest) -> bytes:
    """Write a Service Request, unsigned."""
    service = request.service
    root = etree.Element(qualified("Request"), nsmap={"sr": NAMESPACE})
    root.set("schemaVersion", SCHEMA_VERSION)
    header = add(root, "Header")
    add(header, "RequestID", str(request.id))
    add(header, "CommandVariant", str(TRANSFORM if service.critical else SEND))
    add(header, "ServiceReference", service.reference)
    add(header, "ServiceReferenceVariant", service.variant)
    contents = add(add(root, "Body"), service.element)
    if request.execution is not None:
        add(contents, "ExecutionDateTime", time_text(request.execution))
    WRITERS[service.variant](contents, request)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
