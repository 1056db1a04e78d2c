"""Scalars as steps of a sum of multiples, in viper; `big_numbers` has the same in integers.

A lane tells for each bit position of one scalar which point of its table is added there: 260
octets, by position, each 0 for none or 128 plus twice the point's index, plus 1 if the point is
to be subtracted.
"""

# pyright: reportUndefinedVariable=false

import micropython

from gbcs_device._compat import const
from gbcs_device.curve import COLUMNS, TEETH, N

LANE = const(260)
"""Octets of a lane."""


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
def steps(code: ptr8, at: int, lanes: ptr8, tables: ptr8) -> int:
    """Write the steps of a sum from the highest position down; return how many instructions.

    Args:
        code: where they are written: calls of programs, as `field_machine` tells, and an end.
        at: their first instruction's number.
        lanes: one after the other.
        tables: the number of lanes; the instructions of the programs that double, add and
            subtract; for each lane the register in which its table begins.
    """
    count = int(tables[0])
    first = at
    at <<= 2
    doublings = 0
    position = 257
    while position:
        position -= 1
        doublings += 1
        lane = 0
        while lane < count:
            octet = int(lanes[260 * lane + position])
            if octet:
                # What is doubled before anything was added is the point at infinity.
                if doublings and at >> 2 != first:
                    code[at + 1] = doublings
                    code[at + 2] = tables[1]
                    code[at + 3] = 3
                    at += 4
                doublings = 0
                code[at] = int(tables[4 + lane]) + (octet & 126)
                code[at + 1] = 1
                code[at + 2] = tables[2 + (octet & 1)]
                code[at + 3] = 3
                at += 4
            lane += 1
    if doublings:
        code[at + 1] = doublings
        code[at + 2] = tables[1]
        code[at + 3] = 3
        at += 4
    code[at + 3] = 1
    return (at >> 2) + 1
