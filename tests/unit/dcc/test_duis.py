"""DUIS XML: what is written is read back; what is out of place is refused."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from lxml import etree

from dcc_world import certificates_of
from duis_requests import FULL, REQUESTS
from gbcs_hil.dcc.duis import documents
from gbcs_hil.dcc.duis.elements import LARGEST
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.requests import (
    ReplacementCertificates,
    RequestHandoverOfDCCControlledDevice,
    RequestId,
    RetrieveDeviceSecurityCredentialsKRP,
    ServiceRequest,
    UpdatePaymentMode,
    UpdateSecurityCredentialsCoS,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.dcc.services import SERVICES
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.smki.parties import GAS_NETWORK_B, SUPPLIER_A, SUPPLIER_B

BODIES = {
    "1.6": """UpdatePaymentMode
ExecutionDateTime 2030-01-15T09:30:00Z
Prepayment
. SuspendDebtDisabled true
. SuspendDebtEmergency false
. DisablementThreshold -5""",
    "6.15.1": """UpdateSecurityCredentialsKRP
ExecutionDateTime 2030-01-15T09:30:00Z
RemotePartyRole NetworkOperator
RemotePartyFloorSeqNumber 0
RemotePartyPrepaymentTopUpFloorSeqNumber 1
ReplacementCertificates
. SupplierOrNetworkOperatorCertificates
. . DigitalSigning YQ==
. . KeyAgreement Yg==
. . KeyAgreementTopUp Yw==
CertificationPathCertificates
. Certificate ZA==
. Certificate ZQ==
ApplyTimeBasedCPVChecks true""",
    "6.21": """RequestHandoverOfDCCControlledDevice
ExecutionDateTime 2030-01-15T09:30:00Z
RemotePartyRole NetworkOperator
RemotePartyFloorSeqNumber 0
RemotePartyPrepaymentTopUpFloorSeqNumber 1
ReplacementCertificates
. DigitalSigning YQ==
. KeyAgreement Yg==
. KeyAgreementTopUp Yw==
CertificationPathCertificates
. Certificate ZA==
. Certificate ZQ==
ApplyTimeBasedCPVChecks true""",
    "6.23": """UpdateSecurityCredentialsCoS
ExecutionDateTime 2030-01-15T09:30:00Z
SupplierFloorSeqNumber 0
SupplierPrepaymentTopUpFloorSeqNumber 1
ReplacementCertificates
. DigitalSigning YQ==
. KeyAgreement Yg==
. KeyAgreementTopUp Yw==
CertificationPathCertificates
. Certificate ZA==
. Certificate ZQ==
ApplyTimeBasedCPVChecks true""",
    "6.24.1": """RetrieveDeviceSecurityCredentialsKRP
RemotePartyRole NetworkOperator
RemotePartyRole Supplier""",
}
"""The elements that each request may have, in the order in which public sources have them."""


@pytest.mark.parametrize("request_", FULL, ids=lambda request: request.variant)
def test_elements_have_the_names_and_the_order_of_duis(request_: ServiceRequest) -> None:
    header, body = etree.fromstring(documents.write(request_))
    assert list(outline(header)) == [
        "RequestID 90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A3:1001",
        f"CommandVariant {4 if request_.critical else 1}",
        f"ServiceReference {request_.variant[:4].rstrip('.')}",
        f"ServiceReferenceVariant {request_.variant}",
    ]
    (contents,) = body
    name, *elements = BODIES[request_.variant].splitlines()
    assert etree.QName(contents).localname == name
    assert list(outline(contents)) == elements


def outline(element: etree._Element, indent: str = "") -> Iterator[str]:
    """Yield a line for each element within another, with its text."""
    for child in element:
        yield f"{indent}{etree.QName(child).localname} {child.text or ''}".rstrip()
        yield from outline(child, f"{indent}. ")


@settings(max_examples=60)
@given(request=REQUESTS)
def test_what_is_written_is_read_back(request: ServiceRequest) -> None:
    assert documents.read(documents.write(request)) == request


def handover() -> RequestHandoverOfDCCControlledDevice:
    return RequestHandoverOfDCCControlledDevice(
        id=RequestId(SUPPLIER_A.eui, bytes(8), 2**64 - 1),
        role=RemotePartyRole.NETWORK_OPERATOR,
        certificates=certificates_of(GAS_NETWORK_B),
        floor=2**63 - 1,
    )


@pytest.mark.requirement("DUIS-9")
def test_the_counter_is_exact_to_64_bits_and_the_floor_to_63() -> None:
    document = documents.write(handover())
    assert b":18446744073709551615<" in document
    read = documents.read(document)
    assert (read.id.counter, read.execution) == (2**64 - 1, None)
    with pytest.raises(BadInput, match="FloorSeqNumber cannot be '9223372036854775808'"):
        documents.read(document.replace(b">9223372036854775807<", b">9223372036854775808<"))
    with pytest.raises(BadInput, match="RequestID cannot be"):
        documents.read(document.replace(b":18446744073709551615<", b":18446744073709551616<"))


def test_a_6_23_without_its_floor_is_refused() -> None:
    """There it is a must, in 6.15.1 and 6.21 it is not."""
    request = UpdateSecurityCredentialsCoS(
        id=RequestId(SUPPLIER_B.eui, bytes(8), 1),
        certificates=certificates_of(SUPPLIER_B),
        floor=7,
    )
    document = documents.write(request)
    floor = b"<sr:SupplierFloorSeqNumber>7</sr:SupplierFloorSeqNumber>"
    assert floor in document
    with pytest.raises(BadInput, match="SupplierFloorSeqNumber is expected"):
        documents.read(document.replace(floor, b""))


NO_FLOOR = b"<sr:RemotePartyFloorSeqNumber>9223372036854775807</sr:RemotePartyFloorSeqNumber>"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"NetworkOperator<", b"Nobody<", "RemotePartyRole cannot be 'Nobody'"),
        (b"CommandVariant>1<", b"CommandVariant>4<", "no such Service Reference"),
        (b"Reference>6.21<", b"Reference>6.22<", "no such Service Reference"),
        (b"CommandVariant>1<", b"CommandVariant>5<", "no such Service Reference"),
        (b"Variant>6.21<", b"Variant>6.22<", "no such Service Reference"),
        (b"<sr:Body>", b"<sr:Body><sr:Extra/>", "is expected, not Extra"),
        (b"</sr:Body>", b"<sr:Extra/></sr:Body>", "Extra is not expected"),
        (b"true<", b"perhaps<", "ApplyTimeBasedCPVChecks cannot be"),
        (b"ServiceUserGateway", b"Other", "not a Request of"),
        (b"<sr:Body>", b"<sr:Body", "no XML"),
        (NO_FLOOR, NO_FLOOR * 2, "ReplacementCertificates is expected"),
    ],
)
def test_what_is_out_of_place_is_refused(old: bytes, new: bytes, said: str) -> None:
    document = documents.write(handover())
    assert old in document
    with pytest.raises(BadInput, match=said):
        documents.read(document.replace(old, new))


PI = b"<?processing instruction?>"
HOSTILE = {
    "nothing": (None, b"", "no XML: Document is empty"),
    "text": (None, b"Service Request", "no XML"),
    "nul": (None, bytes(40), "no XML"),
    "an unknown encoding": (b"UTF-8", b"EBCDIC-XX", "no XML: Unsupported encoding"),
    "entities": (
        b"<sr:Request",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><sr:Request',
        "document type",
    ),
    "a document type elsewhere": (
        b"<sr:Request",
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><sr:Request',
        "document type",
    ),
    "an entity that there is not": (b"Operator<", b"&entity;<", "no XML: Entity 'entity'"),
    "a processing instruction": (b"<sr:CommandV", PI + b"<sr:CommandV", "processing instruction"),
    "one in a text": (b":184", b":1" + PI + b"84", "processing instruction"),
    "too many octets": (b"</sr:Body>", b" " * LARGEST + b"</sr:Body>", "262,144 at most"),
    "depth": (None, b"<a>" * 20_000, "no XML: Excessive depth"),
    "an element in a text": (b":184", b":1<sr:x/>84", "in RequestID, x is not expected"),
    "text between elements": (b"<sr:Body>", b"<sr:Body>text", "in Body, 'text' is not expected"),
    "text after an element": (b"</sr:Body>", b"text</sr:Body>", "in Body, 'text' is not expected"),
    "an attribute": (b"<sr:Body>", b'<sr:Body lang="en">', "attribute lang is not expected"),
    "an attribute of a text": (
        b"<sr:RemotePartyRole>",
        b'<sr:RemotePartyRole type="x">',
        "in RemotePartyRole, the attribute type",
    ),
    "no version": (b'"5.4"', b'""', "schemaVersion cannot be ''"),
    "another namespace": (b"ServiceUserGateway", b"Other", "not a Request of"),
    "an element of another": (b"<sr:Body>", b'<sr:Body><x:A xmlns:x="urn:x"/>', "not {urn:x}A"),
    "a signature elsewhere": (
        b"<sr:Body>",
        b'<sr:Body><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>',
        "not {http://www.w3.org/2000/09/xmldsig#}Signature",
    ),
    "a time out of range": (
        b"<sr:RemotePartyRole>",
        b"<sr:ExecutionDateTime>9999-12-31T23:59:59-10:00</sr:ExecutionDateTime>"
        b"<sr:RemotePartyRole>",
        "ExecutionDateTime cannot be '9999",
    ),
    "a time that GBCS cannot tell": (
        b"<sr:RemotePartyRole>",
        b"<sr:ExecutionDateTime>2030-01-01T00:00:00.5Z</sr:ExecutionDateTime><sr:RemotePartyRole>",
        "ExecutionDateTime cannot be '2030",
    ),
    "digits of another script": (b":184", ":1\u06634".encode(), "RequestID cannot be"),
    "a ligature for digits": (b">02-", ">\ufb00-".encode(), "RequestID cannot be"),
    "a number of Python's": (b">9223372036854775807<", b">9_2<", "FloorSeqNumber cannot be '9_2'"),
    "what is no base64": (
        b"<sr:DigitalSigning>",
        b"<sr:DigitalSigning>!",
        "DigitalSigning cannot",
    ),
    "a sequence": (
        b"</sr:Header>",
        b"<sr:FirstInSequence>true</sr:FirstInSequence></sr:Header>",
        "FirstInSequence: the bench has no sequences",
    ),
    "a longer path": (
        b"</sr:CertificationPathCertificates>",
        b"<sr:Certificate>AAAA</sr:Certificate>" * 3 + b"</sr:CertificationPathCertificates>",
        "in CertificationPathCertificates, Certificate is not expected",
    ),
    "a long name": (b"<sr:Body>", b"<sr:Body><sr:%s/>" % (b"a" * 9_999), "is expected, not aaaa"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_is_refused_in_one_short_line(case: str) -> None:
    old, new, said = HOSTILE[case]
    document = documents.write(handover())
    if old is None:
        document = new
    else:
        assert old in document
        document = document.replace(old, new, 1)
    with pytest.raises(BadInput, match=re.escape(said)) as caught:
        documents.read_document(document)
    line = str(caught.value)
    assert line.startswith("DUIS: ")
    assert "\n" not in line
    assert len(line) < 240


def test_credit_has_no_contents() -> None:
    document = documents.write(UpdatePaymentMode(id=RequestId(SUPPLIER_A.eui, bytes(8), 1)))
    with pytest.raises(BadInput, match="in Credit, Prepayment is not expected"):
        documents.read(
            document.replace(b"<sr:Credit/>", b"<sr:Credit><sr:Prepayment/></sr:Credit>")
        )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"floor": 2**63}, "RemotePartyFloorSeqNumber cannot be"),
        ({"certificates": ReplacementCertificates()}, "DigitalSigning is expected"),
        ({"certificates": ReplacementCertificates(b"x")}, "Certificate is expected, not its end"),
        ({"certificates": ReplacementCertificates(b"x", path=(b"y",) * 4)}, "is not expected"),
        ({"execution": datetime(2030, 1, 1, 0, 0, 0, 5, UTC)}, "cannot tell exactly"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        documents.write(replace(handover(), **fields))


@pytest.mark.requirement("DUIS-9")
def test_a_counter_that_no_request_id_has_is_refused() -> None:
    for counter in (-1, 2**64):
        with pytest.raises(BadInput, match="no counter of a RequestID"):
            RequestId(bytes(8), bytes(8), counter)


@pytest.mark.requirement("DUIS-2", "DUIS-10")
def test_the_table_of_services_is_what_duis_says() -> None:
    told = {
        variant: (sorted(service.roles), service.critical, service.future_dating.value)
        for variant, service in SERVICES.items()
    }
    suppliers, all_four = ["GS", "IS"], ["ED", "GS", "GT", "IS"]
    assert told == {
        "1.6": (suppliers, True, "device"),
        "6.15.1": (all_four, True, "device"),
        "6.21": (suppliers, False, "dsp"),
        "6.23": (suppliers, False, "dsp"),
        "6.24.1": (all_four, False, "none"),
    }


@pytest.mark.requirement("DUIS-9")
def test_a_response_id_has_the_eui_64s_swapped() -> None:
    identifier = RequestId.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1200")
    assert identifier.response_id == "00-DB-12-34-56-78-90-A0:90-B3-D5-1F-30-01-00-00:1200"


def test_what_no_public_source_tells_is_a_switch() -> None:
    """The namespace, and the elements of a 6.23's second floor and a 6.24.1's roles."""
    policy = Policy(
        duis_namespace="urn:another",
        duis_6_23_top_up_floor="TopUpFloor",
        duis_6_24_1_role="Role",
    )
    identifier = RequestId(SUPPLIER_B.eui, bytes(8), 1)
    change = UpdateSecurityCredentialsCoS(
        id=identifier,
        certificates=certificates_of(SUPPLIER_B),
        floor=7,
        prepayment_floor=8,
    )
    read = RetrieveDeviceSecurityCredentialsKRP(
        id=identifier, roles=(RemotePartyRole.NETWORK_OPERATOR,)
    )
    for request, said in ((change, b"<sr:TopUpFloor>8<"), (read, b"<sr:Role>NetworkOperator<")):
        document = documents.write(request, policy)
        assert said in document
        assert documents.read(document, policy) == request
        with pytest.raises(BadInput, match=r"not a Request of http://www\."):
            documents.read(document)


@pytest.mark.parametrize(
    "kind", [UpdateSecurityCredentialsKRP, RetrieveDeviceSecurityCredentialsKRP]
)
def test_a_role_that_duis_has_no_word_for_is_not_written(kind: type[ServiceRequest]) -> None:
    role = RemotePartyRole.WAN_PROVIDER
    fields = (
        {"roles": (role,)}
        if kind is RetrieveDeviceSecurityCredentialsKRP
        else {"role": role, "certificates": certificates_of(SUPPLIER_B)}
    )
    with pytest.raises(BadInput, match="no RemotePartyRole"):
        documents.write(kind(id=RequestId(bytes(8), bytes(8), 1), **fields))
