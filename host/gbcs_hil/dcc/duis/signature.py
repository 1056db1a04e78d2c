"""The XML signature on a DUIS document (DUIS-14): enveloped, exclusive C14N, ECDSA, SHA-256."""

from cryptography import x509
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from gbcs_hil.dcc.duis.elements import parse
from gbcs_hil.errors import AuthenticationError
from gbcs_hil.smki.xml_signing import XmlSigningCredential

_EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
_METHODS = [
    ("CanonicalizationMethod", _EXCLUSIVE.value),
    ("Transform", SignatureConstructionMethod.enveloped.value),
    ("Transform", _EXCLUSIVE.value),
]
"""How the document and the signature's own contents become octets, in order."""

_LONGEST_REASON = 200

_EXPECTED = SignatureConfiguration(
    signature_methods=frozenset({SignatureMethod.ECDSA_SHA256}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
)


def sign(document: bytes, credential: XmlSigningCredential) -> bytes:
    """Return the document with the user's signature in it.

    Raises:
        BadInput: it is no XML.
    """
    signer = XMLSigner(
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=_EXCLUSIVE,
    )
    certificate = x509.load_der_x509_certificate(credential.certificate)
    signed = signer.sign(parse(document), key=credential.private_key, cert=[certificate])
    return etree.tostring(signed, xml_declaration=True, encoding="UTF-8")


def verify(document: bytes, certificate: bytes) -> bytes:
    """Check the signature by a user's certificate, DER; return what is signed, without it.

    Raises:
        AuthenticationError: there is no signature, or it is not by this certificate's key.
        BadInput: it is no XML.
    """
    expected = x509.load_der_x509_certificate(certificate)
    try:
        result = XMLVerifier().verify(parse(document), x509_cert=expected, expect_config=_EXPECTED)
    # signxml lets through what lxml and Python say of a signature that is no well-formed one.
    except (SignXMLException, etree.LxmlError, ValueError, TypeError) as error:
        reason = (str(error).splitlines() or [""])[0][:_LONGEST_REASON]
        raise AuthenticationError(f"the XML signature does not verify: {reason}") from None
    if isinstance(result, list):
        raise AuthenticationError("the document has several signatures")
    if _methods(result.signature_xml) != _METHODS:
        raise AuthenticationError("the XML signature is not enveloped, or not by exclusive C14N")
    return result.signed_data


def _methods(signature: etree._Element) -> list[tuple[str, str]]:
    named = {name for name, _ in _METHODS}
    elements = ((etree.QName(element).localname, element) for element in signature.iter())
    return [(name, element.get("Algorithm", "")) for name, element in elements if name in named]
