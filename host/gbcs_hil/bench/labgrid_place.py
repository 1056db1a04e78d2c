"""A board behind a labgrid place: acquired, exported as a network port, released.

labgrid runs as its own program in its own environment. Its serial library is a fork that
installs itself over pyserial, so it must never share an environment with this package.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gbcs_hil.errors import BoardBusy, LinkError, ToolMissing

PROGRAM_VARIABLE = "GBCS_HIL_LABGRID_CLIENT"

_ENVIRONMENT = """\
targets:
  main:
    resources:
      RemotePlace:
        name: {place}
    drivers:
      SerialDriver: {{}}
"""
"""What tells labgrid which of a place's resources to export."""

_CLIENT_SECONDS = 30.0
_EXPORT_SECONDS = 30.0


def client(*arguments: str) -> list[str]:
    """Return the command of labgrid's client with arguments.

    Raises:
        ToolMissing: it is not there.
    """
    program = os.environ.get(PROGRAM_VARIABLE) or "labgrid-client"
    path = shutil.which(program)
    if path is None:
        raise ToolMissing(
            f"cannot run {program}: there is no such program; `uv tool install labgrid` puts it "
            f"into an environment of its own, or set {PROGRAM_VARIABLE} to it"
        )
    return [path, *arguments]


@contextmanager
def acquired(place: str, wait: float) -> Iterator[str]:
    """Hold a place and export its serial port; give the URL to open.

    Args:
        place: the place's name.
        wait: seconds to wait while somebody else holds it.

    Raises:
        ToolMissing: labgrid's client is not there.
        BoardBusy: somebody else holds the place.
        LinkError: there is no such place or coordinator, or it has no serial port.
    """
    _acquire(place, wait)
    try:
        with _exported(place) as url:
            yield url
    finally:
        _run("-p", place, "release")


def _acquire(place: str, wait: float) -> None:
    end = time.monotonic() + wait
    while (said := _run("-p", place, "acquire")) is not None:
        busy = "already acquired" in said
        if not busy:
            raise LinkError(
                f"labgrid:{place}: cannot acquire the place: {said}. "
                "See `labgrid-client places`, and LG_COORDINATOR"
            )
        if time.monotonic() >= end:
            raise BoardBusy(
                f"labgrid:{place}: {said}; waited {wait:g} s. See `labgrid-client -p {place} show`"
            )
        time.sleep(min(1.0, max(end - time.monotonic(), 0.01)))


@contextmanager
def _exported(place: str) -> Iterator[str]:
    """Keep labgrid's export of a place alive, which ends with its process."""
    with tempfile.TemporaryDirectory(prefix="gbcs-hil-") as folder:
        environment = Path(folder, "environment.yaml")
        environment.write_text(_ENVIRONMENT.format(place=place))
        variables = Path(folder, "export.sh")
        words = ("-c", str(environment), "-p", place, "export", str(variables))
        said = Path(folder, "said")
        with said.open("wb") as output:
            process = subprocess.Popen(
                client(*words),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield _url(place, _await_export(place, process, variables, said))
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_export(
    place: str, process: subprocess.Popen[bytes], variables: Path, said: Path
) -> dict[str, str]:
    end = time.monotonic() + _EXPORT_SECONDS
    while time.monotonic() < end and process.poll() is None:
        text = variables.read_text() if variables.exists() else ""
        pairs = [line.removeprefix("export ").partition("=") for line in text.splitlines()]
        found = {name.strip(): value.strip().strip("\"'") for name, _, value in pairs if value}
        if any(name.endswith("_PORT") for name in found) and text.endswith("\n"):
            return found
        time.sleep(0.05)
    last = said.read_text(errors="replace").strip().splitlines()[-1:]
    raise LinkError(
        f"labgrid:{place}: no export of its serial port: "
        f"{''.join(last) or 'labgrid-client said nothing'}. "
        f"The place needs a serial port; see `labgrid-client -p {place} show`"
    )


def _url(place: str, variables: dict[str, str]) -> str:
    """Return the URL of the serial port among the exported variables."""
    for name, host in variables.items():
        stem, _, last = name.rpartition("_")
        if last == "HOST" and f"{stem}_PORT" in variables:
            port = variables[f"{stem}_PORT"]
            if variables.get(f"{stem}_PROTOCOL", "rfc2217") == "raw":
                return f"socket://{host}:{port}"
            return f"rfc2217://{host}:{port}?ign_set_control"
    raise LinkError(f"labgrid:{place}: its export names no host and port: {variables}")


def _run(*arguments: str) -> str | None:
    """Run labgrid's client; return None if it succeeded, otherwise what it said last."""
    try:
        done = subprocess.run(
            client(*arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_CLIENT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"labgrid-client gave no answer in {_CLIENT_SECONDS:g} s"
    if done.returncode == 0:
        return None
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1] if lines else f"status {done.returncode}"
