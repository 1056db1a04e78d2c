"""A device on the bench: the operations of its bench port, typed."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gbcs_hil.bench.observations import (
    Behaviour,
    CellContent,
    Delivery,
    DeviceKeys,
    DeviceState,
    PaymentMode,
    SecurityEvent,
)
from gbcs_hil.errors import DeviceError
from gbcs_hil.gbcs.names import KeyUsage

__all__ = [
    "COMMAND_DEADLINE",
    "Behaviour",
    "Board",
    "CellContent",
    "Delivery",
    "DeviceKeys",
    "DeviceState",
    "PaymentMode",
    "Provisioning",
    "Requests",
    "SecurityEvent",
]

COMMAND_DEADLINE = 60.0
"""Seconds that one message may take; plain P-256 on a small board needs several."""

_QUICK = 10.0
# It may be the first word to a board that has just restarted.
_START = 30.0
_KEY_NAMES = {
    KeyUsage.DIGITAL_SIGNATURE: "signing_key",
    KeyUsage.KEY_AGREEMENT: "agreement_key",
}


class Requests(Protocol):
    """What a board needs of a link."""

    def request(self, op: str, /, *, deadline: float, **arguments: Any) -> dict[str, Any]:
        """Send one request and return its reply."""


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
        certificates: the device's own, DER, by key usage; none that it was not given.
        requested_keys: public keys (65 octets) of key pairs that wait for their certificate,
            by key usage, for vectors whose private key nobody has.
        credit_terms: what a GSME answers a change of payment mode with: friendly credit,
            calendar, emergency credit limit and threshold; None for the firmware's own.
        payment_mode: "credit" or "prepayment".
        defects: names of known defects, such as "D1", that the device shall have.
        private_keys: test keys (32 octets) that the device is to have instead of its own, for
            commands that are ready before it exists.
    """

    device_type: str
    eui: bytes
    cells: Mapping[str, bytes | Mapping[str, bytes]]
    counters: Mapping[str, int]
    originator_counter: int = 0
    profile: str = "P-FLOOR"
    settings: Mapping[str, str] | None = None
    shared_secrets: Sequence[tuple[bytes, bytes]] = ()
    certificates: Mapping[KeyUsage, bytes] = field(default_factory=dict)
    requested_keys: Mapping[KeyUsage, bytes] = field(default_factory=dict)
    credit_terms: Sequence[int] | None = None
    payment_mode: str = "credit"
    defects: Sequence[str] = ()
    private_keys: Mapping[KeyUsage, bytes] = field(default_factory=dict)


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
        return self._link.request("hello", deadline=_START)

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
            certificates=_named(start.certificates),
            requested_keys=_named(start.requested_keys),
            payment_mode=start.payment_mode,
            defects=list(start.defects),
            **({} if start.credit_terms is None else {"credit_terms": list(start.credit_terms)}),
            **{_KEY_NAMES[usage]: key for usage, key in start.private_keys.items()},
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
        outputs: list[bytes] = []
        while True:
            reply = self._link.request("tick", deadline=COMMAND_DEADLINE, now=utc)
            outputs += reply["outputs"]
            # A small board executes a few commands at a time.
            if not reply.get("more"):
                return Delivery(tuple(outputs), reply["verdict"], reply["detail"])

    def state(self) -> DeviceState:
        """Return what stands in the device's store."""
        reply = self._link.request("state", deadline=_QUICK)
        return DeviceState(
            cells={name: CellContent(**content) for name, content in reply["cells"].items()},
            counters=reply["counters"],
            prepayment_floor=reply["prepayment_floor"],
            originator_counter=reply["originator_counter"],
            pending=tuple((row["code"], row["execution"]) for row in reply["pending"]),
            payment=PaymentMode(
                reply["payment_mode"],
                reply["payment_threshold"],
                reply["payment_configuration"],
            ),
            sequence=reply["sequence"],
            epoch=reply["epoch"],
            store=reply["store"],
            now=reply["now"],
        )

    def behaviour(self) -> Behaviour:
        """Return the device's profile, where it differs from the defaults, and what there is."""
        return _behaviour(self._link.request("behaviour", deadline=_QUICK))

    def set_behaviour(self, profile: str, settings: Mapping[str, str] | None = None) -> Behaviour:
        """Give a provisioned device another profile; a virgin one gets it with its start state.

        Args:
            profile: the profile's name.
            settings: what differs from it.

        Raises:
            DeviceError: the firmware knows no such profile, setting or value, or the device is
                not provisioned.
        """
        chosen = dict(settings or {})
        return _behaviour(
            self._link.request(
                "behaviour", deadline=COMMAND_DEADLINE, profile=profile, settings=chosen
            )
        )

    def set_defects(self, names: Sequence[str]) -> None:
        """Give a provisioned device known defects, or none; it starts anew.

        Raises:
            DeviceError: the firmware knows no such defect, or the device is not provisioned.
        """
        self._link.request("defects", deadline=COMMAND_DEADLINE, defects=list(names))
        self.hello()

    def restore_device_log(self) -> None:
        """Have the device do what a GPF does once its communications hub was exchanged."""
        self._link.request("restore_device_log", deadline=COMMAND_DEADLINE)

    def choices(self, setting: str) -> tuple[str, ...]:
        """Return the values that a setting may have, the default first.

        Raises:
            DeviceError: there is no such setting.
        """
        return tuple(self._link.request("choices", deadline=_QUICK, setting=setting)["choices"])

    def certify(self, certificates: Mapping[KeyUsage, bytes]) -> None:
        """Give a device the certificates, DER, of its own keys, as its manufacturer would.

        Raises:
            DeviceError: one of them is no certificate, or of another key.
        """
        self._link.request("certify", deadline=COMMAND_DEADLINE, certificates=_named(certificates))

    def security_log(self) -> tuple[SecurityEvent, ...]:
        """Return the Security Log since the device started, oldest first."""
        entries = self._link.request("security_log", deadline=_QUICK)["entries"]
        return tuple(SecurityEvent(**entry) for entry in entries)

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


def _named(by_usage: Mapping[KeyUsage, bytes]) -> dict[str, bytes]:
    return {usage.gbcs_name: octets for usage, octets in by_usage.items()}


def _behaviour(reply: dict[str, Any]) -> Behaviour:
    return Behaviour(
        profile=reply["profile"],
        differences=reply["differences"] or {},
        profiles=reply["profiles"],
        settings=tuple(reply["settings"]),
    )


def _delivery(reply: dict[str, Any]) -> Delivery:
    return Delivery(tuple(reply["outputs"]), reply["verdict"], reply["detail"])
