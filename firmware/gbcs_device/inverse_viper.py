"""Inverses modulo an odd prime, in viper: without division, and without garbage.

Division steps by Bernstein and Yang (https://gcd.cr.yp.to/safegcd-20190413.pdf): fifteen at a
time on the lowest limbs, then their effect on all limbs at once. The numbers have 18 limbs of 15
bits, the highest of them signed: f and g, whose greatest common divisor is sought; d and e, which
are f and g divided by the number to invert; the modulus.
"""

# pyright: reportUndefinedVariable=false

import micropython

_OCTETS = 36


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
def _divide(f: int, g: int, numbers: ptr16) -> int:
    # Returns f's lowest limb when g is 0: of 1, or of -1.
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
    sign = _divide(0, 0, numbers)
    octets = bytearray(_OCTETS)
    _join(view[2 * _OCTETS :], octets)
    found = int.from_bytes(octets, "little")
    if octets[_OCTETS - 1] & 0x80:
        found -= 1 << 8 * _OCTETS
    return (found if sign == 1 else -found) % m
