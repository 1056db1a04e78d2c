"""Which cut of which run: an id that a person can hand on, and that replays."""

import re
from dataclasses import dataclass
from typing import Self

from gbcs_hil.bench.flash_faults import Fault, Tear
from gbcs_hil.bench.stores import BAD_STORES, STORES
from gbcs_hil.errors import BadInput
from gbcs_hil.powercut.scenarios import SCENARIOS

_TEARS = {Tear.NOTHING: "n", Tear.HALF: "h", Tear.ALL: "a"}
_EVENT = re.compile(r"(?P<operation>[1-9][0-9]*)(?P<tear>[nha])|r(?P<read>[1-9][0-9]*)|rest")
_SCENARIO = re.compile(r"(?P<name>[^@]*)(@(?P<age>[1-9][0-9]{0,5}))?")
_FORM = (
    "unix/lfs/gpf/6.15.1/5h: board, store, device type, scenario, and the operation of each cut"
)


@dataclass(frozen=True)
class Place:
    """What the power is cut of.

    Attributes:
        kind: "unix" or "cpython".
        store: one of `stores.STORES` or `BAD_STORES`.
        device_type: "esme", "gpf" or "gsme".
        scenario: one of `SCENARIOS`.
        age: how many commands the device has accepted before; None for as many as it takes to
            have it erase a sector meanwhile (`run.settled`).
    """

    kind: str
    store: str
    device_type: str
    scenario: str
    age: int | None = 0

    @property
    def target(self) -> str:
        """The board, as `targets.start` takes it."""
        return f"{self.kind}:?store={self.store}"

    def __str__(self) -> str:
        age = {0: "", None: "@erase"}.get(self.age, f"@{self.age}")
        return f"{self.kind}/{self.store}/{self.device_type}/{self.scenario}{age}"


@dataclass(frozen=True)
class Case:
    """One run: what befalls the flash in each boot, before the boot that is judged.

    Attributes:
        place: the device and what it is asked to do.
        faults: the first one's while it does that, the others' while it starts again. The
            power is cut at the end of each boot that a fault does not end.
    """

    place: Place
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        return f"{self.place}/{'+'.join(map(_event, self.faults))}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an id.

        Raises:
            BadInput: it is none.
        """
        parts = text.split("/")
        if len(parts) != 5:
            raise BadInput(f"{text!r} is no id of a cut, such as {_FORM}")
        kind, store, device_type, scenario, events = parts
        if kind not in ("unix", "cpython") or store not in STORES + BAD_STORES:
            raise BadInput(f"{text}: no emulated board {kind!r} with a store {store!r}")
        found = _SCENARIO.fullmatch(scenario)
        if found is None or found["name"] not in SCENARIOS:
            raise BadInput(f"{text}: no scenario {scenario!r}; there are {', '.join(SCENARIOS)}")
        faults = tuple(_fault(event, text) for event in events.split("+"))
        age = int(found["age"] or 0)
        return cls(Place(kind, store, device_type, found["name"], age), faults)


def _event(fault: Fault) -> str:
    if fault.read:
        return f"r{fault.read}"
    return f"{fault.operation}{_TEARS[fault.tear]}" if fault.operation else "rest"


def _fault(event: str, text: str) -> Fault:
    found = _EVENT.fullmatch(event)
    if found is None:
        raise BadInput(f"{text}: {event!r} is no cut; write 5n, 5h or 5a, r17 or rest")
    tears = {letter: tear for tear, letter in _TEARS.items()}
    return Fault(
        operation=int(found["operation"] or 0),
        tear=tears[found["tear"] or "n"],
        read=int(found["read"] or 0),
    )
