"""The host's side of the link's protocol without its input and output; see `gbcs_link`."""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import cbor2

import gbcs_link
from gbcs_hil.errors import BadInput, DeviceError, LinkError

Value: TypeAlias = "int | str | bytes | bool | Sequence[Value] | Mapping[str, Value] | None"
"""What a request or a reply may hold."""

_UNREADABLE = (cbor2.CBORError, ValueError, TypeError, OverflowError)
_SHAPES: dict[object, tuple[type, ...]] = {
    gbcs_link.OPENED: (int, int, int, int),
    gbcs_link.ACK: (int, int, int, int),
    gbcs_link.REPLY: (int, int, int, int, int, bytes),
    gbcs_link.REFUSED: (int, int, int, int),
}


_NEXT: dict[str, tuple[str]] = {
    "not-provisioned": ("a test or a scenario on this board provisions it",),
    "not-virgin": ("gbcs-hil board erase makes it virgin",),
    "unknown-operation": ("the board's firmware is of another release: deploy this one's",),
}
"""What to do about a refusal, where that is not in its text."""


class Restarted(Exception):
    """An answer to an open request came from another boot."""


class Refused(Exception):
    """The device refused a frame that its present boot should have taken.

    Attributes:
        too_long: the request is longer than its firmware takes.
    """

    def __init__(self, too_long: bool) -> None:
        super().__init__(too_long)
        self.too_long = too_long


class Answer(NamedTuple):
    """A frame from the device.

    Attributes:
        kind: OPENED, ACK, REPLY or REFUSED.
        boot_id: the boot that answers.
        id: the request's id, or the nonce of OPEN.
        number: the opening's id, the fragment's n or the reason, after the kind.
        of: the number of fragments of a reply.
        chunk: one of them.
    """

    kind: int
    boot_id: int
    id: int
    number: int
    of: int = 0
    chunk: bytes = b""


def parse(payload: bytes) -> Answer | None:
    """Return the answer that a payload is, or None: for an echo of our own, or a stranger's."""
    try:
        frame = cbor2.loads(payload)
    except _UNREADABLE:
        return None
    if not isinstance(frame, list) or not frame or type(frame[0]) is not int:
        return None
    shape = _SHAPES.get(frame[0])
    if shape is None or [type(item) for item in frame] != list(shape):
        return None
    return Answer(*frame)


class Conversation(Protocol):
    """What is said until the device has answered all of it."""

    @property
    def complete(self) -> bool:
        """Whether no answer is missing."""

    @property
    def listening(self) -> bool:
        """Whether the device is to speak next without being asked."""

    def say(self) -> list[int | bytes]:
        """Return the frame that asks for the next answer."""

    def take(self, answer: Answer) -> bool:
        """Take an answer in; return whether it was the one that is waited for.

        Raises:
            Restarted: the device restarted.
            Refused: the device is out of step, or the request is too long for it.
        """


class Opening:
    """Learn the device's boot_id and the id that it gave to this opening."""

    listening = False

    def __init__(self) -> None:
        self._nonce = random.getrandbits(32)
        self.boot_id = 0
        self.id = 0

    @property
    def complete(self) -> bool:
        """Whether the device has answered."""
        return self.boot_id != 0

    def say(self) -> list[int | bytes]:
        """Return OPEN."""
        return [gbcs_link.OPEN, 0, self._nonce]

    def take(self, answer: Answer) -> bool:
        """Take OPENED; see `Conversation.take`."""
        if answer.kind != gbcs_link.OPENED or answer.id != self._nonce:
            return False
        self.boot_id, self.id = answer.boot_id, answer.number
        return True


class Exchange:
    """Send one request in fragments and collect its reply."""

    def __init__(self, boot_id: int, id_: int, request: bytes) -> None:
        size = gbcs_link.MAX_CHUNK
        self._boot_id = boot_id
        self._id = id_
        self._chunks = [request[at : at + size] for at in range(0, len(request), size)]
        self._acknowledged = 0
        self._of = 0
        self._reply: list[bytes] = []

    @property
    def complete(self) -> bool:
        """Whether the whole reply is here."""
        return 0 < self._of == len(self._reply)

    @property
    def listening(self) -> bool:
        """Whether the device has the whole request, and now carries it out."""
        return self._acknowledged == len(self._chunks) and not self._reply

    @property
    def reply(self) -> bytes:
        """The octets of the reply, once it is complete."""
        return b"".join(self._reply)

    def say(self) -> list[int | bytes]:
        """Return the next REQUEST or WANT; once complete, the WANT that says so."""
        n, of = self._acknowledged, len(self._chunks)
        if n < of:
            return [gbcs_link.REQUEST, self._boot_id, self._id, n, of, self._chunks[n]]
        return [gbcs_link.WANT, self._boot_id, self._id, len(self._reply)]

    def take(self, answer: Answer) -> bool:
        """Take ACK or REPLY; see `Conversation.take`."""
        if answer.id != self._id or answer.kind == gbcs_link.OPENED:
            return False
        if answer.boot_id != self._boot_id:
            raise Restarted
        if answer.kind == gbcs_link.REFUSED:
            raise Refused(answer.number == gbcs_link.TOO_LONG)
        if answer.kind == gbcs_link.REPLY:
            return self._take_fragment(answer)
        expected = answer.number == self._acknowledged < len(self._chunks)
        self._acknowledged += expected
        return expected

    def _take_fragment(self, answer: Answer) -> bool:
        of = self._of or min(answer.of, gbcs_link.MAX_FRAGMENTS)
        if answer.number != len(self._reply) or answer.number >= of or answer.of != of:
            return False
        # The first fragment of the reply also says that the whole request arrived.
        self._acknowledged = len(self._chunks)
        self._of = of
        self._reply.append(answer.chunk)
        return True


def encode_request(op: str, args: Mapping[str, Value]) -> bytes:
    """Return the octets of a request.

    Raises:
        BadInput: it is too long, or has no encoding.
    """
    try:
        request = cbor2.dumps({"op": op, **args})
    except (cbor2.CBORError, ValueError, TypeError) as error:
        raise BadInput(f"request {op}: {error}") from error
    if len(request) > gbcs_link.MAX_MESSAGE:
        raise BadInput(
            f"request {op} has {len(request)} octets; the link takes {gbcs_link.MAX_MESSAGE}"
        )
    return request


def decode_reply(op: str, octets: bytes, port: str) -> dict[str, Value]:
    """Return the result that a reply to `op` holds.

    Raises:
        DeviceError: it holds an error.
        LinkError: it holds neither.
    """
    try:
        reply = cbor2.loads(octets)
    except _UNREADABLE:
        reply = None
    match reply:
        case {"ok": dict(result), **rest} if not rest:
            return result
        case {"error": {"code": str(code), "message": str(message)}, **rest} if not rest:
            said = f"{port}: {op} was refused: {message} ({code})"
            raise DeviceError(code, "; ".join([said, *_NEXT.get(code, ())]), message)
    raise LinkError(
        f"{port}: the reply to {op} is neither a result nor an error; "
        "the firmware and this package may be of different versions: deploy the firmware"
    )
