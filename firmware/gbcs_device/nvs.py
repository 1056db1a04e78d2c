"""A store's medium over the non-volatile storage of an ESP32.

`esp32.NVS` makes each blob whole or not at all, but cannot tell which there are, nor how long
they are. So one more blob is the index of the others: 8 octets of name and 2 of length each.
A name is in the index before its blob is written, and is taken out after it was erased: what
the index names may be missing, what it does not name is not there.

A key has at most 15 characters: 11 of base64 stand for the 8 octets of a blob's name.

The record, which every commit writes, is filled up to whole entries of 32 octets: what is left
over would take an entry of its own, and two more programs.
"""

from binascii import b2a_base64, hexlify, unhexlify
from struct import pack, unpack_from

from gbcs_device._compat import const

NAMESPACE = "gbcs"
"""Where the device's blobs are in an ESP32's storage."""

_INDEX = "index"
# Of the record, the marker and the index, if they are no longer; the others' lengths are known.
_USUAL = const(256)
_LONGEST = const(4096)
_ENTRY = ">8sH"
_ENTRY_LENGTH = const(10)
_NAME_LENGTH = const(16)
_RECORD = "record"
_UNIT = const(32)
_FILL = b"\xff"
_NOT_FOUND = const(-0x1102)
_TOO_SHORT = const(-0x110C)


class Nvs:
    """Small named blobs in one namespace.

    Args:
        space: what `esp32.NVS(namespace)` gives: set_blob, get_blob, erase_key, commit.

    Raises:
        OSError: the storage cannot be read.
    """

    def __init__(self, space) -> None:
        self._space = space
        self._lengths = {}
        index = self._get(_INDEX, _USUAL) or b""
        for at in range(0, len(index), _ENTRY_LENGTH):
            name, length = unpack_from(_ENTRY, index, at)
            self._lengths[name] = length

    def read(self, name: str):
        """Return a blob's octets, or None when there is no such blob."""
        if len(name) != _NAME_LENGTH:
            octets = self._get(name, _USUAL)
            return octets[: -octets[-1]] if name == _RECORD and octets else octets
        length = self._lengths.get(unhexlify(name))
        return None if length is None else self._get(_key_of(name), length)

    def write(self, name: str, octets: bytes) -> None:
        """Replace a blob; durable when this returns.

        Raises:
            OSError: the storage failed, or is full.
        """
        if len(name) == _NAME_LENGTH and self._lengths.get(unhexlify(name)) != len(octets):
            self._lengths[unhexlify(name)] = len(octets)
            self._keep_index()
        if name == _RECORD:
            # The last octet says how many are not the record's.
            more = _UNIT - len(octets) % _UNIT
            octets = octets + _FILL * (more - 1) + bytes((more,))
        self._space.set_blob(_key_of(name), octets)
        self._space.commit()

    def remove(self, name: str) -> None:
        """Remove a blob."""
        try:
            self._space.erase_key(_key_of(name))
            self._space.commit()
        except OSError:
            # A cut came between index and blob; anything else shows at the next write.
            if self.read(name) is not None:
                raise
        if len(name) == _NAME_LENGTH:
            # The index may keep the name until it is written for another reason.
            self._lengths.pop(unhexlify(name))

    def names(self) -> list:
        """Return the names of all blobs but record and marker, which the store knows."""
        return [hexlify(name).decode() for name in self._lengths]

    def _keep_index(self) -> None:
        parts = [pack(_ENTRY, name, self._lengths[name]) for name in self._lengths]
        self._space.set_blob(_INDEX, b"".join(parts))
        self._space.commit()

    def _get(self, key: str, length: int):
        buffer = bytearray(length)
        try:
            length = self._space.get_blob(key, buffer)
        except OSError as error:
            if error.args[0] == _NOT_FOUND:
                return None
            if error.args[0] == _TOO_SHORT and length < _LONGEST:
                return self._get(key, 2 * length)
            raise
        return bytes(buffer[:length])


def _key_of(name: str) -> str:
    """Return the key of a blob."""
    if len(name) != _NAME_LENGTH:
        return name
    return b2a_base64(unhexlify(name))[:11].decode()
