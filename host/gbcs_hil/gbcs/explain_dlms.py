"""Explaining DLMS payloads: ECS02, ECS03 and the ESME's alerts (IEC 62056-5-3)."""

from collections.abc import Callable
from types import MappingProxyType

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.cursor import Cursor
from gbcs_hil.gbcs.dlms_names import DATA_ACCESS_RESULTS, MEANINGS, REQUESTS, TARGETS, Meaning
from gbcs_hil.gbcs.explain_dlms_data import UNNAMED, explain_data, read_attribute
from gbcs_hil.gbcs.node import Node, Source


def explain_dlms(source: Source, start: int, end: int, code: int, counter: int) -> Node:
    """Explain a DLMS payload.

    Args:
        source: the message.
        start: where the payload starts.
        end: where it ends.
        code: the message code; a response does not say what it is about.
        counter: the header's counter, whose low 24 bits the payload repeats.

    Raises:
        GbcsError: the payload is malformed, or of a kind that GBCS has no use for.
    """
    cursor = Cursor(source.octets, start, end)
    tag = cursor.number(1, "DLMS tag")
    if tag not in _KINDS:
        raise GbcsError(f"offset {start}: DLMS tag 0x{tag:02X}, expected D9, DA or 0F")
    name, read = _KINDS[tag]
    parts = [_invoke_id(source, cursor, counter)]
    cursor.expect(b"\x00", "date-time")
    parts += read(source, cursor, code)
    cursor.finish(f"the {name}")
    return source.node("Payload", name, start, end, tuple(parts))


def _invoke_id(source: Source, cursor: Cursor, counter: int) -> Node:
    value = cursor.number(4, "invoke id")
    low = value & 0xFFFFFF
    says = "the counter's low 24 bits" if low == counter & 0xFFFFFF else "not the header's counter"
    return source.last(cursor, f"{low}, {says}")


def _access_request(source: Source, cursor: Cursor, _code: int) -> list[Node]:
    parts, meanings = [], []
    for _ in range(cursor.length("list of requests")):
        start = cursor.offset
        request = REQUESTS.get(cursor.number(1, "request"), "unknown request to")
        meaning, text = read_attribute(cursor)
        meanings.append(meaning)
        name = f"{request} {meaning.name}".strip()
        parts.append(source.node(name, text, start, cursor.offset))
    for number in range(cursor.length("list of data")):
        meaning = meanings[number] if number < len(meanings) else UNNAMED
        parts.append(
            explain_data(source, cursor, meaning.name or f"data {number + 1}", meaning, 1)
        )
    return parts


def _access_response(source: Source, cursor: Cursor, code: int) -> list[Node]:
    cursor.expect(b"\x00", "list of requests")
    targets = TARGETS.get(code, ())
    names = [MEANINGS[target].name for target in targets]
    parts = []
    for number in range(cursor.length("list of data")):
        parts.append(explain_data(source, cursor, f"data {number + 1}", UNNAMED, 1))
    count = cursor.length("list of results")
    for number in range(count):
        start = cursor.offset
        request = REQUESTS.get(cursor.number(1, "request"), "unknown request")
        result = cursor.number(1, "result")
        name = names[number] if count == len(names) else str(number + 1)
        text = DATA_ACCESS_RESULTS.get(result, "unknown")
        parts.append(source.node(f"{request} {name}", f"{text} ({result})", start, cursor.offset))
    return parts


def _notification(source: Source, cursor: Cursor, _code: int) -> list[Node]:
    meaning = Meaning("alert", ("alert code", "time stamp", "command"))
    return [explain_data(source, cursor, "alert", meaning, 1)]


_KINDS: MappingProxyType[int, tuple[str, Callable[[Source, Cursor, int], list[Node]]]] = (
    MappingProxyType(
        {
            0xD9: ("DLMS access request", _access_request),
            0xDA: ("DLMS access response", _access_response),
            0x0F: ("DLMS data notification", _notification),
        }
    )
)
