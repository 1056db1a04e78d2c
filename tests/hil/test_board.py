"""The typed operations of a bench port: behaviour, certificates, Security Log, payment mode."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from board_rig import PICO
from gbcs_hil.bench import link, ports, targets
from gbcs_hil.bench.board import Board, DeviceKeys, PaymentMode
from gbcs_hil.bench.start_state import start_state
from gbcs_hil.errors import DeviceError, ToolMissing
from gbcs_hil.gbcs.device_credentials import ReadCertificateResponse, read_device_certificate
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import AlertCode, KeyUsage
from gbcs_hil.smki.parties import ACB, SUPPLIER_A
from made_exchanges import HOLDERS, esme_payment, gsme_payment, protected
from made_vectors import AUTHORITY, CLOCK, DEVICES, ESME, GSME, PKI, secret_of

SIGN, AGREE = KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT


@pytest.fixture(params=["cpython:", "unix:", *PICO])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Board]:
    """A virgin device."""
    with ExitStack() as stack:
        try:
            target = stack.enter_context(targets.start(request.param, tmp_path / "flash"))
        except ToolMissing as missing:
            pytest.skip(str(missing))
        line = link.Link(ports.open_port(target.port), patience=target.patience)
        stack.callback(line.close)
        yield Board("board", line)


def provision(board: Board, device_type: str = "esme", **changes: Any) -> DeviceKeys:
    """Provision a device that shares a secret with the ACB, as vectors have it."""
    eui = {"esme": ESME, "gsme": GSME}[device_type]
    start = start_state(device_type, eui, PKI, HOLDERS, {}, "P-FLOOR")
    broker = PKI.credential(ACB.eui, AGREE).public_key
    keys = board.provision(replace(start, shared_secrets=((broker, secret_of(eui)),), **changes))
    board.set_clock(CLOCK)
    return keys


def certificate_in_use(board: Board, counter: int, usage: KeyUsage) -> object:
    plain = read_device_certificate(SUPPLIER_A.eui, ESME, counter, usage)
    (output,) = board.deliver(protected(plain, SUPPLIER_A).encode()).outputs
    return ReadCertificateResponse.decode(parse(output).payload).outcome


def test_behaviour_is_the_profiles_until_another_is_given(board: Board) -> None:
    virgin = board.behaviour()
    assert (virgin.profile, virgin.differences) == (None, {})
    assert {"P-FLOOR", "P-KEEP", "P-ZERO"} <= set(virgin.profiles)
    provision(board, settings={"time-checks": "never"})
    assert board.behaviour().differences == {"time-checks": "never"}
    changed = board.set_behaviour("P-KEEP", {"sequence-number": "not-checked"})
    assert (changed.profile, changed) == ("P-KEEP", board.behaviour())
    assert changed.differences == {
        **changed.profiles["P-KEEP"],
        "sequence-number": "not-checked",
    }
    board.reset()
    board.hello()
    assert board.behaviour() == changed


def test_every_setting_has_choices(board: Board) -> None:
    settings = board.behaviour().settings
    assert len(settings) > 20
    for name in settings:
        assert len(board.choices(name)) > 1
    assert board.choices("time-checks") == ("as-commanded", "never")
    with pytest.raises(DeviceError):
        board.choices("colour")


def test_a_virgin_device_takes_no_behaviour(board: Board) -> None:
    with pytest.raises(DeviceError) as refused:
        board.set_behaviour("P-KEEP")
    assert refused.value.code == "not-provisioned"


def test_a_device_is_certified_for_its_own_keys_alone(board: Board) -> None:
    keys = provision(board)
    own = AUTHORITY.device_certificate(ESME, keys.signing, SIGN)
    board.certify({SIGN: own})
    assert certificate_in_use(board, 1, SIGN) == own
    with pytest.raises(DeviceError) as refused:
        board.certify({AGREE: DEVICES[ESME][1].certificate})
    assert "another key" in str(refused.value)


def test_a_device_may_start_with_certificates(board: Board) -> None:
    provision(board, certificates={AGREE: DEVICES[ESME][1].certificate})
    assert certificate_in_use(board, 1, AGREE) == DEVICES[ESME][1].certificate


def test_the_security_log_tells_of_a_replay(board: Board) -> None:
    provision(board)
    command = esme_payment(True).command.encode()
    assert board.deliver(command).verdict == "accepted"
    assert board.deliver(command).verdict == "replay"
    (entry,) = board.security_log()
    assert (entry.at, entry.event) == (
        f"{CLOCK:%Y%m%d%H%M%S}",
        AlertCode.OTHER_AUTHORISATION_FAILURE,
    )
    assert entry.detail == "replay"


def test_the_payment_mode_is_device_state(board: Board) -> None:
    provision(board)
    assert board.state().payment == PaymentMode("credit", 0, 0)
    board.deliver(esme_payment(True).command.encode())
    assert board.state().payment == PaymentMode("prepayment", -500, 12)


def test_a_meter_may_start_in_prepayment(board: Board) -> None:
    provision(board, "gsme", payment_mode="prepayment", credit_terms=(9, 8, 7, 6))
    assert board.state().payment.mode == "prepayment"
    (output,) = board.deliver(gsme_payment(False).command.encode()).outputs
    assert parse(output).payload[-13:] == bytes.fromhex("09 08000000 07000000 06000000")
    assert board.state().payment.mode == "credit"
