"""Emulated boards on both interpreters: power, resets, ends, and the latency of the line."""

import os
import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, perf_counter, sleep

import pytest

from gbcs_hil.bench import targets
from gbcs_hil.bench.leash import leash
from gbcs_hil.bench.link import Link
from gbcs_hil.bench.ports import Stream, open_port
from gbcs_hil.bench.targets import Target
from gbcs_hil.errors import BadInput, BoardLost, DeviceError, HilError, LinkError, ToolMissing

ECHO = Path(__file__).parent / "echo_board.py"
START_SECONDS = 20.0
INTERPRETERS: dict[str, Callable[..., tuple[list[str], dict[str, str]]]] = {
    "unix": targets.unix,
    "cpython": targets.cpython,
}


@pytest.fixture(params=INTERPRETERS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    try:
        INTERPRETERS[name]()
    except ToolMissing as missing:
        pytest.skip(str(missing))
    return name


@pytest.fixture
def target(kind: str, tmp_path: Path) -> Iterator[Target]:
    with Target(kind, *INTERPRETERS[kind](str(ECHO), str(tmp_path / "flash"))) as made:
        yield made


@pytest.fixture
def open_link() -> Iterator[Callable[[Target], Link]]:
    with ExitStack() as stack:

        def open_one(target: Target) -> Link:
            link = Link(open_port(target.port))
            stack.callback(link.close)
            return link

        yield open_one


OpenLink = Callable[[Target], Link]


def ended(pid: int) -> bool:
    try:
        # A process that nobody has waited for yet is a zombie, which has ended too.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = monotonic() + seconds
    while not condition() and monotonic() < end:
        sleep(0.005)
    return condition()


def pid_of(target: Target) -> int:
    assert target._boot is not None
    assert target._boot._process is not None
    return target._boot._process.pid


def test_a_board_answers(target: Target, open_link: OpenLink) -> None:
    reply = open_link(target).request(
        "hello", deadline=START_SECONDS, data=b"\x00\x03\x0a\x0d\x1e"
    )
    assert reply == {"boots": 1, "runs": 1, "data": b"\x00\x03\x0a\x0d\x1e"}


class BadStream:
    """A port that loses, repeats or spoils four tenths of what passes."""

    def __init__(self, stream: Stream, seed: int) -> None:
        self._stream = stream
        self._random = random.Random(seed)
        self.name = stream.name

    def read(self, timeout: float) -> bytes:
        return self._spoil(self._stream.read(timeout))

    def write(self, data: bytes) -> None:
        self._stream.write(self._spoil(data))

    def close(self) -> None:
        self._stream.close()

    def _spoil(self, data: bytes) -> bytes:
        at = self._random.randrange(len(data) + 1)
        spoilt = [b"", data + data, data[:at] + b"?" + data[at + 1 :], data[:at]]
        return spoilt[self._random.randrange(4)] if self._random.random() < 0.4 else data


def test_over_a_bad_line_each_request_runs_once(target: Target) -> None:
    link = Link(BadStream(open_port(target.port), seed=3), retry=0.01)
    link.request("hello", deadline=START_SECONDS)
    for number in range(5):
        data = bytes([number]) * 400
        reply = link.request("echo", deadline=START_SECONDS, data=data)
        assert reply == {"boots": 1, "runs": 2 + number, "data": data}
    assert link.damaged > 0
    link.close()


def test_a_request_of_1500_octets_takes_a_few_milliseconds(
    target: Target, open_link: OpenLink
) -> None:
    link = open_link(target)
    link.request("hello", deadline=START_SECONDS)
    times = []
    for _ in range(50):
        begin = perf_counter()
        link.request("echo", deadline=5, data=bytes(1500), size=300)
        times.append(perf_counter() - begin)
    # It takes 2 ms; `gbcs-hil bench link` measures it. Here the machine may be busy with twenty
    # other things: what this finds is a pause that somebody put into the link.
    assert min(times) < 0.1


def test_log_lines_pass_between_the_frames(target: Target, open_link: OpenLink) -> None:
    link = open_link(target)
    link.request("hello", deadline=START_SECONDS)
    link.request("chatter", deadline=5, lines=200, data=bytes(2000))
    assert [line.text for line in link.log][-200:] == [f"chatter {n}" for n in range(200)]
    assert link.damaged == 0


def test_a_slow_request_is_waited_for_and_runs_once(target: Target, open_link: OpenLink) -> None:
    link = Link(open_port(target.port), retry=0.02)
    link.request("hello", deadline=START_SECONDS)
    assert link.request("sleep", deadline=5, milliseconds=300, data=b"x")["data"] == b"x"
    assert link.request("echo", deadline=5, data=b"y")["data"] == b"y"
    link.close()


def test_a_host_may_close_the_port_and_come_back(target: Target) -> None:
    for _ in range(3):
        link = Link(open_port(target.port))
        assert link.request("hello", deadline=START_SECONDS)["boots"] == 1
        link.close()


def test_half_lines_of_an_earlier_host_do_no_harm(target: Target, open_link: OpenLink) -> None:
    stream = open_port(target.port)
    stream.write(b"\x03half a line \x1eAAAA" + bytes(600))
    stream.close()
    assert open_link(target).request("hello", deadline=START_SECONDS)["boots"] == 1


def test_a_power_cut_is_seen_at_once(target: Target, open_link: OpenLink) -> None:
    link = open_link(target)
    link.request("hello", deadline=START_SECONDS)
    pid = pid_of(target)
    target.power_off()
    assert ended(pid)
    with pytest.raises(BoardLost, match="went away"):
        link.request("echo", deadline=60)
    with pytest.raises(BoardLost, match="power is off"):
        _ = target.port


def test_power_brings_another_boot_on_another_line(target: Target, open_link: OpenLink) -> None:
    link = open_link(target)
    link.request("hello", deadline=START_SECONDS)
    before = link.boot_id
    target.power_off()
    target.power_on()
    link = open_link(target)
    assert link.request("hello", deadline=START_SECONDS)["boots"] == 2
    assert link.boot_id != before
    assert [line.text for line in link.log] == [] or link.log[0].text == "boot 2"


def test_power_that_is_on_stays_on(target: Target) -> None:
    pid = pid_of(target)
    target.power_on()
    assert pid_of(target) == pid


def test_a_reset_is_answered_and_keeps_the_port(target: Target, open_link: OpenLink) -> None:
    link = open_link(target)
    link.request("hello", deadline=START_SECONDS)
    before, port = link.boot_id, target.port
    assert link.request("reset", deadline=5) == {}
    begin = monotonic()
    assert link.request("hello", deadline=START_SECONDS)["boots"] == 2
    assert monotonic() - begin < 1.5
    assert link.boot_id != before
    assert target.port == port


def test_a_request_after_a_reset_tells_of_the_restart(target: Target, open_link: OpenLink) -> None:
    link = open_link(target)
    link.request("hello", deadline=START_SECONDS)
    link.request("reset", deadline=5)
    with pytest.raises(BoardLost, match="restarted while echo was open"):
        link.request("echo", deadline=START_SECONDS)


def test_a_killed_firmware_is_one_clear_error(target: Target, open_link: OpenLink) -> None:
    link = open_link(target)
    link.request("hello", deadline=START_SECONDS)
    os.kill(pid_of(target), signal.SIGKILL)
    begin = monotonic()
    with pytest.raises(BoardLost, match="went away"):
        link.request("echo", deadline=60)
    assert monotonic() - begin < 2
    with pytest.raises(BoardLost, match="killed by signal 9; power it off and on"):
        _ = target.port
    target.power_off()
    target.power_on()
    assert open_link(target).request("hello", deadline=START_SECONDS)["boots"] == 2


def test_a_firmware_that_dies_leaves_its_last_words_in_the_log(
    target: Target, open_link: OpenLink
) -> None:
    link = open_link(target)
    link.request("hello", deadline=START_SECONDS)
    with pytest.raises(BoardLost, match="went away"):
        link.request("die", deadline=60)
    assert any(line.text.startswith("KeyboardInterrupt") for line in link.log)
    with pytest.raises(BoardLost, match=r"firmware .*: KeyboardInterrupt"):
        _ = target.port


def test_a_firmware_that_never_starts_says_why(kind: str, tmp_path: Path) -> None:
    with Target(kind, *INTERPRETERS[kind]("-c", "import nothing_of_the_kind")) as target:

        def gone() -> bool:
            try:
                return not target.port
            except BoardLost:
                return True

        assert until(gone)
        with pytest.raises(BoardLost, match=r"ended with status 1: .*nothing_of_the_kind"):
            _ = target.port


def test_a_device_in_trouble_refuses_and_goes_on(target: Target, open_link: OpenLink) -> None:
    link = open_link(target)
    with pytest.raises(DeviceError, match="internal"):
        link.request("chatter", deadline=START_SECONDS)
    assert link.request("echo", deadline=5)["boots"] == 1


def test_a_board_that_floods_the_line_can_be_switched_off(
    target: Target, open_link: OpenLink
) -> None:
    link = open_link(target)
    link.request("hello", deadline=START_SECONDS)
    with pytest.raises(LinkError, match=r"no answer to flood in 0\.2 s"):
        link.request("flood", deadline=0.2)
    sleep(0.05)
    pid = pid_of(target)
    target.power_off()
    assert ended(pid)


@pytest.mark.parametrize(
    ("operation", "put_before"),
    [("hello", "leash"), ("flood", "leash"), ("reset", "leash"), ("hello", "lambda number: ()")],
    ids=["idle", "in a write", "started again", "idle, without a signal from the system"],
)
def test_the_firmware_ends_when_the_harness_is_killed(
    kind: str, tmp_path: Path, operation: str, put_before: str
) -> None:
    if operation == "flood" and not leash(signal.SIGKILL):
        pytest.skip("setpriv does not work here: what floods a line outlives its harness")
    harness = f"""
        import sys, time
        from pathlib import Path
        from gbcs_hil.bench import pty_process, targets
        from gbcs_hil.bench.leash import leash
        from gbcs_hil.bench.link import Link
        from gbcs_hil.bench.ports import open_port
        from gbcs_hil.errors import LinkError
        pty_process.leash = {put_before}
        command, variables = targets.{kind}({str(ECHO)!r}, {str(tmp_path / "flash")!r})
        target = targets.Target("board", command, variables)
        link = Link(open_port(target.port))
        link.request("hello", deadline={START_SECONDS})
        try:
            link.request({operation!r}, deadline=0.5)
            if {operation!r} == "reset":
                link.request("hello", deadline={START_SECONDS})
        except LinkError:
            pass
        print(target._boot._process.pid, flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(harness)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert not ended(pid)
        process.kill()
        assert until(lambda: ended(pid))


def test_an_emulated_board_has_a_known_interpreter(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no emulated board 'rp2350'; there are unix, cpython"):
        targets.start("rp2350:", tmp_path)


def test_starting_runs_the_firmware(kind: str, tmp_path: Path, open_link: OpenLink) -> None:
    with targets.start(f"{kind}:", tmp_path / "flash") as target:
        assert open_link(target).request("hello", deadline=START_SECONDS)["board"] == kind
    assert (tmp_path / "flash").exists()


def test_a_program_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(HilError, match="board: cannot run /no/such/program"):
        Target("board", ["/no/such/program"], {})
