"""A store's medium over the non-volatile storage of an ESP32.

What `esp32.NVS` sets under a name that it has already may be lost, the new and the old, if the
power goes meanwhile (docs/counter-store.md). So nothing is ever set over anything. A blob whose
name is a hash is set once. Record, marker and index have two keys each, and are set under them
by turns: first the new one is there, then the old one is erased, and if a cut leaves both, the
older goes as the device starts. At rest there is one of each, so that a damaged one is missing
and not an older one in its place.

    alternating  turn[1] octets fill[]     key: the name and the turn's last bit, 0 or 1
    index        { name[8] length[2] }     of the blobs whose names are hashes

The storage cannot tell which blobs there are, nor how long they are: hence the index. A name is
in it before its blob is set, and is taken out after that was erased: what the index names may
be missing, what it does not name is not there.

The fill makes whole entries of 32 octets, and its last octet says how long it is: what is left
over would take an entry of its own, and two more programs. A key has at most 15 characters: 11
of base64 stand for the 8 octets of a hash.
"""

from binascii import b2a_base64, hexlify, unhexlify
from struct import pack, unpack_from

from gbcs_device._compat import const

NAMESPACE = "gbcs"
"""Where the device's blobs are in an ESP32's storage."""

_INDEX = "index"
_ALTERNATING = ("record", "marker", _INDEX)
# Of what alternates, if it is no longer; the others' lengths are known.
_USUAL = const(256)
_LONGEST = const(4096)
_ENTRY = ">8sH"
_ENTRY_LENGTH = const(10)
_NAME_LENGTH = const(16)
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
        # What is there of what alternates, by the turn in which it was set.
        self._turns = {}
        for name in _ALTERNATING:
            self._settle(name)
        index = self.read(_INDEX) or b""
        for at in range(0, len(index), _ENTRY_LENGTH):
            name, length = unpack_from(_ENTRY, index, at)
            self._lengths[name] = length

    def _settle(self, name: str) -> None:
        """Find the turn of what alternates; of two, which a cut has left, erase the older."""
        found = []
        for key in (name + "0", name + "1"):
            octets = self._get(key, _USUAL)
            if octets:
                found.append(octets[0])
        if len(found) == 2:
            if (found[1] + 1) & 0xFF == found[0]:
                found.reverse()
            elif (found[0] + 1) & 0xFF != found[1]:
                raise OSError("the storage has two of its %s" % name)
            self._erase(_turn_key(name, found.pop(0)))
        if found:
            self._turns[name] = found[0]

    def read(self, name: str):
        """Return a blob's octets, or None when there is no such blob."""
        if name in _ALTERNATING:
            if name not in self._turns:
                return None
            octets = self._get(_turn_key(name, self._turns[name]), _USUAL)
            return octets[1 : -octets[-1]] if octets else None
        length = self._lengths.get(unhexlify(name))
        return None if length is None else self._get(_key_of(name), length)

    def write(self, name: str, octets: bytes) -> None:
        """Replace a blob; durable when this returns.

        Raises:
            OSError: the storage failed, or is full.
        """
        if name in _ALTERNATING:
            self._alternate(name, octets)
            return
        if self._lengths.get(unhexlify(name)) != len(octets):
            self._lengths[unhexlify(name)] = len(octets)
            self._keep_index()
        self._set(_key_of(name), octets)

    def _alternate(self, name: str, octets: bytes) -> None:
        """Set what alternates under its other key, and then erase the one before."""
        before = self._turns.get(name)
        turn = 0 if before is None else (before + 1) & 0xFF
        more = _UNIT - (len(octets) + 1) % _UNIT
        self._set(
            _turn_key(name, turn),
            bytes((turn,)) + octets + _FILL * (more - 1) + bytes((more,)),
        )
        if before is not None:
            self._erase(_turn_key(name, before))
        self._turns[name] = turn

    def remove(self, name: str) -> None:
        """Remove a blob."""
        if name in _ALTERNATING:
            if name in self._turns:
                self._erase(_turn_key(name, self._turns.pop(name)))
            return
        try:
            self._erase(_key_of(name))
        except OSError:
            # A cut came between index and blob; anything else shows at the next write.
            if self.read(name) is not None:
                raise
        # The index may keep the name until it is written for another reason.
        self._lengths.pop(unhexlify(name))

    def names(self) -> list:
        """Return the names of all blobs but record and marker, which the store knows."""
        return [hexlify(name).decode() for name in self._lengths]

    def _keep_index(self) -> None:
        parts = [pack(_ENTRY, name, self._lengths[name]) for name in self._lengths]
        self._alternate(_INDEX, b"".join(parts))

    def _set(self, key: str, octets: bytes) -> None:
        self._space.set_blob(key, octets)
        self._space.commit()

    def _erase(self, key: str) -> None:
        self._space.erase_key(key)
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


def _turn_key(name: str, turn: int) -> str:
    """Return the key of what alternates."""
    return name + "01"[turn & 1]


def _key_of(name: str) -> str:
    """Return the key of a blob whose name is a hash."""
    return b2a_base64(unhexlify(name))[:11].decode()
