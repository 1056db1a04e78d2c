"""A board has the defects that the bench gives it, through restarts, until they are taken away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from board_rig import KINDS, Rig, plugged_in
from gbcs_hil.bench import defects
from gbcs_hil.errors import DeviceError
from gbcs_hil.gbcs.names import RemotePartyRole as Role
from gbcs_hil.smki.parties import GAS_NETWORK_A
from head_end import HEAD_END, NETWORK_BY_NETWORK, certificates

NETWORK = Role.NETWORK_OPERATOR


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    if request.param == "unix":
        request.getfixturevalue("micropython")
    with plugged_in(request.param, tmp_path / "flash") as rig:
        yield rig


def renewal(counter: int) -> bytes:
    pairs = certificates(NETWORK, GAS_NETWORK_A)
    return HEAD_END.update(NETWORK_BY_NETWORK, counter, pairs)


def verdict(rig: Rig, counter: int) -> str:
    return rig.board.deliver(renewal(counter)).verdict


def test_a_defect_is_given_stays_and_is_taken_away(rig: Rig) -> None:
    rig.provision("esme")
    assert [verdict(rig, 10), verdict(rig, 10)] == ["accepted", "replay"]
    rig.board.set_defects(["D1"])
    assert rig.board.hello()["defects"] == ["D1"]
    assert verdict(rig, 10) == "accepted"
    rig.board.reset()
    rig.board.hello()
    assert verdict(rig, 10) == "accepted"
    rig.board.set_defects([])
    assert rig.board.hello()["defects"] == []
    assert verdict(rig, 10) == "replay"


def test_an_esme_has_room_for_each_defect(rig: Rig) -> None:
    rig.provision("esme")
    for number, name in enumerate(defects.catalogue()):
        rig.board.set_defects([name])
        assert verdict(rig, 1000 * (number + 1)) == "accepted"


def test_a_device_can_be_provisioned_with_defects(rig: Rig) -> None:
    rig.provision("gpf", defects=["D1", "D4"])
    assert rig.board.hello()["defects"] == ["D1", "D4"]
    assert [verdict(rig, 10), verdict(rig, 10)] == ["accepted", "accepted"]


@pytest.mark.parametrize("names", [["D22"], ["d1"], "D1", [1]])
def test_another_defect_is_refused(rig: Rig, names: Any) -> None:
    rig.provision("gpf")
    with pytest.raises(DeviceError, match="defect"):
        rig.link.request("defects", deadline=10, defects=names)


def test_a_virgin_device_takes_no_defects(rig: Rig) -> None:
    with pytest.raises(DeviceError, match="virgin"):
        rig.board.set_defects(["D1"])
