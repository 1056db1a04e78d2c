"""A leaving operator's whole fleet, device by device (MP128A-16)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dcc_world import AUTHORITY, NO, NOW, PKI, Reply, World, certificates_of, meter
from gbcs_hil.dcc import bulk
from gbcs_hil.dcc.estate import Estate
from gbcs_hil.dcc.exit_gate import ExitGate, exit_gate
from gbcs_hil.dcc.ledger import Placement
from gbcs_hil.dcc.requests import RequestHandoverOfDCCControlledDevice
from gbcs_hil.dcc.requests import UpdateSecurityCredentialsKRP as Update
from gbcs_hil.dcc.smki_registration import RevocationReason, SmkiRegistration
from gbcs_hil.dcc.users import User
from gbcs_hil.gbcs.credential_responses import UpdateResponse
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import KeyUsage, StatusCode
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, GAS_NETWORK_B, SUPPLIER_A

FLEET = [bytes.fromhex("02474248494600") + bytes([n]) for n in range(50)]
REFUSING, UNREACHABLE, DATED = FLEET[3:6], FLEET[20:22], FLEET[40]
START = 1_700_000_000_000
LEAVER = User(GAS_NETWORK_A, PKI)


class Fleet(World):
    """Fifty GPFs of the leaver's; three refuse ACB certificates, two do not answer."""

    def __init__(self) -> None:
        super().__init__(registered=("SUPA", "GTNA"))
        devices = {eui: meter("gpf", eui) for eui in FLEET}
        self.dsp.estate = Estate(devices, self.dsp.estate.registration)
        self.smki = SmkiRegistration(self.ledger.database, AUTHORITY, self.dsp.policy)
        self.repaired = False
        self.reply = self.answer
        for eui in FLEET:
            self.holds(GAS_NETWORK_A, eui)

    def answer(self, command: Message) -> tuple[bytes, ...]:
        device = command.header.recipient
        if not self.repaired and device in UNREACHABLE:
            return ()
        if not self.repaired and device in REFUSING:
            return self.done(StatusCode.BAD_CERTIFICATE, GAS_NETWORK_A.eui)(command)
        if not self.repaired and device == DATED:
            return (self.signed(command, UpdateResponse(None).encode()).encode(),)
        reply: Reply = self.done(holder=ACB.eui)
        return reply(command)

    def depart(self, devices: list[bytes], first: int) -> tuple[bulk.BulkOutcome, ...]:
        requests = (
            Update(
                id=LEAVER.request_id(eui, first + number),
                role=NO,
                certificates=certificates_of(ACB),
                execution=NOW + timedelta(1) if eui == DATED and not self.repaired else None,
            )
            for number, eui in enumerate(devices)
        )
        return bulk.run(self.dsp, LEAVER, requests)

    def gate(self) -> ExitGate:
        leaver = self.dsp.estate.by_eui(GAS_NETWORK_A.eui)
        assert leaver is not None
        return exit_gate(leaver, self.dsp.estate, self.ledger, self.smki, NOW)


@pytest.mark.requirement("MP128A-5", "MP128A-8", "MP128A-9", "MP128A-16")
def test_the_gate_lists_what_the_bulk_run_left_and_opens_when_it_is_repaired() -> None:
    fleet = Fleet()
    lines = fleet.depart(FLEET, START)
    assert [line.request.id.target for line in lines] == FLEET
    assert bulk.totals(lines) == {
        bulk.Result.DONE: 44,
        bulk.Result.FAILED: 3,
        bulk.Result.NO_RESPONSE: 2,
        bulk.Result.PENDING: 1,
    }
    left = (*REFUSING, *UNREACHABLE, DATED)
    assert fleet.gate().outstanding == left
    leaver = fleet.gate().party
    fleet.smki.announce_leaving(leaver)
    certificate = PKI.credential(GAS_NETWORK_A.eui, KeyUsage.DIGITAL_SIGNATURE).certificate
    fleet.smki.revoke(leaver, certificate, RevocationReason.CEASING)
    assert not fleet.gate().is_open

    fleet.repaired = True
    assert bulk.totals(fleet.depart(list(left), START + 100)) == {bulk.Result.DONE: 6}
    assert fleet.gate().is_open


@pytest.mark.requirement("MP128A-14", "MP128A-16")
def test_each_device_is_handed_over_above_its_own_counter() -> None:
    fleet = Fleet()
    fleet.repaired = True
    fleet.depart(FLEET, START)
    supplier = User(SUPPLIER_A, PKI)
    requests = [
        RequestHandoverOfDCCControlledDevice(
            id=supplier.request_id(eui, 1_000 + n),
            role=NO,
            certificates=certificates_of(GAS_NETWORK_B),
        )
        for n, eui in enumerate(FLEET)
    ]
    lines = bulk.run(fleet.dsp, supplier, requests)
    used = [line.outcome.counter for line in lines if line.outcome is not None]
    assert used == [START + n + 1 for n in range(50)]


@pytest.mark.requirement("MP128A-16")
def test_what_fails_in_the_bench_does_not_stop_what_is_behind_it() -> None:
    fleet = Fleet()
    told: list[bulk.BulkOutcome] = []
    nobody = RequestHandoverOfDCCControlledDevice(
        id=LEAVER.request_id(bytes(8), 1), role=NO, certificates=certificates_of(ACB)
    )
    good = Update(id=LEAVER.request_id(FLEET[0], 7), role=NO, certificates=certificates_of(ACB))
    smets1 = meter(eui=bytes([1] * 8), s1sp="S1SP1")
    devices = {**fleet.dsp.estate.devices, smets1.eui: smets1}
    fleet.dsp.estate = replace(fleet.dsp.estate, devices=devices)
    unreached = replace(good, id=LEAVER.request_id(smets1.eui, 8))
    lines = bulk.run(fleet.dsp, LEAVER, [nobody, unreached, good], told.append)
    results = [line.result for line in lines]
    assert results == [bulk.Result.REJECTED, bulk.Result.FAILED, bulk.Result.DONE]
    assert told == list(lines)
    assert lines[1].detail == "there is no S1SP 'S1SP1'"
    assert fleet.ledger.placement(FLEET[0], NO) == Placement(GAS_NETWORK_A.eui, 7, True)
