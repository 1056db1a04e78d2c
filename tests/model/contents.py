"""What the rules ask of a payload and of a certificate, whoever sent them."""

from collections.abc import Collection, Mapping

from model.messages import Certificate, Command, Malformed, Update
from model.tables import LARGEST_SEQUENCE_NUMBER, SUPPLIER_DS, UPDATE, Mode, role_of


def well_formed(settings: Mapping[str, str], command: Command) -> bool:
    """Tell whether a payload is one of its message code, with numbers that it can hold."""
    body = command.body
    if not isinstance(body, Update):
        return not isinstance(body, Malformed)
    if UPDATE + body.mode != command.code and settings.get("replacement-mode") != "not-checked":
        return False
    numbers = [body.sequence_number, body.floor, body.prepayment_floor]
    numbers += [number for other in body.others for number in (other.number, other.prepayment)]
    return all(number is None or 0 <= number <= LARGEST_SEQUENCE_NUMBER for number in numbers)


def permitted(
    settings: Mapping[str, str],
    command: Command,
    mode: Mode,
    cells: Collection[str],
    counters: Collection[str],
) -> bool:
    """Tell whether a CS02b's fields are its mode's own; a stranger's role is not."""
    body = command.body
    assert isinstance(body, Update)
    named = [cell for cell, _ in body.replacements]
    roles = [role_of(cell) for cell in named]
    here = [cell in cells for cell in named if role_of(cell) in mode.roles]
    left_out = [cell for cell in cells if role_of(cell) in roles and cell not in named]
    floors = [may_set(floor.role, mode, counters) for floor in body.others]
    return all(
        (
            # A device that is no Communications Hub may be spared the name of the ACB's cell.
            body.cell == mode.cell or (body.cell is None and not mode.signed),
            body.sequence_number == command.counter or "sequence-number" in settings,
            all(role in mode.roles for role in roles) or "cell-outside-mode" in settings,
            all(here) or settings.get("cell-absent") != "refuse-command",
            bool(named) or "no-replacements" not in settings,
            all(floors) or "floor-outside-mode" in settings,
            # Only a supplier has a prepayment floor.
            body.prepayment_floor is None or mode.cell == SUPPLIER_DS,
            len(set(named)) == len(named) or "cell-named-twice" not in settings,
            not left_out or "cells-of-a-role" not in settings,
        )
    )


def may_set(role: str, mode: Mode, counters: Collection[str]) -> bool:
    """Tell whether a mode may set a role's counter."""
    return role in counters and role in (*mode.roles, mode.role)


def status_of(
    settings: Mapping[str, str], now: str, body: Update, cell: str, new: Certificate
) -> int:
    """Return the status code of a replacement for a cell that its mode may replace (13.3)."""
    role, usage = cell.split("/")[:2]
    # An ACB's certificate may stand for a supplier or network operator (MP128A, 6.21).
    stands_in = role in ("supplier", "networkOperator") and new.role == "accessControlBroker"
    lenient = settings.get("certificate-role") == "any" and role != "root"
    if not new.well_formed:
        return 5
    if new.usage != usage or not (new.role == role or stands_in or lenient):
        return int(settings.get("status-wrong-certificate", 5))
    if role == "root" and settings.get("root-rollover") == "never":
        return 127
    # A root needs no path: the one that it replaces has to vouch for it.
    if not (new.chains and (body.path or role == "root")):
        return 10
    checked = body.check_times and settings.get("time-checks") != "never"
    if checked and not new.not_before <= now <= new.not_after:
        return int(settings.get("status-out-of-validity", 5))
    return 0
