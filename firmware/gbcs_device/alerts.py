"""Messages that a device originates: alerts, under the device's own Originator Counter."""

from gbcs_device import clock
from gbcs_device import message as framing
from gbcs_device._compat import const
from gbcs_device.device_types import SUPPLIER_DS

_GENERIC_CRITICAL = const(0x1000)


def _send(identity, state, keys, recipient: bytes, code: int, payload) -> bytes:
    """Return a signed alert; the state takes the counter that it used."""
    state.originator_counter += 1
    grouped = framing.grouping(
        framing.ALERT,
        state.originator_counter,
        identity.eui,
        recipient,
        code,
        payload(state.originator_counter),
    )
    return framing.with_signature(grouped, keys.sign(memoryview(grouped)[1:]))


def scheduled(identity, state, keys, recipient: bytes, raised: list) -> list:
    """Return the alerts of a command whose date has come, to who originated it."""
    return [_send(identity, state, keys, recipient, code, payload) for code, payload in raised]


def critical(identity, state, keys, event: int, now: str) -> bytes:
    """Return a generic critical alert to the supplier: an event and when it was.

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

    recipient = state.cells[SUPPLIER_DS].unique_id
    return _send(identity, state, keys, recipient, _GENERIC_CRITICAL, payload)
