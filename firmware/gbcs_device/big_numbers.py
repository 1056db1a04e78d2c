"""Arithmetic on scalars in plain integers: for boards without a kernel, and to check the others.

Nothing here checks its input: `p256` does.
"""

from gbcs_device.curve import COLUMNS, TEETH, WIDTH, N


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


def wnaf(k: int) -> list:
    """Return the non-adjacent form of k >= 0: its odd digits below 2**(WIDTH - 1) in size.

    Least significant first, each packed into a small integer (no memory of its own): the digit's
    bit position times 256, plus the digit plus 128.
    """
    digits = []
    position = 0
    mask = (1 << WIDTH) - 1
    while k:
        while not k & 0xFF:
            k >>= 8
            position += 8
        while not k & 1:
            k >>= 1
            position += 1
        digit = k & mask
        k >>= WIDTH
        if digit > mask >> 1:
            digit -= mask + 1
            k += 1
        digits.append(position << 8 | digit + 128)
        position += WIDTH
    return digits


def comb_columns(k: int) -> bytearray:
    """Return the columns of 0 < k < N for a signed comb, least significant first.

    Every bit of an odd number can be read as +1 or -1, so that no column is empty. Column i has
    the bits i, i + COLUMNS, ...; its octet is the index of the point in the comb's table times
    2, plus 1 if the point is to be subtracted.
    """
    flip = 0
    if not k & 1:
        # N is odd: its complement is not even, and a negated point costs nothing.
        k = N - k
        flip = 1
    # With every digit +1 or -1, k is the sum of (2 * bit - 1) * 2**i over the bits of this.
    k = (k >> 1) + (1 << TEETH * COLUMNS - 1)
    columns = bytearray(COLUMNS)
    for row in range(TEETH):
        bits = k & (1 << COLUMNS) - 1
        k >>= COLUMNS
        # Halves that are small integers on a 32-bit board.
        for start in (0, 22):
            half = (bits >> start) & 0x3FFFFF
            column = start
            while half:
                if half & 1:
                    columns[column] |= 1 << row
                half >>= 1
                column += 1
    top = 1 << TEETH - 1
    for column in range(COLUMNS):
        index = columns[column]
        # The table has the points whose highest row is +1; the others are their opposites.
        if index & top:
            columns[column] = (index - top) << 1 | flip
        else:
            columns[column] = (top - 1 - index) << 1 | 1 - flip
    return columns
