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
    octets = bytearray()
    _write(octets, value, MAX_DEPTH)
    return bytes(octets)


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


def _head(octets: bytearray, major: int, number: int) -> None:
    if number < 24:
        octets.append(major << 5 | number)
        return
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if not number >> 8 * size:
            octets.append(major << 5 | code)
            octets.extend(number.to_bytes(size, "big"))
            return
    raise CborError("an integer of more than 64 bits")


def _write(octets: bytearray, value, depth: int) -> None:
    # Booleans come before integers, which they are on CPython.
    if value is None or value is True or value is False:
        octets.append(0xF6 if value is None else 0xF5 if value else 0xF4)
    elif isinstance(value, int):
        if value < 0:
            _head(octets, _NEGATIVE, -1 - value)
        else:
            _head(octets, _UNSIGNED, value)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        _head(octets, _BYTES, len(value))
        octets.extend(value)
    elif isinstance(value, str):
        encoded = _utf8(value)
        _head(octets, _TEXT, len(encoded))
        octets.extend(encoded)
    elif isinstance(value, (list, tuple)):
        depth = _deeper(depth)
        _head(octets, _ARRAY, len(value))
        for item in value:
            _write(octets, item, depth)
    elif isinstance(value, dict):
        depth = _deeper(depth)
        _head(octets, _MAP, len(value))
        for key in value:
            _write(octets, _key(key), depth)
            _write(octets, value[key], depth)
    else:
        raise CborError("no encoding for " + type(value).__name__)


def _read(data, at: int, depth: int):
    """Return (value, position behind it)."""
    if at >= len(data):
        raise CborError("the octets end too early")
    number = data[at]
    major = number >> 5
    number &= 31
    at += 1
    if number > 23:
        if number > 27 or major == _SIMPLE:
            raise CborError("a float, tag, break or indefinite length")
        size = 1 << number - 24
        if size > len(data) - at:
            raise CborError("the octets end too early")
        number = int.from_bytes(data[at : at + size], "big")
        if number < 24 or (size > 1 and not number >> 4 * size):
            raise CborError("not the shortest encoding")
        at += size
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
