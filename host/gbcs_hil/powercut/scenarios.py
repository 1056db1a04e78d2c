"""What the power is cut in: 6.15.1, 6.21, 6.23, a future-dated execution, a payment mode."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from gbcs_hil.bench.board import Provisioning
from gbcs_hil.bench.start_state import HOLDERS
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.names import CredentialsReplacementMode, RemotePartyRole
from gbcs_hil.gbcs.payment_mode import Prepayment, esme_payment_mode, gsme_payment_mode
from gbcs_hil.powercut.commands import DUE, EUI, NOW, Parties
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
    Party,
)

_ROLE = RemotePartyRole
_MODE = CredentialsReplacementMode

LAST = 1_700_000_000_000
"""Every role's execution counter at the start: milliseconds, as many parties count."""

_FLOOR = 7


@dataclass(frozen=True)
class Step:
    """One thing that the device does.

    Attributes:
        command: the octets delivered, or None.
        clock: what the clock is set to, or None.
        probes: commands with the counter that the device has after the step, from whoever
            then owns the cells: never accepted once the step is done.
    """

    command: bytes | None = None
    clock: datetime | None = None
    probes: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Play:
    """A scenario on one device type.

    Attributes:
        provisioning: how the device starts.
        steps: what it then does, in order; each is answered.
        supplier: who holds the supplier's cells at the start.
        earlier: commands that it has accepted before, which have changed a counter alone.
    """

    provisioning: Provisioning
    steps: tuple[Step, ...]
    supplier: Party = SUPPLIER_A
    earlier: tuple[bytes, ...] = ()

    def after(self, age: int, device_type: str) -> "Play":
        """Return the same on a device that has accepted so many commands before."""
        counters = {**self.provisioning.counters, _SUPPLIER.role.gbcs_name: LAST - age}
        earlier = tuple(
            _BEFORE.update(
                _SUPPLIER.mode,
                LAST - age + number,
                self.supplier,
                _SUPPLIER.role,
                self.supplier,
                device_type=device_type,
            )
            for number in range(1, age + 1)
        )
        provisioning = replace(self.provisioning, counters=counters)
        return replace(self, provisioning=provisioning, earlier=earlier)


@dataclass(frozen=True)
class Changing:
    """A role whose cells change hands."""

    role: RemotePartyRole
    mode: CredentialsReplacementMode
    owner: Party
    successor: Party

    def renewal(
        self,
        now: Parties,
        then: Parties,
        counter: int,
        device_type: str,
        execution: datetime | None = None,
    ) -> bytes:
        """Return the owner's command that puts its credentials of another time into its cells."""
        return now.update(
            self.mode,
            counter,
            self.owner,
            self.role,
            self.owner,
            device_type=device_type,
            execution=execution,
            issued=then,
        )


NETWORK = Changing(
    _ROLE.NETWORK_OPERATOR,
    _MODE.NETWORK_OPERATOR_BY_NETWORK_OPERATOR,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
)
_SUPPLIER = Changing(_ROLE.SUPPLIER, _MODE.SUPPLIER_BY_SUPPLIER, SUPPLIER_A, SUPPLIER_B)
# A GSME has no network operator cells.
CHANGING = {"esme": NETWORK, "gpf": NETWORK, "gsme": _SUPPLIER}


_BEFORE = Parties()


def start(device_type: str, holders: Mapping[RemotePartyRole, Party] = HOLDERS) -> Provisioning:
    """Return the start of a device whose roles stand at `LAST`."""
    counters = dict.fromkeys((*HOLDERS, _ROLE.ROOT), LAST)
    if device_type == "gsme":
        del counters[_ROLE.NETWORK_OPERATOR]
    return _BEFORE.provisioning(device_type, holders, counters)


def _renewal(device_type: str, execution: datetime | None = None) -> tuple[bytes, bytes]:
    """Return an owner's renewal of its certificates, and what it signs with the new keys."""
    it = CHANGING[device_type]
    after = _BEFORE.renewed(it.owner)
    counter = LAST + 123
    command = it.renewal(_BEFORE, after, counter, device_type, execution)
    return command, it.renewal(after, after, counter, device_type)


def _6_15_1(device_type: str) -> Play:
    command, probe = _renewal(device_type)
    return Play(start(device_type), (Step(command, probes=(probe,)),))


def _6_21(device_type: str) -> Play:
    it = CHANGING[device_type]
    command = _BEFORE.update(
        it.mode, LAST + 5, ACB, it.role, it.successor, device_type=device_type, floor=_FLOOR
    )
    probe = _BEFORE.update(
        it.mode, _FLOOR, it.successor, it.role, it.successor, device_type=device_type
    )
    holders = {**HOLDERS, it.role: ACB}
    return Play(
        start(device_type, holders), (Step(command, probes=(probe,)),), holders[_SUPPLIER.role]
    )


def _6_23(device_type: str) -> Play:
    to = (_SUPPLIER.role, _SUPPLIER.successor)
    command = _BEFORE.update(
        _MODE.SUPPLIER_BY_TRANS_COS,
        LAST + 5,
        TRANSITIONAL_COS,
        *to,
        device_type=device_type,
        other_floor=_FLOOR,
    )
    by_successor = _BEFORE.update(
        _SUPPLIER.mode, _FLOOR, _SUPPLIER.successor, *to, device_type=device_type
    )
    return Play(start(device_type), (Step(command, probes=(by_successor,)),))


def _future_dated(device_type: str) -> Play:
    command, probe = _renewal(device_type, DUE)
    return Play(start(device_type), (Step(command), Step(clock=DUE, probes=(probe,))))


def _payment_mode(device_type: str) -> Play:
    counter, prepayment = LAST + 9, Prepayment(-500)
    if device_type == "esme":
        message = esme_payment_mode(SUPPLIER_A.eui, EUI, counter, prepayment)
        other = esme_payment_mode(SUPPLIER_A.eui, EUI, counter, None)
    else:
        message = gsme_payment_mode(SUPPLIER_A.eui, EUI, counter, prepayment, NOW)
        other = gsme_payment_mode(SUPPLIER_A.eui, EUI, counter, None, NOW)
    step = Step(
        _BEFORE.protected(message, SUPPLIER_A),
        probes=(_BEFORE.protected(other, SUPPLIER_A),),
    )
    return Play(start(device_type), (step,))


@dataclass(frozen=True)
class Scenario:
    """A command that the power is cut in.

    Attributes:
        title: for a person.
        device_types: which devices take it.
    """

    title: str
    device_types: tuple[str, ...]
    _play: Callable[[str], Play]

    def on(self, device_type: str, age: int = 0) -> Play:
        """Return the scenario on a device type, after so many other commands.

        Raises:
            BadInput: such a device does not take the command.
        """
        if device_type not in self.device_types:
            fitting = ", ".join(self.device_types)
            raise BadInput(f"{self.title}: not on a device of type {device_type!r}; on {fitting}")
        play = self._play(device_type)
        return play.after(age, device_type) if age else play


_ALL = ("esme", "gpf", "gsme")

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "6.15.1": Scenario("the owner of the cells renews its certificates", _ALL, _6_15_1),
        "6.21": Scenario("the ACB hands its cells to a party, with a floor", _ALL, _6_21),
        "6.23": Scenario("the Transitional CoS brings another supplier", _ALL, _6_23),
        "future-dated": Scenario("a renewal waits, and is executed", _ALL, _future_dated),
        "1.6": Scenario("the supplier changes the payment mode", ("esme", "gsme"), _payment_mode),
    }
)
"""What `gbcs-hil powercut` plays, by Service Reference Variant where it has one."""
