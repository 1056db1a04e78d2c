"""The XML signature on a DUIS document: what verifies, what is refused, in one line."""

import re
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import XMLSigner

from dcc_world import AUTHORITY, PKI, certificates_of
from duis_requests import REQUESTS
from gbcs_hil.dcc.duis import documents, signature
from gbcs_hil.dcc.requests import RequestHandoverOfDCCControlledDevice, RequestId, ServiceRequest
from gbcs_hil.errors import AuthenticationError, BadInput
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.smki.parties import GAS_NETWORK_B, SUPPLIER_A, SUPPLIER_B
from gbcs_hil.smki.xml_signing import xml_signing_credential

HANDOVER = RequestHandoverOfDCCControlledDevice(
    id=RequestId(SUPPLIER_A.eui, bytes(8), 1),
    role=RemotePartyRole.NETWORK_OPERATOR,
    certificates=certificates_of(GAS_NETWORK_B),
)
SIGNER = xml_signing_credential(AUTHORITY, SUPPLIER_A.eui, SUPPLIER_A.name)


@pytest.mark.requirement("DUIS-14")
@settings(max_examples=30)
@given(request=REQUESTS)
def test_every_request_is_signed_verified_and_read_back(request: ServiceRequest) -> None:
    signed = signature.sign(documents.write(request), SIGNER)
    read = documents.read_document(signed)
    assert (read.signed, read.contents) == (True, request)
    assert documents.read(signature.verify(signed, SIGNER.certificate)) == request


@pytest.mark.requirement("DUIS-14")
def test_a_signed_document_says_the_same_and_verifies() -> None:
    signed = signature.sign(documents.write(HANDOVER), SIGNER)
    assert documents.read(signed) == HANDOVER
    assert documents.read(signature.verify(signed, SIGNER.certificate)) == HANDOVER


@pytest.mark.requirement("DUIS-14")
def test_what_was_changed_or_signed_by_another_or_not_at_all_is_noticed() -> None:
    document = documents.write(HANDOVER)
    signed = signature.sign(document, SIGNER)
    other = xml_signing_credential(AUTHORITY, SUPPLIER_B.eui, SUPPLIER_B.name)
    changed = signed.replace(b"NetworkOperator<", b"Supplier<")
    for wrong, certificate in (
        (changed, SIGNER.certificate),
        (signed, other.certificate),
        (document, SIGNER.certificate),
    ):
        with pytest.raises(AuthenticationError, match="XML signature"):
            signature.verify(wrong, certificate)


SIGNED = signature.sign(documents.write(HANDOVER), SIGNER)
IN_SIGNATURE = range(SIGNED.index(b"<ds:Signature"), len(SIGNED) - len(b"</sr:Request>"))


@pytest.mark.requirement("DUIS-14")
@settings(max_examples=300)
@given(at=st.sampled_from(IN_SIGNATURE), length=st.integers(0, 30), octets=st.binary(max_size=3))
def test_a_damaged_signature_is_refused_or_signs_the_same(
    at: int, length: int, octets: bytes
) -> None:
    damaged = SIGNED[:at] + octets + SIGNED[at + length :]
    try:
        assert documents.read(signature.verify(damaged, SIGNER.certificate)) == HANDOVER
    except (AuthenticationError, BadInput) as error:
        assert "\n" not in str(error)


def test_an_empty_signature_is_refused_in_one_line() -> None:
    value = re.compile(rb"(<ds:(SignatureValue|DigestValue|X509Certificate)>)[^<]*(</)")
    for emptied in (value.sub(rb"\1\3", SIGNED), value.sub(rb"\1\n\n!\n\3", SIGNED)):
        with pytest.raises(AuthenticationError, match="XML signature does not verify") as caught:
            signature.verify(emptied, SIGNER.certificate)
        assert "\n" not in str(caught.value)


@pytest.mark.requirement("DUIS-14")
@pytest.mark.parametrize(
    "other",
    [
        {"signature_algorithm": SignatureMethod.ECDSA_SHA384},
        {"digest_algorithm": DigestAlgorithm.SHA512},
        {"c14n_algorithm": CanonicalizationMethod.CANONICAL_XML_1_0},
        {
            "c14n_algorithm": (
                CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0_WITH_COMMENTS
            )
        },
        {"method": SignatureConstructionMethod.enveloping},
    ],
)
def test_a_signature_of_another_kind_is_refused(other: dict[str, Any]) -> None:
    usual: dict[str, Any] = {
        "signature_algorithm": SignatureMethod.ECDSA_SHA256,
        "digest_algorithm": DigestAlgorithm.SHA256,
        "c14n_algorithm": CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    }
    root = etree.fromstring(documents.write(HANDOVER))
    for options, good in ((usual, True), ({**usual, **other}, False)):
        certificate = x509.load_der_x509_certificate(SIGNER.certificate)
        signed = XMLSigner(**options).sign(root, key=SIGNER.private_key, cert=[certificate])
        octets = etree.tostring(signed)
        if good:
            assert documents.read(signature.verify(octets, SIGNER.certificate)) == HANDOVER
        else:
            with pytest.raises(AuthenticationError):
                signature.verify(octets, SIGNER.certificate)


def test_the_xml_key_is_another_than_the_one_that_signs_gbcs() -> None:
    gbcs = PKI.credential(SUPPLIER_A.eui, KeyUsage.DIGITAL_SIGNATURE)
    assert gbcs.certificate != SIGNER.certificate
