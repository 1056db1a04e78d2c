"""The host's link against the device's over lines that lose, repeat, spoil and delay."""

from collections import Counter
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lossy_line import FAULTS, LossyLine

import gbcs_link
from gbcs_hil.bench.exchange import Value
from gbcs_hil.bench.link import Frame, Link, LogLine
from gbcs_hil.errors import BadInput, BoardLost, DeviceError, LinkError, LinkTimeout

faults = st.lists(st.sampled_from([None, *FAULTS]), max_size=60)
sizes = st.lists(st.integers(0, 2500), min_size=1, max_size=4)


class Echo:
    """A device's operations; counts how often each request was carried out."""

    def __init__(self) -> None:
        self.runs: Counter[Any] = Counter()

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["op"] == "fail":
            return {"error": {"code": "not-virgin", "message": "it is provisioned"}}
        self.runs[request.get("tag")] += 1
        return {"ok": {key: value for key, value in request.items() if key != "op"}}


def linked(line: LossyLine, **options: Any) -> Link:
    return Link(line, clock=line.clock, **options)


def octets(size: int, tag: int) -> bytes:
    return bytes((at * 7 + tag) % 256 for at in range(size))


@settings(max_examples=200)
@given(faults, sizes)
def test_over_a_bad_line_each_request_runs_once_and_comes_back_whole(
    faults: list[str | None], sizes: list[int]
) -> None:
    echo = Echo()
    link = linked(LossyLine(echo, faults))
    for tag, size in enumerate(sizes):
        data = octets(size, tag)
        assert link.request("echo", deadline=1000, tag=tag, data=data) == {
            "tag": tag,
            "data": data,
        }
    assert echo.runs == Counter(range(len(sizes)))


@given(st.lists(st.sampled_from([None, *FAULTS, "restart"]), max_size=60), sizes)
def test_no_restart_makes_a_request_run_twice(faults: list[str | None], sizes: list[int]) -> None:
    echo = Echo()
    link = linked(LossyLine(echo, faults))
    answered = []
    for tag, size in enumerate(sizes):
        data = octets(size, tag)
        try:
            reply = link.request("echo", deadline=1000, tag=tag, data=data)
        except LinkError:
            continue
        assert reply == {"tag": tag, "data": data}
        answered.append(tag)
    assert set(echo.runs.values()) <= {1}
    assert set(answered) <= set(echo.runs)


@given(st.lists(st.sampled_from(["lose", "hold", "repeat", None]), max_size=40), sizes)
def test_requests_that_were_given_up_run_once_at_most_and_disturb_no_later_one(
    faults: list[str | None], sizes: list[int]
) -> None:
    echo = Echo()
    link = linked(LossyLine(echo, faults))
    for tag, size in enumerate(sizes):
        data = octets(size, tag)
        try:
            assert link.request("echo", deadline=2, tag=tag, data=data)["data"] == data
        except LinkError:
            continue
    assert set(echo.runs.values()) <= {1}


def test_a_restart_between_requests_is_told_at_the_next_one() -> None:
    echo = Echo()
    line = LossyLine(echo)
    link = linked(line)
    link.request("echo", deadline=5, tag="first")
    line.restart()
    with pytest.raises(BoardLost, match="restarted while echo was open"):
        link.request("echo", deadline=5, tag="second")
    assert "second" not in echo.runs
    link.request("echo", deadline=5, tag="third")
    assert link.boot_id == 8


def test_hello_finds_the_new_boot_without_an_error() -> None:
    line = LossyLine(Echo())
    link = linked(line)
    link.request("hello", deadline=5)
    line.restart()
    link.request("hello", deadline=5)
    assert link.boot_id == line.device.boot_id == 8


def test_a_second_host_takes_over_where_the_first_left() -> None:
    echo = Echo()
    line = LossyLine(echo)
    first, second = linked(line), linked(line)
    first.request("echo", deadline=5, tag=1)
    second.request("echo", deadline=5, tag=2)
    with pytest.raises(LinkError, match=r"out of step.*other program"):
        first.request("echo", deadline=5, tag=3)
    first.request("echo", deadline=5, tag=4)
    assert echo.runs == Counter([1, 2, 4])


def test_a_request_that_is_too_long_for_the_firmware_is_called_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gbcs_link, "MAX_FRAGMENTS", 2)
    with pytest.raises(LinkError, match=r"echo is longer than the device's firmware takes"):
        linked(LossyLine(Echo())).request("echo", deadline=5, octets=bytes(1000))


def test_what_an_earlier_boot_left_on_the_line_is_not_taken_for_an_answer() -> None:
    echo = Echo()
    line = LossyLine(echo)
    link = linked(line)
    link.request("echo", deadline=5, tag="old")
    line.write(gbcs_link.encode(cbor2.dumps([gbcs_link.WANT, 7, 1, 0])))
    line.restart()
    link = linked(line)
    assert link.request("echo", deadline=5, tag="new") == {"tag": "new"}


def test_a_silent_device_is_a_timeout_that_says_what_was_last_seen() -> None:
    line = LossyLine(Echo(), ["lose"] * 100)
    line._inbox.append(b"MPY: soft reboot\r\n")
    with pytest.raises(LinkTimeout, match=r"lossy: no answer to .* in 3 s.*'MPY: soft reboot'"):
        linked(line).request("state", deadline=3)
    assert line.now == pytest.approx(3)


def test_a_line_with_patience_waits_as_many_times_longer() -> None:
    line = LossyLine(Echo(), ["lose"] * 1000)
    link = linked(line, patience=10.0)
    begun = line.clock()
    with pytest.raises(LinkTimeout, match="no answer to the opening of the line in 30 s"):
        link.request("stats", deadline=3)
    assert 30 <= line.clock() - begun < 35


def test_pauses_grow_so_that_a_busy_device_is_not_flooded() -> None:
    line = LossyLine(Echo(), [None, None, None, *["lose"] * 100])
    sent: list[Frame] = []
    link = linked(line, on_frame=sent.append)
    link.open(deadline=1)
    with pytest.raises(LinkTimeout):
        link.request("state", deadline=20)
    times = [frame.at for frame in sent if frame.direction == "to-device"][1:]
    assert times == [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5]


def test_the_device_s_refusal_is_a_device_error() -> None:
    link = linked(LossyLine(Echo()))
    with pytest.raises(DeviceError, match="fail was refused: it is provisioned") as caught:
        link.request("fail", deadline=5)
    assert caught.value.code == "not-virgin"


@pytest.mark.parametrize("reply", [{}, [], {"ok": 1}, {"ok": {}, "error": {}}, {"error": "no"}])
def test_a_reply_of_another_shape_is_an_error(reply: Any) -> None:
    link = linked(LossyLine(lambda request: reply))
    with pytest.raises(LinkError, match="neither a result nor an error"):
        link.request("state", deadline=5)


@pytest.mark.parametrize(
    ("data", "complaint"), [(bytes(6144), "6144"), (object(), "state")], ids=["long", "strange"]
)
def test_a_request_that_cannot_be_sent_is_bad_input(data: Value, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        linked(LossyLine(Echo())).request("state", deadline=5, data=data)


def test_the_longest_message_passes_both_ways() -> None:
    data = octets(gbcs_link.MAX_MESSAGE - 20, 1)
    link = linked(LossyLine(Echo()))
    assert link.request("echo", deadline=5, d=data) == {"d": data}


def test_log_lines_are_kept_with_their_time_and_handed_on() -> None:
    line = LossyLine(Echo())
    seen: list[LogLine] = []
    link = linked(line, on_log=seen.append)
    link.request("hello", deadline=5)
    line.now = 2.5
    line.device.log("store lost: two\nlines")
    line._inbox.append(b"\xff\n")
    link.listen(1)
    assert seen == list(link.log)
    assert seen == [
        LogLine(2.5, "store lost: two"),
        LogLine(2.5, "lines"),
        LogLine(2.5, "\\xff"),
    ]


def test_evidence_gets_the_frames_of_both_ways() -> None:
    seen: list[Frame] = []
    link = linked(LossyLine(Echo()), on_frame=seen.append)
    link.request("hello", deadline=5)
    kinds = [(frame.direction, cbor2.loads(frame.payload)[0]) for frame in seen]
    assert kinds == [
        ("to-device", gbcs_link.OPEN),
        ("from-device", gbcs_link.OPENED),
        ("to-device", gbcs_link.REQUEST),
        ("from-device", gbcs_link.ACK),
        ("from-device", gbcs_link.REPLY),
        ("to-device", gbcs_link.WANT),
    ]


@given(st.lists(st.binary(max_size=60).map(gbcs_link.encode), max_size=20))
def test_frames_that_make_no_sense_disturb_nothing(strange: list[bytes]) -> None:
    line = LossyLine(Echo())
    link = linked(line)
    link.request("hello", deadline=5)
    for frame in strange:
        line._inbox.append(frame)
        line.write(frame)
    assert link.request("echo", deadline=5, tag=1) == {"tag": 1}


def test_no_more_than_the_smallest_ring_is_ever_unread() -> None:
    """The esp32 keeps 260 octets: one fragment's line and the WANT before it have to fit."""
    line = LossyLine(Echo())
    link = linked(line)
    for _ in range(3):
        link.request("echo", deadline=5, data=bytes(3000))
    lines = sorted(map(len, line.wire.splitlines(keepends=True)))
    wants = [len(part) for part in line.wire.splitlines(keepends=True) if len(part) < 60]
    assert lines[-1] + max(wants) <= 260
