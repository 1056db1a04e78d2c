"""Future-dated requests that the DSP keeps: acknowledged, kept over a restart, checked again."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dcc_world import NOW, World
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.participants import PARTICIPANTS, UserStatus
from gbcs_hil.dcc.waiting_requests import WaitingRequests
from gbcs_hil.errors import BadInput

LATER = NOW + timedelta(days=3)


def test_a_dated_handover_is_acknowledged_and_sent_at_its_time(tmp_path: Path) -> None:
    first = World(ledger=Ledger.file(tmp_path / "ledger.sqlite"))
    outcome = first.dsp.submit(first.handover(execution=LATER))
    assert outcome.acknowledged
    assert (outcome.code.code, outcome.rejected, outcome.counter) == ("I99", False, None)
    assert not first.sent
    first.ledger.close()

    again = World(ledger=Ledger.file(tmp_path / "ledger.sqlite"))
    again.now = LATER - timedelta(seconds=1)
    assert again.dsp.release_due() == []
    again.now = LATER
    again.reply = again.done()
    ((request, released),) = again.dsp.release_due()
    assert request == again.handover()
    assert released.code.code == "I0"
    assert len(again.sent) == 1
    assert again.dsp.release_due() == []
    again.ledger.close()


def test_what_is_no_longer_allowed_at_its_time_is_rejected_then() -> None:
    world = World()
    world.dsp.submit(world.handover(execution=LATER))
    gone = tuple(replace(p, status=UserStatus.CEASED) for p in PARTICIPANTS)
    world.dsp.estate = replace(world.dsp.estate, participants=gone)
    world.now = LATER
    ((_, outcome),) = world.dsp.release_due()
    assert (outcome.code.code, outcome.check) == ("E3", "user-active")
    assert not world.sent


def test_what_cannot_be_kept_is_not_acknowledged_and_holds_nothing_up() -> None:
    world = World()
    request = world.handover(execution=LATER)
    pathless = replace(request, certificates=replace(request.certificates, path=()))
    with pytest.raises(BadInput, match="Certificate is expected"):
        world.dsp.submit(pathless)
    assert world.ledger.trail.rows() == []
    assert world.dsp.submit(request).acknowledged
    world.now = LATER
    assert len(world.dsp.release_due()) == 1


def test_a_process_that_ends_while_it_keeps_a_request_has_not_used_its_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    request = world.handover(execution=LATER)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(WaitingRequests, "keep", interrupted)
        world.dsp.submit(request)
    assert world.dsp.submit(request).acknowledged


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_both_dates_are_in_the_audit_trail() -> None:
    world = World()
    world.dsp.submit(world.handover(execution=LATER))
    world.now = LATER
    world.dsp.release_due()
    events = [row.event for row in world.ledger.trail.rows() if row.kind != "check"]
    assert events == ["send", "I99", "due", "command", "E21"]


def test_a_6_23_is_originated_by_the_transitional_cos() -> None:
    world = World(registered=("SUPB", "GTNB"))
    assert world.dsp.submit(world.change_of_supplier()).code.code == "E21"
    assert world.sent[0].header.originator.hex() == "0247424849" + "4c0004"
