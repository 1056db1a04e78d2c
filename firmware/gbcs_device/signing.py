"""Sign with P-256 (RFC 6979 with SHA-256): in memory only while something is signed."""

from hashlib import sha256

from gbcs_device.curve import N
from gbcs_device.points import inverse


def sign(d: int, e: int, times_generator) -> bytes:
    """Return the signature r || s by private key d over a digest e < 2**256.

    Args:
        d: 0 < d < N.
        e: the digest as a number.
        times_generator: returns x || y of a multiple of the generator.
    """
    nonces = _nonces(d, e % N)
    while True:
        k = next(nonces)
        r = int.from_bytes(times_generator(k)[:32], "big") % N
        s = inverse(k, N) * (e + r * d) % N
        if r and s:
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _hmac(key, *parts):
    """Return HMAC-SHA-256 under a key of 32 octets; MicroPython has no `hmac` module."""
    key = key + bytes(32)
    inner = sha256(bytes([octet ^ 0x36 for octet in key]))
    for part in parts:
        inner.update(part)
    outer = sha256(bytes([octet ^ 0x5C for octet in key]))
    outer.update(inner.digest())
    return outer.digest()


def _nonces(d, e):
    """Yield the nonces of RFC 6979 section 3.2 for private key d and digest e modulo N."""
    seed = d.to_bytes(32, "big") + e.to_bytes(32, "big")
    key = bytes(32)
    value = b"\x01" * 32
    for separator in (b"\x00", b"\x01"):
        key = _hmac(key, value, separator, seed)
        value = _hmac(key, value)
    while True:
        value = _hmac(key, value)
        k = int.from_bytes(value, "big")
        if 0 < k < N:
            yield k
        key = _hmac(key, value, b"\x00")
        value = _hmac(key, value)
