"""The firmware on an emulated Pico: deployed by mpremote, cut, reset.

Needs an image of the user's. Without one (GBCS_HIL_UF2), only what is said then is tested.
"""

import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from board_rig import PICO as KIND
from board_rig import plugged_in
from gbcs_hil.bench import (
    deployment,
    emulated_pico,
    link,
    micropython,
    mpremote_program,
    plugged,
    ports,
    rig,
    targets,
)
from gbcs_hil.bench.plugged import Plugged
from gbcs_hil.errors import BadInput, HilError, LinkError, ToolMissing
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.smki.parties import GAS_NETWORK_A
from head_end import HEAD_END, NETWORK_BY_NETWORK, certificates

PICO = """
schema = 1
[boards.pico-e]
role = "gpf"
mcu = "rp2040"
port = "rp2040:"
flash = "pico.flash"
capabilities = ["power-cut", "cycles"]
"""

KERNELS = Path(__file__).parents[1] / "device" / "kernels_on_micropython.py"
PAIRS = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_A)
_MOST_OPERATIONS = 40

# The firmware is written once; the emulator is slower than a Pico.
pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def entry(tmp_path_factory: pytest.TempPathFactory) -> rig.RigBoard:
    if not os.environ.get(emulated_pico.IMAGE_VARIABLE):
        pytest.skip(f"no image of MicroPython for a Pico (set {emulated_pico.IMAGE_VARIABLE})")
    path = tmp_path_factory.mktemp("pico") / "bench.toml"
    path.write_text(PICO)
    board = rig.load(path).board()
    try:
        with plugged.reserve(board, "tests", bare=True) as reserved:
            done = deployment.deploy(reserved, print)
    except ToolMissing as missing:
        pytest.skip(str(missing))
    assert done.manufactured
    return board


@pytest.fixture
def pico(entry: rig.RigBoard) -> Iterator[Plugged]:
    with plugged.plug_in(entry, "tests") as used:
        yield used


def test_it_is_a_virgin_device_on_the_rp2_port(pico: Plugged) -> None:
    assert (pico.hello["board"], pico.hello["condition"]) == ("rp2", "virgin")
    assert pico.hello["interpreter"].startswith("MicroPython 1.")


def test_its_cycles_are_counted(pico: Plugged) -> None:
    first, second = (pico.board.stats()["firmware_cycles"] for _ in range(2))
    assert 0 < first < second


def test_its_machine_code_agrees_with_big_integers(entry: rig.RigBoard, tmp_path: Path) -> None:
    """The kernel and the inverses that an RP2040 has, as MicroPython's own compiler made them."""
    script = tmp_path / "kernels.py"
    arguments = 'import sys\nsys.argv[:] = ["", "kernel_thumb", "3000"]\n'
    script.write_text(arguments + KERNELS.read_text())
    with plugged.reserve(entry, "tests") as reserved:
        said = mpremote_program.mpremote(reserved.locate(), "run", str(script))
    assert said.split()[-4:] == ["kernel_thumb", "0", "0", "0"]


def test_a_reset_is_told_from_a_loss_of_power(pico: Plugged) -> None:
    pico.board.reset()
    assert pico.board.hello()["reset_cause"] == "reset"
    assert pico.power.cycle().reset_cause == "power-on"


def test_a_watchdog_that_nobody_fed_is_told(entry: rig.RigBoard) -> None:
    with plugged.reserve(entry, "tests") as reserved:
        port = reserved.locate()
        code = "import machine; machine.WDT(timeout=500)\nwhile True: pass"
        mpremote_program.mpremote(port, "exec", "--no-follow", code)
        stream = ports.open_port(port)
        try:
            hello = link.Link(stream, patience=reserved.patience).request("hello", deadline=60)
        finally:
            stream.close()
    assert hello["reset_cause"] == "watchdog"


def test_nothing_is_written_twice(entry: rig.RigBoard) -> None:
    with plugged.reserve(entry, "tests") as reserved:
        again = deployment.deploy(reserved, print)
    assert (again.written, again.removed, again.manufactured) == ((), (), False)


OLDER = ("alerts", "cells", "clock", "store", "state")


def put_older(port: str, folder: Path) -> dict[str, str]:
    """Put an older build of some modules on a board; return the files that it then has."""
    firmware = micropython.firmware_path() / "gbcs_device"
    compiler = mpremote_program.compiler(mpremote_program.survey(port))
    for module in OLDER:
        made = folder / f"{module}.mpy"
        words = [*compiler, "-s", "older", "-o", str(made), str(firmware / f"{module}.py")]
        subprocess.run(words, check=True)
        mpremote_program.mpremote(port, "fs", "cp", str(made), f":/lib/gbcs_device/{made.name}")
    return mpremote_program.survey(port).files


def test_a_cut_in_a_deployment_leaves_a_whole_firmware_or_none(
    entry: rig.RigBoard, tmp_path: Path
) -> None:
    assert entry.flash_file is not None
    cut = Path(f"{entry.flash_file}.cut")
    with plugged.reserve(entry, "tests") as reserved:
        new = mpremote_program.survey(reserved.port()).files
        old = put_older(reserved.port(), tmp_path)
    assert len(old.items() - new.items()) == len(OLDER)
    seen = []
    for operations, share in ((1, 0.0), (2, 0.5), (15, 0.5), (30, 0.5)):
        # What the cuts before it have left to do may be done before the last one.
        with suppress(HilError), plugged.reserve(entry, "tests") as reserved:
            cut.write_text(f"{operations} {share}")
            deployment.deploy(reserved, print)
        cut.unlink(missing_ok=True)
        with plugged.reserve(entry, "tests") as reserved:
            there = mpremote_program.survey(reserved.port()).files
        seen.append(there)
        assert deployment.MAIN not in there or there in (old, new)
    assert any(deployment.MAIN not in there for there in seen)
    with plugged.reserve(entry, "tests") as reserved:
        deployment.deploy(reserved, print)
        assert mpremote_program.survey(reserved.port()).files == new


def test_it_remembers_what_it_was_told(pico: Plugged) -> None:
    epoch = pico.board.erase()
    pico.power.cycle()
    assert pico.board.hello()["epoch"] == epoch


@pytest.mark.skipif(not KIND, reason=f"set {emulated_pico.IMAGE_VARIABLE} to an image")
def test_a_cut_in_a_flash_operation_leaves_the_counter_before_or_after(tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    with plugged_in("rp2040:", flash) as rig:
        rig.provision("gpf")
        counter, done = 0, False
        for operation in range(1, _MOST_OPERATIONS):
            # The emulator ends in that operation, of which half was done.
            Path(f"{flash}.cut").write_text(f"{operation} 0.5")
            try:
                rig.accept(HEAD_END.update(NETWORK_BY_NETWORK, counter + 1, PAIRS))
                done = True
            except LinkError:
                pass
            Path(f"{flash}.cut").unlink(missing_ok=True)
            rig.restart("power")
            seen = rig.board.state().counters["networkOperator"]
            assert seen in (counter, counter + 1)
            assert not done or seen == counter + 1
            counter = seen
            if done:
                break
        # At least one cut came in time.
        assert operation > 1
        assert done


def test_an_image_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(emulated_pico.IMAGE_VARIABLE, raising=False)
    with pytest.raises(BadInput, match=r"needs an image of MicroPython.*GBCS_HIL_UF2"):
        targets.start("rp2040:", tmp_path / "flash")
    with pytest.raises(BadInput, match="there is no such image"):
        targets.start(f"rp2040:{tmp_path}/none.uf2", tmp_path / "flash")


def test_node_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    image = tmp_path / "image.uf2"
    image.write_bytes(b"UF2\n no image")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="needs Node 18 or newer"):
        targets.start(f"rp2040:{image}", tmp_path / "flash")


def test_a_file_that_is_no_image_is_told(tmp_path: Path) -> None:
    image = tmp_path / "image.uf2"
    image.write_bytes(b"no image")
    with pytest.raises(BadInput, match=r"image\.uf2 is not a UF2 image"):
        targets.start(f"rp2040:{image}", tmp_path / "flash")


def test_an_image_for_another_chip_is_told_as_the_boards_last_words(tmp_path: Path) -> None:
    image = tmp_path / "image.uf2"
    block = b"UF2\n" + struct.pack("<7I", 0x9E5D5157, 0, 0x20000000, 256, 0, 1, 0)
    image.write_bytes(block.ljust(512, b"\0"))
    try:
        targets.start(f"rp2040:{image}", tmp_path / "flash").close()
        raise AssertionError("it started")
    except ToolMissing as missing:
        pytest.skip(str(missing))
    except HilError as error:
        assert "is no image for a Pico's flash" in str(error)
