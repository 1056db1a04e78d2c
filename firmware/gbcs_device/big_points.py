"""Points of P-256 in plain big integers: slow, and right wherever Python runs.

A table holds affine points, each 64 octets: x, then y, the least significant octet first.
"""

from gbcs_device.big_numbers import comb_columns, inverse, wnaf
from gbcs_device.curve import COLUMNS, WIDTH, P

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
        x2, y2 = _entry(table, at, negative)
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


def _entry(table: bytes, at: int, negative: int) -> tuple:
    """Return x and y of the table's point at an offset, or of its opposite."""
    y = int.from_bytes(table[at + 32 : at + 64], "little")
    return int.from_bytes(table[at : at + 32], "little"), P - y if negative else y


def odd_multiples(point: bytes) -> bytearray:
    """Return the table that `wnaf` digits index: Q, 3Q, 5Q ... for a table of Q alone."""
    table = bytearray(64 << WIDTH - 2)
    # 2Q is needed as a table's entry; the first entry is free until all else is there.
    total = Point()
    total.add(point, 0, 0)
    total.double(1)
    pack([total.jacobian()], table, 0)
    total = Point()
    total.add(point, 0, 0)
    values = []
    for _ in range((1 << WIDTH - 2) - 1):
        total.add(table, 0, 0)
        values.append(total.jacobian())
    table[:64] = point
    pack(values, table, 64)
    return table


def combine(combs: list, k: int, table: bytes) -> Point:
    """Return the sum of scalars times points; the doublings are shared by all of them.

    Args:
        combs: pairs of a scalar, 0 < k < N, and its point's comb; at most two.
        k: one scalar more, 0 <= k < N, without a comb.
        table: the `odd_multiples` of its point, if it is not 0.
    """
    digits = wnaf(k)
    total = Point()
    position = 256
    lowest = COLUMNS if combs else 0
    while digits and digits[-1] >> 8 >= lowest:
        position = _add_digit(total, position, digits.pop(), table)
    columns = [(comb_columns(scalar), comb) for scalar, comb in combs]
    sums = _column_sums(columns) if len(columns) == 2 else b""
    for column in range(lowest - 1, -1, -1):
        total.double(position - column)
        position = column
        # No point of the curve has y = 0: its order is odd.
        if any(sums[64 * column + 32 : 64 * column + 64]):
            total.add(sums, 64 * column, 0)
        else:
            for octets, comb in columns:
                octet = octets[column]
                total.add(comb, octet >> 1 << 6, octet & 1)
        if digits and digits[-1] >> 8 == column:
            _add_digit(total, column, digits.pop(), table)
    total.double(position)
    return total


def _add_digit(total, position, digit, table):
    total.double(position - (digit >> 8))
    value = (digit & 0xFF) - 128
    total.add(table, abs(value) >> 1 << 6, value < 0)
    return digit >> 8


def _column_sums(columns: list) -> bytearray:
    """Return a table of the sum of each column's two points: one inversion for all.

    It is zeros where their x is the same. An addition to the running sum costs eleven products,
    one of two affine points six.
    """
    p = P
    # Octets, for some hundred integers would take a small heap.
    products = bytearray(32 * COLUMNS)
    sums = bytearray(64 * COLUMNS)
    product = 1
    for column in range(COLUMNS):
        x, _ = _of_column(columns[0], column)
        x2, _ = _of_column(columns[1], column)
        products[32 * column : 32 * column + 32] = product.to_bytes(32, "little")
        product = product * (x2 - x or 1) % p
    rest = inverse(product, p)
    for column in range(COLUMNS - 1, -1, -1):
        x, y = _of_column(columns[0], column)
        x2, y2 = _of_column(columns[1], column)
        if x2 != x:
            before = int.from_bytes(products[32 * column : 32 * column + 32], "little")
            slope = (y2 - y) * (rest * before % p) % p
            rest = rest * (x2 - x) % p
            x2 = (slope * slope - x - x2) % p
            at = 64 * column
            sums[at : at + 32] = x2.to_bytes(32, "little")
            sums[at + 32 : at + 64] = ((slope * (x - x2) - y) % p).to_bytes(32, "little")
    return sums


def _of_column(column_and_comb: tuple, column: int) -> tuple:
    octets, comb = column_and_comb
    octet = octets[column]
    return _entry(comb, octet >> 1 << 6, octet & 1)


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
