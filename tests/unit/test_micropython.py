"""MicroPython's unix port is found, or fetched through an apt that these tests imitate."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gbcs_hil.bench import debian, micropython
from gbcs_hil.errors import BadInput, ToolMissing

REPO = Path(__file__).resolve().parents[2]

FAKE_APT = """\
import os, pathlib, re, sys, time
if sys.argv[1] == "--config-file":
    configuration = pathlib.Path(sys.argv[2]).read_text()
    cache = pathlib.Path(re.search('Dir::Cache "(.*)"', configuration)[1])
    with open(LOG, "a") as log:
        print(*sys.argv[5:], file=log)
    if "install" in sys.argv:
        if "offline" in os.environ.get("FAKE_APT", ""):
            sys.exit("E: Unable to locate package micropython")
        time.sleep(float(os.environ.get("FAKE_APT_SECONDS", "0")))
        (cache / "archives" / "micropython.deb").touch()
"""
FAKE_DPKG_DEB = """\
import os, pathlib, sys
root = pathlib.Path(sys.argv[3])
libraries = root / "usr/lib/machine-linux-gnu"
libraries.mkdir(parents=True)
(root / "usr/bin").mkdir()
(libraries / "libc.so.6").touch()
loader = libraries / "ld-machine.so.2"
loader.write_text('#!/bin/sh\\nshift 2\\nexec /bin/sh "$@"\\n')
loader.chmod(0o755)
version = os.environ.get("FAKE_VERSION", "1 25 0")
(root / "usr/bin/micropython").write_text(f"echo micropython {version}\\n")
"""


def _write_program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, empty; the cache is a fresh folder too."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("GBCS_HIL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GBCS_HIL_MICROPYTHON", raising=False)
    return folder


@pytest.fixture
def apt_log(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the imitated apt was asked for, a line each."""
    log = tmp_path / "apt.log"
    log.touch()
    python = f"#!{sys.executable}\n"
    _write_program(programs / "apt-get", f"{python}LOG = {str(log)!r}\n{FAKE_APT}")
    _write_program(programs / "dpkg-deb", python + FAKE_DPKG_DEB)
    _write_program(programs / "dpkg", "#!/bin/sh\necho amd64\n")
    apt_folder = tmp_path / "apt"
    apt_folder.mkdir()
    (apt_folder / "sources.list").write_text("deb http://one.example/debian bookworm main\n")
    monkeypatch.setattr(debian, "APT_FOLDER", apt_folder)
    return log


def _micropython(folder: Path, answer: str, name: str = "micropython") -> Path:
    return _write_program(folder / name, f"#!/bin/sh\n{answer}\n")


def test_takes_the_one_on_path(programs: Path) -> None:
    path = _micropython(programs, "echo micropython 1 26 1")
    found = micropython.find(fetch=False)
    assert found == micropython.Interpreter((str(path),), (1, 26, 1), "PATH")


def test_the_users_choice_comes_before_path(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _micropython(programs, "echo micropython 1 26 1")
    own = _micropython(tmp_path, "echo micropython 1 23 0", "own")
    monkeypatch.setenv("GBCS_HIL_MICROPYTHON", str(own))
    assert micropython.find().command == (str(own),)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("echo micropython 1 19 1", "is MicroPython 1.19.1"),
        ("echo cpython 3 13 0", "not a working MicroPython"),
        ("echo micropython 1 26 1; kill -9 $$", "not a working MicroPython"),
        ("exit 3", "not a working MicroPython"),
        (None, "is not a program"),
    ],
)
def test_refuses_a_users_choice_that_will_not_do(
    programs: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None, complaint: str
) -> None:
    path = programs / "own"
    if answer is not None:
        _micropython(programs, answer, "own")
    monkeypatch.setenv("GBCS_HIL_MICROPYTHON", str(path))
    with pytest.raises(BadInput, match=f"own.*{complaint}.*install MicroPython 1.23"):
        micropython.find()


def test_an_interpreter_that_hangs_is_given_up(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(micropython, "_ANSWER_SECONDS", 0.2)
    _write_program(programs / "micropython", f"#!{sys.executable}\nimport time; time.sleep(30)")
    with pytest.raises(ToolMissing, match="gives no answer"):
        micropython.find(fetch=False)


def test_fetches_when_the_one_on_path_is_too_old(programs: Path, apt_log: Path) -> None:
    _micropython(programs, "echo micropython 1 19 1")
    lines: list[str] = []
    found = micropython.find(report=lines.append)
    assert found.version == (1, 25, 0)
    assert "trixie" in found.origin
    assert lines == ["fetching MicroPython from Debian trixie"]


def test_a_fetched_interpreter_is_found_again_without_apt(apt_log: Path) -> None:
    first = micropython.find()
    apt_log.write_text("")
    assert micropython.find(fetch=False) == first
    assert apt_log.read_text() == ""


@pytest.mark.parametrize(
    "damage",
    [
        lambda root: (root / "usr/bin/micropython").write_text(""),
        lambda root: next(root.glob("**/libc.so.6")).unlink(),
        lambda root: next(root.glob("**/ld-*")).write_bytes(b"\x7fELF"),
        lambda root: next(root.glob("**/ld-*")).chmod(0o644),
    ],
    ids=["program", "library", "loader", "mode"],
)
def test_a_damaged_cache_is_rebuilt(apt_log: Path, damage: Callable[[Path], object]) -> None:
    damage(Path(micropython.find().command[-1]).parents[2])
    assert micropython.find().version == (1, 25, 0)
    assert apt_log.read_text().count("install micropython") == 2


def test_what_a_killed_fetch_left_is_removed(apt_log: Path) -> None:
    left = micropython.cache_folder() / "fetch-dead" / "root"
    left.mkdir(parents=True)
    micropython.find()
    assert not left.parent.exists()


def test_a_fetched_interpreter_that_is_too_old_is_not_published(
    apt_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VERSION", "1 19 1")
    with pytest.raises(ToolMissing, match=r"is MicroPython 1\.19\.1"):
        micropython.find()
    assert not list(micropython.cache_folder().glob("*/usr"))


def test_says_what_apt_complained_of_and_what_to_do(
    apt_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_APT", "offline")
    with pytest.raises(ToolMissing) as caught:
        micropython.find()
    message = str(caught.value)
    assert "no micropython on PATH" in message
    assert "E: Unable to locate package micropython" in message
    assert "apt-get install micropython" in message
    assert "\n" not in message


def test_a_failed_fetch_is_tried_again_only_after_a_minute(
    apt_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_APT", "offline")
    for _ in range(2):
        with pytest.raises(ToolMissing, match="E: Unable to locate"):
            micropython.find()
    assert apt_log.read_text().count("install micropython") == 1
    monkeypatch.delenv("FAKE_APT")
    (failure,) = micropython.cache_folder().glob("*.failed")
    os.utime(failure, (time.time() - 61, time.time() - 61))
    assert micropython.find().version == (1, 25, 0)


def test_without_apt_says_so(programs: Path) -> None:
    with pytest.raises(ToolMissing, match=r"dpkg is not on this machine.*brew install"):
        micropython.find()


def test_without_a_source_of_debian_says_so(apt_log: Path) -> None:
    (debian.APT_FOLDER / "sources.list").write_text("deb http://u.example/u noble main\n")
    with pytest.raises(ToolMissing, match=r"no source in .* serves Debian"):
        micropython.find()


def test_a_cache_that_cannot_be_written_is_named(apt_log: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(ToolMissing, match=r"cache.*install MicroPython"):
        micropython.find()


def test_two_processes_fetch_once(apt_log: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from gbcs_hil.bench import debian, micropython;"
        "debian.APT_FOLDER = Path(sys.argv[1]); print(micropython.find().version)"
    )
    environment = {**os.environ, "FAKE_APT_SECONDS": "0.3", "PYTHONPATH": str(REPO / "host")}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(debian.APT_FOLDER)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert [process.communicate(timeout=30)[0] for process in both] == ["(1, 25, 0)\n"] * 2
    assert apt_log.read_text().count("install micropython") == 1


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages whose firmware must not be imported."""
    (tmp_path / "gbcs_device").mkdir()
    (tmp_path / "gbcs_device/__init__.py").write_text("raise RuntimeError('imported')")
    (tmp_path / "gbcs_link.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "gbcs_device", raising=False)
    return tmp_path


def test_the_firmware_is_found_without_being_imported(installed: Path) -> None:
    assert micropython.firmware_path() == installed


def test_half_an_installed_firmware_is_refused(installed: Path) -> None:
    (installed / "gbcs_link.py").unlink()
    with pytest.raises(ToolMissing, match="reinstall gbcs-hil"):
        micropython.firmware_path()


def test_the_firmware_of_a_checkout_is_its_folder() -> None:
    assert micropython.firmware_path() == REPO / "firmware"
