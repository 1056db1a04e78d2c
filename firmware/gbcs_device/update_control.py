"""The control of a CS02b command: mode, authorising cell, sequence number, counters' floors.

Its place in the command is the text of `update_command` (GBCS 13.3.3, 13.3.5).
"""

from gbcs_device import cell_identifiers, der
from gbcs_device.rejection import malformed

PREPAYMENT_TOP_UP = 0


class UpdateControl:
    """What the control says, for a mode that is the message code's and its authorising role.

    Attributes:
        disapply_time_checks: whether validity is not to be checked.
        named_cell: the authorising cell, or None where it is left out.
        sequence_number: authorisingRemotePartySeqNumber.
        prepayment_floor: [5], or None.
        changes: (role, floor, prepayment floor or None), as the outcome reports them.
    """

    def __init__(self, control: der.Reader, mode: int, role: int, mode_checked: bool) -> None:
        named = control.integer()
        if mode_checked and named != mode:
            raise malformed("the credentials replacement mode is not the message code's")
        if control.next_is(0x80):
            raise malformed("a plaintextSymmetricKey, which only contingency may bring")
        self.disapply_time_checks = False
        if control.next_is(0x81):
            if control.integer(0x81) != 1:
                raise malformed("applyTimeBasedCPVChecks is neither 1 nor left out")
            self.disapply_time_checks = True
        self.named_cell = None
        if control.next_is(0xA2):
            self.named_cell = cell_identifiers.read_identifier(control, 0xA2)
        self.sequence_number = control.integer(0x83)
        floor = control.integer(0x84) if control.next_is(0x84) else None
        specialist = None
        if control.next_is(0xA5):
            specialist = _read_specialist(control.enter(0xA5))
        self.prepayment_floor = specialist
        # What the outcome reports and the counters become: role, floor, prepayment floor.
        self.changes = []
        if floor is not None:
            self.changes.append((role, floor, specialist))
        if control.next_is(0xA6):
            others = control.enter(0xA6)
            while others.more():
                other = others.enter()
                other_role = other.integer()
                floor = other.integer()
                specialist = _read_specialist(other.enter()) if other.more() else None
                other.finish()
                self.changes.append((other_role, floor, specialist))
        control.finish()


def _read_specialist(floors: der.Reader) -> int:
    """Take the one specialist floor there is, the prepayment top-up's."""
    floor = floors.enter()
    if floor.integer() != PREPAYMENT_TOP_UP:
        raise malformed("a specialist floor for another use than prepayment top-up")
    value = floor.integer()
    floor.finish()
    floors.finish()
    return value
