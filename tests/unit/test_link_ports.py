"""Ports: what is opened, and what is said when it cannot be."""

import errno
import gc
import os
import pty
import re
import socket
import struct
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from gbcs_hil.bench.ports import SerialStream, open_port
from gbcs_hil.errors import BadInput, BoardLost, LinkError, LinkTimeout


class Terminal:
    """A pseudo-terminal; the test is the device on its master side."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self._open = [self.master, self.slave]

    def hang_up(self) -> None:
        while self._open:
            os.close(self._open.pop())


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.hang_up()


def test_octets_pass_unchanged_both_ways(terminal: Terminal) -> None:
    stream = open_port(terminal.path)
    every = bytes(range(256))
    stream.write(every)
    assert os.read(terminal.master, 1000) == every
    os.write(terminal.master, every)
    assert stream.read(1) == every
    assert stream.name == terminal.path
    stream.close()


def test_reading_waits_no_longer_than_it_is_told(terminal: Terminal) -> None:
    stream = open_port(terminal.path)
    begin = monotonic()
    assert stream.read(0.05) == b""
    assert 0.04 < monotonic() - begin < 0.5
    stream.close()


def test_reading_returns_as_soon_as_something_is_there(terminal: Terminal) -> None:
    stream = open_port(terminal.path)
    threading.Timer(0.02, os.write, (terminal.master, b"x")).start()
    assert stream.read(20) == b"x"
    stream.close()


def test_what_was_there_before_the_port_was_opened_is_discarded(terminal: Terminal) -> None:
    os.write(terminal.master, b"old")
    stream = open_port(terminal.path)
    assert stream.read(0.01) == b""
    stream.close()


def test_a_port_that_hangs_up_is_a_lost_board(terminal: Terminal) -> None:
    stream = open_port(terminal.path)
    terminal.hang_up()
    with pytest.raises(BoardLost, match=f"{terminal.path}: the port went away.*open the port"):
        stream.read(10)
    with pytest.raises(BoardLost, match="went away"):
        stream.write(b"x")
    stream.close()


def test_a_device_that_takes_nothing_is_a_timeout(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gbcs_hil.bench.ports._WRITE_SECONDS", 0.05)
    stream = open_port(terminal.path)
    with pytest.raises(LinkTimeout, match=r"took nothing for 0\.05 s; reset it"):
        for _ in range(100):
            stream.write(bytes(4096))
    stream.close()


def test_a_closed_stream_says_so_and_closes_again(terminal: Terminal) -> None:
    stream = open_port(terminal.path)
    stream.close()
    stream.close()
    with pytest.raises(BoardLost, match="was closed"):
        stream.read(1)
    with pytest.raises(BoardLost, match="was closed"):
        stream.write(b"x")


def test_a_port_in_use_is_refused(terminal: Terminal) -> None:
    stream = open_port(terminal.path)
    with pytest.raises(LinkError, match=f"cannot open {terminal.path}: another program has it"):
        open_port(terminal.path)
    stream.close()
    open_port(terminal.path).close()


def test_a_port_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LinkError, match="cannot open /dev/ttyNONE: there is no such port; plug"):
        open_port("/dev/ttyNONE")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_port_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "port").touch(mode=0)
    with pytest.raises(LinkError, match="permission denied; join the group"):
        open_port(str(tmp_path / "port"))


def test_a_file_or_folder_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(LinkError, match=f"cannot open {path}: it is not a serial port"):
            open_port(str(path))


@pytest.mark.parametrize(
    "spec",
    ["", "COM3", "ttyACM0", "unix:", "http://example.org:1", "socket://localhost", "socket://:1",
     "socket://localhost:70000"],
)  # fmt: skip
def test_other_specifications_are_bad_input(spec: str) -> None:
    with pytest.raises(BadInput, match=re.escape(f"port {spec!r}: give a device path")):
        open_port(spec)


def test_reading_may_wait_for_as_long_as_it_takes(terminal: Terminal) -> None:
    stream = open_port(terminal.path)
    os.write(terminal.master, b"at last")
    assert stream.read(float("inf")) == b"at last"
    stream.close()


def test_a_socket_is_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = open_port(f"socket://127.0.0.1:{server.getsockname()[1]}")
        peer, _ = server.accept()
        stream.write(b"to the board")
        assert peer.recv(100) == b"to the board"
        peer.sendall(b"to the host")
        assert stream.read(5) == b"to the host"
        peer.close()
        with pytest.raises(BoardLost, match="went away"):
            stream.read(5)
        stream.close()


def test_a_short_frame_after_another_leaves_at_once() -> None:
    """Else it waits for the peer's confirmation, which may take 40 ms."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = open_port(f"socket://127.0.0.1:{server.getsockname()[1]}")
        assert isinstance(stream, SerialStream)
        with socket.socket(fileno=os.dup(stream._descriptor)) as ours:
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        stream.close()


def test_a_socket_that_its_peer_broke_off_is_closed_all_the_same() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = open_port(f"socket://127.0.0.1:{server.getsockname()[1]}")
        peer, _ = server.accept()
        # Its end is then no orderly one.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        with pytest.raises(BoardLost, match="went away"):
            stream.read(5)
        stream.close()
        # What is left open warns, which is an error here.
        del stream
        gc.collect()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (socket.gaierror(socket.EAI_NONAME, "not known"), "there is no host of that name"),
        (TimeoutError("timed out"), "that host does not answer"),
        (OSError(errno.EHOSTUNREACH, "no route"), "that host does not answer"),
    ],
)
def test_a_server_that_cannot_be_reached_is_told(
    error: OSError, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*words: object, **options: object) -> socket.socket:
        raise error

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(LinkError, match=rf"cannot open socket://bench-9:4001: {said}"):
        open_port("socket://bench-9:4001")


def test_a_socket_where_nothing_listens_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
    with pytest.raises(LinkError, match=r"cannot open socket://.*nothing listens there"):
        open_port(f"socket://127.0.0.1:{number}")
