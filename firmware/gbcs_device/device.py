"""The security core: octets in, octets out.

Order of work on a message: parse, target, MAC, signature, authorisation, counter, effect,
one durable commit of counter and effect together, answer. Nothing can be seen from outside
before the commit is durable, and a check that fails before it changes nothing.
"""

from gbcs_device import message as framing
from gbcs_device import read_credentials, security, update_credentials
from gbcs_device.rejection import (
    NOT_PROVISIONED,
    STORE_LOST,
    UNKNOWN_MESSAGE_CODE,
    WRONG_TARGET,
    Rejected,
    malformed,
)
from gbcs_device.state import check_counter
from gbcs_device.store import LOST

# Message code to the class that parses, checks and executes it.
USE_CASES = {}
USE_CASES.update(read_credentials.USE_CASES)
USE_CASES.update(update_credentials.USE_CASES)

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

    `clock()` returns YYYYMMDDhhmmss in UTC; `aes(key)` returns a function that encrypts one
    block of 16 octets with AES-128.
    """

    def __init__(self, store, clock, aes) -> None:
        self._store = store
        self._clock = clock
        self._aes = aes
        self._keys = None
        if store.identity is not None:
            self.provisioned()

    def provisioned(self) -> None:
        """Take up the identity that provisioning has put into the store."""
        self._keys = security.Keys(self._store.identity, self._aes)

    def receive(self, octets: bytes) -> Outcome:
        """Process one message as it came over the network.

        Raises:
            OSError: the store failed; the device answers nothing more until it restarts.
        """
        try:
            self._check_store()
            return Outcome([self._process(framing.Message(octets))])
        except Rejected as rejected:
            return Outcome([], rejected.reason, rejected.detail)

    def _check_store(self) -> None:
        if self._store.state is None:
            lost = self._store.condition == LOST
            raise Rejected(
                STORE_LOST if lost else NOT_PROVISIONED,
                self._store.problem if lost else "the device is virgin",
            )

    def _process(self, message) -> bytes:
        identity = self._store.identity
        state = self._store.state
        if message.cra != framing.COMMAND:
            raise malformed("CRA %d is no command" % message.cra)
        if message.recipient != identity.eui:
            raise Rejected(WRONG_TARGET, "the Business Target is another device")
        use_case = USE_CASES.get(message.code)
        if use_case is None:
            raise Rejected(UNKNOWN_MESSAGE_CODE, "message code %04X" % message.code)
        if message.other or message.date_time:
            raise malformed("a header with more than the message code in its other information")
        command = use_case(message, identity)
        security.check_protection(message, command.protection)
        if message.mac:
            security.check_mac(message, self._keys, state.cells)
        authorising = state.cells[command.authorising_cell]
        if message.signature:
            security.check_signature(message, authorising)
        security.check_owner(message, authorising)
        command.authorise()
        new = state.copy()
        role = command.counter_role
        if role is not None:
            check_counter(state, role, message.counter)
            new.counters[role] = message.counter
        now = self._clock()
        payload = command.execute(new, now)
        answer = self._answer(message, command, authorising, payload, now)
        if role is not None:
            self._store.commit(new)
        return answer

    def _answer(self, message, command, authorising, payload: bytes, now: str) -> bytes:
        grouped = framing.grouping(
            framing.RESPONSE,
            message.counter,
            message.recipient,
            message.originator,
            message.code,
            payload,
            framing.date_time(now) if command.dated_response else b"",
        )
        if command.signed_response:
            return framing.with_signature(grouped, self._keys.sign(memoryview(grouped)[1:]))
        return framing.with_mac(
            framing.with_signature(grouped, b""),
            lambda parts: self._keys.mac(
                authorising.public_key,
                message.recipient,
                framing.RESPONSE,
                message.counter,
                message.originator,
                parts,
            ),
        )

    def tick(self) -> Outcome:
        """Execute every command whose date has come and return the alerts that say so.

        Raises:
            OSError: as `receive`.
        """
        try:
            self._check_store()
        except Rejected as rejected:
            return Outcome([], rejected.reason, rejected.detail)
        outputs = []
        while True:
            now = self._clock()
            pending = self._store.state.pending
            due = sorted((pending[code][0], code) for code in pending if pending[code][0] <= now)
            if not due:
                return Outcome(outputs)
            outputs.append(self._execute_pending(due[0][1]))

    def _execute_pending(self, code: int) -> bytes:
        identity = self._store.identity
        new = self._store.state.copy()
        _, octets = new.pending.pop(code)
        message = framing.Message(octets)
        command = USE_CASES[code](message, identity)
        new.originator_counter += 1
        alert_code, payload = command.execute_at_date(new, self._clock())
        grouped = framing.grouping(
            framing.ALERT,
            new.originator_counter,
            identity.eui,
            message.originator,
            alert_code,
            payload,
        )
        alert = framing.with_signature(grouped, self._keys.sign(memoryview(grouped)[1:]))
        self._store.commit(new)
        return alert
