"""GBCS messages as a capture file that Wireshark opens and dissects by itself.

The file is pcapng (draft-ietf-opsawg-pcapng). Its one interface has the link type "Wireshark
Upper PDU": each packet starts with tags that name the dissector, here Wireshark's own
`gbcs_message`. A pre-command does not belong in a capture: it lacks the signature's length,
and the dissector marks it as malformed.
"""

import struct
import time
from pathlib import Path

_SECTION_HEADER = 0x0A0D0D0A
_INTERFACE = 1
_PACKET = 6
_BYTE_ORDER = 0x1A2B3C4D
_UPPER_PDU = 252
_COMMENT = 1
_DISSECTOR_NAME = 12
_DISSECTOR = b"gbcs_message"


class Capture:
    """A capture file, written as messages come.

    Args:
        path: the file, made anew.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._write(_SECTION_HEADER, struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1))
        self._write(_INTERFACE, struct.pack("<HHI", _UPPER_PDU, 0, 0))

    def message(self, octets: bytes, comment: str = "") -> None:
        """Append a message with the time of now and a comment for the reader."""
        tags = struct.pack(">HH", _DISSECTOR_NAME, len(_DISSECTOR)) + _DISSECTOR + bytes(4)
        packet = tags + octets
        microseconds = time.time_ns() // 1000
        head = struct.pack(
            "<IIIII", 0, microseconds >> 32, microseconds & 0xFFFFFFFF, len(packet), len(packet)
        )
        text = comment.encode()
        options = struct.pack("<HH", _COMMENT, len(text)) + _padded(text) + bytes(4)
        self._write(_PACKET, head + _padded(packet) + (options if text else b""))
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, kind: int, body: bytes) -> None:
        length = struct.pack("<I", len(body) + 12)
        self._file.write(struct.pack("<I", kind) + length + body + length)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)
