"""Sums of multiples of points, and the one place that chooses how points are computed.

A table is made once for a point and used with every scalar. `odd_multiples` is for a point that
is met once; a comb costs a verification to make, and makes the next ones three times as fast.
"""

from gbcs_device._compat import const
from gbcs_device.borrowed import Borrowed
from gbcs_device.curve import COLUMNS, GENERATOR

try:
    from gbcs_device.field_machine import KERNEL, Point, pack
except ImportError:
    from gbcs_device.big_points import KERNEL, Point, pack  # noqa: F401

WIDTH = const(5)
"""Of the window for a point without a comb: a table of 2**(WIDTH - 2) points."""

_generator_comb = None


def generator_comb() -> bytearray:
    """Return the generator's comb, computed by the first call and kept (2 KB)."""
    global _generator_comb
    if _generator_comb is None:
        _generator_comb = comb(affine(GENERATOR[0], GENERATOR[1]))
    return _generator_comb


def affine(x: int, y: int) -> bytes:
    """Return a table of the one point (x, y)."""
    return x.to_bytes(32, "little") + y.to_bytes(32, "little")


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


def comb(point: bytes) -> bytearray:
    """Return the comb of a table of Q alone."""
    with Borrowed("comb_making") as comb_making:
        return comb_making.comb(point)


def combine(combs: list, digits: list, table: bytes) -> Point:
    """Return the sum of scalars times points; the doublings are shared by all of them.

    Args:
        combs: pairs of a scalar's `comb_columns` and its point's comb.
        digits: the `wnaf` of one scalar more (used up), or nothing.
        table: that scalar's point's `odd_multiples`.
    """
    total = Point()
    position = 256
    lowest = COLUMNS if combs else 0
    while digits and digits[-1] >> 8 >= lowest:
        position = _add_digit(total, position, digits.pop(), table)
    for column in range(lowest - 1, -1, -1):
        total.double(position - column)
        position = column
        for columns, comb_table in combs:
            octet = columns[column]
            total.add(comb_table, octet >> 1 << 6, octet & 1)
        if digits and digits[-1] >> 8 == column:
            _add_digit(total, column, digits.pop(), table)
    total.double(position)
    return total


def _add_digit(total, position, digit, table):
    total.double(position - (digit >> 8))
    value = (digit & 0xFF) - 128
    total.add(table, abs(value) >> 1 << 6, value < 0)
    return digit >> 8
