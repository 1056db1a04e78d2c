"""What could be tried on a device: each trial is a few acts, and reads when it is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gbcs_hil.bench.start_state import cell_name
from gbcs_hil.diagnosis.commands import REOPENED_BY, Commands, Holder
from gbcs_hil.diagnosis.record import Act, Kind, Record
from gbcs_hil.diagnosis.simulator import World
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import digital_signing

_FAR = 1_000
_REPLAYED = 4
_32_BITS = 1 << 32
_63_BITS = 1 << 63
_LAST = _63_BITS - 2 * _32_BITS
_WAIT = timedelta(seconds=60)


@dataclass(frozen=True)
class Experiment:
    """Something to do to the device.

    Attributes:
        what: in words.
        acts: what it is made of.
        lasting: whether it can leave a counter that the party's numbers do not reach.
    """

    what: str
    acts: tuple[Act, ...]
    lasting: bool = False

    @property
    def needs(self) -> frozenset[Kind]:
        """What has to be possible beside sending messages and setting the clock."""
        kinds = {act.kind for act in self.acts}
        return frozenset(kinds & {Kind.POWER_CUT, Kind.CUT, Kind.HUB_EXCHANGE})


def trials(record: Record, worlds: Sequence[World], commands: Commands) -> Iterator[Experiment]:
    """Yield what could be tried.

    Args:
        record: what was done so far.
        worlds: how the device may stand now.
        commands: builds the messages.
    """
    read = commands.read()
    # What was sent last has been worked off by the time that the clock is set.
    clock = Act(Kind.CLOCK, now=commands.now)
    power = (clock, Act(Kind.POWER_CUT), clock)
    yield Experiment("read the credentials and counters (6.24.1)", (read,))
    yield Experiment("cut the power, then read", (*power, read))
    yield Experiment("exchange the hub, then read", (Act(Kind.HUB_EXCHANGE), read))
    sent = dict.fromkeys(e.act.octets for e in record.events if e.act.is_command and e.answers)
    for octets in list(sent)[-_REPLAYED:]:
        again = Act(Kind.COMMAND, octets)
        what = f"the command with counter {parse(octets).header.counter:,}"
        yield Experiment(f"replay {what}", (again,))
        yield Experiment(f"cut the power, then replay {what}", (*power, again))
    for role in commands.roles:
        cell = cell_name(digital_signing(role))
        counters = sorted({world.counters[role.gbcs_name] for world in worlds})
        if counters[-1] >= _LAST:
            # No renewal can exceed that, as CS02b carries its counter in 63 bits.
            yield from _reopenings(commands, role, worlds, read)
            continue
        for holder in dict.fromkeys(world.cells[cell] for world in worlds):
            if commands.can_sign(holder):
                yield from _Renewals(commands, role, holder, counters, read, power).all()


def _reopenings(
    commands: Commands, role: RemotePartyRole, worlds: Sequence[World], read: Act
) -> Iterator[Experiment]:
    """Yield what another role can do to a counter that its own party cannot exceed any more."""
    by, mode = REOPENED_BY[role]
    own, others = cell_name(digital_signing(role)), cell_name(digital_signing(by))
    top = max(world.counters.get(by.gbcs_name, 0) for world in worlds) + 1
    for holder, other in dict.fromkeys((w.cells[own], w.cells[others]) for w in worlds):
        if top < _LAST and commands.can_sign(holder) and commands.can_sign(other):
            again = commands.reopen(role, holder, other, top)
            what = f"{mode.gbcs_name}: renew {role.gbcs_name}, floor 0, read"
            yield Experiment(what, (again, read))


@dataclass(frozen=True)
class _Renewals:
    """What can be tried with commands that replace a role's certificates.

    Attributes:
        commands: builds the messages.
        role: whose cells.
        holder: who stands in them.
        counters: at which the role's execution counter may stand.
        read: a 6.24.1.
        power: what cuts the power and goes on.
    """

    commands: Commands
    role: RemotePartyRole
    holder: Holder
    counters: Sequence[int]
    read: Act
    power: tuple[Act, ...]

    def all(self) -> Iterator[Experiment]:
        """Yield them."""
        name, read, top = self.role.gbcs_name, self.read, self.top
        for counter in sorted({n + k for n in self.counters for k in (0, 1)} - {0}):
            yield Experiment(f"renew {name}, counter {counter:,}", (self.renew(counter),))
        first, second = self.renew(top), self.renew_again(top + 1)
        yield Experiment(f"renew {name}, counter {top:,}, then read", (first, read))
        yield Experiment(
            f"renew {name} with counters {top:,} and {top + 1:,}, play the second again and the "
            "first again, read",
            (first, second, second, first, read),
        )
        # Certificates that are not there yet tell more about what a loss of power leaves.
        hub = Act(Kind.HUB_EXCHANGE)
        yield Experiment(
            f"renew {name} with counters {top:,} and {top + 1:,}, cut the power, read",
            (first, second, *self.power[1:], read),
        )
        yield Experiment(f"renew {name}, exchange the hub, read", (first, hub, read))
        bad = self.renew(top, misfit=True)
        yield Experiment(f"renew {name} with certificates that do not fit, twice", (bad, bad))
        yield from self._floors(hub)
        yield from self._forged(bad)
        yield from self._others()
        cut = Act(Kind.CUT, octets=first.octets)
        again = (cut, self.power[-1])
        yield Experiment(
            f"cut the power while {name} is renewed, the same once more, read",
            (*again, *again, read),
        )
        yield from self._edges()

    def renew(self, counter: int, **how: Any) -> Act:
        """Return a renewal by the present holder."""
        return self.commands.renew(self.role, self.holder, counter, **how)

    def renew_again(self, counter: int, *, times: int = 1, **how: Any) -> Act:
        """Return a renewal by the key that so many renewals have put into the cells."""
        holder = self.holder
        for _ in range(times):
            holder = self.commands.after_renewal(self.role, holder)
        return self.commands.renew(self.role, holder, counter, **how)

    @property
    def top(self) -> int:
        """A counter above all at which the role's may stand."""
        return max(self.counters) + 1

    def _floors(self, hub: Act) -> Iterator[Experiment]:
        """Yield what shows which floors count for whom, and what lasts."""
        name, read, top = self.role.gbcs_name, self.read, self.top
        for floor in (0, top + _FAR):
            first = self.renew(top, floor=floor)
            what = f"renew {name}, counter {top:,}, floor {floor:,}, read"
            yield Experiment(what, (first, read))
            then = self.renew_again(top + _FAR + 1)
            yield Experiment(f"{what}, renew, read", (first, read, then, read))
        low = (self.renew(top, floor=0), read)
        high = (self.renew_again(top + 1, floor=top + _FAR), read)
        third = (self.renew_again(top + _FAR + 1, times=2), read)
        # The clock would be something to do for a device that puts its writing off.
        fourth = (self.renew_again(top + _FAR + 2, times=3), *self.power[1:], read)
        yield Experiment(
            f"renew {name}: counter {top:,} and floor 0; {top + 1:,} and floor {top + _FAR:,}; "
            f"{top + _FAR + 1:,}; exchange the hub; renew with {top + _FAR + 2:,}; cut the power; "
            "read after each",
            (*low, *high, *third, hub, read, *fourth),
        )

    def _forged(self, bad: Act) -> Iterator[Experiment]:
        """Yield forgeries, and what waits for its date."""
        name, read, top = self.role.gbcs_name, self.read, self.top
        forged = self.renew(top + 9, forged=True)
        yield Experiment(f"forge a renewal of {name}, counter {top + 9:,}; read", (forged, read))
        dated = self._dated(top)
        yield Experiment(
            f"a future-dated renewal of {name}, one before its date, read", (*dated, read)
        )
        high = self.renew(top + _FAR, forged=True)
        yield Experiment(
            f"{name}: certificates that do not fit, twice; forge a renewal with counter "
            f"{top + _FAR:,}; read; a future-dated renewal, one before its date, read",
            (bad, bad, high, read, *self._dated(top + 1), read),
        )

    def _others(self) -> Iterator[Experiment]:
        """Yield what brings another party's certificates."""
        name, top = self.role.gbcs_name, self.top
        for other in self.commands.others(self.role, self.holder):
            given = self.renew(top, to=other)
            yield Experiment(f"hand {name} to {other.name}, no floor, read", (given, self.read))

    def _edges(self) -> Iterator[Experiment]:
        """Yield counters at the edges of words of 32 and 64 bits."""
        name, top = self.role.gbcs_name, self.top
        wrap = (top // _32_BITS + 1) * _32_BITS
        over = (self.renew(wrap), self.read)
        what = f"renew {name}, counter {wrap:,}"
        yield Experiment(f"{what}, read", over, lasting=True)
        if self.role is not RemotePartyRole.SUPPLIER or top >= _63_BITS:
            return
        # No CS02b can carry such a counter.
        paid = self.commands.pay(self.holder, _63_BITS)
        if paid is not None:
            yield Experiment(f"{name}: credit mode (1.6), counter 2^63", (paid,), lasting=True)
            before = self.commands.pay(self.holder, wrap)
            assert before is not None
            yield Experiment(
                f"{name}: credit mode (1.6), counters {wrap:,} and 2^63, a read after each",
                (before, self.read, paid, self.read),
                lasting=True,
            )

    def _dated(self, counter: int) -> tuple[Act, ...]:
        at = datetime.strptime(f"{self.commands.now}+0000", "%Y%m%d%H%M%S%z") + _WAIT
        first = self.renew(counter, execution=at)
        second = self.renew(counter + 5)
        return (first, second, Act(Kind.CLOCK, now=f"{at + _WAIT:%Y%m%d%H%M%S}"))
