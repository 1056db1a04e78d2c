"""What is not loaded before it is needed; `gbcs-hil bench startup` measures what that saves."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import REPO
from gbcs_hil.bench import rig

HEAVY = {
    *("alembic", "cbor2", "cryptography", "jinja2", "lxml", "msgspec", "rich", "serial"),
    *("signxml", "sqlalchemy", "gbcs_hil.bench.micropython", "gbcs_hil.bench.targets"),
}
pytestmark = pytest.mark.timeout(200)

TELL = "import atexit, sys; atexit.register(lambda: print('loaded', *sys.modules)); "


def loaded(program: str, *arguments: str, folder: Path) -> set[str]:
    """Run a program and return the modules that it had at its end."""
    paths = os.pathsep.join(str(REPO / name) for name in ("host", "firmware"))
    done = subprocess.run(
        [sys.executable, "-c", TELL + program, *arguments],
        capture_output=True,
        text=True,
        timeout=150,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "GBCS_HIL_RIG": ""},
    )
    assert done.returncode == 0, done.stderr + done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("loaded ")]
    return set(line.split()[1:])


def collecting(folder: Path, *options: str) -> set[str]:
    (folder / "test_it.py").write_text("def test_it(gpf): pass\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    program = "import pytest; pytest.main()"
    return loaded(program, "--collect-only", "-p", "no:cacheprovider", *options, folder=folder)


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    program = "from gbcs_hil.cli import main; main(prog_name='gbcs-hil')"
    modules = loaded(program, "--help", folder=tmp_path)
    assert "gbcs_hil.cli" in modules
    assert modules & HEAVY == set()


def test_a_collection_without_a_rig_loads_the_hooks_alone(tmp_path: Path) -> None:
    ours = {name for name in collecting(tmp_path) if name.startswith("gbcs_hil")}
    assert ours == {"gbcs_hil", "gbcs_hil.pytest_plugin"}


def test_a_collection_with_a_rig_loads_what_parses_it(tmp_path: Path) -> None:
    modules = collecting(tmp_path, f"--rig={REPO / 'hil_rigs' / 'emulated.toml'}")
    assert "gbcs_hil.bench.rig" in modules
    assert modules & HEAVY == {"msgspec"}


@pytest.mark.parametrize("path", sorted((REPO / "hil_rigs").glob("*.toml")), ids=lambda p: p.stem)
def test_a_rig_file_takes_less_than_a_second(path: Path) -> None:
    begun = time.process_time()
    rig.load(path)
    assert time.process_time() - begun < 1
