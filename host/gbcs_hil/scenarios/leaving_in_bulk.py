"""SC-14: a gas network operator leaves fifty GPFs at once (MP128A-8, MP128A-9, MP128A-16).

Three refuse ACB certificates (D13), two cannot be reached, one has been told to do it later. The
exit gate lists these six and stays closed. After the repair it opens, SMKI registration takes the
Certificate Revocation Request and no further request for certificates, and the DCC hands every
GPF over, each with a counter above the one that its own device has seen.

One of the fifty is the device on the board; the others are in memory.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from gbcs_hil.bench.start_state import HOLDERS
from gbcs_hil.dcc import bulk
from gbcs_hil.dcc.device_alerts import is_of_a_dated_command
from gbcs_hil.dcc.exit_gate import exit_gate
from gbcs_hil.dcc.participants import Participant
from gbcs_hil.dcc.requests import (
    RequestHandoverOfDCCControlledDevice,
    RetrieveDeviceSecurityCredentialsKRP,
    ServiceRequest,
    UpdateSecurityCredentialsKRP,
)
from gbcs_hil.dcc.smki_registration import RevocationReason, SmkiRegistration
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.scenarios.fleet import Fleet
from gbcs_hil.scenarios.observations import Told
from gbcs_hil.scenarios.play import Play
from gbcs_hil.scenarios.scenario import Expectations, Scenario
from gbcs_hil.scenarios.verdicts import Expect, Verdict
from gbcs_hil.smki.parties import ACB, SUPPLIER_A, Party

_NETWORK = RemotePartyRole.NETWORK_OPERATOR
DEVICES = 50
REFUSING, UNREACHABLE, LATER = range(10, 13), range(20, 22), 30
"""Which of the devices: those with D13, those out of reach, the one that is told a date."""

START = 1_700_000_000_000
_WAIT = timedelta(minutes=2)
_FLEET = "GPFs beside it"


def sc_14(play: Play) -> None:
    """Play SC-14."""
    play.commission({_NETWORK: START})
    with Fleet(play.bench.pki, play.now) as others:
        estate = _Estate(play, others)
        play.dcc(mp128a=True)
        estate.read("before")
        estate.leave("leaving", range(DEVICES))
        estate.gate("gate while six are left")
        estate.repair()
        estate.wait("the date comes")
        estate.leave("leaving again", (*REFUSING, *UNREACHABLE))
        estate.gate("gate after the repair")
        estate.no_more_certificates()
        estate.hand_over("handover")


class _Estate:
    """The devices, the operator that leaves and the one that comes."""

    def __init__(self, play: Play, others: Fleet) -> None:
        self._play = play
        self._others = others
        self._leaver, self._incoming = play.network, play.other_network
        self._euis = [play.eui, *(_eui(number) for number in range(1, DEVICES))]
        self._out_of_reach = {self._euis[number] for number in UNREACHABLE}
        self._counters = dict.fromkeys(self._euis, START)
        self._rounds = 0
        holders = {**HOLDERS, _NETWORK: self._leaver}
        for number, eui in enumerate(self._euis[1:], 1):
            defects = ("D13",) if number in REFUSING else ()
            # No two devices have seen the same counters.
            counters = {_NETWORK: START - number}
            meter = others.add("gpf", eui, holders, counters, defects)
            point = f"{3_000_000_000_000 + number}"
            play.bench.add(meter.linked(point), partial(self._deliver, eui), _FLEET)
            play.bench.register(SUPPLIER_A, self._leaver, point)

    def _deliver(self, eui: bytes, message: bytes) -> tuple[bytes, ...]:
        return () if eui in self._out_of_reach else self._others.deliver(eui, message)

    def read(self, name: str) -> None:
        """The Supplier reads who stands in the cells, so that the DCC knows."""
        out_of_reach, self._out_of_reach = self._out_of_reach, set()
        self._bulk(
            name,
            SUPPLIER_A,
            "6.24.1: networkOperator cells",
            (
                RetrieveDeviceSecurityCredentialsKRP(
                    id=replace(self._play.next_id(SUPPLIER_A), target=eui), roles=(_NETWORK,)
                )
                for eui in self._euis
            ),
        )
        self._out_of_reach = out_of_reach

    def leave(self, name: str, numbers: Iterable[int]) -> None:
        """The operator puts ACB certificates into the cells of some devices."""
        self._rounds += 1
        certificates = self._play.certificates(ACB, _NETWORK)
        requests = []
        for number in numbers:
            eui = self._euis[number]
            # An operator that numbers by milliseconds has another number for each device.
            self._counters[eui] = START + 1_000 * self._rounds + number
            first = self._rounds == 1
            requests.append(
                UpdateSecurityCredentialsKRP(
                    id=self._play.bench.user(self._leaver).request_id(eui, self._counters[eui]),
                    role=_NETWORK,
                    certificates=certificates,
                    execution=self._play.now + _WAIT if first and number == LATER else None,
                )
            )
        self._bulk(name, self._leaver, "6.15.1: ACB certificates", requests)

    def repair(self) -> None:
        """New firmware for those that refused; those out of reach are found again."""
        for number in REFUSING:
            self._others.repair(self._euis[number])
        self._out_of_reach = set()

    def wait(self, name: str) -> None:
        """The date of the one comes, and the DCC takes its alert."""
        play = self._play
        play.begin(name)
        play.bench.set_clock(play.now + _WAIT)
        eui = self._euis[LATER]
        alerts = self._others.set_clock(eui, play.now)
        for alert in alerts:
            play.bench.keeping.message(_FLEET, "DCC", "alert", alert)
            if is_of_a_dated_command(alert):
                play.dsp.receive(eui, alert)
        for other in self._euis[1:]:
            if other != eui:
                self._others.set_clock(other, play.now)
        play.tell(name, "Time", "the date of one of them", Told(f"{len(alerts)} alert"))

    def gate(self, name: str) -> None:
        """Ask whether the operator may cease to be a DCC User."""
        self._play.begin(name)
        dsp = self._play.dsp
        gate = exit_gate(self._party, dsp.estate, dsp.ledger, self._smki, self._play.now)
        left = {*gate.outstanding, *gate.untold}
        known = {
            "refuse": {self._euis[number] for number in REFUSING},
            "out of reach": {self._euis[number] for number in UNREACHABLE},
            "not yet": {self._euis[LATER]},
        }
        known["other"] = left.difference(*known.values())
        kinds = {word: len(left & euis) for word, euis in known.items()}
        told = _gate(gate.is_open, kinds)
        self._play.tell(name, "DCC", f"exit gate for {self._party.name}", told)

    def no_more_certificates(self) -> None:
        """The operator leaves: its certificate is revoked, and it gets no other one."""
        play, smki, name = self._play, self._smki, "leaving SMKI"
        play.begin(name)
        smki.announce_leaving(self._party)
        usage = KeyUsage.DIGITAL_SIGNATURE
        held = play.bench.pki.credential(self._leaver.eui, usage).certificate
        revoked = smki.revoke(self._party, held, RevocationReason.CEASING)
        further = smki.subscribe(self._party, _NETWORK, usage, _certificate_request())
        dsp = play.dsp
        gate = exit_gate(self._party, dsp.estate, dsp.ledger, smki, play.now)
        told = (
            f"revocation {'accepted' if revoked.granted else 'refused'}, "
            f"new certificate {'issued' if further.granted else 'refused'}, "
            f"gate {'open' if gate.is_open else 'closed'}"
        )
        play.tell(name, self._leaver.name, "CRR, then a further CSR", Told(told))

    def hand_over(self, name: str) -> None:
        """The Supplier has every device handed to the operator that comes."""
        certificates = self._play.certificates(self._incoming, _NETWORK)
        requests = [
            RequestHandoverOfDCCControlledDevice(
                id=replace(self._play.next_id(SUPPLIER_A), target=eui),
                role=_NETWORK,
                certificates=certificates,
                floor=0,
            )
            for eui in self._euis
        ]
        lines = self._bulk(name, SUPPLIER_A, f"6.21: {self._incoming.name}", requests)
        wrong = [
            line
            for line in lines
            if line.outcome is None
            or line.outcome.counter != self._counters[line.request.id.target] + 1
        ]
        told = Told(f"{len(lines) - len(wrong)} just above the device's own counter")
        self._play.tell("counters", "DCC", "the counters of these commands", told)

    def _bulk(
        self, name: str, by: Party, what: str, requests: Iterable[ServiceRequest]
    ) -> tuple[bulk.BulkOutcome, ...]:
        play = self._play
        play.begin(name)
        lines = bulk.run(play.dsp, play.bench.user(by), requests)
        counts = bulk.totals(lines)
        told = Told(", ".join(f"{counts[r]} {r}" for r in bulk.Result if counts[r]))
        play.bench.observe()
        play.tell(name, by.name, f"{what}, {len(lines)} GPFs", told)
        return lines

    @property
    def _smki(self) -> SmkiRegistration:
        dsp = self._play.dsp
        return SmkiRegistration(dsp.ledger.database, self._play.bench.pki.authority, dsp.policy)

    @property
    def _party(self) -> Participant:
        found = self._play.dsp.estate.by_eui(self._leaver.eui)
        assert found is not None
        return found


def _gate(is_open: bool, kinds: Mapping[str, int]) -> Told:
    """Return what is told of the exit gate, and of the devices that keep it closed."""
    listed = " and ".join(f"{count} {word}" for word, count in kinds.items() if count)
    left = f"{sum(kinds.values())} devices outstanding: {listed}" if listed else "none outstanding"
    return Told(f"gate {'open' if is_open else 'closed'}, {left}")


def _eui(number: int) -> bytes:
    return b"\x02GBHIM" + number.to_bytes(2, "big")


def _certificate_request() -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    key = ec.derive_private_key(1, ec.SECP256R1())
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _expected() -> Expectations:
    first = DEVICES - len(REFUSING) - len(UNREACHABLE) - 1
    again = len(REFUSING) + len(UNREACHABLE)
    return {
        "before": Expect(Told(f"{DEVICES} done")),
        "leaving": Expect(
            Told(
                f"{first} done, 1 pending, {len(REFUSING)} failed, {len(UNREACHABLE)} no response"
            )
        ),
        "gate while six are left": Expect(
            _gate(
                False, {"refuse": len(REFUSING), "out of reach": len(UNREACHABLE), "not yet": 1}
            ),
        ),
        "the date comes": Expect(Told("1 alert")),
        "leaving again": Expect(Told(f"{again} done")),
        # Nobody has asked for a revocation yet.
        "gate after the repair": Expect(_gate(False, {})),
        "leaving SMKI": Expect(
            Told("revocation accepted, new certificate refused, gate open"),
            otherwise=Verdict.DCC_DEFECT,
        ),
        "handover": Expect(Told(f"{DEVICES} done"), otherwise=Verdict.DCC_DEFECT),
        "counters": Expect(
            Told(f"{DEVICES} just above the device's own counter"), otherwise=Verdict.DCC_DEFECT
        ),
    }


SC_14 = Scenario("SC-14", "An operator leaves fifty GPFs", sc_14, {"gpf": _expected()})
