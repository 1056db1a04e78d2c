"""The host's end of the serial link; the protocol is the text of `gbcs_link`."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Literal

import cbor2

import gbcs_link
from gbcs_hil.bench.exchange import (
    Answer,
    Conversation,
    Exchange,
    Opening,
    Refused,
    Restarted,
    Value,
    decode_reply,
    encode_request,
    parse,
)
from gbcs_hil.bench.ports import Stream
from gbcs_hil.errors import BoardLost, LinkError, LinkTimeout

RETRY_SECONDS = 0.5
_LONGEST_PAUSE = 4.0
_LOG_LINES_KEPT = 1000
_SHOWN = 80
# What MicroPython writes before it takes a line; one may be there from before our firmware ran.
_PROMPT = ">>> "
_ENOUGH_PROMPTS = 3


@dataclass(frozen=True)
class LogLine:
    """A line from the device that is no frame.

    Attributes:
        at: the link's clock when it was read, in seconds.
        text: the line; octets that are not UTF-8 are escaped.
    """

    at: float
    text: str


@dataclass(frozen=True)
class Frame:
    """One frame of the link as it passed, for evidence.

    Attributes:
        at: the link's clock, in seconds.
        direction: which way it went.
        payload: the CBOR array.
    """

    at: float
    direction: Literal["to-device", "from-device"]
    payload: bytes


class Link:
    """Exchange requests with one device over a byte stream, one at a time, in one thread.

    Attributes:
        boot_id: the boot that the line is open to. None before that and after an error, when
            the next request opens the line (again) by itself.
        log: the last thousand log lines.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        on_log: Callable[[LogLine], None] | None = None,
        on_frame: Callable[[Frame], None] | None = None,
        clock: Callable[[], float] = monotonic,
        retry: float = RETRY_SECONDS,
        patience: float = 1.0,
    ) -> None:
        """Take the stream of an open port.

        Args:
            stream: the byte stream; `close` closes it.
            on_log: called with each log line.
            on_frame: called with each frame, both ways.
            clock: gives seconds, counted from anywhere.
            retry: seconds after which an unanswered frame is first repeated.
            patience: how many times longer than it says a request may take, on a board that
                has not a processor of its own.
        """
        self.boot_id: int | None = None
        self.log: deque[LogLine] = deque(maxlen=_LOG_LINES_KEPT)
        self._stream = stream
        self._on_log = on_log
        self._on_frame = on_frame
        self._clock = clock
        self._retry = retry
        self._patience = patience
        self._reader = gbcs_link.LineReader()
        self._last_id = 0
        self._prompts = 0

    @property
    def name(self) -> str:
        """The port."""
        return self._stream.name

    @property
    def damaged(self) -> int:
        """The number of lines that looked like frames and were not."""
        return self._reader.damaged

    def open(self, *, deadline: float) -> int:
        """Find the device on the line, whatever was on it before; return its boot_id.

        Args:
            deadline: seconds from now.

        Raises:
            LinkTimeout: no answer before the deadline.
            BoardLost: the port went away.
        """
        end = self._clock() + deadline
        self.boot_id = None
        # This ends whatever half line the device still holds.
        self._stream.write(b"\n")
        opening = Opening()
        self._prompts = 0
        # A board that has just reset may have lost the first one, and this one is short.
        if not self._converse(opening, end, self._retry / 25):
            raise self._timeout("the opening of the line", deadline)
        self.boot_id, self._last_id = opening.boot_id, opening.id
        return opening.boot_id

    def request(self, op: str, /, *, deadline: float, **args: Value) -> dict[str, Value]:
        """Send one request and return the map of its reply.

        The line is opened first if it is not open, and for ``hello`` in any case: ``hello``
        finds a device that has restarted, where any other request tells by BoardLost.

        Args:
            op: the operation.
            deadline: seconds from now; the line's patience makes them more.
            **args: the operation's arguments.

        Raises:
            BadInput: the request is too long, or has no encoding.
            LinkTimeout: no reply before the deadline. The request may yet be carried out.
            BoardLost: the port went away, or the device restarted since the line was opened.
            LinkError: another program used the line, or the reply makes no sense.
            DeviceError: the device answered with an error.
        """
        request = encode_request(op, args)
        deadline *= self._patience
        end = self._clock() + deadline
        boot_id = self.boot_id
        if boot_id is None or op == "hello":
            boot_id = self.open(deadline=deadline)
        # Only a reply shows that the id was taken: without one the line is opened again.
        self.boot_id = None
        self._last_id += 1
        exchange = Exchange(boot_id, self._last_id, request)
        try:
            complete = self._converse(exchange, end, self._retry)
        except (Restarted, Refused) as reason:
            raise self._interrupted(op, reason) from None
        if not complete:
            raise self._timeout(op, deadline)
        self.boot_id = boot_id
        # This has no answer: it tells a device that is about to reset that it may.
        self._send(exchange.say())
        return decode_reply(op, exchange.reply, self.name)

    def listen(self, seconds: float) -> None:
        """Read log lines for some time while no request is open.

        Raises:
            BoardLost: the port went away.
        """
        end = self._clock() + seconds
        while (left := end - self._clock()) > 0:
            for _ in self._read(left):
                pass

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    def _converse(self, conversation: Conversation, end: float, retry: float) -> bool:
        """Talk until the conversation is complete or the time is up; say which."""
        pause, answered = retry, False
        while not conversation.complete:
            if self._clock() >= end:
                return False
            if self._prompts >= _ENOUGH_PROMPTS:
                raise LinkTimeout(
                    f"{self.name}: no answer to the opening of the line: MicroPython's prompt "
                    "is there instead of the firmware, which is not on the board or was "
                    "stopped. Deploy it (gbcs-hil board deploy), or reset the board"
                )
            if not (answered and conversation.listening):
                self._send(conversation.say())
            answered = self._await(conversation, min(end, self._clock() + pause))
            pause = retry if answered else min(2 * pause, _LONGEST_PAUSE)
        return True

    def _await(self, conversation: Conversation, until: float) -> bool:
        """Read until an answer moves the conversation on or the time is up; say which."""
        answered = False
        while not answered and (left := until - self._clock()) > 0:
            for answer in self._read(left):
                answered = conversation.take(answer) or answered
        return answered

    def _read(self, timeout: float) -> Iterator[Answer]:
        for is_frame, octets in self._reader.feed(self._stream.read(timeout)):
            if is_frame:
                self._show("from-device", octets)
                if answer := parse(octets):
                    yield answer
            else:
                line = LogLine(self._clock(), octets.decode("utf-8", "backslashreplace"))
                self._prompts += line.text.startswith(_PROMPT)
                self.log.append(line)
                if self._on_log:
                    self._on_log(line)

    def _send(self, frame: list[int | bytes]) -> None:
        payload = cbor2.dumps(frame)
        self._show("to-device", payload)
        self._stream.write(gbcs_link.encode(payload))

    def _show(self, direction: Literal["to-device", "from-device"], payload: bytes) -> None:
        if self._on_frame:
            self._on_frame(Frame(self._clock(), direction, payload))

    def _timeout(self, what: str, deadline: float) -> LinkTimeout:
        return LinkTimeout(
            f"{self.name}: no answer to {what} in {deadline:.3g} s; {self._last_line()}. "
            "Check that the firmware runs and that this is its port, or reset the board"
        )

    def _interrupted(self, op: str, reason: Exception) -> LinkError:
        if isinstance(reason, Restarted):
            return BoardLost(
                f"{self.name}: the device restarted while {op} was open; {self._last_line()}. "
                "The next request goes to the new boot"
            )
        if isinstance(reason, Refused) and reason.too_long:
            return LinkError(
                f"{self.name}: {op} is longer than the device's firmware takes; the firmware may "
                "be of another release than this harness: put this one's on the board"
            )
        return LinkError(
            f"{self.name}: the device is out of step with {op}; "
            "another program uses the line: end it"
        )

    def _last_line(self) -> str:
        if not self.log:
            return "it printed nothing"
        text = self.log[-1].text
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        return f"its last line: {shown!r}"
