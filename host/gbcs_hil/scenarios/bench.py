"""What a scenario stands on: one device, the parties around it, and what is kept of it all."""

import datetime
from collections.abc import Mapping
from pathlib import Path

import msgspec

from gbcs_hil.bench.board import Board, Delivery
from gbcs_hil.bench.start_state import start_state
from gbcs_hil.dcc.acb import AccessControlBroker
from gbcs_hil.dcc.dsp import Dsp
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.users import User
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.smki.parties import ACB, Party, Pki, directory


class Bench:
    """One board and the DCC around it.

    Args:
        board: a board that answers; its device is erased by `commission`.
        pki: everybody's test credentials.
        folder: where each DCC's ledger goes.
        evidence: keeps every message, if given.

    Attributes:
        last: what came of the last message that the device got, its verdict included.
        step: the label under which messages are kept.
    """

    def __init__(
        self, board: Board, pki: Pki, folder: Path, evidence: RunFolder | None = None
    ) -> None:
        self.board = board
        self.pki = pki
        self.names = directory()
        self.last: Delivery | None = None
        self.step = ""
        self._folder = folder
        self._evidence = evidence
        self._inventory: dict[bytes, SmartMeter] = {}
        self._ledgers: list[Ledger] = []

    def commission(
        self,
        device_type: str,
        eui: bytes,
        holders: Mapping[RemotePartyRole, Party],
        counters: Mapping[RemotePartyRole, int],
        profile: str = "P-FLOOR",
    ) -> SmartMeter:
        """Erase the device, provision it anew and issue its certificates.

        Args:
            device_type: "esme", "gpf" or "gsme".
            eui: the device's EUI-64.
            holders: who stands in each role's cells.
            counters: execution counters to start with; 0 where none is named.
            profile: how the device behaves where GBCS's public text is silent.
        """
        if self.board.hello()["condition"] != "virgin":
            self.board.erase()
        keys = self.board.provision(
            start_state(device_type, eui, self.pki, holders, counters, profile)
        )
        self.board.set_clock(datetime.datetime.now(datetime.UTC))
        authority = self.pki.authority
        certificates = {
            usage: authority.device_certificate(eui, key, usage)
            for usage, key in (
                (KeyUsage.DIGITAL_SIGNATURE, keys.signing),
                (KeyUsage.KEY_AGREEMENT, keys.agreement),
            )
        }
        self.board.certify(certificates)
        meter = SmartMeter.of(device_type, *certificates.values())
        self._inventory[eui] = meter
        self.names[eui] = device_type.upper()
        return meter

    def dcc(self, name: str, policy: Policy, last_counters: Mapping[bytes, int]) -> Dsp:
        """Start a DCC with a ledger of its own.

        Args:
            name: of the ledger's file.
            policy: which modifications are live.
            last_counters: device EUI-64 to the last counter that the ACB used towards it.
        """
        if self._evidence:
            self._evidence.policy(name, msgspec.to_builtins(policy))
        ledger = Ledger.file(self._folder / f"{name}.sqlite")
        self._ledgers.append(ledger)
        for device, last in last_counters.items():
            ledger.set_last_counter(ACB.eui, device, last)
        acb = AccessControlBroker(ACB, self.pki)
        return Dsp(acb, self.pki, self._inventory, ledger, self._network, policy)

    def user(self, party: Party) -> User:
        """Return a party as a Service User."""
        return User(party, self.pki)

    def close(self) -> None:
        """Close the ledgers."""
        for ledger in self._ledgers:
            ledger.close()

    def _network(self, device: bytes, message: bytes) -> tuple[bytes, ...]:
        """Carry a message to the device, and keep it and the answers."""
        name = self.names[device]
        if self._evidence:
            self._evidence.message(self.step, "DCC", name, "command", message)
        self.last = self.board.deliver(message)
        if self._evidence:
            for output in self.last.outputs:
                self._evidence.message(self.step, name, "DCC", "response", output)
        return self.last.outputs
