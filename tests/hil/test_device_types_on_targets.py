"""One life of each device type on emulated boards, in the use cases that it has."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from board_rig import KINDS, Rig, plugged_in
from gbcs_hil.gbcs.credential_responses import ReadResponse, UpdateAlert
from gbcs_hil.gbcs.message import Message
from gbcs_hil.gbcs.names import KeyUsage, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.payment_mode import Prepayment, esme_payment_mode, gsme_payment_mode
from gbcs_hil.gbcs.security import public_octets
from gbcs_hil.gbcs.security_credentials import CANCEL
from gbcs_hil.gbcs.sequence_numbers import SequenceNumberChange
from gbcs_hil.smki.parties import (
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
    SUPPLIER_B,
    TRANSITIONAL_COS,
)
from head_end import (
    AUTHORITY,
    BY_RECOVERY,
    EUI,
    HEAD_END,
    NOW,
    SUPPLIER_BY_COS,
    SUPPLIER_BY_SUPPLIER,
    HeadEnd,
    certificates,
    signing,
    statuses,
)

DEVICE_TYPES = ("esme", "gsme", "gpf")
LATER = NOW + timedelta(hours=1)
USAGES = {
    KeyUsage.DIGITAL_SIGNATURE: bytes.fromhex("3004 0302 0780"),
    KeyUsage.KEY_AGREEMENT: bytes.fromhex("3004 0302 0308"),
}


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    if request.param == "unix":
        request.getfixturevalue("micropython")
    with plugged_in(request.param, tmp_path / "flash") as rig:
        yield rig


def payment_message(device_type: str, counter: int, *, prepayment: bool, **times: object) -> bytes:
    chosen = Prepayment(-500) if prepayment else None
    message: Message
    if device_type == "esme":
        message = esme_payment_mode(SUPPLIER_A.eui, EUI, counter, chosen, **times)  # type: ignore[arg-type]
    else:
        message = gsme_payment_mode(SUPPLIER_A.eui, EUI, counter, chosen, NOW, **times)  # type: ignore[arg-type]
    return HEAD_END.protect(message, signing(SUPPLIER_A))


@pytest.mark.parametrize("device_type", DEVICE_TYPES)
def test_credentials_are_told_replaced_and_recovered(rig: Rig, device_type: str) -> None:
    rig.provision(device_type, {Role.SUPPLIER: 1000, Role.TRANSITIONAL_COS: 6000})
    read = HEAD_END.read(1, Role.SUPPLIER, Role.NETWORK_OPERATOR)
    answer = HEAD_END.response(read, rig.accept(read), None)
    supplier, network = ReadResponse.decode(answer.payload).roles
    assert (supplier.sequence_number, len(supplier.cells)) == (1000, 3)
    assert (network.status is StatusCode.SUCCESS) == (device_type != "gsme")

    change = SequenceNumberChange(Role.SUPPLIER, 5, 6)
    pairs = certificates(Role.SUPPLIER, SUPPLIER_B)
    command = HEAD_END.update(SUPPLIER_BY_COS, 6001, pairs, other_floors=[change])
    assert statuses(HEAD_END.outcome(command, rig.accept(command))) == [StatusCode.SUCCESS] * 3

    back = certificates(Role.SUPPLIER, SUPPLIER_A)
    waiting = HEAD_END.update(
        SUPPLIER_BY_SUPPLIER, 7, back, owner=SUPPLIER_B, execution=LATER, floor=1
    )
    rig.accept(waiting)
    rig.restart("power")
    (output,) = rig.tick(LATER)
    alert = UpdateAlert.decode(HEAD_END.alert(output, 0x00CB, SUPPLIER_B.eui, 2000))
    assert alert.outcome.succeeded

    network_pairs = certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_B)
    command = HEAD_END.update(BY_RECOVERY, 1, [*pairs, *network_pairs])
    done = HEAD_END.outcome(command, rig.accept(command), LATER)
    missing = StatusCode.TRUST_ANCHOR_NOT_FOUND if device_type == "gsme" else StatusCode.SUCCESS
    assert statuses(done) == [StatusCode.SUCCESS] * 3 + [missing] * 2
    rig.restart("reset")
    assert rig.refuse(command) == "replay"
    state = rig.board.state()
    assert state.counters["supplier"] == 1
    assert state.counters["transitionalCoS"] == 6001
    assert state.prepayment_floor == 6
    assert state.originator_counter == 2000


@pytest.mark.parametrize("device_type", ["esme", "gsme"])
def test_the_payment_mode_is_set_at_once_later_and_not_at_all(rig: Rig, device_type: str) -> None:
    rig.provision(device_type, payment_mode="prepayment")
    assert rig.board.state().payment.mode == "prepayment"
    command = payment_message(device_type, 1, prepayment=False)
    HEAD_END.response(command, rig.accept(command), NOW)
    assert rig.board.state().payment.mode == "credit"
    rig.accept(payment_message(device_type, 2, prepayment=True, execution=LATER))
    rig.restart("power")
    assert rig.board.state().payment.mode == "credit"
    assert len(rig.tick(LATER)) == (2 if device_type == "esme" else 1)
    rig.restart("reset")
    assert (rig.board.state().payment.mode, rig.board.state().payment.threshold) == (
        "prepayment",
        -500,
    )
    rig.board.set_clock(NOW)
    rig.accept(payment_message(device_type, 3, prepayment=False, execution=LATER))
    rig.accept(payment_message(device_type, 4, prepayment=False, execution=CANCEL))
    assert rig.tick(LATER) == ()
    assert rig.board.state().payment.mode == "prepayment"


def renew(rig: Rig, head_end: HeadEnd, usage: KeyUsage, counter: int) -> tuple[bytes, bytes]:
    """Have a key pair made and taken into use; return its public key and its certificate."""
    command = head_end.command(0x000A, counter, USAGES[usage])
    answer = head_end.response(command, rig.accept(command), None)
    asked = x509.load_der_x509_csr(answer.payload)
    assert asked.is_signature_valid
    key = asked.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    rig.restart("power")
    certificate = AUTHORITY.device_certificate(EUI, public_octets(key), usage)
    command = head_end.command(0x000B, counter + 1, certificate)
    assert head_end.response(command, rig.accept(command), None).payload == b"\x02\x01\x00"
    return public_octets(key), certificate


@pytest.mark.parametrize("device_type", DEVICE_TYPES)
def test_the_devices_own_keys_are_renewed(rig: Rig, device_type: str) -> None:
    rig.provision(device_type)
    signing_key, signing_certificate = renew(rig, HEAD_END, KeyUsage.DIGITAL_SIGNATURE, 1)
    head_end = replace(HEAD_END, signing_key=signing_key)
    agreement_key, agreement_certificate = renew(rig, head_end, KeyUsage.KEY_AGREEMENT, 3)
    head_end = replace(head_end, agreement_key=agreement_key)
    rig.restart("reset")
    held = dict(zip(USAGES, (signing_certificate, agreement_certificate), strict=True))
    for counter, usage in enumerate(USAGES):
        command = head_end.command(0x000C, 5 + counter, USAGES[usage])
        answer = head_end.response(command, rig.accept(command), None)
        assert answer.payload == held[usage]
    read = head_end.read(1, Role.SUPPLIER)
    head_end.response(read, rig.accept(read), None)
    assert rig.refuse(HEAD_END.read(1, Role.SUPPLIER)) == "bad-mac"


@pytest.mark.parametrize("device_type", DEVICE_TYPES)
def test_a_device_has_what_its_type_has_and_no_more(rig: Rig, device_type: str) -> None:
    counters = {Role.SUPPLIER: 2**64 - 1, Role.RECOVERY: 2**63, Role.ROOT: 1}
    if device_type != "gsme":
        counters[Role.NETWORK_OPERATOR] = 2**63 - 1
    rig.provision(device_type, counters)
    assert rig.board.hello()["type"] == device_type
    for _ in range(2):
        state = rig.board.state()
        assert len(state.cells) == (7 if device_type == "gsme" else 9)
        assert state.counters == {
            role.gbcs_name: counters.get(role, 0)
            for role in Role
            if role <= Role.TRANSITIONAL_COS
            and (role is not Role.NETWORK_OPERATOR or device_type != "gsme")
        }
        held = {content.unique_id for content in state.cells.values()}
        assert {SUPPLIER_A.eui, TRANSITIONAL_COS.eui, bytes(8)} <= held
        assert (GAS_NETWORK_A.eui in held) == (device_type != "gsme")
        rig.restart("power")
    for other in {"esme", "gsme"} - {device_type}:
        for prepayment in (True, False):
            command = payment_message(other, 1, prepayment=prepayment)
            assert rig.refuse(command) == "unsupported"
