"""A certification request (PKCS#10, RFC 2986) as a table of named fields."""

from gbcs_hil.gbcs.der import Tlv, children
from gbcs_hil.gbcs.explain_der import (
    BIT_STRING,
    INTEGER,
    SEQUENCE,
    Field,
    number,
    opaque,
    sequence,
)
from gbcs_hil.gbcs.node import Node, Source

_ATTRIBUTES = 0xA0
# Of a key that is one of P-256: unused bits, the mark of an uncompressed point, X, Y.
_POINT_LENGTH = 66


def _count(source: Source, tlv: Tlv, name: str) -> Node:
    """Explain a list of which only the length matters: none is what GBCS asks for."""
    number_of = sum(1 for _ in children(source.octets, tlv))
    return source.node(name, str(number_of) if number_of else "none", tlv.start, tlv.end)


def _public_key(source: Source, tlv: Tlv, name: str) -> Node:
    length = tlv.end - tlv.content
    value = "P-256" if length == _POINT_LENGTH else f"{length} octets, no key of P-256"
    return source.node(name, value, tlv.start, tlv.end)


CERTIFICATION_REQUEST = sequence(
    Field(
        "certificationRequestInfo",
        SEQUENCE,
        sequence(
            Field("version", INTEGER, number(lambda value: f"v{value + 1}")),
            Field("subject", SEQUENCE, _count),
            Field(
                "subjectPKInfo",
                SEQUENCE,
                sequence(
                    Field("algorithm", SEQUENCE, opaque("")),
                    Field("subjectPublicKey", BIT_STRING, _public_key),
                ),
            ),
            Field("attributes", _ATTRIBUTES, _count, optional=True),
        ),
    ),
    Field("signatureAlgorithm", SEQUENCE, opaque("")),
    Field("signature", BIT_STRING, opaque("by the key that is asked about")),
    summary=lambda _: "certification request",
)
