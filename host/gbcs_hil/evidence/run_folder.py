"""One folder per run: what was run, every message as octets, every line of the serial link.

    run.json          versions, target, firmware hash, profile, policies, steps, verdict
    frames.jsonl      everything that happened to the device, a line each (see `frames`)
    messages/*.hex    its GBCS messages, one a file, as other tools read them
    capture.pcapng    the same messages for Wireshark, which dissects GBCS
    link.jsonl        requests, replies and log lines of the serial link
    report.html       all of it as a page that needs nothing else
    junit.xml         the steps as test cases
    manifest.txt      the SHA-256 of every other file, as `sha256sum` has it

Lines are written as things happen, so that a run that is cut short leaves all it had.
"""

import datetime
import errno
import hashlib
import itertools
import platform
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import msgspec

import gbcs_hil
from gbcs_hil.ending import held_back
from gbcs_hil.errors import BadInput
from gbcs_hil.evidence import frames, junit, manifest, report
from gbcs_hil.evidence.capture import Capture

SCHEMA = 1


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


class RunFolder:
    """The evidence of one run.

    Args:
        folder: made here; must not exist, or be empty.
        command: what the user asked for, for `run.json`.

    Raises:
        BadInput: the folder cannot be made or holds something else.
    """

    def __init__(self, folder: Path, command: str) -> None:
        self.folder = folder
        self._messages = 0
        self._numbers = itertools.count(1)
        self._run: dict[str, Any] = {
            "schema": SCHEMA,
            "command": command,
            "started": _now(),
            "finished": None,
            "verdict": "unfinished",
            "gbcs_hil": gbcs_hil.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "scenarios": {},
            "policies": {},
            "steps": [],
        }
        try:
            with held_back():
                self._make()
        except (KeyboardInterrupt, SystemExit) as error:
            self.__exit__(type(error), error, None)
            raise

    def _make(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if any(self.folder.iterdir()):
                raise FileExistsError(errno.EEXIST, "it holds something already")
            (self.folder / "messages").mkdir()
            self._frames = _log(self.folder / "frames.jsonl")
            self._link_log = _log(self.folder / "link.jsonl")
            self._capture = Capture(self.folder / "capture.pcapng")
        except OSError as error:
            raise BadInput(
                f"cannot write evidence to {self.folder}: {error.strerror}; "
                "name a new folder with --evidence"
            ) from error
        self._save()

    def describe(self, **facts: Any) -> None:
        """Add facts about the run to `run.json`."""
        self._run.update(facts)
        self._save()

    def scenario(self, name: str, title: str) -> None:
        """State that a scenario begins."""
        self._run["scenarios"][name] = title
        self._save()

    def policy(self, dcc: str, switches: dict[str, Any]) -> None:
        """State the policy that one of the run's DCCs followed."""
        self._run["policies"][dcc] = switches
        self._save()

    def step(
        self,
        *,
        scenario: str,
        step: str,
        who: str,
        what: str,
        counter: int | None,
        expected: str,
        seen: str,
        held: bool,
        note: str = "",
        verdict: str = "",
        practice: str = "",
        part: str = "",
        since: Sequence[str] = (),
    ) -> None:
        """Append one step of a scenario to `run.json`."""
        facts = {key: value for key, value in locals().items() if key != "self"}
        self._run["steps"].append({"at": _now(), **facts})
        self._save()

    def message(self, step: str, sender: str, recipient: str, kind: str, octets: bytes) -> None:
        """Keep a GBCS message that went from one party to another."""
        self._messages += 1
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", f"{self._messages:03d}-{kind}-from-{sender}")
        text = octets.hex().upper()
        (self.folder / "messages" / f"{name}.hex").write_text(text + "\n")
        self.frame(
            frames.MessageSent,
            step=step,
            sender=sender,
            recipient=recipient,
            kind=kind,
            octets=text,
        )
        self._capture.message(octets, f"{step}: {kind} from {sender} to {recipient}")

    def frame(self, what: type[frames.Frame], /, **facts: Any) -> None:
        """Keep something else that happened, one of the kinds in `frames`."""
        line = what(number=next(self._numbers), at=_now(), **facts)
        self._frames.write(msgspec.json.encode(line).decode() + "\n")
        self._frames.flush()

    def link(self, board: str, event: str, content: Any) -> None:
        """Keep what crossed the serial link to a board; octets become hexadecimal."""
        _write(
            self._link_log,
            {"at": _now(), "board": board, "event": event, "content": _plain(content)},
        )

    def finish(self, verdict: str) -> None:
        """State the verdict and the end of the run."""
        self._run["verdict"] = verdict
        self._run["finished"] = _now()
        self._save()

    def _save(self) -> None:
        octets = msgspec.json.format(msgspec.json.encode(_plain(self._run)), indent=2)
        unfinished = self.folder / "run.json.new"
        unfinished.write_bytes(octets + b"\n")
        unfinished.replace(self.folder / "run.json")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with held_back():
            if error is not None:
                self._run["error"] = _told(error)
                self.finish("broken off")
            self._capture.close()
            self._frames.close()
            self._link_log.close()
            junit.write(self.folder, _plain(self._run))
            report.write(self.folder)
            manifest.write(self.folder)


def firmware_hash(folder: Path) -> str:
    """Return the SHA-256 over names and contents of the firmware's modules."""
    digest = hashlib.sha256()
    for path in [*sorted(folder.glob("gbcs_device/**/*.py")), folder / "gbcs_link.py"]:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def new_folder(name: str) -> Path:
    """Return the path of a folder that nobody has: `evidence/<time>-<chance>-<name>`."""
    now = datetime.datetime.now(datetime.UTC)
    return Path("evidence", f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}-{name}")


def _told(error: BaseException) -> str:
    """Return what broke a run off, for people."""
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return "interrupted" if isinstance(error, KeyboardInterrupt) else "ended by a signal"
    return str(error) or type(error).__name__


def _log(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8")


def _write(log: TextIO, row: dict[str, Any]) -> None:
    log.write(msgspec.json.encode(row).decode() + "\n")
    log.flush()


def _plain(value: Any) -> Any:
    """Return the value with octets as hexadecimal text, which JSON can hold."""
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
