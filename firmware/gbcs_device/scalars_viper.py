"""Inverses of scalars, and scalars as steps of a sum, in viper; `big_numbers` has the same.

The inverse takes division steps by Bernstein and Yang
(https://gcd.cr.yp.to/safegcd-20190413.pdf): fifteen at a time on the lowest limbs, then their
effect on all limbs at once; so there is no division, and no garbage. The numbers have 18 limbs of
15 bits, the highest of them signed: f and g, whose greatest common divisor is sought; d and e,
which are f and g divided by the number to invert; the modulus.

A lane tells for each bit position of one scalar which point of its table is added there: 260
octets, or 44 for a comb, by position, each 0 for none or 128 plus twice the point's index, plus 1
if the point is to be subtracted.
"""

# pyright: reportUndefinedVariable=false

import micropython

from gbcs_device._compat import const
from gbcs_device.curve import COLUMNS, TEETH, N

COMB_LANE = const(44)
WNAF_LANE = const(260)
"""Octets of a lane."""

_OCTETS = const(36)


def comb_lane(k: int, lane: memoryview) -> None:
    """Fill a lane with the columns of 0 < k < N for a signed comb; see `big_numbers`."""
    flip = 0
    if not k & 1:
        k = N - k
        flip = 1
    _columns(((k >> 1) + (1 << TEETH * COLUMNS - 1)).to_bytes(36, "little"), lane, flip)


@micropython.viper
def _columns(k: ptr8, lane: ptr8, flip: int):
    column = 0
    while column < 43:
        index = 0
        row = 0
        at = column
        while row < 6:
            index |= (k[at >> 3] >> (at & 7) & 1) << row
            at += 43
            row += 1
        # The table has the points whose highest row is +1; the others are their opposites.
        if index & 32:
            lane[column] = 128 | (index & 31) << 1 | flip
        else:
            lane[column] = 128 | (31 - index) << 1 | 1 - flip
        column += 1


def wnaf_lane(k: int, lane: memoryview) -> None:
    """Fill a lane with the non-adjacent form of 0 <= k < 2**256; see `big_numbers`."""
    _digits(k.to_bytes(36, "little"), lane)


@micropython.viper
def _digits(k: ptr8, lane: ptr8):
    at = 0
    carry = 0
    while at < 257:
        octet = at >> 3
        bits = (k[octet] | k[octet + 1] << 8) >> (at & 7) & 31
        if bits & 1 == carry:
            at += 1
        else:
            bits += carry
            carry = bits >> 4
            if carry:
                # The digit is bits - 32.
                lane[at] = 128 | (32 - bits) >> 1 << 1 | 1
            else:
                lane[at] = 128 | bits >> 1 << 1
            at += 5


@micropython.viper
def steps(code: ptr8, at: int, lanes: ptr8, state: ptr8) -> int:
    """Write some steps of a sum, from the highest position down; return whether there are more.

    Args:
        code: where they are written: calls of programs, as `field_machine` tells, and an end.
        at: their first instruction's number; there is room for 24.
        lanes: one after the other, at most two; combs' first.
        state: the number of lanes; the instructions of the programs that double, add and
            subtract; whether anything was added; how often is to be doubled before the next
            addition; the position where to go on, two octets, at first 257; the number of combs.
    """
    count = int(state[0])
    doublings = int(state[5])
    position = state[6] | state[7] << 8
    at <<= 2
    last = at + 80
    while position and at < last:
        position -= 1
        doublings += 1
        lane = 0
        if position > 42:
            lane = int(state[8])
        while lane < count:
            octet = int(lanes[44 * lane + position])
            if octet:
                # What is doubled before anything was added is the point at infinity.
                if doublings and state[4]:
                    code[at] = 255
                    code[at + 1] = doublings
                    code[at + 2] = state[1]
                    code[at + 3] = 3
                    at += 4
                doublings = 0
                state[4] = 1
                code[at] = lane << 5 | octet >> 1 & 31
                code[at + 1] = 1
                code[at + 2] = state[2 + (octet & 1)]
                code[at + 3] = 3
                at += 4
            lane += 1
    code[at + 3] = 1
    state[5] = doublings
    state[6] = position
    state[7] = position >> 8
    return position


@micropython.viper
def point_to(pointer: ptr8, table: ptr8):
    """Write a table's address, eight octets; the table must outlive it."""
    address = uint(table)
    i = 0
    while i < 8:
        pointer[i] = address
        address >>= 8
        i += 1


@micropython.viper
def _split(octets: ptr8, limbs: ptr16):
    i = 0
    while i < 18:
        bit = 15 * i
        at = bit >> 3
        limbs[i] = (octets[at] | octets[at + 1] << 8 | octets[at + 2] << 16) >> (bit & 7) & 0x7FFF
        i += 1


@micropython.viper
def _join(limbs: ptr16, octets: ptr8):
    i = n = bits = rest = 0
    while i < 18:
        limb = int(limbs[i])
        if i == 17:
            limb = (limb ^ 0x8000) - 0x8000
        rest |= limb << bits
        bits += 15
        i += 1
        while bits > 7:
            octets[n] = rest
            n += 1
            rest >>= 8
            bits -= 8
    # The rest of the octets repeat the sign.
    while n < 36:
        octets[n] = rest
        n += 1
        rest >>= 8


@micropython.viper
def divide(f: int, g: int, numbers: ptr16) -> int:
    """Take division steps until g is 0; return f's lowest limb: of 1, or of -1.

    Args:
        f: anything; it and the next are here to be in registers.
        g: anything.
        numbers: f, g, d, e and the modulus.
    """
    modulus = ptr16(uint(numbers) + 144)
    # -1 / modulus modulo 2**15 by Newton's iteration: 3, 6, 12, 24 bits are right.
    y = int(modulus[0])
    opposite = y
    i = 3
    while i:
        opposite = opposite * (2 - y * opposite) & 0x7FFF
        i -= 1
    opposite = 0 - opposite
    delta = 1
    while True:
        f = int(numbers[0])
        g = int(numbers[18])
        # What fifteen steps make of f and g, times 2**15: u f + v g and q f + r g.
        u = 1
        v = 0
        q = 0
        r = 1
        i = 15
        while i:
            if g & 1:
                if delta > 0:
                    delta = 0 - delta
                    y = f
                    f = g
                    g = 0 - y
                    y = u
                    u = q
                    q = 0 - y
                    y = v
                    v = r
                    r = 0 - y
                g += f
                q += u
                r += v
            g >>= 1
            u <<= 1
            v <<= 1
            delta += 1
            i -= 1
        # First f and g, then d and e; to these that multiple of the modulus is added which makes
        # the division by 2**15 exact. It may be negative, and they grow by half of it each time.
        a = numbers
        last = 0
        while True:
            x = int(a[0])
            y = int(a[18])
            f = u * x + v * y
            g = q * x + r * y
            k = 0
            m = 0
            if last:
                k = ((f * opposite & 0x7FFF) ^ 0x4000) - 0x4000
                m = ((g * opposite & 0x7FFF) ^ 0x4000) - 0x4000
                x = int(modulus[0])
                f += k * x
                g += m * x
            i = 1
            while i < 18:
                x = int(a[i])
                y = int(a[i + 18])
                if i == 17:
                    x = (x ^ 0x8000) - 0x8000
                    y = (y ^ 0x8000) - 0x8000
                f = (f >> 15) + u * x + v * y
                g = (g >> 15) + q * x + r * y
                x = int(modulus[i])
                f += k * x
                g += m * x
                a[i - 1] = f & 0x7FFF
                a[i + 17] = g & 0x7FFF
                i += 1
            a[17] = f >> 15
            a[35] = g >> 15
            if last:
                break
            last = 1
            a = ptr16(uint(numbers) + 72)
        i = 18
        while i < 36 and numbers[i] == 0:
            i += 1
        if i == 36:
            return int(numbers[0])


def inverse(a: int, m: int) -> int:
    """Return 1/a modulo the prime m < 2**256, for 0 < a < m."""
    numbers = bytearray(5 * _OCTETS)
    view = memoryview(numbers)
    _split(m.to_bytes(_OCTETS, "little"), view)
    view[4 * _OCTETS :] = view[:_OCTETS]
    _split(a.to_bytes(_OCTETS, "little"), view[_OCTETS:])
    numbers[3 * _OCTETS] = 1
    sign = divide(0, 0, numbers)
    octets = bytearray(_OCTETS)
    _join(view[2 * _OCTETS :], octets)
    found = int.from_bytes(octets, "little")
    if octets[_OCTETS - 1] & 0x80:
        found -= 1 << 8 * _OCTETS
    return (found if sign == 1 else -found) % m
