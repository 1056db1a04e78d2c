"""CS02b Update Security Credentials (message codes 0100 to 0109; SRV 6.15.1, 6.21, 6.23, 8.5).

Each replacement succeeds or fails by itself, in the order of the command; counter floors
follow the profile. What came of it goes into the response or, at a later date, into the
alert 00CB (GBCS 13.3.3).
"""

from gbcs_device import cell_identifiers, cells, der
from gbcs_device._compat import const
from gbcs_device.certification_path import SUCCESS, CertificationPath
from gbcs_device.device_types import NETWORK_OPERATOR, ROOT_CELL, SUPPLIER
from gbcs_device.state import set_counter
from gbcs_device.update_command import FIRST_CODE, UpdateCommand
from gbcs_device.update_control import PREPAYMENT_TOP_UP

_ALERT_CODE = const(0x00CB)
_ALL_REPLACED = const(0x8F66)
_NOT_ALL_REPLACED = const(0x8F67)
_TRUST_ANCHOR_NOT_FOUND = const(25)

_ACCEPTED = der.encode(der.NULL)
# How an outcome reports a cell that the device does not have.
_NO_CELL = cells.Cell(b"", bytes(8), bytes(8))


class UpdateCredentials(UpdateCommand):
    """A CS02b command and what it does."""

    def carry_out(self, state, now: str) -> None:
        """Replace cells and move counters on a state; what came of it is kept for the answer."""
        self._outcome, self.all_replaced = self._replace(state, now)

    def response(self, done: bool) -> bytes:
        """Return the payload of the response: accepted, and the outcome if there is one yet."""
        if not done:
            return der.encode(der.SEQUENCE, _ACCEPTED)
        payload = der.encode(der.SEQUENCE, _ACCEPTED, self._outcome)
        return cell_identifiers.sent(self.identity, payload)

    def alerts(self, state, now: str) -> list:
        """Return the alert's message code and payload maker."""
        code = _ALL_REPLACED if self.all_replaced else _NOT_ALL_REPLACED
        date = der.encode(der.GENERALIZED_TIME, self.execution.encode() + b"Z")
        payload = der.encode(der.SEQUENCE, der.integer(code), date, self._outcome)
        payload = cell_identifiers.sent(self.identity, payload)
        return [(_ALERT_CODE, lambda counter: payload)]

    def _replace(self, state, now: str) -> tuple:
        """Replace cells, move counters; return the executionOutcome and whether all went well."""
        settings = self.identity.settings
        octets = self.message.octets
        path = CertificationPath(
            state.cells[ROOT_CELL],
            [octets[start:stop] for start, stop in self.path],
            now,
            settings,
            not self.control.disapply_time_checks,
        )
        outcomes = []
        failures = 0
        new_owners = []
        for (start, stop), target in self.replacements:
            existing = state.cells.get(target, _NO_CELL)
            status, certificate = 0, None
            if not self.may_replace(target):
                status = _status(settings["cell-outside-mode"])
            elif target not in state.cells:
                status = _status(settings["cell-absent"])
            else:
                status, certificate = self.check_replacement(path, octets[start:stop], target)
            if certificate is not None:
                state.cells[target] = cells.from_certificate(certificate)
                if state.cells[target].unique_id != existing.unique_id:
                    new_owners.append(target[0])
            failures += status != SUCCESS
            outcomes.append(_outcome(target, status, existing, state.cells.get(target, _NO_CELL)))
        all_or_some = "all" if failures == len(outcomes) else "some"
        self._floors_count = settings["floor-when-%s-fail" % all_or_some] == "apply"
        if all_or_some == "some" and not failures:
            self._floors_count = True
        self.move_counters(state, settings, new_owners)
        changes = [_change(role, floor, other) for role, floor, other in self.control.changes]
        outcome = der.encode(
            der.SEQUENCE,
            der.integer(self.control.sequence_number),
            der.integer(self.mode),
            der.encode(der.SEQUENCE, *changes),
            der.encode(der.SEQUENCE, *outcomes),
        )
        return outcome, not failures

    def check_replacement(self, path, octets: bytes, target: tuple) -> tuple:
        """Return (status code, certificate or None) of a certificate for a target cell."""
        return path.check(octets, target)

    def move_counters(self, state, settings: dict, new_owners: list) -> None:
        """Set the counters for which the command names a floor.

        Args:
            state: changed; its authorising role's counter is already the command's own.
            settings: of the profile.
            new_owners: the roles whose cells have another owner now, once for each cell.
        """
        if settings["owner-change"] == "reset-counter":
            for role in new_owners:
                set_counter(state, role, 0)
        if not self._floors_count:
            return
        if self.control.prepayment_floor is not None:
            state.prepayment_floor = self.control.prepayment_floor
        for role, floor, specialist in self.control.changes:
            if settings["floor-outside-mode"] == "ignore" and not self.may_set_counter(role):
                continue
            if role == SUPPLIER:
                absent = settings["prepayment-floor-absent"]
                if specialist is not None:
                    state.prepayment_floor = specialist
                elif absent != "keep":
                    state.prepayment_floor = floor if absent == "follow-floor" else 0
            if role == NETWORK_OPERATOR and settings["floor"] != "apply":
                continue
            if settings["floor-meaning"] == "first-allowed":
                floor = max(floor - 1, 0)
            if role in state.counters:
                set_counter(state, role, floor)


def _status(value: str) -> int:
    """Return the status code that a setting names, or the usual one."""
    # A command that waits may meet another profile, one that would have refused it whole.
    return int(value[7:]) if value.startswith("status-") else _TRUST_ANCHOR_NOT_FOUND


def _change(role: int, floor: int, specialist) -> bytes:
    parts = [der.integer(role), der.integer(floor)]
    if specialist is not None:
        usage = der.integer(PREPAYMENT_TOP_UP) + der.integer(specialist)
        parts.append(der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, usage)))
    return der.encode(der.SEQUENCE, *parts)


def _outcome(target: tuple, status: int, existing, replacing) -> bytes:
    return der.encode(
        der.SEQUENCE,
        cell_identifiers.write_identifier(target),
        der.integer(status, der.ENUMERATED),
        cell_identifiers.write_content(existing),
        cell_identifiers.write_content(replacing),
    )


USE_CASES = {}
for _mode in range(10):
    USE_CASES[FIRST_CODE + _mode] = UpdateCredentials
