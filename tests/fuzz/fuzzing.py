"""The loop: a fresh device, mutants until the time is up, and a file for what breaks it."""

import json
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import monotonic
from types import FrameType

from fuzz.mutations import mutant
from fuzz.subjects import LAST, Start, Subject, check
from gbcs_device import profile
from valid_messages import BY_TYPE

HANGS = 60
"""Seconds after which a message is said to hang; it takes a thousandth of that."""

_SHOWN_EVERY = 10.0


class Hangs(Exception):
    """The device does not come back from a message."""


class Found(AssertionError):
    """An input that breaks the device; the text says how, and where it is kept."""


@dataclass
class Run:
    """What a run needs and what it counts.

    Attributes:
        subject: the device.
        types: the device types that it is, in turn.
        seed: decides every mutant.
        findings: the folder that gets what breaks the device.
        say: shows progress.
        delivered: how many messages.
        accepted: how many of them were accepted.
    """

    subject: Subject
    types: Sequence[str]
    seed: int
    findings: Path
    say: Callable[[str], None] = lambda text: None
    delivered: int = 0
    accepted: int = 0

    def until(self, seconds: float) -> None:
        """Fuzz for some time.

        Raises:
            Found: an input breaks the device.
        """
        started = shown = monotonic()
        number = 0
        while monotonic() - started < seconds:
            self._round(Random(f"{self.seed}/{number}"), started + seconds)
            number += 1
            if monotonic() - shown >= _SHOWN_EVERY:
                shown = monotonic()
                self.say(self.summary(shown - started))
        self.say(self.summary(monotonic() - started))

    def summary(self, seconds: float) -> str:
        """Return what was done so far, for a person."""
        return (
            f"fuzz: {seconds:.0f} s, {self.delivered} messages, {self.accepted} of them "
            f"accepted, nothing found (seed {self.seed})"
        )

    def _round(self, chance: Random, end: float) -> None:
        """Fuzz one device, until it has had enough or a command has changed it."""
        start = any_start(chance, self.types)
        valid = tuple(BY_TYPE[start.device_type].values())
        given: list[bytes] = []
        with self._kept(start, given):
            self.subject.start(start)
            for number in range(self.subject.round):
                if monotonic() >= end:
                    break
                made, other = chance.choice(valid), chance.choice(valid)
                octets = mutant(chance, made, other, LAST + 1 + number)
                given.append(octets[: self.subject.longest])
                self.delivered += 1
                with alarm():
                    accepted = check(self.subject, given[-1])
                self.accepted += accepted
            self.subject.end()

    @contextmanager
    def _kept(self, start: Start, given: list[bytes]) -> Iterator[None]:
        """Keep what was given to a device that breaks."""
        try:
            yield
        except Exception as error:
            self.findings.mkdir(parents=True, exist_ok=True)
            path = self.findings / f"seed-{self.seed}-message-{self.delivered}.json"
            finding = {
                "what": f"{type(error).__name__}: {error}",
                "type": start.device_type,
                "settings": dict(start.settings),
                "messages": [octets.hex() for octets in given],
            }
            path.write_text(json.dumps(finding, indent=1) + "\n")
            text = f"{finding['what']}; kept in {path}: play it again with --replay {path}"
            raise Found(text) from error


def any_start(chance: Random, types: Sequence[str]) -> Start:
    """Return a device of some type, as the default profile has it or with other settings."""
    settings = {}
    if chance.random() < 0.7:
        for name in profile.SETTINGS:
            if chance.random() < 0.2:
                settings[name] = chance.choice(profile.choices(name))
    return Start(chance.choice(types), settings)


def replay(subject: Subject, path: Path) -> None:
    """Give a device what broke one before.

    Raises:
        AssertionError: it does so again; or any other exception.
    """
    finding = json.loads(path.read_text())
    subject.start(Start(finding["type"], finding["settings"]))
    for octets in finding["messages"]:
        with alarm():
            check(subject, bytes.fromhex(octets))
    subject.end()


@contextmanager
def alarm() -> Iterator[None]:
    """Raise `Hangs` in what takes far too long."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hangs(f"no end after {HANGS} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, HANGS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
