"""Devices in the states that the source documents tell of, to start a scenario from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gbcs_hil.bench.start_state import FACTORY, HOLDERS
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.participants import PARTICIPANTS, Participant, UserStatus
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.scenarios.bench import Bench
from gbcs_hil.smki.parties import (
    ELECTRICITY_NETWORK_A,
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    Party,
)

_NETWORK_OPERATOR = RemotePartyRole.NETWORK_OPERATOR


@dataclass(frozen=True)
class Fixture:
    """A device and what the DCC knows around it.

    Attributes:
        device_type: "esme", "gpf" or "gsme".
        eui: the device's EUI-64.
        holders: who stands in each role's cells.
        counter: the network operator role's execution counter.
        operator: the registered network operator.
        ceased: parties that are DCC Users no longer.
    """

    device_type: str
    eui: bytes
    holders: Mapping[RemotePartyRole, Party]
    counter: int
    operator: Party
    ceased: frozenset[bytes] = frozenset()

    @property
    def participants(self) -> tuple[Participant, ...]:
        """The bench's participants, those that have ceased marked so."""
        return tuple(
            replace(p, status=UserStatus.CEASED) if p.eui in self.ceased else p
            for p in PARTICIPANTS
        )

    def set_up(self, bench: Bench, profile: str = "P-FLOOR") -> SmartMeter:
        """Commission the device on a bench, and register its meter point."""
        counters = {_NETWORK_OPERATOR: self.counter}
        meter = bench.commission(
            self.device_type,
            self.eui,
            self.holders,
            counters,
            profile,
            operator=self.operator,
        )
        bench.participants = self.participants
        return meter


ORPHANED_GPF = Fixture(
    "gpf",
    bytes.fromhex("0247424849460003"),
    {**HOLDERS, _NETWORK_OPERATOR: GAS_NETWORK_A},
    1_700_000_000_000,
    GAS_NETWORK_B,
    frozenset({GAS_NETWORK_A.eui}),
)
"""Another operator took over; the one whose certificates it holds is gone (MP128A-3)."""

FACTORY_ESME = Fixture(
    "esme",
    bytes.fromhex("0247424849450007"),
    FACTORY["esme"],
    0,
    ELECTRICITY_NETWORK_A,
)
"""As made: a Supplier's certificates in the network operator cells (S63-7)."""

FACTORY_GPF = Fixture("gpf", bytes.fromhex("0247424849460004"), FACTORY["gpf"], 0, GAS_NETWORK_A)
"""As made: ACB certificates, until SRV 6.21."""
