"""Explaining GBZ payloads: GCS02, GCS03 and the GSME's alerts (GBCS 7.2.8)."""

from gbcs_hil.gbcs.cursor import Cursor
from gbcs_hil.gbcs.gbz_names import FRAMES, PREPAYMENT_CLUSTER, Frame, time_text
from gbcs_hil.gbcs.message_codes import USE_CASES
from gbcs_hil.gbcs.names import Cra, alert_text
from gbcs_hil.gbcs.node import Node, Source

_PROFILE = b"\x01\x09"


def explain_gbz(source: Source, start: int, end: int, cra: Cra) -> Node:
    """Explain a GBZ payload.

    Raises:
        GbcsError: it is malformed.
    """
    cursor = Cursor(source.octets, start, end)
    cursor.expect(_PROFILE, "GBZ profile")
    count = cursor.number(1, "component count")
    if cra is Cra.ALERT:
        parts = _alert(source, cursor, details=count > 0)
    else:
        parts = [_component(source, cursor) for _ in range(count)]
    cursor.finish("the GBZ payload")
    return source.node("Payload", "GBZ", start, end, tuple(parts))


def _alert(source: Source, cursor: Cursor, details: bool) -> list[Node]:
    code = cursor.number(2, "alert code")
    parts = [source.last(cursor, alert_text(code))]
    parts.append(source.last(cursor, time_text(cursor.number(4, "time stamp"))))
    if details:
        start = cursor.offset
        length = cursor.length("command")
        inner = Cursor(source.octets, cursor.offset, cursor.offset + length)
        about = _command(source, inner)
        inner.finish("the command")
        cursor.offset = inner.offset
        value = f"{about[0].value}, counter {about[1].value}"
        parts.append(source.node("command", value, start, cursor.offset, tuple(about)))
    return parts


def _command(source: Source, cursor: Cursor) -> list[Node]:
    code = cursor.number(2, "Message Code")
    name = USE_CASES[code].name if code in USE_CASES else "unknown"
    parts = [source.last(cursor, f"0x{code:04X} {name}")]
    parts.append(source.last(cursor, str(cursor.number(8, "Originator Counter"))))
    cluster = cursor.number(2, "cluster")
    parts.append(source.last(cursor, _cluster(cluster)))
    control = cursor.number(1, "frame control")
    parts.append(source.last(cursor, f"0x{control:02X}"))
    command = cursor.number(1, "command id")
    frame = FRAMES.get((cluster, control, command))
    name = f" {frame.name}" if frame else ""
    return [*parts, source.last(cursor, f"0x{command:02X}{name}")]


def _component(source: Source, cursor: Cursor) -> Node:
    start = cursor.offset
    parts = [source.last(cursor, "last" if cursor.number(1, "control") & 1 else "more follow")]
    cluster = cursor.number(2, "cluster")
    parts.append(source.last(cursor, _cluster(cluster)))
    length = cursor.number(2, "length")
    parts.append(source.last(cursor, str(length)))
    inner = Cursor(cursor.octets, cursor.offset, cursor.offset)
    cursor.take(length, "frame")
    inner.end = cursor.offset
    control = inner.number(1, "ZCL frame control")
    parts.append(source.last(inner, f"0x{control:02X}"))
    parts.append(source.last(inner, str(inner.number(1, "sequence number"))))
    command = inner.number(1, "command id")
    frame = FRAMES.get((cluster, control, command))
    parts.append(source.last(inner, f"0x{command:02X} {frame.name if frame else 'unknown'}"))
    if frame:
        parts += _fields(source, inner, frame)
    elif inner.left:
        inner.take(inner.left, "frame payload")
        parts.append(source.last(inner, "not known, shown raw"))
    name = frame.name if frame else "component"
    return source.node(name, _cluster(cluster), start, cursor.offset, tuple(parts))


def _fields(source: Source, cursor: Cursor, frame: Frame) -> list[Node]:
    parts = []
    for field in frame.fields:
        value = int.from_bytes(cursor.take(field.size, field.name), "little")
        parts.append(source.last(cursor, field.text(value)))
    cursor.finish(frame.name)
    return parts


def _cluster(cluster: int) -> str:
    return "Prepayment cluster" if cluster == PREPAYMENT_CLUSTER else f"cluster 0x{cluster:04X}"
