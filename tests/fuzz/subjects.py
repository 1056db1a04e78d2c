"""The devices that are fuzzed: one in this process, or one on an emulated board."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import rig

import board_rig
from gbcs_device.rejection import REASONS
from gbcs_hil.bench.start_state import HOLDERS, start_state
from gbcs_hil.gbcs.message import Cra, parse
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security import verify_signature
from head_end import EUI, HEAD_END, NOW, PKI
from valid_messages import LATER, UNDATED

LAST = 1000
"""The execution counter of supplier and network operator to start with."""

LONGEST = 4096
"""The longest message that a board is to take."""

HEAP = 64 * 1024
"""By how many octets a message may make a board's heap grow, if only for a moment."""

KEPT = 16 * 1024
"""How many octets more a board may hold after some hundred messages: its log, its state."""


@dataclass(frozen=True)
class Start:
    """How a device starts.

    Attributes:
        device_type: "esme", "gpf" or "gsme".
        settings: what differs from the default profile.
    """

    device_type: str
    settings: Mapping[str, str]

    @property
    def counters(self) -> dict[Role, int]:
        roles = (Role.SUPPLIER, Role.NETWORK_OPERATOR)
        return {role: LAST for role in roles if self.has(role)}

    def has(self, role: Role) -> bool:
        return role is not Role.NETWORK_OPERATOR or self.device_type != "gsme"


@dataclass(frozen=True)
class Came:
    """What came of a message: the verdict and what the device sent."""

    verdict: str
    outputs: tuple[bytes, ...]


@dataclass(frozen=True)
class Held:
    """What a device holds, to be compared.

    Attributes:
        own_counter: the last of its own Originator Counters, which an alert moves.
        sequence: of the record that an alert, too, has it write.
        rest: everything else.
    """

    own_counter: int
    sequence: object
    rest: object


class Subject(Protocol):
    """A device under fuzz."""

    longest: int
    """The longest message that it takes."""

    round: int
    """How many messages it gets before it starts anew."""

    settings: Mapping[str, str]
    """What differs from the default profile, once it has started."""

    def start(self, start: Start) -> None:
        """Start as a fresh device."""

    def deliver(self, message: bytes) -> Came:
        """Hand it a message."""

    def held(self) -> "Held":
        """Return all that it holds."""

    def pass_time(self) -> Sequence[bytes]:
        """Let the date of every waiting command come and go; return what the device sends."""

    def end(self) -> None:
        """Look at what a round left behind."""


class InProcess:
    """The device core under CPython."""

    longest = 1 << 16
    round = 60

    def __init__(self) -> None:
        self._made: dict[str, bytes] = {}
        self._start: Start | None = None
        self._rig: rig.Rig

    def start(self, start: Start) -> None:
        self.settings = start.settings
        if start != self._start:
            made = rig.provisioned(
                start.device_type, start.counters, settings=dict(start.settings)
            )
            self._made, self._start = dict(made.medium.files), start
        self._rig = rig.Rig(rig.Medium(self._made), HEAD_END)

    def deliver(self, message: bytes) -> Came:
        outcome = self._rig.deliver(message)
        return Came(outcome.verdict, tuple(bytes(output) for output in outcome.outputs))

    def held(self) -> Held:
        files, state = dict(self._rig.medium.files), _plain(self._rig.running)
        return Held(state.pop("originator_counter"), files.pop("record"), (files, state))

    def pass_time(self) -> Sequence[bytes]:
        outputs = self._rig.tick(LATER)
        self._rig.now = NOW
        return outputs

    def end(self) -> None:
        """The state in memory has to be the one that a restart finds."""
        assert _plain(self._rig.running) == _plain(self._rig.state)


_STAYS = 6 * 1024
"""What names of modules and a full Security Log take for good once there were some messages."""


class OnBoard:
    """The firmware on an emulated board, over the serial link."""

    longest = LONGEST
    round = 400

    def __init__(self, kind: str, folder: Path) -> None:
        self._stack = ExitStack()
        self._rig = self._stack.enter_context(board_rig.plugged_in(kind, folder / "flash"))

    def start(self, start: Start) -> None:
        self.settings = start.settings
        if self._rig.board.hello()["condition"] != "virgin":
            self._rig.board.erase()
        settings = dict(start.settings)
        kept = start_state(start.device_type, EUI, PKI, HOLDERS, {}, "P-FLOOR", settings)
        self._rig.provision(
            start.device_type, start.counters, settings=settings, cells=dict(kept.cells)
        )
        heap = self._rig.board.stats()["heap"]
        # A message that takes more than is free is answered with an error, which is a finding.
        assert heap["free"] - _STAYS < HEAP
        self._used: int = heap["used"]

    def deliver(self, message: bytes) -> Came:
        delivery = self._rig.board.deliver(message)
        return Came(delivery.verdict, delivery.outputs)

    def held(self) -> Held:
        state = self._rig.board.state()
        rest = replace(state, originator_counter=0, sequence=0)
        return Held(state.originator_counter, state.sequence, rest)

    def pass_time(self) -> Sequence[bytes]:
        outputs = self._rig.tick(LATER)
        self._rig.board.set_clock(NOW)
        return outputs

    def end(self) -> None:
        grown = self._rig.board.stats()["heap"]["used"] - self._used
        assert grown <= KEPT, f"{grown} octets of the heap are not given back"

    def close(self) -> None:
        self._stack.close()


def _plain(value: Any) -> Any:
    """Return the firmware's objects as what `==` compares."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in vars(value).items()} if _object(value) else value


def _object(value: Any) -> bool:
    return type(value).__module__.startswith("gbcs_device")


def check(subject: Subject, message: bytes) -> bool:
    """Deliver any octets and look at what comes of it; tell whether they were accepted.

    Raises:
        AssertionError: what is refused has changed something or was answered, or what was
            accepted is not answered as it should be.
    """
    before = subject.held()
    came = subject.deliver(message)
    if came.verdict != rig.ACCEPTED:
        assert came.verdict in REASONS, came.verdict
        setting = "replay-alert" if came.verdict == "replay" else "rejection-alert"
        alerts = list(came.outputs)
        if subject.settings.get("rejection-response") == "empty" and alerts:
            first = parse(alerts[0])
            if first.header.cra is Cra.RESPONSE:
                assert (first.payload, first.header.originator) == (b"", EUI)
                verify_signature(first, HEAD_END.signing_key)
                alerts = alerts[1:]
        most = int(subject.settings.get(setting) == "supplier")
        assert len(alerts) <= most, f"an answer to what is {came.verdict}"
        _check_alerts(alerts)
        after = subject.held()
        if alerts:
            before = replace(before, own_counter=before.own_counter + 1, sequence=after.sequence)
        assert after == before, f"a change by what is {came.verdict}"
        return False
    output, *alerted = came.outputs
    dated = parse(message).header.message_code not in UNDATED
    HEAD_END.response(message, output, NOW if dated else None)
    _check_alerts([*alerted, *subject.pass_time()])
    return True


def _check_alerts(outputs: Sequence[bytes]) -> None:
    for alert in map(parse, outputs):
        assert (alert.header.cra, alert.header.originator) == (Cra.ALERT, EUI)
        verify_signature(alert, HEAD_END.signing_key)
