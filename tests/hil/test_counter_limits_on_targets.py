"""Originator Counters on the emulated boards: exact wherever a number could lose a bit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from board_rig import KINDS, Rig, plugged_in
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.message_codes import MessageCode
from head_end import HEAD_END

EDGES = [(1 << bits) + by for bits in (31, 32, 53, 63) for by in (-1, 0, 1)]
COUNTERS = [1, *EDGES, (1 << 64) - 2, (1 << 64) - 1]
QUESTION = bytes.fromhex("3004 0302 0308")


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    if request.param == "unix":
        request.getfixturevalue("micropython")
    with plugged_in(request.param, tmp_path / "flash") as rig:
        rig.provision("gsme")
        yield rig


def test_each_counter_is_taken_once_and_kept(rig: Rig) -> None:
    """CS02e has no sequence number beside its counter, so it goes up to 2^64-1."""
    for counter in COUNTERS:
        command = HEAD_END.command(MessageCode.CS02E, counter, QUESTION)
        assert parse(rig.accept(command)).header.counter == counter
        assert rig.board.state().counters["supplier"] == counter
        assert rig.refuse(command) == "replay"
        assert rig.refuse(HEAD_END.command(MessageCode.CS02E, counter - 1, QUESTION)) == "replay"
    rig.restart("power")
    assert rig.board.state().counters["supplier"] == COUNTERS[-1]
    assert rig.refuse(command) == "replay"
