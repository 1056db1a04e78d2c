"""The security core: octets in, octets out.

Order of work on a message: parse, target, originator, MAC, signature, authorisation, counter,
effect, one durable commit of counter and effect together, answer. Nothing can be seen from outside
before the commit is durable, and a check that fails before it changes nothing.
"""

from gbcs_device import message as framing
from gbcs_device import security, use_cases
from gbcs_device.borrowed import Borrowed
from gbcs_device.device_types import SUPPLIER_DS
from gbcs_device.rejection import (
    NOT_PROVISIONED,
    REASONS,
    REPLAY,
    STORE_LOST,
    UNSUPPORTED,
    WRONG_TARGET,
    Rejected,
    malformed,
)
from gbcs_device.security_log import CELL, CREDENTIALS_UPDATED, SecurityLog, event_of
from gbcs_device.state import check_counter
from gbcs_device.store import LOST, NoRoom

ACCEPTED = "accepted"


class Outcome:
    """What came of a delivery.

    Attributes:
        outputs: the messages that the device sends, often none.
        verdict: `ACCEPTED` or one of `rejection.REASONS`; a real device keeps it to itself.
        detail: what was seen, for a person.
    """

    def __init__(self, outputs: list, verdict: str = ACCEPTED, detail: str = "") -> None:
        self.outputs = outputs
        self.verdict = verdict
        self.detail = detail


class Device:
    """One ESME, GPF or GSME over a store.

    `clock()` returns YYYYMMDDhhmmss in UTC, and `is_set()` whether anybody has set it since the
    power came on; `random(n)` returns n octets; `aes(key)` returns a function that encrypts one
    block of 16 octets with AES-128.

    Attributes:
        keys: the device's `security.Keys`.
        log: the Security Log, since the power came on.
    """

    def __init__(self, store, clock, random, aes, is_set=lambda: True) -> None:
        self.log = SecurityLog()
        self._store = store
        self._clock = clock
        self._is_set = is_set
        self._random = random
        self.keys = security.Keys(store, aes)
        if store.state is not None and store.identity.defects:
            from gbcs_device import defects

            defects.install(store.identity.defects, self, store)

    def receive(self, octets: bytes) -> Outcome:
        """Process one message as it came over the network.

        Raises:
            OSError: the store failed; the device answers nothing more until it restarts.
        """
        message = None
        try:
            self._check_store()
            message = framing.Message(octets)
            return Outcome(self._process(message))
        except Rejected as rejected:
            outputs = self._answers_to(message) + self.rejected(rejected)
            return Outcome(outputs, rejected.reason, rejected.detail)

    def _check_store(self) -> None:
        if self._store.state is None:
            lost = self._store.condition == LOST
            raise Rejected(
                STORE_LOST if lost else NOT_PROVISIONED,
                self._store.problem if lost else "the device is virgin",
            )

    def _answers_to(self, message) -> list:
        """Return what a rejected message is answered with, if the profile has it answered."""
        if message is None or self._store.identity.settings["rejection-response"] == "none":
            return []
        if message.cra != framing.COMMAND or message.recipient != self._store.identity.eui:
            return []
        return [self._signed_answer(message, b"", b"")]

    def rejected(self, rejected) -> list:
        """Log a rejection, and return the alert that the profile has it raise."""
        if self._store.state is None:
            return []
        settings = self._store.identity.settings
        event = event_of(rejected.reason, settings)
        if not event:
            return []
        now = self._clock()
        self.log.add(now, event, REASONS.index(rejected.reason))
        setting = "replay-alert" if rejected.reason == REPLAY else "rejection-alert"
        if settings[setting] != "supplier":
            return []
        new = self._store.state.copy()
        supplier = new.cells[SUPPLIER_DS].unique_id
        with Borrowed("alerts") as alerts:
            alert = alerts.critical(self._store.identity, new, self.keys, event, now, supplier)
        self._store.commit(new)
        return [alert]

    def _process(self, message) -> list:
        identity = self._store.identity
        if message.cra != framing.COMMAND:
            raise malformed("CRA %d is no command" % message.cra)
        if message.recipient != identity.eui:
            raise Rejected(WRONG_TARGET, "the Business Target is another device")
        use_case = use_cases.borrowed(message.code, identity.device_type, True)
        if len(message.other) or message.date_time:
            raise malformed("a header with more than the message code in its other information")
        with use_case as module:
            return self._carry_out(self.command(module.USE_CASES[message.code], message), message)

    def _carry_out(self, command, message) -> list:
        identity, state = self._store.identity, self._store.state
        key = self.counter_key(command)
        if key is not None and identity.settings["order-of-checks"].startswith("counter"):
            self.check_counter(state, key, message.counter)
        self.verify(message, command, state)
        command.authorise()
        now, known = self._clock(), self._known_time()
        new = state.copy()
        if key is not None:
            self.check_counter(state, key, message.counter)
            if command.moves_counter(known):
                self.advance_counter(new, key, message.counter)
        payload = command.execute(new, known, self._random)
        authorising = state.cells[command.authorising_cell]
        sent = [self._answer(message, command, authorising, payload, now)]
        sent += self.alerts_of_cells(state, new, now)
        if key is not None or not command.read_only:
            try:
                self._store.commit(new)
            except NoRoom as no_room:
                raise Rejected(UNSUPPORTED, no_room.args[0])
        self.log_effects(command.events, state, new, now)
        return sent

    def counter_key(self, command) -> int | None:
        """Return which counter of the state's a command is held against, if any."""
        role = command.counter_role
        if role is None or self._store.identity.settings["counter-of"] == "role":
            return role
        return role | command.message.code << 8

    def _known_time(self) -> str:
        """Return the time, or nothing where the clock does not count."""
        trusted = self._store.identity.settings["unset-clock"] == "trusted"
        return self._clock() if trusted or self._is_set() else ""

    # The methods that follow are seams: a device with a defect overrides one of them.

    def command(self, use_case, message):
        """Return the command that a message is, parsed by a class of its use case.

        Raises:
            Rejected: it is malformed, or not for this device.
        """
        return use_case(message, self._store.identity)

    def verify(self, message, command, state) -> None:
        """Check the MAC, the signature and who owns the cell that authorises the command.

        Raises:
            Rejected: one of them is not as it must be.
        """
        security.check_protection(message, command.protection)
        authorising = state.cells[command.authorising_cell]
        order = self._store.identity.settings["order-of-checks"]
        security.check_source(message, self.keys, state.cells, authorising, order)

    def check_counter(self, state, key: int, counter: int) -> None:
        """Refuse an Originator Counter that is a replay.

        Raises:
            Rejected: it is.
        """
        check_counter(state, key, counter)

    def advance_counter(self, state, key: int, counter: int) -> None:
        """Set an execution counter to the Originator Counter just accepted."""
        state.counters[key] = counter

    def restore_device_log(self) -> None:
        """Take the Device Log back from the DCC, as a GPF does after a hub was exchanged.

        It names the devices of the home and no remote party: trust anchor cells stay.
        """

    def _signed_answer(self, message, payload: bytes, date_time: bytes) -> bytes:
        grouped = framing.response_to(message, payload, date_time)
        return framing.with_signature(grouped, self.keys.sign(memoryview(grouped)[1:]))

    def _answer(self, message, command, authorising, payload: bytes, now: str) -> bytes:
        date_time = framing.date_time(now) if command.dated_response else b""
        if command.signed_response:
            return self._signed_answer(message, payload, date_time)
        return framing.with_mac(
            framing.with_signature(framing.response_to(message, payload, date_time), b""),
            # Only the ACB's own cell authorises a command that is answered with a MAC.
            lambda parts: self.keys.mac(
                authorising.public_key,
                message.recipient,
                framing.RESPONSE,
                message.counter,
                message.originator,
                parts,
            ),
        )

    def alerts_of_cells(self, before, after, now: str) -> list:
        """Return the alerts about replaced cells that the profile asks for."""
        settings = self._store.identity.settings
        for name in ("credentials-updated-alert", "credentials-updated-event"):
            if settings[name] == "none":
                return []
        with Borrowed("alerts") as alerts:
            return alerts.credentials_updated(self._store.identity, before, after, self.keys, now)

    def log_effects(self, events: list, before, after, now: str) -> None:
        """Log what a command did, and the cells that it replaced."""
        for event in events:
            self.log.add(now, event)
        event = self._store.identity.settings["credentials-updated-event"]
        if event == "none":
            return
        for cell in after.cells:
            if after.cells[cell] is not before.cells[cell]:
                self.log.add(now, CREDENTIALS_UPDATED, CELL + cell[0])

    def due(self) -> list:
        """Return the commands whose date has come, as keys of the pending ones, in order.

        The earliest date is first; among equal ones the profile says.
        """
        if self._store.state is None:
            return []
        now = self._known_time()
        by_receipt = self._store.identity.settings["due-together"] == "by-receipt"
        due = []
        for received, key in enumerate(self._store.state.pending):
            date = self._store.state.pending[key][0]
            if date <= now:
                due.append((date, received if by_receipt else key, key))
        return [key for _, _, key in sorted(due)]

    def tick(self, at_most: int = 0) -> Outcome:
        """Execute commands whose date has come and return the alerts that say so.

        All of them, or `at_most` so many, because alerts take memory too.

        Raises:
            OSError: as `receive`.
        """
        try:
            self._check_store()
        except Rejected as rejected:
            return Outcome([], rejected.reason, rejected.detail)
        outputs = []
        executed = 0
        while True:
            due = self.due()
            if not due or executed == at_most != 0:
                return Outcome(outputs)
            try:
                with Borrowed("execution") as execution:
                    outputs.extend(execution.execute(self, self._store, due[0], self._clock()))
            except OSError:
                if not outputs:
                    raise
                # What was done before is durable and must be told; the store says the rest.
                return Outcome(outputs)
            executed += 1
