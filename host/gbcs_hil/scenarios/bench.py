"""What a scenario stands on: one device, the parties around it, and what is kept of it all."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from gbcs_hil.bench.board import Board
from gbcs_hil.bench.start_state import start_state
from gbcs_hil.dcc.acb import AccessControlBroker
from gbcs_hil.dcc.dsp import Dsp
from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.outcome import Outcome
from gbcs_hil.dcc.participants import PARTICIPANTS, Participant
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.registration_data import Registration, RegistrationData
from gbcs_hil.dcc.requests import ServiceRequest
from gbcs_hil.dcc.users import User
from gbcs_hil.ending import held_back
from gbcs_hil.evidence.run_folder import RunFolder
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.scenarios.board_bench import BoardBench
from gbcs_hil.scenarios.cuts import Cuts
from gbcs_hil.scenarios.keeping import Keeping
from gbcs_hil.scenarios.subscriptions import Subscriptions
from gbcs_hil.smki.parties import ACB, EVERYBODY, GAS_NETWORK_A, SUPPLIER_A, Party, Pki, directory

METER_POINT = "2000000000001"
"""The MPAN or MPRN of the device on the board."""

Deliver = Callable[[bytes], tuple[bytes, ...]]
"""Takes a message to a device; returns what it sends back."""

_SINCE = datetime.date(2020, 1, 1)
_MPIDS = {p.eui: p.mpid for p in PARTICIPANTS}
_ROLES = {int(role) for role in RemotePartyRole}
_OPERATORS = {p.eui for p in PARTICIPANTS if p.is_network_operator}


class Bench(BoardBench):
    """One board and the DCC around it.

    Args:
        board: a board that answers; its device is erased by `commission`.
        pki: everybody's test credentials.
        folder: where each DCC's ledger goes.
        evidence: keeps every message, if given.
        cuts: cuts the board's power, proves it and restores it; None if it cannot be cut.

    Attributes:
        names: what EUI-64s are called.
        registration: what a DCC that is started from now on knows of the meter points.
        participants: whom such a DCC knows.
        subscriptions: which of its certificates each party uses.
    """

    def __init__(
        self,
        board: Board,
        pki: Pki,
        folder: Path,
        evidence: RunFolder | None = None,
        cuts: Cuts | None = None,
    ) -> None:
        self.names = directory(EVERYBODY)
        super().__init__(board, Keeping(evidence, self.names), cuts)
        self.subscriptions = Subscriptions(pki)
        self._folder = folder
        self.registration = RegistrationData()
        self.participants: Sequence[Participant] = PARTICIPANTS
        self._inventory: dict[bytes, SmartMeter] = {}
        self._elsewhere: dict[bytes, Deliver] = {}
        self._ledgers = ExitStack()
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
        operator: Party | None = None,
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
            operator: the registered network operator; by default who is in its cells.
        """
        if self.board.hello()["condition"] != "virgin":
            self.board.erase()
        start = start_state(device_type, eui, self.pki, holders, counters, profile, settings)
        start = replace(start, defects=tuple(defects))
        self.subscriptions.begin_anew()
        keys = self._provisioned(start)
        self.now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        self.board.set_clock(self.now)
        authority = self.pki.authority
        certificates = authority.device_certificates(eui, keys.signing, keys.agreement)
        self.board.certify(certificates)
        meter = SmartMeter.of(device_type, *certificates.values()).linked(METER_POINT)
        self._inventory = {eui: meter}
        self._elsewhere = {}
        held = operator or holders.get(RemotePartyRole.NETWORK_OPERATOR, GAS_NETWORK_A)
        self.registration = RegistrationData()
        self.register(SUPPLIER_A, held if held.eui in _OPERATORS else GAS_NETWORK_A)
        self.names[eui] = self._device = device_type.upper()
        if self.keeping.kept:
            self.keeping.started(self._device, start, keys, self.pki)
            self.keeping.clock(self._device, self.now)
            self.observe()
        return meter

    def add(self, meter: SmartMeter, deliver: Deliver, name: str) -> None:
        """Have the DCC know a device that is not on the board, until the next commissioning."""
        self._inventory[meter.eui] = meter
        self._elsewhere[meter.eui] = deliver
        self.names[meter.eui] = name

    @property
    def pki(self) -> Pki:
        """Everybody's test credentials, those in use last."""
        return self.subscriptions.pki

    @property
    def meter(self) -> SmartMeter:
        """The device on the board, as the DCC knows it."""
        return next(iter(self._inventory.values()))

    def register(self, supplier: Party, operator: Party | str, point: str = METER_POINT) -> None:
        """Register a meter point to a Supplier and a network operator, after what it has been.

        Args:
            supplier: from now on.
            operator: from now on; one without an EUI-64 by its market participant identifier.
            point: the MPAN or MPRN; that of the device on the board by default.
        """
        history = self.registration.history(point)
        start = history[-1].start + datetime.timedelta(days=1) if history else _SINCE
        mpid = operator if isinstance(operator, str) else _MPIDS[operator.eui]
        entry = Registration(point, start, _MPIDS[supplier.eui], mpid)
        self.registration = self.registration.with_registration(entry)

    def dcc(self, name: str, policy: Policy, last_counters: Mapping[bytes, int]) -> Dsp:
        """Start a DCC with a ledger of its own.

        Args:
            name: of the ledger's file.
            policy: which modifications are live.
            last_counters: device EUI-64 to the last counter that the ACB used towards it.
        """
        self.keeping.policy(name, policy)
        ledger = self._ledgers.enter_context(closing(Ledger.file(self._folder / f"{name}.sqlite")))
        self._ledger_name = name
        for device, last in last_counters.items():
            ledger.set_last_counter(ACB.eui, device, last)
        return self._dsp(ledger, policy)

    def restart_dcc(self, dsp: Dsp) -> Dsp:
        """Start a DCC's systems anew, with what its ledger remembers."""
        ledger = self._ledgers.enter_context(
            closing(Ledger.file(self._folder / f"{self._ledger_name}.sqlite"))
        )
        return self._dsp(ledger, dsp.policy)

    def _dsp(self, ledger: Ledger, policy: Policy) -> Dsp:
        acb = AccessControlBroker(ACB, self.pki)
        estate = Estate(self._inventory, self.registration, self.participants)
        return Dsp(acb, self.pki, estate, ledger, self.network, policy, clock=lambda: self.now)

    def user(self, party: Party) -> User:
        """Return a party as a Service User."""
        return User(party, self.pki)

    def renewed(self, dsp: Dsp, party: Party) -> None:
        """Have a party use its next certificates from now on, until the next commissioning."""
        self.subscriptions.renew(party)
        dsp.pki = self.pki

    def ask(self, dsp: Dsp, party: Party, request: ServiceRequest, what: str) -> Outcome:
        """Have a party ask a DCC for something, and keep both that and what it got."""
        self.keeping.requested(party.name, request, what)
        outcome = self.user(party).ask(dsp, request)
        self.keeping.responded(party.name, request, outcome)
        return outcome

    def close(self) -> None:
        """Close the ledgers, whole: what is half closed would change under its manifest."""
        with held_back():
            self._ledgers.close()

    def network(self, device: bytes, message: bytes) -> tuple[bytes, ...]:
        """Carry a message of the DCC's to a device, and keep it and the answers."""
        elsewhere = self._elsewhere.get(device)
        if elsewhere is None:
            return self.deliver(message, "DCC").outputs
        name = self.names[device]
        self.keeping.message("DCC", name, "command", message)
        outputs = elsewhere(message)
        for output in outputs:
            self.keeping.answer(name, "DCC", output)
        return outputs
