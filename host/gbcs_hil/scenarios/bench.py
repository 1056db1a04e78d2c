"""What a scenario stands on: one device, the parties around it, and what is kept of it all."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from gbcs_hil.bench.board import Board, Delivery, DeviceKeys, Provisioning
from gbcs_hil.bench.start_state import start_state
from gbcs_hil.dcc import pre_commands
from gbcs_hil.dcc.acb import AccessControlBroker
from gbcs_hil.dcc.dsp import Dsp
from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.participants import PARTICIPANTS, Participant
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.registration_data import Registration, RegistrationData
from gbcs_hil.dcc.requests import UpdateSecurityCredentialsKRP
from gbcs_hil.dcc.users import User
from gbcs_hil.errors import BadInput
from gbcs_hil.evidence import frames
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import shared_secret, sign
from gbcs_hil.smki.parties import ACB, EVERYBODY, GAS_NETWORK_A, SUPPLIER_A, Party, Pki, directory

METER_POINT = "2000000000001"
"""The MPAN or MPRN of the device on the board."""

_SINCE = datetime.date(2020, 1, 1)
_MPIDS = {p.eui: p.mpid for p in PARTICIPANTS}
_OPERATORS = {p.eui for p in PARTICIPANTS if p.is_network_operator}


class Bench:
    """One board and the DCC around it.

    Args:
        board: a board that answers; its device is erased by `commission`.
        pki: everybody's test credentials.
        folder: where each DCC's ledger goes.
        evidence: keeps every message, if given.
        power_cycle: cuts the board's power, proves it and restores it; None if it cannot be cut.

    Attributes:
        last: what came of the last message that the device got, its verdict included.
        last_command: that message.
        now: the time of device and DCC.
        step: the label under which messages are kept.
        registration: what a DCC that is started from now on knows of the meter points.
        participants: whom such a DCC knows.
    """

    def __init__(
        self,
        board: Board,
        pki: Pki,
        folder: Path,
        evidence: RunFolder | None = None,
        power_cycle: Callable[[], None] | None = None,
    ) -> None:
        self.board = board
        self._power_cycle = power_cycle
        self.pki = pki
        self.names = directory(EVERYBODY)
        self.last: Delivery | None = None
        self.last_command = b""
        self.now = datetime.datetime.now(datetime.UTC)
        self.step = ""
        self._device = ""
        self._folder = folder
        self._evidence = evidence
        self.registration = RegistrationData()
        self.participants: Sequence[Participant] = PARTICIPANTS
        self._inventory: dict[bytes, SmartMeter] = {}
        self._ledgers: list[Ledger] = []
        self._ledger_name = ""

    def commission(
        self,
        device_type: str,
        eui: bytes,
        holders: Mapping[RemotePartyRole, Party],
        counters: Mapping[RemotePartyRole, int],
        profile: str = "P-FLOOR",
        settings: Mapping[str, str] | None = None,
        defects: Sequence[str] = (),
    ) -> SmartMeter:
        """Erase the device, provision it anew and issue its certificates.

        Args:
            device_type: "esme", "gpf" or "gsme".
            eui: the device's EUI-64.
            holders: who stands in each role's cells.
            counters: execution counters to start with; 0 where none is named.
            profile: how the device behaves where GBCS's public text is silent: it resets a
                counter at a change, does not, or only for a floor (SMDA-5); every device type
                can have every profile (SMDA-4).
            settings: what differs from the profile.
            defects: known defects that the device shall have.
        """
        if self.board.hello()["condition"] != "virgin":
            self.board.erase()
        start = start_state(device_type, eui, self.pki, holders, counters, profile, settings)
        start = replace(start, defects=tuple(defects))
        keys = self.board.provision(start)
        self.now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        self.board.set_clock(self.now)
        authority = self.pki.authority
        certificates = {
            usage: authority.device_certificate(eui, key, usage)
            for usage, key in (
                (KeyUsage.DIGITAL_SIGNATURE, keys.signing),
                (KeyUsage.KEY_AGREEMENT, keys.agreement),
            )
        }
        self.board.certify(certificates)
        meter = SmartMeter.of(device_type, *certificates.values()).linked(METER_POINT)
        self._inventory[eui] = meter
        operator = holders.get(RemotePartyRole.NETWORK_OPERATOR, GAS_NETWORK_A)
        self.register(SUPPLIER_A, operator if operator.eui in _OPERATORS else GAS_NETWORK_A)
        self.names[eui] = self._device = device_type.upper()
        if self._evidence:
            self._evidence.frame(frames.Started, **self._started(start, keys))
            self._keep_clock()
            self.observe()
        return meter

    def register(self, supplier: Party, operator: Party) -> None:
        """Register the device's meter point to a Supplier and a network operator, for ever."""
        entry = Registration(METER_POINT, _SINCE, _MPIDS[supplier.eui], _MPIDS[operator.eui])
        self.registration = RegistrationData([entry])

    def forge(self, request: UpdateSecurityCredentialsKRP, signer: Party) -> bytes:
        """Return the command of a request with anybody's signature and the ACB's MAC."""
        meter = self._inventory[request.id.target]
        key = self.pki.credential(signer.eui, KeyUsage.DIGITAL_SIGNATURE).private_key
        signed = sign(pre_commands.critical(request, meter, self.now), key)
        return AccessControlBroker(ACB, self.pki).authenticate(signed, meter).encode()

    def dcc(self, name: str, policy: Policy, last_counters: Mapping[bytes, int]) -> Dsp:
        """Start a DCC with a ledger of its own.

        Args:
            name: of the ledger's file.
            policy: which modifications are live.
            last_counters: device EUI-64 to the last counter that the ACB used towards it.
        """
        if self._evidence:
            self._evidence.policy(name, msgspec.to_builtins(policy, order="deterministic"))
        ledger = Ledger.file(self._folder / f"{name}.sqlite")
        self._ledgers.append(ledger)
        self._ledger_name = name
        for device, last in last_counters.items():
            ledger.set_last_counter(ACB.eui, device, last)
        return self._dsp(ledger, policy)

    def restart_dcc(self, dsp: Dsp) -> Dsp:
        """Start a DCC's systems anew, with what its ledger remembers."""
        ledger = Ledger.file(self._folder / f"{self._ledger_name}.sqlite")
        self._ledgers.append(ledger)
        return self._dsp(ledger, dsp.policy)

    def _dsp(self, ledger: Ledger, policy: Policy) -> Dsp:
        acb = AccessControlBroker(ACB, self.pki)
        estate = Estate(self._inventory, self.registration, self.participants)
        return Dsp(acb, self.pki, estate, ledger, self._network, policy, clock=lambda: self.now)

    def user(self, party: Party) -> User:
        """Return a party as a Service User."""
        return User(party, self.pki)

    def close(self) -> None:
        """Close the ledgers."""
        for ledger in self._ledgers:
            ledger.close()

    def _network(self, device: bytes, message: bytes) -> tuple[bytes, ...]:
        """Carry a message to the device, and keep it and the answers."""
        return self._deliver(message, "DCC").outputs

    def _deliver(self, message: bytes, sender: str) -> Delivery:
        name = self._device
        if self._evidence:
            self._evidence.message(self.step, sender, name, "command", message)
        self.last_command = message
        self.last = self.board.deliver(message)
        if self._evidence:
            for output in self.last.outputs:
                self._evidence.message(self.step, name, sender, "response", output)
            if not self.last.accepted:
                self._evidence.frame(
                    frames.Discarded,
                    step=self.step,
                    device=name,
                    verdict=self.last.verdict,
                    detail=self.last.detail,
                )
        return self.last

    def deliver(self, message: bytes, sender: str = "Network") -> Delivery:
        """Hand the device a message that no DCC sent, such as one that is played again."""
        return self._deliver(message, sender)

    def set_clock(self, now: datetime.datetime) -> tuple[bytes, ...]:
        """Set the device's clock; return the alerts of commands whose date has come."""
        self.now = now
        outputs = self.board.set_clock(now).outputs
        self._keep_clock()
        if self._evidence:
            for output in outputs:
                self._evidence.message(self.step, self._device, "DCC", "alert", output)
        return outputs

    def restart(self) -> None:
        """Have the device restart in order."""
        self.board.reset()
        self._back_again("restart")

    def cut_power(self) -> None:
        """Cut the device's power and restore it.

        Raises:
            BadInput: nothing here can cut it.
            PowerNotCut: it was not cut, though it should have been.
        """
        if self._power_cycle is None:
            raise BadInput(f"{self.board.name}: nothing can cut its power")
        self._power_cycle()
        self._back_again("power-cut")

    def exchange_hub(self) -> None:
        """Have the device get its Device Log back, as after another hub was fitted."""
        self.board.restore_device_log()
        self._keep_interruption("hub-exchange")

    def _back_again(self, kind: str) -> None:
        self.board.hello()
        self._keep_interruption(kind)
        # A restarted device has the board's time again.
        self.board.set_clock(self.now)
        self._keep_clock()

    def _keep_clock(self) -> None:
        if self._evidence:
            now = f"{self.now:%Y%m%d%H%M%S}"
            self._evidence.frame(frames.ClockSet, step=self.step, device=self._device, now=now)

    def _keep_interruption(self, kind: str) -> None:
        if self._evidence:
            self._evidence.frame(
                frames.Interrupted, step=self.step, device=self._device, kind=kind
            )

    def observe(self) -> None:
        """Keep what stands in the device's store now."""
        if self._evidence:
            state = self.board.state()
            self._evidence.frame(
                frames.Observed,
                step=self.step,
                device=self._device,
                counters=state.counters,
                cells={
                    name: self._holder(content.unique_id) for name, content in state.cells.items()
                },
            )

    def _holder(self, unique_id: bytes) -> str:
        return self.names.get(unique_id, unique_id.hex("-").upper())

    def _started(self, start: Provisioning, keys: DeviceKeys) -> dict[str, Any]:
        """Return the facts of a `frames.Started`."""
        broker = self.pki.credential(ACB.eui, KeyUsage.KEY_AGREEMENT)
        secret = shared_secret(broker.private_key, keys.agreement)
        return {
            "step": self.step,
            "device": self._device,
            "type": start.device_type,
            "eui": start.eui.hex().upper(),
            "cells": {
                name: content.hex().upper()
                for name, content in start.cells.items()
                if isinstance(content, bytes)
            },
            "counters": dict(start.counters),
            "originator_counter": start.originator_counter,
            "shared_secrets": ((broker.public_key.hex().upper(), secret.hex().upper()),),
            "signing_key": keys.signing.hex().upper(),
        }
