"""Fixtures that every test may use."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import create_engine, text

import postgresql
from gbcs_hil.bench import micropython as micropython_program
from gbcs_hil.errors import HilError, ToolMissing

# The same examples every time; the deadlines that count are pytest's.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")

pytest_plugins = ["pytester"]

# What the model's tests compare is told as in a test's own file.
pytest.register_assert_rewrite("model")

REPO = Path(__file__).resolve().parent.parent
FIRMWARE = REPO / "firmware"
_PICO_SECONDS = 3600


def pytest_configure() -> None:
    """Say once, and not in every test, that the user has named a MicroPython that is none."""
    if os.environ.get(micropython_program.PATH_VARIABLE):
        try:
            micropython_program.find()
        except HilError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give an emulated Pico its time: it starts in three seconds if the machine is idle."""
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if "rp2040:" in parameters.values():
            item.add_marker(pytest.mark.timeout(_PICO_SECONDS), append=False)


@dataclass(frozen=True)
class MicroPython:
    """MicroPython's unix port with the firmware on its path and a board's heap."""

    command: tuple[str, ...]

    def run_script(self, script: str | Path, *args: str, heap: str = "190k") -> str:
        """Run a file or a piece of code and return what it printed; fail on an error status."""
        tail = ["-c", script] if isinstance(script, str) else [str(script)]
        done = subprocess.run(
            [*self.command, "-X", f"heapsize={heap}", *tail, *args],
            capture_output=True,
            text=True,
            timeout=50,
            env={**os.environ, "MICROPYPATH": f".frozen:{FIRMWARE}"},
        )
        assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def micropython() -> MicroPython:
    """MicroPython's unix port, or a skip that says how to get it."""
    try:
        return MicroPython(micropython_program.find().command)
    except ToolMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def rtds() -> Path:
    """The folder of reference vectors, or a skip: they are not part of this project."""
    folder = Path(os.environ.get("GBCS_HIL_RTDS") or REPO.parent / "shared" / "rtds")
    if not (folder / "vectors").is_dir():
        pytest.skip(f"no RTDS vectors in {folder} (set GBCS_HIL_RTDS)")
    return folder


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A running server, or a skip that says how to get one."""
    binaries = postgresql.programs()
    if binaries is None:
        pytest.skip(postgresql.MISSING)
    with postgresql.server(binaries) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    server = str(request.getfixturevalue("postgresql_server"))
    name = f"ledger_{secrets.token_hex(8)}"
    url = server.format("postgres").replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.format(name)
