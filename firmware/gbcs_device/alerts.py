"""Messages that a device originates: alerts, under the device's own Originator Counter.

In memory only while there is one to send.
"""

from gbcs_device import clock
from gbcs_device import message as framing
from gbcs_device._compat import const
from gbcs_device.device_types import ROOT_CELL, SUPPLIER_DS
from gbcs_device.security_log import CREDENTIALS_UPDATED

_GENERIC_CRITICAL = const(0x1000)


def signed(identity, keys, recipient: bytes, code: int, counter: int, payload: bytes) -> bytes:
    """Return an alert under one of the device's own counters."""
    grouped = framing.grouping(framing.ALERT, counter, identity.eui, recipient, code, payload)
    return framing.with_signature(grouped, keys.sign(memoryview(grouped)[1:]))


def credentials_updated(identity, before, after, keys, now: str) -> list:
    """Return the alerts about replaced cells, one for each whom the profile has told."""
    to = identity.settings["credentials-updated-alert"]
    recipients = []
    for cell in after.cells:
        if after.cells[cell] is before.cells[cell]:
            continue
        holders = before if to == "previous-holder" else after
        told = holders.cells[SUPPLIER_DS if to == "supplier" else cell].unique_id
        # Nobody has the unique identifier that the root is shown with.
        if told not in recipients and (to == "supplier" or cell != ROOT_CELL):
            recipients.append(told)
    return [
        critical(identity, after, keys, CREDENTIALS_UPDATED, now, recipient)
        for recipient in sorted(recipients)
    ]


def critical(identity, state, keys, event: int, now: str, recipient: bytes) -> bytes:
    """Return a generic critical alert: an event and when it was; the state counts it.

    The reference vectors show the DLMS form for an ESME and the GBZ form for a GSME; a GPF,
    a ZigBee device too, is given the latter.
    """
    state.originator_counter += 1
    counter = state.originator_counter
    told = event.to_bytes(2, "big")
    if identity.device_type == "esme":
        invoke_id = b"\x20" + (counter & 0xFFFFFF).to_bytes(3, "big")
        date = b"\x09\x0c" + framing.date_time(now)
        payload = b"\x0f" + invoke_id + b"\x00\x02\x02\x12" + told + date
    else:
        seconds = min(max(clock.to_seconds(now), 0), 0xFFFFFFFF).to_bytes(4, "big")
        payload = b"\x01\x09\x00" + told + seconds
    return signed(identity, keys, recipient, _GENERIC_CRITICAL, counter, payload)
