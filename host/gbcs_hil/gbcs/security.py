"""Signatures and MACs of GBCS messages (GBCS 4.3.3, 6.2.3)."""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import constant_time, hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gbcs_hil.errors import AuthenticationError, CredentialError
from gbcs_hil.gbcs.message import MAC_LENGTH, GroupingHeader, Message
from gbcs_hil.gbcs.names import format_eui

# AES-GCM of the DLMS security suite 1, as a KDF's AlgorithmID, and the 9 octets that follow.
_ALGORITHM = bytes.fromhex("60857406080300")
_TRANSACTION_LENGTH = b"\x09"
_COORDINATE = 32


def shared_secret(private_key: ec.EllipticCurvePrivateKey, public_key: bytes) -> bytes:
    """Agree on Z with a peer (ECDH, P-256).

    Args:
        private_key: one's own key agreement key.
        public_key: the peer's, 65 octets uncompressed.

    Returns:
        Z: the X coordinate, 32 octets.

    Raises:
        CredentialError: the peer's key is no point of the curve.
    """
    return private_key.exchange(ec.ECDH(), load_public_key(public_key))


@lru_cache(maxsize=512)
def load_public_key(octets: bytes) -> ec.EllipticCurvePublicKey:
    """Read a P-256 public key of 65 octets, uncompressed.

    Raises:
        CredentialError: the octets are no point of the curve.
    """
    if len(octets) != 1 + 2 * _COORDINATE or octets[0] != 4:
        raise CredentialError("a public key has 65 octets and starts with 04")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets)
    except ValueError:
        raise CredentialError("the public key is no point of P-256") from None


def public_octets(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as 65 octets, uncompressed."""
    numbers = key.public_numbers()
    return b"\x04" + b"".join(n.to_bytes(_COORDINATE, "big") for n in (numbers.x, numbers.y))


def mac_key(secret: bytes, header: GroupingHeader) -> bytes:
    """Derive the AES-128 key of one message's MAC (GBCS 4.3.3.3).

    Args:
        secret: Z, 32 octets.
        header: the message's header; its identifiers, CRA Flag and counter enter the key.

    Returns:
        16 octets.
    """
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"\x00\x00\x00\x01" + secret + _ALGORITHM + header.originator)
    digest.update(_TRANSACTION_LENGTH + bytes([header.cra]) + header.counter.to_bytes(8, "big"))
    digest.update(header.recipient)
    return digest.finalize()[:16]


def sign(message: Message, private_key: ec.EllipticCurvePrivateKey) -> Message:
    """Return the message with a signature and without MAC (ECDSA, P-256, SHA-256, raw r and s).

    A signature length octet of zero at the end of a pre-command is replaced, not kept. The
    signature is deterministic (RFC 6979) where the cryptographic backend can do that.
    """
    try:
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:
        algorithm = ec.ECDSA(hashes.SHA256())
    der = private_key.sign(message.signed_octets, algorithm)
    r, s = utils.decode_dss_signature(der)
    return message.protected(r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big"), None)


def authenticate(message: Message, secret: bytes) -> Message:
    """Return the message with a MAC header and MAC; its signature, if any, is kept.

    Args:
        message: signed or not.
        secret: Z of the Access Control Broker and the device, from `shared_secret`.
    """
    complete = message.protected(message.signature or b"", None)
    return complete.protected(complete.signature, _mac(complete, secret))


def verify_signature(message: Message, public_key: bytes) -> None:
    """Check a message's signature.

    Args:
        message: as parsed.
        public_key: the signer's digital signing key, 65 octets.

    Raises:
        AuthenticationError: there is no signature, or it is not by this key.
        CredentialError: the key is no point of the curve.
    """
    key = load_public_key(public_key)
    sender = format_eui(message.header.originator)
    if not message.signature:
        raise AuthenticationError(f"the message of {sender} is not signed")
    r, s = message.signature[:_COORDINATE], message.signature[_COORDINATE:]
    der = utils.encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    try:
        key.verify(der, message.signed_octets, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise AuthenticationError(
            f"the signature on the message of {sender} does not verify"
        ) from None


def verify_mac(message: Message, secret: bytes) -> None:
    """Check a message's MAC.

    Args:
        message: as parsed.
        secret: Z of the two parties, from `shared_secret`.

    Raises:
        AuthenticationError: there is no MAC, or it is another.
    """
    sender = format_eui(message.header.originator)
    if message.mac is None:
        raise AuthenticationError(f"the message of {sender} has no MAC")
    if not constant_time.bytes_eq(_mac(message, secret), message.mac):
        raise AuthenticationError(f"the MAC on the message of {sender} does not verify")


def _mac(message: Message, secret: bytes) -> bytes:
    header = message.header
    initialisation = header.originator + bytes(4)
    tag = AESGCM(mac_key(secret, header)).encrypt(initialisation, b"", message.mac_aad)
    return tag[:MAC_LENGTH]
