"""What may come next: commands drawn at random, in relation to what the device holds.

Numbers are drawn as distances from the counter that they will be held against, so that a
sequence which is made shorter keeps its meaning.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from model.messages import Certificate, Command, Floor, Malformed, Payment, Read, Update
from model.organisations import CERTIFICATE_FAULTS, EUIS, STRANGER, Organisation, certificate_for
from model.rules import Model
from model.tables import (
    ACB_KA,
    CANCEL,
    COS_DS,
    MODES,
    PAYMENTS,
    READ,
    SUPPLIER_DS,
    UPDATE,
    USAGES,
    Mode,
    cells_of,
    mode_of,
    role_of,
)

T = TypeVar("T")

_BOUNDARIES = (1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1)
_BROKER = "accessControlBroker"

_PROTECTION_FAULTS = (
    "for another device",
    "no MAC",
    "a stranger's MAC",
    "an old MAC",
    "no signature",
    "a stranger's signature",
    "another's signature",
    "another originator",
    "another organisation",
    "flipped",
)
_SPOILT = ("cut", "halved", "longer", "empty")
CONTENT_FAULTS = (
    "another sequence number",
    "another mode",
    "another cell named",
    "no cell named",
    "a foreign cell",
    "a foreign floor",
)
FAULTS = (*_PROTECTION_FAULTS, *_SPOILT, *CONTENT_FAULTS)
_UNKNOWN_CODES = (0x0100, 0x0101, 0x0105, 0x0109, 0x0125, 0x0126, 0x7777)


def _mostly(usual: T, *others: T) -> SearchStrategy[T]:
    """Return the usual value, which is the simplest too, in two of three cases."""
    return st.sampled_from((usual,) * (2 * len(others)) + others)


def _over(draw: DrawFn, base: int, *distances: int, usual: int = 1) -> int:
    """Draw a number at some distance of a base; seldom at a boundary."""
    distance = draw(_mostly(usual, *distances, None))
    number = draw(st.sampled_from(_BOUNDARIES)) if distance is None else base + distance
    return min(max(number, 0), 2**64 - 1)


def _floor(draw: DrawFn, counter: int) -> int:
    small = draw(st.booleans())
    return draw(st.sampled_from((0, 1, 5))) if small else _over(draw, counter, -1000, -1, 0, 1000)


def _execution(draw: DrawFn, now: str) -> str:
    if not draw(st.booleans()):
        return ""
    offset = draw(_mostly(3600, 60, -5, 0, None))
    return CANCEL if offset is None else after(now, offset)


def after(now: str, seconds: int) -> str:
    """Return a time of the model's so many seconds later."""
    return f"{time_of(now) + timedelta(seconds=seconds):%Y%m%d%H%M%S}"


def time_of(text: str) -> datetime:
    """Return a time of the model's."""
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


@st.composite
def updates(draw: DrawFn, model: Model, fault: str = "") -> Command:
    """Draw a CS02b: a renewal, a handover, a change of supplier, a recovery, with its floors."""
    able = [number for number in MODES if MODES[number].cell in model.cells]
    # What else the same party does while a command of its waits is worth a look.
    roles = [mode_of(command).role for command in model.pending.values()]
    again = [number for number in able if role_of(MODES[number].cell) in roles]
    number = draw(st.sampled_from((*again * 3, *able, 2, 7, 3)))
    mode = MODES[number]
    counter = _over(draw, model.counters.get(mode.role, 0), 1, 2, 1000, 0, -1, -1000)
    optional_floor = st.one_of(st.none(), st.none(), st.sampled_from((0, 1, 77, 2**63 - 1)))
    floors = st.lists(st.sampled_from((*mode.roles, mode.role)), max_size=3, unique=True)
    own_floor = draw(st.booleans())
    body = Update(
        number,
        counter,
        _replacements(draw, model, mode, fault),
        cell=mode.cell if mode.signed else None,
        floor=_floor(draw, counter) if own_floor else None,
        prepayment_floor=draw(optional_floor) if number == 2 else None,
        others=tuple(
            Floor(role, _floor(draw, model.counters.get(role, 0)), draw(optional_floor))
            for role in draw(floors)
        ),
        path=draw(_mostly(True, True, True, True, False)),
        check_times=draw(_mostly(True, False)),
        execution=_execution(draw, model.now),
    )
    body = _with_fault(body, mode, fault)
    command = Command(UPDATE + number, b"", counter, body, None, None)
    return _protected(draw, model, command, fault)


def _replacements(
    draw: DrawFn, model: Model, mode: Mode, fault: str
) -> tuple[tuple[str, Certificate], ...]:
    """Draw certificates for the cells of a mode, which this device need not have."""
    held = [cell for cell in cells_of("esme", {}) if role_of(cell) in mode.roles]
    cells = draw(
        st.one_of(
            st.just(held[-3:]),
            st.just(held[-3:]),
            st.lists(st.sampled_from(held), max_size=4),
        )
    )
    if fault == "a foreign cell":
        cells = [*cells, COS_DS if mode.cell != COS_DS else ACB_KA]
    # Most replacements renew; some hand over, also to an ACB; some do not fit the cell.
    role = draw(_mostly("", _BROKER, _BROKER, _BROKER, "recovery"))
    holder, changes = model.cells.get(mode.cell), draw(_mostly(False, True))
    number = int(bool(holder and holder.eui in {euis[1] for euis in EUIS.values()}) != changes)
    generation = draw(st.integers(0, 1))
    faulty = draw(_mostly(len(cells), *range(max(len(cells), 1))))
    made = []
    for place, cell in enumerate(cells):
        of_root = role_of(cell) == "root"
        bad = draw(st.sampled_from(CERTIFICATE_FAULTS)) if place == faulty else ""
        if of_root:
            # There is one root; what strangers call a root is another.
            certificate = certificate_for(cell, Organisation("root"), "unchained" if bad else "")
        else:
            owner = Organisation(role or role_of(cell), number, generation)
            certificate = certificate_for(cell, owner, bad)
        made.append((cell, certificate))
    return tuple(made)


def _with_fault(body: Update, mode: Mode, fault: str) -> Update:
    if fault == "another sequence number":
        return replace(body, sequence_number=body.sequence_number + 1)
    if fault == "another mode":
        return replace(body, mode=2 if body.mode != 2 else 3)
    if fault == "another cell named":
        return replace(body, cell=SUPPLIER_DS if mode.cell != SUPPLIER_DS else COS_DS)
    if fault == "no cell named":
        return replace(body, cell=None)
    if fault == "a foreign floor":
        role = "recovery" if mode.role != "recovery" else "wanProvider"
        return replace(body, others=(*body.others, Floor(role, 0)))
    return body


@st.composite
def payments(draw: DrawFn, model: Model, fault: str = "") -> Command:
    """Draw a change of payment mode; a GPF is asked for an ESME's."""
    codes = PAYMENTS[model.device_type] or PAYMENTS["esme"]
    counter = _over(draw, model.counters["supplier"], 1, 1000, 0, -1)
    threshold = draw(st.sampled_from((0, 1, -1, 2**31 - 1, -(2**31))))
    body = Payment(threshold, _execution(draw, model.now))
    command = Command(draw(st.sampled_from(codes)), b"", counter, body, None, None)
    return _protected(draw, model, command, fault)


@st.composite
def reads(draw: DrawFn, model: Model, fault: str = "") -> Command:
    """Draw a CS02a, by the ACB's MAC or the transitional CoS's signature."""
    roles = draw(st.lists(st.sampled_from((*USAGES, "wanProvider")), max_size=6))
    # A supplier's signature does not authorise a read-out.
    body = Read(draw(st.sampled_from((ACB_KA, COS_DS, ACB_KA, COS_DS, SUPPLIER_DS))), tuple(roles))
    counter = _over(draw, model.counters[role_of(body.cell)], 0, -1)
    return _protected(draw, model, Command(READ, b"", counter, body, None, None), fault)


@st.composite
def unknown(draw: DrawFn, model: Model) -> Command:
    """Draw a supplier's command with a code that means nothing to the device."""
    code = draw(st.sampled_from(_UNKNOWN_CODES))
    return _protected(draw, model, Command(code, b"", 2**60, Payment(), None, None), "")


def _protected(draw: DrawFn, model: Model, command: Command, fault: str) -> Command:
    """Return a command with its originator, signer and MAC, or with what is wrong with them."""
    mode = mode_of(command)
    holder = model.cells.get(mode.cell)
    role = holder.role if holder else mode.role
    number = 1 if holder and holder.eui == EUIS[role][0] else 0
    other = certificate_for(mode.cell, Organisation(role, number))
    old_broker = certificate_for(ACB_KA, Organisation(_BROKER, 1, 1))
    holder = holder or other
    command = replace(
        command,
        originator=holder.eui,
        signer=holder.key if mode.signed else None,
        mac=model.cells[ACB_KA].key if mode.mac else None,
    )
    if fault == "flipped":
        return replace(command, flipped=draw(st.integers(0, 30_000)))
    if fault in _SPOILT or (fault == "another mode" and isinstance(command.body, Payment)):
        assert not isinstance(command.body, Malformed)
        return replace(command, body=Malformed(command.body, fault))
    changes = {
        "for another device": replace(command, for_this_device=False),
        "no MAC": replace(command, mac=None),
        "a stranger's MAC": replace(command, mac=STRANGER),
        "an old MAC": replace(command, mac=old_broker.key),
        "no signature": replace(command, signer=None),
        "a stranger's signature": replace(command, signer=STRANGER),
        "another's signature": replace(command, signer=other.key),
        "another originator": replace(command, originator=other.eui),
        "another organisation": replace(command, originator=other.eui, signer=other.key),
    }
    return changes.get(fault, command)
