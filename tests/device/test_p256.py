"""ECDSA and ECDH on P-256 against RFC 6979, OpenSSL and MicroPython."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gbcs_device import curve, key_generation, p256

P: int = curve.P
N: int = curve.N
PREHASHED = Prehashed(SHA256())

# RFC 6979, A.2.5: P-256 with SHA-256.
RFC_PRIVATE_KEY = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
RFC_PUBLIC_KEY = bytes.fromhex(
    "04"
    "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
)
RFC_SIGNATURES = {
    b"sample": bytes.fromhex(
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    ),
    b"test": bytes.fromhex(
        "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
        "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"
    ),
}
DIGEST = sha256(b"sample").digest()
SIGNATURE = RFC_SIGNATURES[b"sample"]

KERNELS = {
    "kernel_wide": [],
    "kernel_viper": ["kernel_wide"],
    "big integers": ["kernel_wide", "kernel_viper"],
}
"""What MicroPython's unix port computes with, and what is withheld from it to get there."""

differential = settings(max_examples=60, derandomize=True, deadline=None)
private_numbers = st.integers(1, N - 1)
digests = st.binary(min_size=32, max_size=32)


def octets(number: int) -> bytes:
    """Return a number as 32 octets."""
    return number.to_bytes(32, "big")


def openssl_key(number: int) -> ec.EllipticCurvePrivateKey:
    """Return OpenSSL's private key of that number."""
    return ec.derive_private_key(number, ec.SECP256R1())


def openssl_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public key as 04 || x || y."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def openssl_sign(key: ec.EllipticCurvePrivateKey, digest: bytes) -> bytes:
    """Return r || s by RFC 6979."""
    algorithm = ec.ECDSA(PREHASHED, deterministic_signing=True)
    r, s = decode_dss_signature(key.sign(digest, algorithm))
    return octets(r) + octets(s)


def openssl_accepts(public_key: bytes, digest: bytes, signature: bytes) -> bool:
    """Tell whether OpenSSL takes the signature r || s."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
        key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(PREHASHED))
    except (InvalidSignature, ValueError):
        return False
    return True


def accepts(public_key: bytes, digest: bytes, signature: bytes) -> bool:
    """Tell whether the device takes the signature."""
    try:
        p256.verify(public_key, digest, signature)
    except p256.CurveError:
        return False
    return True


@pytest.mark.parametrize("message", RFC_SIGNATURES)
def test_signs_as_rfc_6979_says(message: bytes) -> None:
    """The appendix's signatures, nonce and all."""
    assert p256.sign(RFC_PRIVATE_KEY, sha256(message).digest()) == RFC_SIGNATURES[message]


@pytest.mark.parametrize("message", RFC_SIGNATURES)
def test_verifies_the_signatures_of_rfc_6979(message: bytes) -> None:
    """verify() returns nothing when the signature is good."""
    p256.verify(RFC_PUBLIC_KEY, sha256(message).digest(), RFC_SIGNATURES[message])


def test_derives_the_public_key_of_rfc_6979() -> None:
    """The appendix's U."""
    assert p256.public_key(RFC_PRIVATE_KEY) == RFC_PUBLIC_KEY


@differential
@given(private_numbers, digests)
@example(1, bytes(32))
@example(N - 1, b"\xff" * 32)
def test_signs_what_openssl_signs(number: int, digest: bytes) -> None:
    """Deterministic signatures leave no freedom: the octets are the same."""
    ours = p256.sign(octets(number), digest)
    assert ours == openssl_sign(openssl_key(number), digest)


@differential
@given(private_numbers, digests)
def test_verifies_what_openssl_signs(number: int, digest: bytes) -> None:
    """A good signature passes in silence."""
    key = openssl_key(number)
    p256.verify(openssl_point(key), digest, openssl_sign(key, digest))


@differential
@given(private_numbers, digests, st.integers(0, 8 * (65 + 32 + 64) - 1))
def test_one_changed_bit_is_judged_as_openssl_judges_it(
    number: int, digest: bytes, bit: int
) -> None:
    """A bit of the key, the digest or the signature."""
    key = openssl_key(number)
    whole = bytearray(openssl_point(key) + digest + openssl_sign(key, digest))
    whole[bit // 8] ^= 1 << bit % 8
    case = bytes(whole[:65]), bytes(whole[65:97]), bytes(whole[97:])
    assert not accepts(*case)
    # 06 and 07 are the hybrid form, which OpenSSL reads and GBCS does not use.
    assert case[0][0] != 4 or not openssl_accepts(*case)


@differential
@given(private_numbers, private_numbers)
@example(1, 1)
@example(N - 1, N - 1)
def test_agrees_on_the_secret_that_openssl_finds(mine: int, theirs: int) -> None:
    """ECDH's X coordinate."""
    peer = openssl_key(theirs)
    expected = openssl_key(mine).exchange(ec.ECDH(), peer.public_key())
    assert p256.ecdh(octets(mine), openssl_point(peer)) == expected


@differential
@given(private_numbers)
@example(1)
@example(N - 1)
def test_derives_the_public_key_that_openssl_derives(number: int) -> None:
    """Private key to public key."""
    assert p256.public_key(octets(number)) == openssl_point(openssl_key(number))


def other_point(x: int, y: int) -> bytes:
    """Return 04 || x || y, whatever they are."""
    return b"\x04" + octets(x) + octets(y)


X = int.from_bytes(RFC_PUBLIC_KEY[1:33], "big")
Y = int.from_bytes(RFC_PUBLIC_KEY[33:], "big")
# x = 5 is on the curve, and 5 + P still fits 32 octets: the same residue, written otherwise.
Y_OF_5 = 0x459243B9AA581806FE913BCE99817ADE11CA503C64D9A3C533415C083248FBCC

BAD_POINTS = {
    "nothing": (b"", "public key is not 65 octets 04, x, y"),
    "infinity": (b"\x00", "public key is not 65 octets 04, x, y"),
    "infinity padded": (bytes(65), "public key is not 65 octets 04, x, y"),
    "compressed": (b"\x03" + RFC_PUBLIC_KEY[1:33], "public key is not 65 octets 04, x, y"),
    "hybrid": (b"\x07" + RFC_PUBLIC_KEY[1:], "public key is not 65 octets 04, x, y"),
    "short": (RFC_PUBLIC_KEY[:-1], "public key is not 65 octets 04, x, y"),
    "long": (RFC_PUBLIC_KEY + b"\x00", "public key is not 65 octets 04, x, y"),
    "origin": (other_point(0, 0), "point not on the curve"),
    "x and y swapped": (other_point(Y, X), "point not on the curve"),
    "y off by one": (other_point(X, Y + 1), "point not on the curve"),
    "y of zero": (other_point(X, 0), "point not on the curve"),
    "x not reduced": (other_point(5 + P, Y_OF_5), "coordinate out of range"),
    "x is the prime": (other_point(P, Y), "coordinate out of range"),
    "y is the prime": (other_point(X, P), "coordinate out of range"),
    "all ones": (b"\x04" + b"\xff" * 64, "coordinate out of range"),
}


@pytest.mark.parametrize(("point", "reason"), BAD_POINTS.values(), ids=BAD_POINTS)
@pytest.mark.parametrize("operation", ["verify", "ecdh"])
def test_refuses_what_is_no_public_key(operation: str, point: bytes, reason: str) -> None:
    """Nothing is computed with a point that is not on the curve."""
    with pytest.raises(p256.CurveError) as refused:
        if operation == "verify":
            p256.verify(point, DIGEST, SIGNATURE)
        else:
            p256.ecdh(RFC_PRIVATE_KEY, point)
    assert refused.value.args == (reason,)


def test_takes_a_point_whose_x_is_small() -> None:
    """The counterpart of "x not reduced": the same point as it should be written."""
    assert p256.ecdh(octets(1), other_point(5, Y_OF_5)) == octets(5)


BAD_PRIVATE_KEYS = {
    "zero": (bytes(32), "private key out of range"),
    "the order": (octets(N), "private key out of range"),
    "all ones": (b"\xff" * 32, "private key out of range"),
    "short": (bytes(31), "private key is not 32 octets"),
    "long": (bytes(32) + b"\x01", "private key is not 32 octets"),
}


@pytest.mark.parametrize(("key", "reason"), BAD_PRIVATE_KEYS.values(), ids=BAD_PRIVATE_KEYS)
@pytest.mark.parametrize(
    "operation",
    [
        lambda key: p256.sign(key, DIGEST),
        lambda key: p256.ecdh(key, RFC_PUBLIC_KEY),
        lambda key: p256.public_key(key),
    ],
    ids=["sign", "ecdh", "public_key"],
)
def test_refuses_what_is_no_private_key(
    operation: Callable[[bytes], Any], key: bytes, reason: str
) -> None:
    """A private key is from 1 to the order less one."""
    with pytest.raises(p256.CurveError) as refused:
        operation(key)
    assert refused.value.args == (reason,)


@pytest.mark.parametrize(
    ("digest", "signature", "reason"),
    [
        (DIGEST[:-1], SIGNATURE, "digest is not 32 octets"),
        (DIGEST + b"\x00", SIGNATURE, "digest is not 32 octets"),
        (DIGEST, SIGNATURE[:-1], "signature is not 64 octets"),
        (DIGEST, SIGNATURE + b"\x00", "signature is not 64 octets"),
        (DIGEST, b"", "signature is not 64 octets"),
        (DIGEST, bytes(64), "r or s out of range"),
        (DIGEST, bytes(32) + SIGNATURE[32:], "r or s out of range"),
        (DIGEST, SIGNATURE[:32] + bytes(32), "r or s out of range"),
        (DIGEST, octets(N) + SIGNATURE[32:], "r or s out of range"),
        (DIGEST, SIGNATURE[:32] + octets(N), "r or s out of range"),
        (DIGEST, SIGNATURE[32:] + SIGNATURE[:32], "signature does not verify"),
        (sha256(b"other").digest(), SIGNATURE, "signature does not verify"),
    ],
)
def test_says_why_a_signature_is_refused(digest: bytes, signature: bytes, reason: str) -> None:
    """One error, and a reason a person can read."""
    with pytest.raises(p256.CurveError) as refused:
        p256.verify(RFC_PUBLIC_KEY, digest, signature)
    assert refused.value.args == (reason,)


def test_refuses_to_sign_what_is_no_digest() -> None:
    """A message in place of its digest is a mistake worth stopping."""
    with pytest.raises(p256.CurveError, match="digest is not 32 octets"):
        p256.sign(RFC_PRIVATE_KEY, b"sample")


def test_generates_the_first_number_that_is_a_private_key() -> None:
    """Zero and what is not below the order are rejected, not reduced."""
    draws = [bytes(32), octets(N), b"\xff" * 32, octets(N - 1), octets(7)]
    assert key_generation.generate(lambda size: draws.pop(0)) == octets(N - 1)
    assert draws == [octets(7)]


@pytest.mark.parametrize("stuck", [bytes(32), b"\xff" * 32, bytes(31), b""])
def test_gives_up_on_a_broken_random_source(stuck: bytes) -> None:
    """A source that is stuck must not hang the device."""
    with pytest.raises(p256.CurveError, match="random source gives no private key"):
        key_generation.generate(lambda size: stuck)


@pytest.mark.parametrize(("kernel", "withheld"), KERNELS.items())
def test_micropython_agrees(
    micropython: Any, tmp_path: Path, kernel: str, withheld: list[str]
) -> None:
    """MicroPython's integers are another implementation: the answers are the same there."""
    cases = []
    for i in range(60):
        seeds = [sha256(bytes([i, j])).digest() for j in range(3)]
        key, peer = (openssl_key(int.from_bytes(seed, "big") % (N - 1) + 1) for seed in seeds[:2])
        mine, digest = octets(key.private_numbers().private_value), seeds[2]
        point, signature = openssl_point(key), openssl_sign(key, digest)
        changed = bytearray(signature)
        changed[i] ^= 1
        cases += [
            (["public_key", mine], point.hex()),
            (["sign", mine, digest], signature.hex()),
            (["verify", point, digest, signature], "ok"),
            (["verify", point, digest, bytes(changed)], "refused"),
            (
                ["ecdh", mine, openssl_point(peer)],
                key.exchange(ec.ECDH(), peer.public_key()).hex(),
            ),
        ]
    cases += [(["verify", bad, DIGEST, SIGNATURE], "refused") for bad, _ in BAD_POINTS.values()]
    cases += [(["sign", bad, DIGEST], "refused") for bad, _ in BAD_PRIVATE_KEYS.values()]
    file = tmp_path / "cases"
    file.write_text("".join(case_line(words) + "\n" for words, _ in cases))
    script = Path(__file__).with_name("p256_on_micropython.py")
    answers = micropython.run_script(script, str(file), *withheld).splitlines()
    assert answers == [kernel, *(expected for _, expected in cases)]


def case_line(words: list[Any]) -> str:
    """Return an operation and its octets as a line of the MicroPython script's file."""
    return " ".join([words[0], *(word.hex() or "-" for word in words[1:])])
