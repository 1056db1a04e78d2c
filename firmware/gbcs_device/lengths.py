"""Lengths as DER has them, which is also how the headers of GBCS code theirs (BER style)."""


def encode(count: int) -> bytes:
    """Return a length, 0 to 65535, in its shortest form."""
    if count < 0x80:
        return bytes((count,))
    if count < 0x100:
        return bytes((0x81, count))
    return bytes((0x82, count >> 8, count & 0xFF))
