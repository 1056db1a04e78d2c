"""Make a comb: in memory only while one is made."""

from gbcs_device.curve import COLUMNS, TEETH
from gbcs_device.points import Point, pack


def comb(point: bytes) -> bytearray:
    """Return the comb of a table of Q alone: 2**(TEETH - 1) points.

    Its entry i is the sum of the teeth 2**(COLUMNS * row) * Q, each subtracted where bit `row` of
    i is 0; the highest tooth is always added.
    """
    table = bytearray(64 << TEETH - 1)
    total = Point()
    total.add(point, 0, 0)
    teeth = [total.jacobian()]
    doubled = []
    for _ in range(TEETH - 1):
        total.double(1)
        doubled.append(total.jacobian())
        total.double(COLUMNS - 1)
        teeth.append(total.jacobian())
    # The teeth, then twice the teeth, stand in the table until its own entries are known.
    pack(teeth, table, 0)
    pack(doubled, table, 64 * TEETH)
    total = Point()
    total.add(table, 64 * (TEETH - 1), 0)
    for row in range(TEETH - 1):
        total.add(table, 64 * row, 1)
    values = [total.jacobian()]
    for row in range(TEETH - 1):
        for i in range(1 << row):
            total.set(values[i])
            total.add(table, 64 * (TEETH + row), 0)
            values.append(total.jacobian())
    pack(values, table, 0)
    return table
