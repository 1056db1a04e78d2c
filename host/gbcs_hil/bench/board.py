"""A device on the bench: the operations of its bench port, typed."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gbcs_hil.errors import DeviceError

COMMAND_DEADLINE = 60.0
"""Seconds that one message may take; plain P-256 on a small board needs several."""

_QUICK = 5.0
_ACCEPTED = "accepted"


class Requests(Protocol):
    """What a board needs of a link."""

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send one request and return its reply."""


@dataclass(frozen=True)
class Delivery:
    """What came of a message.

    Attributes:
        outputs: the GBCS messages that the device sent; a real device shows only these.
        verdict: "accepted" or why the message was discarded; only the bench sees it.
        detail: what the device saw, for a person.
    """

    outputs: tuple[bytes, ...]
    verdict: str
    detail: str

    @property
    def accepted(self) -> bool:
        """Whether the device took the message."""
        return self.verdict == _ACCEPTED


@dataclass(frozen=True)
class CellContent:
    """What stands in a trust anchor cell."""

    unique_id: bytes
    ski: bytes
    certificate_role: int


@dataclass(frozen=True)
class DeviceState:
    """What the device holds in its store, as only the bench can read it."""

    cells: Mapping[str, CellContent]
    counters: Mapping[str, int]
    prepayment_floor: int
    originator_counter: int
    pending: tuple[tuple[int, str], ...]
    sequence: int
    epoch: int
    now: str


@dataclass(frozen=True)
class Provisioning:
    """The start state of a device.

    Attributes:
        device_type: "esme", "gpf" or "gsme".
        eui: 8 octets.
        cells: cell name to a certificate in DER, or a map of public_key (65 octets),
            unique_id and ski (8 octets each). Every cell of the device type must be there.
        counters: role name to execution counter; 0 where not named.
        originator_counter: the last that the device used for messages of its own.
        profile, settings: how it behaves where GBCS's public text is silent.
        shared_secrets: (peer public key, Z) pairs for vectors whose device key nobody has.
    """

    device_type: str
    eui: bytes
    cells: Mapping[str, bytes | Mapping[str, bytes]]
    counters: Mapping[str, int]
    originator_counter: int = 0
    profile: str = "P-FLOOR"
    settings: Mapping[str, str] | None = None
    shared_secrets: Sequence[tuple[bytes, bytes]] = ()


@dataclass(frozen=True)
class DeviceKeys:
    """The public keys (65 octets) of the key pairs that the device made for itself."""

    signing: bytes
    agreement: bytes


class Board:
    """The device at the other end of a link.

    Args:
        name: how reports and errors call it.
        link: carries the requests.
    """

    def __init__(self, name: str, link: Requests) -> None:
        self.name = name
        self._link = link

    def hello(self) -> dict[str, Any]:
        """Return what the board says of itself: firmware, interpreter, condition, EUI."""
        return self._link.request("hello", deadline=_QUICK)

    def provision(self, start: Provisioning) -> DeviceKeys:
        """Provision a virgin device.

        Raises:
            DeviceError: it is not virgin, or the start state does not fit its type.
        """
        reply = self._link.request(
            "provision",
            deadline=COMMAND_DEADLINE,
            type=start.device_type,
            eui=start.eui,
            cells={
                name: content if isinstance(content, bytes) else dict(content)
                for name, content in start.cells.items()
            },
            counters=dict(start.counters),
            originator_counter=start.originator_counter,
            profile=start.profile,
            settings=dict(start.settings or {}),
            shared_secrets=[[key, secret] for key, secret in start.shared_secrets],
        )
        # The device starts anew once it has its type.
        self.hello()
        return DeviceKeys(reply["signing_public_key"], reply["agreement_public_key"])

    def deliver(self, message: bytes) -> Delivery:
        """Hand the device a GBCS message, as its communications hub would."""
        return _delivery(self._link.request("deliver", deadline=COMMAND_DEADLINE, message=message))

    def set_clock(self, now: datetime.datetime) -> Delivery:
        """Set the device's clock, which then stands; commands whose date has come execute."""
        utc = now.astimezone(datetime.UTC).strftime("%Y%m%d%H%M%S")
        return _delivery(self._link.request("tick", deadline=COMMAND_DEADLINE, now=utc))

    def state(self) -> DeviceState:
        """Return what stands in the device's store."""
        reply = self._link.request("state", deadline=_QUICK)
        return DeviceState(
            cells={name: CellContent(**content) for name, content in reply["cells"].items()},
            counters=reply["counters"],
            prepayment_floor=reply["prepayment_floor"],
            originator_counter=reply["originator_counter"],
            pending=tuple((row["code"], row["execution"]) for row in reply["pending"]),
            sequence=reply["sequence"],
            epoch=reply["epoch"],
            now=reply["now"],
        )

    def behaviour(self) -> dict[str, Any]:
        """Return the device's profile and settings, and every choice there is."""
        return self._link.request("behaviour", deadline=_QUICK)

    def stats(self) -> dict[str, Any]:
        """Return counts that the firmware keeps: commits, heap."""
        return self._link.request("stats", deadline=_QUICK)

    def reset(self) -> None:
        """Restart the device; its clock is the board's again."""
        self._link.request("reset", deadline=_QUICK)

    def erase(self) -> int:
        """Make the device virgin again and return its epoch."""
        epoch = self._link.request("erase", deadline=_QUICK)["epoch"]
        if not isinstance(epoch, int):
            raise DeviceError("bad-reply", f"{self.name}: erase answered without an epoch")
        self.hello()
        return epoch


def _delivery(reply: dict[str, Any]) -> Delivery:
    return Delivery(tuple(reply["outputs"]), reply["verdict"], reply["detail"])
