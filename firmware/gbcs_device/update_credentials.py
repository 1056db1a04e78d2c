"""CS02b Update Security Credentials (message codes 0102 to 0104; SRV 6.15.1, 6.21, 8.5).

The command's control says who authorises and which counters change; its replacements name a
certificate and the trust anchor cell that it goes to (GBCS 13.3.3, 13.3.5). Each replacement
succeeds or fails by itself; counter floors follow the profile.
"""

from gbcs_device import cells, der
from gbcs_device.certification_path import SUCCESS, CertificationPath
from gbcs_device.device_types import (
    ACB_KA,
    CELLS,
    NETWORK_OPERATOR,
    NETWORK_OPERATOR_DS,
    NETWORK_OPERATOR_KA,
    ROOT_CELL,
    SUPPLIER,
    SUPPLIER_DS,
    SUPPLIER_KA,
    SUPPLIER_KA_PREPAYMENT,
)
from gbcs_device.rejection import NOT_AUTHORISED, UNSUPPORTED, Rejected, malformed
from gbcs_device.security import MAC, SIGNATURE_AND_MAC

_CODE = 0x0100
_ALERT_CODE = 0x00CB
_ALL_REPLACED = 0x8F66
_NOT_ALL_REPLACED = 0x8F67
_CANCEL = "99991231235959"
_MAX_REPLACEMENTS = 16
_MAX_PATH = 4
_PREPAYMENT_TOP_UP = 0

_ACCEPTED = der.encode(der.NULL)

# Credentials replacement mode: authorising cell, protection, cells that it may replace.
_MODES = {
    2: (SUPPLIER_DS, SIGNATURE_AND_MAC, (SUPPLIER_DS, SUPPLIER_KA, SUPPLIER_KA_PREPAYMENT)),
    3: (
        NETWORK_OPERATOR_DS,
        SIGNATURE_AND_MAC,
        (NETWORK_OPERATOR_DS, NETWORK_OPERATOR_KA),
    ),
    4: (ACB_KA, MAC, (ACB_KA,)),
}


class UpdateCredentials:
    """A CS02b command.

    Attributes:
        authorising_cell: the cell whose key proves the command in its mode.
        protection: what the mode requires.
        counter_role: the role whose execution counter the command must exceed.
    """

    dated_response = True
    signed_response = True

    def __init__(self, message, identity) -> None:
        self._message = message
        self._identity = identity
        mode = message.code - _CODE
        if mode not in _MODES:
            raise Rejected(UNSUPPORTED, "credentials replacement mode %d" % mode)
        self.mode = mode
        self.authorising_cell, self.protection, self._replaceable = _MODES[mode]
        if self.authorising_cell not in CELLS[identity.device_type]:
            raise Rejected(UNSUPPORTED, "this device has no cell that authorises mode %d" % mode)
        self.counter_role = self.authorising_cell[0]
        outer = der.Reader(message.octets, *message.payload)
        body = outer.enter()
        outer.finish()
        self._read_control(body.enter())
        self._read_replacements(body.enter())
        path = body.enter()
        self._path = []
        while path.more():
            self._path.append(path.span(der.SEQUENCE))
            if len(self._path) > _MAX_PATH:
                raise malformed("more than %d certification path certificates" % _MAX_PATH)
        self._execution = body.time() if body.next_is(der.GENERALIZED_TIME) else ""
        body.finish()

    def _read_control(self, control: der.Reader) -> None:
        if control.integer() != self.mode:
            raise malformed("the credentials replacement mode is not the message code's")
        if control.next_is(0x80):
            raise malformed("a plaintextSymmetricKey, which only contingency may bring")
        self._disapply_time_checks = False
        if control.next_is(0x81):
            if control.integer(0x81) != 1:
                raise malformed("applyTimeBasedCPVChecks is neither 1 nor left out")
            self._disapply_time_checks = True
        self._named_cell = None
        if control.next_is(0xA2):
            self._named_cell = cells.read_identifier(control, 0xA2)
        self._sequence_number = control.integer(0x83)
        floor = control.integer(0x84) if control.next_is(0x84) else None
        specialist = None
        if control.next_is(0xA5):
            specialist = _read_specialist(control.enter(0xA5))
        self._prepayment_floor = specialist
        # What the outcome reports and the counters become: role, floor, prepayment floor.
        self._changes = []
        if floor is not None:
            self._changes.append((self.counter_role, floor, specialist))
        if control.next_is(0xA6):
            others = control.enter(0xA6)
            while others.more():
                other = others.enter()
                role = other.integer()
                floor = other.integer()
                specialist = _read_specialist(other.enter()) if other.more() else None
                other.finish()
                self._changes.append((role, floor, specialist))
        control.finish()

    def _read_replacements(self, replacements: der.Reader) -> None:
        self._replacements = []
        while replacements.more():
            replacement = replacements.enter()
            certificate = replacement.span(der.SEQUENCE)
            target = cells.read_identifier(replacement)
            replacement.finish()
            self._replacements.append((certificate, target))
            if len(self._replacements) > _MAX_REPLACEMENTS:
                raise malformed("more than %d replacements" % _MAX_REPLACEMENTS)

    def authorise(self) -> None:
        """Refuse what the authorising party may not ask for in this mode.

        Raises:
            Rejected: not-authorised.
        """
        if self._named_cell != self.authorising_cell and not (
            # GBCS 13.3.5: only the ACB replacing its own credentials leaves the cell out.
            self._named_cell is None and self.authorising_cell == ACB_KA
        ):
            raise Rejected(NOT_AUTHORISED, "mode %d is not for the cell it names" % self.mode)
        if self._sequence_number != self._message.counter:
            raise Rejected(
                NOT_AUTHORISED, "authorisingRemotePartySeqNumber is not the Originator Counter"
            )
        for _, target in self._replacements:
            if target not in self._replaceable:
                raise Rejected(NOT_AUTHORISED, "mode %d may not replace that cell" % self.mode)
        roles = [cell[0] for cell in self._replaceable]
        for role, _, _ in self._changes:
            if role not in roles:
                raise Rejected(
                    NOT_AUTHORISED,
                    "mode %d may not set the counter of role %d" % (self.mode, role),
                )

    def execute(self, state, now: str) -> bytes:
        """Carry the command out on a state, or store or cancel it; return the response."""
        if not self._execution:
            return der.encode(der.SEQUENCE, _ACCEPTED, self._replace(state, now)[0])
        if self._execution == _CANCEL:
            state.pending.pop(self._message.code, None)
        elif self._execution > now:
            state.pending[self._message.code] = (self._execution, self._message.octets)
        elif self._identity.settings["past-execution-date"] == "refuse":
            raise Rejected(NOT_AUTHORISED, "the executionDateTime has passed")
        else:
            return der.encode(der.SEQUENCE, _ACCEPTED, self._replace(state, now)[0])
        return der.encode(der.SEQUENCE, _ACCEPTED)

    def execute_at_date(self, state, now: str) -> tuple:
        """Carry a stored command out; return the alert's message code and payload."""
        outcome, all_replaced = self._replace(state, now)
        alert = _ALL_REPLACED if all_replaced else _NOT_ALL_REPLACED
        date = der.encode(der.GENERALIZED_TIME, self._execution.encode() + b"Z")
        return _ALERT_CODE, der.encode(der.SEQUENCE, der.integer(alert), date, outcome)

    def _replace(self, state, now: str) -> tuple:
        """Replace cells, move counters; return the executionOutcome and whether all went well."""
        settings = self._identity.settings
        octets = self._message.octets
        path = CertificationPath(
            state.cells[ROOT_CELL],
            [octets[start:stop] for start, stop in self._path],
            now,
            settings["time-checks"] == "as-commanded" and not self._disapply_time_checks,
        )
        outcomes = []
        failures = 0
        new_owners = []
        for (start, stop), target in self._replacements:
            existing = state.cells[target]
            status, certificate = path.check(
                octets[start:stop], target, settings["certificate-role"] == "any"
            )
            if certificate is not None:
                state.cells[target] = cells.from_certificate(certificate)
                if state.cells[target].unique_id != existing.unique_id:
                    new_owners.append(target[0])
            failures += status != SUCCESS
            outcomes.append(_outcome(target, status, existing, state.cells[target]))
        if failures < len(outcomes) or settings["floor-when-all-fail"] == "apply":
            self._move_counters(state, settings, new_owners)
        changes = [_change(role, floor, other) for role, floor, other in self._changes]
        outcome = der.encode(
            der.SEQUENCE,
            der.integer(self._sequence_number),
            der.integer(self.mode),
            der.encode(der.SEQUENCE, *changes),
            der.encode(der.SEQUENCE, *outcomes),
        )
        return outcome, not failures

    def _move_counters(self, state, settings: dict, new_owners: list) -> None:
        if settings["owner-change"] == "reset-counter":
            for role in new_owners:
                state.counters[role] = 0
        if self._prepayment_floor is not None and self.counter_role == SUPPLIER:
            state.prepayment_floor = self._prepayment_floor
        for role, floor, specialist in self._changes:
            if role != NETWORK_OPERATOR or settings["floor"] == "apply":
                state.counters[role] = floor
            if specialist is not None and role == SUPPLIER:
                state.prepayment_floor = specialist


def _read_specialist(floors: der.Reader) -> int:
    """Take the one specialist floor there is, the prepayment top-up's."""
    floor = floors.enter()
    if floor.integer() != _PREPAYMENT_TOP_UP:
        raise malformed("a specialist floor for another use than prepayment top-up")
    value = floor.integer()
    floor.finish()
    floors.finish()
    return value


def _change(role: int, floor: int, specialist) -> bytes:
    parts = [der.integer(role), der.integer(floor)]
    if specialist is not None:
        usage = der.integer(_PREPAYMENT_TOP_UP) + der.integer(specialist)
        parts.append(der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, usage)))
    return der.encode(der.SEQUENCE, *parts)


def _outcome(target: tuple, status: int, existing, replacing) -> bytes:
    return der.encode(
        der.SEQUENCE,
        cells.write_identifier(target),
        der.integer(status, der.ENUMERATED),
        cells.write_content(existing),
        cells.write_content(replacing),
    )


USE_CASES = {}
for _mode in range(10):
    USE_CASES[_CODE + _mode] = UpdateCredentials
