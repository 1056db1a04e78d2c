"""What a step of the machine wants to do, before it is known what the device holds.

Numbers are said in relation to the counter that they will be held against, so that a sequence
which is made shorter keeps its meaning.
"""

from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st

from model.organisations import EUIS, GENERATIONS, Organisation
from model.rules import USAGES

T = TypeVar("T")

BOUNDARIES = (1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1)
CERTIFICATE_FAULTS = ("garbage", "altered", "unchained", "later", "usage")


@dataclass(frozen=True)
class Number:
    """A counter or floor: so much above a base, or a value of its own."""

    offset: int
    absolute: bool = False

    def over(self, base: int, largest: int = 2**64 - 1) -> int:
        """Return the number for a base, within what the field can say."""
        return min(max(self.offset + (0 if self.absolute else base), 0), largest)


@dataclass(frozen=True)
class Start:
    """A device as it leaves the factory or its commissioning."""

    device_type: str
    profile: str
    factory: bool
    counters: tuple[int, ...]
    own_counter: int


@dataclass(frozen=True)
class UpdateIntent:
    """A CS02b; `fault` is what is wrong with it, `cells` a mask of those that it replaces."""

    mode: int
    counter: Number
    owner: Organisation
    cells: int
    certificate_fault: str
    faulty: int
    floor: Number | None
    prepayment_floor: int | None
    others: tuple[tuple[str, Number, int | None], ...]
    path: bool
    check_times: bool
    execution: int | None
    fault: str
    flip: int


@dataclass(frozen=True)
class Handover:
    """SRV 6.21: the broker, who stands in cells of a role, hands them over to an owner."""

    update: UpdateIntent
    owner: Organisation


@dataclass(frozen=True)
class PaymentIntent:
    """A change of payment mode."""

    prepayment: bool
    counter: Number
    threshold: int
    execution: int | None
    fault: str
    flip: int


@dataclass(frozen=True)
class ReadIntent:
    """A CS02a, by the broker's MAC or by the transitional CoS's signature."""

    roles: tuple[str, ...]
    counter: int
    by_mac: bool
    fault: str


@dataclass(frozen=True)
class UnknownCode:
    """A command with a message code that no device of these types carries out."""

    code: int


@dataclass(frozen=True)
class Replay:
    """An earlier message once more, counted from the last one."""

    back: int


@dataclass(frozen=True)
class Time:
    """The clock goes on by some seconds."""

    seconds: int


@dataclass(frozen=True)
class Restart:
    """The power goes and comes back."""


@dataclass(frozen=True)
class Failure:
    """During the next step, a write is the last: the power goes or the medium breaks."""

    operation: int
    late: bool
    broken: bool
    then: "UpdateIntent | PaymentIntent | Replay | Time"


CANCELLATION = -1_000_000
"""Among offsets of execution dates, in seconds: the date that cancels."""

_FAULTS = (
    "for another device",
    "no MAC",
    "a stranger's MAC",
    "an old MAC",
    "no signature",
    "a stranger's signature",
    "another's signature",
    "another originator",
    "another organisation",
    "an octet flipped",
    "cut",
    "halved",
    "longer",
    "empty",
)
_UPDATE_FAULTS = (
    *_FAULTS,
    "another sequence number",
    "another mode",
    "another cell named",
    "no cell named",
    "a foreign cell",
    "a foreign floor",
)


def _weighted(*weights: tuple[int, st.SearchStrategy[T]]) -> st.SearchStrategy[T]:
    """Return one of some strategies, as often as its weight says; the first is the simplest."""
    chosen = [strategy for weight, strategy in weights for _ in range(weight)]
    return st.sampled_from(range(len(chosen))).flatmap(chosen.__getitem__)


def _seldom(bad: tuple[str, ...]) -> st.SearchStrategy[str]:
    return _weighted((5, st.just("")), (1, st.sampled_from(bad)))


_absolute = st.sampled_from(BOUNDARIES).map(lambda value: Number(value, absolute=True))
_counters = _weighted(
    (20, st.sampled_from((1, 1, 1, 2, 1000)).map(Number)),
    (4, st.sampled_from((0, -1, -1000)).map(Number)),
    (1, _absolute),
)
_set_to = _weighted(
    (3, st.sampled_from((0, 1, 5)).map(lambda value: Number(value, absolute=True))),
    (3, st.sampled_from((-1000, -1, 0, 1, 1000)).map(Number)),
    (1, _absolute),
)
_prepayment_floors = _weighted((7, st.none()), (1, st.sampled_from((0, 1, 77, 2**63 - 1))))
_executions = _weighted(
    (6, st.none()), (3, st.sampled_from((1, 60, 3600))), (1, st.sampled_from((0, -5, CANCELLATION)))
)
_others = st.lists(
    st.tuples(st.sampled_from(tuple(USAGES)), _set_to, _prepayment_floors), min_size=1, max_size=3
)

STARTS = st.builds(
    Start,
    device_type=st.sampled_from(("gpf", "esme", "gsme", "gpf", "esme")),
    profile=st.sampled_from(("P-FLOOR", "P-KEEP", "P-ZERO")),
    factory=st.booleans(),
    counters=st.tuples(*[st.sampled_from((0, 5, 1000, 2**32 - 1, 2**53, 1_700_000_000_123))] * 6),
    own_counter=st.sampled_from((0, 1999, 2**24 - 1, 2**32 - 1)),
)
_organisations = st.builds(
    Organisation,
    # Most fit the cell; a broker may stand for some; others do not fit.
    role=_weighted(
        (8, st.just("")), (3, st.just("accessControlBroker")), (1, st.sampled_from(tuple(EUIS)))
    ),
    number=st.integers(0, 1),
    generation=st.integers(0, GENERATIONS - 1),
)
_updates = st.builds(
    UpdateIntent,
    mode=st.sampled_from((2, 3, 3, 4, 6, 7, 8)),
    counter=_counters,
    owner=_organisations,
    cells=st.sampled_from((0b111, 0b111, 0b111, 0b1, 0b10, 0b111111100, 0b11001, 0)),
    certificate_fault=_seldom(CERTIFICATE_FAULTS),
    faulty=st.integers(0, 2),
    floor=_weighted((3, st.none()), (2, _set_to)),
    prepayment_floor=_prepayment_floors,
    others=_weighted((1, st.just(())), (1, _others.map(tuple))),
    path=st.sampled_from((True,) * 12 + (False,)),
    check_times=st.sampled_from((True, True, False)),
    execution=_executions,
    fault=_seldom(_UPDATE_FAULTS),
    flip=st.integers(0, 3000),
)
_payments = st.builds(
    PaymentIntent,
    prepayment=st.booleans(),
    counter=_counters,
    threshold=st.sampled_from((0, 1, -1, 2**31 - 1, -(2**31))),
    execution=_executions,
    fault=_seldom((*_FAULTS, "another mode")),
    flip=st.integers(0, 300),
)
_reads = st.builds(
    ReadIntent,
    roles=st.lists(
        st.sampled_from((*USAGES, "wanProvider", "loadController")), max_size=6
    ).map(tuple),
    counter=st.sampled_from((0, 1, 2**64 - 1)),
    by_mac=st.booleans(),
    fault=_seldom(_FAULTS),
)
_replays = st.builds(Replay, st.integers(0, 19))
_times = st.builds(Time, st.sampled_from((0, 1, 60, 60, 3600, 3600, 86400, 6 * 365 * 86400)))
STEPS = _weighted(
    (20, _updates),
    (3, st.builds(Handover, _updates, _organisations)),
    (3, _payments),
    (2, _reads),
    (4, _replays),
    (4, _times),
    (1, st.builds(UnknownCode, st.sampled_from((0x100, 0x101, 0x105, 0x109, 0x125, 0x126, 0x7777)))),
    (1, st.builds(Restart)),
    (
        2,
        st.builds(
            Failure,
            operation=st.integers(0, 7),
            late=st.booleans(),
            broken=st.booleans(),
            then=_weighted((4, _updates), (1, _payments), (1, _replays), (2, _times)),
        ),
    ),
)
