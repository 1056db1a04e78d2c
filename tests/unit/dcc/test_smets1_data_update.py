"""The one-off data update: whom it puts right, whom it leaves, and a kill at any moment."""

import datetime
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session

from conftest import REPO
from gbcs_hil.dcc.smets1.anchor_slots import AnchorSlots
from gbcs_hil.dcc.smets1.data_update import SOURCE, update_slots
from gbcs_hil.dcc.smets1.database import Smets1DatabaseError, open_database
from gbcs_hil.dcc.smets1.estate_sample import MISMATCHED, make_estate
from gbcs_hil.dcc.smets1.mismatch import Row, report
from gbcs_hil.dcc.smets1.tables import (
    DataUpdateRun,
    EnrolmentCertificate,
    MarketParticipant,
    OperatorOfMeterPoint,
    OrganisationCertificate,
    Smets1Device,
    UpdatedSlot,
    VirtualAnchorSlot,
)
from gbcs_hil.errors import BadInput
from gbcs_hil.gbcs.names import KeyUsage, RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import TrustAnchorCell
from gbcs_hil.smki.authority import Authority

TODAY = datetime.date(2023, 5, 1)
SHARE = 0.005
"""Of the estate, for tests that do not need all of it: 147 wrong devices."""

pytestmark = pytest.mark.requirement("S107-28", "S107-29")


@pytest.fixture
def engine(ledger_url: str) -> Iterator[Engine]:
    """A small estate, on SQLite and on PostgreSQL."""
    opened = open_database(ledger_url)
    make_estate(opened, share=SHARE)
    yield opened
    opened.dispose()


def wrong(engine: Engine) -> int:
    return sum(row.wrong for row in report(engine, TODAY))


def slots(engine: Engine) -> dict[tuple[bytes, int], tuple[bytes, str]]:
    """Return who owns what every slot holds, and how it came, by device and key usage."""
    query = select(
        VirtualAnchorSlot.device,
        VirtualAnchorSlot.key_usage,
        OrganisationCertificate.owner,
        VirtualAnchorSlot.source,
    ).join(OrganisationCertificate)
    with Session(engine) as session:
        return {
            (device, usage): (owner, how) for device, usage, owner, how in session.execute(query)
        }


def owners_that_differ(engine: Engine) -> list[bytes]:
    """Return the devices whose two slots have different owners."""
    owners: dict[bytes, set[bytes]] = {}
    for (device, _), (owner, _) in slots(engine).items():
        owners.setdefault(device, set()).add(owner)
    return [device for device, both in owners.items() if len(both) > 1]


@pytest.mark.requirement("S107-27")
@pytest.mark.timeout(240)
def test_the_estate_has_the_numbers_that_dcc_counted(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "estate.sqlite")
    assert make_estate(engine) == 2 * sum(MISMATCHED.values()) == 58_560
    assert report(engine, TODAY) == [
        Row("S1SP1", "IOC", "esme", right=9_024, wrong=9_024),
        Row("S1SP1", "IOC", "gpf", right=18_905, wrong=18_905),
        Row("S1SP2", "MOC", "esme", right=125, wrong=125),
        Row("S1SP2", "MOC", "gpf", right=1_226, wrong=1_226),
    ]
    begun = time.process_time()
    updated = update_slots(engine, TODAY)
    # Of the processor's time, because other tests run beside this one.
    assert time.process_time() - begun < 5
    assert updated.devices == 29_280
    assert [row.right for row in updated.after] == [18_048, 37_810, 250, 2_452]
    assert wrong(engine) == 0
    engine.dispose()


def test_only_the_wrong_devices_are_touched(engine: Engine) -> None:
    before = slots(engine)
    to_do = wrong(engine)
    updated = update_slots(engine, TODAY)
    assert updated.devices == to_do > 0
    changed = {slot[0] for slot, held in slots(engine).items() if held != before[slot]}
    assert len(changed) == to_do
    assert wrong(engine) == 0
    assert {how for _, how in slots(engine).values()} == {SOURCE, "migration authorisation"}


def test_the_same_seed_makes_the_same_estate(tmp_path: Path) -> None:
    engines = [open_database(tmp_path / name) for name in ("a.sqlite", "b.sqlite")]
    for engine in engines:
        make_estate(engine, "a seed", SHARE)
    assert slots(engines[0]) == slots(engines[1])
    for engine in engines:
        engine.dispose()


def test_an_estate_is_not_made_over_another(engine: Engine) -> None:
    with pytest.raises(BadInput, match="holds devices already"):
        make_estate(engine)


def test_a_second_run_has_nothing_to_do(engine: Engine) -> None:
    update_slots(engine, TODAY)
    before = slots(engine)
    again = update_slots(engine, TODAY)
    assert (again.run, again.devices, again.attempts) == (2, 0, 1)
    assert slots(engine) == before


def test_one_s1sps_devices_alone(engine: Engine) -> None:
    update_slots(engine, TODAY, "S1SP2")
    left = {row.s1sp: row.wrong for row in report(engine, TODAY)}
    assert set(left) == {"S1SP1", "S1SP2"}
    assert left["S1SP1"] > 0
    with Session(engine) as session:
        assert (
            session.scalar(
                select(func.sum(1))
                .select_from(UpdatedSlot)
                .join(Smets1Device, Smets1Device.eui == UpdatedSlot.device)
                .where(Smets1Device.s1sp == "S1SP1")
            )
            is None
        )


def first(engine: Engine, device_type: str) -> tuple[bytes, str]:
    """Return a device and its meter point."""
    query = select(Smets1Device).where(Smets1Device.device_type == device_type).limit(1)
    with Session(engine) as session:
        device = session.scalars(query).one()
        assert device.meter_point is not None
        return device.eui, device.meter_point


def test_a_device_that_nobody_is_registered_for_is_left_and_counted(engine: Engine) -> None:
    device, point = first(engine, "esme")
    held = slots(engine)
    with Session(engine) as session:
        where = OperatorOfMeterPoint.meter_point == point
        session.execute(delete(OperatorOfMeterPoint).where(where))
        session.commit()
    updated = update_slots(engine, TODAY)
    assert sum(row.not_registered for row in updated.after) == 1
    assert {s: h for s, h in slots(engine).items() if s[0] == device} == {
        s: h for s, h in held.items() if s[0] == device
    }


def test_an_operator_that_has_shared_no_certificates_is_left_and_counted(engine: Engine) -> None:
    with Session(engine) as session:
        operator = session.scalars(
            select(EnrolmentCertificate.mpid).where(EnrolmentCertificate.mpid.like("E%")).limit(1)
        ).one()
        where = EnrolmentCertificate.mpid == operator
        session.execute(delete(EnrolmentCertificate).where(where))
        session.commit()
    updated = update_slots(engine, TODAY)
    assert sum(row.not_listed for row in updated.after) > 0
    assert sum(row.wrong for row in updated.after) == 0


def withdraw_key_agreement(engine: Engine) -> None:
    with Session(engine) as session:
        usage = KeyUsage.KEY_AGREEMENT
        session.execute(
            delete(EnrolmentCertificate).where(EnrolmentCertificate.key_usage == usage)
        )
        session.commit()


def test_a_device_that_could_be_put_right_by_half_is_left_as_it_is(engine: Engine) -> None:
    withdraw_key_agreement(engine)
    held, to_do = slots(engine), sum(row.not_listed for row in report(engine, TODAY))
    assert to_do > 0
    updated = update_slots(engine, TODAY)
    assert (updated.devices, sum(row.not_listed for row in updated.after)) == (0, to_do)
    assert slots(engine) == held


def test_what_changes_while_the_job_runs_makes_no_device_half_right(engine: Engine) -> None:
    def progress(done: int, of: int) -> None:
        if 0 < done < 100:
            withdraw_key_agreement(engine)

    updated = update_slots(engine, TODAY, progress=progress, devices_per_transaction=40)
    assert updated.devices == 40
    assert owners_that_differ(engine) == []


def test_what_a_service_user_changes_while_the_job_runs_stays(engine: Engine) -> None:
    """The operator that is registered sends a 6.15.1, with certificates that it has renewed."""
    slots_of = AnchorSlots(engine)
    query = (
        select(Smets1Device.eui, MarketParticipant.eui)
        .join(VirtualAnchorSlot)
        .join(OrganisationCertificate)
        .join(OperatorOfMeterPoint, OperatorOfMeterPoint.meter_point == Smets1Device.meter_point)
        .join(MarketParticipant)
        .where(OrganisationCertificate.owner != MarketParticipant.eui)
    )
    with Session(engine) as session:
        device, operator = session.execute(query.limit(1)).one()
    assert operator is not None
    role = RemotePartyRole.NETWORK_OPERATOR
    issued = Authority.create(seed=b"renewed").organisation(role, operator)
    renewed = {TrustAnchorCell(role, c.key_usage): c.certificate for c in issued}

    def progress(done: int, of: int) -> None:
        if done == 0:
            slots_of.place(device, renewed, "6.15.1")

    to_do = wrong(engine)
    updated = update_slots(engine, TODAY, progress=progress, devices_per_transaction=40)
    assert (updated.devices, wrong(engine)) == (to_do - 1, 0)
    held = {cell: what.certificate for cell, what in slots_of.held(device, role).items()}
    assert held == renewed


def test_registration_of_the_day_counts(engine: Engine) -> None:
    """A meter point that is taken over tomorrow is right today, and wrong tomorrow."""
    update_slots(engine, TODAY)
    _, point = first(engine, "gpf")
    tomorrow = TODAY + datetime.timedelta(days=1)
    with Session(engine) as session:
        current = session.scalars(
            select(OperatorOfMeterPoint).where(OperatorOfMeterPoint.meter_point == point)
        ).one()
        other = "G000" if current.operator != "G000" else "G001"
        session.add(OperatorOfMeterPoint(meter_point=point, start=tomorrow, operator=other))
        session.commit()
    assert wrong(engine) == 0
    assert sum(row.wrong for row in report(engine, tomorrow)) == 1
    assert update_slots(engine, tomorrow).devices == 1


def test_a_device_with_slots_of_two_owners_is_wrong_and_put_right(engine: Engine) -> None:
    update_slots(engine, TODAY)
    device, _ = first(engine, "esme")
    with Session(engine) as session:
        other = session.scalars(
            select(OrganisationCertificate.number).where(
                OrganisationCertificate.owner != slots(engine)[device, 0][0],
                OrganisationCertificate.key_usage == 0,
            )
        ).first()
        session.execute(
            update(VirtualAnchorSlot)
            .where(VirtualAnchorSlot.device == device, VirtualAnchorSlot.key_usage == 0)
            .values(certificate=other)
        )
        session.commit()
    assert owners_that_differ(engine) == [device]
    assert update_slots(engine, TODAY).devices == 1
    assert owners_that_differ(engine) == []


def test_progress_goes_up_to_all_of_it(engine: Engine) -> None:
    to_do = wrong(engine)
    seen: list[tuple[int, int]] = []
    update_slots(
        engine, TODAY, progress=lambda *told: seen.append(told), devices_per_transaction=40
    )
    assert seen[0] == (0, to_do)
    assert seen[-1] == (to_do, to_do)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


KILLED = """
import datetime, os, signal, sys
from sqlalchemy import event
from gbcs_hil.dcc.smets1.data_update import update_slots
from gbcs_hil.dcc.smets1.database import open_database
engine = open_database(sys.argv[1])
left = int(sys.argv[2])
def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(engine, sys.argv[3], count)
update_slots(engine, datetime.date(2023, 5, 1), devices_per_transaction=20)
"""


def killed_after(count: int, what: str, url: str) -> bool:
    """Run the update in a process that is killed after so many events, or runs to its end."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, url, str(count), what],
        env={**os.environ, "PYTHONPATH": str(REPO / "host")},
        timeout=50,
    )
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


@pytest.mark.parametrize("statements", [13, 17, 20, 21, 23, 25])
def test_a_kill_harms_nothing_and_the_next_job_goes_on(
    engine: Engine, ledger_url: str, statements: int
) -> None:
    """Between transactions, and before and after the statements within one."""
    to_do = wrong(engine)
    assert killed_after(statements, "after_cursor_execute", ledger_url)
    assert owners_that_differ(engine) == []
    with Session(engine) as session:
        done = session.scalar(select(func.count(UpdatedSlot.device.distinct()))) or 0
    assert wrong(engine) == to_do - done
    updated = update_slots(engine, TODAY)
    assert (updated.run, updated.attempts) == (1, 2)
    assert updated.devices == to_do
    assert sum(row.wrong for row in updated.before) == to_do
    assert wrong(engine) == 0
    assert owners_that_differ(engine) == []
    with Session(engine) as session:
        logged = select(func.count()).select_from(UpdatedSlot)
        assert session.scalar(logged) == 2 * to_do
        assert session.get_one(DataUpdateRun, 1).finished is not None


def test_a_job_that_is_killed_again_and_again_comes_to_its_end(
    engine: Engine, ledger_url: str
) -> None:
    to_do = wrong(engine)
    attempts = 1
    while killed_after(4, "commit", ledger_url):
        attempts += 1
    with Session(engine) as session:
        run = session.scalars(select(DataUpdateRun)).one()
        assert (run.attempts, run.to_do) == (attempts, to_do)
    assert attempts > 2
    assert wrong(engine) == 0


def test_two_jobs_at_once_do_everything_once(engine: Engine, ledger_url: str) -> None:
    to_do = wrong(engine)
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", KILLED, ledger_url, "-1", "commit"],
            env={**os.environ, "PYTHONPATH": str(REPO / "host")},
        )
        for _ in range(2)
    ]
    assert [job.wait(timeout=50) for job in jobs] == [0, 0]
    assert wrong(engine) == 0
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(UpdatedSlot)) == 2 * to_do


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is not a database, but it is long enough to be looked at as one" * 20)
    with pytest.raises(
        Smets1DatabaseError, match=r"cannot open the database of anchor slots .*notes\.txt"
    ):
        open_database(path)


def test_a_database_of_an_unknown_kind_is_one_clear_error() -> None:
    with pytest.raises(Smets1DatabaseError, match="is no database URL"):
        open_database("oracle-of-delphi://host/name")
