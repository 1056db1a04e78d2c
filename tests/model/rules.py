"""What a device has to do with a message: a model of cells and counters, from the rules.

It knows nothing of octets and shares no code with the firmware. The numbers in brackets are
sections of GBCS; where its public text is silent, the settings of the profiles hold, and they
mean what the firmware's `profile` says of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from model.contents import status_of, well_formed
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
from model.tables import (
    ACB_KA,
    CANCEL,
    CRITICAL_ALERT,
    FAILED,
    MODES,
    NOT_AUTHENTIC,
    PAYMENT_ALERTS,
    PAYMENTS,
    READ,
    SUCCEEDED,
    SUPPLIER_DS,
    UPDATE,
    UPDATE_ALERT,
    Mode,
    date_of,
    mode_of,
    role_of,
)

ANY = "any"
"""A refusal whose reason does not matter."""


class Refused(Exception):
    """The device discards the message and changes nothing; at most it raises an alert."""

    def __init__(self, reason: str, *alerts: Alert) -> None:
        super().__init__(reason)
        self.reason, self.alerts = reason, alerts


@dataclass
class Model:
    """A device as its remote parties know it; `settings` are those unlike the default."""

    device_type: str
    settings: Mapping[str, str]
    cells: dict[str, Certificate]
    counters: dict[str, int]
    own_counter: int
    now: str
    prepayment_floor: int = 0
    payment: tuple[str, int] = ("credit", 0)
    pending: dict[tuple[int, bytes], Command] = field(default_factory=dict)

    def under(self, setting: str, value: str) -> bool:
        """Tell whether the profile has a value other than the default."""
        return self.settings.get(setting) == value

    def receive(self, command: Command) -> Answer:
        """Do what a message asks for, after all checks in their order (6.2.4).

        Raises:
            Refused: a check failed.
        """
        _require(command.flipped is None, ANY)
        _require(command.for_this_device, "wrong-target")
        updates = [UPDATE + mode for mode in MODES if MODES[mode].cell in self.cells]
        known = command.code in (READ, *updates, *PAYMENTS[self.device_type])
        _require(known, "unsupported")
        body, mode = command.body, mode_of(command)
        _require(well_formed(self.settings, command), "malformed")
        assert not isinstance(body, Malformed)
        self._authenticate(command, mode)
        if isinstance(body, Update):
            self._authorise(command, body, mode)
        self._check_counter(command)
        if isinstance(body, Read):
            self._move_counter(command)
            return self._read(body)
        past = "" < body.execution <= self.now
        refused = past and self.under("past-execution-date", "refuse")
        _require(not refused, "not-authorised")
        waits = self.now < body.execution != CANCEL
        if not (waits and self.under("future-dated-counter", "at-execution")):
            self._move_counter(command)
        return Answer(self._schedule(command, body))

    def _authenticate(self, command: Command, mode: Mode) -> None:
        """Check the ACB's MAC, the authorising cell's signature, and whose cell it is (6.2.3)."""
        acb, holder = self.cells[ACB_KA], self.cells[mode.cell]
        _require((command.mac is not None) == mode.mac, "bad-mac")
        _require((command.signer is not None) == mode.signed, "bad-signature")
        _require(command.mac in (acb.key, None), "bad-mac")
        _require(command.signer in (holder.key, None), "bad-signature")
        _require(command.originator == holder.eui, "not-authorised")

    def _authorise(self, command: Command, body: Update, mode: Mode) -> None:
        """Check that the command's fields are this mode's own; a stranger's role is not."""
        named = [cell for cell, _ in body.replacements]
        roles = [role_of(cell) for cell in named]
        floors = [floor.role for floor in body.others]
        own = [role in mode.roles for role in roles]
        left_out = [cell for cell in self.cells if role_of(cell) in roles and cell not in named]
        for fine in (
            # A device that is no Communications Hub may be spared the name of the ACB's cell.
            body.cell == mode.cell or (body.cell is None and not mode.signed),
            body.sequence_number == command.counter
            or self.under("sequence-number", "not-checked"),
            all(own) or self.under("cell-outside-mode", "status-25"),
            all(role in mode.roles and role in self.counters for role in floors),
            # Only a supplier has a prepayment floor.
            body.prepayment_floor is None or mode.cell == SUPPLIER_DS,
            len(set(named)) == len(named) or not self.under("cell-named-twice", "refuse-command"),
            not left_out or not self.under("cells-of-a-role", "together"),
        ):
            _require(fine, "not-authorised")

    def _counted(self, command: Command) -> str | None:
        """Return the role whose counter the command is held against (4.3.1.5)."""
        role = role_of(mode_of(command).cell)
        if isinstance(command.body, Read):
            return role if self.under("cs02a-replay-protection", "on") else None
        free = role == "recovery" and self.under("recovery-replay-protection", "off")
        return None if free else role

    def _is_replay(self, command: Command) -> bool:
        role = self._counted(command)
        return role is not None and command.counter <= self.counters[role]

    def _check_counter(self, command: Command) -> None:
        if not self._is_replay(command):
            return
        if not self.under("replay-alert", "supplier"):
            raise Refused("replay")
        self.own_counter += 1
        supplier = self.cells[SUPPLIER_DS].eui
        raise Refused("replay", Alert(CRITICAL_ALERT, self.own_counter, NOT_AUTHENTIC, supplier))

    def _move_counter(self, command: Command) -> None:
        if role := self._counted(command):
            self.counters[role] = command.counter

    def _read(self, body: Read) -> Answer:
        told = []
        for role in body.roles:
            cells = [cell for cell in self.cells if role_of(cell) == role]
            held = tuple((cell, self.cells[cell].eui, self.cells[cell].key) for cell in cells)
            found = RoleDetails(role, 0, self.counters[role], held) if held else None
            told.append(found or RoleDetails(role, 25))
        return Answer(tuple(told), self.cells[ACB_KA].key if body.cell == ACB_KA else None)

    def _schedule(self, command: Command, body: Update | Payment) -> Outcome | None:
        """Act now, or store the command in its message code's place, or cancel what is there."""
        if body.execution <= self.now:
            return self._execute(command, body)
        by_code = not self.under("pending-command", "by-originator")
        for code, originator in list(self.pending):
            if code == command.code and (by_code or originator == command.originator):
                del self.pending[code, originator]
        if body.execution != CANCEL:
            self.pending[command.code, command.originator] = command
        return None

    def tick(self, now: str) -> Sequence[Alert]:
        """Let it be that time, and execute the commands that have come due."""
        self.now = now
        alerts: list[Alert] = []
        waiting = sorted((date_of(command), key) for key, command in self.pending.items())
        for date, key in waiting:
            if date <= now:
                alerts += self._execute_at_date(self.pending.pop(key))
        return alerts

    def _execute_at_date(self, command: Command) -> Sequence[Alert]:
        # Who has lost the cell in between has no say any more.
        lost = self.cells[mode_of(command).cell].eui != command.originator
        if lost and not self.under("authorising-cell-at-execution", "not-checked"):
            return []
        if self.under("future-dated-counter", "at-execution"):
            if self._is_replay(command):
                return []
            self._move_counter(command)
        assert isinstance(command.body, Update | Payment)
        outcome = self._execute(command, command.body)
        failed = outcome is not None and any(cell.status for cell in outcome.cells)
        alerts = []
        for code in PAYMENT_ALERTS.get(command.code, (UPDATE_ALERT,)):
            self.own_counter += 1
            told = (FAILED if failed else SUCCEEDED, command.originator, command, outcome)
            alerts.append(Alert(code, self.own_counter, *told))
        return alerts

    def _execute(self, command: Command, body: Update | Payment) -> Outcome | None:
        if isinstance(body, Update):
            return self._update(command, body)
        prepayment = command.code == PAYMENTS[self.device_type][1]
        self.payment = ("prepayment", body.threshold) if prepayment else ("credit", 0)
        return None

    def _update(self, command: Command, body: Update) -> Outcome:
        """Replace cell by cell, each for itself; then set the counters (13.3.5)."""
        mode = mode_of(command)
        outcomes = tuple(self._replace(mode, body, *pair) for pair in body.replacements)
        own = Floor(role_of(mode.cell), body.floor or 0, body.prepayment_floor)
        changes = (*(() if body.floor is None else (own,)), *body.others)
        some = any(not outcome.status for outcome in outcomes)
        if some or not self.under("floor-when-all-fail", "ignore"):
            if body.prepayment_floor is not None:
                self.prepayment_floor = body.prepayment_floor
            for change in changes:
                self._set_counter(change)
        return Outcome(body.sequence_number, command.code - UPDATE, changes, outcomes)

    def _set_counter(self, change: Floor) -> None:
        if change.role == "supplier":
            if change.prepayment is not None:
                self.prepayment_floor = change.prepayment
            elif self.under("prepayment-floor-absent", "follow-floor"):
                self.prepayment_floor = change.number
        lower = self.under("floor-meaning", "first-allowed")
        kept = change.role == "networkOperator" and self.under("floor", "keep-network-operator")
        if not kept:
            self.counters[change.role] = max(change.number - lower, 0)

    def _replace(self, mode: Mode, body: Update, cell: str, new: Certificate) -> CellOutcome:
        if cell not in self.cells:
            return CellOutcome(cell, 25, (bytes(8), bytes(8)), (bytes(8), bytes(8)))
        old = self.cells[cell]
        status = 25
        if role_of(cell) in mode.roles:
            status = status_of(self.settings, self.now, body, cell, new)
        if not status:
            self.cells[cell] = new
            if new.eui != old.eui and self.under("owner-change", "reset-counter"):
                self.counters[role_of(cell)] = 0
        held = self.cells[cell]
        return CellOutcome(cell, status, (old.eui, old.key), (held.eui, held.key))


def _require(fine: bool, reason: str) -> None:
    if not fine:
        raise Refused(reason)
