"""The serial link: its line codec, and the numbers that both ends of an exchange must agree on.

This is the one module that the host and the device share; the text below is the protocol.

Lines
-----
A frame is one line, ``0x1E base64(payload || crc32) LF``: the CRC is IEEE 802.3's (zlib's) in
little-endian order, the line has at most 240 octets. 0x1E and LF are the only control octets
that a frame puts on the wire, so Ctrl-C keeps its meaning for MicroPython's prompt. Every
other line is a log line. A CR before the LF is dropped; 0x1E in the middle of a line starts
anew, so that text without an end of line does not spoil the frame behind it. A line that
starts with 0x1E and is no frame counts as damaged and is given back as a log line.

Frames
------
A payload is a CBOR array. The host speaks, the device answers each frame with one frame::

    host    OPEN    [5, 0, nonce]                    who are you, and how far are we?
            REQUEST [0, boot_id, id, n, of, chunk]   fragment n of a request of `of` fragments
            WANT    [3, boot_id, id, n]              send reply fragment n; n == of: I have all
    device  OPENED  [6, boot_id, nonce, id]          this boot, and the opening's own id
            ACK     [2, boot_id, id, n]              I have request fragment n
            REPLY   [1, boot_id, id, n, of, chunk]   fragment n of the reply
            REFUSED [4, boot_id, id, reason]         OUT_OF_STEP or TOO_LONG

The two exceptions: to the last request fragment the device sends ACK, carries the request out
(however long that takes) and sends REPLY 0 unasked; a WANT with n == of has no answer. Frames
that are none of these are dropped. A chunk has at most 128 octets, a message at most 6144;
`of` is at least 1 and says the length before any of it is kept.

Only the host has timers: it repeats what was not answered, and pauses longer each time. It
never has more than one unanswered fragment on the wire, or a WANT (up to 34 octets) for each
pause while the device computes. That fits the smallest receive ring of a board (esp32: 260
octets) for 20 seconds; a WANT that is lost after that is repeated like any other line.

Exactly once
------------
`boot_id` is a random number, 1 to 2**32 - 1, that the device draws at each boot. `id` counts
what the device took since then, from 1 on: each request, and each opening of the line with
another nonce than the last opening's. The device takes a frame that names its own boot_id and

- the id after the last, in fragment 0: a new request. What was kept of the last one is dropped;
- the last id: that request's next fragment, or a repetition. Repeated fragments are
  acknowledged again, and a request that was carried out is not carried out again: its reply is
  kept until the next id is taken and sent again.

All else is refused as OUT_OF_STEP. So a request reaches one boot at most, and is carried out
once at most, even where lines are lost, damaged, repeated or late. Two hosts on one line cannot
take one another's replies: who did not open it last is refused. A host opens the line again
after a request that it gave up (which may still be carried out, but not after the opening).
One that sees another boot_id in an answer to its request knows that the device restarted.

Messages
--------
A request is a CBOR map ``{"op": text, ...arguments}``, a reply ``{"ok": map}`` or
``{"error": {"code": text, "message": text}}``, in the subset of ``gbcs_device.cbor``.
"""

from binascii import a2b_base64, b2a_base64, crc32

MAX_LINE = 240
MAX_PAYLOAD = (MAX_LINE - 2) // 4 * 3 - 4
MAX_LOG = 256  # A longer log line is given in pieces.

REQUEST = 0
REPLY = 1
ACK = 2
WANT = 3
REFUSED = 4
OPEN = 5
OPENED = 6

OUT_OF_STEP = 0
TOO_LONG = 1

MAX_CHUNK = 128
MAX_MESSAGE = 6144
MAX_FRAGMENTS = MAX_MESSAGE // MAX_CHUNK

_MARK = b"\x1e"


def encode(payload: bytes) -> bytes:
    """Return the line that carries a payload.

    Raises:
        ValueError: the payload has more than MAX_PAYLOAD octets.
    """
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("a payload of %d octets; a line holds %d" % (len(payload), MAX_PAYLOAD))
    return _MARK + b2a_base64(payload + crc32(payload).to_bytes(4, "little"))


def _decode(text: bytes) -> bytes | None:
    """Return the payload of a frame without its mark and end, or None if it is not a frame."""
    if len(text) > MAX_LINE - 2:
        return None
    try:
        octets = a2b_base64(text)
    except ValueError:
        return None
    # The decoders skip what is not base64, MicroPython's more than CPython's: only the text
    # that encoding gives is taken.
    if len(octets) < 4 or b2a_base64(octets) != text + b"\n":
        return None
    payload = octets[:-4]
    return payload if crc32(payload) == int.from_bytes(octets[-4:], "little") else None


class LineReader:
    """Tell frames from log lines in what arrives, in bounded memory.

    Attributes:
        damaged: how many lines looked like frames and were not.
    """

    def __init__(self) -> None:
        self.damaged = 0
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[bool, bytes]]:
        """Take octets in; return the lines that they complete, in order.

        Each is (True, payload of a frame) or (False, log line without its end). Empty lines
        are left out; a log line of more than MAX_LOG octets comes in pieces.
        """
        items: list[tuple[bool, bytes]] = []
        lines = (self._rest + data).split(b"\n")
        self._rest = b""
        for line in lines[:-1]:
            self._emit(self._cut(line, items), items)
        self._rest = self._cut(lines[-1], items)
        return items

    def _cut(self, line: bytes, items: list[tuple[bool, bytes]]) -> bytes:
        """Emit the parts of a line that another mark or its length ends; return the last part."""
        while True:
            end = line.find(_MARK, 1)
            if len(line) > MAX_LOG and not 0 <= end <= MAX_LOG:
                end = MAX_LOG
            if end < 0:
                return line
            self._emit(line[:end], items)
            line = line[end:]

    def _emit(self, part: bytes, items: list[tuple[bool, bytes]]) -> None:
        part = part.rstrip(b"\r")
        if not part:
            return
        if part[:1] == _MARK:
            payload = _decode(part[1:])
            if payload is not None:
                items.append((True, payload))
                return
            self.damaged += 1
        items.append((False, part))
