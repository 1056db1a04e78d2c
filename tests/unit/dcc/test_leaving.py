"""A network operator leaves: SMKI registration, the exit gate, revocation (MP128A-8, -9)."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from dcc_world import AUTHORITY, DEVICE, NOW, PKI, World, meter
from gbcs_hil.dcc.exit_gate import ExitGate, exit_gate
from gbcs_hil.dcc.participants import PARTICIPANTS, Participant
from gbcs_hil.dcc.policy import Policy
from gbcs_hil.dcc.smets1.anchor_slots import AnchorSlots
from gbcs_hil.dcc.smki_registration import Decision, RevocationReason, SmkiRegistration
from gbcs_hil.gbcs.certificate import read_certificate
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.security import public_octets
from gbcs_hil.scenarios.smets1_estate import DEVICES, Smets1Estate
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, GAS_NETWORK_B, Party

DS = KeyUsage.DIGITAL_SIGNATURE
KEY = ec.derive_private_key(12345, ec.SECP256R1())


def participant(party: Party) -> Participant:
    return next(p for p in PARTICIPANTS if p.eui == party.eui)


LEAVER = participant(GAS_NETWORK_A)
STAYER = participant(GAS_NETWORK_B)
CERTIFICATE = PKI.credential(GAS_NETWORK_A.eui, DS).certificate


def signing_request() -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def registration(world: World) -> SmkiRegistration:
    return SmkiRegistration(world.ledger.database, AUTHORITY, world.dsp.policy)


def subscribe(smki: SmkiRegistration, party: Participant, request: bytes) -> Decision:
    return smki.subscribe(party, RemotePartyRole.NETWORK_OPERATOR, DS, request)


def gate(world: World) -> ExitGate:
    return exit_gate(LEAVER, world.dsp.estate, world.ledger, registration(world), NOW)


def test_a_certificate_is_issued_for_the_requesters_key() -> None:
    decision = subscribe(registration(World()), LEAVER, signing_request())
    assert decision.granted
    assert decision.certificate is not None
    read = read_certificate(decision.certificate)
    assert (read.eui, read.role, read.key_usage) == (LEAVER.eui, GAS_NETWORK_A.role, DS)
    assert read.public_key == public_octets(KEY.public_key())


def test_a_request_that_its_own_key_has_not_signed_is_refused() -> None:
    request = bytearray(signing_request())
    request[-1] ^= 1
    assert not subscribe(registration(World()), LEAVER, bytes(request)).granted
    assert not subscribe(registration(World()), LEAVER, b"none").granted


@pytest.mark.requirement("S63-14")
def test_a_party_without_an_eui_gets_no_certificate() -> None:
    idno = next(p for p in PARTICIPANTS if p.eui is None)
    assert not subscribe(registration(World()), idno, signing_request()).granted


@pytest.mark.requirement("MP128A-9")
def test_who_is_leaving_subscribes_for_nothing_further() -> None:
    smki = registration(World())
    smki.announce_leaving(LEAVER)
    decision = subscribe(smki, LEAVER, signing_request())
    assert (decision.granted, decision.certificate) == (False, None)
    assert "leaving" in decision.detail
    assert subscribe(smki, STAYER, signing_request()).granted


@pytest.mark.requirement("MP128A-9", "MP128A-10")
def test_ceasing_is_a_circumstance_for_revocation_with_mp128a_alone() -> None:
    for policy, granted in ((Policy(), True), (Policy(mp128a=False), False)):
        smki = registration(World(policy))
        decision = smki.revoke(LEAVER, CERTIFICATE, RevocationReason.CEASING)
        assert decision.granted is granted
        assert bool(smki.revocations(LEAVER)) is granted
        assert smki.revoke(LEAVER, CERTIFICATE, RevocationReason.COMPROMISE).granted


def test_nobody_revokes_anothers_certificate() -> None:
    smki = registration(World())
    assert not smki.revoke(STAYER, CERTIFICATE, RevocationReason.COMPROMISE).granted
    assert not smki.revoke(LEAVER, b"none", RevocationReason.COMPROMISE).granted
    assert smki.revocations(STAYER) == ()


@pytest.mark.requirement("MP128A-8", "MP128A-9")
def test_the_gate_opens_when_nothing_is_left_to_do() -> None:
    world = World(registered=("SUPA", "GTNA"))
    smki = registration(world)
    assert gate(world) == ExitGate(LEAVER, (), (DEVICE,), False, False)
    world.holds(GAS_NETWORK_A)
    assert gate(world) == ExitGate(LEAVER, (DEVICE,), (), False, False)
    world.holds(ACB)
    assert not gate(world).is_open
    smki.announce_leaving(LEAVER)
    assert not gate(world).is_open
    smki.revoke(LEAVER, CERTIFICATE, RevocationReason.CEASING)
    assert gate(world) == ExitGate(LEAVER, (), (), True, True)
    assert gate(world).is_open


ALL_DONE = ExitGate(LEAVER, (), (), announced=True, revocation_on_file=True)


@pytest.mark.requirement("MP128A-8", "MP128A-9")
@pytest.mark.parametrize(
    "left",
    [
        {"outstanding": (DEVICE,)},
        {"untold": (DEVICE,)},
        {"announced": False},
        {"revocation_on_file": False},
    ],
    ids=lambda left: next(iter(left)),
)
def test_each_thing_that_is_left_to_do_shuts_the_gate_by_itself(left: dict[str, Any]) -> None:
    assert ALL_DONE.is_open
    assert not replace(ALL_DONE, **left).is_open


@pytest.mark.requirement("MP128A-8")
def test_a_certificate_outside_the_leavers_region_counts_too() -> None:
    """It stands on a device that registration data give to another operator."""
    world = World(registered=("SUPA", "GTNB"))
    world.holds(GAS_NETWORK_A)
    assert gate(world).outstanding == (DEVICE,)


@pytest.mark.requirement("MP128A-8")
def test_what_s1sps_hold_for_smets1_devices_counts_too() -> None:
    smets1 = Smets1Estate(Policy())
    gpf, esme = DEVICES["S1SP1", "gpf"], DEVICES["S1SP1", "esme"]
    smki = SmkiRegistration(smets1.ledger.database, AUTHORITY, Policy())

    def gate_of(slots: AnchorSlots | None) -> ExitGate:
        return exit_gate(LEAVER, smets1.estate, smets1.ledger, smki, NOW, slots)

    assert gpf.eui in gate_of(None).untold
    assert esme.eui not in gate_of(None).untold
    assert smets1.hand_over(gpf, GAS_NETWORK_A).code.code == "I0"
    assert gate_of(smets1.slots).untold == ()
    assert gate_of(smets1.slots).outstanding == (gpf.eui,)
    assert smets1.update(GAS_NETWORK_A, gpf, ACB).code.code == "I0"
    assert gate_of(smets1.slots).outstanding == ()
    smets1.close()


def test_a_device_of_another_operator_that_has_not_told_is_not_the_leavers() -> None:
    world = World(registered=("SUPA", "GTNB"))
    assert gate(world).untold == ()


@pytest.mark.requirement("MP128A-4")
def test_a_gsme_has_nothing_to_tell() -> None:
    world = World(device=meter("gsme"), registered=("SUPA", "GTNA"))
    assert gate(world).untold == ()


def test_what_was_asked_and_decided_outlives_the_program() -> None:
    world = World()
    registration(world).announce_leaving(LEAVER)
    assert registration(world).is_leaving(LEAVER)
    assert not registration(world).is_leaving(replace(LEAVER, mpid="OTHR"))
