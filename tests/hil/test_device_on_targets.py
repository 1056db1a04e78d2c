"""The device on emulated boards, over the link: power, restarts, bad input, little memory."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from board_rig import KINDS, Rig, plugged_in
from gbcs_hil.bench.board import DeviceState
from gbcs_hil.bench.start_state import HOLDERS, start_state
from gbcs_hil.errors import DeviceError
from gbcs_hil.gbcs.credential_responses import ReadResponse, UpdateAlert
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import AlertCode, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security import verify_signature
from gbcs_hil.smki.parties import GAS_NETWORK_B, SUPPLIER_A
from head_end import (
    EUI,
    HEAD_END,
    NETWORK_BY_NETWORK,
    NOW,
    PKI,
    SUPPLIER_BY_SUPPLIER,
    certificates,
    signing,
    statuses,
)
from hostile_messages import HANDOVER, HOSTILE, LAST, NETWORK, command
from made_certificates import (
    off_the_curve,
)

COUNTERS = {NETWORK: LAST, Role.SUPPLIER: LAST}
START = start_state("gpf", EUI, PKI, HOLDERS, COUNTERS, "P-FLOOR")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "unix":
        request.getfixturevalue("micropython")
    return str(request.param)


@pytest.fixture
def virgin(kind: str, tmp_path: Path) -> Iterator[Rig]:
    with plugged_in(kind, tmp_path / "flash") as rig:
        yield rig


@pytest.fixture
def rig(virgin: Rig) -> Rig:
    virgin.provision("gpf", COUNTERS)
    return virgin


def told(rig: Rig) -> dict[Role, int | None]:
    read = HEAD_END.read(1, Role.NETWORK_OPERATOR, Role.SUPPLIER)
    payload = HEAD_END.response(read, rig.accept(read), None).payload
    return {role.role: role.sequence_number for role in ReadResponse.decode(payload).roles}


def durable(state: DeviceState) -> tuple[Any, ...]:
    return (
        state.cells,
        state.counters,
        state.prepayment_floor,
        state.originator_counter,
        state.pending,
        state.epoch,
    )


@pytest.mark.parametrize("how", ["reset", "power"])
def test_a_handover_outlives_a_restart(rig: Rig, how: str) -> None:
    handover = command(1_700_000_000_123)
    done = HEAD_END.outcome(handover, rig.accept(handover))
    assert statuses(done) == [StatusCode.SUCCESS] * 2
    renewal = HEAD_END.update(
        SUPPLIER_BY_SUPPLIER,
        2**53 + 1,
        certificates(Role.SUPPLIER, SUPPLIER_A),
        floor=2**53 + 1,
        prepayment_floor=77,
    )
    rig.accept(renewal)
    before = rig.board.state()
    rig.restart(how)
    after = rig.board.state()
    assert durable(after) == durable(before)
    held = after.cells["networkOperator/digitalSignature"]
    assert (held.unique_id, held.ski) == (GAS_NETWORK_B.eui, signing(GAS_NETWORK_B).ski)
    assert told(rig) == {NETWORK: 1_700_000_000_123, Role.SUPPLIER: 2**53 + 1}
    assert after.prepayment_floor == 77
    assert rig.refuse(renewal) == "replay"
    assert rig.refuse(handover) == "not-authorised"
    by_successor = HEAD_END.update(
        NETWORK_BY_NETWORK, 1_700_000_000_123, HANDOVER, owner=GAS_NETWORK_B
    )
    assert rig.refuse(by_successor) == "replay"


@pytest.mark.parametrize("how", ["reset", "power"])
def test_a_waiting_command_outlives_a_restart(rig: Rig, how: str) -> None:
    later = NOW + timedelta(hours=1)
    handover = HEAD_END.update(NETWORK_BY_NETWORK, LAST + 1, HANDOVER, execution=later, floor=3)
    rig.accept(handover)
    rig.restart(how)
    assert rig.board.state().pending == ((0x0103, "20250601130000"),)
    (output,) = rig.board.set_clock(later).outputs
    message = parse(output)
    verify_signature(message, HEAD_END.signing_key)
    alert = UpdateAlert.decode(message.payload)
    assert (alert.alert_code, message.header.counter) == (AlertCode.FUTURE_DATED_SUCCESS, 2000)
    rig.restart(how)
    assert rig.board.set_clock(later).outputs == ()
    assert told(rig)[NETWORK] == 3
    assert rig.board.state().originator_counter == 2000


def test_the_device_makes_keys_of_its_own(virgin: Rig) -> None:
    keys = virgin.board.provision(START)
    assert len({keys.signing, keys.agreement, HEAD_END.signing_key}) == 3
    own = type(HEAD_END)(EUI, keys.signing, keys.agreement)
    read = own.read(1, Role.SUPPLIER)
    own.response(read, virgin.accept(read), None)
    virgin.board.set_clock(NOW)
    handover = own.update(NETWORK_BY_NETWORK, LAST + 1, HANDOVER)
    own.outcome(handover, virgin.accept(handover))


def test_a_device_is_provisioned_once(rig: Rig) -> None:
    before = rig.board.state()
    with pytest.raises(DeviceError) as caught:
        rig.provision()
    assert caught.value.code == "not-virgin"
    assert rig.board.state() == before
    rig.accept(command())


def test_each_erasure_raises_the_epoch(rig: Rig) -> None:
    rig.accept(command())
    for epoch in (1, 2):
        assert rig.board.erase() == epoch
        assert rig.board.hello()["condition"] == "virgin"
        assert rig.board.deliver(command()).verdict == "not-provisioned"
        rig.restart("power")
        assert (rig.board.hello()["condition"], rig.board.hello()["epoch"]) == ("virgin", epoch)
        rig.provision("gpf", COUNTERS)
        state = rig.board.state()
        assert (state.epoch, state.counters["networkOperator"]) == (epoch, LAST)


UNUSABLE: dict[str, dict[str, Any]] = {
    "no such type": {"type": "toaster"},
    "a type without the cells": {"type": "gsme"},
    "no cells": {"cells": {}},
    "a short EUI-64": {"eui": bytes(7)},
    "a cell that is no certificate": {
        "cells": {**START.cells, "supplier/digitalSignature": b"\x30\x00"}
    },
    "a certificate off the curve": {
        "cells": {
            **START.cells,
            "supplier/digitalSignature": off_the_curve(signing(SUPPLIER_A).certificate),
        }
    },
    "a key off the curve": {
        "cells": {
            **START.cells,
            "supplier/digitalSignature": {
                "public_key": b"\x04" + bytes(64),
                "unique_id": bytes(8),
                "ski": bytes(8),
            },
        }
    },
    "no such counter": {"counters": {"toaster": 1}},
    "a negative counter": {"counters": {"supplier": -1}},
    "no such profile": {"profile": "P-TOAST"},
    "no such setting": {"settings": {"floor": "polish"}},
    "a private key of zero": {"signing_key": bytes(32)},
    "a private key that is short": {"agreement_key": bytes(31)},
}


def test_what_cannot_be_provisioned_leaves_the_device_virgin(virgin: Rig) -> None:
    for name, changes in UNUSABLE.items():
        with pytest.raises(DeviceError) as caught:
            virgin.provision("gpf", COUNTERS, **changes)
        assert (name, caught.value.code) == (name, "bad-provisioning")
        assert (name, virgin.board.hello()["condition"]) == (name, "virgin")
        assert (name, virgin.board.hello()["type"]) == (name, None)
    virgin.provision("gpf", COUNTERS)
    virgin.accept(command())


WRONG_TYPES: dict[str, dict[str, Any]] = {
    "a type that is a number": {"type": 5},
    "an EUI-64 of text": {"eui": "00DB1234567890A3"},
    "cells that are no map": {"cells": [1]},
    "a cell of text": {"cells": {**START.cells, "supplier/digitalSignature": "text"}},
    "a cell that is a number": {"cells": {**START.cells, "supplier/digitalSignature": 5}},
    "counters that are no map": {"counters": 7},
    "a counter of text": {"counters": {"supplier": "7"}},
    "shared secrets that are no pairs": {"shared_secrets": [1]},
    "shared secrets that are no list": {"shared_secrets": 1},
    "shared secrets of text": {"shared_secrets": [["a", "b"]]},
    "shared secrets that are short": {"shared_secrets": [[bytes(65), bytes(31)]]},
    "a private key that is a number": {"signing_key": 5},
    "an own counter with nothing above it": {"originator_counter": 2**63},
    "an own counter of text": {"originator_counter": "7"},
    "a profile that is a number": {"profile": 7},
    "settings that are no map": {"settings": ["floor"]},
    "a setting that is a number": {"settings": {"floor": 7}},
    "credit terms that are too few": {"credit_terms": [1, 2, 3]},
    "credit terms of text": {"credit_terms": ["1", "2", "3", "4"]},
    "credit terms that no message holds": {"credit_terms": [256, 2, 3, 4]},
    "credit terms beyond 32 bits": {"credit_terms": [1, 2, 3, 2**32]},
    "negative credit terms": {"credit_terms": [1, 2, 3, -4]},
    "no such payment mode": {"payment_mode": "cash"},
    "a payment mode that is a number": {"payment_mode": 2},
    "a payment mode that is a list": {"payment_mode": []},
    "certificates that are no map": {"certificates": 7},
    "a certificate of text": {"certificates": {"digitalSignature": "text"}},
    "a certificate for no usage": {"certificates": {"keyCertSign": b""}},
    "a requested key that is short": {"requested_keys": {"digitalSignature": bytes(64)}},
}


def test_arguments_of_the_wrong_type_are_refused_too(virgin: Rig) -> None:
    for name, changes in WRONG_TYPES.items():
        with pytest.raises(DeviceError) as caught:
            virgin.provision("gpf", COUNTERS, **changes)
        assert (name, caught.value.code) == (name, "bad-provisioning")
        assert (name, virgin.board.hello()["condition"]) == (name, "virgin")
    virgin.provision("gpf", COUNTERS)
    virgin.accept(command())


def test_bad_input_is_discarded_for_the_same_reasons_everywhere(rig: Rig) -> None:
    """The table that the core is tested with, where MicroPython reads it."""
    too_long_for_the_link = {name for name, (_, make) in HOSTILE.items() if len(make()) > 6000}
    assert too_long_for_the_link == {"64 KB"}
    before = rig.board.state()
    verdicts = {}
    for name in HOSTILE:
        if name in too_long_for_the_link:
            continue
        delivery = rig.board.deliver(HOSTILE[name][1]())
        assert delivery.outputs == ()
        verdicts[name] = delivery.verdict
    assert verdicts == {name: HOSTILE[name][0] for name in verdicts}
    assert rig.board.state() == before
    rig.accept(command())
