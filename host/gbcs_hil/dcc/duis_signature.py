"""The XML signature on a DUIS document (DUIS-14): enveloped, exclusive C14N, ECDSA, SHA-256."""

from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from gbcs_hil.dcc.duis_xml import parse
from gbcs_hil.errors import AuthenticationError
from gbcs_hil.smki.xml_signing import XmlSigningCredential

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
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
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
    except (SignXMLException, ValueError) as error:
        raise AuthenticationError(f"the XML signature does not verify: {error}") from None
    if isinstance(result, list):
        raise AuthenticationError("the document has several signatures")
    return result.signed_data
