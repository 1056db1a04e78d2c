"""Messages that a device originates: alerts, under the device's own Originator Counter."""

from gbcs_device import clock
from gbcs_device import message as framing
from gbcs_device._compat import const
from gbcs_device.device_types import ROOT_CELL, SUPPLIER_DS
from gbcs_device.security_log import CREDENTIALS_UPDATED

_GENERIC_CRITICAL = const(0x1000)


def prepared(state, raised: list) -> list:
    """Return (message code, counter, payload) of alerts; the state takes their counters.

    Args:
        state: the device's, changed.
        raised: message code, and a function from the counter to the payload.
    """
    contents = []
    for code, payload in raised:
        state.originator_counter += 1
        contents.append((code, state.originator_counter, payload(state.originator_counter)))
    return contents


def signed(identity, keys, recipient: bytes, contents: list) -> list:
    """Return the alerts that `prepared` has made the contents of, for a recipient."""
    alerts = []
    for code, counter, payload in contents:
        grouped = framing.grouping(framing.ALERT, counter, identity.eui, recipient, code, payload)
        alerts.append(framing.with_signature(grouped, keys.sign(memoryview(grouped)[1:])))
    return alerts


def credentials_updated(identity, before, after, keys, now: str) -> list:
    """Return the alerts about replaced cells that the profile asks for, one a recipient."""
    to = identity.settings["credentials-updated-alert"]
    if to == "none" or identity.settings["credentials-updated-event"] == "none":
        return []
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
    """Return a generic critical alert: an event and when it was.

    The reference vectors show the DLMS form for an ESME and the GBZ form for a GSME; a GPF,
    a ZigBee device too, is given the latter.
    """
    if identity.device_type == "esme":
        date = b"\x09\x0c" + framing.date_time(now)

        def payload(counter: int) -> bytes:
            invoke_id = b"\x20" + (counter & 0xFFFFFF).to_bytes(3, "big")
            return b"\x0f" + invoke_id + b"\x00\x02\x02\x12" + event.to_bytes(2, "big") + date

    else:
        seconds = min(max(clock.to_seconds(now), 0), 0xFFFFFFFF).to_bytes(4, "big")

        def payload(counter: int) -> bytes:
            return b"\x01\x09\x00" + event.to_bytes(2, "big") + seconds

    contents = prepared(state, [(_GENERIC_CRITICAL, payload)])
    return signed(identity, keys, recipient, contents)[0]
