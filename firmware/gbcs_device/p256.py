"""ECDSA and ECDH on P-256, octets in and octets out (GBCS 4.3.3).

Signing is deterministic (RFC 6979 with SHA-256), so a weak random source cannot give a key away.
That is all the protection there is: the running time and the memory touched depend on the keys,
and nothing is erased after use. Not side-channel resistant: for test keys only.

A scalar is 32 octets, a public key the 65 octets 04 || x || y, a signature the 64 octets r || s.
Every argument may be any bytes-like object.
"""

from gbcs_device import curve, points
from gbcs_device.borrowed import Borrowed
from gbcs_device.curve import N, P


class CurveError(ValueError):
    """A key, point or signature is not acceptable; args[0] says why in a few words."""


def verify(public_key: bytes, digest: bytes, signature: bytes, comb=None) -> None:
    """Check an ECDSA signature over a SHA-256 digest.

    Args:
        public_key: 65 octets 04 || x || y.
        digest: 32 octets.
        signature: 64 octets r || s. Both s and N - s pass, as ECDSA has it.
        comb: the public key's `comb`, which makes it faster.

    Raises:
        CurveError: anything but a valid signature by that key.
    """
    x, y = _point(public_key)
    e = _integer(digest, "digest")
    if len(signature) != 64:
        raise CurveError("signature is not 64 octets")
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if not (0 < r < N and 0 < s < N):
        raise CurveError("r or s out of range")
    w = points.inverse(s, N)
    total = _multiple(r * w % N, (x, y), comb, e * w % N)
    found, _, z = total.integers()
    # Infinity has no x, so the X that stands for it must not be compared.
    if not z or not _is_x(found, z, r):
        raise CurveError("signature does not verify")


def sign(private_key: bytes, digest: bytes) -> bytes:
    """Return the deterministic ECDSA signature r || s over a SHA-256 digest (RFC 6979).

    Args:
        private_key: 32 octets.
        digest: 32 octets.

    Raises:
        CurveError: a wrong length, or a private key that is 0 or not below the order.
    """
    d = _scalar(private_key)
    e = _integer(digest, "digest")
    with Borrowed("signing", True) as signing:
        return signing.sign(d, e, _times_generator)


def check_public_key(public_key: bytes) -> None:
    """Check that 65 octets 04 || x || y are a point of the curve.

    Raises:
        CurveError: they are not.
    """
    _point(public_key)


def comb(public_key: bytes) -> bytearray:
    """Return the table of 2,048 octets that makes `verify` and `ecdh` by this key faster.

    Raises:
        CurveError: not a public key.
    """
    return points.comb(points.affine(*_point(public_key)))


def ecdh(private_key: bytes, public_key: bytes, comb=None) -> bytes:
    """Return the shared secret Z: the 32-octet X coordinate of the product (GBCS 4.3.3.3).

    Args:
        private_key: 32 octets.
        public_key: 65 octets 04 || x || y.
        comb: the public key's `comb`, which makes it faster.

    Raises:
        CurveError: a private key that is out of range, or a public key that is not a point.
    """
    d = _scalar(private_key)
    # The order is prime and d below it, so the product is never the point at infinity.
    return _affine(_multiple(d, _point(public_key), comb, 0))[:32]


def public_key(private_key: bytes) -> bytes:
    """Return the public key that belongs to a private key.

    Raises:
        CurveError: a wrong length, or a private key that is 0 or not below the order.
    """
    return b"\x04" + _times_generator(_scalar(private_key))


def _integer(octets, name):
    if len(octets) != 32:
        raise CurveError(name + " is not 32 octets")
    return int.from_bytes(octets, "big")


def _scalar(private_key):
    d = _integer(private_key, "private key")
    if not 0 < d < N:
        raise CurveError("private key out of range")
    return d


def _point(octets):
    # Infinity is the single octet 00, so the length refuses it.
    if len(octets) != 65 or octets[0] != 4:
        raise CurveError("public key is not 65 octets 04, x, y")
    x = int.from_bytes(octets[1:33], "big")
    y = int.from_bytes(octets[33:], "big")
    if x >= P or y >= P:
        raise CurveError("coordinate out of range")
    if not curve.on_curve(x, y):
        raise CurveError("point not on the curve")
    return x, y


def _is_x(x, z, r):
    """Tell whether the affine x of a Jacobian point is r modulo N, without inverting z."""
    zz = z * z % P
    return (r * zz - x) % P == 0 or (r + N < P and ((r + N) * zz - x) % P == 0)


def _multiple(k, point, comb, of_generator):
    """Return k times a point plus a multiple of the generator."""
    combs = []
    if of_generator:
        combs.append((of_generator, points.generator_comb()))
    if comb is None:
        return points.combine(combs, k, points.odd_multiples(points.affine(*point)))
    combs.append((k, comb))
    return points.combine(combs, 0, b"")


def _affine(total):
    """Return a finite point as octets x || y."""
    x, y, z = total.integers()
    z = points.inverse(z, P)
    zz = z * z % P
    return (x * zz % P).to_bytes(32, "big") + (y * (zz * z % P) % P).to_bytes(32, "big")


def _times_generator(k):
    return _affine(points.combine([(k, points.generator_comb())], 0, b""))
