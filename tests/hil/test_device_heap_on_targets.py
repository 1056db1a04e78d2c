"""What a small board has to get by with: the emulated MicroPython board with little heap free."""

import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from board_rig import PICO, Rig, plugged_in
from gbcs_hil.bench import precompiled, targets
from gbcs_hil.bench.micropython import firmware_path
from gbcs_hil.bench.stores import STORES
from gbcs_hil.gbcs.credential_responses import ReadResponse
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.names import StatusCode
from gbcs_hil.gbcs.payment_mode import Prepayment, esme_payment_mode
from gbcs_hil.gbcs.trust_anchors import ACB_KEY_AGREEMENT
from gbcs_hil.smki.parties import (
    ACB,
    GAS_NETWORK_A,
    RECOVERY,
    SUPPLIER_A,
    TRANSITIONAL_COS,
)
from head_end import (
    ACB_BY_ACB,
    BY_RECOVERY,
    COS_BY_COS,
    EUI,
    HEAD_END,
    NETWORK_BY_NETWORK,
    NOW,
    SUPPLIER_BY_COS,
    SUPPLIER_BY_SUPPLIER,
    agreement,
    certificates,
    signing,
    statuses,
)
from hostile_messages import HOSTILE
from made_certificates import (
    recovered,
)

TIGHT_HEAP = 186 * 1024
"""What the messages below have to get by with; an emulated board has a little more."""

IDLE_FREE = 64 * 1024
"""What a provisioned device has to leave free: a use case is compiled there when its command
comes (36 KB for the largest), and works on the command there."""

LATER = NOW + timedelta(hours=1)
OK = StatusCode.SUCCESS


@pytest.fixture(params=["unix", *PICO])
def esme(
    request: pytest.FixtureRequest,
    micropython: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rig]:
    """An ESME: it has more code and more cells than any other device, so the least is free."""
    monkeypatch.setattr(targets, "HEAP", TIGHT_HEAP)
    flash = tmp_path / "flash"
    with plugged_in(request.param, flash) as rig:
        rig.provision("esme")
        yield rig


@pytest.fixture
def esme_from_source(
    micropython: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rig]:
    """An ESME where nothing compiles the firmware but the board itself."""
    monkeypatch.setattr(precompiled, "firmware", firmware_path)
    with plugged_in("unix", tmp_path / "flash") as rig:
        rig.provision("esme")
        yield rig


@pytest.mark.parametrize("kind", ["unix", *PICO])
@pytest.mark.parametrize("device_type", ["esme", "gpf", "gsme"])
def test_an_idle_device_leaves_room_for_its_use_cases(
    micropython: object, tmp_path: Path, device_type: str, kind: str
) -> None:
    with plugged_in(kind, tmp_path / "flash") as rig:
        rig.provision(device_type)
        assert rig.board.stats()["heap"]["free"] >= IDLE_FREE


OWN_CODE = {"lfs": 0, "raw2": 4096, "nvs": 2048}
"""What a store's module takes of that: a medium of the firmware's own, no model of hardware."""


@pytest.mark.parametrize("store", STORES)
def test_a_device_on_any_store_leaves_the_same_room_but_for_its_code(
    micropython: object, tmp_path: Path, store: str
) -> None:
    with plugged_in(f"unix:?store={store}", tmp_path / "flash") as rig:
        rig.provision("esme")
        assert rig.board.stats()["heap"]["free"] >= IDLE_FREE - OWN_CODE[store]


MODELS = """
import gc, sys
from gbcs_device.boards import flash_store, nor_flash
from gbcs_device.borrowed import Borrowed

def held():
    gc.collect()
    return gc.mem_alloc()

flash_store._make(sys.argv[1])
flash = nor_flash.NorFlash(sys.argv[1])
at = held()
from gbcs_device.boards.fault import Fault
flash.fault = Fault(flash, 0, 0, 0)
print(held() - at)
at = held()
from gbcs_device.boards.nvs_model import NVS
with Borrowed("boards.nvs_recovery"):
    space = NVS(flash)
# What an ESME has: cells, keys, identity, record, marker, index.
for number in range(14):
    space.set_blob("%011d" % number, bytes(200))
print(held() - at)
"""


def test_no_more_heap_is_added_than_the_models_of_hardware_take(
    micropython: object, tmp_path: Path
) -> None:
    script = tmp_path / "models.py"
    script.write_text(MODELS)
    command, variables = targets.unix(str(script), str(tmp_path / "flash"), heap=400 * 1024)
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60
    )
    fault, nvs = (int(line) for line in done.stdout.split())
    assert fault >= targets.FAULTS
    assert targets.MODELS["nvs"] <= nvs


def renewal(counter: int) -> bytes:
    command = HEAD_END.update(
        SUPPLIER_BY_SUPPLIER,
        counter,
        certificates(Role.SUPPLIER, SUPPLIER_A),
        prepayment_floor=2,
        floor=counter,
    )
    assert len(command) > 1900
    return command


def test_commands_of_2_kb_one_after_the_other(esme: Rig) -> None:
    for counter in range(1, 9):
        command = renewal(counter)
        assert statuses(HEAD_END.outcome(command, esme.accept(command))) == [OK] * 3
        assert esme.refuse(command) == "replay"
    read = HEAD_END.read(1, Role.SUPPLIER)
    payload = HEAD_END.response(read, esme.accept(read), None).payload
    assert ReadResponse.decode(payload).roles[0].sequence_number == 8


def test_every_use_case(esme: Rig) -> None:
    prepayment = Prepayment(-500, suspend_debt_emergency=True)
    for counter, message in enumerate(
        [
            HEAD_END.unprotected(0x000A, SUPPLIER_A.eui, 1, bytes.fromhex("3004 0302 0780")),
            esme_payment_mode(SUPPLIER_A.eui, EUI, 2, prepayment),
            esme_payment_mode(SUPPLIER_A.eui, EUI, 3, prepayment, LATER),
            HEAD_END.unprotected(0x000C, SUPPLIER_A.eui, 4, bytes.fromhex("3004 0302 0780")),
        ]
    ):
        assert message.header.counter == counter + 1
        esme.accept(HEAD_END.protect(message, signing(SUPPLIER_A)))
    assert len(esme.tick(LATER)) == 2


def test_a_recovery_of_every_cell(esme: Rig) -> None:
    recover_every_cell(esme)


def test_a_recovery_of_every_cell_executes_after_a_busy_time(esme: Rig) -> None:
    """What commands and refusals leave behind is not to cut the heap into small pieces."""
    for counter in range(1, 25):
        command = renewal(counter)
        esme.accept(command)
        esme.refuse(command)
        esme.refuse(HOSTILE["the wrong target"][1]())
    pairs = [(new.certificate, new.cell) for new in recovered("esme")]
    command = HEAD_END.update(BY_RECOVERY, 1, pairs, floor=0, execution=LATER)
    assert len(command) > 4000
    esme.accept(command)
    assert len(esme.tick(LATER)) == 1
    assert esme.board.state().counters["recovery"] == 0


def recover_every_cell(esme: Rig) -> None:
    """Send the largest command of the reference: eight certificates and their issuer's."""
    esme.accept(renewal(1))
    pairs = [(new.certificate, new.cell) for new in recovered("esme")]
    command = HEAD_END.update(BY_RECOVERY, 1, pairs, floor=0)
    assert len(command) > 4000
    assert statuses(HEAD_END.outcome(command, esme.accept(command))) == [OK] * 8
    assert esme.refuse(renewal(2)) == "not-authorised"


def test_a_recovery_of_every_cell_from_source(esme_from_source: Rig) -> None:
    recover_every_cell(esme_from_source)


def test_a_command_of_every_code_from_source(esme_from_source: Rig) -> None:
    have_a_command_of_every_code_wait(esme_from_source)


def test_hostile_messages_of_4_kb(esme: Rig) -> None:
    for _ in range(3):
        for name in ("DER 900 deep", "zeros", "twice"):
            verdict, make = HOSTILE[name]
            assert esme.refuse(make()) == verdict
        assert esme.refuse(bytes(4096)) == "malformed"
        assert esme.refuse(b"\xdd" * 5000) == "malformed"
    esme.accept(renewal(1))


def test_a_command_of_every_code_waits_and_executes(esme: Rig) -> None:
    """As large as they usually are; what waits is not to take the memory of what comes."""
    have_a_command_of_every_code_wait(esme)


def have_a_command_of_every_code_wait(esme: Rig) -> None:
    updates = {
        SUPPLIER_BY_SUPPLIER: certificates(Role.SUPPLIER, SUPPLIER_A),
        NETWORK_BY_NETWORK: certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_A),
        ACB_BY_ACB: [(agreement(ACB).certificate, ACB_KEY_AGREEMENT)],
        COS_BY_COS: certificates(Role.TRANSITIONAL_COS, TRANSITIONAL_COS),
        SUPPLIER_BY_COS: certificates(Role.SUPPLIER, SUPPLIER_A),
        BY_RECOVERY: [
            *certificates(Role.RECOVERY, RECOVERY),
            *certificates(Role.SUPPLIER, SUPPLIER_A),
            *certificates(Role.NETWORK_OPERATOR, GAS_NETWORK_A),
        ],
    }
    for mode, pairs in updates.items():
        esme.accept(HEAD_END.update(mode, 10 + mode, pairs, execution=LATER))
    for counter, prepayment in ((50, None), (51, Prepayment(5))):
        message = esme_payment_mode(SUPPLIER_A.eui, EUI, counter, prepayment, LATER)
        esme.accept(HEAD_END.protect(message, signing(SUPPLIER_A)))
    esme.accept(renewal(52))
    esme.restart("power")
    assert len(esme.board.state().pending) == 8
    esme.accept(renewal(53))
    assert len(esme.tick(LATER)) == 9
    esme.accept(renewal(54))
