"""Points of P-256 in plain big integers: slow, and right wherever Python runs.

A table holds affine points, each 64 octets: x, then y, the least significant octet first.
"""

from gbcs_device.curve import P, inverse

KERNEL = "big integers"
"""What computes in the field, for a person."""


class Point:
    """A running sum of points in Jacobian coordinates; the point at infinity when made.

    (X, Y, Z) stands for (X/Z^2, Y/Z^3), and Z = 0 for the point at infinity.
    """

    def __init__(self) -> None:
        self._x = self._y = 1
        self._z = 0

    def double(self, times: int) -> None:
        """Double the sum several times."""
        # Eight multiplications but seven reductions: a reduction costs three times a
        # multiplication, and a sum of reduced values needs none before it is multiplied.
        p = P
        x, y, z = self._x, self._y, self._z
        for _ in range(times if z else 0):
            zz = z * z % p
            y2 = y + y
            h = y2 * y % p
            s = (x + x) * h % p
            m = (x - zz) * 3 * (x + zz) % p
            x = (m * m - s - s) % p
            z = y2 * z % p
            y = (m * (s - x) - (h + h) * h) % p
        self._x, self._y, self._z = x, y, z

    def add(self, table: bytes, at: int, negative: int) -> None:
        """Add the table's point at an offset, or subtract it."""
        p = P
        x2 = int.from_bytes(table[at : at + 32], "little")
        y2 = int.from_bytes(table[at + 32 : at + 64], "little")
        if negative:
            y2 = p - y2
        x1, y1, z1 = self._x, self._y, self._z
        if not z1:
            self._x, self._y, self._z = x2, y2, 1
            return
        zz = z1 * z1 % p
        h = (x2 * zz - x1) % p
        r = (y2 * (z1 * zz % p) - y1) % p
        if not h:
            # Same x: the two are opposite, or equal and the formula below would divide by zero.
            self._x, self._y, self._z = x2, y2, 0 if r else 1
            self.double(1)
            return
        hh = h * h % p
        hhh = h * hh % p
        v = x1 * hh % p
        x3 = (r * r - hhh - v - v) % p
        self._x, self._y, self._z = x3, (r * (v - x3) - y1 * hhh) % p, z1 * h % p

    def jacobian(self) -> tuple:
        """Return the sum, for `set` and `pack`."""
        return self._x, self._y, self._z

    def set(self, value: tuple) -> None:
        """Become what `jacobian` returned."""
        self._x, self._y, self._z = value

    def integers(self) -> tuple:
        """Return X, Y and Z modulo the prime."""
        return self._x, self._y, self._z


def pack(values: list, table: bytearray, at: int) -> None:
    """Write finite points to a table from an offset on, with one inversion for all."""
    p = P
    products = []
    product = 1
    for _, _, z in values:
        products.append(product)
        product = product * z % p
    rest = inverse(product, p)
    at += 64 * len(values)
    while values:
        x, y, z = values.pop()
        z_inverse = rest * products.pop() % p
        rest = rest * z % p
        zz = z_inverse * z_inverse % p
        at -= 64
        table[at : at + 32] = (x * zz % p).to_bytes(32, "little")
        table[at + 32 : at + 64] = (y * (zz * z_inverse % p) % p).to_bytes(32, "little")
