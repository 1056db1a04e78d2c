"""GHASH in viper, with four-bit tables of 288 octets (SP 800-38D, 6.4).

The table holds sixteen multiples of H, four words each, the first word with the lowest powers;
then, sixteen half-words, what the four bits that a shift drops come back as.
"""

# pyright: reportUndefinedVariable=false

import micropython


def table(h: bytes) -> bytearray:
    """Return the table of a hash key of 16 octets."""
    octets = bytearray(288)
    _fill(octets, h)
    return octets


@micropython.viper
def _fill(t: ptr32, h: ptr8):
    # At run time, as constants of so many bits would be objects.
    mask = 0xFFFF
    mask = mask << 16 | mask
    modulus = 0xE1
    modulus <<= 24
    i = 0
    while i < 4:
        at = i << 2
        t[32 + i] = h[at] << 24 | h[at + 1] << 16 | h[at + 2] << 8 | h[at + 3]
        i += 1
    # H times the powers 1, 2, 3 of x, which stand for the bits 4, 2 and 1 of the index.
    n = 8
    while n > 1:
        at = n << 2
        n >>= 1
        carry = 0
        if t[at + 3] & 1:
            carry = modulus
        i = 0
        while i < 4:
            word = uint(t[at + i]) & uint(mask)
            t[(n << 2) + i] = int(word >> 1) ^ carry
            carry = int(word) << 31
            i += 1
    n = 2
    while n < 16:
        i = 4
        while i < n << 2:
            t[(n << 2) + i] = t[(n << 2) + (i & 3)] ^ t[i]
            i += 1
        n <<= 1
    reductions = ptr16(uint(t) + 256)
    i = 0
    while i < 16:
        reductions[i] = (
            (i & 1) * 0x1C20 ^ (i >> 1 & 1) * 0x3840 ^ (i >> 2 & 1) * 0x7080 ^ (i >> 3) * 0xE100
        )
        i += 1


def absorb(t: bytearray, state: bytearray, at: int, octets: bytes) -> int:
    """Hash octets that begin somewhere in a block; return where in a block they end.

    Args:
        t: the hash key's table.
        state: 16 octets: the hash, to which the present block's octets have been added.
        at: how many they are.
        octets: to hash.
    """
    return _absorb(t, state, at, octets, len(octets))


@micropython.viper
def _absorb(t: ptr32, state: ptr8, at: int, octets: ptr8, size: int) -> int:
    reductions = ptr16(uint(t) + 256)
    n = 0
    while n < size:
        state[at] ^= octets[n]
        n += 1
        at += 1
        if at < 16:
            continue
        a = uint(0)
        b = uint(0)
        c = uint(0)
        d = uint(0)
        # The highest powers first, four at a time: an octet's low half, then its high half.
        i = 16
        while i:
            i -= 1
            entry = ptr32(uint(t) + uint((state[i] & 15) << 4))
            r = reductions[int(d) & 15]
            d = d >> 4 ^ (c & uint(15)) << 28 ^ uint(entry[3])
            c = c >> 4 ^ (b & uint(15)) << 28 ^ uint(entry[2])
            b = b >> 4 ^ (a & uint(15)) << 28 ^ uint(entry[1])
            a = a >> 4 ^ uint(r << 16) ^ uint(entry[0])
            entry = ptr32(uint(t) + uint(state[i] & 0xF0))
            r = reductions[int(d) & 15]
            d = d >> 4 ^ (c & uint(15)) << 28 ^ uint(entry[3])
            c = c >> 4 ^ (b & uint(15)) << 28 ^ uint(entry[2])
            b = b >> 4 ^ (a & uint(15)) << 28 ^ uint(entry[1])
            a = a >> 4 ^ uint(r << 16) ^ uint(entry[0])
        i = 4
        while i:
            i -= 1
            state[i] = a >> 24 - (i << 3)
            state[i + 4] = b >> 24 - (i << 3)
            state[i + 8] = c >> 24 - (i << 3)
            state[i + 12] = d >> 24 - (i << 3)
        at = 0
    return at
