"""Signatures and points made to go wrong, against slow textbook arithmetic and OpenSSL.

Random cases never meet these: two points that are equal or opposite half-way through the sum, an
x coordinate between the order and the prime, scalars that are all ones, points next to x = 0.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from test_p256 import KERNELS

from gbcs_device import p256

# FIPS 186-4, D.1.2.3.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 115792089210356248762697446949407573529996955224135760342422259061068512044369
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B

Point = tuple[int, int] | None
"""Affine, or None for the point at infinity."""

G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def add(a: Point, b: Point) -> Point:
    """Add as the textbook does, with a division."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] ** 2 - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope**2 - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


@cache
def doublings(point: Point) -> list[Point]:
    """Return the point times 1, 2, 4 ... 2**255."""
    found = [point]
    for _ in range(255):
        found.append(add(found[-1], found[-1]))
    return found


@cache
def times(k: int, point: Point) -> Point:
    """Multiply a bit at a time."""
    total: Point = None
    for bit, doubled in enumerate(doublings(point)):
        if k >> bit & 1:
            total = add(total, doubled)
    return total


def lift(x: int) -> Point:
    """Return a point with that x, or None when there is none."""
    y = pow(x**3 - 3 * x + B, (P + 1) // 4, P)
    return (x % P, y) if (y * y - x**3 + 3 * x - B) % P == 0 else None


def points_near(x: int, step: int, count: int) -> list[tuple[int, int]]:
    """Return the first points at or after x in steps of 1 or -1."""
    found: list[tuple[int, int]] = []
    while len(found) < count:
        point = lift(x)
        if point:
            found.append(point)
        x += step
    return found


class Case(NamedTuple):
    """A signature to judge: key, digest as a number, r and s."""

    key: tuple[int, int]
    e: int
    r: int
    s: int

    def octets(self) -> tuple[bytes, bytes, bytes]:
        """Return the arguments of verify()."""
        return encoded(self.key), number(self.e), number(self.r) + number(self.s)

    def expected(self) -> bool:
        """Judge it by the definition of ECDSA."""
        if not (0 < self.r < N and 0 < self.s < N):
            return False
        w = pow(self.s, -1, N)
        point = add(times(self.e * w % N, G), times(self.r * w % N, self.key))
        return point is not None and point[0] % N == self.r

    def openssl(self) -> bool:
        """Judge it by OpenSSL."""
        key = ec.EllipticCurvePublicNumbers(*self.key, ec.SECP256R1()).public_key()
        try:
            signature = encode_dss_signature(self.r, self.s)
            key.verify(signature, number(self.e), ec.ECDSA(Prehashed(SHA256())))
        except InvalidSignature:
            return False
        return True

    def device(self) -> bool:
        """Judge it by the device's code."""
        try:
            p256.verify(*self.octets())
        except p256.CurveError:
            return False
        return True


def number(value: int) -> bytes:
    """Return 32 octets."""
    return value.to_bytes(32, "big")


def encoded(point: tuple[int, int]) -> bytes:
    """Return 04 || x || y."""
    return b"\x04" + number(point[0]) + number(point[1])


def public(k: int) -> tuple[int, int]:
    """Return k times G, for 0 < k < N."""
    point = times(k, G)
    assert point
    return point


def computing(u1: int, u2: int, key: tuple[int, int]) -> Iterator[Case]:
    """Yield a valid signature whose check computes u1*G + u2*Q, if there is one."""
    point = add(times(u1, G), times(u2, key))
    if point and point[0] % N:
        r = point[0] % N
        s = r * pow(u2, -1, N) % N
        yield Case(key, u1 * s % N, r, s)


def arriving(point: tuple[int, int], e: int, r: int, s: int) -> Case:
    """Return a signature whose check arrives at that very point, by choosing the key."""
    inverse = pow(r, -1, N)
    key = add(times(s * inverse % N, point), times(-e * inverse % N, G))
    assert key
    return Case(key, e, r, s)


def recovered(point: tuple[int, int], e: int, s: int) -> Case:
    """Return a valid signature whose check arrives at that very point."""
    return arriving(point, e, point[0] % N, s)


def related_keys() -> Iterator[Case]:
    """Yield keys that are small multiples of G: sums of equal, opposite and table points."""
    for k, nonce in product((1, 2, 3, 31, 2**128 + 1, N // 2 + 1, N - 2, N - 1), (1, 2, N - 1)):
        r = public(nonce)[0] % N
        # u1*G cancels u2*Q when e = -rk, and equals it when e = rk.
        for e in (0, 1, N - 1, -r * k % N, r * k % N):
            signed = pow(nonce, -1, N) * (e + r * k) % N
            for s in (signed, N - signed, 1):
                yield Case(public(k), e, r, s % N)


def edge_scalars() -> Iterator[Case]:
    """Yield valid signatures whose two scalars are at the edges of the windows."""
    alternating = int("55" * 32, 16)
    scalars = (1, 2, 15, 16, 17, 63, 64, 65, 2**128 - 1, 2**255, alternating, N // 2, N - 1)
    for u1, u2 in product((0, *scalars), scalars):
        yield from computing(u1, u2, public(0xD15EA5E))


def large_x() -> Iterator[Case]:
    """Yield points whose x is not below the order, and claims that only a wrong residue meets."""
    low, high = points_near(N, 1, 3), points_near(P - 1, -1, 3)
    for point in low + high:
        case = recovered(point, 0xFACADE, 0xC0FFEE)
        yield from (case, case._replace(s=N - case.s), case._replace(e=1))
        # Not reduced: every congruence holds, and r is out of range.
        yield case._replace(r=point[0])
    for point in points_near(1, 1, 3) + points_near(P - N - 1, -1, 3) + points_near(P - N, 1, 3):
        yield recovered(point, 0xFACADE, 0xC0FFEE)
        # r + N is P more than x: the same residue modulo P, and no residue modulo N.
        yield arriving(point, 0xFACADE, point[0] + P - N, 0xC0FFEE)
        # The same residue modulo N, but out of range.
        case = recovered(point, 0xFACADE, 0xC0FFEE)
        yield case._replace(r=case.r + N)


def special_values() -> Iterator[Case]:
    """Yield r and s at and beyond the ends of their range."""
    values = (0, 1, 2, N - 1, N, N + 1, P - N, P - 1, P, P + 1, 2**256 - 1)
    for r, s, e in product(values, values, (0, 0xABBA)):
        yield Case(public(3), e, r, s)


def edge_inverses() -> Iterator[Case]:
    """Yield valid signatures whose s makes Euclid's quotients extreme."""
    for s in (1, 2, 3, 2**32, 2**128, 2**255, N // 2, N // 2 + 1, N - 2, N - 1, N - 2**128):
        for value in (s, pow(s, -1, N)):
            yield recovered(public(0xBEEF), 0xFACADE, value)


def edge_digests() -> Iterator[Case]:
    """Yield digests around zero, the order and the top; the order and zero are the same."""
    for e in (0, 1, N - 1, N, N + 1, 2**256 - N, 2**256 - 1):
        case = recovered(public(0xBEEF), e % N, 0xC0FFEE)._replace(e=e)
        yield from (case, case._replace(e=e ^ 1))


def special_points() -> list[tuple[int, int]]:
    """Return points next to x = 0, to x = P and to powers of two, and their opposites."""
    points = points_near(0, 1, 3) + points_near(P - 1, -1, 3)
    for power in (32, 64, 128, 192, 224, 255):
        points += points_near(2**power, 1, 1) + points_near(2**power - 1, -1, 1)
    return points + [(x, P - y) for x, y in points]


def special_keys() -> Iterator[Case]:
    """Yield valid and spoilt signatures by special points."""
    for key in special_points():
        for case in computing(0xFACADE, N - 0xC0FFEE, key):
            yield from (case, case._replace(e=case.e ^ 1))


Group = Callable[[], Iterator[Case]]

BOTH = {True, False}
GROUPS: dict[Group, set[bool]] = {
    related_keys: BOTH,
    edge_scalars: {True},
    large_x: BOTH,
    special_values: {False},
    edge_inverses: {True},
    edge_digests: BOTH,
    special_keys: BOTH,
}
"""What to judge, and the judgements to expect in it."""

in_each_group = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)


@cache
def judged(group: Group) -> list[tuple[Case, bool]]:
    """Return a group's cases and the judgement of the textbook."""
    return [(case, case.expected()) for case in group()]


@in_each_group
def test_group_is_judged_as_it_is_meant(group: Group) -> None:
    """A group that came out all refused by mistake would prove little."""
    assert {expected for _, expected in judged(group)} == GROUPS[group]


@in_each_group
def test_openssl_agrees_with_the_textbook(group: Group) -> None:
    """The reference itself is checked."""
    assert [case for case, expected in judged(group) if case.openssl() != expected] == []


@in_each_group
def test_verify_agrees_with_the_textbook(group: Group) -> None:
    """The device takes and refuses exactly what ECDSA's definition does."""
    assert [case for case, expected in judged(group) if case.device() != expected] == []


def shared_secrets() -> Iterator[tuple[int, tuple[int, int], int]]:
    """Yield private keys, public keys and the X coordinates they agree on."""
    for k, point in product((1, 2, 3, 31, 2**128, 2**255, N // 2, N - 2, N - 1), [G, public(5)]):
        shared = times(k, point)
        assert shared
        yield k, point, shared[0]
    for shared in special_points():
        key = times(pow(0xD15EA5E, -1, N), shared)
        assert key
        yield 0xD15EA5E, key, shared[0]
        double = times(2, shared)
        assert double
        yield 2, shared, double[0]


def test_ecdh_agrees_with_the_textbook() -> None:
    """Extreme private keys, special public keys and special results."""
    wrong = [
        case
        for case in shared_secrets()
        if p256.ecdh(number(case[0]), encoded(case[1])) != number(case[2])
    ]
    assert wrong == []


@cache
def comb(key: tuple[int, int]) -> bytes:
    """Return a key's comb, made once for all its cases."""
    return bytes(p256.comb(encoded(key)))


@in_each_group
def test_verify_by_comb_agrees_with_the_textbook(group: Group) -> None:
    """Whoever has the key's comb judges no differently."""

    def accepted(case: Case) -> bool:
        try:
            p256.verify(*case.octets(), comb(case.key))
        except p256.CurveError:
            return False
        return True

    assert [case for case, expected in judged(group) if accepted(case) != expected] == []


def test_ecdh_by_comb_agrees_with_the_textbook() -> None:
    """The same for the key agreement."""
    for private, key, shared in shared_secrets():
        assert p256.ecdh(number(private), encoded(key), comb(key)) == number(shared)


@pytest.mark.parametrize(("kernel", "withheld"), KERNELS.items())
def test_micropython_agrees_with_the_textbook(
    micropython: Any, tmp_path: Path, kernel: str, withheld: list[str]
) -> None:
    """The same cases with each kernel, where the heap is a board's."""
    lines, expected = [], [kernel]
    # A comb for each case takes big integers long, and CPython has tried them.
    ways = ("",) if kernel == "big integers" else ("", "_by_comb")
    for case, good in (pair for group in GROUPS for pair in judged(group)):
        for way in ways:
            lines.append(" ".join(["verify" + way, *(octets.hex() for octets in case.octets())]))
            expected.append("ok" if good else "refused")
    for private, key, shared in shared_secrets():
        for way in ways:
            lines.append(f"ecdh{way} {number(private).hex()} {encoded(key).hex()}")
            expected.append(number(shared).hex())
    file = tmp_path / "cases"
    file.write_text("\n".join(lines))
    script = Path(__file__).with_name("p256_on_micropython.py")
    answers = micropython.run_script(script, str(file), *withheld).splitlines()
    assert answers == expected
