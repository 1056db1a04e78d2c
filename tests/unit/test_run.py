"""`./run` sets a checkout up once and then gets out of the way.

Modules on PYTHONPATH stand in for Python's venv, ensurepip and pip, so that nothing is
installed and no network is needed; they log what they are asked for.
"""

import ast
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[2] / "run"

STAND_INS = {
    "venv": """\
import os, pathlib, sys
programs = pathlib.Path(sys.argv[2]) / "bin"
programs.mkdir(parents=True, exist_ok=True)
(programs / "python").symlink_to(os.path.realpath(sys.executable))
""",
    "ensurepip": """\
import os, sys
sys.exit("No module named ensurepip" if "no-ensurepip" in os.environ["FAKE"] else 0)
""",
    "pip": """\
import os, pathlib, sys, time
if "--python" in sys.argv and "no-pip" in os.environ["FAKE"]:
    sys.exit("No module named pip")
if "--editable" in sys.argv:
    if "slow" in os.environ["FAKE"]:
        time.sleep(0.5)
    if "hang" in os.environ["FAKE"]:
        pathlib.Path("hanging").touch()
        time.sleep(60)
    if "broken" in os.environ["FAKE"]:
        print("\\n".join(f"line {n}" for n in range(40)), flush=True)
        sys.exit("ERROR: no matching distribution")
    for name in ("gbcs-hil", "pytest", "ruff", "mypy", "pyright", "sphinx-build"):
        program = pathlib.Path(".venv/bin", name)
        program.write_text(f"#!/bin/sh\\necho {name} $*\\nexit ${{STATUS_{name[:4]}:-0}}\\n")
        program.chmod(0o755)
""",
}
LOGGED = """\
import pathlib, sys
with open({log!r}, "a") as log:
    print({name!r}, *sys.argv[1:], file=log)
"""
FAKE_APT_GET = """\
#!/bin/sh
echo apt-get $4 $5 >> "{log}"
if [ "$4" = download ]; then : > python3-pip-whl.deb; else echo E: dead source; exit 100; fi
"""
FAKE_DPKG_DEB = """\
#!/bin/sh
wheel="$3/usr/share/python-wheels/pip-25-py3-none-any.whl/pip"
/bin/mkdir -p "$wheel" && echo 'import runpy; runpy.run_module("pip")' > "$wheel/__main__.py"
"""


@dataclass
class Checkout:
    """A folder with `run` and a pyproject.toml, and the log of its stand-ins."""

    folder: Path
    log: Path
    environment: dict[str, str]

    def start(self, *arguments: str, fake: str = "") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.folder / "run"), *arguments],
            env={**self.environment, "FAKE": fake},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, fake: str = "") -> tuple[int, str, str]:
        process = self.start(*arguments, fake=fake)
        output, progress = process.communicate(timeout=40)
        return process.returncode, output, progress

    def logged(self) -> list[str]:
        """Return what was asked for since the last call."""
        lines = self.log.read_text().splitlines()
        self.log.write_text("")
        return lines


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder, modules, programs = (tmp_path / n for n in ("check out", "modules", "bin"))
    for new in (folder, modules, programs):
        new.mkdir()
    log = tmp_path / "log"
    log.touch()
    (folder / "run").write_bytes(RUN.read_bytes())
    (folder / "pyproject.toml").write_text("[project]\n")
    for name, text in STAND_INS.items():
        (modules / f"{name}.py").write_text(LOGGED.format(log=str(log), name=name) + text)
    for name, text in (("apt-get", FAKE_APT_GET), ("dpkg-deb", FAKE_DPKG_DEB)):
        (programs / name).write_text(text.format(log=log) if "{log}" in text else text)
        (programs / name).chmod(0o755)
    environment = {"PATH": str(programs), "PYTHONPATH": str(modules)}
    return Checkout(folder, log, environment)


def test_the_first_use_sets_up_and_runs_the_command(checkout: Checkout) -> None:
    status, output, progress = checkout.run("demo", "--fast", "a b")
    assert (status, output) == (0, "gbcs-hil demo --fast a b\n")
    assert progress.splitlines() == [
        "run: making .venv, once",
        "run: installing gbcs-hil into .venv",
    ]


def test_the_second_use_does_nothing_but_the_command(checkout: Checkout) -> None:
    checkout.run("demo")
    checkout.logged()
    assert checkout.run("demo") == (0, "gbcs-hil demo\n", "")
    assert checkout.logged() == []


def test_the_commands_status_is_passed_on(checkout: Checkout) -> None:
    checkout.environment["STATUS_gbcs"] = "7"
    assert checkout.run("demo")[0] == 7


def test_a_changed_pyproject_is_installed_into_the_same_venv(checkout: Checkout) -> None:
    checkout.run("demo")
    checkout.logged()
    (checkout.folder / "pyproject.toml").write_text("[project]\n# changed\n")
    checkout.run("demo")
    assert checkout.logged() == ["pip install --editable ."]


def test_the_tests_add_their_dependencies(checkout: Checkout) -> None:
    checkout.run("demo")
    checkout.logged()
    assert checkout.run("test", "tests/unit", "-k", "x")[1] == "pytest tests/unit -k x\n"
    assert checkout.logged()[0] == "pip install --editable . --group dev"
    assert checkout.run("demo") == (0, "gbcs-hil demo\n", "")


def test_a_checkout_that_moved_is_set_up_anew(checkout: Checkout) -> None:
    checkout.run("demo")
    checkout.logged()
    checkout.folder = checkout.folder.rename(checkout.folder.with_name("elsewhere"))
    assert checkout.run("demo")[:2] == (0, "gbcs-hil demo\n")
    assert checkout.logged()[0].startswith("venv ")


def test_a_python_that_is_gone_is_replaced(checkout: Checkout) -> None:
    checkout.run("demo")
    python = checkout.folder / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    assert checkout.run("demo")[:2] == (0, "gbcs-hil demo\n")


def test_a_killed_set_up_is_done_anew(checkout: Checkout) -> None:
    process = checkout.start("demo", fake="hang")
    end = time.monotonic() + 30
    while not (checkout.folder / "hanging").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
    checkout.logged()
    assert checkout.run("demo")[:2] == (0, "gbcs-hil demo\n")
    assert checkout.logged()[0].startswith("venv ")


def test_two_at_once_set_up_once(checkout: Checkout) -> None:
    both = [checkout.start("demo", fake="slow") for _ in range(2)]
    outputs = [process.communicate(timeout=40) for process in both]
    assert [output for output, _ in outputs] == ["gbcs-hil demo\n"] * 2
    assert sum(line.startswith("venv ") for line in checkout.logged()) == 1
    assert sum("waiting for another ./run" in progress for _, progress in outputs) == 1


def test_a_venv_of_the_users_own_is_left_alone(checkout: Checkout) -> None:
    (checkout.folder / ".venv").mkdir()
    (checkout.folder / ".venv/precious").touch()
    status, _, progress = checkout.run("demo")
    assert status == 2
    assert "was not made by ./run: move it away" in progress
    assert (checkout.folder / ".venv/precious").exists()


def test_a_failure_shows_the_end_of_what_pip_said(checkout: Checkout) -> None:
    status, output, progress = checkout.run("demo", fake="broken")
    assert (status, output) == (2, "")
    assert "ERROR: no matching distribution" in progress
    assert "line 39" in progress
    assert "line 20" not in progress
    assert "Traceback" not in progress
    assert progress.splitlines()[-1].startswith("run: can pip reach its index?")


@pytest.mark.parametrize(
    ("fake", "way"),
    [
        ("", "ensurepip"),
        ("no-ensurepip", "pip --python {python} install pip"),
        ("no-ensurepip no-pip", "apt-get download python3-pip-whl"),
    ],
)
def test_pip_comes_from_where_the_machine_has_it(checkout: Checkout, fake: str, way: str) -> None:
    assert checkout.run("demo", fake=fake)[0] == 0
    log = checkout.logged()
    expected = way.format(python=checkout.folder / ".venv/bin/python")
    assert log[-3 - ("apt" in way)] == expected
    assert log[-2:] == ["pip install --upgrade pip", "pip install --editable ."]


def test_without_any_pip_every_way_is_named(checkout: Checkout) -> None:
    checkout.environment["PATH"] = "/nowhere"
    status, _, progress = checkout.run("demo", fake="no-ensurepip no-pip")
    assert status == 2
    assert "No module named ensurepip" in progress
    assert "No module named pip" in progress
    assert "apt-get" in progress
    assert "install python3-venv" in progress


def test_check_prints_a_line_for_each_tool(checkout: Checkout) -> None:
    status, output, _ = checkout.run("check")
    assert status == 0
    assert output.splitlines() == [
        "pyright: skipped, it needs node and there is none",
        "ruff check: passed",
        "ruff format: passed",
        "mypy: passed",
    ]


def test_check_runs_pyright_where_there_is_node(checkout: Checkout) -> None:
    node = Path(checkout.environment["PATH"], "node")
    node.touch(mode=0o755)
    assert "pyright: passed" in checkout.run("check")[1].splitlines()


def test_a_failed_check_shows_what_it_said_and_the_tests_still_run(checkout: Checkout) -> None:
    checkout.environment["STATUS_mypy"] = "1"
    status, output, _ = checkout.run("test")
    assert status == 1
    assert output.splitlines()[-3:] == ["mypy: failed", "mypy", "pytest"]


BUILDING = "sphinx-build --fail-on-warning --keep-going -q {}docs docs/_build/html"


def test_docs_installs_what_builds_them_and_says_where_they_are(checkout: Checkout) -> None:
    status, output, _ = checkout.run("docs")
    built = checkout.folder / "docs" / "_build" / "html" / "index.html"
    assert (status, output.splitlines()) == (0, [BUILDING.format(""), str(built)])
    assert "pip install --editable . --group docs" in checkout.logged()


def test_docs_that_do_not_build_are_told_by_the_status(checkout: Checkout) -> None:
    checkout.environment["STATUS_sphi"] = "2"
    assert checkout.run("docs", "-E")[:2] == (1, BUILDING.format("-E ") + "\n")


def test_what_the_tests_need_is_enough_for_the_docs(checkout: Checkout) -> None:
    checkout.run("test", "tests/unit")
    checkout.logged()
    assert checkout.run("docs")[0] == 0
    assert checkout.logged() == []


def test_an_old_python_can_read_it_far_enough_to_be_refused() -> None:
    ast.parse(RUN.read_text(), feature_version=(3, 8))
