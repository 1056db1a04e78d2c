"""The flash of an emulated board as the bench reaches it: stores by name, faults, damage."""

from pathlib import Path
from typing import Any

import pytest

from board_rig import Rig, plugged_in
from gbcs_hil.bench import flash_faults
from gbcs_hil.bench.flash_faults import Fault, Tear
from gbcs_hil.bench.stores import BAD_STORES, STORES
from gbcs_hil.bench.targets import parse
from gbcs_hil.errors import BadInput, BoardLost, DeviceError
from gbcs_hil.wear.measure import COUNTER, LIMITS, measure
from hostile_messages import LAST, NETWORK, command

FLASHES = ("unix:", "cpython:?store=lfs")


@pytest.fixture(params=FLASHES)
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "unix:":
        request.getfixturevalue("micropython")
    return str(request.param)


@pytest.mark.parametrize("board", ["unix", "cpython"])
def test_a_board_says_which_store_it_has(
    board: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if board == "unix":
        request.getfixturevalue("micropython")
    for store in STORES + BAD_STORES:
        with plugged_in(f"{board}:?store={store}", tmp_path / store) as rig:
            rig.provision()
            said = store + (" (deliberately bad)" if store in BAD_STORES else "")
            assert (rig.board.hello()["store"], rig.board.state().store) == (said, said)


def test_a_board_has_a_store_of_its_own(micropython: object, tmp_path: Path) -> None:
    for board, store in (("unix", "lfs"), ("cpython", "files")):
        with plugged_in(board, tmp_path / board) as rig:
            assert rig.board.hello()["store"] == store


@pytest.mark.parametrize("text", ["unix:?", "unix:?store", "unix:?store=", "unix:?shop=lfs"])
def test_what_is_no_option_of_a_target_is_refused(text: str) -> None:
    if text == "unix:?":
        assert parse(text) == ("unix", None)
        return
    with pytest.raises(BadInput, match="store="):
        parse(text)


def accepted(rig: Rig, counter: int) -> bool:
    return bool(rig.board.deliver(command(counter)).outputs)


def test_the_flash_counts_from_when_a_fault_is_armed(kind: str, tmp_path: Path) -> None:
    with plugged_in(kind, tmp_path / "flash") as rig:
        rig.provision("gpf", {NETWORK: LAST})
        with pytest.raises(DeviceError, match="nothing is armed"):
            flash_faults.work(rig.link)
        flash_faults.arm(rig.link, [Fault()])
        assert flash_faults.work(rig.link).operations == 0
        assert accepted(rig, LAST + 1)
        work = flash_faults.work(rig.link)
        assert 0 < work.operations == sum(work.programs) + sum(work.erases) < 20
        assert work.reads > 0


def test_the_power_goes_at_the_chosen_operation(kind: str, tmp_path: Path) -> None:
    with plugged_in(kind, tmp_path / "flash") as rig:
        rig.provision("gpf", {NETWORK: LAST})
        flash_faults.arm(rig.link, [Fault(2, Tear.HALF), Fault(read=10**6)])
        with pytest.raises(BoardLost):
            accepted(rig, LAST + 1)
        said = [line.text for line in rig.link.log if line.text.startswith("power cut")]
        (line,) = said
        assert line.startswith("power cut at flash operation 2, half applied: program of ")
        rig.restart("power")
        # The next boot has the next fault, and the one after it has none.
        assert flash_faults.work(rig.link).reads > 0
        rig.restart("power")
        with pytest.raises(DeviceError, match="nothing is armed"):
            flash_faults.work(rig.link)
        assert accepted(rig, LAST + 1)


def test_a_flash_that_does_not_mount_once_is_not_formatted(kind: str, tmp_path: Path) -> None:
    with plugged_in(kind, tmp_path / "flash") as rig:
        rig.provision("gpf", {NETWORK: LAST})
        flash_faults.arm(rig.link, [Fault(), Fault(read=1)])
        rig.target.power_off()
        rig.target.power_on()
        rig.plug_in()
        hello = rig.board.hello()
        assert (hello["condition"], hello["type"]) == ("lost", None)
        assert "does not mount" in hello["problem"]
        assert not accepted(rig, LAST + 1)
        rig.restart("power")
        assert rig.board.hello()["condition"] == "provisioned"
        assert accepted(rig, LAST + 1)


def test_a_flash_of_noise_is_lost_and_stays_as_it_is(kind: str, tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    noise = bytes(range(256)) * 16 * 64
    flash.write_bytes(noise)
    with plugged_in(kind, flash) as rig:
        assert rig.board.hello()["condition"] == "lost"
    assert flash.read_bytes() == noise


BAD_PLANS: dict[str, Any] = {
    "no list": 5,
    "empty": [],
    "not an entry": [5],
    "too short": [[1, 0]],
    "text": [["1", 0, 0]],
    "negative": [[-1, 0, 0]],
    "no such tear": [[1, 3, 0]],
}


def test_a_malformed_plan_is_refused(kind: str, tmp_path: Path) -> None:
    with plugged_in(kind, tmp_path / "flash") as rig:
        for name, plan in BAD_PLANS.items():
            with pytest.raises(DeviceError) as caught:
                rig.link.request("fault", deadline=5, boots=plan)
            assert (name, caught.value.code) == (name, "bad-request")


def test_files_of_the_host_have_no_faults(tmp_path: Path) -> None:
    with plugged_in("cpython", tmp_path / "flash") as rig, pytest.raises(DeviceError) as caught:
        flash_faults.arm(rig.link, [Fault()])
    assert caught.value.code == "unsupported"


@pytest.mark.parametrize("store", LIMITS)
def test_a_command_that_changes_only_a_counter_wears_the_flash_within_its_limit(
    store: str,
) -> None:
    wear = measure("cpython", store, COUNTER, 150)
    limit = LIMITS[store]
    assert wear.programs <= 150 * limit.programs
    # The sweep of a whole sector may or may not fall among so few commands.
    assert wear.erases - 1 <= 150 * limit.erases
    assert wear.erases >= 1
