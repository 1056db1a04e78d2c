"""The device's end of the link, frame by frame."""

from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gbcs_link
from conftest import MicroPython
from gbcs_device.link import Link, StopServing

BOOT = 0xB0071D
NONCE = 99
OPENING = 1  # The id that the first opening gets; the first request has the next.
OPEN, OPENED, REQUEST, WANT = (
    gbcs_link.OPEN,
    gbcs_link.OPENED,
    gbcs_link.REQUEST,
    gbcs_link.WANT,
)
ACK, REPLY, REFUSED = gbcs_link.ACK, gbcs_link.REPLY, gbcs_link.REFUSED


class Wire:
    """Both streams of a device's link, and the poll object."""

    def __init__(self, *incoming: bytes | OSError) -> None:
        self.incoming = list(incoming)
        self.outgoing = b""
        self.pauses: list[int] = []

    def readline(self, limit: int) -> bytes:
        assert limit == gbcs_link.MAX_LINE
        if not self.incoming:
            return b""
        line = self.incoming.pop(0)
        if isinstance(line, OSError):
            raise line
        return line

    def write(self, octets: bytes) -> None:
        self.outgoing += octets

    def poll(self, timeout: int) -> list[Any]:
        self.pauses.append(timeout)
        return self.incoming[:1]


class Device:
    """A device's link with a host that says frames and sees the answers."""

    def __init__(self, handler: Any = None) -> None:
        self.requests: list[dict[str, Any]] = []
        self.wire = Wire()
        self.link = Link(self.wire, self.wire, self.wire, BOOT)
        self._handler = handler or (lambda request: {"ok": {"size": len(request["data"])}})
        self.say([OPEN, 0, NONCE])

    def say(self, *frames: Any) -> list[Any]:
        self.wire.outgoing = b""
        for frame in frames:
            self.link.feed(line(frame), self._handle)
        return answers(self.wire.outgoing)

    def _handle(self, request: dict[str, Any]) -> Any:
        self.requests.append(request)
        return self._handler(request)


def line(frame: Any) -> bytes:
    return gbcs_link.encode(cbor2.dumps(frame))


def answers(wire: bytes) -> list[Any]:
    items = gbcs_link.LineReader().feed(wire)
    return [cbor2.loads(octets) for is_frame, octets in items if is_frame]


def request(id_: int, data: bytes = b"", **extra: Any) -> list[list[Any]]:
    octets = cbor2.dumps({"op": "echo", "data": data, **extra})
    chunks = [octets[at : at + 128] for at in range(0, len(octets), 128)]
    return [[REQUEST, BOOT, id_, n, len(chunks), chunk] for n, chunk in enumerate(chunks)]


def reply(value: Any) -> bytes:
    return cbor2.dumps(value)


def test_an_opening_tells_the_boot_and_takes_an_id() -> None:
    device = Device()
    assert device.say([OPEN, 0, 5]) == [[OPENED, BOOT, 5, OPENING + 1]]


def test_a_repeated_opening_takes_no_further_id() -> None:
    device = Device()
    assert device.say([OPEN, 0, NONCE]) == [[OPENED, BOOT, NONCE, OPENING]]


def test_each_fragment_is_acknowledged_and_the_reply_follows_the_last() -> None:
    said = Device().say(*request(2, bytes(200)))
    assert said == [
        [ACK, BOOT, 2, 0],
        [ACK, BOOT, 2, 1],
        [REPLY, BOOT, 2, 0, 1, reply({"ok": {"size": 200}})],
    ]


def test_repeated_fragments_are_acknowledged_and_kept_once() -> None:
    device = Device()
    first, second = request(2, bytes(range(200)))
    assert device.say(first, first, first)[-1] == [ACK, BOOT, 2, 0]
    device.say(second)
    assert device.requests == [{"op": "echo", "data": bytes(range(200))}]


def test_a_repeated_request_gets_its_reply_again_and_does_not_run_again() -> None:
    device = Device()
    first, second = request(2, bytes(200))
    said = device.say(first, second)
    assert device.say(second) == said[-1:]
    assert device.say(first) == [[ACK, BOOT, 2, 0]]
    assert device.say([WANT, BOOT, 2, 0]) == said[-1:]
    assert len(device.requests) == 1


def test_a_long_reply_is_sent_on_demand() -> None:
    device = Device(lambda request: {"ok": {"data": bytes(300)}})
    whole = reply({"ok": {"data": bytes(300)}})
    assert device.say(*request(2))[-1] == [REPLY, BOOT, 2, 0, 3, whole[:128]]
    assert device.say([WANT, BOOT, 2, 2]) == [[REPLY, BOOT, 2, 2, 3, whole[256:]]]
    assert device.say([WANT, BOOT, 2, 1]) == [[REPLY, BOOT, 2, 1, 3, whole[128:256]]]
    assert device.say([WANT, BOOT, 2, 3]) == []


@pytest.mark.parametrize(
    "frame",
    [
        [REQUEST, BOOT - 1, 2, 0, 1, b""],
        [REQUEST, BOOT, 1, 0, 1, b""],
        [REQUEST, BOOT, 3, 0, 1, b""],
        [REQUEST, BOOT, 2, 1, 2, b""],
        [WANT, BOOT, 2, 0],
        [WANT, BOOT - 1, 1, 0],
        [WANT, BOOT, 1, 0],
    ],
    ids=[
        "another boot",
        "a past id",
        "an id too far",
        "not from the start",
        "a reply to come",
        "another boot's reply",
        "the reply to an opening",
    ],
)
def test_what_does_not_come_next_is_refused(frame: list[Any]) -> None:
    device = Device()
    assert device.say(frame) == [[REFUSED, BOOT, frame[2], gbcs_link.OUT_OF_STEP]]
    assert device.requests == []


def test_a_gap_or_another_count_within_a_request_is_refused() -> None:
    device = Device()
    first, second, third = request(2, bytes(300))
    device.say(first)
    assert device.say(third) == [[REFUSED, BOOT, 2, gbcs_link.OUT_OF_STEP]]
    assert device.say([REQUEST, BOOT, 2, 1, 2, b""]) == [[REFUSED, BOOT, 2, gbcs_link.OUT_OF_STEP]]
    assert device.say(second, third)[-1][0] == REPLY


@pytest.mark.parametrize("frame", [[WANT, BOOT - 1, 3, 0], [WANT, BOOT, 2, 0], [WANT, BOOT, 3, 2]])
def test_only_the_last_reply_of_this_boot_is_sent(frame: list[Any]) -> None:
    device = Device()
    device.say(*request(2), *request(3))
    assert device.say(frame) == [[REFUSED, BOOT, frame[2], gbcs_link.OUT_OF_STEP]]


def test_an_opening_ends_what_was_open() -> None:
    device = Device()
    first, second = request(2, bytes(200))
    device.say(first, [OPEN, 0, NONCE + 1])
    assert device.say(second) == [[REFUSED, BOOT, 2, gbcs_link.OUT_OF_STEP]]
    assert device.say(first) == [[REFUSED, BOOT, 2, gbcs_link.OUT_OF_STEP]]
    assert device.say(*request(4))[-1][0] == REPLY


def test_a_message_that_is_announced_too_long_is_refused_at_once() -> None:
    device = Device()
    assert device.say([REQUEST, BOOT, 2, 0, 49, bytes(128)]) == [
        [REFUSED, BOOT, 2, gbcs_link.TOO_LONG]
    ]
    assert device.say(*request(2))[-1][0] == REPLY


@pytest.mark.parametrize(
    "frame",
    [
        None,
        [],
        {},
        [[REQUEST]],
        [REQUEST],
        [REQUEST, BOOT, 2, 0, 1, "text"],
        [REQUEST, BOOT, 2, 0, 1, b"", 0],
        [REQUEST, BOOT, 2, 0, 0, b""],
        [REQUEST, BOOT, 2, 1, 1, b""],
        [REQUEST, BOOT, 2, -1, 1, b""],
        [REQUEST, BOOT, 2, True, 1, b""],
        [REQUEST, BOOT, 2**32, 0, 1, b""],
        [REQUEST, BOOT, 2, 0, 1, bytes(129)],
        [WANT, BOOT, 2],
        [OPEN, 0],
        [ACK, BOOT, 2, 0],
        [OPENED, BOOT, NONCE, 1],
        [9, BOOT, 2, 0],
    ],
    ids=repr,
)
def test_frames_that_are_not_the_host_s_get_no_answer(frame: Any) -> None:
    assert Device().say(frame) == []


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just(OPEN), st.just(0), st.integers(0, 2)),
            st.tuples(st.just(WANT), st.just(BOOT), st.integers(0, 6), st.integers(0, 3)),
            st.tuples(
                st.just(REQUEST),
                st.just(BOOT),
                st.integers(0, 6),
                st.integers(0, 50),
                st.integers(0, 50),
                st.binary(max_size=140),
            ),
            st.binary(max_size=80),
        ),
        max_size=80,
    )
)
def test_no_sequence_of_frames_takes_more_memory_or_fails(frames: list[Any]) -> None:
    device = Device()
    for frame in frames:
        assert len(device.say(frame)) <= 2
        assert len(device.link._request) == gbcs_link.MAX_MESSAGE


@pytest.mark.parametrize("octets", [b"", b"\xff", b"\x80", b"\xa0", b"\xa1\x62op\x01"])
def test_a_request_of_another_shape_is_answered_and_not_handled(octets: bytes) -> None:
    device = Device()
    *_, (kind, _, _, _, _, chunk) = device.say([REQUEST, BOOT, 2, 0, 1, octets])
    assert kind == REPLY
    assert cbor2.loads(chunk)["error"]["code"] == "bad-request"
    assert device.requests == []


def failing(error: Exception) -> Device:
    def handler(request: dict[str, Any]) -> Any:
        raise error

    return Device(handler)


def test_a_handler_that_fails_is_an_internal_error_with_a_traceback_in_the_log() -> None:
    device = failing(KeyError("cell"))
    said = device.say(*request(2))
    assert cbor2.loads(said[-1][5]) == {
        "error": {"code": "internal", "message": "KeyError: 'cell'"}
    }
    log = [text for is_frame, text in gbcs_link.LineReader().feed(device.wire.outgoing)
           if not is_frame]  # fmt: skip
    assert log[0] == b"Traceback (most recent call last):"
    assert log[-1] == b"KeyError: 'cell'"


@pytest.mark.parametrize(
    ("answer", "message"),
    [({"ok": {"data": bytes(6144)}}, "6157 octets"), ({"ok": {"x": 1.5}}, "float")],
    ids=["too long", "no encoding"],
)
def test_a_reply_that_cannot_be_sent_is_an_internal_error(answer: Any, message: str) -> None:
    said = Device(lambda request: answer).say(*request(2))
    error = cbor2.loads(said[-1][5])["error"]
    assert error["code"] == "internal"
    assert message in error["message"]


def serve(*incoming: bytes | OSError) -> tuple[bool, Wire]:
    def stop(request: dict[str, Any]) -> Any:
        raise StopServing({"ok": {}})

    wire = Wire(line([OPEN, 0, NONCE]), *incoming)
    return Link(wire, wire, wire, BOOT).serve(stop), wire


def test_serving_ends_with_the_line() -> None:
    assert serve()[0] is False
    assert serve(OSError(5))[0] is False


def test_idle_work_is_done_while_the_line_is_quiet() -> None:
    left = [False, True, True]
    wire = Wire(line([OPEN, 0, NONCE]))
    Link(wire, wire, wire, BOOT).serve(lambda request: {"ok": {}}, left.pop)
    assert left == []
    assert [answer[0] for answer in answers(wire.outgoing)] == [OPENED]


def test_idle_work_waits_for_quiet_once_and_then_goes_on() -> None:
    """Each piece looks whether the host speaks, and none of them waits for it to."""
    left = [False, True, True]
    wire = Wire(line([OPEN, 0, NONCE]))
    Link(wire, wire, wire, BOOT).serve(lambda request: {"ok": {}}, left.pop)
    assert wire.pauses[0] == wire.pauses[1] > 0
    assert wire.pauses[2:] == [0, 0]


def test_no_idle_work_while_the_host_speaks() -> None:
    wire = Wire(line([OPEN, 0, NONCE]), line(request(2)[0]), OSError(5))
    idle = pytest.fail
    assert Link(wire, wire, wire, BOOT).serve(lambda request: {"ok": {}}, idle) is False


def test_a_stop_is_answered_before_serving_ends() -> None:
    stopped, wire = serve(line(request(2)[0]), line([WANT, BOOT, 2, 1]), b"not read")
    assert stopped is True
    assert answers(wire.outgoing)[-1] == [REPLY, BOOT, 2, 0, 1, reply({"ok": {}})]
    assert wire.incoming == [b"not read"]


def test_a_stop_waits_for_a_host_that_missed_the_reply() -> None:
    stopped, wire = serve(line(request(2)[0]), line([WANT, BOOT, 2, 0]), line([WANT, BOOT, 2, 1]))
    assert stopped is True
    assert [answer[0] for answer in answers(wire.outgoing)] == [OPENED, ACK, REPLY, REPLY]


@pytest.mark.parametrize(
    "next_lines",
    [[], [line([OPEN, 0, 1])], [line(request(3)[0])], [b"noise\n"] * 100],
    ids=["gone", "opening the line", "at the next request", "making noise"],
)
def test_a_stop_does_not_wait_for_a_host_that_is(next_lines: list[bytes]) -> None:
    stopped, wire = serve(line(request(2)[0]), *next_lines)
    assert stopped is True
    assert [answer[0] for answer in answers(wire.outgoing)] == [OPENED, ACK, REPLY]
    assert len(next_lines) < 100 or wire.incoming


@pytest.mark.parametrize(("size", "free"), [(1500, 18_000), (2048, 20_000)])
def test_a_message_needs_little_heap(micropython: MicroPython, size: int, free: int) -> None:
    script = Path(__file__).parent / "link_on_micropython.py"
    assert micropython.run_script(script, str(size), str(free)) == f"{size}\n"
