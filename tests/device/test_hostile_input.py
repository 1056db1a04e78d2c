"""What is no good is discarded: nothing comes back, nothing changes, the device goes on."""

import pytest
from rig import ACCEPTED, Medium, Rig, provisioned

from gbcs_device import store
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.gbcs.names import StatusCode
from gbcs_hil.smki.parties import (
    GAS_NETWORK_A,
    GAS_NETWORK_B,
    SUPPLIER_A,
)
from head_end import (
    HEAD_END,
    NETWORK_BY_NETWORK,
    SUPPLIER_BY_SUPPLIER,
    certificates,
    role_cells,
    signing,
    statuses,
)
from hostile_messages import HOSTILE, LAST, NETWORK, command
from made_certificates import (
    off_the_curve,
)

NO_DS, NO_KA = role_cells(NETWORK)
START = provisioned("gpf", {NETWORK: LAST, Role.SUPPLIER: LAST})


def started() -> Rig:
    return Rig(Medium(START.medium.files), HEAD_END)


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_discarded_and_the_device_goes_on(name: str) -> None:
    verdict, make = HOSTILE[name]
    rig = started()
    assert rig.refuse(make()) == verdict
    good = command()
    assert statuses(HEAD_END.outcome(good, rig.accept(good))) == [StatusCode.SUCCESS] * 2


def test_all_of_it_in_a_row_changes_nothing() -> None:
    rig = started()
    for verdict, make in HOSTILE.values():
        assert rig.refuse(make()) == verdict
    assert rig.medium.files == START.medium.files
    rig.accept(command())


@pytest.mark.parametrize("restart", [False, True])
def test_an_accepted_command_is_not_accepted_again(restart: bool) -> None:
    rig = started()
    good = command()
    rig.accept(good)
    if restart:
        rig.restart()
    # The network operator has changed, so its name is the first to be missed; the
    # supplier's command is a pure replay.
    assert rig.refuse(good) == "not-authorised"
    renewal = HEAD_END.update(
        SUPPLIER_BY_SUPPLIER, LAST + 1, certificates(Role.SUPPLIER, SUPPLIER_A)
    )
    rig.accept(renewal)
    if restart:
        rig.restart()
    assert rig.refuse(renewal) == "replay"


def test_a_point_off_the_curve_gets_into_no_cell() -> None:
    """It is the certificate that is bad, so the command is answered."""
    rig = started()
    certificate = off_the_curve(signing(GAS_NETWORK_B).certificate)
    bad = HEAD_END.update(NETWORK_BY_NETWORK, LAST + 1, [(certificate, NO_DS)])
    outcome = HEAD_END.outcome(bad, rig.accept(bad))
    assert statuses(outcome) == [StatusCode.BAD_CERTIFICATE]
    assert rig.in_cell(NO_DS) == (GAS_NETWORK_A.eui, signing(GAS_NETWORK_A).public_key)
    rig.accept(command(LAST + 2))


def test_a_virgin_device_refuses_everything() -> None:
    rig = started()
    virgin = Rig(Medium({"marker": _virgin_marker()}), HEAD_END)
    for message in (command(), HEAD_END.read(1, NETWORK), b""):
        assert virgin.refuse(message) == "not-provisioned"
    assert rig.deliver(HEAD_END.read(1, NETWORK)).verdict == ACCEPTED


def _virgin_marker() -> bytes:
    medium = Medium()
    store.manufacture(medium)
    return medium.files["marker"]


def test_a_device_whose_store_is_lost_refuses_everything() -> None:
    rig = started()
    del rig.medium.files["record"]
    rig.restart()
    for message in (command(), HEAD_END.read(1, NETWORK), b""):
        assert rig.refuse(message) == "store-lost"
