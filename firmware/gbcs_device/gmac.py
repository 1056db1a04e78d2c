"""GMAC: AES-GCM over additional data alone, which is how GBCS makes a MAC (GBCS 4.3.3.4).

GHASH reads a block as a polynomial whose lowest power is the most significant bit. The product
of two blocks is built whole, as an integer of 255 bits, and reduced once: a shift and two table
look-ups an octet, where the usual four-bit tables reduce after every four bits.
"""

_BLOCK = 16
_LOW_127 = (1 << 127) - 1


def gmac(encrypt, iv: bytes, parts) -> bytes:
    """Return the 16-octet tag of AES-GCM over no plaintext; a caller may cut it shorter.

    Args:
        encrypt: AES of one block under the key: 16 octets in, 16 octets out.
        iv: 12 octets.
        parts: bytes-like objects whose concatenation is the additional data. It is never built:
            the parts go through a buffer of one block.

    Raises:
        ValueError: an iv that is not 12 octets.
    """
    if len(iv) != 12:
        raise ValueError("iv is not 12 octets")
    low, high = _tables(int.from_bytes(encrypt(bytes(_BLOCK)), "big"))
    state = 0
    for block in _blocks(parts):
        state ^= int.from_bytes(block, "big")
        product = 0
        for octet in state.to_bytes(_BLOCK, "big"):
            product = product << 8 ^ high[octet >> 4] ^ low[octet & 15]
        state = _reduced(product)
    mask = encrypt(bytes(iv) + b"\x00\x00\x00\x01")
    return (state ^ int.from_bytes(mask, "big")).to_bytes(_BLOCK, "big")


def _tables(h):
    """Return h times each low and each high half of an octet, not reduced."""
    low = [0, h]
    for i in range(1, 8):
        doubled = low[i] << 1
        low.append(doubled)
        low.append(doubled ^ h)
    return low, [multiple << 4 for multiple in low]


def _reduced(product):
    """Return a product of two blocks modulo x^128 + x^7 + x^2 + x + 1.

    Bit 254 of the product is the power 0, so its low 127 bits are the powers from 128 up. Each is
    replaced by four lower ones; the few that land above 127 once more are replaced again.
    """
    above = product & _LOW_127
    folded = above << 8 ^ above << 7 ^ above << 6 ^ above << 1
    again = folded & 0x7F
    return product >> 127 ^ folded >> 7 ^ again << 121 ^ again << 120 ^ again << 119 ^ again << 114


def _blocks(parts):
    """Yield the blocks that GHASH reads: the parts end to end, zeros, then the two lengths.

    Every block is the same buffer, so it is only good until the next one.
    """
    block = bytearray(_BLOCK)
    filled = 0
    total = 0
    for part in parts:
        view = memoryview(part)
        size = len(view)
        total += size
        at = 0
        while at < size:
            taken = min(_BLOCK - filled, size - at)
            block[filled : filled + taken] = view[at : at + taken]
            filled += taken
            at += taken
            if filled == _BLOCK:
                yield block
                filled = 0
    if filled:
        block[filled:] = bytes(_BLOCK - filled)
        yield block
    yield (total * 8).to_bytes(8, "big") + bytes(8)
