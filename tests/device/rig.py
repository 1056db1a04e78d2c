"""A device on CPython, on a medium and with a clock that a test can touch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gbcs_device import device_types, profile, store
from gbcs_device.cells import Cell
from gbcs_device.device import Device
from gbcs_device.own_credentials import OwnCredentials
from gbcs_device.payment_mode import PaymentMode
from gbcs_device.rejection import REASONS
from gbcs_device.state import Identity, State
from gbcs_device.store import Store
from gbcs_hil.bench.start_state import cells_of
from gbcs_hil.gbcs.execution_outcomes import ExecutionOutcome
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell
from gbcs_hil.smki.credential import Credential
from head_end import AGREEMENT_KEY, EUI, HEAD_END, NOW, SIGNING_KEY, HeadEnd, holder

_BITS = {
    KeyUsage.DIGITAL_SIGNATURE: 0x0780,
    KeyUsage.KEY_AGREEMENT: 0x0308,
    KeyUsage.KEY_CERT_SIGN: 0x0204,
}

_OWN = OwnCredentials(
    {
        _BITS[KeyUsage.DIGITAL_SIGNATURE]: SIGNING_KEY,
        _BITS[KeyUsage.KEY_AGREEMENT]: AGREEMENT_KEY,
    },
    {},
    {},
)

ACCEPTED = "accepted"

Effects = dict[str, list[tuple[Callable[[str], object], Mapping[str, Any]]]]
"""Settings, each with what shows its effect and what is seen under each of its values."""

CREDIT_TERMS = [1, 2, 1_000_000, 200_000]
"""Friendly credit, its calendar, emergency credit limit and threshold of a GSME."""


class Medium:
    """Files in memory."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = dict(files or {})

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def write(self, name: str, octets: bytes) -> None:
        self.files[name] = bytes(octets)

    def remove(self, name: str) -> None:
        del self.files[name]

    def names(self) -> list[str]:
        return list(self.files)


def aes(key: bytes) -> Any:
    """Return AES-128 of one block, which is what a board gives the device."""
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update


def repeatable_random() -> Callable[[int], bytes]:
    """Return a source of octets that differ each time, and are the same in each run."""
    numbers = count()

    def octets(length: int) -> bytes:
        made = b""
        while len(made) < length:
            made += sha256(b"device tests %d" % next(numbers)).digest()
        return made[:length]

    return octets


def device_cell(cell: TrustAnchorCell) -> tuple[int, int, int]:
    """Return a cell's name as the device has it."""
    return int(cell.role), _BITS[cell.key_usage], int(cell.cell_usage)


@dataclass
class Rig:
    """A device, what it remembers, its clock, and everybody that it talks to."""

    medium: Medium
    head_end: HeadEnd
    now: datetime = NOW
    random: Callable[[int], bytes] = field(default_factory=repeatable_random)
    clock_is_set: bool = True
    _device: Any = field(init=False)
    _store: Any = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Start the device from nothing but its medium."""
        self._store = Store(self.medium)
        self._device = Device(
            self._store,
            lambda: self.now.strftime("%Y%m%d%H%M%S"),
            lambda n: self.random(n),
            aes,
            lambda: self.clock_is_set,
        )

    @property
    def state(self) -> Any:
        """What the store holds, read by another store from the medium alone."""
        return Store(Medium(self.medium.files)).state

    @property
    def running(self) -> Any:
        """What the device goes by until it starts anew."""
        return self._store.state

    @property
    def log(self) -> list[tuple[str, int]]:
        """The Security Log since the last start: when, and which event."""
        return [(at, event) for at, event, _ in self._device.log.entries()]

    @property
    def events(self) -> list[int]:
        """The events of the Security Log since the last start."""
        return [event for _, event in self.log]

    def counter(self, role: Role) -> int:
        value: int = self.state.counters[int(role)]
        return value

    def live_counter(self, role: Role) -> int:
        """Return a role's counter as the running device has it in memory."""
        value: int = self._store.state.counters[int(role)]
        return value

    def restore_device_log(self) -> None:
        """Have the device do what follows an exchange of its communications hub."""
        self._device.restore_device_log()

    def in_cell(self, cell: TrustAnchorCell) -> tuple[bytes, bytes]:
        """Return who is in a cell, and the public key there."""
        held = self.state.cells[device_cell(cell)]
        return held.unique_id, held.public_key

    def contents(self) -> dict[TrustAnchorCell, tuple[bytes, bytes]]:
        """Return who is in each cell, and the public key there."""
        here = self.state.cells
        cells = [cell for cell in cells_of("gpf") if device_cell(cell) in here]
        return {
            cell: (here[device_cell(cell)].unique_id, here[device_cell(cell)].public_key)
            for cell in cells
        }

    def deliver(self, message: bytes) -> Any:
        return self._device.receive(message)

    def accept(self, command: bytes) -> bytes:
        """Deliver a command that has to be accepted; return the response."""
        outcome = self.deliver(command)
        assert (outcome.verdict, outcome.detail) == (ACCEPTED, "")
        (output,) = outcome.outputs
        return bytes(output)

    def outcome(self, command: bytes) -> ExecutionOutcome:
        """Deliver a CS02b command that has to be executed; return what came of it."""
        return self.head_end.outcome(command, self.accept(command), self.now)

    def refuse(self, message: bytes) -> str:
        """Deliver a message that has to be refused, to no effect; return the reason."""
        before = dict(self.medium.files)
        outcome = self.deliver(message)
        assert outcome.outputs == []
        assert self.medium.files == before
        assert outcome.verdict in REASONS, outcome.detail
        return str(outcome.verdict)

    def tick(self, now: datetime, at_most: int = 0) -> list[bytes]:
        """Move the clock and return the alerts that the device sends."""
        self.now = now
        outcome = self._device.tick(at_most)
        assert outcome.verdict == ACCEPTED
        return list(outcome.outputs)


def provisioned(
    device_type: str = "esme",
    counters: dict[Role, int] | None = None,
    cells: dict[TrustAnchorCell, Credential] | None = None,
    *,
    profile_name: str = profile.DEFAULT,
    settings: dict[str, str] | None = None,
    originator_counter: int = 1999,
    prepayment_floor: int = 0,
    own: OwnCredentials = _OWN,
    defects: Sequence[str] = (),
) -> Rig:
    """Return a device whose cells hold their owners' certificates, or the given ones."""
    identity = Identity(
        device_type,
        EUI,
        profile_name,
        profile.settings(profile_name, settings or {}),
        {},
        CREDIT_TERMS,
        list(defects),
    )
    held = device_types.cells_of(identity)
    contents = {}
    for cell in cells_of(device_type):
        given = (cells or {}).get(cell) or holder(cell)
        role = -1 if given.role is None else int(given.role)
        if device_cell(cell) in held:
            contents[device_cell(cell)] = Cell(given.public_key, given.eui, given.ski, role)
    assert sorted(contents) == sorted(held)
    start = dict.fromkeys(device_types.counter_roles(device_type), 0)
    start |= {int(role): counter for role, counter in (counters or {}).items()}
    state = State(own, contents, start, prepayment_floor, originator_counter, PaymentMode(), {})
    medium = Medium()
    store.manufacture(medium)
    Store(medium).provision(identity, state)
    return Rig(medium, HEAD_END)


def after(seconds: int) -> datetime:
    """Return a time so many seconds after `NOW`."""
    return datetime.fromtimestamp(NOW.timestamp() + seconds, UTC)
