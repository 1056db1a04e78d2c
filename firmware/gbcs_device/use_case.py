"""What every use case has, and commands that may wait for a date.

A use case parses its command when it is made. `device.Device` then reads its attributes,
calls `authorise`, and has it `execute` on a copy of the state.
"""

from gbcs_device.device_types import SUPPLIER, SUPPLIER_DS
from gbcs_device.rejection import NOT_AUTHORISED, Rejected
from gbcs_device.security import SIGNATURE_AND_MAC

AT_ONCE = ""
CANCELLED = "99991231235959"


class UseCase:
    """One command; a subclass parses it and says where it is not like most.

    Most critical commands are a supplier's, signed by it and with the ACB's MAC, and are
    answered with a dated and signed response.

    Attributes:
        authorising_cell: the cell whose key proves the command.
        protection: what the command must carry.
        counter_role: the role whose counter the command must exceed, or None.
        read_only: whether nothing but a counter can change.
        dated_response, signed_response: how it is answered.
        events: what the Security Log is told once it has been carried out.
    """

    authorising_cell = SUPPLIER_DS
    protection = SIGNATURE_AND_MAC
    counter_role = SUPPLIER
    read_only = False
    dated_response = True
    signed_response = True

    def __init__(self, message, identity) -> None:
        self.message = message
        self.identity = identity
        self.events = []

    def authorise(self) -> None:
        """Accept: the signature of the authorising cell's owner is enough."""

    def moves_counter(self, now: str) -> bool:
        """Whether accepting the command moves the role's counter."""
        return True

    def execute_at_date(self, state, now: str) -> list:
        """Carry out what waited; return [(alert's message code, counter to payload)]."""
        return []


class Scheduled(UseCase):
    """A use case whose command acts at once, at a date, or cancels one that waits.

    A subclass sets `execution` (YYYYMMDDhhmmss, `AT_ONCE` or `CANCELLED`).
    """

    execution = AT_ONCE

    def carry_out(self, state, now: str) -> None:
        """Have the command's effect on a state."""
        raise NotImplementedError

    def response(self, done: bool) -> bytes:
        """Return the response's payload, of a command carried out or only taken in."""
        raise NotImplementedError

    def alerts(self, state, now: str) -> list:
        """Return [(alert's message code, counter to payload)] of a command just carried out."""
        raise NotImplementedError

    def moves_counter(self, now: str) -> bool:
        """Whether the counter moves now rather than when the date comes."""
        if self.identity.settings["future-dated-counter"] == "at-receipt":
            return True
        return self.execution == CANCELLED or self.execution <= now

    def execute(self, state, now: str, random) -> bytes:
        """Carry out, store or cancel; return the response's payload.

        Raises:
            Rejected: the date has passed, where the profile refuses that.
        """
        if self.execution != CANCELLED and self.execution <= now:
            late = self.execution != AT_ONCE
            if late and self.identity.settings["past-execution-date"] == "refuse":
                raise Rejected(NOT_AUTHORISED, "the date of execution has passed")
            self.carry_out(state, now)
            return self.response(True)
        code = self.message.code
        originator = self.message.originator
        which = self.identity.settings["pending-command"]
        for key in list(state.pending):
            same = key[0] == code and (which == "by-message-code" or key[1] == originator)
            if same or which == "one-for-all":
                state.pending.pop(key)
        if self.execution != CANCELLED:
            state.pending[(code, originator)] = (self.execution, self.message.octets)
        return self.response(False)

    def execute_at_date(self, state, now: str) -> list:
        """Carry out what waited; return [(alert's message code, counter to payload)]."""
        self.carry_out(state, now)
        return self.alerts(state, now)
