"""What a device has to do with a message: a model of cells and counters, from the rules alone.

It knows nothing of octets, and nothing of the firmware went into it. The numbers in brackets
are sections of GBCS; where its public text is silent, the default of the profiles holds.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field

from model.messages import (
    Alert,
    Answer,
    CellOutcome,
    Certificate,
    Command,
    Floor,
    Malformed,
    Outcome,
    Payment,
    Read,
    RoleDetails,
    Update,
)

CANCEL = "99991231235959"
LARGEST_SEQUENCE_NUMBER = 2**63 - 1
READ, UPDATE, UPDATE_ALERT = 0x0008, 0x0100, 0x00CB
SUCCEEDED, FAILED = 0x8F66, 0x8F67
# The codes for credit and for prepayment, and how many alerts their execution raises.
PAYMENTS = {"esme": (0x001A, 0x001B), "gsme": (0x006C, 0x006D), "gpf": ()}
PAYMENT_ALERTS = {0x001A: (0x00CC,), 0x001B: (0x00CC,) * 2, 0x006C: (0x00CD,), 0x006D: (0x00CD,)}

USAGES = {
    "root": ("keyCertSign",),
    "recovery": ("digitalSignature",),
    "supplier": ("digitalSignature", "keyAgreement", "keyAgreement/prepaymentTopUp"),
    "networkOperator": ("digitalSignature", "keyAgreement"),
    "accessControlBroker": ("keyAgreement",),
    "transitionalCoS": ("digitalSignature",),
}
ACB_KA = "accessControlBroker/keyAgreement"
SUPPLIER_DS = "supplier/digitalSignature"
COS_DS = "transitionalCoS/digitalSignature"

ANY = "any"
"""A refusal whose reason does not matter."""


class Refused(Exception):
    """The device discards the message: nothing is sent and nothing changes; says why."""


@dataclass(frozen=True)
class Mode:
    """Which cell authorises a credentials replacement mode, how, and whose cells it is for."""

    cell: str
    roles: tuple[str, ...]
    mac: bool = True
    signed: bool = True


MODES = {
    2: Mode(SUPPLIER_DS, ("supplier",)),
    3: Mode("networkOperator/digitalSignature", ("networkOperator",)),
    4: Mode(ACB_KA, ("accessControlBroker",), signed=False),
    6: Mode(COS_DS, ("transitionalCoS",)),
    7: Mode(COS_DS, ("supplier",)),
    8: Mode("recovery/digitalSignature", tuple(USAGES), mac=False),
}


@dataclass
class Model:
    """A device as its remote parties know it."""

    device_type: str
    profile: str
    cells: dict[str, Certificate]
    counters: dict[str, int]
    own_counter: int
    now: str
    prepayment_floor: int = 0
    payment: tuple[str, int] = ("credit", 0)
    pending: dict[int, tuple[str, Command]] = field(default_factory=dict)

    def copy(self) -> "Model":
        """Return a model that goes on by itself."""
        twin = copy(self)
        twin.cells, twin.counters = dict(self.cells), dict(self.counters)
        twin.pending = dict(self.pending)
        return twin

    def receive(self, command: Command) -> Answer:
        """Do what a message asks for, after all checks in their order (6.2.4).

        Raises:
            Refused: a check failed; nothing has changed.
        """
        if not command.intact:
            raise Refused(ANY)
        _require(command.for_this_device, "wrong-target")
        updates = [UPDATE + mode for mode in MODES if MODES[mode].cell in self.cells]
        known = command.code in (READ, *updates, *PAYMENTS[self.device_type])
        _require(known, "unsupported")
        _require(_well_formed(command, command.body), "malformed")
        if isinstance(command.body, Read):
            return self._read(command, command.body)
        body = command.body
        assert not isinstance(body, Malformed)
        if isinstance(body, Payment):
            mode = MODES[2]
            self._authenticate(command, mode)
        else:
            mode = MODES[command.code - UPDATE]
            self._authenticate(command, mode)
            self._authorise(command, body, mode)
        # One counter for each role, and a repeat is a replay (4.3.1.5).
        _require(command.counter > self.counters[_role(mode.cell)], "replay")
        self.counters[_role(mode.cell)] = command.counter
        return Answer(self._schedule(command, body))

    def _authenticate(self, command: Command, mode: Mode) -> None:
        """Check the ACB's MAC, the authorising cell's signature, and who owns that cell (6.2.3)."""
        acb, holder = self.cells[ACB_KA], self.cells[mode.cell]
        _require((command.mac is not None) == mode.mac, "bad-mac")
        _require((command.signer is not None) == mode.signed, "bad-signature")
        _require(command.mac in (acb.key, None), "bad-mac")
        _require(command.signer in (holder.key, None), "bad-signature")
        _require(command.originator == holder.eui, "not-authorised")

    def _authorise(self, command: Command, body: Update, mode: Mode) -> None:
        """Check that the command's fields are this mode's own; a stranger's role is not."""
        # A device that is no Communications Hub may be spared the name of the broker's cell.
        named = body.cell == mode.cell or (body.cell is None and not mode.signed)
        _require(named and body.sequence_number == command.counter, "not-authorised")
        replaced = [_role(cell) for cell, _ in body.replacements]
        set_to = [floor.role for floor in body.others]
        _require(all(role in mode.roles for role in replaced + set_to), "not-authorised")
        _require(all(role in self.counters for role in set_to), "not-authorised")
        # Only a supplier has a prepayment floor.
        supplier = body.prepayment_floor is None or mode.cell == SUPPLIER_DS
        _require(supplier, "not-authorised")

    def _read(self, command: Command, body: Read) -> Answer:
        """Tell of roles; no counter is asked for, and none moves."""
        by_mac = body.cell == ACB_KA
        self._authenticate(command, Mode(body.cell, (), mac=by_mac, signed=not by_mac))
        told = []
        for role in body.roles:
            cells = [cell for cell in self.cells if _role(cell) == role]
            held = tuple((cell, self.cells[cell].eui, self.cells[cell].key) for cell in cells)
            found = RoleDetails(role, 0, self.counters[role], held) if held else None
            told.append(found or RoleDetails(role, 25))
        return Answer(tuple(told), self.cells[ACB_KA].key if by_mac else None)

    def _schedule(self, command: Command, body: Update | Payment) -> Outcome | None:
        """Act now, or store the command in its message code's place, or cancel what is there."""
        if body.execution <= self.now:
            return self._execute(command, body)
        self.pending.pop(command.code, None)
        if body.execution != CANCEL:
            self.pending[command.code] = (body.execution, command)
        return None

    def tick(self, now: str) -> Iterator[list[Alert]]:
        """Let it be that time; execute the commands that have come due, one for each step."""
        self.now = now
        while due := sorted((date, code) for code, (date, _) in self.pending.items()):
            if due[0][0] > now:
                return
            _, command = self.pending.pop(due[0][1])
            assert isinstance(command.body, Update | Payment)
            payment = isinstance(command.body, Payment)
            mode = MODES[2 if payment else command.code - UPDATE]
            if self.cells[mode.cell].eui != command.originator:
                # Who has lost the cell in between has no say any more.
                yield []
                continue
            outcome = self._execute(command, command.body)
            failed = outcome is not None and any(cell.status for cell in outcome.cells)
            event = FAILED if failed else SUCCEEDED
            codes = PAYMENT_ALERTS.get(command.code, (UPDATE_ALERT,))
            first = self.own_counter + 1
            self.own_counter += len(codes)
            yield [Alert(code, first + n, event, command, outcome) for n, code in enumerate(codes)]

    def _execute(self, command: Command, body: Update | Payment) -> Outcome | None:
        if isinstance(body, Update):
            return self._update(body, MODES[command.code - UPDATE])
        prepayment = command.code == PAYMENTS[self.device_type][1]
        self.payment = ("prepayment", body.threshold) if prepayment else ("credit", 0)
        return None

    def _update(self, body: Update, mode: Mode) -> Outcome:
        """Replace cell by cell, each for itself; then set the counters (13.3.5)."""
        before = dict(self.cells)
        outcomes = tuple(self._replace(body, *pair) for pair in body.replacements)
        if self.profile == "P-ZERO":
            for cell, held in self.cells.items():
                if held.eui != before[cell].eui:
                    self.counters[_role(cell)] = 0
        if body.prepayment_floor is not None:
            self.prepayment_floor = body.prepayment_floor
        own = () if body.floor is None else (_own_floor(body, body.floor, mode),)
        for change in (*own, *body.others):
            if self.profile != "P-KEEP" or change.role != "networkOperator":
                self.counters[change.role] = change.number
            if change.prepayment is not None and change.role == "supplier":
                self.prepayment_floor = change.prepayment
        return Outcome(body.sequence_number, body.mode, (*own, *body.others), outcomes)

    def _replace(self, body: Update, cell: str, new: Certificate) -> CellOutcome:
        if cell not in self.cells:
            return CellOutcome(cell, 25, (bytes(8), bytes(8)), (bytes(8), bytes(8)))
        old = self.cells[cell]
        status = self._status(body, cell, new)
        if not status:
            self.cells[cell] = new
        held = self.cells[cell]
        return CellOutcome(cell, status, (old.eui, old.key), (held.eui, held.key))

    def _status(self, body: Update, cell: str, new: Certificate) -> int:
        role, usage = cell.split("/")[:2]
        # A broker's certificate may stand for a supplier or network operator (MP128A, 6.21).
        others = ("accessControlBroker",) if role in ("supplier", "networkOperator") else ()
        fits = new.well_formed and new.role in (role, *others) and new.usage == usage
        if not fits:
            return 5
        # A root needs no path: the one that it replaces has to vouch for it.
        if not (new.chains and (body.path or role == "root")):
            return 10
        return 0 if not body.check_times or new.not_before <= self.now <= new.not_after else 5


def cells_of(device_type: str) -> list[str]:
    """Return the names of a device's cells; a GSME has none for a network operator."""
    lacks = "networkOperator" if device_type == "gsme" else ""
    return [f"{role}/{usage}" for role in USAGES if role != lacks for usage in USAGES[role]]


def _own_floor(body: Update, number: int, mode: Mode) -> Floor:
    return Floor(_role(mode.cell), number, body.prepayment_floor)


def _role(cell: str) -> str:
    return cell.partition("/")[0]


def _well_formed(command: Command, body: Update | Read | Payment | Malformed) -> bool:
    if not isinstance(body, Update):
        return not isinstance(body, Malformed)
    if UPDATE + body.mode != command.code:
        return False
    numbers = [body.sequence_number, body.floor, body.prepayment_floor]
    numbers += [number for other in body.others for number in (other.number, other.prepayment)]
    return all(number is None or 0 <= number <= LARGEST_SEQUENCE_NUMBER for number in numbers)


def _require(fine: bool, reason: str) -> None:
    if not fine:
        raise Refused(reason)


