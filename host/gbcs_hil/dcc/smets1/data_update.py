"""The one-off data update: the registered operator's certificates into the anchor slots.

It is a job on the database alone (S107-28, S107-29): neither the DSP nor an S1SP takes part. A
device is updated as a whole or not at all; a job that was killed is begun again, and goes on.
Service Users' requests are carried out meanwhile and stay: on PostgreSQL one waits for a
transaction at most, and only where it is about the same devices; SQLite has one lock for all.
"""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine, Select, func, insert, literal, select, update
from sqlalchemy.orm import Session

from gbcs_hil.dcc.smets1.database import reported
from gbcs_hil.dcc.smets1.mismatch import ALL, Row, State, count, report, slots_with_state
from gbcs_hil.dcc.smets1.tables import DataUpdateRun, UpdatedSlot, VirtualAnchorSlot
from gbcs_hil.gbcs.names import RemotePartyRole

SOURCE = "one-off data update"
DEVICES_PER_TRANSACTION = 2_000
_ROLE = RemotePartyRole.NETWORK_OPERATOR

Progress = Callable[[int, int], None]
"""Told how many devices are done, of how many."""


@dataclass(frozen=True)
class Updated:
    """What a run came to.

    Attributes:
        run: its number.
        attempts: how many jobs had a part in it; more than one if the first were ended.
        before, after: the report when it began, and now.
        devices: how many it updated, in all attempts.
        by_earlier_attempts: how many of them before this attempt.
    """

    run: int
    attempts: int
    before: list[Row]
    after: list[Row]
    devices: int
    by_earlier_attempts: int = 0


def update_slots(
    engine: Engine,
    today: datetime.date,
    scope: str = ALL,
    progress: Progress = lambda done, of: None,
    devices_per_transaction: int = DEVICES_PER_TRANSACTION,
) -> Updated:
    """Put the registered operator's shared certificates where another's are.

    Args:
        engine: from `database.open_database`.
        today: for which day registration data are asked.
        scope: an S1SP, or `mismatch.ALL`.
        progress: called after each transaction.
        devices_per_transaction: a job that is killed loses the work on at most so many.

    Raises:
        Smets1DatabaseError: the database cannot be used.
    """
    with reported(engine, "update"):
        run = _open_run(engine, today, scope)
        done = earlier = _updated(engine, run)
        progress(done, run.to_do)
        devices = _wrong_devices(engine, today, scope)
        for start in range(0, len(devices), devices_per_transaction):
            some = devices[start : start + devices_per_transaction]
            _update_some(engine, run, today, some)
            done += len(some)
            progress(done, run.to_do)
        _finish(engine, run)
        after = report(engine, today, scope)
        before = [Row(**row) for row in run.before]
        return Updated(run.number, run.attempts, before, after, _updated(engine, run), earlier)


def _open_run(engine: Engine, today: datetime.date, scope: str) -> DataUpdateRun:
    """Return the open run of this scope for another attempt, or begin one."""
    unfinished = (
        select(DataUpdateRun)
        .where(DataUpdateRun.scope == scope, DataUpdateRun.finished.is_(None))
        .order_by(DataUpdateRun.number)
        .with_for_update()
    )
    with Session(engine, expire_on_commit=False) as session:
        run = session.scalars(unfinished).first()
        if run is None:
            before = count(session, today, scope)
            run = DataUpdateRun(
                scope=scope,
                started=datetime.datetime.now(datetime.UTC),
                before=[asdict(row) for row in before],
                to_do=sum(row.wrong for row in before),
                attempts=0,
            )
            session.add(run)
        run.attempts += 1
        session.commit()
        return run


def _updated(engine: Engine, run: DataUpdateRun) -> int:
    device = UpdatedSlot.device.distinct()
    with Session(engine) as session:
        devices = select(func.count(device)).where(UpdatedSlot.run == run.number)
        return session.scalar(devices) or 0


def _wrong_devices(engine: Engine, today: datetime.date, scope: str) -> Sequence[bytes]:
    slots = slots_with_state(today, scope).subquery()
    query = select(slots.c.device).group_by(slots.c.device).order_by(slots.c.device)
    with Session(engine) as session:
        # A device with any slot that cannot be put right is left as it is.
        return session.scalars(query.having(func.max(slots.c.state) == State.WRONG)).all()


def _update_some(
    engine: Engine, run: DataUpdateRun, today: datetime.date, devices: Sequence[bytes]
) -> None:
    """Update those devices that are still wrong, and say so, in one transaction."""
    columns = ["run", "attempt", "device", "key_usage", "before", "after"]
    theirs = (VirtualAnchorSlot.role == _ROLE, VirtualAnchorSlot.device.in_(devices))
    with Session(engine) as session:
        # Whoever updates one of these slots meanwhile waits, and finds it as it then is.
        session.execute(select(VirtualAnchorSlot.device).where(*theirs).with_for_update())
        session.execute(
            insert(UpdatedSlot).from_select(columns, _still_wrong(run, today, devices))
        )
        right = (
            select(UpdatedSlot.after)
            .where(
                UpdatedSlot.run == run.number,
                UpdatedSlot.attempt == run.attempts,
                UpdatedSlot.device == VirtualAnchorSlot.device,
                UpdatedSlot.key_usage == VirtualAnchorSlot.key_usage,
            )
            .scalar_subquery()
        )
        session.execute(
            update(VirtualAnchorSlot)
            .where(*theirs, right.is_not(None))
            .values(certificate=right, source=SOURCE)
            .execution_options(synchronize_session=False)
        )
        session.commit()


def _still_wrong(
    run: DataUpdateRun, today: datetime.date, devices: Sequence[bytes]
) -> Select[Any]:
    slots = slots_with_state(today, ALL).where(VirtualAnchorSlot.device.in_(devices)).subquery()
    # What was so when the devices were chosen may be so no longer: no device by halves.
    worst = func.max(slots.c.state).over(partition_by=slots.c.device)
    judged = select(slots, worst.label("worst")).subquery()
    return select(
        literal(run.number),
        literal(run.attempts),
        judged.c.device,
        judged.c.key_usage,
        judged.c.held,
        judged.c.should_be,
    ).where(judged.c.state == State.WRONG, judged.c.worst == State.WRONG)


def _finish(engine: Engine, run: DataUpdateRun) -> None:
    with Session(engine) as session:
        session.get_one(DataUpdateRun, run.number).finished = datetime.datetime.now(datetime.UTC)
        session.commit()
