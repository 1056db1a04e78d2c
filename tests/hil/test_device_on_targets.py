"""The device on emulated boards, over the link: power, restarts, bad input, little memory."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gbcs_hil.bench import targets
from gbcs_hil.bench.board import Board, DeviceState
from gbcs_hil.bench.link import Link
from gbcs_hil.bench.ports import open_port
from gbcs_hil.bench.start_state import HOLDERS, start_state
from gbcs_hil.bench.targets import Target
from gbcs_hil.errors import DeviceError
from gbcs_hil.gbcs.credential_responses import ReadResponse, UpdateAlert
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import AlertCode, StatusCode
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.security import verify_signature
from gbcs_hil.smki.parties import GAS_NETWORK_B, SUPPLIER_A
from head_end import (
    AGREEMENT_KEY,
    EUI,
    HEAD_END,
    NETWORK_BY_NETWORK,
    NOW,
    PKI,
    SIGNING_KEY,
    SUPPLIER_BY_SUPPLIER,
    certificates,
    off_the_curve,
    signing,
    statuses,
)
from hostile_messages import HANDOVER, HOSTILE, LAST, NETWORK, command

COUNTERS = {NETWORK: LAST, Role.SUPPLIER: LAST}
START = start_state("gpf", EUI, PKI, HOLDERS, COUNTERS, "P-FLOOR")


@dataclass
class Rig:
    """A board and the line to it, which a loss of power takes away."""

    target: Target
    lines: ExitStack = field(default_factory=ExitStack)
    link: Link = field(init=False)
    board: Board = field(init=False)

    def __post_init__(self) -> None:
        self.plug_in()

    def plug_in(self) -> None:
        self.link = Link(open_port(self.target.port))
        self.lines.callback(self.link.close)
        self.board = Board("board", self.link)

    def provision(self, **changes: Any) -> None:
        """Provision the device `EUI`, with keys for which messages are ready."""
        arguments = {
            "type": START.device_type,
            "eui": START.eui,
            "cells": dict(START.cells),
            "counters": dict(START.counters),
            "originator_counter": 1999,
            "signing_key": SIGNING_KEY,
            "agreement_key": AGREEMENT_KEY,
            **changes,
        }
        self.link.request("provision", deadline=60, **arguments)
        self.board.set_clock(NOW)

    def restart(self, how: str) -> None:
        if how == "reset":
            self.board.reset()
        else:
            self.target.power_off()
            self.target.power_on()
            self.plug_in()
        self.board.hello()
        self.board.set_clock(NOW)

    def accept(self, message: bytes) -> bytes:
        delivery = self.board.deliver(message)
        assert (delivery.verdict, delivery.detail) == ("accepted", "")
        (output,) = delivery.outputs
        return output

    def refuse(self, message: bytes) -> str:
        """Deliver a message that has to be refused, to no effect; return the reason."""
        before = self.board.state()
        delivery = self.board.deliver(message)
        assert delivery.outputs == ()
        assert not delivery.accepted
        assert self.board.state() == before
        return delivery.verdict


@pytest.fixture(params=["cpython", "unix"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "unix":
        request.getfixturevalue("micropython")
    return str(request.param)


@pytest.fixture
def virgin(kind: str, tmp_path: Path) -> Iterator[Rig]:
    with targets.start(kind, tmp_path / "flash") as target:
        rig = Rig(target)
        with rig.lines:
            yield rig


@pytest.fixture
def rig(virgin: Rig) -> Rig:
    virgin.provision()
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
    assert rig.refuse(handover) == "bad-signature"
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
        rig.provision()
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
            virgin.provision(**changes)
        assert (name, caught.value.code) == (name, "bad-provisioning")
        assert (name, virgin.board.hello()["condition"]) == (name, "virgin")
        assert (name, virgin.board.hello()["type"]) == (name, None)
    virgin.provision()
    virgin.accept(command())


WRONG_TYPES: dict[str, dict[str, Any]] = {
    "a cell of text": {"cells": {**START.cells, "supplier/digitalSignature": "text"}},
    "shared secrets that are no pairs": {"shared_secrets": [1]},
    "a private key that is a number": {"signing_key": 5},
    "an own counter with nothing above it": {"originator_counter": 2**64 - 1},
}


@pytest.mark.xfail(strict=True, reason="the bench port trusts the types of some arguments")
@pytest.mark.parametrize("name", WRONG_TYPES)
def test_arguments_of_the_wrong_type_are_refused_too(virgin: Rig, name: str) -> None:
    with pytest.raises(DeviceError) as caught:
        virgin.provision(**WRONG_TYPES[name])
    assert caught.value.code == "bad-provisioning"


def test_bad_input_is_discarded_for_the_same_reasons_everywhere(rig: Rig) -> None:
    """The table that the core is tested with, where MicroPython reads it."""
    too_long_for_the_link = {name for name, (_, make) in HOSTILE.items() if len(make()) > 6000}
    assert too_long_for_the_link == {"64 KB"}
    before = rig.board.state()
    verdicts = {}
    for name in HOSTILE.keys() - too_long_for_the_link:
        delivery = rig.board.deliver(HOSTILE[name][1]())
        assert delivery.outputs == ()
        verdicts[name] = delivery.verdict
    assert verdicts == {name: HOSTILE[name][0] for name in verdicts}
    assert rig.board.state() == before
    rig.accept(command())


FREE_HEAP = 64 * 1024


def test_a_command_of_2_kb_needs_less_than_64_kb_of_free_heap(
    micropython: object, tmp_path: Path
) -> None:
    """A smaller board than the emulated one: its heap is cut until 48 KB are free."""
    flash = tmp_path / "flash"
    with targets.start("unix", flash) as target:
        rig = Rig(target)
        with rig.lines:
            rig.provision()
            spare = rig.board.stats()["heap"]["free"] - 3 * FREE_HEAP // 4
    command_line, variables = targets.unix("-m", "gbcs_device.boards.unix", str(flash))
    option = next(n for n, argument in enumerate(command_line) if argument.startswith("heapsize="))
    heap = int(command_line[option].removeprefix("heapsize=").removesuffix("k")) * 1024
    command_line[option] = f"heapsize={heap - spare}"
    with Target("small", command_line, variables) as target:
        rig = Rig(target)
        with rig.lines:
            rig.board.set_clock(NOW)
            handover = HEAD_END.update(
                SUPPLIER_BY_SUPPLIER,
                LAST + 1,
                certificates(Role.SUPPLIER, SUPPLIER_A),
                prepayment_floor=2,
                floor=LAST + 1,
            )
            assert len(handover) > 1900
            assert rig.board.stats()["heap"]["free"] < FREE_HEAP
            done = HEAD_END.outcome(handover, rig.accept(handover))
            assert statuses(done) == [StatusCode.SUCCESS] * 3
            assert rig.board.stats()["heap"]["free"] < FREE_HEAP
            assert told(rig)[Role.SUPPLIER] == LAST + 1
            assert rig.refuse(handover) == "replay"
