"""Explaining DLMS data: structures, numbers, times (IEC 62056-6-2)."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from gbcs_hil.errors import GbcsError
from gbcs_hil.gbcs.cursor import Cursor
from gbcs_hil.gbcs.dlms_names import MEANINGS, PAYMENT_MODES, Attribute, Meaning
from gbcs_hil.gbcs.dlms_time import describe_time
from gbcs_hil.gbcs.message_codes import USE_CASES
from gbcs_hil.gbcs.names import alert_text
from gbcs_hil.gbcs.node import Node, Source

# The deepest payload, an array of structures, nests three levels.
_DEEPEST = 8
UNNAMED = Meaning("")


@dataclass(frozen=True, slots=True)
class _Scalar:
    kind: str
    size: int
    signed: bool = False


_ARRAY, _STRUCTURE, _BIT_STRING, _OCTET_STRING = 1, 2, 4, 9
_COMMAND_LENGTH = 19
_SCALARS = MappingProxyType(
    {
        0: _Scalar("null-data", 0),
        3: _Scalar("boolean", 1),
        5: _Scalar("double-long", 4, signed=True),
        6: _Scalar("double-long-unsigned", 4),
        15: _Scalar("integer", 1, signed=True),
        16: _Scalar("long", 2, signed=True),
        17: _Scalar("unsigned", 1),
        18: _Scalar("long-unsigned", 2),
        20: _Scalar("long64", 8, signed=True),
        21: _Scalar("long64-unsigned", 8),
        22: _Scalar("enum", 1),
    }
)
# A member's own way of being said, by its name.
_WORDS: MappingProxyType[str, Callable[[int], str]] = MappingProxyType(
    {
        "payment mode": lambda value: f"{PAYMENT_MODES.get(value, 'unknown')} ({value})",
        "alert code": alert_text,
    }
)


def read_attribute(cursor: Cursor) -> tuple[Meaning, str]:
    """Read the address of an attribute.

    Returns:
        What it is for, and its address in words.
    """
    class_id = cursor.number(2, "class")
    instance = cursor.take(6, "instance")
    attribute = Attribute(class_id, instance, cursor.number(1, "attribute"))
    text = f"class {class_id} {obis(instance)} attribute {attribute.number}"
    return MEANINGS.get(attribute, UNNAMED), text


def explain_data(source: Source, cursor: Cursor, name: str, meaning: Meaning, depth: int) -> Node:
    """Explain one DLMS value, whatever its type.

    Args:
        source: the message.
        cursor: at the value's type.
        name: what the value is.
        meaning: names the members of structures.
        depth: how deep the value is nested, 1 for the outermost.

    Raises:
        GbcsError: it is malformed, or of a type that GBCS does not use.
    """
    start = cursor.offset
    if depth > _DEEPEST:
        raise GbcsError(f"offset {start}: DLMS data nests deeper than {_DEEPEST} levels")
    tag = cursor.number(1, f"type of {name}")
    if tag in (_ARRAY, _STRUCTURE):
        return _elements(source, cursor, name, meaning, depth, start)
    if tag == _OCTET_STRING:
        return _octet_string(source, cursor, name, start)
    if tag == _BIT_STRING:
        return source.node(name, _bits(cursor, name), start, cursor.offset)
    if tag not in _SCALARS:
        raise GbcsError(f"offset {start}: {name} has the DLMS type {tag}, which GBCS does not use")
    scalar = _SCALARS[tag]
    octets = cursor.take(scalar.size, name)
    value = int.from_bytes(octets, "big", signed=scalar.signed)
    text = _WORDS.get(name, str)(value) if scalar.size else scalar.kind
    return source.node(name, text, start, cursor.offset)


def _elements(
    source: Source, cursor: Cursor, name: str, meaning: Meaning, depth: int, start: int
) -> Node:
    array = cursor.octets[start] == _ARRAY
    # Every element takes an octet at least, so a count is bounded as a length is.
    count = cursor.length(f"elements of {name}")
    names = () if array else meaning.members
    parts = tuple(
        explain_data(
            source,
            cursor,
            names[number] if number < len(names) else str(number + 1),
            meaning,
            depth + 1,
        )
        for number in range(count)
    )
    flat = not array and not any(part.children for part in parts)
    value = ", ".join(part.value for part in parts) if flat else str(count)
    return source.node(name, value, start, cursor.offset, parts)


def _octet_string(source: Source, cursor: Cursor, name: str, start: int) -> Node:
    length = cursor.length(name)
    if name == "command" and length == _COMMAND_LENGTH:
        parts = _command(source, cursor)
        value = f"{parts[0].value}, counter {parts[1].value}"
        return source.node(name, value, start, cursor.offset, parts)
    octets = cursor.take(length, name)
    words = {6: obis, 12: describe_time}.get(length)
    text = words(octets) if words else octets.hex().upper()
    return source.node(name, text, start, cursor.offset)


def _command(source: Source, cursor: Cursor) -> tuple[Node, ...]:
    """Explain which command an alert is about, and which of its attributes became active."""
    code = cursor.number(2, "Message Code")
    name = USE_CASES[code].name if code in USE_CASES else "unknown"
    parts = [source.last(cursor, f"0x{code:04X} {name}")]
    parts.append(source.last(cursor, str(cursor.number(8, "Originator Counter"))))
    start = cursor.offset
    meaning, text = read_attribute(cursor)
    value = f"{meaning.name}, {text}" if meaning.name else text
    return (*parts, source.node("attribute", value, start, cursor.offset))


def _bits(cursor: Cursor, name: str) -> str:
    start = cursor.offset
    count = cursor.number(1, f"bits of {name}")
    if count >= 0x80:
        raise GbcsError(f"offset {start}: {name} has more bits than GBCS uses")
    octets = cursor.take((count + 7) // 8, name)
    return f"{int.from_bytes(octets, 'big'):0{len(octets) * 8}b}"[:count]


def obis(octets: bytes) -> str:
    """Return a logical name of 6 octets as people write it."""
    a, b, c, d, e, f = octets
    return f"{a}-{b}:{c}.{d}.{e}.{f}"
