"""The device's elliptic curve done by OpenSSL: the model is about rules, and needs many steps.

That the firmware's own curve is right is shown elsewhere, by NIST's vectors and OpenSSL.
"""

from functools import cache

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from gbcs_device import p256
from gbcs_hil.gbcs.security import load_public_key, public_octets, shared_secret

_ECDSA = ec.ECDSA(utils.Prehashed(SHA256()))


def install(patch: pytest.MonkeyPatch) -> None:
    """Let the firmware's `p256` work by OpenSSL."""
    patch.setattr(p256, "verify", _verify)
    patch.setattr(p256, "sign", _sign)
    patch.setattr(p256, "ecdh", _ecdh)
    patch.setattr(p256, "public_key", lambda own: public_octets(_private(own).public_key()))


@cache
def _private(octets: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(octets), ec.SECP256R1())


def _ecdh(own: bytes, peer: bytes, comb: object = None) -> bytes:
    return shared_secret(_private(bytes(own)), bytes(peer))


def _verify(public_key: bytes, digest: bytes, signature: bytes, comb: object = None) -> None:
    signature = bytes(signature)
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    try:
        encoded = utils.encode_dss_signature(r, s)
        load_public_key(bytes(public_key)).verify(encoded, bytes(digest), _ECDSA)
    except InvalidSignature:
        raise p256.CurveError("signature does not verify") from None


def _sign(private_key: bytes, digest: bytes) -> bytes:
    signature = _private(bytes(private_key)).sign(digest, _ECDSA)
    return b"".join(number.to_bytes(32) for number in utils.decode_dss_signature(signature))
