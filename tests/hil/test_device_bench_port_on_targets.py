"""What only the bench asks of a device: its profile, its Security Log, its own certificates."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from board_rig import KINDS, Rig, plugged_in
from gbcs_device.profile import PROFILES, SETTINGS, choices
from gbcs_hil.bench.start_state import HOLDERS, start_state
from gbcs_hil.errors import DeviceError
from gbcs_hil.gbcs.message import Message, parse
from gbcs_hil.gbcs.names import KeyUsage
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.payment_mode import gsme_payment_mode
from gbcs_hil.smki.parties import ACB, GAS_NETWORK_A, SUPPLIER_A
from head_end import (
    AUTHORITY,
    EUI,
    HEAD_END,
    NETWORK_BY_NETWORK,
    NOW,
    PKI,
    HeadEnd,
    agreement,
    signing,
)
from hostile_messages import HANDOVER, HOSTILE, LAST, NETWORK, command
from made_certificates import (
    off_the_curve,
)

CHOICES = {setting: choices(setting) for setting in SETTINGS}

COUNTERS = {NETWORK: LAST, Role.SUPPLIER: LAST}
DS, KA = KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT


@dataclass(frozen=True)
class KnownSecret(HeadEnd):
    """A head end that shares a secret with the device which no key pair makes."""

    known: bytes = b""

    @property
    def secret(self) -> bytes:
        return self.known


@pytest.fixture(params=KINDS)
def virgin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    if request.param == "unix":
        request.getfixturevalue("micropython")
    with plugged_in(request.param, tmp_path / "flash") as rig:
        yield rig


@pytest.fixture
def rig(virgin: Rig) -> Rig:
    virgin.provision("gpf", COUNTERS)
    return virgin


def refused(rig: Rig, op: str, **arguments: Any) -> str:
    """Have an operation refused, to no effect; return the code of the error."""
    before = rig.board.behaviour()
    with pytest.raises(DeviceError) as caught:
        rig.link.request(op, deadline=60, **arguments)
    assert rig.board.behaviour() == before
    return str(caught.value.code)


def test_every_setting_is_listed_with_its_values(virgin: Rig) -> None:
    told = virgin.board.behaviour()
    assert sorted(told.settings) == sorted(SETTINGS)
    assert told.profiles == PROFILES
    assert told.profile is None
    for setting, values in CHOICES.items():
        assert virgin.board.choices(setting) == tuple(values)


def test_a_profile_is_changed_and_outlives_a_restart(rig: Rig) -> None:
    assert (rig.board.behaviour().profile, rig.board.behaviour().differences) == ("P-FLOOR", {})
    before = rig.board.state()
    settings = {"time-checks": "never", "floor": "apply"}
    told = rig.board.set_behaviour("P-KEEP", settings)
    assert (told.profile, told.differences) == ("P-KEEP", {"time-checks": "never"})
    after = rig.board.state()
    assert (after.cells, after.counters) == (before.cells, before.counters)
    for how in ("reset", "power"):
        rig.restart(how)
        told = rig.board.behaviour()
        assert (told.profile, told.differences) == ("P-KEEP", {"time-checks": "never"})


def test_a_changed_profile_counts_at_once(rig: Rig) -> None:
    keep = HEAD_END.update(NETWORK_BY_NETWORK, LAST + 1, HANDOVER, floor=3)
    rig.board.set_behaviour("P-KEEP")
    rig.accept(keep)
    assert rig.board.state().counters["networkOperator"] == LAST + 1
    rig.board.set_behaviour("P-FLOOR", {"replay-event": "8F60", "replay-alert": "supplier"})
    delivery = rig.board.deliver(HOSTILE["the last counter"][1]())
    assert delivery.verdict == "not-authorised"
    read = HEAD_END.command(0x000C, LAST, bytes.fromhex("3004 0302 0780"))
    delivery = rig.board.deliver(read)
    assert delivery.verdict == "replay"
    (output,) = delivery.outputs
    assert bytes.fromhex("010900 8F60") in parse(output).payload


def test_a_profile_is_given_with_the_start_state_too(virgin: Rig) -> None:
    virgin.provision("gpf", COUNTERS, profile="P-ZERO", settings={"der-lengths": "tolerant"})
    told = virgin.board.behaviour()
    assert told.profile == "P-ZERO"
    assert told.differences == {"owner-change": "reset-counter", "der-lengths": "tolerant"}


REFUSED: dict[str, dict[str, Any]] = {
    "no such profile": {"profile": "P-TOAST"},
    "no such setting": {"profile": "P-FLOOR", "settings": {"toast": "on"}},
    "no such value": {"profile": "P-FLOOR", "settings": {"floor": "polish"}},
    "a value that is a number": {"profile": "P-FLOOR", "settings": {"floor": 1}},
    "settings that are no map": {"profile": "P-FLOOR", "settings": ["floor"]},
    "a profile that is a number": {"profile": 1},
    "a profile that is nothing": {"profile": None},
    "another set of cells": {"profile": "P-FLOOR", "settings": {"gpf-prepayment-cell": "absent"}},
}


def test_what_there_is_not_changes_nothing(rig: Rig) -> None:
    codes = {name: refused(rig, "behaviour", **arguments) for name, arguments in REFUSED.items()}
    assert codes == dict.fromkeys(REFUSED, "bad-provisioning")


def test_a_virgin_device_takes_no_profile(virgin: Rig) -> None:
    assert refused(virgin, "behaviour", profile="P-KEEP") == "not-provisioned"
    assert virgin.board.hello()["condition"] == "virgin"


def test_only_settings_have_choices(rig: Rig) -> None:
    for setting in ("toast", "", 5, None, ["floor"], {"floor": 1}):
        assert refused(rig, "choices", setting=setting) == "bad-request"


def test_a_profile_that_changes_does_not_hold_up_what_waits(rig: Rig) -> None:
    """A command that the present profile would not take is dropped or done, not retried."""
    rig.board.set_behaviour("P-FLOOR", {"der-lengths": "tolerant"})
    later = NOW + timedelta(hours=1)
    plain = HEAD_END.pre_command(NETWORK_BY_NETWORK, LAST + 1, [], path=[], execution=later)
    assert plain.payload[1] < 0x80
    longer = plain.payload[:1] + b"\x81" + plain.payload[1:]
    made = HEAD_END.protect(Message(plain.header, longer), signing(GAS_NETWORK_A))
    rig.accept(made)
    rig.board.set_behaviour("P-FLOOR")
    assert rig.board.set_clock(later).verdict == "accepted"
    assert rig.board.state().pending == ()
    assert rig.tick(later) == ()


def test_the_log_is_read_and_ends_with_the_power(rig: Rig) -> None:
    assert rig.board.security_log() == ()
    rig.refuse(HOSTILE["the last counter"][1]())
    rig.accept(command())
    log = rig.board.security_log()
    assert [(entry.at, entry.event) for entry in log] == [
        ("20250601120000", 0x8F53),
        ("20250601120000", 0x8F70),
        ("20250601120000", 0x8F70),
    ]
    rig.restart("reset")
    assert rig.board.security_log() == ()


def test_the_log_of_a_virgin_device_is_empty(virgin: Rig) -> None:
    virgin.board.deliver(command())
    assert virgin.board.security_log() == ()


# -- certify -------------------------------------------------------------------------------


def certificate(usage: KeyUsage, key: bytes | None = None) -> bytes:
    own = {DS: HEAD_END.signing_key, KA: HEAD_END.agreement_key}
    return AUTHORITY.device_certificate(EUI, key or own[usage], usage)


def held(rig: Rig, usage: KeyUsage, counter: int) -> bytes:
    bits = {DS: "0780", KA: "0308"}[usage]
    asked = HEAD_END.command(0x000C, counter, bytes.fromhex("3004 0302" + bits))
    return HEAD_END.response(asked, rig.accept(asked), None).payload


def test_a_device_is_certified_by_its_manufacturer(rig: Rig) -> None:
    rig.board.certify({DS: certificate(DS)})
    rig.restart("power")
    assert held(rig, DS, LAST + 1) == certificate(DS)
    assert held(rig, KA, LAST + 2) == b"\x02\x01\x02"
    rig.board.certify({KA: certificate(KA)})
    assert held(rig, DS, LAST + 3) == certificate(DS)
    assert held(rig, KA, LAST + 4) == certificate(KA)


def test_a_device_is_not_certified_with_what_is_none(rig: Rig) -> None:
    wrong: dict[str, Any] = {
        "another key": {"digitalSignature": certificate(DS, HEAD_END.agreement_key)},
        "rubbish": {"digitalSignature": b"\x30\x00"},
        "no octets": {"digitalSignature": b""},
        "text": {"digitalSignature": "text"},
        "a number": {"keyAgreement": 7},
        "off the curve": {"digitalSignature": off_the_curve(certificate(DS))},
        "no usage of a device's": {"keyCertSign": certificate(DS)},
        "no map": [certificate(DS)],
    }
    codes = {name: refused(rig, "certify", certificates=given) for name, given in wrong.items()}
    assert codes == dict.fromkeys(wrong, "bad-provisioning")
    assert held(rig, DS, LAST + 1) == b"\x02\x01\x02"


def test_a_virgin_device_is_not_certified(virgin: Rig) -> None:
    given = {"digitalSignature": certificate(DS)}
    assert refused(virgin, "certify", certificates=given) == "not-provisioned"


# -- start states --------------------------------------------------------------------------


def test_a_gpf_may_be_without_a_prepayment_cell(virgin: Rig) -> None:
    settings = {"gpf-prepayment-cell": "absent"}
    with pytest.raises(DeviceError, match="no cell supplier/keyAgreement/prepaymentTopUp"):
        virgin.provision("gpf", settings=settings)
    start = start_state("gpf", EUI, PKI, HOLDERS, {}, "P-FLOOR")
    cells = {name: cell for name, cell in start.cells.items() if "prepayment" not in name}
    with pytest.raises(DeviceError, match="nothing for cell supplier/keyAgreement/prepayment"):
        virgin.provision("gpf", cells=cells)
    virgin.provision("gpf", cells=cells, settings=settings)
    virgin.restart("power")
    assert virgin.board.state().cells.keys() == cells.keys()


def test_what_a_reference_vector_presupposes_is_provisioned(virgin: Rig) -> None:
    """Certificates, a key pair that waits, a shared secret, and what a GSME answers."""
    waiting = AUTHORITY.device(EUI, generation=9)[0]
    broker = agreement(ACB).public_key
    made_up = bytes(range(32))
    virgin.provision(
        "gsme",
        {Role.SUPPLIER: LAST},
        certificates={"keyAgreement": certificate(KA)},
        requested_keys={"digitalSignature": waiting.public_key},
        shared_secrets=[[broker, made_up]],
        credit_terms=[255, 2**32 - 1, 0, 7],
        payment_mode="prepayment",
    )
    virgin.restart("power")
    virgin.board.set_clock(NOW)
    head_end = KnownSecret(EUI, HEAD_END.signing_key, HEAD_END.agreement_key, known=made_up)

    def ask(code: int, counter: int, payload: bytes) -> bytes:
        asked = head_end.command(code, LAST + counter, payload)
        return head_end.response(asked, virgin.accept(asked), None).payload

    assert ask(0x000C, 1, bytes.fromhex("3004 0302 0308")) == certificate(KA)
    assert ask(0x000B, 2, waiting.certificate) == b"\x02\x01\x00"
    # The private key of a vector's key pair is nobody's: the device goes on with its own.
    assert ask(0x000C, 3, bytes.fromhex("3004 0302 0780")) == waiting.certificate
    change = gsme_payment_mode(SUPPLIER_A.eui, EUI, LAST + 4, None, NOW)
    asked = head_end.protect(change, signing(SUPPLIER_A))
    answer = head_end.response(asked, virgin.accept(asked), NOW)
    assert answer.payload.endswith(bytes.fromhex("FF FFFFFFFF 00000000 07000000"))


# -- the rest ------------------------------------------------------------------------------


def test_a_time_that_is_none_is_refused(rig: Rig) -> None:
    for now in (
        None,
        20250601120000,
        "",
        "20250601",
        "20250601 12:00",
        "20251301000000",
        "20250632000000",
        "20250601240000",
        "2025060112000x",
        "202506011200000",
    ):
        assert refused(rig, "tick", now=now) == "bad-request"
    assert rig.board.state().now == "20250601120000"


def test_what_is_no_request_is_refused(rig: Rig) -> None:
    for message in (None, 7, "text", ["text"]):
        assert refused(rig, "deliver", message=message) == "bad-request"
    for op in ("toast", "Hello", ""):
        assert refused(rig, op) == "unknown-operation"
