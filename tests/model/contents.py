"""What the rules ask of a payload and of a certificate, whoever sent them."""

from collections.abc import Mapping

from model.messages import Certificate, Command, Malformed, Update
from model.tables import LARGEST_SEQUENCE_NUMBER, UPDATE


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
