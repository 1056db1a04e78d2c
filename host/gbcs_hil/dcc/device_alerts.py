"""The alerts by which a SMETS2+ device tells that a command's date has come.

They are 0x00CB for a CS02b, 0x00CC (DLMS) and 0x00CD (GBZ) for other commands.
"""

from dataclasses import dataclass

from gbcs_hil.dcc.acb import AccessControlBroker
from gbcs_hil.dcc.handover_counters import HandoverCounters
from gbcs_hil.dcc.inventory import SmartMeter
from gbcs_hil.dcc.ledger import Ledger
from gbcs_hil.dcc.outcome import cells_after
from gbcs_hil.dcc.requests import RequestId
from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.credential_responses import UpdateAlert
from gbcs_hil.gbcs.future_dated_alerts import FutureDatedAlert
from gbcs_hil.gbcs.message import parse
from gbcs_hil.gbcs.message_codes import MessageCode
from gbcs_hil.gbcs.names import Cra

DeviceAlert = UpdateAlert | FutureDatedAlert
"""What such an alert says; both have `alert_code`."""

_OF_DATED_COMMANDS = (MessageCode.CS02B_ALERT, MessageCode.DLMS_ALERT, MessageCode.GBZ_ALERT)


def is_of_a_dated_command(octets: bytes) -> bool:
    """Return whether an alert tells what became of a future-dated command."""
    return parse(octets).header.message_code in _OF_DATED_COMMANDS


@dataclass(frozen=True)
class Told:
    """An alert that was taken.

    Attributes:
        alert: what it says.
        id: the RequestID of the command that it is about: whose it was, and its counter.
        variant: the Service Reference Variant of that request; empty if the ledger has none.
    """

    alert: DeviceAlert
    id: RequestId
    variant: str


class DeviceAlerts:
    """Takes alerts, and notes what they tell.

    Args:
        acb: checks what protects them.
        ledger: where it is noted who stands in cells.
        counters: what MP128A remembers.
    """

    def __init__(
        self, acb: AccessControlBroker, ledger: Ledger, counters: HandoverCounters
    ) -> None:
        self._acb = acb
        self._ledger = ledger
        self._counters = counters

    def take(self, meter: SmartMeter, octets: bytes) -> Told:
        """Take an alert that a future-dated command was executed, or failed.

        Raises:
            GbcsError: it is another message.
            AuthenticationError: it is not protected by the device's key.
        """
        message = parse(octets)
        header = message.header
        if (header.cra, header.originator) != (Cra.ALERT, meter.eui):
            raise GbcsError("the message is no alert of the device")
        self._acb.check(message, meter)
        alert: DeviceAlert
        if header.message_code == MessageCode.CS02B_ALERT:
            alert = UpdateAlert.decode(message.payload)
            counter = alert.outcome.sequence_number
            self._settle(meter, alert)
        elif header.message_code in (MessageCode.DLMS_ALERT, MessageCode.GBZ_ALERT):
            alert = FutureDatedAlert.decode(message.payload)
            counter = alert.counter
        else:
            raise GbcsError(f"{header.message_code:04X} is no alert about a dated command")
        named = RequestId(header.recipient, meter.eui, counter)
        return Told(alert, named, self._ledger.requests.variant(named) or "")

    def _settle(self, meter: SmartMeter, alert: UpdateAlert) -> None:
        done = alert.outcome
        self._ledger.note_cells(meter.eui, cells_after(done))
        for role in {item.cell.role for item in done.outcomes}:
            self._counters.settle(meter.eui, role, done.sequence_number, done.succeeded)
