"""Lengths as some of the reference vectors' responses have them, which are no DER."""

from gbcs_device import der, lengths
from gbcs_device._compat import const

_CONSTRUCTED = const(0x20)


def lengthened(octets: bytes) -> bytes:
    """Return DER with each length of 128 to 255 octets in two octets: 82 00 90."""
    reader = der.Reader(octets)
    parts = []
    while reader.more():
        tag = octets[reader.position]
        start, stop = reader.enter(tag).position, reader.position
        content = octets[start:stop]
        if tag & _CONSTRUCTED:
            content = lengthened(content)
        length = lengths.encode(len(content))
        if len(length) == 2:
            length = b"\x82\x00" + length[1:]
        parts.append(bytes((tag,)) + length + content)
    return b"".join(parts)
