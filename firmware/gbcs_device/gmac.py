"""GMAC: AES-GCM over additional data alone, which is how GBCS makes a MAC (GBCS 4.3.3.4)."""

from gbcs_device.borrowed import Borrowed

_BLOCK = 16

with Borrowed("kernels") as kernels:
    _table, _absorb = kernels.choose_ghash()
del kernels


def gmac(encrypt, iv: bytes, parts) -> bytes:
    """Return the 16-octet tag of AES-GCM over no plaintext; a caller may cut it shorter.

    Args:
        encrypt: AES of one block under the key: 16 octets in, 16 octets out.
        iv: 12 octets.
        parts: bytes-like objects whose concatenation is the additional data. It is never built.

    Raises:
        ValueError: an iv that is not 12 octets.
    """
    if len(iv) != 12:
        raise ValueError("iv is not 12 octets")
    table = _table(encrypt(bytes(_BLOCK)))
    state = bytearray(_BLOCK)
    at = 0
    total = 0
    for part in parts:
        at = _absorb(table, state, at, part)
        total += len(part)
    # The padding to a whole block and, the data's length first, the lengths in bits.
    lengths = bytes(-at % _BLOCK) + (total * 8).to_bytes(8, "big") + bytes(8)
    _absorb(table, state, at, lengths)
    mask = encrypt(bytes(iv) + b"\x00\x00\x00\x01")
    return bytes([octet ^ masked for octet, masked in zip(state, mask)])
