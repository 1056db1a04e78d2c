"""A board behind a labgrid place: acquired, exported as a network port, released.

labgrid runs as its own program in its own environment. Its serial library is a fork that
installs itself over pyserial, so it must never share an environment with this package.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from gbcs_hil.bench.leash import leash
from gbcs_hil.errors import BoardBusy, LinkError, ToolMissing
from gbcs_hil.scratch import scratch_folder

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

_BUSY = ("already acquired", "was not reserved for")
_PAUSE_SECONDS = 0.5
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
def held(
    place: str, wait: float, report: Callable[[str], None] = lambda line: None
) -> Iterator[str]:
    """Hold a place; give its name.

    A place that this user holds on this machine already, by `labgrid-client acquire` or
    because a harness was killed, is used as it is, and stays held.

    Args:
        place: the place's name or alias, or ``+`` for the one that LG_TOKEN has reserved.
        wait: seconds to wait while somebody else holds it, in labgrid's own queue.
        report: told whom it waits for.

    Raises:
        ToolMissing: labgrid's client is not there.
        BoardBusy: somebody else holds the place.
        LinkError: there is no such place or coordinator.
    """
    try:
        name, ours = _acquire(place, wait, report)
    except (KeyboardInterrupt, SystemExit):
        # It may have been acquired before its client was ended.
        _client("-p", place, "release")
        raise
    try:
        if not ours:
            report(f"labgrid:{name}: you hold this place already; it stays yours")
        elif not place.startswith("+"):
            _see_name(place, name)
        yield name
    finally:
        if ours and (said := _client("-p", name, "release").refusal):
            report(
                f"labgrid:{name}: the place stays held: {said}. "
                f"Try `labgrid-client -p {name} release`"
            )


def _acquire(place: str, wait: float, report: Callable[[str], None]) -> tuple[str, bool]:
    """Acquire a place; return its name, and whether it was not held by this user before."""
    end = time.monotonic() + wait
    with ExitStack() as stack:
        token = ""
        while (answer := _client("-p", place, "acquire")).refusal:
            said = answer.refusal
            if already := re.search(r"You have already acquired place (\S+)\.$", said):
                return already[1], False
            if not any(text in said for text in _BUSY):
                raise LinkError(
                    f"labgrid:{place}: cannot acquire the place: {said}. "
                    "See `labgrid-client places`, and LG_COORDINATOR"
                )
            if time.monotonic() >= end:
                raise BoardBusy(
                    f"labgrid:{place}: {said}; waited {wait:g} s. "
                    f"See `labgrid-client -p {place} show`"
                )
            if not token and not place.startswith("+"):
                report(f"waiting for labgrid:{place}: {said}")
                token = _reserve(place)
                stack.callback(_client, "cancel-reservation", token)
            if token:
                _client("wait", token, seconds=max(end - time.monotonic(), 0.01))
            time.sleep(min(_PAUSE_SECONDS, max(end - time.monotonic(), 0.01)))
        acquired = re.search(r"^acquired place (\S+)$", answer.text, re.MULTILINE)
        return (acquired[1] if acquired else place), True


def _reserve(place: str) -> str:
    """Take a place in the queue for a place; return the reservation's token."""
    answer = _client("reserve", "--shell", f"name={place}")
    token = re.search(r"LG_TOKEN=(\S+)", answer.text)
    if token is None:
        raise LinkError(f"labgrid:{place}: cannot reserve the place: {answer.text}")
    return token[1]


def _see_name(place: str, name: str) -> None:
    """See that labgrid means the same place: it also takes any part of a name for it."""
    if name == place:
        return
    shown = re.search(r"^\s*aliases: (.*)$", _client("-p", name, "show").text, re.MULTILINE)
    if not shown or place not in [alias.rpartition(":")[2] for alias in shown[1].split(", ")]:
        raise LinkError(
            f"labgrid:{place}: there is no such place; labgrid took it for a part of {name}. "
            "Correct the rig file (labgrid-client places)"
        )


@contextmanager
def exported(place: str) -> Iterator[str]:
    """Export the serial port of a place that is held; give the URL to open.

    Raises:
        ToolMissing: labgrid's client is not there.
        LinkError: it has no serial port.
    """
    # The export ends with its process, and that with this one.
    with scratch_folder() as folder:
        environment = folder / "environment.yaml"
        environment.write_text(_ENVIRONMENT.format(place=place))
        variables = folder / "export.sh"
        words = ("-c", str(environment), "-p", place, "export", str(variables))
        said = folder / "said"
        with said.open("wb") as output:
            process = subprocess.Popen(
                [*leash(signal.SIGTERM), *client(*words)],
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


class _Answer(NamedTuple):
    """What labgrid's client said.

    Attributes:
        text: all of it.
        refusal: its last line if it failed, otherwise nothing.
    """

    text: str
    refusal: str


def _client(*arguments: str, seconds: float = _CLIENT_SECONDS) -> _Answer:
    """Run labgrid's client for at most some seconds."""
    try:
        done = subprocess.run(
            client(*arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            # Ctrl-C is this process's: a client that it ended might have done its work or not.
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return _Answer("", f"labgrid-client gave no answer in {seconds:.3g} s")
    text = "\n".join([done.stdout.strip(), done.stderr.strip()]).strip()
    if done.returncode == 0:
        return _Answer(text, "")
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return _Answer(text, lines[-1] if lines else f"status {done.returncode}")
