"""The device's end of the serial link; the protocol is the text of `gbcs_link`."""

import gc
import io

import gbcs_link
from gbcs_device import cbor
from gbcs_device._compat import const

# Longer than the host's pause before it asks again for a reply that was lost.
_LINGER_MS = const(2000)
_LINGER_LINES = const(16)
# Longer than a bench at work leaves between two messages.
_QUIET_MS = const(2000)

_SHAPES = {
    gbcs_link.OPEN: (int, int, int),
    gbcs_link.REQUEST: (int, int, int, int, int, bytes),
    gbcs_link.WANT: (int, int, int, int),
}


class StopServing(Exception):
    """Raised by a handler to have its reply sent and the loop ended, as `reset` does.

    Attributes:
        reply: the reply to send first.
    """

    def __init__(self, reply: dict) -> None:
        super().__init__("stop serving")
        self.reply = reply


class Link:
    """Serve the host's requests over a byte stream.

    Attributes:
        boot_id: this boot's number, 1 to 2**32 - 1.
    """

    def __init__(self, stream_in, stream_out, poll, boot_id: int) -> None:
        """Take the streams of the line.

        Args:
            stream_in: binary, unbuffered; `readline(limit)` blocks for a line, or a part of it.
            stream_out: binary; `write(octets)` puts all of them out, or `flush` does.
            poll: a `select.poll` object on which stream_in is registered for reading.
            boot_id: a random number, 1 to 2**32 - 1, drawn at each boot.
        """
        self.boot_id = boot_id
        self._in = stream_in
        self._out = stream_out
        self._flush = getattr(stream_out, "flush", None)
        self._poll = poll
        self._reader = gbcs_link.LineReader()
        self._id = 0
        self._nonce = None
        # Taken once, while the heap is whole: a request never needs a large block of its own.
        self._request = bytearray(gbcs_link.MAX_MESSAGE)
        self._size = 0
        self._received = 0
        self._of = 0
        self._reply = None
        self._stopping = False
        self._stopped = False

    def serve(self, handle, idle=None) -> bool:
        """Answer requests until the handler raises StopServing or the line ends.

        Args:
            handle: takes a request (dict with "op") and returns the reply, a dict of "ok" or
                "error". Any other exception than StopServing becomes the error "internal" and
                a traceback in the log.
            idle: called when the line has been quiet for a while, again and again while it
                returns True and the line stays quiet.

        Returns:
            True after StopServing, once the host has its reply (or seems gone); False at the
            end of the line.
        """
        lines = _LINGER_LINES
        # How long the line is to be quiet before there is time for other work; -1 after all of it.
        pause = _QUIET_MS
        while not self._stopped:
            if self._stopping:
                lines -= 1
                if lines < 0 or not self._poll.poll(_LINGER_MS):
                    break
            elif idle is not None and pause >= 0 and not self._poll.poll(pause):
                pause = 0 if idle() else -1
                continue
            try:
                data = self._in.readline(gbcs_link.MAX_LINE)
                if not data:
                    return False
                pause = _QUIET_MS
                self.feed(data, handle)
            except OSError:
                # A pty reports the end of the line as an error.
                return False
        return True

    def feed(self, data: bytes, handle) -> None:
        """Take octets from the line and answer the frames that they complete."""
        for is_frame, octets in self._reader.feed(data):
            frame = _parse(octets) if is_frame else None
            if frame is None or self._stopped:
                continue
            if frame[0] == gbcs_link.REQUEST:
                self._on_request(frame, handle)
            elif frame[0] == gbcs_link.WANT:
                self._on_want(frame)
            else:
                self._on_open(frame)

    def log(self, text: str) -> None:
        """Write a log line; a text of several lines gives several."""
        self._write(text.encode() + b"\n")

    def _on_open(self, frame: list) -> None:
        # A host that opens the line has the last reply, or does not want it any more.
        self._stopped = self._stopping
        if self._stopped:
            return
        nonce = frame[2]
        if nonce != self._nonce:
            self._nonce = nonce
            self._begin(self._id + 1, 0)
        self._send([gbcs_link.OPENED, self.boot_id, nonce, self._id])

    def _on_request(self, frame: list, handle) -> None:
        _, boot_id, id_, n, of, chunk = frame
        if boot_id != self.boot_id:
            return self._refuse(id_, gbcs_link.OUT_OF_STEP)
        if id_ == self._id + 1 and n == 0:
            if self._stopping:
                # The host has gone on, so it has the last reply.
                self._stopped = True
                return None
            if of > gbcs_link.MAX_FRAGMENTS:
                return self._refuse(id_, gbcs_link.TOO_LONG)
            self._begin(id_, of)
        if id_ != self._id or of != self._of or n > self._received:
            return self._refuse(id_, gbcs_link.OUT_OF_STEP)
        if n < self._received and n == of - 1 and self._reply is not None:
            return self._send_reply(0)
        self._send([gbcs_link.ACK, boot_id, id_, n])
        if n == self._received:
            end = self._size + len(chunk)
            self._request[self._size : end] = chunk
            self._size = end
            self._received += 1
            if self._received == of:
                self._reply = self._carry_out(handle)
                self._send_reply(0)

    def _on_want(self, frame: list) -> None:
        _, boot_id, id_, n = frame
        if boot_id != self.boot_id or id_ != self._id or self._reply is None:
            return self._refuse(id_, gbcs_link.OUT_OF_STEP)
        of = _fragments(self._reply)
        if n < of:
            self._send_reply(n)
        elif n > of:
            self._refuse(id_, gbcs_link.OUT_OF_STEP)
        else:
            self._stopped = self._stopping

    def _begin(self, id_: int, of: int) -> None:
        self._id = id_
        self._of = of
        self._size = 0
        self._received = 0
        self._reply = None

    def _carry_out(self, handle) -> bytes:
        """Return the encoded reply, whatever the handler does."""
        try:
            octets = cbor.dumps(self._outcome(handle))
            if len(octets) > gbcs_link.MAX_MESSAGE:
                raise ValueError("a reply of %d octets" % len(octets))
            return octets
        except Exception as error:
            gc.collect()
            self.log(_traceback(error))
            return cbor.dumps(_error("internal", (type(error).__name__ + ": " + str(error))[:200]))

    def _outcome(self, handle) -> dict:
        try:
            request = cbor.loads(memoryview(self._request)[: self._size])
        except cbor.CborError as error:
            return _error("bad-request", str(error))
        op = request.get("op") if isinstance(request, dict) else None
        if not isinstance(op, str):
            return _error("bad-request", 'a request is a map with a text "op"')
        try:
            return handle(request)
        except StopServing as stop:
            self._stopping = True
            return stop.reply

    def _send_reply(self, n: int) -> None:
        start = n * gbcs_link.MAX_CHUNK
        chunk = self._reply[start : start + gbcs_link.MAX_CHUNK]
        of = _fragments(self._reply)
        self._send([gbcs_link.REPLY, self.boot_id, self._id, n, of, chunk])

    def _refuse(self, id_: int, reason: int) -> None:
        self._send([gbcs_link.REFUSED, self.boot_id, id_, reason])

    def _send(self, frame: list) -> None:
        self._write(gbcs_link.encode(cbor.dumps(frame)))

    def _write(self, octets: bytes) -> None:
        self._out.write(octets)
        if self._flush:
            self._flush()


def _parse(octets: bytes):
    """Return a host's frame as a list of the right shape, or None."""
    try:
        frame = cbor.loads(octets)
    except cbor.CborError:
        return None
    if not isinstance(frame, list) or not frame:
        return None
    shape = _SHAPES.get(frame[0]) if isinstance(frame[0], int) else None
    if shape is None or len(frame) != len(shape):
        return None
    for item, kind in zip(frame, shape):
        if type(item) is not kind or (kind is int and not 0 <= item <= 0xFFFFFFFF):
            return None
    if frame[0] == gbcs_link.REQUEST:
        _, _, _, n, of, chunk = frame
        if n >= of or len(chunk) > gbcs_link.MAX_CHUNK:
            return None
    return frame


def _fragments(octets: bytes) -> int:
    return max(1, -(-len(octets) // gbcs_link.MAX_CHUNK))


def _error(code: str, message: str) -> dict:
    return {"error": {"code": code, "message": message}}


def _traceback(error: Exception) -> str:
    out = io.StringIO()
    try:
        from sys import print_exception
    except ImportError:
        from traceback import print_exception

        print_exception(error, file=out)
    else:
        print_exception(error, out)
    return out.getvalue()  # pyright: ignore[reportAttributeAccessIssue] - the stubs lack it.
