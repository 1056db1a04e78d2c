"""GHASH in plain big integers (SP 800-38D, 6.4); `ghash_viper` has the same two functions.

GHASH reads a block as a polynomial whose lowest power is the most significant bit. The product
of two blocks is built whole, as an integer of 255 bits, and reduced once: a shift and two table
look-ups an octet, where the usual four-bit tables reduce after every four bits.
"""

_BLOCK = 16
_LOW_127 = (1 << 127) - 1


def table(h: bytes) -> tuple:
    """Return the hash key times each low and each high half of an octet, not reduced."""
    h = int.from_bytes(h, "big")
    low = [0, h]
    for i in range(1, 8):
        doubled = low[i] << 1
        low.append(doubled)
        low.append(doubled ^ h)
    return low, [multiple << 4 for multiple in low]


def absorb(tables: tuple, state: bytearray, at: int, octets: bytes) -> int:
    """Hash octets that begin somewhere in a block; return where in a block they end.

    Args:
        tables: the hash key's `table`.
        state: 16 octets: the hash, to which the present block's octets have been added.
        at: how many they are.
        octets: to hash.
    """
    low, high = tables
    for octet in octets:
        state[at] ^= octet
        at += 1
        if at == _BLOCK:
            product = 0
            for each in state:
                product = product << 8 ^ high[each >> 4] ^ low[each & 15]
            state[:] = _reduced(product).to_bytes(_BLOCK, "big")
            at = 0
    return at


def _reduced(product):
    """Return a product of two blocks modulo x^128 + x^7 + x^2 + x + 1.

    Bit 254 of the product is the power 0, so its low 127 bits are the powers from 128 up. Each is
    replaced by four lower ones; the few that land above 127 once more are replaced again.
    """
    above = product & _LOW_127
    folded = above << 8 ^ above << 7 ^ above << 6 ^ above << 1
    again = folded & 0x7F
    return product >> 127 ^ folded >> 7 ^ again << 121 ^ again << 120 ^ again << 119 ^ again << 114
