"""The blocks of a PEM file (RFC 7468)."""

import binascii
import re

CERTIFICATE = "CERTIFICATE"


def pem_blocks(content: bytes, label: str) -> list[bytes]:
    """Return the DER in every block with a label; a block that is not base64 is left out."""
    between = re.compile(
        rb"-----BEGIN %b-----(.*?)-----END %b-----" % ((label.encode(),) * 2), re.S
    )
    blocks = []
    for text in between.findall(content):
        try:
            blocks.append(binascii.a2b_base64(b"".join(text.split()), strict_mode=True))
        except binascii.Error:
            continue
    return blocks
