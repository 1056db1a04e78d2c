"""What a device has to do with a message: a model of cells and counters, from the rules.

It knows nothing of octets and shares no code with the firmware. The numbers in brackets are
sections of GBCS; where its public text is silent, the settings of the profiles hold, and they
mean what the firmware's `profile` says of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from model.contents import may_set, permitted, status_of, well_formed
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
    COS_DS,
    CREDENTIALS_UPDATED,
    CRITICAL_ALERT,
    EVENTS,
    FAILED,
    LOG_ENTRIES,
    MODES,
    PAYMENT_ALERTS,
    PAYMENTS,
    READ,
    ROOM,
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

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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
    log: list[tuple[str, int]] = field(default_factory=list)
    floors: dict[str, int] = field(init=False)
    by_code: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.floors = dict(self.counters)

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
        if isinstance(body, Read):
            _require(body.cell in (ACB_KA, COS_DS), "not-authorised")
        self._authenticate(command, mode)
        if isinstance(body, Update):
            own = permitted(self.settings, command, mode, self.cells, self.counters)
            _require(own, "not-authorised")
        _require(not self._is_replay(command), "replay")
        if isinstance(body, Read):
            self._move_counter(command)
            return self._read(body)
        past = "" < body.execution <= self.now
        refused = past and self.under("past-execution-date", "refuse")
        _require(not refused, "not-authorised")
        waits = self.now < body.execution != CANCEL
        taken = sum(waiting.length for waiting in self.pending.values())
        _require(not waits or taken + command.length <= ROOM, "unsupported")
        if not (waits and self.under("future-dated-counter", "at-execution")):
            self._move_counter(command)
        before = dict(self.cells)
        outcome = self._schedule(command, body)
        return Answer(outcome, alerts=self._announced(before, outcome))

    def is_answered(self, command: Command) -> bool | None:
        """Tell whether a message that it has refused is answered; None if that is open."""
        if not self.under("rejection-response", "empty"):
            return False
        # What was changed on the way may not be known for a command any more.
        return command.for_this_device if command.flipped is None else None

    def alarm(self, reason: str) -> Sequence[Alert]:
        """Log a message that it has refused; return what it says of it by itself."""
        name, usual = EVENTS[reason]
        event = self.settings.get(name, usual)
        if event == "none":
            return ()
        self._note(int(event, 16))
        setting = "replay-alert" if reason == "replay" else "rejection-alert"
        if not self.under(setting, "supplier"):
            return ()
        return (self._critical(int(event, 16), self.cells[SUPPLIER_DS].eui),)

    def _note(self, event: int) -> None:
        self.log = [*self.log, (self.now, event)][-LOG_ENTRIES:]

    def _critical(self, event: int, recipient: bytes) -> Alert:
        self.own_counter += 1
        return Alert(CRITICAL_ALERT, self.own_counter, event, recipient)

    def _announced(
        self, before: Mapping[str, Certificate], outcome: Outcome | None
    ) -> tuple[Alert, ...]:
        """Tell who has to know of the cells that were replaced."""
        to = self.settings.get("credentials-updated-alert")
        replaced = {done.cell for done in outcome.cells if not done.status} if outcome else set()
        if self.under("credentials-updated-event", "none"):
            return ()
        for _ in replaced:
            self._note(CREDENTIALS_UPDATED)
        if to is None or not replaced:
            return ()
        holders = before if to == "previous-holder" else self.cells
        known = {holders[cell].eui for cell in replaced if role_of(cell) != "root"}
        told = {self.cells[SUPPLIER_DS].eui} if to == "supplier" else known
        return tuple(self._critical(CREDENTIALS_UPDATED, eui) for eui in sorted(told))

    def _authenticate(self, command: Command, mode: Mode) -> None:
        """Check the ACB's MAC, the authorising cell's signature, and whose cell it is (6.2.3)."""
        acb, holder = self.cells[ACB_KA], self.cells[mode.cell]
        order = self.settings.get("order-of-checks", "owner-mac-signature-counter").split("-")
        if order[0] == "counter":
            _require(not self._is_replay(command), "replay")
        _require((command.mac is not None) == mode.mac, "bad-mac")
        _require((command.signer is not None) == mode.signed, "bad-signature")
        checks = {
            "mac": (command.mac in (acb.key, None), "bad-mac"),
            "signature": (command.signer in (holder.key, None), "bad-signature"),
            "owner": (command.originator == holder.eui, "not-authorised"),
        }
        for name in order:
            if name in checks:
                _require(*checks[name])

    def _counted(self, command: Command) -> str | None:
        """Return the role whose counter the command is held against (4.3.1.5)."""
        role = mode_of(command).role
        if isinstance(command.body, Read):
            return role if self.under("cs02a-replay-protection", "on") else None
        free = role == "recovery" and self.under("recovery-replay-protection", "off")
        return None if free else role

    def _is_replay(self, command: Command) -> bool:
        role = self._counted(command)
        if role is None:
            return False
        last = self.counters[role]
        if self.under("counter-of", "role-and-message-code"):
            last = self.by_code.get((role, command.code), self.floors[role])
        return command.counter <= last

    def _move_counter(self, command: Command) -> None:
        """Move a role's counter, or a message code's; of several, the highest is told."""
        role = self._counted(command)
        if role is None:
            return
        self.counters[role] = command.counter
        if self.under("counter-of", "role-and-message-code"):
            self.by_code[role, command.code] = command.counter
            own = [number for (whose, _), number in self.by_code.items() if whose == role]
            self.counters[role] = max(self.floors[role], *own)

    def _reset_counter(self, role: str, number: int) -> None:
        self.counters[role] = self.floors[role] = number
        self.by_code = {key: last for key, last in self.by_code.items() if key[0] != role}

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
        place = self.settings.get("pending-command")
        for code, originator in list(self.pending):
            same = code == command.code
            if place == "by-originator":
                same = same and originator == command.originator
            if same or place == "one-for-all":
                del self.pending[code, originator]
        if body.execution != CANCEL:
            self.pending[command.code, command.originator] = command
        return None

    def tick(self, now: str) -> Sequence[Alert]:
        """Let it be that time, and execute the commands that have come due."""
        self.now = now
        alerts: list[Alert] = []
        # Whoever came first is first where two are due at the same time: sorting is stable.
        waiting = list(self.pending)
        if self.under("due-together", "by-message-code"):
            waiting.sort()
        for key in sorted(waiting, key=lambda key: date_of(self.pending[key])):
            if date_of(self.pending[key]) <= now:
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
        before = dict(self.cells)
        outcome = self._execute(command, command.body)
        failed = outcome is not None and any(cell.status for cell in outcome.cells)
        alerts = []
        for code in PAYMENT_ALERTS.get(command.code, (UPDATE_ALERT,)):
            self.own_counter += 1
            told = (FAILED if failed else SUCCEEDED, command.originator, command, outcome)
            alerts.append(Alert(code, self.own_counter, *told))
        return [*alerts, *self._announced(before, outcome)]

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
        own = Floor(mode.role, body.floor or 0, body.prepayment_floor)
        changes = (*(() if body.floor is None else (own,)), *body.others)
        failed = [outcome.status != 0 for outcome in outcomes]
        # A command that names no cell has replaced none.
        setting = "floor-when-all-fail" if all(failed) else "floor-when-some-fail"
        if not (self.under(setting, "ignore") and (any(failed) or not failed)):
            if body.prepayment_floor is not None:
                self.prepayment_floor = body.prepayment_floor
            for change in changes:
                if may_set(change.role, mode, self.counters) or self.under(
                    "floor-outside-mode", "apply"
                ):
                    self._set_counter(change)
        return Outcome(body.sequence_number, command.code - UPDATE, changes, outcomes)

    def _set_counter(self, change: Floor) -> None:
        if change.role == "supplier":
            if change.prepayment is not None:
                self.prepayment_floor = change.prepayment
            elif self.under("prepayment-floor-absent", "follow-floor"):
                self.prepayment_floor = change.number
            elif self.under("prepayment-floor-absent", "clear"):
                self.prepayment_floor = 0
        lower = self.under("floor-meaning", "first-allowed")
        kept = change.role == "networkOperator" and self.under("floor", "keep-network-operator")
        if change.role in self.counters and not kept:
            self._reset_counter(change.role, max(change.number - lower, 0))

    def _replace(self, mode: Mode, body: Update, cell: str, new: Certificate) -> CellOutcome:
        own = role_of(cell) in mode.roles
        if own and cell in self.cells:
            status = status_of(self.settings, self.now, body, cell, new)
        else:
            told = self.settings.get("cell-absent" if own else "cell-outside-mode", "status-25")
            status = int(told.removeprefix("status-"))
        if cell not in self.cells:
            return CellOutcome(cell, status, (bytes(8), bytes(8)), (bytes(8), bytes(8)))
        old = self.cells[cell]
        if not status:
            self.cells[cell] = new
            if new.eui != old.eui and self.under("owner-change", "reset-counter"):
                self._reset_counter(role_of(cell), 0)
        held = self.cells[cell]
        return CellOutcome(cell, status, (old.eui, old.key), (held.eui, held.key))


def _require(fine: bool, reason: str) -> None:
    if not fine:
        raise Refused(reason)
