"""What to try next: the acts whose outcome tells the remaining candidates apart best.

Each outcome is predicted by simulation. The worth of an experiment is the expected gain of
information: the entropy of the candidates, all taken as equally likely, less what is left of it
once the outcome is known.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2
from typing import Any

from gbcs_hil.bench.start_state import cell_name
from gbcs_hil.diagnosis.candidates import Candidate
from gbcs_hil.diagnosis.commands import Commands
from gbcs_hil.diagnosis.explanation import Explanation
from gbcs_hil.diagnosis.record import Act, Kind, Record
from gbcs_hil.diagnosis.simulator import Question, Simulator
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.names import RemotePartyRole
from gbcs_hil.gbcs.trust_anchors import digital_signing

_ROLE = RemotePartyRole
_FAR = 1_000
_32_BITS = 1 << 32
_63_BITS = 1 << 63


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


@dataclass(frozen=True)
class Proposal:
    """An experiment and what it is worth.

    Attributes:
        experiment: what to do.
        bits: the expected gain of information.
        classes: the candidates by outcome; some stand in several, where chance decides.
    """

    experiment: Experiment
    bits: float
    classes: tuple[tuple[Candidate, ...], ...]


def proposals(
    record: Record, remaining: Sequence[Explanation], commands: Commands, simulator: Simulator
) -> list[Proposal]:
    """Return what tells the remaining candidates apart, the best first."""
    experiments = list(_experiments(record, remaining, commands))
    then = tuple(experiment.acts for experiment in experiments)
    questions = [Question(record.start, each.candidate, record.acts, then) for each in remaining]
    answers = simulator.ask_all(questions)
    found = []
    for number, experiment in enumerate(experiments):
        outcomes: dict[object, dict[Candidate, float]] = defaultdict(dict)
        for each, worlds in zip(remaining, answers, strict=True):
            courses = [course for world in worlds for course in world.then[number]]
            for course in courses:
                shares = outcomes[tuple(map(_said, course.answers))]
                shares[each.candidate] = shares.get(each.candidate, 0) + 1 / len(courses)
        bits = log2(len(remaining)) - _left(outcomes.values(), len(remaining))
        if bits > 1e-9:
            classes = tuple(tuple(shares) for shares in outcomes.values())
            found.append(Proposal(experiment, bits, classes))
    return sorted(
        found,
        key=lambda p: (-round(p.bits, 6), p.experiment.lasting, len(p.experiment.acts)),
    )


def _said(answers: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(parse(bytes.fromhex(answer)).grouping_octets for answer in answers)


def _left(outcomes: Iterable[Mapping[Candidate, float]], count: int) -> float:
    """Return the entropy that is left on average once the outcome is known."""
    left = 0.0
    for shares in outcomes:
        total = sum(shares.values())
        left -= sum(share / count * log2(share / total) for share in shares.values())
    return left


def _experiments(
    record: Record, remaining: Sequence[Explanation], commands: Commands
) -> Iterator[Experiment]:
    read = commands.read()
    yield Experiment("read the credentials and counters (6.24.1)", (read,))
    power = (Act(Kind.POWER_CUT), Act(Kind.CLOCK, now=commands.now))
    yield Experiment("cut the power, then read (6.24.1)", (*power, read))
    yield Experiment("exchange the hub, then read (6.24.1)", (Act(Kind.HUB_EXCHANGE), read))
    sent = dict.fromkeys(e.act.octets for e in record.events if e.act.is_command and e.answers)
    for octets in list(sent)[-4:]:
        again, counter = Act(Kind.COMMAND, octets), parse(octets).header.counter
        yield Experiment(f"replay the command with counter {counter:,}", (again,))
        what = f"cut the power, then replay the command with counter {counter:,}"
        yield Experiment(what, (*power, again))
    for role in commands.roles:
        cell = cell_name(digital_signing(role))
        holders = dict.fromkeys(each.world.cells[cell] for each in remaining)
        counters = sorted({each.world.counters[role.gbcs_name] for each in remaining})
        for holder in holders:
            if commands.can_sign(holder):
                yield from _renewals(commands, role, holder, counters, read, power)


def _renewals(
    commands: Commands,
    role: RemotePartyRole,
    holder: tuple[str, str],
    counters: Sequence[int],
    read: Act,
    power: tuple[Act, ...],
) -> Iterator[Experiment]:
    name = role.gbcs_name
    top = max(counters) + 1

    def renew(counter: int, **how: Any) -> Act:
        return commands.renew(role, holder, counter, **how)

    for counter in sorted({n + k for n in counters for k in (0, 1)} - {0}):
        yield Experiment(f"renew {name}, counter {counter:,}", (renew(counter),))
    plain, later = renew(top), renew(top + 1)
    yield Experiment(f"renew {name}, counter {top:,}, then read", (plain, read))
    yield Experiment(f"renew {name}, counter {top:,}, twice the same octets", (plain, plain))
    lost = (plain, later, *power, read)
    yield Experiment(f"renew {name} twice, cut the power, read", lost)
    renewed = (plain, Act(Kind.HUB_EXCHANGE), read)
    yield Experiment(f"renew {name}, exchange the hub, read", renewed)
    for floor in (0, top + _FAR):
        first = renew(top, floor=floor)
        what = f"renew {name}, counter {top:,}, floor {floor:,}"
        yield Experiment(f"{what}, then read", (first, read))
        again = renew(top + _FAR + 1)
        yield Experiment(f"{what}, read, renew, read", (first, read, again, read))
    bad = renew(top, misfit=True)
    yield Experiment(f"renew {name} with certificates that do not fit, twice", (bad, bad))
    forged = renew(top + 9, forged=True)
    yield Experiment(f"forge a renewal of {name}, counter {top + 9:,}; read", (forged, read))
    yield from _of_others(commands, role, holder, top, read)
    dated = _dated(commands, renew, top)
    yield Experiment(
        f"a future-dated renewal of {name}, one before its date, read", (*dated, read)
    )
    cut = Act(Kind.CUT, octets=plain.octets)
    yield Experiment(f"cut the power while {name} is renewed, read", (cut, *power[1:], read))
    wrap = (top // _32_BITS + 1) * _32_BITS
    yield Experiment(f"renew {name}, counter {wrap:,}", (renew(wrap),), lasting=True)
    if top < _63_BITS:
        high = renew(_63_BITS, floor=top)
        yield Experiment(f"renew {name}, counter 2^63, floor {top:,}", (high,), lasting=True)


def _of_others(
    commands: Commands, role: RemotePartyRole, holder: tuple[str, str], top: int, read: Act
) -> Iterator[Experiment]:
    """Yield what brings another party's certificates, or another party's signature."""
    name = role.gbcs_name
    for other in commands.others(role, holder):
        given = commands.renew(role, holder, top, to=other)
        yield Experiment(f"hand {name} to {other.name}, no floor, read", (given, read))
        if other.role is role:
            taken = commands.renew(role, holder, top, to=other, by=other)
            yield Experiment(f"{other.name} takes {name} itself, read", (taken, read))


def _dated(commands: Commands, renew: Callable[..., Act], top: int) -> tuple[Act, ...]:
    at = datetime.strptime(commands.now + "+0000", "%Y%m%d%H%M%S%z") + timedelta(seconds=60)
    after = f"{at + timedelta(seconds=60):%Y%m%d%H%M%S}"
    first = renew(top, execution=at)
    second = renew(top + 5)
    return (first, second, Act(Kind.CLOCK, now=after))
