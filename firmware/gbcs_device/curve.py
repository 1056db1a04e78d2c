"""The group of NIST P-256 in plain big integers: what ECDSA and ECDH are made of.

An affine point is a pair of integers (x, y); a Jacobian point (X, Y, Z) stands for
(X/Z^2, Y/Z^3), and Z = 0 is the point at infinity. Nothing here checks its input: `p256` does.

The running time depends on the values, so nothing here resists a side channel.
"""

from gbcs_device._compat import const

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
"""The prime of the field."""

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the generator, a prime."""

_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B

GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

# A wider window means fewer additions and a larger table: 2**(width - 2) points. The generator's
# table is kept, so it is worth its memory; another point's is rebuilt for every operation.
GENERATOR_WIDTH = const(7)
POINT_WIDTH = const(5)

_POINT = const(64)
_DIGIT_BIAS = const(128)

_generator_table = None


def on_curve(x: int, y: int) -> bool:
    """Tell whether (x, y) with 0 <= x, y < P is a point; infinity has no such coordinates."""
    return (y * y - (x * x - 3) * x - _B) % P == 0


def inverse(a: int, m: int) -> int:
    """Return 1/a modulo the prime m, for 0 < a < m.

    Extended Euclid: Fermat's power takes eight times as long, and MicroPython's `pow` knows no
    negative exponent (it returns 0).
    """
    b, u, v = m, 1, 0
    while a != 1:
        q, r = divmod(b, a)
        u, v = v - q * u, u
        b = a
        a = r
    return u % m


def _double(x, y, z):
    # Eight multiplications but seven reductions: a reduction costs three times a multiplication,
    # and a sum of reduced values needs none before it is multiplied.
    p = P
    zz = z * z % p
    y2 = y + y
    h = y2 * y % p
    s = (x + x) * h % p
    m = (x - zz) * 3 * (x + zz) % p
    x3 = (m * m - s - s) % p
    return x3, (m * (s - x3) - (h + h) * h) % p, y2 * z % p


def _add(x1, y1, z1, x2, y2):
    """Add the affine point (x2, y2) to the Jacobian point (x1, y1, z1)."""
    if not z1:
        return x2, y2, 1
    p = P
    zz = z1 * z1 % p
    h = (x2 * zz - x1) % p
    r = (y2 * (z1 * zz % p) - y1) % p
    if not h:
        # Same x: the two are opposite, or equal and the formula below would divide by zero.
        return (1, 1, 0) if r else _double(x2, y2, 1)
    hh = h * h % p
    hhh = h * hh % p
    v = x1 * hh % p
    x3 = (r * r - hhh - v - v) % p
    return x3, (r * (v - x3) - y1 * hhh) % p, z1 * h % p


def _pack(points, octets):
    """Write finite Jacobian points to octets as x || y each, with one inversion for all."""
    p = P
    products = []
    product = 1
    for _, _, z in points:
        products.append(product)
        product = product * z % p
    rest = inverse(product, p)
    for i in range(len(points) - 1, -1, -1):
        x, y, z = points[i]
        z_inverse = rest * products[i] % p
        rest = rest * z % p
        zz = z_inverse * z_inverse % p
        at = _POINT * i
        octets[at : at + 32] = (x * zz % p).to_bytes(32, "big")
        octets[at + 32 : at + 64] = (y * (zz * z_inverse % p) % p).to_bytes(32, "big")


def odd_multiples(x: int, y: int, width: int) -> bytearray:
    """Return the table that `wnaf` digits of that width index: Q, 3Q, 5Q ... for Q = (x, y).

    The 2**(width - 2) points as octets x || y in one string: integers take almost twice the
    memory.
    """
    p = P
    # The one large piece of memory is taken before the small ones can crowd it out.
    table = bytearray(_POINT << (width - 2))
    # On the isomorphic curve that is scaled by 2Q's Z, 2Q is affine and every addition mixed.
    x2, y2, scale = _double(x, y, 1)
    zz = scale * scale % p
    point = (x * zz % p, y * (zz * scale % p) % p, 1)
    points = [(x, y, 1)]
    for _ in range((1 << (width - 2)) - 1):
        point = _add(point[0], point[1], point[2], x2, y2)
        points.append((point[0], point[1], point[2] * scale % p))
    _pack(points, table)
    return table


def generator_table() -> bytearray:
    """Return the generator's odd multiples, computed by the first call and kept (2 KB)."""
    global _generator_table
    if _generator_table is None:
        _generator_table = odd_multiples(GENERATOR[0], GENERATOR[1], GENERATOR_WIDTH)
    return _generator_table


def wnaf(k: int, width: int) -> list:
    """Return the non-adjacent form of k >= 0: its odd digits below 2**(width - 1) in size.

    Least significant first, each packed into a small integer (no memory of its own): the digit's
    bit position times 256, plus the digit plus 128.
    """
    digits = []
    position = 0
    mask = (1 << width) - 1
    while k:
        while not k & 0xFF:
            k >>= 8
            position += 8
        while not k & 1:
            k >>= 1
            position += 1
        digit = k & mask
        k >>= width
        if digit > mask >> 1:
            digit -= mask + 1
            k += 1
        digits.append(position << 8 | digit + _DIGIT_BIAS)
        position += width
    return digits


def combine(terms: list) -> tuple:
    """Return the sum of scalar times point over the terms, as a Jacobian point.

    Args:
        terms: pairs of a scalar's `wnaf` (used up) and its point's `odd_multiples`. The
            doublings are shared by all the terms (Shamir's trick).
    """
    p = P
    from_bytes = int.from_bytes
    x, y, z = 1, 1, 0
    top = 0
    for digits, _ in terms:
        if digits and digits[-1] >> 8 > top:
            top = digits[-1] >> 8
    for position in range(top, -1, -1):
        if z:
            x, y, z = _double(x, y, z)
        for digits, table in terms:
            if digits and digits[-1] >> 8 == position:
                digit = (digits.pop() & 0xFF) - _DIGIT_BIAS
                at = (abs(digit) >> 1) * _POINT
                y2 = from_bytes(table[at + 32 : at + 64], "big")
                if digit < 0:
                    y2 = p - y2
                x, y, z = _add(x, y, z, from_bytes(table[at : at + 32], "big"), y2)
    return x, y, z


def affine(x: int, y: int, z: int) -> bytes:
    """Return a finite Jacobian point as octets x || y."""
    octets = bytearray(_POINT)
    _pack([(x, y, z)], octets)
    return bytes(octets)
