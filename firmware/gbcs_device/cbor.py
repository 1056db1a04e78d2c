"""A strict subset of CBOR (RFC 8949) for the bench port.

Integers of 64 bits, byte and text strings, arrays, maps, booleans and null, each in its
shortest encoding and of definite length, at most eight containers deep. Map keys are integers,
text or byte strings, each once. What `loads` accepts, `dumps` gives back octet for octet where
dictionaries keep their order.
"""

from gbcs_device._compat import const

MAX_DEPTH = const(8)

_UNSIGNED = const(0)
_NEGATIVE = const(1)
_BYTES = const(2)
_TEXT = const(3)
_ARRAY = const(4)
_MAP = const(5)
_SIMPLE = const(7)

_PARTS = const(32)

# A longer byte string is not copied: a whole message in one piece is much to ask of a heap.
VIEWED = 1024

_CONSTANTS = {20: False, 21: True, 22: None}


class CborError(ValueError):
    """A value or its octets are outside the subset."""


def dumps(value) -> bytes:
    """Encode a value.

    Raises:
        CborError: the value, or something in it, is outside the subset.
    """
    parts = []
    _write(parts, value, MAX_DEPTH)
    return b"".join(parts)


def loads(data):
    """Decode the one value that bytes, a bytearray or a memoryview hold.

    Strings are copies, but a byte string of more than `VIEWED` octets is a view of the data.

    Raises:
        CborError: the octets are not one value of the subset.
    """
    data = memoryview(data)
    value, end = _read(data, 0, MAX_DEPTH)
    if end != len(data):
        raise CborError("octets after the value")
    return value


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes((major << 5 | number,))
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if not number >> 8 * size:
            return bytes((major << 5 | code,)) + number.to_bytes(size, "big")
    raise CborError("an integer of more than 64 bits")


def _add(parts: list, octets: bytes) -> None:
    """Append octets, and join what there is before the list itself needs a large block."""
    parts.append(octets)
    if len(parts) >= _PARTS:
        joined = b"".join(parts)
        parts.clear()
        parts.append(joined)


def _write(parts: list, value, depth: int) -> None:
    # Booleans come before integers, which they are on CPython.
    if value is None or value is True or value is False:
        _add(parts, b"\xf6" if value is None else b"\xf5" if value else b"\xf4")
    elif isinstance(value, int):
        _add(parts, _head(_NEGATIVE, -1 - value) if value < 0 else _head(_UNSIGNED, value))
    elif isinstance(value, (bytes, bytearray, memoryview)):
        _add(parts, _head(_BYTES, len(value)))
        # MicroPython joins only bytes, and copies them where it need not.
        _add(parts, value if isinstance(value, bytes) else bytes(value))
    elif isinstance(value, str):
        octets = _utf8(value)
        _add(parts, _head(_TEXT, len(octets)))
        _add(parts, octets)
    elif isinstance(value, (list, tuple)):
        depth = _deeper(depth)
        _add(parts, _head(_ARRAY, len(value)))
        for item in value:
            _write(parts, item, depth)
    elif isinstance(value, dict):
        depth = _deeper(depth)
        _add(parts, _head(_MAP, len(value)))
        for key in value:
            _write(parts, _key(key), depth)
            _write(parts, value[key], depth)
    else:
        raise CborError("no encoding for " + type(value).__name__)


def _read_head(data, at: int):
    """Return (major type, number, position behind the head)."""
    if at >= len(data):
        raise CborError("the octets end too early")
    major, number = data[at] >> 5, data[at] & 31
    at += 1
    if number < 24:
        return major, number, at
    if number > 27 or major == _SIMPLE:
        raise CborError("a float, tag, break or indefinite length")
    size = 1 << number - 24
    if size > len(data) - at:
        raise CborError("the octets end too early")
    number = int.from_bytes(data[at : at + size], "big")
    if number < 24 or (size > 1 and not number >> 4 * size):
        raise CborError("not the shortest encoding")
    return major, number, at + size


def _read(data, at: int, depth: int):
    """Return (value, position behind it)."""
    major, number, at = _read_head(data, at)
    if major == _UNSIGNED:
        return number, at
    if major == _NEGATIVE:
        return -1 - number, at
    if major == _SIMPLE:
        if number not in _CONSTANTS:
            raise CborError("an unknown simple value")
        return _CONSTANTS[number], at
    # Each item takes an octet at least, so a false count costs nothing.
    if number > len(data) - at:
        raise CborError("the octets end too early")
    if major == _BYTES:
        octets = data[at : at + number]
        return octets if number > VIEWED else bytes(octets), at + number
    if major == _TEXT:
        return _text(data[at : at + number]), at + number
    if major == _ARRAY:
        return _read_array(data, number, at, _deeper(depth))
    if major == _MAP:
        return _read_map(data, number, at, _deeper(depth))
    raise CborError("a tag")


def _read_array(data, count: int, at: int, depth: int):
    items = []
    for _ in range(count):
        item, at = _read(data, at, depth)
        items.append(item)
    return items, at


def _read_map(data, count: int, at: int, depth: int):
    pairs = {}
    for _ in range(count):
        key, at = _read(data, at, depth)
        if _key(key) in pairs:
            raise CborError("a key twice")
        pairs[key], at = _read(data, at, depth)
    return pairs, at


def _deeper(depth: int) -> int:
    if not depth:
        raise CborError("containers too deep")
    return depth - 1


def _key(key):
    if key is True or key is False or not isinstance(key, (int, str, bytes)):
        raise CborError("a key that is not an integer, text or octets")
    return key


def _utf8(text: str) -> bytes:
    try:
        octets = text.encode()
    except ValueError:
        raise CborError("text that is not Unicode")
    _check_characters(text, len(octets))
    return octets


def _text(octets) -> str:
    try:
        text = str(octets, "utf-8")
    except ValueError:
        raise CborError("text that is not UTF-8")
    _check_characters(text, len(octets))
    return text


def _check_characters(text: str, size: int) -> None:
    """Reject surrogates, overlong forms and code points above U+10FFFF, which MicroPython takes.

    Raises:
        CborError: the text's UTF-8 is not `size` octets, or there is none.
    """
    if len(text) == size:
        return
    for character in text:
        code = ord(character)
        if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            raise CborError("text that is not Unicode")
        size -= 1 + (code > 0x7F) + (code > 0x7FF) + (code > 0xFFFF)
    if size:
        raise CborError("text that is not UTF-8")
